"""``cxkpi metrics -f markdown``: every definition on one page, a section per metric, families together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cxkpi.catalogue.meaning.words import Card
from cxkpi.reports.marked import code, words


def render(cards: Sequence[Card], path: str) -> str:
    """The page of all metrics that are not private; variants stand with their metric.

    Hashes and places are left out, so that the page changes only where a definition does.
    """
    shown = [card for card in cards if card.metric.variant is None and not card.metric.private]
    families: dict[str, list[Card]] = {}
    for card in shown:
        families.setdefault(card.metric.family or card.metric.name, []).append(card)
    parts = [
        "# Metrics",
        "",
        f"Made from {code(path)} by `cxkpi metrics -f markdown`; keys are explained in [catalogue.md](catalogue.md).",
        "",
    ]
    for family, members in families.items():
        links = ", ".join(f"[{card.metric.name}](#{card.metric.name})" for card in members)
        parts.append(f"- **{_text(family.replace('_', ' '))}**: {links}")
    for card in (card for members in families.values() for card in members):
        parts += ["", *_section(card)]
    return "\n".join(parts) + "\n"


def _section(card: Card) -> Iterator[str]:
    metric = card.metric
    yield f"## {metric.name}"
    yield ""
    yield f"**{_text(metric.label)}.** {_text(metric.objective or '')}".rstrip()
    if metric.description:
        yield ""
        yield _text(metric.description)
    yield ""
    for sentence in card.formula:
        yield f"- {_text(sentence)}"
    for table, name, text in card.fields:
        yield f"- {code(name)} of {_text(table)} is {code(text)}"
    facts = [f"in {_text(metric.unit)}"]
    if metric.better is not None:
        facts.append(f"better {metric.better}")
    facts += [f"{name} {_text(value)}" for name, value in (("target", card.target), ("alarm", card.alarm)) if value]
    yield f"- {', '.join(facts)}"
    for goal in card.targets:
        yield f"- {_text(goal)}"
    if metric.guards:
        yield f"- must not be bought with {_linked(metric.guards)}"
    if card.reads:
        yield f"- reads {_linked(card.reads)}"
    if metric.protects:
        yield f"- never for fewer than {metric.min_group} different {_text(metric.protects)}"
    if card.columns:
        needs = "; ".join(f"{_text(table)}: {', '.join(map(code, names))}" for table, names in card.columns.items())
        yield f"- needs {needs}"
    if metric.aka:
        yield f"- also known as {_text(', '.join(metric.aka))}"
    if card.variants:
        yield ""
        yield "| variant | | differs |"
        yield "|:--|:--|:--|"
        for title, label, differs in card.variants:
            told = "; ".join(code(f"{key}: {value}") for key, value in differs)
            yield f"| {code(title)} | {_text(label)} | {told} |"
    if metric.source:
        yield ""
        yield f"Source: {_text(metric.source)}"


def _linked(titles: Sequence[str]) -> str:
    return ", ".join(f"[{_text(title)}](#{title.partition('.')[0]})" for title in titles)


def _text(text: str) -> str:
    return words(text, table=True)
