"""From matches to the rows of a profile: keys, what the file does not say, and surveys beside contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from cxkpi.exports.adopting.adopted import CONFIRM_BELOW, FILL_IN, RuleDraft
from cxkpi.exports.adopting.doubts import ends_before_start, hold_within_talk, shared_key, unread_scores
from cxkpi.exports.adopting.fit import clock_text, outcomes
from cxkpi.exports.adopting.headings import averages, notions, threshold
from cxkpi.exports.adopting.match import Match, Matched
from cxkpi.exports.adopting.questions import Question
from cxkpi.exports.adopting.sources import Source
from cxkpi.exports.adopting.terms import FIRST_EVENT, LAST_EVENT
from cxkpi.exports.profile_file import key_columns
from cxkpi.tables import Table

_RECORDS: Mapping[str, tuple[str, str]] = {
    "contacts": ("contact_id", "contact"),
    "cases": ("case_id", "case"),
    "invitations": ("invitation_id", "response"),
}
_TO_TELL = 20
_ROSTERS = ("agents", "moves")
_LENGTHS = (300, 600, 900, 1200, 1800, 3600, 7200, 86400)


@dataclass(frozen=True, slots=True)
class RowsDraft:
    """One row that a record gives."""

    table: str
    rules: tuple[RuleDraft, ...]
    when: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drafted:
    """All rows of a record, what tells versions apart, and what the reader should know."""

    rows: tuple[RowsDraft, ...]
    version: RuleDraft | None
    remarks: tuple[str, ...]


def drafted(found: Matched, every: Sequence[Source], tables: Mapping[str, Table], system: str) -> Drafted:
    """The rows of a profile for what was matched. ``system``: whose logins its agents are."""
    rules = {match.column: _rule(match) for match in found.matches if match.table == found.table}
    if found.table not in _ROSTERS and "agent_id" in rules:
        rules["agent_id"] = replace(rules["agent_id"], rule={**rules["agent_id"].rule, "login": system})
    remarks: list[str] = []
    rows: list[RowsDraft] = []
    match found.table:
        case "contacts":
            _contacts(found, every, rules, remarks)
        case "cases":
            _cases(every, found, rules, remarks)
        case "invitations":
            _invitations(rules, remarks)
        case "intervals":
            _intervals(found, every, rules)
        case "agent_time":
            _agent_time(rules)
        case _:
            pass
    _one_key(found, rules, remarks)
    _repeated(found, rules)
    _complete(tables[found.table], rules)
    for change in (ends_before_start, hold_within_talk, shared_key, unread_scores):
        rules = change(found, every, tables[found.table], rules)
    if found.runner_up is not None:
        key = key_columns(tables[found.table])[0]
        doubt = f"the file may be of '{found.runner_up}' instead"
        rules[key] = replace(rules[key], doubts=(*rules[key].doubts, doubt))
    order = list(tables[found.table].columns)
    rows.append(RowsDraft(found.table, tuple(sorted(rules.values(), key=lambda rule: order.index(rule.column)))))
    rows += _asked(found, rules)
    version = None if found.version is None else _rule(found.version)
    if version is not None and found.table == "agents":
        remarks.append(
            f"several rows of one spell: the one with the newest '{found.version.source.label}' counts."
            if found.version
            else ""
        )
    return Drafted(tuple(rows), version, tuple(remark for remark in remarks if remark))


def origin(source: Source) -> dict[str, Any]:
    """Where a rule takes its text from."""
    return {"join": list(source.headings)} if source.joins else {"from": source.headings[0]}


def _rule(match: Match) -> RuleDraft:
    rule = {**origin(match.source), **match.fit.rule}
    said = f"'{match.source.label}'" if match.score < CONFIRM_BELOW and not match.fit.doubts else ""
    doubts = (*match.fit.doubts, f"{said} may mean something else") if said else match.fit.doubts
    confidence = round(min(0.99, match.score) * (0.85 if match.fit.doubts else 1.0), 2)
    return RuleDraft(match.column, rule, confidence, match.fit.evidence, doubts, match.source.positions)


def _contacts(found: Matched, every: Sequence[Source], rules: dict[str, RuleDraft], remarks: list[str]) -> None:
    if "abandoned" not in rules and (gave_up := _outcome(found, every)) is not None:
        rules["abandoned"] = gave_up
    wait, start, end = rules.get("wait_s"), rules.get("started_at"), rules.get("ended_at")
    if end is None and start is not None:
        rules["ended_at"] = _end(rules, start)
    elif start is None and end is None:
        rules["ended_at"] = RuleDraft(
            "ended_at", {"is": FILL_IN}, 0.0, ("no column says when",), ("write a time, or join one to it",)
        )
    gave_up = rules.get("abandoned")
    if start is not None and gave_up is not None and "answered_at" not in rules and "values" not in gave_up.rule:
        word = gave_up.rule.get("false")
        heading = gave_up.rule.get("from")
        if isinstance(word, list) and heading and len(gave_up.positions) == 1:
            plus = {"plus": [wait.rule["from"]]} if _can_add(wait) and wait is not None else {}
            unit = (
                {"unit": wait.rule["unit"]} if plus and wait is not None and wait.rule.get("unit", "s") != "s" else {}
            )
            how = "start + waiting where answered" if plus else "the start where answered: no waiting time is known"
            rules["answered_at"] = RuleDraft(
                "answered_at",
                {**start.rule, **plus, **unit, "when": {heading: word[0] if len(word) == 1 else word}},
                0.6 if start.confirm or not plus else 0.85,
                (how,),
                () if plus and not start.confirm else ("no column says when a contact was answered",),
                start.positions,
            )
    if start is not None and "answered_at" not in rules and (moment := _answered_at(found, rules, start)) is not None:
        rules["answered_at"] = moment
    if "direction" not in rules:
        doubt = (
            "write inbound or outbound if all are, or leave it out: service level, speed of answer, rates of abandoned "
        )
        doubt += "and first contact resolution count inbound contacts only"
        rules["direction"] = RuleDraft("direction", {"is": FILL_IN}, 0.0, ("no column says it",), (doubt,))
    if "answered_at" not in rules:
        remarks.append(
            "no column says when a contact was answered: speed of answer, handle, talk, hold and wrap times of "
            "answered contacts, occupancy and first contact resolution cannot be measured."
        )
    if "abandoned" not in rules:
        remarks.append(
            "no column says who gave up waiting: rates of answering and abandoning, service level, and what counts "
            "handled contacts cannot be measured."
        )


def _answered_at(found: Matched, rules: Mapping[str, RuleDraft], start: RuleDraft) -> RuleDraft | None:
    """Start and waiting of contacts with a talk time."""
    wait, talk = rules.get("wait_s"), rules.get("talk_s")
    if talk is None or not _can_add(wait) or wait is None or "from" not in talk.rule or "plus" in start.rule:
        return None
    unit = {"unit": wait.rule["unit"]} if wait.rule.get("unit", "s") != "s" else {}
    when = {talk.rule["from"]: {"above": 0}}
    rule = {**start.rule, "plus": [wait.rule["from"]], **unit, "when": when}
    doubt = "that contacts with a talk time were answered, and when their waiting ended, is not said"
    return RuleDraft("answered_at", rule, 0.5, ("start + waiting where talk is above 0",), (doubt,), start.positions)


def _can_add(rule: RuleDraft | None) -> bool:
    return rule is not None and "from" in rule.rule and not {"decimal", "clock"} & set(rule.rule)


def _end(rules: Mapping[str, RuleDraft], start: RuleDraft) -> RuleDraft:
    """The end of contacts of which only the start is known: the start and the durations of one unit."""
    parts = [rule for name in ("wait_s", "talk_s", "hold_s") if _can_add(rule := rules.get(name)) and rule is not None]
    units = {str(rule.rule["unit"]) for rule in parts if "unit" in rule.rule}
    if parts and len(units) <= 1:
        written: dict[str, Any] = {**start.rule, "plus": [part.rule["from"] for part in parts]}
        if units and units != {"s"}:
            written["unit"] = next(iter(units))
        how = f"the file has no end: start + {' + '.join(part.column.removesuffix('_s') for part in parts)}"
    else:
        written, how = dict(start.rule), "the file has no end: the start stands for it"
    return RuleDraft(
        "ended_at", written, 0.6, (how,), ("whether these are all parts of a contact is not known",), start.positions
    )


def _outcome(found: Matched, every: Sequence[Source]) -> RuleDraft | None:
    """Giving up, where a disposition or status says it among others."""
    asked = [match.source for match in found.matches if match.column in ("disposition", "direction", "reason")]
    named = [source for source in every if {"status", "disposition", "outcome", "missed"} & set(notions(source.label))]
    for source in (*asked, *named):
        if not source.joins and source.facts.words and (fit := outcomes(source.facts)) is not None:
            doubts = fit.doubts or ("who gave up waiting is taken from an outcome",)
            return RuleDraft("abandoned", {**origin(source), **fit.rule}, 0.6, fit.evidence, doubts, source.positions)
    return None


def _cases(every: Sequence[Source], found: Matched, rules: dict[str, RuleDraft], remarks: list[str]) -> None:
    key, opened = found.of("case_id"), found.of("opened_at")
    if key is None or opened is None or key.source.facts.different == key.source.facts.count:
        return
    # One row for each event: what happened says which moment it was.
    for source in every:
        first = [word for word in source.facts.words if word in FIRST_EVENT]
        last = [word for word in source.facts.words if word in LAST_EVENT]
        if source.joins or not first or not last or source.facts.different < 3:
            continue
        heading = source.headings[0]
        doubts = ("one row for each change of status: a profile keeps one of a case's rows, not all",)
        rules["opened_at"] = replace(
            rules["opened_at"],
            rule={**rules["opened_at"].rule, "when": {heading: first[0]}},
            doubts=doubts,
            confidence=0.5,
        )
        if "closed_at" not in rules:
            rules["closed_at"] = replace(
                rules["opened_at"], column="closed_at", rule={**rules["opened_at"].rule, "when": {heading: last[0]}}
            )
        remarks.append(
            "each row is one change of a case's status: export one row per case, or opening and closing times are lost."
        )
        return


def _invitations(rules: dict[str, RuleDraft], remarks: list[str]) -> None:
    if not {"responded_at", "sent_at"} & set(rules):
        rules["responded_at"] = RuleDraft(
            "responded_at", {"is": FILL_IN}, 0.0, ("no column says when",), ("write a time of the whole file",)
        )


def _intervals(found: Matched, every: Sequence[Source], rules: dict[str, RuleDraft]) -> None:
    answered = rules.get("answered")
    for column in ("talk_s", "hold_s", "wrap_s", "wait_s"):
        rule = rules.get(column)
        match = found.of(column)
        if rule is None or match is None or answered is None or "from" not in answered.rule:
            continue
        if averages(match.source.label):
            rules[column] = replace(
                rule,
                rule={**rule.rule, "times": answered.rule["from"]},
                evidence=(*rule.evidence, "an average, times those answered"),
            )
    within = found.of("answered_in_threshold")
    if within is not None and "threshold_s" not in rules and (seconds := threshold(within.source.label)) is not None:
        rules["threshold_s"] = RuleDraft("threshold_s", {"is": seconds}, 0.95, (f"'{within.source.label}' says it",))
    if "length_s" not in rules and "started_at" in rules:
        rules["length_s"] = _length(found, every)


def _length(found: Matched, every: Sequence[Source]) -> RuleDraft:
    start = found.of("started_at")
    assert start is not None
    begun = start.source.facts.times
    ends = [
        source
        for source in every
        if not source.joins
        and "end" in notions(source.label)
        and source.facts.formats[:1] == start.source.facts.formats[:1]
    ]
    if ends and not start.source.joins and start.source.facts.formats:
        rule: dict[str, Any] = {"between": [start.source.headings[0], ends[0].headings[0]]}
        if "format" in start.fit.rule:
            rule["format"] = start.fit.rule["format"]
        return RuleDraft("length_s", rule, 0.95, ("from start to end",), (), ends[0].positions)
    steps: pl.Series | None = None
    if begun is not None:
        different = begun.drop_nulls().unique().sort()
        steps = different.diff().drop_nulls().dt.total_seconds()
    least = steps.min() if steps is not None and steps.len() else None
    if isinstance(least, int) and least in _LENGTHS and steps is not None and bool((steps % least == 0).all()):
        words = f"starts are {clock_text(least)} apart, or multiples of it"
        return RuleDraft("length_s", {"is": str(least)}, 0.9, (words,))
    return RuleDraft("length_s", {"is": FILL_IN}, 0.0, ("no column says how long",), ("write the seconds",))


def _agent_time(rules: dict[str, RuleDraft]) -> None:
    start, length = rules.get("started_at"), rules.get("duration_s")
    if (
        "ended_at" not in rules
        and start is not None
        and _can_add(length)
        and length is not None
        and "plus" not in start.rule
    ):
        unit = {"unit": length.rule["unit"]} if length.rule.get("unit", "s") != "s" else {}
        rule = {**start.rule, "plus": [length.rule["from"]], **unit}
        doubts = length.doubts or start.doubts
        rules["ended_at"] = RuleDraft(
            "ended_at", rule, min(start.confidence, length.confidence), ("start + duration",), doubts, start.positions
        )


def _repeated(found: Matched, rules: dict[str, RuleDraft]) -> None:
    """A key that stands more than once is doubted, unless something tells the versions of a record apart."""
    name = {"contacts": "contact_id", "cases": "case_id", "agents": "agent_id"}.get(found.table, "")
    key = found.of(name)
    if key is None or (found.version is not None and found.table != "contacts"):
        return
    cells = [key.source.facts.text]
    if found.table == "agents" and (hired := found.of("hired_on")) is not None:
        cells.append(hired.source.facts.text)
    frame = pl.DataFrame([cell.alias(f"k{number}") for number, cell in enumerate(cells)]).drop_nulls("k0")
    if frame.height == frame.unique().height:
        return
    doubts = {
        "contacts": "several rows have the same one: legs of one contact (see 'legs' in a profile), or versions of it",
        "cases": "several rows have the same one, and nothing says which is the newest",
        "agents": "several rows are of one spell, and nothing says which is the newest",
    }
    rules[name] = replace(rules[name], doubts=(*rules[name].doubts, doubts[found.table]))


def _complete(table: Table, rules: dict[str, RuleDraft]) -> None:
    """What the table's key needs and no column gives is for a person to fill in."""
    for column in key_columns(table):
        if column not in rules:
            doubts = (f"write what '{column}' is in the whole file",)
            rules[column] = RuleDraft(column, {"is": FILL_IN}, 0.0, ("no column says it",), doubts)


def _one_key(found: Matched, rules: dict[str, RuleDraft], remarks: list[str]) -> None:
    """A key where no column's heading is one: another identifier that is different in every record, else file and line.

    An identifier of customers that never stands twice may itself be the record's.
    """
    if found.table not in _RECORDS:
        return
    column, what = _RECORDS[found.table]
    for other in ("contact_id", "customer_id"):
        match = found.of(other)
        if match is None or other == column or not _identifies(match):
            continue
        if other == "customer_id":
            doubt = f"no value stands twice, so that it may identify the {what}"
            rules[other] = replace(
                rules[other], confidence=min(0.7, rules[other].confidence), doubts=(*rules[other].doubts, doubt)
            )
        if column not in rules:
            rule = {key: value for key, value in rules[other].rule.items() if key != "login"}
            doubt = f"no column of its own identifies a {what}; '{match.source.label}' is different in every record"
            rules[column] = replace(rules[other], column=column, rule=rule, confidence=0.5, doubts=(doubt,))
    if column not in rules:
        said = f"no column identifies a {what}: file and line do"
        doubt = "the same records in a second file would count twice"
        rules[column] = RuleDraft(column, {"row_number": True}, 0.5, (said,), (doubt,))
        remarks.append(f"{said}, so that overlapping exports would be counted twice.")


def _identifies(match: Match) -> bool:
    facts = match.source.facts
    named = "id" in notions(match.source.label) and not match.source.joins
    return named and facts.unique and facts.rows >= _TO_TELL and not facts.emails and "phone" not in match.fit.rule


def _asked(found: Matched, rules: Mapping[str, RuleDraft]) -> list[RowsDraft]:
    """A survey's questions: a row of ``answers`` each; beside contacts and cases also the invitation."""
    if not found.questions:
        return []
    rows: list[RowsDraft] = []
    when: dict[str, Any] = {}
    key = {"contacts": "contact_id", "cases": "case_id"}.get(found.table, "invitation_id")
    identifier = replace(
        rules[key], column="invitation_id", confidence=0.95, doubts=(), evidence=("the same as above",)
    )
    if found.table != "invitations":
        first = next(question for question in found.questions if question.scored)
        when = _answered(first)
        taken = [identifier]
        if found.table == "contacts":
            taken.append(replace(identifier, column="contact_id"))
        for column in ("agent_id", "customer_id"):
            if column in rules and (found.table == "contacts" or column == "customer_id"):
                taken.append(
                    replace(rules[column], column=column, doubts=(), confidence=0.95, evidence=("the same as above",))
                )
        time = rules.get("ended_at") if found.table == "contacts" else rules.get("closed_at") or rules.get("opened_at")
        if time is not None:
            said = ("taken for the time of answering",)
            taken.append(replace(time, column="responded_at", evidence=said, doubts=(), confidence=0.8))
        rows.append(RowsDraft("invitations", tuple(taken), when))
    long = {question.column: question for question in found.questions if question.long}
    if long:
        own = [replace(_question_rule(question), column=column) for column, question in long.items()]
        return [*rows, RowsDraft("answers", (identifier, *own))]
    texts = {question.belongs_to: question for question in found.questions if question.belongs_to is not None}
    for question in found.questions:
        if question.belongs_to is not None:
            continue
        name = RuleDraft("question", {"is": question.name}, 0.95)
        own = [replace(_question_rule(question), column="score" if question.scored else "text")]
        if question.scored and question.name in texts:
            own.append(replace(_question_rule(texts[question.name]), column="text"))
        rows.append(RowsDraft("answers", (identifier, name, *own), _answered(question)))
    return rows


def _answered(question: Question) -> dict[str, Any]:
    """When there is an answer: the cell is filled, and with no word for nothing."""
    nothing = question.rule.get("nulls")
    return {question.source.headings[0]: {"is": "filled", "not": nothing} if nothing else "filled"}


def _question_rule(question: Question) -> RuleDraft:
    rule = {**origin(question.source), **question.rule}
    column = question.column or ("score" if question.scored else "text")
    return RuleDraft(column, rule, question.score, question.evidence, question.doubts, question.source.positions)
