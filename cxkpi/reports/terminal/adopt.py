"""``cxkpi adopt`` at a terminal: one line for every column of the file, what it is taken for, how surely, and why.

What has to be confirmed is marked; columns of the file that nothing is taken from stay in the table, dimmed, with the
reason. Below stand rules that no single column gives, remarks, and what to do next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from cxkpi.exports.adopting.adopted import FILL_IN, Adopted, Known, Proposal, RuleDraft
from cxkpi.reports.figures import ASCII, UNICODE, Glyphs, fixed
from cxkpi.reports.page import plain
from cxkpi.reports.terminal.columns import GAP, Column
from cxkpi.reports.terminal.layout import RULED, RULED_ASCII, grid, small

MASK = "***"
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_ENCODINGS = {
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252",
    "latin-1": "Latin-1",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
}
_SURE = 7
_NARROW, _WIDE = 96, 130
_HEADING = (22, 30, 36)
_TARGET = (24, 28, 32)
_VALUES = 26
_LEAST_EVIDENCE = 18


def render(
    adopted: Adopted, *, width: int, unicode: bool = True, show_values: bool = False, written: str | None = None
) -> RenderableType:
    """The proposals as one Rich renderable, ``width`` cells wide. ``written``: where the draft was written to."""
    glyphs = UNICODE if unicode else ASCII
    lines = [_line(column, glyphs, show_values) for column in adopted.columns]
    lines += [_derived(target, rule, glyphs) for target, rule in adopted.derived]
    size = 0 if width < _NARROW else 1 if width < _WIDE else 2
    widths = [min(_HEADING[size], max(map(cell_len, ["Column", *(line[0].plain for line in lines)])))]
    lines = [(line[0], _folded(line[1], _TARGET[size]), *line[2:]) for line in lines]
    widths.append(min(_TARGET[size], max(cell_len(part) for line in lines for part in line[1].plain.split("\n"))))
    widths.append(_SURE)
    names = ["Column", "Taken for", "Sure"]
    texts: list[tuple[Text, ...]] = [line[:3] for line in lines]
    if width >= _WIDE:
        names.append("Values")
        widths.append(_VALUES)
        texts = [(*some, line[4]) for some, line in zip(texts, lines, strict=True)]
    names.append("Why")
    widths.append(max(_LEAST_EVIDENCE, width - 2 - sum(widths) - GAP * len(widths)))
    texts = [(*some, line[3]) for some, line in zip(texts, lines, strict=True)]
    columns = [
        Column(name.lower(), name, tuple(text[number] for text in texts), folded=wide)
        for number, (name, wide) in enumerate(zip(names, widths, strict=True))
    ]
    table = grid(RULED if unicode else RULED_ASCII, "bold", columns)
    for number, cells in enumerate(texts):
        if number == len(adopted.columns):
            table.add_section()
        table.add_row(*cells)
    return Group(
        Padding(_heading(adopted, glyphs), (0, 0, 1, 1)),
        Padding(table, (0, 0, 0, 1)),
        Text(),
        *_below(adopted, width, glyphs, written),
    )


def render_known(shown: str, known: Known) -> RenderableType:
    """A file that a profile reads already."""
    text = Text(" ")
    text.append(plain(shown), style="bold")
    if known.refuse:
        text.append(f" is known as {known.profile}, and nothing can be read from it: {plain(known.refuse)}")
        return Group(text)
    text.append(f" needs no profile: {known.profile} reads it")
    text.append(f" ({plain(known.title)})." if known.title else ".")
    parts: list[RenderableType] = [text]
    if known.why:
        parts.append(Text(f" {plain(known.why)}", style="dim"))
    parts.append(Text(" --anyway drafts one all the same.", style="dim"))
    return Group(*parts)


def _heading(adopted: Adopted, glyphs: Glyphs) -> Text:
    parts = [adopted.table, f"{adopted.records:,} {'record' if adopted.records == 1 else 'records'}"]
    if adopted.sampled:
        parts[1] = f"the first {parts[1]}"
    if adopted.encoding:
        parts.append(_ENCODINGS.get(adopted.encoding, adopted.encoding))
    if adopted.delimiter:
        parts.append(_DELIMITERS.get(adopted.delimiter, adopted.delimiter))
    if adopted.heading_line:
        parts.append(f"headings on line {adopted.heading_line + 1}")
    text = Text()
    text.append(plain(adopted.shown), style="bold")
    text.append(f"  {f' {glyphs.dot} '.join(parts)}")
    return text


def _line(column: Proposal, glyphs: Glyphs, show_values: bool) -> tuple[Text, Text, Text, Text, Text]:
    heading = Text(plain(column.heading) or "(no heading)")
    shown = [MASK] if column.masked and not show_values else [plain(value) for value in column.examples]
    values = Text(
        ", ".join(_cut(value, _VALUES - 4, glyphs) for value in shown) if column.examples else "", style="dim"
    )
    why = Text(plain(column.evidence))
    if column.target is None:
        for text in (heading, why):
            text.stylize("dim")
        return heading, Text(glyphs.none, style="dim"), Text(""), why, values
    return (
        heading,
        _taken(column.target, column.rule, column.question),
        _sure(column.confidence, column.confirm),
        why,
        values,
    )


def _derived(target: str, rule: RuleDraft, glyphs: Glyphs) -> tuple[Text, Text, Text, Text, Text]:
    heading = Text("(fill in)" if rule.rule.get("is") == FILL_IN else "(derived)", style="dim")
    return heading, _taken(target, rule.rule, None), _sure(rule.confidence, rule.confirm), Text(rule.why), Text("")


def _taken(target: str, rule: Mapping[str, Any], question: str | None) -> Text:
    text = Text(target)
    for option in _options(rule, question):
        text.append(f"\n{option}", style="dim")
    return text


def _folded(text: Text, room: int) -> Text:
    """A target that does not fit on one line goes on after its table."""
    head = text.plain.split("\n", 1)[0]
    if cell_len(head) <= room or "." not in head:
        return text
    at = head.index(".") + 1
    return Text.assemble(text[:at], "\n  ", text[at:])


def _options(rule: Mapping[str, Any], question: str | None) -> Iterator[str]:
    """What else a rule says, in a few words."""
    if question:
        yield question
    for key, value in rule.items():
        if key in ("unit", "format", "decimal", "timezone"):
            yield f"{key} {value}"
        elif key == "scale":
            yield f"scale {value[0]} to {value[1]}"
        elif key in ("true", "false"):
            yield f"{key}: {', '.join(value)}"
        elif key == "join":
            yield " + ".join(plain(str(heading)) for heading in value)
        elif key == "split":
            yield f"the part before '{value}'"


def _sure(confidence: float | None, confirm: bool) -> Text:
    text = Text("" if confidence is None else f"{fixed(confidence, 0, percent=True):>3} %")
    if confirm:
        text.append(" ?", style="bold yellow")
    return text


def _cut(value: str, room: int, glyphs: Glyphs) -> str:
    if cell_len(value) <= room:
        return value
    return set_cell_size(value, room - len(glyphs.ellipsis)).rstrip() + glyphs.ellipsis


def _below(adopted: Adopted, width: int, glyphs: Glyphs, written: str | None) -> Iterator[RenderableType]:
    texts: list[str] = []
    number = adopted.confirm
    if number == 1:
        texts.append("? 1 rule has to be confirmed: data alone cannot settle it.")
    elif number:
        texts.append(f"? {number} rules have to be confirmed: data alone cannot settle them.")
    texts += [plain(remark) for remark in adopted.remarks]
    yield from small(texts, width)
    yield from small(_next(adopted, written), width)


def _next(adopted: Adopted, written: str | None) -> Sequence[str]:
    if written is None:
        return ["-o FILE.yaml writes the profile, --yaml prints it."]
    # Profiles in such a folder are found by themselves.
    beside = Path(written).absolute().parent.name == "profiles"
    use = "the files beside its folder are read with it" if beside else f"use --profile {written}"
    if adopted.confirm == 1:
        return [f"{written}: check the rule marked 'confirm: true' and remove the mark; then {use}."]
    if adopted.confirm:
        return [f"{written}: check the rules marked 'confirm: true' and remove the marks; then {use}."]
    return [f"{written} is ready: {use}."]
