"""A metric in words: its formula as sentences, its parameters as written, and the columns it needs.

Everything is generated from the definition. What a kind's sentence does not mention stands among the parameters, which
are taken from the dataclass itself, so that nothing a catalogue says is left unsaid.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, pairwise
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from cxkpi.calendar import WEEKDAYS
from cxkpi.documents.spelling import listed
from cxkpi.errors import Place
from cxkpi.kinds.definition import Duration, Example, Goal, Metric, Split, metric_rows_named
from cxkpi.kinds.expression import Expression
from cxkpi.tables import Table, paths

ABSENT = "—"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"'(?:[^']|'')*'|[A-Za-z_][A-Za-z0-9_.]*")
_LENGTHS = (("wk", 604800), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
_UNIT_SIGNS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of a definition: ``key`` dotted as in the catalogue; ``given`` False where it is the default.

    ``role`` is what the dataclass says of a text or number: a column, a time, a condition, a fraction.
    """

    key: str
    value: Any
    role: str | None = None
    given: bool = True


_HINTS: dict[type, Mapping[str, Any]] = {}


def _hints(spec: type) -> Mapping[str, Any]:
    # Working them out takes longer than everything else that is said of a metric.
    if spec not in _HINTS:
        _HINTS[spec] = get_type_hints(spec, include_extras=True)
    return _HINTS[spec]


def roles(spec: type) -> Mapping[str, str | None]:
    """What a dataclass says of each of its fields: a column, a time, a condition, a fraction; None of most."""
    return {name: _role(annotation) for name, annotation in _hints(spec).items()}


def leaves(value: Any, key: str = "") -> Iterator[Leaf]:
    """Every value below a dataclass, in the order declared, nested ones with dotted keys."""
    hints = _hints(type(value))
    for field in dataclasses.fields(value):
        found = getattr(value, field.name)
        name = f"{key}.{field.name.rstrip('_')}".lstrip(".")
        if is_part(found):
            yield from leaves(found, name)
        elif isinstance(found, tuple) and found and all(is_part(one) for one in found):
            for at, one in enumerate(found, start=1):
                yield from leaves(one, f"{name}.{at}")
        else:
            yield Leaf(name, found, _role(hints[field.name]), found != field.default)


def is_part(value: Any) -> bool:
    """Whether a value is a mapping with keys of its own, rather than a value written in one piece."""
    whole = isinstance(value, Expression | Duration | Place | type)
    return dataclasses.is_dataclass(value) and not whole


def _role(annotation: Any) -> str | None:
    if get_origin(annotation) is Literal:
        return None
    for part in get_args(annotation) if get_origin(annotation) is not None else ():
        if isinstance(part, str):
            return part
    return next((found for part in _inner(annotation) if (found := _role(part)) is not None), None)


def _inner(annotation: Any) -> tuple[Any, ...]:
    union = get_origin(annotation) is Union or type(annotation).__name__ == "UnionType"
    return get_args(annotation) if union or get_origin(annotation) is tuple else ()


def shown(value: Any, role: str | None = None) -> str:
    """A value as one would write it in a catalogue."""
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Expression):
        return squeezed(value.text)
    if isinstance(value, float | int):
        return _percent(value) if role == "fraction" else number(value)
    if isinstance(value, tuple | list):
        return f"[{', '.join(shown(part, role) for part in value)}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {shown(part)}" for key, part in value.items()) + "}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    if is_part(value):
        given = [leaf for leaf in leaves(value) if leaf.given]
        return "{" + ", ".join(f"{leaf.key}: {shown(leaf.value, leaf.role)}" for leaf in given) + "}"
    return squeezed(str(value))


def quantity(value: Any, unit: str) -> str:
    """A target or alarm in the unit of its metric: ``75%``, ``6m``, ``20s``, ``3 EUR``, ``5.5``."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(quantity(part, unit) for part in value)}]"
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return shown(value)
    if unit == "percent":
        return _percent(value)
    if unit in _UNIT_SIGNS:
        return _length(value * _UNIT_SIGNS[unit], unit)
    if len(unit) == 3 and unit.isupper():
        return f"{number(value)} {unit}"
    return number(value)


def week(stretches: Sequence[Sequence[tuple[int, int]]]) -> str:
    """Business hours by weekday: ``mon-fri 08:00-18:00, sat 09:00-13:00``."""
    said: list[str] = []
    for hours, run in groupby(zip(WEEKDAYS, stretches, strict=True), key=lambda day: tuple(day[1])):
        days = [name[:3] for name, _ in run]
        named = days[0] if len(days) == 1 else f"{days[0]}-{days[-1]}"
        if hours:
            said.append(f"{named} {' and '.join(f'{_clock(start)}-{_clock(end)}' for start, end in hours)}")
    return ", ".join(said) or "never"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def goal(one: Goal, unit: str) -> str:
    """A target for some cells: ``queue VIP, from 2026-04-01: target 92%``."""
    where = [f"{name} {' or '.join(values)}" for name, values in one.when]
    where += [f"from {one.since}"] if one.since is not None else []
    where += [f"until {one.until}"] if one.until is not None else []
    limits = (("target", one.target), ("alarm", one.alarm))
    said = ", ".join(f"{name} {quantity(value, unit)}" for name, value in limits if value is not None)
    return f"{', '.join(where) or 'always'}: {said}"


def versions(metric: Metric) -> Iterator[tuple[str, str]]:
    """From which day on what differs from before: ``2026-04-01``, ``within: 14d``."""
    for before, after in pairwise(metric.versions):
        was = dict(_said(before.metric))
        said = [f"{key}: {value}" for key, value in _said(after.metric) if was.get(key) != value]
        yield f"{after.since}", "; ".join(said)


def _said(metric: Metric) -> Iterator[tuple[str, str]]:
    yield from ((leaf.key, shown(leaf.value, leaf.role)) for leaf in leaves(metric.spec))
    yield "matures", shown(metric.matures)
    yield "target", quantity(metric.target, metric.unit)
    yield "alarm", quantity(metric.alarm, metric.unit)
    yield "targets", "; ".join(goal(one, metric.unit) for one in metric.targets)


def number(value: float) -> str:
    """A number with the digits that matter."""
    return f"{value:.12g}"


def _percent(value: float) -> str:
    return f"{number(100 * value)}%"


def _length(seconds: float, unit: str) -> str:
    # The unit of the metric itself, or a smaller one, or minutes for seconds: 6m, not 360s; 90d, not 12.857wk.
    largest = max(_UNIT_SIGNS[unit], 60) if unit == "seconds" else _UNIT_SIGNS[unit]
    for sign, size in _LENGTHS:
        if size <= largest and seconds >= size and seconds % size == 0:
            return f"{number(seconds / size)}{sign}"
    return f"{number(seconds)}s"


def squeezed(text: str) -> str:
    """A text on one line."""
    return _SPACE.sub(" ", text).strip()


# -- the formula -------------------------------------------------------------------------------------------------------


def formula(metric: Metric) -> tuple[str, ...]:
    """What the number is, in sentences: the formula, then what is done around it."""
    spec = metric.spec
    say = _KINDS.get(metric.kind)
    first = say(spec) if say is not None else f"A {metric.kind.replace('_', ' ')}, as its parameters say."
    lines = [first]
    at = getattr(spec, "at", None)
    if isinstance(at, str):
        lines.append(f"A row belongs to the period of its {at}.")
    stretches = [one.at for one in (spec, *_terms(spec)) if isinstance(getattr(one, "at", None), Split)]
    for stretch in dict.fromkeys(stretches):
        lines.append(f"What is summed is spread over the time from {stretch.split[0]} to {stretch.split[1]}.")
    if metric.matures is not None:
        lines.append(f"A row is judged once it is {metric.matures} old.")
    if metric.roll is not None:
        lines.append(f"Each period is computed over the {metric.roll} that end with it.")
    if metric.cluster is not None:
        lines.append(f"The interval allows for rows of one {metric.cluster} being alike.")
    return tuple(lines)


def _terms(spec: Any) -> tuple[Any, ...]:
    terms = (getattr(spec, "numerator", None), getattr(spec, "denominator", None))
    return tuple(term for term in terms if term is not None)


def _rows(source: Any, where: Expression | None) -> str:
    """``rows of contacts where handled``; of metrics: ``weeks of aht and csat per agent_id``."""
    rule = metric_rows_named(source) if isinstance(source, str) else source
    if rule is None:
        text = f"rows of {source}"
    else:
        text = f"rows of {listed(rule.metrics, 'and')} (one per {listed((*rule.per, rule.every), 'and')})"
    return text if where is None else f"{text} where {shown(where)}"


def _taken(spec: Any) -> str:
    """What is taken of a term's rows."""
    rows = _rows(spec.from_, spec.where)
    if getattr(spec, "stock", None) is not None:
        return f"{_STOCKS.get(spec.stock, spec.stock)}{_tenure(spec)}, over {rows}"
    if spec.distinct is not None:
        return f"the number of different {spec.distinct} among {rows}"
    if spec.sum is not None:
        return f"the sum of {_amount(spec.sum)} over {rows}"
    return f"the number of {rows}"


def _amount(value: Expression) -> str:
    text = shown(value)
    return text if _NAME.fullmatch(text) else f"({text})"


_STOCKS: Mapping[str, str] = {
    "mean": "the mean number open, person-days divided by days",
    "opening": "the number open as the period begins",
    "closing": "the number open as the period ends",
    "both": "half the number open as the period begins plus half the number as it ends",
    "through": "the number open on any day of the period",
    "snapshots": "the mean of the numbers open at the opening and at the close of each month",
    "joiners": "the number open as the period begins plus those who join in it",
}


def _total(spec: Any) -> str:
    return f"{_capital(_taken(spec))}."


def _mean(spec: Any) -> str:
    return f"The sum of {_amount(spec.value)} divided by the number of rows that have it, over {_rows_of(spec)}."


def _quantile(spec: Any) -> str:
    return f"The value of {_amount(spec.value)} that {_percent(spec.q)} of the {_rows_of(spec)} do not exceed."


def _share(spec: Any) -> str:
    return f"Of the {_rows_of(spec)}, the share with: {shown(spec.meets)}."


def _net(spec: Any) -> str:
    return (
        f"100 × (share with {shown(spec.for_)}, less share with {shown(spec.against)}), in points, of the "
        f"{_rows_of(spec)}."
    )


def _ratio(spec: Any) -> str:
    text = f"{_capital(_taken(spec.numerator))}; divided by {_taken(spec.denominator)}."
    if spec.annualise is not None:
        text += f" Brought to a year by {spec.annualise}."
    for name, term in (("upper", spec.numerator), ("lower", spec.denominator)):
        if isinstance(term.at, str):
            text += f" Rows of the {name} one belong to the period of their {term.at}."
    return text


def _stock(spec: Any) -> str:
    return f"{_capital(_STOCKS.get(spec.read, spec.read))}{_tenure(spec)}, over {_rows_of(spec)}."


def _tenure(spec: Any) -> str:
    served, ago = getattr(spec, "served", None), getattr(spec, "ago", None)
    text = "" if served is None else f", of those {served} in service"
    return text if ago is None else f"{text}, {ago} before"


def _repeat(spec: Any) -> str:
    backward = getattr(spec, "look", "forward") == "backward"
    relation = "preceded" if backward else "followed"
    negated = "not " if spec.counts == "resolved" else ""
    other = "another row" if spec.next is None else f"a row where {shown(spec.next)},"
    begins = "" if not spec.gap.amount else f" and more than {spec.gap}"
    text = (
        f"Of the {_rows_of(spec)}, the share that is {negated}{relation} by {other} "
        f"with the same {listed(spec.key, 'and')} within {spec.within}{begins}, "
        f"counted from {spec.clock.from_} of the one to {spec.clock.to} of the other."
    )
    if spec.chain == "gap":
        text += f" Rows less than {spec.within} apart are one chain, and a chain of several rows fails as a whole."
    text += {"first": " Only the first row of each is judged.", "keys": " A key counts where it appears once."}.get(
        spec.count, ""
    )
    if spec.meets is not None:
        text += f" A row must also meet: {shown(spec.meets)}."
    text += {
        "bounds": " With it stand the limits between which it may still come to lie.",
        "survival": " Rows not yet judged count as long as they have been watched (Kaplan–Meier).",
    }.get(spec.immature, "")
    empty = "left out" if spec.blank_key == "exclude" else "never followed"
    return f"{text} Rows with an empty key are {empty}."


def _time_to_event(spec: Any) -> str:
    event = spec.event
    if isinstance(event, str):
        what = event
    elif hasattr(event, "sustained"):
        run = f"{event.sustained} {event.from_.every}s in a row" if event.sustained > 1 else f"a {event.from_.every}"
        what = f"the {event.date} of the first run of {run} in which {shown(event.meets)}"
        if event.where is not None:
            what += f" (a {event.from_.every} without {shown(event.where)} is too thin: {event.thin})"
    else:
        what = shown(event)
    text = f"From {spec.start} to {what}, over {_rows_of(spec)}: {_read(spec.read)}."
    if spec.censor is not None:
        text += f" Who has not had it is watched until {spec.censor}."
    if spec.competing is not None:
        text += f" It can no longer happen after {_ends(spec.competing)} (Aalen–Johansen)."
    if spec.entered is not None:
        text += f" Nobody is at risk before {spec.entered}."
    return text


def _ends(competing: Any) -> str:
    causes = competing if isinstance(competing, tuple) else (competing,)
    return " or ".join(
        cause if isinstance(cause, str) else f"{cause.at} where {shown(cause.where)}" for cause in causes
    )


def _read(read: Any) -> str:
    given = {leaf.key: leaf.value for leaf in leaves(read) if leaf.value is not None}
    if "by" in given:
        whose = "not had it" if given.get("of") == "survivors" else "had it"
        return f"the share that has {whose} by {shown(given['by'])}"
    if "mean_until" in given:
        return f"the mean time, cut at {shown(given['mean_until'])}"
    return f"the first day by which {_percent(given['quantile'])} have had it"


def _rows_of(spec: Any) -> str:
    return _rows(spec.from_, spec.where)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _formula(spec: Any) -> str:
    return f"{shown(spec.formula)}, each part read in the same cell."


_KINDS: Mapping[str, Callable[[Any], str]] = {
    "total": _total,
    "mean": _mean,
    "quantile": _quantile,
    "share": _share,
    "net": _net,
    "ratio": _ratio,
    "stock": _stock,
    "repeat": _repeat,
    "time_to_event": _time_to_event,
    "formula": _formula,
}


# -- what it rests on --------------------------------------------------------------------------------------------------


def fields_used(metric: Metric, fields: Mapping[str, Mapping[str, str]]) -> tuple[tuple[str, str, str], ...]:
    """The named fields a metric's expressions mention, and those these mention: (table, name, text)."""
    found: dict[tuple[str, str], str] = {}
    waiting = [
        (table, squeezed(leaf.value.text))
        for spec in _specs(metric)
        for table, leaf in tabled(spec)
        if isinstance(leaf.value, Expression) and table is not None
    ]
    while waiting:
        table, text = waiting.pop(0)
        for owner, name in mentioned(text, table, fields):
            if (owner, name) not in found:
                found[owner, name] = squeezed(fields[owner][name])
                waiting.append((owner, found[owner, name]))
    return tuple((table, name, text) for (table, name), text in sorted(found.items()))


def mentioned(text: str, table: str, fields: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """The fields named in an expression over a table; a dotted name may be a field of any other one."""
    for word in dict.fromkeys(_WORD.findall(text)):
        if word.startswith("'"):
            continue
        *steps, name = word.split(".")
        owners = list(fields) if steps else [table]
        yield from ((owner, name) for owner in owners if name in fields.get(owner, ()))


def tabled(spec: Any, key: str = "", outer: str | None = None) -> Iterator[tuple[str | None, Leaf]]:
    """Every leaf of a spec with the table its names are of; None where they are not of a table."""
    hints = _hints(type(spec))
    table = outer
    if "from_" in hints and (_role(hints["from_"]) in ("table", "source") or not isinstance(spec.from_, str)):
        table = spec.from_ if isinstance(spec.from_, str) else None
    for field in dataclasses.fields(spec):
        value = getattr(spec, field.name)
        name = f"{key}.{field.name.rstrip('_')}".lstrip(".")
        parts = value if isinstance(value, tuple) else (value,)
        if parts and all(is_part(part) for part in parts):
            for part in parts:
                yield from tabled(part, name, None if field.name == "from_" else table)
        else:
            yield table, Leaf(name, value, _role(hints[field.name]), value != field.default)


def columns(metric: Metric, tables: Mapping[str, Table]) -> Mapping[str, tuple[str, ...]]:
    """By table, the columns a metric's figures are made of, keys of look-ups included, in the tables' own order.

    What a time may be taken from instead is not listed: the first column of a table's default time stands for it.
    """
    found: dict[str, set[str]] = {}
    timed: set[str] = set()
    for table, leaf in (one for spec in _specs(metric) for one in tabled(spec)):
        if table is None or table not in tables:
            continue
        found.setdefault(table, set())
        if leaf.role in ("table", "source") and leaf.value == table:
            timed.add(table)
        for name in _names(leaf):
            _along(tables, table, name, found)
    for table in sorted(timed):
        for spec in _specs(metric):
            _time(spec, tables, table, found)
        if metric.cluster is not None:
            _along(tables, table, metric.cluster, found)
    return {name: _ordered(tables[name], found[name]) for name in tables if name in found}


def _specs(metric: Metric) -> tuple[Any, ...]:
    """The definition of every version."""
    return tuple(version.metric.spec for version in metric.versions) or (metric.spec,)


def metrics_read(spec: Any) -> tuple[str, ...]:
    """The metrics a definition reads by name."""
    named = [leaf.value for _, leaf in tabled(spec) if leaf.role == "metric" and leaf.value is not None]
    flat = [title for value in named for title in (value if isinstance(value, tuple) else (value,))]
    for _, leaf in tabled(spec):
        rule = metric_rows_named(leaf.value) if leaf.role == "source" and isinstance(leaf.value, str) else None
        flat += [] if rule is None else rule.metrics
    if isinstance(getattr(spec, "formula", None), Expression):
        flat += sorted(spec.formula.columns)
    return tuple(dict.fromkeys(flat))


def _names(leaf: Leaf) -> Iterable[str]:
    if isinstance(leaf.value, Expression):
        return leaf.value.columns
    if leaf.role not in ("column", "time") or leaf.value is None:
        return ()
    return (leaf.value,) if isinstance(leaf.value, str) else tuple(leaf.value)


def _time(spec: Any, tables: Mapping[str, Table], table: str, found: dict[str, set[str]]) -> None:
    """The default time of a table of which no other time is named, or the days of its spells for a stock."""
    terms = [part for part in (getattr(spec, name, None) for name in ("numerator", "denominator")) if part is not None]
    for term in [one for one in terms or [spec] if getattr(one, "from_", None) == table]:
        span = tables[table].span
        counts_days = hasattr(term, "last_day") and getattr(term, "stock", "mean") is not None
        if counts_days and span is not None:
            for name in span:
                _along(tables, table, name, found)
        elif not any(getattr(term, name, None) is not None for name in ("at", "clock", "start")):
            for name in tables[table].time[:1]:
                _along(tables, table, name, found)


def _along(tables: Mapping[str, Table], table: str, name: str, found: dict[str, set[str]]) -> None:
    path = next(iter(paths(tables, table, name)), None)
    if path is None:
        return
    for step in path[:-1]:
        lookup = tables[table].lookups[step]
        found.setdefault(table, set()).add(lookup.on)
        table = lookup.table
        found.setdefault(table, set()).add(lookup.on)
    found.setdefault(table, set()).add(path[-1])


def _ordered(table: Table, names: set[str]) -> tuple[str, ...]:
    own = [name for name in table.columns if name in names]
    return (*own, *sorted(names - set(own)))


# -- all of it ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sample:
    """A worked example: its tables as (columns, rows of cells), and what it expects as ``key value`` in order."""

    name: str
    given: tuple[tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...]], ...]
    settings: tuple[tuple[str, str], ...]
    expect: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """Everything a catalogue says of one metric, in words.

    ``formula``: sentences. ``fields``: named fields used, (table, name, text). ``parameters``: (key, value, whether it
    was given rather than left at its default). ``variants``: (title, label, what differs). ``columns``: by table.
    ``reads``: metrics whose values it reads; ``guards`` and ``guarded_by``: metrics that must not worsen while it
    improves, and those that it guards so.
    """

    metric: Metric
    target: str | None
    alarm: str | None
    targets: tuple[str, ...]
    formula: tuple[str, ...]
    fields: tuple[tuple[str, str, str], ...]
    parameters: tuple[tuple[str, str, bool], ...]
    versions: tuple[tuple[str, str], ...]
    variants: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]
    columns: Mapping[str, tuple[str, ...]]
    reads: tuple[str, ...]
    read_by: tuple[str, ...]
    guarded_by: tuple[str, ...]
    examples: tuple[Sample, ...]


def card(
    metric: Metric,
    metrics: Mapping[str, Metric],
    tables: Mapping[str, Table],
    fields: Mapping[str, Mapping[str, str]],
) -> Card:
    """The card of one of ``metrics``, which are those of a catalogue by title, like its ``tables`` and ``fields``."""
    others = metrics.values()
    below = [one for one in others if metric.variant is None and one.name == metric.name and one.variant is not None]
    return Card(
        metric=metric,
        target=None if metric.target is None else quantity(metric.target, metric.unit),
        alarm=None if metric.alarm is None else quantity(metric.alarm, metric.unit),
        targets=tuple(goal(one, metric.unit) for one in metric.targets),
        formula=formula(metric),
        fields=fields_used(metric, fields),
        parameters=tuple(
            (leaf.key, shown(leaf.value, leaf.role), leaf.given)
            for leaf in leaves(metric.spec)
            if leaf.value is not None
        ),
        versions=tuple(versions(metric)),
        variants=tuple((one.title, one.label, tuple(_differences(metric, one))) for one in below),
        columns=_all_columns(metric, metrics, tables),
        reads=metrics_read(metric.spec),
        read_by=tuple(one.title for one in others if metric.title in metrics_read(one.spec)),
        guarded_by=tuple(one.title for one in others if metric.title in one.guards),
        examples=tuple(_sample(example) for example in metric.examples),
    )


def _all_columns(
    metric: Metric, metrics: Mapping[str, Metric], tables: Mapping[str, Table]
) -> Mapping[str, tuple[str, ...]]:
    """The columns of a metric and of those it reads, and those these read."""
    found: dict[str, set[str]] = {}
    seen: dict[str, Metric] = {metric.title: metric}
    waiting = [metric]
    while waiting:
        one = waiting.pop(0)
        for table, names in columns(one, tables).items():
            found.setdefault(table, set()).update(names)
        for title in metrics_read(one.spec):
            if title in metrics and title not in seen:
                seen[title] = metrics[title]
                waiting.append(metrics[title])
    return {name: _ordered(tables[name], found[name]) for name in tables if name in found}


def _differences(metric: Metric, variant: Metric) -> Iterator[tuple[str, str]]:
    was = dict(_said(metric))
    yield from ((key, value) for key, value in _said(variant) if was.get(key) != value)


def _sample(example: Example) -> Sample:
    given = []
    for table, rows in example.given.items():
        names = tuple(dict.fromkeys(name for row in rows for name in row))
        cells: list[tuple[str, ...]] = [tuple(row.get(name) or "" for name in names) for row in rows]
        times = [(line, len(list(run))) for line, run in groupby(cells)]
        if any(number > 1 for _, number in times):
            names = ("rows", *names)
            cells = [(f"{number}", *line) for line, number in times]
        given.append((table, names, tuple(cells)))
    settings = [(key, getattr(example, key)) for key in ("as_of", "every", "since", "until")]
    expected = [(key, shown(value)) for key, value in example.expect.items()]
    for dimension, values in example.expect_by.items():
        for value, wanted in values.items():
            expected += [(f"{dimension} {value}: {key}", shown(one)) for key, one in wanted.items()]
    said = tuple((key, str(value)) for key, value in settings if value is not None and (key, value) != ("every", "all"))
    return Sample(example.name, tuple(given), said, tuple(expected))
