"""One plausible wrong number each, from exports in which a record is a leg and not a contact.

Half of the systems write a record for each queue, phone or agent that a call passes. Counted as contacts, legs make a
centre look busier, faster on the phone, and worse at solving things; every one of these numbers looks right.

``LEGS`` reads such a file as it is meant; ``ROWS`` is the same profile without its ``legs``, the mistake.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import cxkpi

HEADING = "Call,Leg,Start,End,Queue,Agent,Caller,Reason,Answered,Wait,Talk,Hold,Wrap,Abandoned\n"

ROWS = """
profile: ringo.legs
system: ringo
match: {headings: [Call, Leg, Abandoned]}
file: {timezone: Europe/London}
tables:
  contacts:
    contact_id: {join: [Call, Leg], with: /}
    customer_id: Caller
    agent_id: Agent
    queue: Queue
    reason: Reason
    direction: {is: inbound}
    started_at: Start
    answered_at: Answered
    ended_at: {from: End, required: true}
    wait_s: Wait
    talk_s: Talk
    hold_s: Hold
    wrap_s: Wrap
    abandoned: Abandoned
"""
LEGS = ROWS.replace("{join: [Call, Leg], with: /}", "Call").replace("tables:", "legs: {id: Leg}\ntables:")
CHAIN = ROWS.replace("{join: [Call, Leg], with: /}", "Leg").replace(
    "tables:", "legs: {id: Leg, previous: Call}\ntables:"
)


def leg(
    call: str,
    number: str,
    start: str,
    end: str,
    agent: str = "",
    *,
    queue: str = "Sales",
    caller: str = "",
    answered: str = "",
    wait: int = 0,
    talk: int | str = "",
    wrap: int | str = "",
    abandoned: str = "no",
) -> str:
    """One line; the customer is the call's own and the day the fifth of January unless a date is given."""

    def moment(time: str) -> str:
        return time if not time or " " in time else f"2026-01-05 {time}"

    cells = [call, number, moment(start), moment(end), queue, agent, caller or f"+44163296{call}", "refund"]
    cells += [moment(answered), str(wait), str(talk), "0", str(wrap), abandoned]
    return ",".join(cells) + "\n"


# Nobody calls in the rest of the month but one customer on its last day, so that a week has passed after each call.
LATER = leg("0999", "1", "2026-01-31 09:00:00", "2026-01-31 09:05:00", abandoned="yes", caller="+449")

# Four calls that somebody answered. Two of them were transferred, each a few seconds after the first agent hung up.
HANDLED = (
    leg("0001", "1", "09:00:00", "09:05:00", "ann", answered="09:00:10", wait=10, talk=290, wrap=0)
    + leg("0001", "2", "09:05:02", "09:09:00", "bo", answered="09:05:12", wait=10, talk=200, wrap=50)
    + leg("0002", "1", "10:00:00", "10:02:00", "ann", answered="10:00:20", wait=20, talk=100, wrap=20)
    + leg("0002", "2", "10:02:03", "10:10:00", "cy", answered="10:02:33", wait=30, talk=440, wrap=60)
    + leg("0003", "1", "11:00:00", "11:04:00", "bo", answered="11:00:30", wait=30, talk=210, wrap=30)
    + leg("0004", "1", "12:00:00", "12:03:00", "cy", answered="12:00:20", wait=20, talk=160, wrap=40)
)


def number(folder: Path, metric: str, profile: str, **files: str) -> tuple[float | None, int]:
    """Value and n of a metric for the whole of some files."""
    folder.mkdir(exist_ok=True)
    (folder / "given.yaml").write_text(profile, encoding="utf-8")
    exports = folder / "exports"
    exports.mkdir(exist_ok=True)
    for name, lines in files.items():
        (exports / f"{name}.csv").write_text(HEADING + lines, encoding="utf-8")
    result = cxkpi.measure([exports], metrics=[metric], every="all", profiles=[folder / "given.yaml"])
    (row,) = (row for row in result.rows if not row.by and row.variant is None)
    return (None if row.value is None else round(row.value, 6), row.n)


def test_average_handle_time_is_per_contact_not_per_leg(tmp_path):
    """290 + 0 + 200 + 50 = 540 and 100 + 20 + 440 + 60 = 620, then 240 and 200: 1600 s over 4 contacts are 400 s.

    Over 6 legs they are 266.67 s: the more a centre transfers, the shorter its calls seem.
    """
    assert number(tmp_path / "legs", "aht", LEGS, june=HANDLED) == (400.0, 4)
    assert number(tmp_path / "rows", "aht", ROWS, june=HANDLED) == (266.666667, 6)


def test_contacts_handled_are_not_legs(tmp_path):
    """4 contacts, 6 legs."""
    assert number(tmp_path / "legs", "contacts_handled", LEGS, june=HANDLED)[0] == 4
    assert number(tmp_path / "rows", "contacts_handled", ROWS, june=HANDLED)[0] == 6


def test_a_transfer_is_no_repeat_call(tmp_path):
    """No customer called again: first contact resolution is 4 of 4.

    As legs, the second leg of each of the two transferred calls is a call of the same customer about the same reason
    seconds later: 4 of 6, and a centre that transfers is told that it does not solve anything.
    """
    assert number(tmp_path / "legs", "fcr", LEGS, june=HANDLED + LATER) == (1.0, 4)
    assert number(tmp_path / "rows", "fcr", ROWS, june=HANDLED + LATER) == (0.666667, 6)


def test_a_repeat_after_a_transfer_is_counted_once_from_the_end_of_the_contact(tmp_path):
    """Caller 0001 comes back on the sixth day after the last leg: 3 of 5 contacts plus itself judged, 4 of 5.

    As legs, of 7 rows three are followed: the first legs of 0001 and 0002 by their own second ones, the second leg of
    0001 by the real repeat: 4 of 7.
    """
    day = "2026-01-11"
    again = leg("0005", "1", f"{day} 08:00:00", f"{day} 08:01:00", "ann", caller="+441632960001", talk=50, wrap=0)
    again = again.replace("refund,,", f"refund,{day} 08:00:10,")
    assert number(tmp_path / "legs", "fcr", LEGS, june=HANDLED + again + LATER) == (0.8, 5)
    assert number(tmp_path / "rows", "fcr", ROWS, june=HANDLED + again + LATER) == (0.571429, 7)


# Five calls: answered and lost in the queue it was transferred to; answered by the second ring group; given up at once;
# answered; moved on to a second queue and given up there.
LOST = (
    leg("0001", "1", "09:00:00", "09:05:00", "ann", answered="09:00:10", wait=10, talk=290, wrap=0)
    + leg("0001", "2", "09:05:00", "09:07:00", queue="Service", wait=120, abandoned="yes")
    + leg("0002", "1", "10:00:00", "10:00:25", queue="Tier 1", wait=25, abandoned="yes")
    + leg("0002", "2", "10:00:25", "10:02:00", "bo", queue="Tier 2", answered="10:00:35", wait=10, talk=85, wrap=5)
    + leg("0003", "1", "11:00:00", "11:01:00", wait=60, abandoned="yes")
    + leg("0004", "1", "12:00:00", "12:03:00", "cy", answered="12:00:15", wait=15, talk=160, wrap=5)
    + leg("0005", "1", "13:00:00", "13:02:00", wait=120)
    + leg("0005", "2", "13:02:00", "13:03:00", queue="Service", wait=60, abandoned="yes")
)


def test_abandonment_is_of_contacts_not_of_queues(tmp_path):
    """0003 and 0005 gave up before anybody answered: 2 of 5 contacts, 40 %.

    Of 8 legs 4 say abandoned, 50 %: 0001 was answered before, and 0002 by the next ring group.
    """
    assert number(tmp_path / "legs", "abandonment", LEGS, june=LOST) == (0.4, 5)
    assert number(tmp_path / "rows", "abandonment", ROWS, june=LOST) == (0.5, 8)


def test_the_wait_for_an_answer_runs_through_every_queue_before_it(tmp_path):
    """0001 waited 10 s, 0002 25 s in one group and 10 s in the next, 0004 15 s: 60 s over 3 answered, 20 s.

    The answered legs alone waited 10, 10 and 15 s, 11.67 s: overflow makes a centre seem quick to answer. Adding up all
    waits of a contact would count the 120 s of 0001 after its answer: 60 s.
    """
    assert number(tmp_path / "legs", "speed_of_answer", LEGS, june=LOST) == (20.0, 3)
    assert number(tmp_path / "rows", "speed_of_answer", ROWS, june=LOST) == (11.666667, 3)


def test_phones_that_rang_in_vain_are_no_transfers(tmp_path):
    """0001 was transferred; 0002 rang at ann's and bo's before cy took it: 1 transfer in 2 contacts, 50 %.

    Counting the agents of each call would make it 100 %.
    """
    lines = (
        leg("0001", "1", "09:00:00", "09:05:00", "ann", answered="09:00:10", talk=290, wrap=0)
        + leg("0001", "2", "09:05:00", "09:07:00", "bo", answered="09:05:05", talk=115, wrap=0)
        + leg("0002", "1", "10:00:00", "10:00:20", "ann", talk=0)
        + leg("0002", "2", "10:00:00", "10:00:20", "bo", talk=0)
        + leg("0002", "3", "10:00:00", "10:03:00", "cy", answered="10:00:20", talk=160, wrap=0)
    )
    assert number(tmp_path, "transfer_rate", LEGS, june=lines) == (0.5, 2)


def test_order_and_files_of_legs_do_not_matter(tmp_path):
    """The second legs stand in another file, newest first."""
    lines = HANDLED.splitlines(keepends=True)
    firsts = "".join(line for line in lines if line.split(",")[1] == "1")
    seconds = "".join(reversed([line for line in lines if line.split(",")[1] == "2"]))
    assert number(tmp_path, "aht", LEGS, july=firsts, june=seconds) == (400.0, 4)


@pytest.mark.parametrize(("profile", "expected"), [(CHAIN, (700.0, 1)), (LEGS, (350.0, 2))], ids=["chain", "as first"])
def test_a_pointer_to_the_leg_before_is_followed_to_the_first(tmp_path, profile, expected):
    """A, B, C and D of one call; each names the one before it, and the first itself: one contact of 700 s.

    Taken for the id of the contact the pointer makes two contacts of the four legs here (A names A, and so does B; C
    names B; D, which nobody took, names C): 350 s.
    """
    lines = (
        leg("A", "A", "09:00:00", "09:02:00", "ann", answered="09:00:10", talk=100, wrap=0, caller="+441")
        + leg("A", "B", "09:02:00", "09:05:00", "bo", answered="09:02:10", talk=200, wrap=0, caller="+441")
        + leg("B", "C", "09:05:00", "09:12:00", "cy", answered="09:05:10", talk=380, wrap=20, caller="+441")
        + leg("C", "D", "09:12:00", "09:12:10", caller="+441")
    )
    assert number(tmp_path, "aht", profile, june=lines) == expected
