"""``cxkpi diff``: files and git revisions, grades and gates, what is printed, and numbers under both catalogues."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from cxkpi.cli import sides
from cxkpi.reports.diff_markdown import LONGEST, code

OLD = """\
cxkpi: 1
calendar: {timezone: UTC}
defaults: {min_n: 1}
fields: {contacts: {handle_s: talk_s + wrap_s}}
metrics:
  aht:
    kind: mean
    label: Handle time
    from: contacts
    value: handle_s
    unit: seconds
    better: lower
    target: 4m
    variants: {talk: {value: talk_s}}
  volume: {kind: total, from: contacts, count: rows, label: "Volume | <b>all</b> `x` @team"}
"""
CALLS = "contact_id,queue,agent_id,started_at,answered_at,ended_at,talk_s,wrap_s,abandoned\n" + "".join(
    f"c{month}{n},{queue},a{n},2026-{month:02d}-0{n}T09:00:00Z,2026-{month:02d}-0{n}T09:00:05Z,"
    f"2026-{month:02d}-0{n}T09:05:00Z,{200 + n},60,false\n"
    for month in (1, 2, 3)
    for n, queue in ((1, "A"), (2, "A"), (3, "B"))
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.yaml").write_text(OLD)
    return tmp_path


def changed(folder: Path, *replacements: tuple[str, str], name: str = "new.yaml") -> Path:
    text = OLD
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    (folder / name).write_text(text)
    return folder / name


WITHOUT_WRAP = ("handle_s: talk_s + wrap_s", "handle_s: talk_s")


def git(folder: Path, *arguments: str) -> str:
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in
           (("NAME", "A"), ("EMAIL", "a@example.com"), ("DATE", "2026-01-01T00:00:00Z"))},
    }  # fmt: skip
    ran = subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return ran.stdout


@pytest.fixture
def repository(here: Path) -> Path:
    git(here, "init", "--quiet", "--initial-branch=main")
    (here / "sub").mkdir()
    (here / "metrics.yaml").write_text(OLD)
    (here / "sub" / "metrics.yaml").write_text(OLD)
    git(here, "add", "metrics.yaml", "sub")
    git(here, "commit", "--quiet", "-m", "first")
    changed(here, WITHOUT_WRAP, name="metrics.yaml")
    return here


# -- sides -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("old", ["main:metrics.yaml", "HEAD:metrics.yaml", "HEAD:./metrics.yaml", ":metrics.yaml"])
def test_a_file_of_a_revision_is_compared_with_the_one_on_disk(run, repository, old):
    ran = run("diff", old, "metrics.yaml", "-f", "json")
    found = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert (found["old"]["path"], found["new"]["path"], found["grade"]) == (old, "metrics.yaml", "meaning")


def test_earlier_revisions_and_the_index(run, repository):
    git(repository, "add", "metrics.yaml")
    assert json.loads(run("diff", "HEAD:metrics.yaml", ":metrics.yaml", "-f", "json").out)["grade"] == "meaning"
    git(repository, "commit", "--quiet", "-m", "second")
    assert json.loads(run("diff", "HEAD~1:metrics.yaml", "HEAD:metrics.yaml", "-f", "json").out)["grade"] == "meaning"
    assert run("diff", "HEAD:metrics.yaml", "metrics.yaml").out.count("no change") == 1


def test_paths_are_counted_from_the_top_as_git_counts_them(run, repository, monkeypatch):
    monkeypatch.chdir(repository / "sub")
    assert run("diff", "HEAD:sub/metrics.yaml", "metrics.yaml").code == 0
    assert run("diff", "HEAD:./metrics.yaml", "HEAD:metrics.yaml").code == 0
    assert "begin with ./" in run("diff", "HEAD:other.yaml", "metrics.yaml").err


def test_a_file_that_is_there_wins_over_a_revision(run, repository):
    changed(repository, ("target: 4m", "target: 5m"), name="main:metrics.yaml")
    found = json.loads(run("diff", "main:metrics.yaml", "old.yaml", "-f", "json").out)
    assert found["grade"] == "target"


def test_the_shipped_catalogue_has_a_name(run, here):
    (here / "cxkpi").mkdir()
    found = json.loads(run("diff", "cxkpi", "old.yaml", "-f", "json").out)
    assert found["old"]["path"] == "cxkpi:metrics.yaml"


def test_a_dialect_has_a_name(run, here):
    found = json.loads(run("diff", "cxkpi", "genesys_cloud", "-f", "json").out)
    assert found["new"]["path"] == "cxkpi:dialects/genesys_cloud.yaml"
    assert {"aht", "service_level"} <= {one["title"] for one in found["changes"]}
    ran = run("diff", "cxkpi", "genesis_cloud")
    assert "error[U130]: 'genesis_cloud' is no file. Did you mean 'genesys_cloud'?" in ran.err


def test_what_a_catalogue_extends_is_read_from_its_revision(run, repository):
    (repository / "sub" / "base.yaml").write_text(OLD)
    (repository / "sub" / "mine.yaml").write_text("cxkpi: 1\nextends: base.yaml\nmetrics: {aht: {target: 3m}}\n")
    git(repository, "add", "sub")
    git(repository, "commit", "--quiet", "-m", "an overlay")
    (repository / "sub" / "base.yaml").write_text(OLD.replace("talk_s + wrap_s", "talk_s"))
    found = json.loads(run("diff", "HEAD:sub/mine.yaml", "sub/mine.yaml", "-f", "json").out)
    assert [(one["title"], one["grade"]) for one in found["changes"]] == [
        ("fields.contacts.handle_s", "meaning"),
        ("aht", "meaning"),
    ]


@pytest.mark.parametrize(
    ("old", "said"),
    [
        ("nothing.yaml", "error[U130]: 'nothing.yaml' is no file."),
        ("sub", "error[U130]: 'sub' is a folder."),
        ("main:", "error[U130]: 'main:' is no file."),
        ("nowhere:metrics.yaml", "error[U133]: git knows no revision 'nowhere'."),
        ("main:nothing.yaml", "error[U134]: there is no 'nothing.yaml' in the revision 'main'."),
        (":nothing.yaml", "error[U134]: there is no 'nothing.yaml' in the index."),
        ("main:sub", "error[U134]: 'sub' is no file in the revision 'main'."),
        ("--output=stolen:metrics.yaml", "error[U133]: git knows no revision '--output=stolen'."),
        ("--upload-pack=touch stolen:metrics.yaml", "git knows no revision '--upload-pack=touch stolen'."),
        ("main:--output=stolen", "error[U134]: there is no '--output=stolen' in the revision 'main'."),
        (":--output=stolen", "error[U134]: there is no '--output=stolen' in the index."),
        ("main^{tree}:metrics.yaml", "git knows no revision 'main^{tree}'."),
    ],
)
def test_what_is_not_there_is_said_and_nothing_is_taken_for_an_option(run, repository, old, said):
    before = sorted(path.name for path in repository.iterdir())
    ran = run("diff", "--", old, "metrics.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert sorted(path.name for path in repository.iterdir()) == before


def test_outside_a_repository_and_without_git(run, here, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(here.parent))
    assert "error[U132]: 'main:metrics.yaml' is no file, and this is no git repository" in run(
        "diff", "main:metrics.yaml", "old.yaml"
    ).err  # fmt: skip
    monkeypatch.setenv("PATH", str(here))
    ran = run("diff", "main:metrics.yaml", "old.yaml")
    assert (ran.code, "error[U131]: git is not installed" in ran.err) == (2, True)


def test_a_git_that_does_not_answer_is_given_up(run, repository, monkeypatch):
    slow = repository / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(sides, "_SECONDS", 0.2)
    assert "error[U135]: git did not answer" in run("diff", "main:metrics.yaml", "old.yaml").err


def test_a_wrong_catalogue_is_told_by_side_and_both_sides_are_looked_at(run, repository):
    (repository / "wrong.yaml").write_text(OLD.replace("better: lower", "beter: lower"))
    git(repository, "add", "wrong.yaml")
    git(repository, "commit", "--quiet", "-m", "wrong")
    (repository / "worse.yaml").write_text(OLD.replace("kind: mean", "kind: meen").replace("unit: seconds", "unit: s"))
    ran = run("diff", "main:wrong.yaml", "worse.yaml", "--fail-on", "meaning")
    assert (ran.code, ran.out) == (5, "")
    lines = ran.err.splitlines()
    first = lines.index("OLD, main:wrong.yaml, is not a right catalogue:")
    second = lines.index("NEW, worse.yaml, is not a right catalogue:")
    assert lines[first + 1].startswith("main:wrong.yaml:12:5: error[C104]: unknown key 'beter'")
    assert lines[second + 1].startswith("worse.yaml:7:11: error[C105]: 'meen' is not a kind")


# -- grades, gates, output ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (("target: 4m", "target: 240"), (0, 0, 0, 0)),
        (("value: handle_s", "value: (handle_s)"), (1, 0, 0, 0)),
        (("label: Handle time", "label: Handling"), (1, 1, 0, 0)),
        (("target: 4m", "target: 5m"), (1, 1, 1, 0)),
        (("talk_s + wrap_s", "talk_s"), (1, 1, 1, 1)),
    ],
)
def test_a_gate_fails_at_its_grade_and_above(run, here, change, codes):
    changed(here, change)
    grades = ("none", "wording", "target", "meaning")
    assert tuple(run("diff", "old.yaml", "new.yaml", "--fail-on", grade).code for grade in grades) == codes
    assert run("diff", "old.yaml", "new.yaml").code == 0


def test_a_gate_says_what_failed(run, here):
    changed(here, WITHOUT_WRAP)
    ran = run("diff", "old.yaml", "new.yaml", "--fail-on", "meaning")
    assert ran.err == "--fail-on meaning: 2 changes of new.yaml: fields.contacts.handle_s, aht\n"


TEXT = """\
 old.yaml → new.yaml
 4 changes: 4 meaning; 0 metrics as before

 meaning  numbers, or what they are numbers of
   fields.contacts.handle_s
     handle_s  talk_s + wrap_s → talk_s
     reaches   aht
   aht  Handling, without what comes after it, because that is another figure now
     label  - Handle time
            + Handling, without what comes after it, because that is another figure now
     value  handle_s, by fields.contacts.handle_s
   aht.talk  Handling, without what comes after it, because that is another figure now
     label   - Handle time
             + Handling, without what comes after it, because that is another figure now
     target  4m → 3m
     where   — → not abandoned
   volume  removed  Volume | <b>all</b> `x` @team
"""


def test_the_text_is_what_it_was(run, here):
    label = "Handling, without what comes after it, because that is another figure now"
    changed(
        here,
        WITHOUT_WRAP,
        ("label: Handle time", f"label: {label}"),
        ("{value: talk_s}", "{value: talk_s, target: 3m, where: not abandoned}"),
    )
    text = (here / "new.yaml").read_text()
    (here / "new.yaml").write_text("".join(line for line in text.splitlines(True) if "volume:" not in line))
    shown = run("diff", "old.yaml", "new.yaml").out
    assert shown == TEXT


MARKDOWN = """\
### Metrics: `old.yaml` → `new.yaml`

2 changes: 1 target, 1 wording; 1 metric as before.

**target**: verdicts

| what | key | old | new |
|---|---|---|---|
| `aht.talk` | `target` | `4m` | `3m` |

**wording**: what people read

| what | key | old | new |
|---|---|---|---|
| `volume` | `label` | ``Volume \\| <b>all</b> `x` @team`` | `# [a](b) \\| c` |
"""


def test_the_markdown_is_what_it_was_and_holds_nothing_but_text(run, here):
    changed(here, ("{value: talk_s}", "{value: talk_s, target: 3m}"), ("Volume | <b>all</b> `x` @team", "# [a](b) | c"))
    assert run("diff", "old.yaml", "new.yaml", "-f", "markdown").out == MARKDOWN


@pytest.mark.parametrize(
    ("text", "span"),
    [("a", "`a`"), ("a`b", "``a`b``"), ("`a", "`` `a ``"), ("``", "``` `` ```"), ("a\nb|c", "`a b\\|c`"), ("", "`  `")],
)
def test_a_code_span_holds_any_text(text, span):
    assert code(text) == span


def test_a_comment_stays_as_long_as_a_forge_takes(run, here):
    many = "".join(
        f"  m{n}: {{kind: total, from: contacts, count: rows, label: {'x' * 200} {n}}}\n" for n in range(400)
    )
    (here / "old.yaml").write_text(OLD + many)
    (here / "new.yaml").write_text(OLD + many.replace("xx", "y"))
    shown = run("diff", "old.yaml", "new.yaml", "-f", "markdown").out
    assert len(shown) <= LONGEST + 200
    assert shown.splitlines()[-1].endswith("lines more; `cxkpi diff` with `-f text` shows them all.")


def test_files_are_written_by_extension_and_stdout_stays_empty(run, here):
    changed(here, WITHOUT_WRAP)
    ran = run("diff", "old.yaml", "new.yaml", "-o", "a.json", "-o", "b.md", "-o", "c.txt")
    assert (ran.code, ran.out) == (0, "")
    assert json.loads((here / "a.json").read_text())["format"] == 1
    assert (here / "b.md").read_text().startswith("### Metrics:")
    assert (here / "c.txt").read_text().startswith(" old.yaml → new.yaml\n")
    assert run("diff", "old.yaml", "new.yaml", "-o", "d.json", "-f", "markdown").out.startswith("### ")
    assert run("diff", "old.yaml", "new.yaml", "-o", "d.html").code == 2
    assert run("diff", "old.yaml", "new.yaml", "-o", "new.yaml").code == 2
    assert run("diff", "old.yaml", "new.yaml", "-o", "absent/d.json").code == 74


def test_the_json_is_the_same_every_time_and_has_its_keys_in_order(run, here):
    changed(here, WITHOUT_WRAP)
    one, two = (run("diff", "old.yaml", "new.yaml", "-f", "json").out for _ in range(2))
    assert one == two
    found = json.loads(one)
    assert list(found) == ["format", "old", "new", "grade", "unchanged", "changes", "figures"]
    assert list(found["changes"][0]) == [
        "section", "title", "old_title", "label", "action", "grade", "old_definition", "definition", "details",
        "reaches", "since",
    ]  # fmt: skip
    assert found["figures"] is None


@pytest.mark.parametrize("columns", [80, 100, 160])
def test_no_line_is_wider_than_the_terminal(run, here, columns):
    changed(here, WITHOUT_WRAP, ("label: Handle time", f"label: {'long ' * 40}"))
    for terminal in (True, False):
        shown = run("diff", "old.yaml", "new.yaml", columns=columns, terminal=terminal, env={"NO_COLOR": "1"}).out
        assert max(map(len, shown.splitlines())) <= columns


def test_a_terminal_without_unicode_gets_none(run, here):
    changed(here, WITHOUT_WRAP)
    shown = run("diff", "old.yaml", "new.yaml", encoding="ascii").out
    assert "old.yaml -> new.yaml" in shown
    assert "?" not in shown


# -- with exports ------------------------------------------------------------------------------------------------------


@pytest.fixture
def exports(here: Path) -> Path:
    folder = here / "exports"
    folder.mkdir()
    (folder / "contacts.csv").write_text(CALLS)
    return folder


def test_both_are_computed_over_the_same_exports(run, here, exports):
    changed(here, WITHOUT_WRAP)
    found = json.loads(run("diff", "old.yaml", "new.yaml", exports, "-f", "json", "--last", "2").out)["figures"]
    rows = [row for row in found["rows"] if row["period"]["complete"]]
    assert {row["metric"] for row in rows} == {"aht"}
    # Talk of 201, 202 and 203 seconds, with and without a minute of wrap-up; the target is 240.
    for row in rows:
        assert (row["old"]["value"], row["new"]["value"], row["difference"]) == (262.0, 202.0, -60.0)
        assert (row["old"]["status"], row["new"]["status"], row["flips"]) == ("missed", "met", True)
    assert found["flips"] == sum(row["flips"] for row in found["rows"]) > 0


def test_verdicts_that_flip_are_marked(run, here, exports):
    changed(here, WITHOUT_WRAP)
    shown = run("diff", "old.yaml", "new.yaml", exports, "--last", "1", "--by", "queue").out
    assert "✗ → ✓ flips" in shown
    markdown = run("diff", "old.yaml", "new.yaml", exports, "--last", "1", "--by", "queue", "-f", "markdown").out
    assert "| `A` | 4:22 | 3:22 | −1:00 | **✗ → ✓ flips** |" in markdown.replace("4:21", "4:22").replace("3:21", "3:22")
    assert "| all | 4:22 | 3:22 | −1:00 | **✗ → ✓ flips** |" in markdown


def test_who_it_is_about_is_hidden(run, here, exports):
    changed(here, WITHOUT_WRAP)
    for kind in ("text", "markdown"):
        arguments = ("diff", "old.yaml", "new.yaml", exports, "--by", "agent_id", "-f", kind)
        assert "#1" in run(*arguments).out
        assert "a1" not in run(*arguments).out
        assert "a1" in run(*arguments, "--show-values").out


VERSION = ("    target: 4m\n", "    target: 4m\n    versions: [{since: 2026-02-01, value: talk_s}]\n")


def test_a_version_with_a_day_leaves_what_is_before_it(run, here, exports):
    changed(here, VERSION)
    shown = run("diff", "old.yaml", "new.yaml").out
    assert "     from                 2026-02-01 on; numbers and verdicts of periods before it stay\n" in shown
    markdown = run("diff", "old.yaml", "new.yaml", "-f", "markdown").out
    assert (
        "| `aht`, from 2026-02-01 on; numbers and verdicts of periods before it stay | `versions.2026-02-01` |"
        in markdown
    )
    found = json.loads(run("diff", "old.yaml", "new.yaml", exports, "-f", "json").out)
    assert [(one["title"], one["grade"], one["since"]) for one in found["changes"]] == [
        ("aht", "meaning", "2026-02-01")
    ]  # fmt: skip
    differs = {row["period"]["start"]: row["difference"] for row in found["figures"]["rows"] if row["metric"] == "aht"}
    assert (differs["2026-01-01"], differs["2026-02-01"]) == (0, -60)


def test_options_of_exports_without_exports_are_refused(run, here):
    for given in (
        ["--by", "queue"],
        ["--every", "week"],
        ["--last", "6"],
        ["--profile", "p"],
        ["--show-values"],
        ["--no-cache"],
    ):
        ran = run("diff", "old.yaml", "old.yaml", *given)
        assert (ran.code, ran.out) == (2, "")
        assert f"error[U138]: {given[0]} says how exports are computed, and none are named." in ran.err
    ran = run("diff", "old.yaml", "old.yaml", "--last", "6", "--by", "queue")
    assert "--by and --last say how exports are computed" in ran.err


def test_a_metric_that_is_named_is_all_that_is_told_and_gated(run, here, exports):
    changed(here, WITHOUT_WRAP, ('label: "Volume', 'label: "Amount'))
    assert "aht" not in run("diff", "old.yaml", "new.yaml", "-m", "volume").out
    assert run("diff", "old.yaml", "new.yaml", "-m", "volume", "--fail-on", "meaning").code == 0
    assert run("diff", "old.yaml", "new.yaml", "-m", "aht", "--fail-on", "meaning").code == 1
    found = json.loads(run("diff", "old.yaml", "new.yaml", "-m", "aht,aht.talk", "-f", "json").out)
    assert [one["title"] for one in found["changes"]] == ["fields.contacts.handle_s", "aht"]
    assert (found["grade"], found["unchanged"]) == ("meaning", 1)
    ran = run("diff", "old.yaml", "new.yaml", "-m", "vollume")
    assert (ran.code, "error[U136]: neither catalogue has a metric 'vollume'. Did you mean 'volume'?" in ran.err) == (
        2,
        True,
    )


def test_exports_are_read_once_and_what_stays_is_computed_once(run, here, exports, monkeypatch):
    from cxkpi.measurement.checking import side_by_side

    changed(here, WITHOUT_WRAP)
    reads, asked = [], []
    load, measure = side_by_side.load_exports, side_by_side.measure
    monkeypatch.setattr(side_by_side, "load_exports", lambda *a, **k: reads.append(a) or load(*a, **k))
    monkeypatch.setattr(side_by_side, "measure", lambda *a, **k: asked.append(k["metrics"]) or measure(*a, **k))
    arguments = ("diff", "old.yaml", "new.yaml", exports, "-f", "json", "--last", "1")
    rows = json.loads(run(*arguments, "-m", "aht,volume").out)["figures"]["rows"]
    assert (len(reads), asked) == (1, [["aht"], ["aht", "volume"]])
    assert all(row["old"] == row["new"] for row in rows if row["metric"] == "volume")
    run(*arguments)
    assert asked[2:] == [["aht"], ["aht"]]


def test_tables_of_another_shape_are_read_for_each_side(run, here, exports, monkeypatch):
    from cxkpi.measurement.checking import side_by_side

    changed(here, WITHOUT_WRAP, ("metrics:\n", "tables: {contacts: {columns: {vip: boolean}}}\nmetrics:\n"))
    reads = []
    load = side_by_side.load_exports
    monkeypatch.setattr(side_by_side, "load_exports", lambda *a, **k: reads.append(a) or load(*a, **k))
    assert run("diff", "old.yaml", "new.yaml", exports).code == 0
    assert len(reads) == 2


def test_a_metric_of_one_side_stands_alone_and_a_renamed_one_goes_on(run, here, exports):
    changed(here, ("  volume:", "  contacts_seen:"), ("    variants: {talk: {value: talk_s}}\n", ""))
    found = json.loads(
        run("diff", "old.yaml", "new.yaml", exports, "-f", "json", "-m", "volume,aht.talk", "--last", "1").out
    )
    rows = found["figures"]["rows"]
    assert {(row["metric"], row["old_metric"]) for row in rows} == {
        ("contacts_seen", "volume"),
        ("aht.talk", "aht.talk"),
    }
    assert all(row["new"] is None for row in rows if row["metric"] == "aht.talk")
    assert all(row["difference"] == 0 for row in rows if row["metric"] == "contacts_seen")


def test_where_no_number_can_differ_none_is_computed(run, here, exports):
    changed(here, ("label: Handle time", "label: Handling"))
    ran = run("diff", "old.yaml", "new.yaml", exports)
    assert "No number can be different." in ran.out
    assert json.loads(run("diff", "old.yaml", "new.yaml", exports, "-f", "json").out)["figures"]["rows"] == []


def test_exit_codes_with_exports(run, here, exports):
    text = OLD.replace("metrics:\n", "metrics:\n  done: {kind: total, from: evaluations, count: rows}\n")
    (here / "new.yaml").write_text(text)
    missing = run("diff", "old.yaml", "new.yaml", exports)
    assert (missing.code, "note: done cannot be computed: no file gives evaluations" in missing.err) == (0, True)
    asked = run("diff", "old.yaml", "new.yaml", exports, "-m", "done")
    assert (asked.code, "error[I010]: done cannot be computed" in asked.err) == (3, True)
    assert run("diff", "old.yaml", "new.yaml", exports, "-m", "dun").code == 2
    assert run("diff", "old.yaml", "new.yaml", here / "absent").code == 2
    (here / "empty.csv").write_text("contact_id\n")
    assert run("diff", "old.yaml", "new.yaml", here / "empty.csv", "-m", "aht").code == 3
    changed(here, WITHOUT_WRAP)
    assert run("diff", "old.yaml", "new.yaml", exports, "--fail-on", "target").code == 1
