"""``cxkpi diff -f markdown``: a comment for a pull request.

Whatever a catalogue or an export says stands in code spans, so that nothing in it is a link, a mention, a heading or
HTML. What would make the comment longer than a forge takes is left out, and said.
"""

from __future__ import annotations

from collections.abc import Iterator

from cxkpi.catalogue.meaning.changes import Comparison, Detail
from cxkpi.measurement.checking.paired import SideBySide
from cxkpi.reports.changes import MEANS, Block, Figures, becomes, blocks, figures, flips, legend, since, summary
from cxkpi.reports.figures import UNICODE
from cxkpi.reports.marked import code

# GitHub takes 65,536 characters in a comment; GitLab a million.
LONGEST = 60_000
_NONE = "—"
_REACHES = 6


def render(comparison: Comparison, found: SideBySide | None, *, show_values: bool = False) -> str:
    """The comparison as Markdown, with one trailing newline."""
    parts = [[f"### Metrics: {code(comparison.old)} → {code(comparison.new)}", "", _sentence(summary(comparison)), ""]]
    for grade, those in blocks(comparison):
        parts.append([f"**{grade}**: {MEANS[grade]}", "", *_table(those), ""])
    if found is not None:
        parts += list(_figures(found, show_values))
    return _shortened(parts)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _table(those: tuple[Block, ...]) -> Iterator[str]:
    yield "| what | key | old | new |"
    yield "|---|---|---|---|"
    for block in those:
        change, name = block.change, code(block.change.title)
        if change.action == "renamed":
            name = f"{name}, was {code(change.old_title or '')}"
        elif change.action != "changed":
            name = f"{name} {change.action}"
        if (day := since(change)) is not None:
            name += f", from {day}"
        if block.also:
            name += f"; also {_names(block.also)}"
        if change.reaches:
            name += f"; reaches {_names(change.reaches)}"
        if not block.details:
            yield f"| {name} | | | |"
        for at, detail in enumerate(block.details):
            new = _value(detail.new) if (changed := becomes(detail)) is None else f"{_value(detail.new)} ({changed})"
            yield f"| {'' if at else name} | {_key(detail)} | {_value(detail.old)} | {new} |"


def _key(detail: Detail) -> str:
    # Keys that say what is read name it themselves.
    by = None if detail.key.startswith("reads") else detail.via
    return code(detail.key) if by is None else f"{code(detail.key)}, by {code(by)}"


def _value(text: str | None) -> str:
    return _NONE if text is None else code(text)


def _names(titles: tuple[str, ...]) -> str:
    shown = ", ".join(code(title) for title in titles[:_REACHES])
    more = len(titles) - _REACHES
    return f"{shown} and {more} more" if more > 0 else shown


def _figures(found: SideBySide, show_values: bool) -> Iterator[list[str]]:
    written = figures(found, UNICODE, show_values=show_values)
    if not written:
        yield ["No number can be different.", ""] if not found.notes else ["No number could be computed.", ""]
    else:
        yield [f"**The same exports under both**: {flips(found)}", ""]
    for one in written:
        yield [f"{code(one.title)} {code(one.label)}", "", *_lines(one, found.by), ""]
    if written and (said := legend(found, UNICODE)):
        yield [f"{said}.", ""]
    if found.notes:
        yield [*(f"- {code(note)}" for note in found.notes), ""]


def _lines(one: Figures, by: tuple[str, ...]) -> Iterator[str]:
    yield f"| period |{''.join(f' {code(name)} |' for name in by)} old | new | difference | verdict |"
    yield f"|---|{'---|' * len(by)}--:|--:|--:|---|"
    for line in one.lines:
        values = line.by or tuple("" for _ in by)
        cells = "".join(f" {code(value) if value else 'all'} |" for value in values)
        verdict = f"**{line.verdict}**" if line.flips else line.verdict
        yield f"| {line.period} |{cells} {line.old} | {line.new} | {line.difference} | {verdict} |"


def _shortened(parts: list[list[str]]) -> str:
    lines: list[str] = []
    size = 0
    left_out = sum(len(part) for part in parts)
    for part in parts:
        for line in part:
            if size + len(line) + 1 > LONGEST:
                lines += ["", f"… {left_out} lines more; `cxkpi diff` with `-f text` shows them all."]
                return "\n".join(lines) + "\n"
            lines.append(line)
            size += len(line) + 1
            left_out -= 1
    return "\n".join(lines).rstrip("\n") + "\n"
