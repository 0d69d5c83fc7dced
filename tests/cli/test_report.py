"""``cxkpi report``: what goes where, files, gates, limits, what is hidden."""

from __future__ import annotations

import csv
import json
import os
import stat
from dataclasses import replace
from datetime import date

import pytest
from reports.factory import centre, month, result, row

import cxkpi
from cxkpi.cli.arguments import check_limit, limit
from cxkpi.errors import InputError, Problem
from cxkpi.result import FileEntry, Reject


@pytest.fixture
def measured(monkeypatch):
    """Put a Result behind ``cxkpi.measure``; returns what it was called with."""
    calls = []

    def put(value):
        monkeypatch.setattr(cxkpi, "measure", lambda *args, **options: calls.append((args, options)) or value)
        return calls

    return put


def test_stdout_is_the_result_and_stderr_the_rest(run, measured):
    measured(centre())
    ran = run("report", "x")
    assert ran.code == 0
    assert "First contact resolution" in ran.out
    assert "acd_2026-01.csv" in ran.out
    assert "note:" not in ran.out
    assert "25 records were rejected:" in ran.err
    assert "  acd_2026-01.csv:41: End Date '31/02/2026 25:00': not a date and time\n" in ran.err
    assert "  … and 20 more; --rejects FILE writes them all\n" in ran.err
    assert ran.err.count("31/02/2026") == 5
    assert "note: 3 answers name a contact" in ran.err
    assert "\x1b" not in ran.out + ran.err


def test_quiet_leaves_stderr_empty(run, measured):
    measured(centre())
    loud, quiet = run("report", "x"), run("report", "x", "--quiet")
    assert quiet.err == ""
    assert quiet.out == loud.out


def test_arguments_reach_the_measurement(run, measured):
    calls = measured(centre())
    run(
        "report", "a", "b", "-m", "aht,fcr", "-m", "fcr.within_30d", "--by", "queue, channel", "--every", "week",
        "--since", "2026-01-05", "--until", "2026-06-01", "--last", "3", "--only", "queue=A=B", "--only", "queue=C",
        "--only", "channel=voice", "--compare", "year", "--as-of", "2026-06-30", "--profile", "p.yaml", "-c", "m.yaml",
        "--engine", "duckdb",
    )  # fmt: skip
    (paths,), options = calls[0]
    assert [str(path) for path in paths] == ["a", "b"]
    assert options["metrics"] == ("aht", "fcr", "fcr.within_30d")
    assert options["by"] == ("queue", "channel")
    assert (options["since"], options["until"], options["last"]) == (date(2026, 1, 5), date(2026, 6, 1), 3)
    assert options["only"] == {"queue": ("A=B", "C"), "channel": ("voice",)}
    assert (options["every"], options["compare"], options["as_of"]) == ("week", "year", "2026-06-30")
    assert (str(options["catalogue"]), [str(path) for path in options["profiles"]]) == ("m.yaml", ["p.yaml"])
    assert (options["engine"], options["all_metrics"]) == ("duckdb", False)


def test_formats_on_stdout(run, measured):
    measured(centre())
    assert len(json.loads(run("report", "x", "-f", "json").out)["results"]) == 36
    assert len(list(csv.DictReader(run("report", "x", "-f", "csv").out.splitlines()))) == 36


def test_json_is_utf_8_whatever_the_terminal(run, measured):
    measured(centre(by="queue", values=("Zürich",)))
    text = run("report", "x", "-f", "json", encoding="utf-8").out
    assert '"queue": "Zürich"' in text


def test_files_are_written_by_extension_and_stdout_stays_empty(run, measured, tmp_path):
    measured(centre())
    ran = run("report", "x", "-o", tmp_path / "a.json", "-o", tmp_path / "b.CSV")
    assert (ran.code, ran.out) == (0, "")
    assert json.loads((tmp_path / "a.json").read_text())["format"] == 1
    assert (tmp_path / "b.CSV").read_text().startswith("metric,variant,")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "b.CSV"]


def test_a_format_prints_beside_files(run, measured, tmp_path):
    measured(centre())
    assert run("report", "x", "-o", tmp_path / "a.json", "-f", "csv").out.startswith("metric,")


def test_a_file_that_cannot_be_written_is_74_and_leaves_nothing(run, measured, tmp_path):
    measured(centre())
    ran = run("report", "x", "-o", tmp_path / "absent" / "a.json")
    assert (ran.code, ran.out) == (74, "")
    assert f"a.json: error[O101]: cannot be written: there is no folder {tmp_path / 'absent'}." in ran.err
    (tmp_path / "b.json").mkdir()
    assert run("report", "x", "-o", tmp_path / "b.json").code == 74
    assert [path.name for path in tmp_path.iterdir()] == ["b.json"]


def test_a_failed_run_leaves_the_old_file(run, measured, tmp_path):
    old = tmp_path / "a.json"
    old.write_text("old")
    measured(replace(centre(), version=float("nan")))
    assert run("report", "x", "-o", old).code == 70
    assert old.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_replaced_file_keeps_its_permissions_and_its_link(run, measured, tmp_path):
    place, link = tmp_path / "real.csv", tmp_path / "link.csv"
    place.write_text("old")
    place.chmod(0o640)
    link.symlink_to(place)
    measured(centre())
    assert run("report", "x", "-o", link).code == 0
    assert link.is_symlink()
    assert place.read_text().startswith("metric,")
    assert stat.S_IMODE(place.stat().st_mode) == 0o640


def test_a_new_file_follows_the_umask(run, measured, tmp_path):
    measured(centre())
    old = os.umask(0o027)
    try:
        run("report", "x", "-o", tmp_path / "a.csv")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == 0o640


def test_an_input_is_not_written_over(run, measured, tmp_path):
    export = tmp_path / "roster.csv"
    export.write_text("export")
    measured(centre())
    for argv in (("report", export, "-o", export), ("report", tmp_path, "--rejects", export)):
        ran = run(*argv)
        assert ran.code == 2
        assert "written over" in ran.err
    assert export.read_text() == "export"


def test_an_input_named_by_its_whole_path_is_not_written_over(run, measured, tmp_path, monkeypatch):
    """Two folders hold a file of one name, so the ledger names both by their paths."""
    monkeypatch.chdir(tmp_path)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.csv").write_text("export")
    files = tuple(replace(centre().files[0], path=f"{folder}/x.csv") for folder in ("a", "b"))
    measured(replace(centre(), files=files))
    assert run("report", "a", "b", "-o", "b/x.csv").code == 2
    assert run("report", "a", "b", "-o", "x.csv").code == 0
    assert (tmp_path / "b" / "x.csv").read_text() == "export"


def test_a_file_beside_that_only_shares_a_name_may_be_written(run, measured, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.csv").write_text("export")
    measured(replace(centre(), files=(replace(centre().files[0], path="x.csv"),)))
    assert run("report", "a", "-o", "x.csv").code == 0


def test_rejects_file_is_complete_and_private(run, measured, tmp_path):
    secret = Reject("acd.csv", 7, "ANI", "tel:+44123", "no\nsuch number", masked=True)
    formula = Reject("acd.csv", 8, "Queue", "=1+1", "not a queue")
    measured(replace(centre(), rejects=(secret, formula)))
    place = tmp_path / "rejects.csv"
    ran = run("report", "x", "--rejects", place)
    assert ran.code == 0
    with place.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "path": "acd.csv",
        "line": "7",
        "column": "ANI",
        "value": "tel:+44123",
        "reason": "no\nsuch number",
    }
    assert rows[1]["value"] == "'=1+1"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_identifying_values_are_hidden_on_stderr_unless_asked_for(run, measured):
    measured(replace(centre(), rejects=(Reject("acd.csv", 7, "ANI", "tel:+44123", "no number", masked=True),)))
    assert "acd.csv:7: ANI ***: no number" in run("report", "x").err
    assert "tel:+44123" not in run("report", "x").err
    assert "acd.csv:7: ANI 'tel:+44123': no number" in run("report", "x", "--show-values").err


def test_control_characters_in_messages_do_nothing(run, measured):
    measured(replace(centre(), notes=("queue \x1b[2Jname\x9b\u202e",), rejects=()))
    err = run("report", "x").err
    assert "note: queue ?[2Jname??\n" in err
    assert "\x1b" not in err


@pytest.mark.parametrize(("limit", "code"), [("25", 0), ("24", 3), ("1%", 0), ("0.05%", 3), ("0", 3), ("100%", 0)])
def test_max_rejects(run, measured, tmp_path, limit, code):
    measured(centre())
    out, rejects = tmp_path / "a.json", tmp_path / "r.csv"
    ran = run("report", "x", "--max-rejects", limit, "-f", "csv", "-o", out, "--rejects", rejects)
    assert ran.code == code
    assert rejects.exists()
    assert out.exists() == (ran.out != "") == (code == 0)
    assert ("25 of 28,539 records were rejected" in ran.err) == (code == 3)


@pytest.mark.parametrize(
    ("rejected", "records", "said"),
    [
        (1, 1, "1 of 1 record was rejected"),
        (1, 8, "1 of 8 records was rejected"),
        (2, 8, "2 of 8 records were rejected"),
    ],
)
def test_max_rejects_counts_in_the_singular_too(rejected, records, said):
    files = [FileEntry("a.csv", "p", records, records - rejected, 0, rejected, 0, 0, records + 1, ())]
    with pytest.raises(InputError) as caught:
        check_limit(limit("0"), files)
    assert caught.value.problems[0].message == f"{said}, and --max-rejects allows 0."


@pytest.mark.parametrize(
    ("gates", "code"),
    [(["missed"], 1), (["alarm"], 1), (["rejects"], 1), (["missed,rejects"], 1), ([], 0)],
)
def test_gates_fail_with_1_after_the_result(run, measured, gates, code):
    measured(centre())
    ran = run("report", "x", "--quiet", *(part for gate in gates for part in ("--fail-on", gate)))
    assert ran.code == code
    assert "First contact resolution" in ran.out
    assert (ran.err != "") == (code == 1)


def test_gates_look_at_the_newest_complete_judged_period_only(run, measured):
    met = {"status": "met", "value": 300.0}
    rows = [
        row("aht", month(4), status="alarm", value=900.0),
        row("aht", month(5), **met),
        row("aht", month(6), status=None, reason="immature", immature=3, value=900.0),
        row("aht", month(7, complete=False), status=None, reason="partial", value=900.0),
    ]
    measured(result(rows))
    assert run("report", "x", "--fail-on", "missed").code == 0
    rows[1] = replace(rows[1], status="missed", value=400.0)
    measured(result(rows))
    assert run("report", "x", "--fail-on", "alarm").code == 0
    ran = run("report", "x", "--fail-on", "missed")
    assert ran.code == 1
    assert ran.err.splitlines()[-1] == "--fail-on missed: aht missed the target in May 2026"


def test_gates_look_at_every_line(run, measured):
    rows = [row(status="met", value=300.0), row(status="alarm", value=900.0, by={"agent_id": "00417"})]
    measured(result(rows))
    ran = run("report", "x", "--fail-on", "alarm")
    assert ran.code == 1
    assert "--fail-on alarm: aht: agent_id #1 reached the alarm in June 2026\n" in ran.err
    assert "#1" in ran.out
    assert "00417" not in ran.out + ran.err
    shown = run("report", "x", "--fail-on", "alarm", "--show-values")
    assert "00417" in shown.out
    assert "aht: agent_id 00417 reached" in shown.err


def test_a_gate_says_one_line_for_each_metric(run, measured):
    bad = {"status": "missed", "value": 900.0}
    agents = [row(by={"agent_id": f"a{number}"}, **(bad if number % 3 else {"status": "met"})) for number in range(9)]
    measured(result([row(**bad), *agents, row("csat", by={}, status="alarm"), row("ces", status="met")]))
    ran = run("report", "x", "--fail-on", "missed,alarm,rejects", "-q")
    assert ran.code == 1
    assert ran.err.splitlines() == [
        "--fail-on missed: aht: the whole and 6 of 9 lines by agent_id missed the target in June 2026",
        "--fail-on missed: csat missed the target in June 2026",
        "--fail-on alarm: csat reached the alarm in June 2026",
    ]


def test_a_supervisor_is_a_person(run, measured):
    measured(result([row(status="met"), row(status="missed", by={"supervisor": "Jane Doe"})]))
    ran = run("report", "x", "--fail-on", "missed")
    assert "Jane Doe" not in ran.out + ran.err
    assert "supervisor #1" in ran.err


def test_two_outputs_do_not_share_a_file(run, measured, tmp_path):
    calls = measured(centre())
    out, link = tmp_path / "a.csv", tmp_path / "hard.csv"
    for argv in (("-o", out, "-o", tmp_path / "." / "a.csv"), ("-o", out, "--rejects", out)):
        ran = run("report", "x", *argv)
        assert (ran.code, ran.out) == (2, "")
        assert "error[U108]: " in ran.err
    out.write_text("")
    link.hardlink_to(out)
    assert run("report", "x", "-o", out, "--rejects", link).code == 2
    assert calls == []


def test_catalogue_and_profile_are_inputs_too(run, measured, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("x")
    measured(centre())
    for option in ("--catalogue", "--profile"):
        ran = run("report", "x", option, mine, "--rejects", mine)
        assert ran.code == 2
        assert "written over" in ran.err
    assert mine.read_text() == "x"


def test_a_record_that_is_wrong_as_a_whole_blames_no_cell(run, measured):
    measured(replace(centre(), rejects=(Reject("contacts.csv", 7, "", "", "it has 3 cells, the headings 15"),)))
    assert "\n  contacts.csv:7: it has 3 cells, the headings 15\n" in run("report", "x").err


def test_a_year_before_that_is_not_there_is_noted(run, measured):
    measured(result([row()]))
    assert "note: there is no figure a year before to compare with.\n" in run("report", "x", "--compare", "year").err
    assert "a year before" not in run("report", "x").err
    measured(centre())
    assert "no figure a year before" not in run("report", "x", "--compare", "year").err


def test_a_partial_period_is_never_gated(run, measured):
    measured(result([row("aht", month(7, complete=False), status=None, reason="partial")]))
    assert run("report", "x", "--fail-on", "missed,alarm").code == 0


def test_a_named_metric_without_its_table_is_3_and_the_others_print(run, measured):
    measured(replace(centre(), absent=(Problem("I010", "ces cannot be computed: no answers."),)))
    ran = run("report", "x", "--quiet", "--fail-on", "missed")
    assert ran.code == 3
    assert "Average handle time" in ran.out
    assert "error[I010]: ces cannot be computed" in ran.err


def test_colour_only_on_a_terminal_and_not_with_no_color(run, measured):
    measured(centre())
    assert "\x1b[" in run("report", "x", "-q", terminal=True).out
    assert "\x1b" not in run("report", "x", "-q", terminal=True, env={"NO_COLOR": "1"}).out
    assert "\x1b" not in run("report", "x", "-q", terminal=True, env={"TERM": "dumb"}).out
    assert "\x1b" not in run("report", "x", "-q", env={"FORCE_COLOR": "1"}).out


def test_a_terminal_without_unicode_gets_ascii(run, measured):
    measured(centre(by="queue", values=("Zürich",)))
    ran = run("report", "x", encoding="ascii", columns=160)
    assert ran.code == 0
    assert "x target missed" in ran.out
    assert "Z?rich" in ran.out


def test_a_pipe_without_columns_is_100_wide(run, measured):
    measured(centre())
    assert run("report", "x", columns=None).out == run("report", "x", columns=100).out


def test_progress_is_drawn_on_a_terminal_only(run, measured):
    measured(centre())
    assert "Measuring" in run("report", "x", terminal=True).err
    assert "Measuring" not in run("report", "x").err
    assert "Measuring" not in run("report", "x", "-q", terminal=True).err


def test_rejects_are_written_although_nothing_could_be_used(run, tmp_path):
    contacts = tmp_path / "contacts.csv"
    contacts.write_text("contact_id,ended_at,abandoned\nc1,garbage,false\n", encoding="utf-8")
    listed = tmp_path / "rejects.csv"
    ran = run("report", str(contacts), "--rejects", str(listed))
    assert (ran.code, ran.out) == (3, "")
    assert "I011" in ran.err
    assert listed.read_text(encoding="utf-8").splitlines()[1:] == [
        "contacts.csv,2,ended_at,garbage,not a date and time"
    ]


def test_rejects_never_overwrite_an_input_of_which_nothing_could_be_used(run, tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    contacts = folder / "contacts.csv"
    contacts.write_text("contact_id,ended_at,abandoned\nc1,garbage,false\n", encoding="utf-8")
    ran = run("report", str(folder), "--rejects", str(contacts))
    assert ran.code == 2
    assert "garbage" in contacts.read_text(encoding="utf-8")
