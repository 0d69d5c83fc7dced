"""A drafted profile as YAML text for a person to read: every column of the file, with what speaks for its rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from cxkpi.documents.writing import comment, flow, scalar
from cxkpi.exports.adopting.adopted import RuleDraft
from cxkpi.exports.adopting.rows import RowsDraft

_FIRST = (
    "Drafted by cxkpi adopt. Rules with 'confirm: true' are guesses that data alone cannot settle: check each one,",
    "correct it or leave it out, and remove 'confirm: true'. Until then nothing is read with this profile.",
)


def written(
    *,
    profile: str,
    system: str,
    title: str,
    headings: Sequence[str],
    file: Mapping[str, Any],
    skip: Sequence[Mapping[str, Any]],
    rows: Sequence[RowsDraft],
    version: RuleDraft | None,
    left_out: Sequence[tuple[str, str]],
    remarks: Sequence[str],
) -> str:
    """The profile as text that ``profile_file.parse`` reads."""
    lines = [f"# {line}" for line in _FIRST]
    for remark in remarks:
        lines += comment(f"Note: {remark}")
    lines += [f"profile: {profile}", f"title: {scalar(title)}", f"system: {system}"]
    lines.append(f"match: {{headings: {flow(list(headings))}}}")
    if file:
        lines.append(f"file: {flow(dict(file))}")
    if skip:
        lines += ["skip:", *(f"  - {flow(dict(rule))}" for rule in skip)]
    if version is not None:
        lines += [*comment(_said(version)), f"version: {_value(version)}"]
    lines.append("tables:")
    for table, group in groupby(rows, key=lambda row: row.table):
        block = list(group)
        lines.append(f"  {table}:")
        for row in block:
            lines += _rows(row, listed=len(block) > 1)
    if left_out:
        lines.append("# Columns that no rule reads:")
        for heading, why in left_out:
            lines += comment(f"{scalar(heading)}: {why}", "  ")
    return "\n".join(lines) + "\n"


def _rows(row: RowsDraft, *, listed: bool) -> list[str]:
    indent = "      " if listed else "    "
    lines: list[str] = []
    if row.when:
        lines.append(f"{indent}when: {flow(dict(row.when))}")
    for rule in row.rules:
        if rule.evidence or rule.doubts:
            lines += comment(_said(rule), indent)
        lines.append(f"{indent}{rule.column}: {_value(rule)}")
    if listed:
        first = next(number for number, line in enumerate(lines) if not line.lstrip().startswith("#"))
        # The dash stands where the first key is; comments above it stay above.
        lines[first] = f"    - {lines[first].lstrip()}"
    return lines


def _said(rule: RuleDraft) -> str:
    sure = f"{round(100 * rule.confidence)} %"
    return f"CONFIRM, {sure}: {rule.why}" if rule.confirm else f"{sure}: {rule.why}"


def _value(rule: RuleDraft) -> str:
    content = dict(rule.rule)
    if rule.confirm:
        content["confirm"] = True
    if set(content) == {"from"}:
        return scalar(content["from"])
    return flow(content)
