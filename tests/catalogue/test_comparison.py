"""What a change of a catalogue is taken for: which metrics, which keys, how grave."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from cxkpi.catalogue.load import Catalogue, parse
from cxkpi.catalogue.meaning import comparison
from cxkpi.catalogue.meaning.changes import Change, Comparison
from cxkpi.catalogue.meaning.comparison import compare
from cxkpi.kinds.definition import Metric

BASE = """\
cxkpi: 1
headline: [fcr, aht]
calendar: {timezone: Europe/London}
defaults: {confidence: 95%, min_n: 30}
tables: {contacts: {columns: {campaign: text, level: text}}}
fields:
  contacts:
    handled: not abandoned and answered_at is not null
    handle_s: talk_s + wrap_s
    spare: talk_s
metrics:
  fcr:
    kind: repeat
    label: First contact resolution
    from: contacts
    where: handled
    key: [customer_id]
    within: 7d
    counts: resolved
    better: higher
    target: 75%
    alarm: 65%
    variants: {by_reason: {key: [customer_id, reason]}, strict: {target: 80%}}
  aht:
    kind: ratio
    unit: seconds
    better: lower
    target: 6m
    numerator: {from: contacts, sum: handle_s, where: handled and campaign = 'a'}
    denominator: {from: contacts, count: rows, where: handled and campaign = 'a'}
  competent:
    kind: time_to_event
    from: agents
    start: hired_on
    event: {from: {metrics: [aht], per: [agent_id], every: week}, meets: aht <= aht_target, sustained: 3}
    censor: left_on
  waits: {kind: mean, from: contacts, value: wait_s, unit: seconds, min_n: 5}
"""


def changed(*replacements: tuple[str, str], base: str = BASE) -> Comparison:
    text = base
    for old, new in replacements:
        assert text.count(old) >= 1, old
        text = text.replace(old, new)
    return compare(parse(base, "old.yaml"), parse(text, "new.yaml"))


def brief(found: Comparison) -> list[tuple[str, str, str]]:
    return [(change.title, change.action, change.grade) for change in found.changes]


def of(found: Comparison, title: str) -> Change:
    return next(change for change in found.changes if change.title == title)


def test_a_catalogue_is_as_it_was() -> None:
    found = changed()
    assert (found.changes, found.grade, found.unchanged, found.affected) == ((), "none", 6, ())


def test_spacing_order_and_other_spellings_of_a_quantity_are_no_change() -> None:
    found = changed(
        ("target: 6m", "target: 360"), ("{from: contacts, sum: handle_s,", "{sum: handle_s, from: contacts,")
    )
    assert found.changes == ()


def test_an_expression_written_otherwise_is_graded_none() -> None:
    found = changed(("where: handled\n", "where: (handled)\n"))
    assert brief(found)[0] == ("fcr", "changed", "none")
    assert (of(found, "fcr").details[0].old, of(found, "fcr").details[0].new) == ("handled", "(handled)")
    assert (found.grade, found.affected) == ("none", ())


@pytest.mark.parametrize(
    ("old", "new", "grade", "detail"),
    [
        ("within: 7d", "within: 14d", "meaning", ("within", "7d", "14d")),
        ("key: [customer_id]\n", "key: [agent_id]\n", "meaning", ("key", "[customer_id]", "[agent_id]")),
        ("counts: resolved", "counts: repeated", "meaning", ("counts", "resolved", "repeated")),
        ("counts: resolved", "counts: resolved\n    gap: 60s", "meaning", ("gap", "0s", "60s")),
        ("target: 75%", "target: 74.5%", "target", ("target", "75%", "74.5%")),
        ("    alarm: 65%\n", "", "target", ("alarm", "65%", None)),
        ("alarm: 65%", "alarm: 65%\n    guards: [waits]", "target", ("guards", None, "[waits]")),
        ("alarm: 65%", "alarm: 65%\n    confidence: 99%", "target", ("confidence", "95%", "99%")),
        ("label: First", "label: Real first", "wording", ("label", "First contact resolution", None)),
        ("counts: resolved", "counts: resolved\n    owner: Ops", "wording", ("owner", None, "Ops")),
        ("counts: resolved", "counts: resolved\n    aka: [FTR]", "wording", ("aka", None, "[FTR]")),
        ("unit: seconds\n    better", "unit: hours\n    better", "meaning", ("unit", "seconds", "hours")),
    ],
)
def test_a_key_has_the_grade_of_what_it_decides(
    old: str, new: str, grade: str, detail: tuple[str, str | None, str | None]
) -> None:
    found = changed((old, new))
    title = "aht" if detail[0] == "unit" else "fcr"
    change = of(found, title)
    assert change.grade == grade
    key = next(one for one in change.details if one.key == detail[0])
    assert (key.grade, key.old) == (grade, detail[1])
    if detail[0] != "label":
        assert key.new == detail[2]
    assert (change.old_definition == change.definition) == (grade != "meaning" or detail[0] == "unit")


def test_a_change_reaches_the_variants_that_inherit_it_and_no_others() -> None:
    assert brief(changed(("target: 75%", "target: 74%"))) == [
        ("fcr", "changed", "target"),
        ("fcr.by_reason", "changed", "target"),
    ]


def test_a_field_reaches_the_metrics_that_mention_it() -> None:
    found = changed(("handle_s: talk_s + wrap_s", "handle_s: talk_s"))
    assert brief(found) == [
        ("fields.contacts.handle_s", "changed", "meaning"),
        ("aht", "changed", "meaning"),
        ("competent", "changed", "meaning"),
    ]
    assert of(found, "fields.contacts.handle_s").reaches == ("aht",)
    [detail] = of(found, "aht").details
    assert (detail.key, detail.via) == ("numerator.sum", "fields.contacts.handle_s")
    [detail] = of(found, "competent").details
    assert (detail.key, detail.via) == ("reads", "metrics.aht")


def test_a_field_nobody_reads_changes_nothing() -> None:
    found = changed(("spare: talk_s", "spare: wrap_s"))
    assert brief(found) == [("fields.contacts.spare", "changed", "none")]


def test_a_field_written_into_its_place_is_no_change_of_meaning() -> None:
    found = changed(("sum: handle_s", "sum: talk_s + wrap_s"))
    assert brief(found) == [("aht", "changed", "none")]


def test_a_target_that_another_metric_reads_changes_the_meaning_of_that_one() -> None:
    found = changed(("target: 6m", "target: 5m"))
    assert brief(found) == [("aht", "changed", "target"), ("competent", "changed", "meaning")]


def test_defaults_reach_the_metrics_that_take_them() -> None:
    found = changed(("min_n: 30", "min_n: 20"))
    assert of(found, "defaults.min_n").reaches == (
        "fcr", "fcr.by_reason", "fcr.strict", "aht", "competent",
    )  # fmt: skip
    assert of(found, "aht").details[0].via == "defaults.min_n"
    assert "waits" not in {change.title for change in found.changes}


@pytest.mark.parametrize(
    ("new", "title"),
    [
        ("{timezone: Europe/London, week_starts: sunday}", "calendar.week_starts"),
        ("{timezone: Europe/London, year_starts: april}", "calendar.year_starts"),
        ("{timezone: Europe/London, pattern: 4-4-5}", "calendar.pattern"),
        ("{timezone: Europe/Paris}", "calendar.timezone"),
    ],
)
def test_the_calendar_reaches_every_metric(new: str, title: str) -> None:
    found = changed(("{timezone: Europe/London}", new))
    assert of(found, title).grade == "meaning"
    assert len(of(found, title).reaches) == 6
    assert len(found.affected) == 6


def test_a_declared_column_reaches_the_metrics_that_read_it() -> None:
    text = BASE.replace("campaign = 'a'", "campaign is not null")
    found = changed(("campaign: text", "campaign: number"), base=text)
    column = of(found, "tables.contacts.columns.campaign")
    assert (column.grade, column.reaches) == ("meaning", ("aht",))
    assert (column.details[0].old, column.details[0].new) == ("text", "number")
    assert of(changed(("level: text", "level: number")), "tables.contacts.columns.level").grade == "none"


def test_the_headline_is_wording() -> None:
    assert brief(changed(("headline: [fcr, aht]", "headline: [aht]"))) == [("headline", "changed", "wording")]


def test_metrics_come_and_go() -> None:
    found = changed(
        ("  waits: {kind: mean, from: contacts, value: wait_s, unit: seconds, min_n: 5}\n", ""),
        ("metrics:\n", "metrics:\n  first: {kind: total, from: contacts, count: rows}\n"),
    )
    assert brief(found) == [("first", "added", "wording"), ("waits", "removed", "meaning")]
    assert found.pairs[0] == (None, "first")
    assert found.pairs[-1] == ("waits", None)
    assert found.affected == ((None, "first"), ("waits", None))


def test_a_metric_of_another_name_goes_on_where_its_definition_does() -> None:
    found = changed(("  waits:", "  wait_time:"))
    assert brief(found) == [("wait_time", "renamed", "wording")]
    assert (found.changes[0].old_title, found.unchanged) == ("waits", 5)


def test_variants_follow_the_metric_that_is_renamed() -> None:
    found = changed(("  fcr:", "  first_contact:"), ("headline: [fcr", "headline: [first_contact"))
    pairs = {(change.old_title, change.title) for change in found.metrics}
    assert pairs == {
        ("fcr", "first_contact"),
        ("fcr.by_reason", "first_contact.by_reason"),
        ("fcr.strict", "first_contact.strict"),
    }


def test_a_metric_renamed_and_changed_has_the_grave_of_both() -> None:
    found = changed(("  waits: {kind: mean,", "  wait_time: {kind: mean, better: lower, target: 20s,"))
    assert brief(found) == [("wait_time", "renamed", "target")]


def test_a_new_metric_with_the_definition_of_one_that_stays_is_new() -> None:
    found = changed(("metrics:\n", "metrics:\n  again: {kind: mean, from: contacts, value: wait_s, unit: seconds}\n"))
    assert brief(found) == [("again", "added", "wording")]


def test_another_kind_says_so() -> None:
    found = changed(
        ("{kind: mean, from: contacts, value: wait_s, unit: seconds", "{kind: share, from: contacts, meets: abandoned")
    )
    change = of(found, "waits")
    keys = {detail.key: (detail.old, detail.new) for detail in change.details}
    assert change.grade == "meaning"
    assert keys["kind"] == ("mean", "share")
    assert keys["value"] == ("wait_s", None)
    assert keys["meets"] == (None, "abandoned")


READERS = (
    BASE
    + """\
  score: {kind: formula, formula: 100 * fcr.strict + fcr, unit: points, guards: [fcr]}
  twice: {kind: formula, formula: 2 * score, unit: points}
  agents:
    kind: share
    from: {metrics: [fcr, aht], per: [agent_id], every: month}
    where: agent_id is not null and fcr_n >= 10
    meets: fcr >= fcr_target and aht_status = 'met'
"""
)
FCR = [
    ("  fcr:", "  first_contact:"), ("headline: [fcr", "headline: [first_contact"),
    ("100 * fcr.strict + fcr,", "100 * first_contact.strict + first_contact,"),
    ("guards: [fcr]", "guards: [first_contact]"), ("metrics: [fcr, aht]", "metrics: [first_contact, aht]"),
    ("fcr_n", "first_contact_n"), ("meets: fcr >= fcr_target", "meets: first_contact >= first_contact_target"),
]  # fmt: skip


def test_what_reads_a_renamed_metric_means_the_same() -> None:
    found = changed(*FCR, base=READERS)
    assert brief(found) == [
        ("headline", "changed", "none"),
        ("first_contact", "renamed", "wording"),
        ("first_contact.by_reason", "renamed", "wording"),
        ("first_contact.strict", "renamed", "wording"),
        ("score", "changed", "none"),
        ("agents", "changed", "none"),
    ]
    keys = {one.key: (one.old, one.new) for one in of(found, "score").details}
    assert keys["guards"] == ("[fcr]", "[first_contact]")
    assert found.affected == ()


def test_a_rename_is_followed_through_metrics_that_are_renamed_with_it() -> None:
    found = changed(
        *FCR, ("  score:", "  points:"), ("2 * score", "2 * points"), ("  twice:", "  doubled:"), base=READERS
    )
    renamed = {(change.old_title, change.title) for change in found.metrics if change.action == "renamed"}
    assert renamed >= {("score", "points"), ("twice", "doubled"), ("fcr", "first_contact")}
    assert found.grade == "wording"


def test_a_rename_is_found_although_the_zone_is_another() -> None:
    found = changed(("  waits:", "  wait_time:"), ("Europe/London", "Europe/Paris"))
    assert (of(found, "wait_time").old_title, of(found, "wait_time").grade) == ("waits", "meaning")


def test_what_reads_a_metric_that_is_renamed_and_something_else_changes() -> None:
    found = changed(*FCR, ("100 *", "50 *"), base=READERS)
    grades = {(one.title, one.grade) for one in found.changes}
    assert {("first_contact", "wording"), ("score", "meaning"), ("twice", "meaning"), ("agents", "none")} <= grades


def test_another_metric_under_a_name_is_no_rename() -> None:
    found = changed(("100 * fcr.strict + fcr,", "100 * fcr.strict + waits,"), base=READERS)
    assert of(found, "score").grade == "meaning"


def test_a_renamed_field_changes_nothing() -> None:
    found = changed(("handle_s", "handling_s"))
    assert brief(found) == [("fields.contacts.handling_s", "renamed", "none"), ("aht", "changed", "none")]
    assert found.changes[0].old_title == "fields.contacts.handle_s"


TABLE = """\
cxkpi: 1
calendar: {timezone: UTC}
tables:
  contacts: {lookups: {more: {table: details, on: contact_id}}}
  details: {row: x, key: [contact_id], time: [noted_at], columns: {contact_id: text, noted_at: instant, vip: boolean}}
fields: {details: {important: vip}}
metrics:
  noted: {kind: total, from: details, count: rows, where: important}
  vips: {kind: share, from: contacts, meets: more.vip}
"""


def test_a_renamed_table_changes_no_number() -> None:
    named = [("table: details", "table: notes"), ("{details: {imp", "{notes: {imp"), ("from: details", "from: notes")]
    found = changed(("  details: {", "  notes: {"), *named, base=TABLE)
    assert brief(found) == [("tables.notes", "renamed", "wording"), ("noted", "changed", "none")]
    other = changed(("  details: {row: x", "  notes: {row: y"), *named, base=TABLE)
    assert of(other, "noted").grade == "meaning"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("key: [customer_id, reason]", "key: [reason, customer_id]"),
        ("metrics: [fcr, aht]", "metrics: [aht, fcr]"),
        ("per: [agent_id, team]", "per: [team, agent_id]"),
        ("guards: [fcr, aht]", "guards: [aht, fcr]"),
        ("when: {queue: [A, B], channel: voice}", "when: {channel: voice, queue: [B, A]}"),
        ("target: 6m\n", "target: 360\n"),
    ],
)
def test_the_order_of_what_has_none_is_no_change(old: str, new: str) -> None:
    base = READERS.replace("guards: [fcr]", "guards: [fcr, aht]").replace(
        "per: [agent_id], every: month", "per: [agent_id, team], every: month"
    )
    base = base.replace(
        "    target: 6m\n", "    target: 6m\n    targets: [{when: {queue: [A, B], channel: voice}, target: 5m}]\n"
    )
    found = changed((old, new), base=base)
    assert (found.grade, found.affected) == ("none", ())


def test_look_ups_in_another_order_may_lead_elsewhere() -> None:
    base = TABLE.replace("lookups: {", "lookups: {other: {table: others, on: contact_id}, ")
    base = base.replace(
        "fields:", "  others: {row: x, key: [contact_id], columns: {contact_id: text, vip: boolean}}\nfields:"
    )
    base = base.replace("meets: more.vip", "meets: vip")
    one, two = "other: {table: others, on: contact_id}", "more: {table: details, on: contact_id}"
    found = changed((f"{one}, {two}", f"{two}, {one}"), base=base)
    assert [(change.title, change.grade, change.reaches) for change in found.changes] == [
        ("tables.contacts.lookups", "meaning", ("vips",)),
    ]  # fmt: skip


def test_every_metric_read_that_changed_is_a_reason() -> None:
    found = changed(("talk_s + wrap_s", "talk_s"), ("within: 7d", "within: 14d"), base=READERS)
    assert [(one.key, one.via) for one in of(found, "agents").details] == [
        ("reads", "metrics.fcr"), ("reads", "metrics.aht"),
    ]  # fmt: skip
    [detail] = of(changed(("target: 75%", "target: 76%"), base=READERS), "agents").details
    assert (detail.key, detail.old, detail.new) == ("reads fcr", "target 75%", "target 76%")


def test_a_change_from_a_day_on_says_so() -> None:
    dated = ("counts: resolved\n", "counts: resolved\n    versions: [{since: 2026-04-01, within: 14d}]\n")
    found = changed(dated, base=READERS)
    days = {change.title: change.since for change in found.metrics}
    assert days == dict.fromkeys(["fcr", "fcr.by_reason", "fcr.strict", "score", "twice", "agents"], date(2026, 4, 1))
    assert of(changed(dated, ("within: 7d", "within: 6d")), "fcr").since is None


def test_a_version_that_changes_nothing_but_a_target_is_graded_target() -> None:
    found = changed(("counts: resolved\n", "counts: resolved\n    versions: [{since: 2026-04-01, target: 80%}]\n"))
    assert brief(found) == [("fcr", "changed", "target"), ("fcr.by_reason", "changed", "target")]
    assert of(found, "fcr").since == date(2026, 4, 1)
    assert of(found, "fcr").old_definition == of(found, "fcr").definition


def test_a_variant_that_a_version_leaves_as_it_is_is_not_changed() -> None:
    base = BASE.replace("strict: {target: 80%}", "day: {within: 1d}")
    found = changed(
        ("counts: resolved\n", "counts: resolved\n    versions: [{since: 2026-04-01, within: 14d}]\n"), base=base
    )
    assert brief(found) == [("fcr", "changed", "meaning"), ("fcr.by_reason", "changed", "meaning")]


def test_targets_for_some_cells_are_told_apart() -> None:
    found = changed(("    target: 6m\n", "    target: 6m\n    targets: [{when: {queue: VIP}, target: 5m}]\n"))
    [detail] = of(found, "aht").details
    assert (detail.key, detail.old, detail.new, detail.grade) == ("targets", None, "queue VIP: target 5m", "target")


def test_a_version_is_told_by_its_day() -> None:
    found = changed(("counts: resolved\n", "counts: resolved\n    versions: [{since: 2026-04-01, within: 14d}]\n"))
    change = of(found, "fcr")
    assert change.grade == "meaning"
    assert ("versions.2026-04-01", None, "within: 14d") in [(one.key, one.old, one.new) for one in change.details]


def test_everything_a_catalogue_holds_is_compared_or_known_not_to_be() -> None:
    handled = {"confidence", "min_n", "timezone", "week_starts", "year_starts", "calendar", "hours"}
    handled |= {"metrics", "fields", "tables", "headline"}
    silent = {"path", "hash", "warnings"}
    assert {field.name for field in dataclasses.fields(Catalogue)} == handled | silent
    known = {field.name for field in dataclasses.fields(Metric)}
    assert known >= comparison.WORDING


def test_what_decides_a_number_is_never_graded_below_meaning() -> None:
    """The hash is the judge: whatever differs between two metrics, their grade is that of their definitions."""
    for old, new in [("7d", "8d"), ("talk_s + wrap_s", "talk_s - wrap_s"), ("sustained: 3", "sustained: 4")]:
        for change in changed((old, new)).metrics:
            assert (change.grade == "meaning") == (change.old_definition != change.definition)


HOURS = """\
cxkpi: 1
calendar: {timezone: UTC, hours: {mon-fri: "08:00-18:00", sat: "09:00-13:00"}, holidays: ["2026-01-01"]}
metrics:
  answering: {kind: mean, from: cases, value: "open_seconds(opened_at, closed_at)", unit: seconds}
  shares: {kind: share, from: answers, meets: score >= 4, protects: agent_id}
"""


def test_business_hours_reach_the_metrics_that_count_them() -> None:
    found = changed(('"08:00-18:00"', '"08:00-17:00"'), ('["2026-01-01"]', '["2026-01-01", "2026-04-03"]'), base=HOURS)
    assert brief(found) == [
        ("calendar.hours", "changed", "meaning"),
        ("calendar.holidays", "changed", "meaning"),
        ("answering", "changed", "meaning"),
    ]
    hours, holidays, metric = found.changes
    assert (hours.details[0].old, hours.details[0].new) == (
        "mon-fri 08:00-18:00, sat 09:00-13:00", "mon-fri 08:00-17:00, sat 09:00-13:00",
    )  # fmt: skip
    assert (holidays.details[0].old, holidays.details[0].new) == ("1 day", "2 days, with 2026-04-03")
    assert (hours.reaches, metric.details[0].via) == (("answering",), "calendar.hours")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"08:00-18:00"', '["08:00-12:00", "12:00-18:00"]'),
        ("mon-fri", 'tue-fri: "08:00-18:00", mon'),
        # A Sunday, on which nobody is there anyway.
        ('["2026-01-01"]', '["2026-01-04", "2026-01-01"]'),
    ],
)
def test_the_same_hours_written_otherwise_change_nothing(old: str, new: str) -> None:
    found = changed((old, new), base=HOURS)
    assert (found.grade, found.metrics) == ("none", ())


def test_who_is_protected_is_felt_where_somebody_is() -> None:
    found = changed(("metrics:", "defaults: {min_group: 9}\nmetrics:"), base=HOURS)
    assert brief(found) == [("shares", "changed", "target")]
    assert [(one.key, one.old, one.new) for one in found.changes[0].details] == [("min_group", "5", "9")]


def test_a_look_up_more_reaches_what_is_found_by_it_and_nothing_else() -> None:
    base = BASE.replace(
        "tables: {contacts: {",
        "tables: {details: {row: more, key: [contact_id], columns: {contact_id: text, team: text}}, contacts: {",
    )
    base = base.replace("  waits:", "  teams: {kind: total, from: contacts, count: rows, where: team = 'a'}\n  waits:")
    found = changed(("level: text}", "level: text}, lookups: {details: {table: details, on: contact_id}}"), base=base)
    assert [(one.title, one.grade, one.reaches) for one in found.changes] == [
        ("tables.contacts.lookups", "none", ()),
    ]
