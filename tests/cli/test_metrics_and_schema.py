"""``cxkpi metrics`` and ``cxkpi schema``: lists, cards, what exports allow, the schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALL = """\
cxkpi: 1
calendar: {timezone: UTC}
fields: {contacts: {handled: not abandoned, busy_s: talk_s + wrap_s}}
metrics:
  handle_time:
    kind: mean
    label: Handle time
    objective: What a contact costs us in time.
    description: Talk and wrap-up of the contacts somebody handled.
    from: contacts
    where: handled
    value: busy_s
    unit: seconds
    better: lower
    target: 6m
    alarm: 8m
    guards: [resolved]
    family: time
    aka: [AHT]
    source: Everybody's handbook
    owner: Operations
    variants: {talk: {value: talk_s, label: Talk time}}
    examples:
      - name: two contacts, one of them three times
        as_of: 2026-02-01
        given:
          contacts: |
            ended_at         | abandoned | talk_s | wrap_s | rows
            2026-01-05 09:00 | false     | 100    | 20     | 3
            2026-01-05 10:00 | false     | 200    |        | 1
        expect: {value: 120, n: 3, missing: 1}
  resolved: {kind: share, from: contacts, where: handled, meets: resolved, better: higher, target: 70%}
  quality: {kind: mean, from: evaluations, value: points, unit: points}
"""

CARD = """\
 handle_time  Handle time

 why          What a contact costs us in time.
 what         Talk and wrap-up of the contacts somebody handled.
 formula      The sum of busy_s divided by the number of rows that have it, over rows of contacts
              where handled.
 where        busy_s of contacts: talk_s + wrap_s
              handled of contacts: not abandoned
 kind         mean, in seconds
 judged       lower is better, target 6m, alarm 8m
 needs n      30; interval at 95%
 guards       resolved
 parameters   from: contacts
              value: busy_s
              where: handled
 variants     handle_time.talk  Talk time: value: talk_s
 columns      contacts: ended_at, talk_s, wrap_s, abandoned
 family       time
 also called  AHT
 source       Everybody's handbook
 owner        Operations
 definition   HASH, at small.yaml:5:3

 example two contacts, one of them three times
   contacts
     rows  ended_at          abandoned  talk_s  wrap_s
     3     2026-01-05 09:00  false      100     20
     1     2026-01-05 10:00  false      200
   as_of 2026-02-01
   gives value 120, n 3, missing 1
"""

LIST = """\
 metric       label        kind   unit     target  alarm  family
 handle_time  Handle time  mean   seconds  ≤ 6m    ≥ 8m   time
   .talk      Talk time    mean   seconds  ≤ 6m    ≥ 8m   time
 resolved     Resolved     share  percent  ≥ 70%
 quality      Quality      mean   points

 cxkpi metrics -m NAME shows one in full; -f json all of them.
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    return tmp_path


@pytest.fixture
def exports(small: Path) -> Path:
    folder = small / "exports"
    folder.mkdir()
    (folder / "contacts.csv").write_text(
        "contact_id,started_at,ended_at,talk_s,abandoned\nc1,2026-01-01T09:00:00Z,2026-01-01T09:05:00Z,200,false\n"
    )
    return folder


def test_the_list(run, small):
    ran = run("metrics", "-c", "small.yaml")
    assert (ran.code, ran.out, ran.err) == (0, LIST, "")


def test_one_in_full(run, small):
    digest = json.loads(run("metrics", "-c", "small.yaml", "-f", "json").out)["metrics"][0]["definition"]
    assert run("metrics", "-c", "small.yaml", "-m", "handle_time").out == CARD.replace("HASH", digest)


def test_several_in_full_in_the_order_asked(run, small):
    shown = run("metrics", "-c", "small.yaml", "-m", "quality,handle_time.talk").out
    assert shown.index(" quality  Quality") < shown.index(" handle_time.talk  Talk time")


def test_a_family_stands_together_however_it_is_written(run, small):
    (small / "small.yaml").write_text(SMALL.replace("points, unit: points", "points, unit: points, family: time"))
    names = [line.split()[0] for line in run("metrics", "-c", "small.yaml").out.splitlines()[1:5]]
    assert names == ["handle_time", ".talk", "quality", "resolved"]


def test_an_unknown_metric_is_a_usage_error_with_the_nearest(run, small):
    ran = run("metrics", "-c", "small.yaml", "-m", "handel_time")
    assert (ran.code, "Did you mean 'handle_time'" in ran.err) == (2, True)


def test_a_wrong_catalogue_is_5(run, small):
    (small / "small.yaml").write_text(SMALL.replace("kind: share", "kind: shares"))
    assert run("metrics", "-c", "small.yaml").code == 5


def test_the_json_says_everything(run, small):
    found = json.loads(run("metrics", "-c", "small.yaml", "-f", "json").out)
    assert found["catalogue"]["path"] == "small.yaml"
    assert [(one["metric"], one["variant"]) for one in found["metrics"]] == [
        ("handle_time", None), ("handle_time", "talk"), ("resolved", None), ("quality", None),
    ]  # fmt: skip
    first = found["metrics"][0]
    assert first["columns"] == {"contacts": ["ended_at", "talk_s", "wrap_s", "abandoned"]}
    assert (first["target"], first["alarm"], first["available"]) == (360.0, 480.0, None)
    assert first["examples"][0]["given"]["contacts"][0] == {
        "ended_at": "2026-01-05 09:00", "abandoned": "false", "talk_s": "100", "wrap_s": "20", "rows": "3",
    }  # fmt: skip
    assert found["metrics"][2]["guarded_by"] == ["handle_time", "handle_time.talk"]


def test_what_exports_allow_and_what_the_others_lack(run, small, exports):
    ran = run("metrics", exports, "-c", "small.yaml")
    assert ran.code == 0
    assert ran.out.startswith(" 1 of 4 metrics can be computed.\n\n   handle_time.talk  Talk time\n")
    found = {one["metric"]: one["available"] for one in _metrics(run, exports) if one["variant"] is None}
    assert [(lack["table"], lack["column"]) for lack in found["handle_time"]["lacks"]] == [("contacts", "wrap_s")]
    assert "genesys_cloud.interactions" in found["handle_time"]["lacks"][0]["profiles"]
    assert [(lack["table"], lack["column"]) for lack in found["resolved"]["lacks"]] == [("contacts", "resolved")]
    [whole] = found["quality"]["lacks"]
    assert (whole["table"], whole["column"], whole["needed"]) == ("evaluations", None, ["evaluated_at", "points"])
    assert found["quality"]["why"] == "no file gives evaluations (one scored section of one evaluation)"


def _metrics(run, exports):
    return json.loads(run("metrics", exports, "-c", "small.yaml", "-f", "json").out)["metrics"]


def test_what_is_said_to_be_computable_is_what_report_computes(run, small, exports):
    for one in _metrics(run, exports):
        title = one["metric"] if one["variant"] is None else f"{one['metric']}.{one['variant']}"
        assert (run("report", exports, "-c", "small.yaml", "-m", title).code == 0) == one["available"]["computable"]


BY_AGENT = """\
cxkpi: 1
calendar: {timezone: UTC}
metrics:
  lost: {kind: share, from: contacts, meets: abandoned}
  held: {kind: share, from: contacts, where: not abandoned, meets: talk_s > 10}
  lost_by: {kind: total, from: {metrics: [lost], per: [agent_id]}, count: rows, unit: agents}
  held_by: {kind: total, from: {metrics: [held], per: [agent_id]}, count: rows, unit: agents}
  sum_of: {kind: formula, formula: lost_by + held_by, unit: agents}
  first_quiet_week:
    kind: time_to_event
    from: agents
    start: hired_on
    event: {from: {metrics: [lost], per: [agent_id]}, meets: lost = 0}
"""


def test_rows_by_what_nobody_who_hung_up_has_are_refused_as_a_report_refuses_them(run, tmp_path):
    (tmp_path / "small.yaml").write_text(BY_AGENT)
    contacts, agents = tmp_path / "contacts.csv", tmp_path / "agents.csv"
    contacts.write_text(
        "contact_id,started_at,answered_at,ended_at,abandoned,talk_s,agent_id\n"
        "1,2026-01-05T09:00:00Z,2026-01-05T09:00:10Z,2026-01-05T09:05:00Z,false,100,a1\n"
        "2,2026-01-20T09:00:00Z,,2026-01-20T09:05:00Z,true,,\n"
    )
    agents.write_text("agent_id,hired_on\na1,2025-12-01\n")
    files = [contacts, agents]
    with_catalogue = ("-c", tmp_path / "small.yaml")
    listed = json.loads(run("metrics", *files, *with_catalogue, "-f", "json").out)["metrics"]
    said = {one["metric"]: one["available"] for one in listed}
    assert {title for title, one in said.items() if one["computable"]} == {"lost", "held", "held_by"}
    assert said["lost_by"]["why"] == (
        "it reads lost by agent_id, which counts contacts nobody answered, and they have no agent_id"
    )
    for title, one in said.items():
        ran = run("report", *files, *with_catalogue, "-m", title, "-f", "json")
        given = ran.code == 0 and json.loads(ran.out)["results"][0]["reason"] != "refused"
        assert given == one["computable"], title


def test_exit_codes_with_exports(run, small, exports):
    assert run("metrics", exports, "-c", "small.yaml", "-m", "handle_time.talk").code == 0
    ran = run("metrics", exports, "-c", "small.yaml", "-m", "handle_time")
    assert (ran.code, "handle_time cannot be computed: no file gives contacts.wrap_s" in ran.err) == (3, True)
    assert run("metrics", small / "absent", "-c", "small.yaml").code == 2
    (exports / "contacts.csv").write_text("contact_id,started_at\n")
    assert run("metrics", exports, "-c", "small.yaml").code == 3


@pytest.mark.parametrize("columns", [80, 100, 160])
@pytest.mark.parametrize("arguments", [(), ("-m", "fcr,speed_to_competency,turnover"), ("DATA",)])
def test_no_line_is_wider_than_the_terminal(run, exports, columns, arguments):
    given = [exports if one == "DATA" else one for one in arguments]
    for encoding in ("utf-8", "ascii"):
        ran = run("metrics", *given, "-q", columns=columns, terminal=True, env={"NO_COLOR": "1"}, encoding=encoding)
        assert max(map(len, ran.out.splitlines())) <= columns


def test_every_shipped_metric_has_a_card(run):
    found = json.loads(run("metrics", "-f", "json").out)["metrics"]
    assert all(one["formula"] and (one["columns"] or one["reads"]) and one["place"] for one in found)
    for one in found:
        given = {parameter["key"]: parameter["value"] for parameter in one["parameters"]}
        assert "from" in given or "numerator.from" in given or "formula" in given


def test_the_schema_is_printed_and_written(run, tmp_path):
    printed = run("schema")
    assert json.loads(printed.out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    written = run("schema", "-o", tmp_path / "s.json")
    assert (written.code, written.out, (tmp_path / "s.json").read_text()) == (0, "", printed.out)
    assert run("schema", "-o", tmp_path / "absent" / "s.json").code == 74


@pytest.mark.parametrize("command", ["diff", "metrics", "schema"])
def test_help_has_an_example(run, command):
    assert f"cxkpi {command}" in run(command, "--help").out.partition("Examples")[2]
