"""``adopt``: a profile drafted for a file that no profile knows, from its headings and values.

A proposal is the product of how surely a heading names a canonical column and how well the values suit it; the table is
the one whose columns are named best. Nothing that data cannot settle is taken for settled: the meaning of a scale, a
unit without an identity, days and months that could be exchanged are rules marked ``confirm: true``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports.adopting import yaml as adopting_yaml
from cxkpi.exports.adopting.adopted import Adopted, Proposal, RuleDraft
from cxkpi.exports.adopting.fit import records
from cxkpi.exports.adopting.grid import Grid
from cxkpi.exports.adopting.match import matched
from cxkpi.exports.adopting.nearest import unused, with_nearest
from cxkpi.exports.adopting.rows import RowsDraft, drafted
from cxkpi.exports.adopting.sources import sources
from cxkpi.exports.adopting.units import settled
from cxkpi.exports.profile import normalise
from cxkpi.tables import Table

_ASKED_FOR = 5


def adopt(grid: Grid, tables: Mapping[str, Table], *, name: str, table: str | None = None) -> Adopted:
    """The profile drafted for a file. ``table``: what it is about, where a person has said it.

    Raises InputError where nothing in the file is named like a column of any canonical table.
    """
    every = sources(grid)
    likely = matched(every, tables, table)
    found = settled(with_nearest(likely, every, tables[likely.table]) if likely.score > 0 or table else likely)
    if not found.matches or (table is None and found.score <= 0):
        message = "no table can be told from its headings and values."
        hint = "Say what it is about with --table, or write a profile: docs/profiles.md."
        raise InputError(Problem("I132", message, Place(grid.shown), hint))
    slug = _slug(name)
    draft = drafted(found, every, tables, slug)
    named = {
        position: f"answers.{question.column or ('score' if question.scored else 'text')}"
        for question in found.questions
        for position in question.source.positions
    }
    asked = {position: question.name for question in found.questions for position in question.source.positions}
    chosen: dict[int, tuple[str, RuleDraft]] = {}
    matched_at = {position: match for match in found.matches for position in match.source.positions}
    for row in draft.rows:
        for rule in row.rules:
            target = f"{row.table}.{rule.column}"
            for position in rule.positions:
                own = matched_at.get(position)
                primary = (own is not None and target == f"{own.table}.{own.column}") or named.get(position) == target
                if primary:
                    chosen[position] = (target, rule)
                elif own is None and position not in named and rule.column != "ended_at":
                    chosen.setdefault(position, (target, rule))
    if draft.version is not None:
        for position in draft.version.positions:
            chosen[position] = ("version", draft.version)
    singles = {source.positions[0]: source for source in every if not source.joins}
    columns = []
    for position, heading in enumerate(grid.headings):
        source = singles[position]
        taken = chosen.get(position)
        columns.append(
            Proposal(
                heading=heading,
                target=None if taken is None else taken[0],
                rule={} if taken is None else dict(taken[1].rule),
                confidence=None if taken is None else taken[1].confidence,
                confirm=taken is not None and taken[1].confirm,
                evidence=unused(source, found, tables[found.table]) if taken is None else taken[1].why,
                question=asked.get(position) or None,
                examples=tuple(source.facts.counts)[:3],
                masked=taken is None or _masked(taken[0], tables),
            )
        )
    every_rule = [rule for row in draft.rows for rule in row.rules]
    reading = {id(rule) for _, rule in chosen.values()}
    derived = tuple(
        (f"{row.table}.{rule.column}", rule)
        for row in draft.rows
        for rule in row.rules
        if id(rule) not in reading and row.table == found.table
    )
    remarks = [*draft.remarks]
    if found.runner_up is not None:
        remarks.insert(0, f"it may be a file of '{found.runner_up}' as well: --table {found.runner_up} drafts that.")
    remarks += [
        f"{records(total.count)} with '{', '.join(total.words)}' under '{total.heading}' taken for totals and skipped."
        for total in grid.totals
    ]
    file: dict[str, Any] = {**({"footer": [f"(?i){re.escape(word)}" for word in grid.footer]} if grid.footer else {})}
    if grid.more_headings:
        file["header_rows"] = 1 + grid.more_headings
    left_out = [(column.heading, column.evidence) for column in columns if column.target is None]
    text = adopting_yaml.written(
        profile=f"{slug}.{found.table}",
        system=slug,
        title=grid.shown,
        headings=_asked_for(draft.rows, grid),
        file=file,
        skip=[total.rule for total in grid.totals],
        rows=draft.rows,
        version=draft.version,
        left_out=left_out,
        remarks=remarks,
    )
    return Adopted(
        shown=grid.shown,
        table=found.table,
        runner_up=found.runner_up,
        records=grid.height,
        sampled=grid.sampled,
        encoding=grid.encoding,
        delimiter=grid.delimiter,
        heading_line=grid.heading_line,
        profile=f"{slug}.{found.table}",
        columns=tuple(columns),
        derived=derived,
        remarks=tuple(remarks),
        yaml=text,
        confirm=sum(rule.confirm for rule in (*every_rule, *([draft.version] if draft.version else []))),
    )


def _masked(target: str | None, tables: Mapping[str, Table]) -> bool:
    if target is None or "." not in target:
        return False
    table, column = target.split(".", 1)
    return tables[table].columns[column].role != "plain"


def _asked_for(rows: Sequence[RowsDraft], grid: Grid) -> list[str]:
    """The headings to recognise such a file by: those of the surest rules, the first where one is repeated."""
    seen: dict[str, float] = {}
    for row in rows:
        for rule in row.rules:
            for position in rule.positions:
                heading = grid.headings[position]
                if heading:
                    seen[heading] = max(seen.get(heading, 0.0), rule.confidence)
    surest = sorted(seen, key=lambda heading: (-seen[heading], grid.headings.index(heading)))[:_ASKED_FOR]
    kept = [heading for heading in grid.headings if heading in surest]
    return list({normalise(heading): heading for heading in kept}.values())


def _slug(name: str) -> str:
    """A file's name as that of a system: small letters, without the dates and numbers of one export."""
    stem = re.sub(r"\.[^.]+$", "", name).casefold()
    plain = re.sub(r"[^a-z]+", "_", stem).strip("_")
    return plain or "file"
