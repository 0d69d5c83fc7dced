"""What a time to an event, and a stock, may say; and where it is said what is wrong."""

from __future__ import annotations

import pytest

from cxkpi.kinds.definition import Duration
from cxkpi.kinds.time_to_event import Cause, NthRow, Reading, SustainedRun

from .marked import HEAD, SHARE, marked, metrics, problems, read


def ramp(*lines: str, event: str = "competent_on", start: str = "hired_on", table: str = "agents") -> str:
    """A time to an event with further lines."""
    body = [f"    from: {table}", f"    start: {start}", f"    event: {event}", *(f"    {line}" for line in lines)]
    return metrics(SHARE + "  ramp:\n    kind: time_to_event\n" + "\n".join(body) + "\n")


RUN = "{from: {metrics: [escalation], per: [agent_id]}, meets: escalation > 0}"

CASES = [
    ("C109", "'mean_until' does not go with 'by'", ramp("read: {by: 12wk, «mean_until: 12wk}")),
    ("C109", "'by' does not go with 'quantile'", ramp("read: {quantile: 50%, «by: 12wk}")),
    ("C109", "'of' goes with 'by' only", ramp("read: {quantile: 50%, «of: survivors}")),
    ("C105", "'everybody' is not a value of 'of'; it takes events or survivors",
     ramp("read: {by: 12wk, of: «everybody}")),
    ("C107", "a quantile lies above 0 and below 100%, and 100% does not", ramp("read: {quantile: «100%}")),
    ("C107", "a quantile lies above 0 and below 100%, and 0% does not", ramp("read: {quantile: «0}")),
    ("C107", "'0d' is not a length that time can be read at", ramp("read: {by: «0d}")),
    ("C107", "'12mo' has no fixed length", ramp("read: {by: «12mo}")),
    ("C107", "'36h' is not a number of days", ramp("read: {by: «36h}")),
    ("C107", "'10d' is not a whole number of weeks", ramp("unit: weeks", "read: {mean_until: «10d}")),
    ("C403", "a time_to_event metric is in days or weeks, not in hours",
     ramp("unit: «hours")),
    ("C403", "a time_to_event metric is in days or weeks, not in EUR", ramp("unit: «EUR")),
    ("C403", "what has happened 'by' a time is a share, in percent and not in days",
     ramp("unit: «days", "read: {by: 12wk}")),
    ("C403", "a time_to_event metric is in days or weeks, not in", ramp("unit: «minutes", event=RUN)),
    ("C403", "a time_to_event metric is in days or weeks, not in", ramp("unit: «hours", event="{from: contacts}")),
    ("C105", "'h' is not a unit; did you mean 'hours'?", ramp("unit: «h")),
    ("C109", "'left_on' cannot both compete", ramp("censor: left_on", "competing: «left_on")),
    ("C109", "'left_on' cannot both compete", ramp("censor: left_on", "competing: [{at: «left_on}]")),
    ("C109", "a mean time does not go with 'competing'", ramp("competing: left_on", "read: {«mean_until: 12wk}")),
    ("C203", "competing: no column 'left' in table 'agents'", ramp("competing: «left")),
    ("C203", "at: no column 'left' in table 'agents'", ramp("competing: [{at: left_on}, {at: «left}]")),
    ("C206", "entered: 'team' is not a timestamp or a date", ramp("entered: «team")),
    ("C302", "where: no column 'leave' in table 'agents'; did you mean 'leave_type'?",
     ramp("competing: [{at: left_on, where: «leave = 'x'}]")),
    ("C102", "'at' is missing in", ramp("competing: [«{where: team = 'x'}]")),
    ("C103", "'competing' must be", ramp("competing: «5")),
    ("C104", "unknown key 'wehre' in", ramp("competing: [{at: left_on, «wehre: team = 'x'}]")),
    ("C203", "table 'costs' has no column 'agent_id', whose time is counted", ramp(event="{from: «costs}")),
    ("C107", "rows are counted from 1, not from 0", ramp(event="{from: contacts, nth: «0}")),
    ("C202", "no table 'contact'; did you mean 'contacts'?", ramp(event="{from: «contact}")),
    ("C302", "where: no column 'spent' in", ramp(event="{from: cases, where: «spent is null}")),
    ("C104", "unknown key 'n_th' in 'event'; did you mean 'nth'?", ramp(event="{from: contacts, «n_th: 2}")),
    ("C102", "'meets' is missing in 'event'", ramp(event="{from: {metrics: [escalation], per: [agent_id]}}")
     .replace("event:", "«event:")),
    ("C107", "'1.5mo' is not a window of whole periods", metrics(
        "  x: {kind: stock, from: agents, served: «1.5mo}\n")),
    ("C107", "'36h' is not a window of whole periods", metrics("  x: {kind: stock, from: agents, ago: «36h}\n")),
    ("C105", "'snapshot' is not a value of 'read'", metrics("  x: {kind: stock, from: agents, read: «snapshot}\n")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message", "text"), CASES)
def test_where_it_is_wrong(code: str, message: str, text: str) -> None:
    (problem,) = problems(text)
    assert (problem.code, str(problem.place)) == (code, marked(text))
    assert message in problem.message


def spec_of(text: str):
    return read(text).metrics[("ramp", None)].spec


def test_an_event_is_told_by_what_it_is_taken_from() -> None:
    assert spec_of(ramp()).event == "competent_on"
    own = spec_of(ramp(event="{at: left_on, where: leave_type = 'voluntary'}")).event
    assert isinstance(own, Cause)
    assert (own.at, own.where.columns) == ("left_on", {"leave_type"})
    later = spec_of(ramp(event="{from: evaluations, where: points >= 9, nth: 3}")).event
    assert isinstance(later, NthRow)
    assert (later.from_, later.nth, later.at) == ("evaluations", 3, None)
    assert isinstance(spec_of(ramp(event=RUN)).event, SustainedRun)


def test_competing_is_a_time_or_a_list() -> None:
    assert spec_of(ramp("competing: left_on")).competing == "left_on"
    several = spec_of(ramp("competing: [{at: left_on, where: team = 'x'}, {at: entered_on}]")).competing
    assert [cause.at for cause in several] == ["left_on", "entered_on"]
    assert [cause.where is None for cause in several] == [False, True]


def test_what_is_read() -> None:
    assert spec_of(ramp()).read == Reading()
    assert spec_of(ramp("read: {by: 12wk, of: survivors}")).read == Reading(by=Duration(12, "wk"), of="survivors")
    assert spec_of(ramp("read: {mean_until: 90d}")).read.mean_until == Duration(90, "d")


def unit_of(text: str) -> str:
    return read(text).metrics[("ramp", None)].unit


def test_units() -> None:
    assert unit_of(ramp()) == "days"
    assert unit_of(ramp("unit: weeks")) == "weeks"
    assert unit_of(ramp("read: {by: 12wk}")) == "percent"
    answered = {"table": "cases", "start": "opened_at", "event": "first_reply_at"}
    for unit in ("seconds", "minutes", "hours", "days", "weeks"):
        assert unit_of(ramp(f"unit: {unit}", **answered)) == unit
    assert unit_of(ramp("read: {by: 36h}", **answered)) == "percent"


def test_a_target_of_a_share_by_a_time() -> None:
    metric = read(ramp("read: {by: 12wk}", "better: higher", "target: 60%")).metrics[("ramp", None)]
    assert metric.target == 0.6


def definition(text: str) -> str:
    return read(text).metrics[("ramp", None)].definition


def test_definitions_change_with_the_meaning() -> None:
    plain = definition(ramp())
    assert definition(ramp("unit: days")) == plain
    assert definition(ramp("read: {quantile: 0.5}")) == plain
    others = [
        ramp("unit: weeks"),
        ramp("read: {quantile: 0.9}"),
        ramp("read: {by: 12wk}"),
        ramp("read: {by: 12wk, of: survivors}"),
        ramp("read: {mean_until: 12wk}"),
        ramp("competing: left_on"),
        ramp("competing: [{at: left_on, where: team = 'x'}]"),
        ramp("competing: [{at: left_on, where: team = 'y'}]"),
        ramp("censor: left_on"),
        ramp("entered: entered_on"),
        ramp(event="{from: contacts}"),
        ramp(event="{from: contacts, nth: 2}"),
    ]
    hashes = [definition(text) for text in others]
    assert len({plain, *hashes}) == len(others) + 1
    assert definition(ramp("read: {by: 84d}")) == definition(ramp("read: {by: 12wk}"))


def test_a_stock_of_long_ago_is_another_definition() -> None:
    texts = ["", ", read: snapshots", ", read: joiners", ", served: 12mo", ", ago: 12mo", ", served: 6mo"]
    found = {
        read(f"{HEAD}metrics:\n  x: {{kind: stock, from: agents{text}}}\n").metrics[("x", None)].definition
        for text in texts
    }
    assert len(found) == len(texts)
