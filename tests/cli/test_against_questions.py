"""``--against`` where figures are gone or new, where two runs were asked different things, and what each cause says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from . import small_centre
from .small_centre import contacts, make

RUN = ("report", "exports", "-c", "metrics.yaml")
GATE = ("--fail-on", "restated")


@pytest.fixture
def here(tmp_path, monkeypatch):
    folder = make(tmp_path / "centre")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def compared(run, here):
    """Record a run, change something, compare with ``--fail-on restated``: what JSON holds, and the program's end."""

    def call(change=lambda here: None, *options, then=()):
        first = run(*RUN, *then, "--manifest", "then.json")
        assert first.code == 0, first.err
        change(here)
        Path("now.json").unlink(missing_ok=True)
        ran = run(*RUN, *options, "-o", "now.json", "--against", "then.json", *GATE)
        return json.loads(Path("now.json").read_text())["restated"], ran

    return call


def told(found):
    """Metric, month, group, which sides are there, causes."""
    return [
        (
            cell["metric"], cell["period"]["start"][5:7], *cell["by"].values(),
            (cell["then"] is not None, cell["now"] is not None), *cell["causes"],
        )
        for cell in found["cells"]
    ]  # fmt: skip


GONE, NEW = (True, False), (False, True)


def without(month):
    return lambda here: (here / "exports" / f"acd_{month:02d}.csv").unlink()


def edit(old, new):
    def change(here):
        text = (here / "metrics.yaml").read_text()
        assert old in text
        (here / "metrics.yaml").write_text(text.replace(old, new))

    return change


def test_a_month_whose_file_is_gone(compared):
    found, ran = compared(without(4))
    assert ran.code == 1
    assert told(found) == [("aht", "04", GONE, "late_rows"), ("abandoned", "04", GONE, "late_rows")]
    assert (found["inputs"]["gone"], found["compared"]) == (["exports/acd_04.csv"], 4)
    assert (
        "2 figures of past periods differ from the run of then.json (as of 28 Jun 2026 11:05), 2 not there any more; "
        "files: gone exports/acd_04.csv:\nnote: aht, April 2026: 5:35 → not there any more: its rows are gone\n"
    ) in ran.err
    assert "--fail-on restated: 2 past figures are not what the run of then.json had\n" in ran.err


def test_a_group_whose_rows_are_gone_and_a_month_in_the_middle(compared):
    found, ran = compared(without(5), "--by", "queue", "-m", "aht", then=("--by", "queue"))
    assert ran.code == 1
    # May lies between months that are there, so its whole is a figure of nothing.
    assert told(found)[0] == ("aht", "05", (True, True), "late_rows")
    assert {one[1] for one in told(found)} == {"05"}
    assert found["not_compared"] == [{"what": "metric", "names": ["abandoned"], "asked": "then"}]


def test_a_month_that_came_since(compared, here):
    late = (here / "exports" / "acd_04.csv").read_text()
    without(4)(here)
    found, ran = compared(lambda here: (here / "exports" / "acd_04.csv").write_text(late))
    assert ran.code == 1
    assert told(found) == [("aht", "04", NEW, "late_rows"), ("abandoned", "04", NEW, "late_rows")]
    assert ", 2 not there then; files: new exports/acd_04.csv:" in ran.err
    assert "aht, April 2026: not there → 5:35: late or corrected rows\n" in ran.err


def test_metrics_that_cannot_be_computed_any_more_and_that_can_since(compared, here):
    with_costs = small_centre.CATALOGUE.replace("[aht, abandoned]", "[aht, cost]") + (
        "  cost: {kind: ratio, label: Cost, unit: EUR, numerator: {from: costs, sum: amount}, "
        "denominator: {from: contacts, count: rows}}\n"
    )
    (here / "metrics.yaml").write_text(with_costs)
    costs = "cost_id,month_start,month_end,amount\n1,2026-04-01,2026-04-30,840\n2,2026-05-01,2026-05-31,840\n"
    path = here / "exports" / "costs.csv"
    path.write_text(costs)
    found, ran = compared(lambda here: path.unlink())
    assert ran.code == 1
    assert {one[0::2] for one in told(found)} == {("cost", GONE)}
    assert "→ not there any more: its rows are gone\n" in ran.err
    assert {cell["unit"] for cell in found["cells"]} == {"EUR"}
    found, ran = compared(lambda here: path.write_text(costs))
    assert ran.code == 1
    assert {one[0::2] for one in told(found)} == {("cost", NEW)}


def test_a_metric_only_one_run_was_asked_for(compared):
    found, ran = compared(lambda here: None, "-m", "fcr", then=("-m", "aht"))
    assert (found["cells"], found["compared"]) == ([], 0)
    assert found["not_compared"] == [
        {"what": "metric", "names": ["aht"], "asked": "then"},
        {"what": "metric", "names": ["fcr"], "asked": "now"},
    ]
    assert (
        "note: no figure was compared with the run of then.json (as of 28 Jun 2026 11:05); "
        "not compared: aht (not asked for now), fcr (not asked for then).\n"
    ) in ran.err
    assert "differs" not in ran.err
    assert ran.code == 1
    assert "--fail-on restated: nothing was compared with the run of then.json\n" in ran.err
    assert "; no past figure compared; " in ran.err.splitlines()[-1]


def test_a_metric_the_catalogue_has_no_longer(compared):
    found, ran = compared(edit("aht", "handle"))
    assert ran.code == 1
    assert told(found) == [("aht", "04", GONE, "definition"), ("aht", "05", GONE, "definition")]
    assert "5:35 → not there any more: the catalogue has no such metric any more\n" in ran.err
    assert "; not compared: handle (not asked for then):" in ran.err


def test_a_metric_that_left_the_headline_was_not_asked_for(compared):
    found, ran = compared(edit("[aht, abandoned]", "[abandoned]"))
    assert (ran.code, found["cells"]) == (0, [])
    assert "; not compared: aht (not asked for now).\n" in ran.err


@pytest.mark.parametrize(
    ("then", "now", "names", "asked"),
    [
        ((), ("--since", "2026-05-01"), ["2026-04-01/2026-05-01"], "then"),
        ((), ("--since", "2026-04-15"), ["2026-04-01/2026-05-01"], "then"),
        ((), ("--until", "2026-05-15"), ["2026-05-01/2026-06-01"], "then"),
        ((), ("--last", "1"), ["2026-04-01/2026-05-01"], "then"),
        (("--last", "1"), (), ["2026-04-01/2026-05-01"], "now"),
        (("--since", "2026-05-01"), (), ["2026-04-01/2026-05-01"], "now"),
    ],
)
def test_a_period_only_one_run_was_asked_for(compared, then, now, names, asked):
    found, ran = compared(lambda here: None, *now, then=then)
    assert (ran.code, found["cells"], found["compared"]) == (0, [], 2)
    assert found["not_compared"] == [{"what": "period", "names": names, "asked": asked}]
    month = "April" if names[0].startswith("2026-04") else "May"
    run = "now" if asked == "then" else "then"
    assert f"; not compared: {month} 2026 (not asked for {run}).\n" in ran.err


def test_the_newest_three_of_which_there_were_two(compared, here):
    late = (here / "exports" / "acd_04.csv").read_text()
    without(4)(here)
    found, _ = compared(
        lambda here: (here / "exports" / "acd_04.csv").write_text(late), "--last", "3", then=("--last", "3")
    )
    assert [one[:3] for one in told(found)] == [("aht", "04", NEW), ("abandoned", "04", NEW)]


def test_a_cut_only_one_run_was_asked_for(compared):
    found, ran = compared(lambda here: None, "--by", "queue")
    assert (ran.code, found["cells"], found["compared"]) == (0, [], 4)
    assert found["not_compared"] == [{"what": "by", "names": ["queue"], "asked": "now"}]
    found, ran = compared(lambda here: None, then=("--by", "queue"))
    assert (ran.code, found["cells"]) == (0, [])
    assert "; not compared: figures by queue (not asked for now).\n" in ran.err
    found, ran = compared(lambda here: None, "--by", "customer_id", then=("--by", "customer_id"))
    assert (ran.code, found["cells"]) == (0, [])
    assert found["not_compared"] == [{"what": "by", "names": ["customer_id"], "asked": "both"}]


def test_the_whole_range_has_other_days_tomorrow(compared):
    more = contacts(7)
    found, ran = compared(
        lambda here: (here / "exports" / "acd_07.csv").write_text(more), "--every", "all", then=("--every", "all")
    )
    assert found["cells"] == []
    assert (
        "; not compared: 1 Apr 2026 to 28 Jun 2026 (other days than now), "
        "1 Apr 2026 to 28 Jul 2026 (other days than then)"
    ) not in ran.err  # The days of July were not over then.
    assert "; not compared: 1 Apr 2026 to 28 Jun 2026 (other days than now)" in ran.err
    assert "no figure differs" not in ran.err


def test_a_run_before_any_period_was_over_alarms_nobody(compared, here):
    for month in (5, 6):
        without(month)(here)
    (here / "exports" / "acd_04.csv").write_text(contacts(4, range(1, 10)))
    found, ran = compared(lambda here: (here / "exports" / "acd_04.csv").write_text(contacts(4)))
    assert (ran.code, found["cells"], found["not_compared"]) == (0, [], [])
    assert "no figure was compared with the run of then.json" in ran.err
    assert ", which has none of a period that was over; files: changed exports/acd_04.csv.\n" in ran.err


def test_no_figure_differs_and_a_file_came(compared):
    _, ran = compared(lambda here: (here / "exports" / "acd_07.csv").write_text(contacts(7)))
    assert ran.code == 0
    assert "no figure of a past period differs from the run of then.json" in ran.err
    assert "; files: new exports/acd_07.csv.\n" in ran.err


def test_a_second_copy_of_a_file_is_a_new_file(compared):
    def change(here):
        (here / "exports" / "copy.csv").write_text((here / "exports" / "acd_05.csv").read_text())

    found, _ = compared(change)
    assert found["inputs"]["new"] == ["exports/copy.csv"]


def drop_a_row(here):
    path = here / "exports" / "acd_05.csv"
    first, second, *rest = path.read_text().splitlines(keepends=True)
    assert second.startswith("c5-1-0,")
    path.write_text("".join([first, *rest]))


def test_a_target_moved_and_a_row_went(compared):
    def change(here):
        drop_a_row(here)
        edit("target: 6m", "target: 5m")(here)

    found, ran = compared(change, "-m", "aht", then=("-m", "aht"))
    assert told(found) == [("aht", "04", (True, True), "target"), ("aht", "05", (True, True), "late_rows", "target")]
    assert ": late or corrected rows and another target (≤ 6:00 → ≤ 5:00)\n" in ran.err


def test_more_records_are_asked_of_a_verdict(compared):
    found, ran = compared(edit("target: 6m", "target: 6m\n    min_n: 1000"), "-m", "aht")
    assert {one[-1] for one in told(found)} == {"min_n"}
    assert "aht, April 2026: 5:35, met → too few: judged from another n on\n" in ran.err


def test_another_unit_is_another_figure(compared):
    found, ran = compared(edit("unit: seconds", "unit: minutes"), "-m", "aht")
    assert {one[-1] for one in told(found)} == {"unit"}
    assert {cell["unit"] for cell in found["cells"]} == {"seconds"}
    assert "aht, April 2026: 5:35 → 334.5 min" in ran.err
    assert ": another unit (seconds → minutes)\n" in ran.err


def test_the_present_moved_back(compared):
    found, ran = compared(lambda here: None, "-m", "aht", "--as-of", "2026-05-10", then=("-m", "aht"))
    assert told(found) == [("aht", "05", (True, True), "as_of")]
    assert ": the present moved back\n" in ran.err
    assert "moved on" not in ran.err


def test_the_newest_periods_are_measured_as_of_then_in_full(compared):
    """``--last`` counts from the present: of then, it names other periods than it does now."""

    def change(here):
        path = here / "exports" / "acd_04.csv"
        path.write_text(contacts(4, talk=400))

    found, _ = compared(change, "-m", "aht", "--last", "1", "--as-of", "2026-05-10", then=("-m", "aht"))
    assert told(found)[0] == ("aht", "04", (True, True), "late_rows")


def test_files_and_the_catalogue_beside_the_metric(compared, here):
    late = (here / "exports" / "acd_05.csv").read_text()

    def change(here):
        (here / "exports" / "acd_05.csv").write_text(late.replace("Sales", "Direct"))
        (here / "cxkpi.yaml").write_text("cxkpi: 1\n")

    found, ran = compared(change, "-m", "aht", "--leave-out", "exports/acd_04.csv")
    assert told(found)[-1] == ("aht", "04", GONE, "late_rows", "question")
    assert ": its rows are gone or other files left out\n" in ran.err


def test_weeks_that_begin_on_another_day(compared):
    found, ran = compared(
        edit("{timezone: UTC}", "{timezone: UTC, week_starts: sunday}"), "-m", "aht", "--every", "week",
        then=("-m", "aht", "--every", "week"),
    )  # fmt: skip
    assert {one[-1] for one in told(found)} == {"catalogue"}
    assert {one[2] for one in told(found)} == {GONE, NEW}
    assert "nobody can tell why" not in ran.err
    assert ": something else in the catalogue\n" in ran.err


def test_a_file_that_came_is_not_blamed_alone_for_what_the_calendar_may_have_moved(compared):
    def change(here):
        edit("{timezone: UTC}", "{timezone: UTC, week_starts: sunday}")(here)
        (here / "exports" / "acd_07.csv").write_text(contacts(7))

    found, ran = compared(change, "-m", "aht", "--every", "week", then=("-m", "aht", "--every", "week"))
    assert {one[-2:] for one in told(found)} == {("late_rows", "catalogue")}
    assert ": its rows are gone or something else in the catalogue\n" in ran.err
    assert ": late or corrected rows or something else in the catalogue\n" in ran.err


def test_all_files_are_others_and_newer(compared):
    def change(here):
        for month in (4, 5, 6):
            without(month)(here)
        (here / "exports" / "acd_09.csv").write_text(contacts(9))

    found, ran = compared(change, "-m", "aht", then=("-m", "aht"))
    assert ran.code == 1
    assert told(found) == [("aht", "04", GONE, "late_rows"), ("aht", "05", GONE, "late_rows")]


def test_a_manifest_that_does_not_say_what_was_asked(run, here):
    """As manifests were before they held ``metrics``: what they have figures of was asked for."""
    assert run(*RUN, "--manifest", "then.json").code == 0
    old = json.loads(Path("then.json").read_text())
    del old["metrics"]
    Path("then.json").write_text(json.dumps(old))
    assert run("verify", "then.json").code == 0
    without(4)(here)
    ran = run(*RUN, "--against", "then.json", *GATE)
    assert ran.code == 1
    assert ", 2 not there any more; files: gone exports/acd_04.csv:" in ran.err
