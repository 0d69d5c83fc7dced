"""``cxkpi metrics`` at a terminal: all definitions in a list, one in full, or which of them exports allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cxkpi.catalogue.meaning.words import Card, Sample
from cxkpi.measurement.checking.allowed import Allowance, Lack
from cxkpi.reports.page import plain

HEADINGS = ("metric", "label", "kind", "unit", "target", "alarm", "family")
DROPPED_FIRST = ("family", "kind", "alarm", "unit")
_LABEL = 30
_GAP = 2
_NAMED = 3
_SHOWN_ROWS = 12


def render_list(cards: Sequence[Card], *, width: int, unicode: bool = True) -> RenderableType:
    """One line for each metric, those of a family together, variants below their metric.

    Columns that leave the label no room are left out, in the order of ``DROPPED_FIRST``.
    """
    rows = [_row(card, unicode) for group in _families(cards) for card in group]
    sizes = {name: max(cell_len(text) for text in (name, *(row[name] for row in rows))) for name in HEADINGS}
    headings = list(HEADINGS)
    wanted = min(sizes["label"], _LABEL)
    for name in DROPPED_FIRST:
        if _room(sizes, headings, width) < wanted:
            headings.remove(name)
    sizes["label"] = max(1, min(sizes["label"], _room(sizes, headings, width)))
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, show_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, width=sizes[heading], no_wrap=True, overflow="ellipsis" if unicode else "crop")
    for row in rows:
        style = {"metric": "" if row["metric"].startswith(" ") else "bold", "family": "dim"}
        table.add_row(*(Text(row[name], style=style.get(name, "")) for name in headings))
    hint = Text(" cxkpi metrics -m NAME shows one in full; -f json all of them.", style="dim")
    return Group(Padding(table, (0, 0, 0, 1)), Text(), hint)


def _room(sizes: Mapping[str, int], headings: Sequence[str], width: int) -> int:
    """What the other columns leave for the label."""
    return width - 1 - sum(sizes[name] for name in headings if name != "label") - _GAP * len(headings)


def _row(card: Card, unicode: bool) -> Mapping[str, str]:
    metric = card.metric
    return {
        "metric": metric.name if metric.variant is None else f"  .{metric.variant}",
        "label": plain(metric.label),
        "kind": metric.kind,
        "unit": plain(metric.unit),
        "target": _goal(card.target, metric.better, unicode),
        "alarm": _limit(card.alarm, metric.better, unicode),
        "family": plain(metric.family or ""),
    }


def _families(cards: Sequence[Card]) -> Iterator[list[Card]]:
    groups: dict[tuple[str, str], list[Card]] = {}
    for card in cards:
        metric = card.metric
        key = ("family", metric.family) if metric.family else ("metric", metric.name)
        groups.setdefault(key, []).append(card)
    yield from groups.values()


def _goal(target: str | None, better: str | None, unicode: bool) -> str:
    if target is None:
        return ""
    signs = {"higher": "≥ ", "lower": "≤ "} if unicode else {"higher": ">= ", "lower": "<= "}
    return signs.get(better or "", "") + target


def _limit(alarm: str | None, better: str | None, unicode: bool) -> str:
    return _goal(alarm, {"higher": "lower", "lower": "higher"}.get(better or ""), unicode)


# -- one in full -------------------------------------------------------------------------------------------------------


def render_card(card: Card, allowed: Allowance | None, *, width: int, unicode: bool = True) -> RenderableType:
    """Everything there is to say of one metric."""
    metric = card.metric
    head = Text.assemble((f" {plain(metric.title)}", "bold"), f"  {plain(metric.label)}")
    parts: list[RenderableType] = [head, Text()]
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, lines in _facts(card, allowed, unicode):
        for at, line in enumerate(lines):
            table.add_row(Text("" if at else name), Text(plain(line)))
    parts.append(Padding(table, (0, 0, 0, 1)))
    for sample in card.examples:
        parts += [Text(), *_sample(sample, width, unicode)]
    return Group(*parts)


def _facts(card: Card, allowed: Allowance | None, unicode: bool) -> Iterator[tuple[str, list[str]]]:
    metric = card.metric
    unit = f"{metric.kind.replace('_', ' ')}, in {metric.unit}"
    goals = [f"{metric.better} is better"] if metric.better else []
    goals += [f"target {card.target}"] if card.target else []
    goals += [f"alarm {card.alarm}"] if card.alarm else []
    facts: list[tuple[str, list[str]]] = [
        ("why", _one(metric.objective)),
        ("what", _one(metric.description)),
        ("formula", list(card.formula)),
        ("where", [f"{name} of {table}: {text}" for table, name, text in card.fields]),
        ("kind", [unit]),
        ("judged", [", ".join(goals)] if goals else []),
        ("targets", list(card.targets)),
        ("needs n", [f"{metric.min_n}; interval at {100 * metric.confidence:g}%"]),
        ("guards", _one(", ".join(metric.guards))),
        ("guarding", _one(", ".join(card.guarded_by))),
        ("reads", _one(", ".join(card.reads))),
        ("read by", _one(", ".join(card.read_by))),
        ("parameters", _parameters(card)),
        ("since", [f"{since}: {text}" for since, text in card.versions]),
        ("variants", [_variant(*variant) for variant in card.variants]),
        ("columns", [f"{table}: {', '.join(names)}" for table, names in card.columns.items()]),
        ("family", _one(metric.family)),
        ("also called", _one(", ".join(metric.aka))),
        ("source", _one(metric.source)),
        ("owner", _one(metric.owner)),
        ("definition", [f"{metric.definition}{f', at {metric.place}' if metric.place else ''}"]),
    ]
    if allowed is not None:
        facts.insert(0, ("computable", _said(allowed, unicode)))
    yield from ((name, lines) for name, lines in facts if lines)


def _one(text: str | None) -> list[str]:
    return [text] if text else []


def _parameters(card: Card) -> list[str]:
    given = [f"{key}: {value}" for key, value, said in card.parameters if said]
    left = [f"{key} {value}" for key, value, said in card.parameters if not said]
    return [*given, *([f"left at their defaults: {', '.join(left)}"] if left else [])]


def _variant(title: str, label: str, differs: Sequence[tuple[str, str]]) -> str:
    said = "; ".join(f"{key}: {value}" for key, value in differs)
    return f"{title}  {label}" + (f": {said}" if said else "")


def _sample(sample: Sample, width: int, unicode: bool) -> Iterator[RenderableType]:
    yield Text.assemble(" example ", (plain(sample.name), "bold"))
    for table, names, rows in sample.given:
        yield Text(f"   {plain(table)}", style="dim")
        sizes = [max(map(cell_len, [name, *(row[at] for row in rows)])) for at, name in enumerate(names)]
        shown, more = _fitting(sizes, width - 5)
        grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False, header_style="dim")
        for name in names[:shown]:
            grid.add_column(plain(name), no_wrap=True)
        for row in rows[:_SHOWN_ROWS]:
            grid.add_row(*(Text(plain(cell)) for cell in row[:shown]))
        yield Padding(grid, (0, 0, 0, 5))
        left = [f"{len(rows) - _SHOWN_ROWS} more rows"] if len(rows) > _SHOWN_ROWS else []
        left += [f"further columns: {', '.join(names[shown:])}"] if more else []
        if left:
            yield Padding(Text(f"{'…' if unicode else '...'} {'; '.join(map(plain, left))}", style="dim"), (0, 0, 0, 5))
    if sample.settings:
        yield Text(f"   {', '.join(f'{key} {plain(value)}' for key, value in sample.settings)}", style="dim")
    yield Padding(
        Text(f"gives {', '.join(f'{plain(key)} {plain(value)}' for key, value in sample.expect)}"), (0, 0, 0, 3)
    )


def _fitting(sizes: Sequence[int], room: int) -> tuple[int, bool]:
    used = 0
    for at, size in enumerate(sizes):
        used += size + 2
        if used > room and at:
            return at, True
    return len(sizes), False


# -- which exports allow -----------------------------------------------------------------------------------------------


def render_allowed(cards: Sequence[Card], allowed: Mapping[str, Allowance], *, unicode: bool = True) -> RenderableType:
    """The metrics that can be computed, then each other one with what it lacks."""
    can = [card for card in cards if allowed[card.metric.title].computable]
    cannot = [card for card in cards if not allowed[card.metric.title].computable]
    parts: list[RenderableType] = [Text(f" {len(can)} of {len(cards)} metrics can be computed.", style="bold")]
    names = Table.grid(padding=(0, 2, 0, 0))
    names.add_column(no_wrap=True)
    names.add_column(overflow="fold")
    for group in _families(can):
        for card in group:
            names.add_row(Text(plain(card.metric.title), style="bold"), Text(plain(card.metric.label)))
    if can:
        parts += [Text(), Padding(names, (0, 0, 0, 3))]
    if cannot:
        parts += [Text(), Text(" What the others lack:", style="bold"), Text()]
        lacking = Table.grid(padding=(0, 2, 0, 0))
        lacking.add_column(no_wrap=True)
        lacking.add_column(overflow="fold")
        for card in cannot:
            for at, line in enumerate(_said(allowed[card.metric.title], unicode)):
                name = Text("" if at else plain(card.metric.title), style="bold")
                lacking.add_row(name, Text(plain(line)))
        parts.append(Padding(lacking, (0, 0, 0, 3)))
    return Group(*parts)


def _said(one: Allowance, unicode: bool) -> list[str]:
    if one.computable:
        return ["yes"]
    return [_lack(lack) for lack in one.lacks] or [one.why or "no"]


def _lack(lack: Lack) -> str:
    if lack.column is None:
        what = f"{lack.table} ({', '.join(lack.needed)})" if lack.needed else lack.table
    else:
        what = f"{lack.table}.{lack.column}"
    if not lack.profiles:
        headings = "this heading" if lack.column is not None else "these headings"
        return f"{what}; no known export gives it, a file with {headings} does"
    named = ", ".join(lack.profiles[:_NAMED])
    more = len(lack.profiles) - _NAMED
    return f"{what}; given by {named}{f' and {more} more' if more > 0 else ''}"
