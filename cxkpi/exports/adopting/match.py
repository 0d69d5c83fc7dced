"""Which table a file is about, and which of its columns fills which canonical one: each at most once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cxkpi.exports.adopting.fit import Fit, fit, instant
from cxkpi.exports.adopting.headings import notions, rating, says_utc, versions, vocabulary
from cxkpi.exports.adopting.questions import Question, questions
from cxkpi.exports.adopting.sources import Source
from cxkpi.exports.adopting.terms import CONTRARY, CUES
from cxkpi.tables import Table

LEAST = 0.35
"""A rating below this is no proposal."""

_SURE_WHERE_EMPTY = 0.75
"""Of a column without values only the heading speaks."""

_BY_VALUES = frozenset({"direction", "channel"})
_BY_VALUES_FROM = 5
_SAID_BY_VALUES = 0.5

MAIN = ("contacts", "cases", "invitations", "evaluations", "agents", "moves", "agent_time", "intervals", "costs")
_KEY = {
    "contacts": "contact_id",
    "cases": "case_id",
    "evaluations": "evaluation_id",
    "agents": "agent_id",
    "invitations": "invitation_id",
}
_NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "contacts": (
        ("contact_id",),
        ("started_at", "ended_at"),
        ("wait_s", "talk_s", "abandoned", "direction", "channel", "agent_id"),
    ),
    "cases": (("case_id",), ("opened_at", "closed_at")),
    "invitations": (("responded_at", "sent_at", "customer_id", "invitation_id"),),
    "evaluations": (("evaluation_id",), ("points",), ("evaluated_at",)),
    "agents": (("agent_id",), ("hired_on", "supervisor", "left_on")),
    "moves": (("agent_id",), ("moved_on",), ("to_team", "from_team", "to_site", "from_site")),
    "agent_time": (("agent_id",), ("state",), ("started_at", "duration_s")),
    "intervals": (("queue", "agent_id"), ("offered", "answered"), ("started_at", "offered"), ("offered",)),
    "costs": (("amount",), ("month_start",), ("currency", "cost_id")),
}
_SURVEYED = ("contacts", "cases")


@dataclass(frozen=True, slots=True)
class Match:
    """A source, the canonical column it fills, how surely, and how."""

    source: Source
    table: str
    column: str
    score: float
    fit: Fit


@dataclass(frozen=True, slots=True)
class Matched:
    """``matches`` by canonical column; ``questions`` of a survey; ``version``: what tells versions of a record apart.

    ``runner_up``: the next likely table, where that is nearly as likely.
    """

    table: str
    matches: tuple[Match, ...]
    questions: tuple[Question, ...]
    version: Match | None
    score: float
    runner_up: str | None = None

    def of(self, column: str) -> Match | None:
        """The match of a column of the main table."""
        return next((match for match in self.matches if match.table == self.table and match.column == column), None)


def matched(found: Sequence[Source], tables: Mapping[str, Table], only: str | None = None) -> Matched:
    """The likeliest table and its columns. ``only``: the table, where a person has said it."""
    rated = [_of_table(table, found, tables) for table in ((only,) if only else MAIN)]
    rated.sort(key=lambda one: -one.score)
    best = rated[0]
    close = len(rated) > 1 and rated[1].score > 0 and rated[1].score > 0.85 * best.score
    return replace(best, runner_up=rated[1].table if close else None)


def _of_table(name: str, found: Sequence[Source], tables: Mapping[str, Table]) -> Matched:
    candidates = [match for source in found for match in _candidates(name, source, tables)]
    asked = questions(found, whole=name == "invitations") if name in (*_SURVEYED, "invitations") else ()
    if name == "invitations":
        # What is asked is no property of the invitation.
        sure = {position for question in asked if question.sure for position in question.source.positions}
        candidates = [match for match in candidates if sure.isdisjoint(match.source.positions)]
    matches = _each_once(candidates)
    key = _KEY.get(name)
    if key is not None and not any(match.column == key for match in matches):
        matches += _by_values(name, key, found, matches, tables)
    taken = {position for match in matches for position in match.source.positions}
    asked = tuple(question for question in asked if taken.isdisjoint(question.source.positions))
    version = _version(name, found, matches, asked)
    score = _score(name, matches, asked, found)
    return Matched(name, tuple(matches), asked, version, score)


def _candidates(name: str, source: Source, tables: Mapping[str, Table]) -> list[Match]:
    if source.left_out is not None:
        return []
    found = []
    for (table, column), terms in vocabulary().items():
        if table != name:
            continue
        surely = rating(source.label, terms)
        if surely < _SAID_BY_VALUES and column in _BY_VALUES and source.facts.count >= _BY_VALUES_FROM:
            surely = _SAID_BY_VALUES if _values_say(column, source, tables[table]) else surely
        if surely < LEAST:
            continue
        if notions(source.label) == (column,):
            surely += 0.005
        if not source.facts.count and surely < _SURE_WHERE_EMPTY:
            continue
        if CONTRARY.get(column, frozenset()) & set(notions(source.label)):
            continue
        suits = fit(column, tables[table].columns[column], source.label, source.facts)
        if tables[table].columns[column].type == "instant" and says_utc(source.label):
            suits = replace(
                suits, rule={**suits.rule, "timezone": "UTC"}, evidence=(*suits.evidence, "the heading says UTC")
            )
            surely *= 1.15
        if source.doubts:
            suits = replace(suits, doubts=(*suits.doubts, *source.doubts))
        if surely * suits.factor >= LEAST:
            found.append(Match(source, table, column, surely * suits.factor, suits))
    return found


def _values_say(column: str, source: Source, table: Table) -> bool:
    """Whether values alone show what a column is: directions, channels."""
    suits = fit(column, table.columns[column], source.label, source.facts)
    return suits.factor >= 0.95 and not suits.doubts and source.facts.different > 1


def _each_once(candidates: Sequence[Match]) -> list[Match]:
    """The surest first; no column of the file and no canonical column twice. Joined columns go before their parts."""
    order = sorted(candidates, key=lambda m: (not m.source.joins, -round(m.score, 3), m.source.positions))
    joins = [match for match in order if match.source.joins]
    kept: list[Match] = []
    columns: set[str] = set()
    positions: set[int] = set()
    shared: set[int] = set()
    for match in sorted(order, key=lambda m: (-round(m.score + 0.1 * m.source.joins, 3), m.source.positions)):
        own = set(match.source.positions) - shared if match.source.joins else set(match.source.positions)
        if match.column in columns or own & positions:
            continue
        kept.append(match)
        columns.add(match.column)
        positions |= set(match.source.positions)
        if match.source.joins:
            # One date may belong to several times of day.
            day = match.source.positions[0]
            if sum(other.source.positions[0] == day for other in joins) > 1:
                shared.add(day)
    return kept


def _by_values(
    name: str, key: str, found: Sequence[Source], matches: Sequence[Match], tables: Mapping[str, Table]
) -> list[Match]:
    """A column whose values are a key, though its heading does not say so."""
    taken = {position for match in matches for position in match.source.positions}
    for source in found:
        if source.joins or source.left_out or not taken.isdisjoint(source.positions):
            continue
        facts = source.facts
        if facts.unique and facts.codes and facts.rows >= 5 and not facts.phones >= 0.9 and facts.decimal is None:
            suits = fit(key, tables[name].columns[key], source.label, facts)
            if suits.factor and (not facts.numeric or (facts.whole and (facts.least or 0) >= 1)):
                doubts = (*suits.doubts, "the heading does not say what it identifies")
                return [Match(source, name, key, 0.5, replace(suits, doubts=doubts))]
    return []


def _version(name: str, found: Sequence[Source], matches: Sequence[Match], asked: Sequence[Question]) -> Match | None:
    """What grows with every version of a record, where the key stands more than once."""
    key = next((match for match in matches if match.column == _KEY.get(name)), None)
    if key is None:
        return None
    repeated = key.source.facts.different < key.source.facts.count
    taken = {p for match in matches for p in match.source.positions} | {p for q in asked for p in q.source.positions}
    best: Match | None = None
    for source in found:
        if source.joins or not taken.isdisjoint(source.positions) or source.left_out:
            continue
        facts = source.facts
        surely = rating(source.label, versions())
        numbered = facts.numeric >= 0.9 and facts.whole
        if surely < 0.6 or not (facts.formats or numbered) or not repeated:
            continue
        suits = instant(facts) if facts.formats else Fit(0.95, {}, ("whole numbers",))
        evidence = (*suits.evidence, f"{key.source.label} stands up to {_most(key.source)} times")
        match = Match(source, "", "version", surely * suits.factor, replace(suits, evidence=evidence))
        if best is None or match.score > best.score:
            best = match
    return best


def _most(source: Source) -> int:
    return max(source.facts.counts.values())


def _score(name: str, matches: Sequence[Match], asked: Sequence[Question], found: Sequence[Source]) -> float:
    said = {word for source in found for word in notions(source.label)}
    cues = len(said & CUES[name])
    columns = {match.column for match in matches}
    missing = sum(not columns & set(options) for options in _NEEDED[name])
    score = sum(match.score**2 for match in matches) + 0.3 * cues - 1.2 * missing
    if name == "invitations":
        score += min(4.0, sum(0.9 if question.scored else 0.3 for question in asked))
        score -= 0.0 if any(question.scored or question.long for question in asked) else 3.0
    return score
