"""Two catalogues compared by what they mean, not by how they are written.

A metric's keys are taken from its dataclasses, so a key that is new to the grammar is compared as well. Which grade a
difference has is decided by the definition hash first: where it differs, the number can. ``unit`` is added to that,
because a number in minutes that was one in seconds is another number to its reader.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from cxkpi.catalogue.load import Catalogue
from cxkpi.catalogue.meaning.changes import Change, Comparison, Detail, Grade, gravest
from cxkpi.catalogue.meaning.hashes import plain
from cxkpi.catalogue.meaning.words import (
    Leaf,
    fields_used,
    goal,
    is_part,
    leaves,
    metrics_read,
    quantity,
    shown,
    squeezed,
    tabled,
    versions,
    week,
)
from cxkpi.errors import Place
from cxkpi.kinds.definition import Metric
from cxkpi.kinds.expression import Expression
from cxkpi.tables import Table, paths

# What people read of a metric, and which examples prove it. Everything else that is not part of the definition decides
# a verdict: targets, limits, how sure one is.
WORDING = frozenset({"label", "objective", "description", "family", "source", "owner", "aka", "private", "examples"})
MEANING = frozenset({"kind", "unit", "roll", "matures", "spec", "versions"})
_NAMES = frozenset({"name", "variant", "definition", "place"})
# Parts of a catalogue that are compared as metrics, by their own means, or that only name it.
_APART = frozenset({"path", "hash", "headline", "metrics", "fields", "tables", "warnings"})
_DEFAULTS = frozenset({"confidence", "min_n"})
_OPEN = "open_seconds"
_WORKING = frozenset({"hours", "holidays"})
# How a year is called changes no number, and what it is compared with only the change.
_OF_CALENDAR: Mapping[str, Grade] = {"year_name": "wording", "compare": "target"}


def compare(old: Catalogue, new: Catalogue) -> Comparison:
    """Every change from one catalogue to another, graded; see :class:`Comparison` for the order."""
    pairs, added, removed = _pairs(old, new)
    changed: dict[str, Change] = {}
    for title, before in pairs.items():
        change = _metric(before, _titles(new)[title], old, new)
        if change is not None:
            changed[title] = change
    changed |= {metric.title: _lonely(metric, "added") for metric in added}
    metrics = [changed[title] for title in _titles(new) if title in changed]
    metrics += [_lonely(metric, "removed") for metric in removed]
    beside = [*_calendar(old, new, changed), *_defaults(old, new, changed), *_tables(old, new, pairs, changed)]
    beside += [*_fields(old, new, changed), *_headline(old, new)]
    return Comparison(
        old=old.path,
        new=new.path,
        old_hash=old.hash,
        new_hash=new.hash,
        changes=(*beside, *metrics),
        pairs=(
            *((pairs[title].title if title in pairs else None, title) for title in _titles(new)),
            *((metric.title, None) for metric in removed),
        ),
        unchanged=len(pairs) - sum(change.action in ("changed", "renamed") for change in changed.values()),
    )


def _titles(catalogue: Catalogue) -> Mapping[str, Metric]:
    return {metric.title: metric for metric in catalogue.metrics.values()}


def _pairs(old: Catalogue, new: Catalogue) -> tuple[dict[str, Metric], list[Metric], list[Metric]]:
    """Title in NEW to the metric of OLD it goes on with; the metrics of NEW alone, and those of OLD alone.

    A metric that went goes on under another name where a new one has its definition, kind and unit; among several the
    one that is the same variant of its metric, then the one whose label is the same, then the first.
    """
    before, after = _titles(old), _titles(new)
    pairs = {title: before[title] for title in after if title in before}
    gone = [metric for title, metric in before.items() if title not in after]
    come = [metric for title, metric in after.items() if title not in before]
    for metric in list(come):
        same = [
            one for one in gone if (one.definition, one.kind, one.unit) == (metric.definition, metric.kind, metric.unit)
        ]
        if not same:
            continue
        chosen = min(same, key=lambda one: (one.variant != metric.variant, one.label != metric.label, gone.index(one)))
        pairs[metric.title] = chosen
        gone.remove(chosen)
        come.remove(metric)
    return pairs, come, gone


def _lonely(metric: Metric, action: Any) -> Change:
    # A metric more changes no number that was there; one that is gone takes its number with it.
    grade: Grade = "wording" if action == "added" else "meaning"
    there, gone = action == "added", action == "removed"
    return Change(
        section="metrics",
        title=metric.title,
        action=action,
        grade=grade,
        old_title=metric.title if gone else None,
        label=metric.label,
        old_definition=metric.definition if gone else None,
        definition=metric.definition if there else None,
    )


def _metric(before: Metric, after: Metric, old: Catalogue, new: Catalogue) -> Change | None:
    renamed = before.title != after.title
    details = [*_keys(before, after, old, new), *_spec(before, after, old, new), *_versions(before, after)]
    if before.definition != after.definition and not any(detail.grade == "meaning" for detail in details):
        details.append(_unseen(before, after, old, new))
    if not details and not renamed:
        return None
    grades = [detail.grade for detail in details]
    return Change(
        section="metrics",
        title=after.title,
        action="renamed" if renamed else "changed",
        grade=gravest([*grades, "wording"] if renamed else grades),
        details=tuple(details),
        old_title=before.title,
        label=after.label,
        old_definition=before.definition,
        definition=after.definition,
    )


def _keys(before: Metric, after: Metric, old: Catalogue, new: Catalogue) -> Iterator[Detail]:
    """The keys every metric may have."""
    for field in dataclasses.fields(Metric):
        name = field.name
        if name in _NAMES or name in ("spec", "versions"):
            continue
        was, now = getattr(before, name), getattr(after, name)
        unheeded = name == "min_group" and before.protects is None and after.protects is None
        if unheeded or _plain(was) == _plain(now):
            continue
        grade: Grade = "wording" if name in WORDING else "meaning" if name in MEANING else "target"
        # Both sides take the default, so it is the default that changed.
        inherited = name in _DEFAULTS and (was, now) == (getattr(old, name), getattr(new, name))
        via = f"defaults.{name}" if inherited else None
        yield Detail(name, _value(was, before, name), _value(now, after, name), grade, via)


def _versions(before: Metric, after: Metric) -> Iterator[Detail]:
    """What holds from some day on, by that day."""
    was, now = dict(versions(before)), dict(versions(after))
    for since in sorted({*was, *now}):
        left, right = was.get(since), now.get(since)
        if left != right:
            grade: Grade = "meaning" if before.definition != after.definition else "target"
            yield Detail(f"versions.{since}", left, right, grade)


def _plain(value: Any) -> Any:
    """As ``meaning.plain``, without the places where things stand; lists of mappings keep their order."""
    if isinstance(value, Place):
        return None
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if is_part(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return plain(value)


def _value(value: Any, metric: Metric, name: str) -> str | None:
    if value is None or value == ():
        return None
    if name in ("target", "alarm"):
        return quantity(value, metric.unit)
    if name == "targets":
        return "; ".join(goal(one, metric.unit) for one in value)
    if name == "confidence":
        return shown(value, "fraction")
    if name == "examples":
        return ", ".join(example.name or f"example {at}" for at, example in enumerate(value, start=1))
    return shown(value)


def _spec(before: Metric, after: Metric, old: Catalogue, new: Catalogue) -> Iterator[Detail]:
    """The keys of the kind. Another kind has other keys, and says so by itself."""
    was = {leaf.key: leaf for leaf in leaves(before.spec)}
    now = {leaf.key: leaf for leaf in leaves(after.spec)}
    for key in dict.fromkeys([*now, *was]):
        one, two = was.get(key), now.get(key)
        left, right = (None if leaf is None else leaf.value for leaf in (one, two))
        same = _plain(left) == _plain(right)
        texts = [None if leaf is None or leaf.value is None else shown(leaf.value, leaf.role) for leaf in (one, two)]
        if same and texts[0] != texts[1]:
            yield Detail(key, texts[0], texts[1], "none")
        elif not same and texts[0] == texts[1]:
            yield Detail(key, texts[0], texts[1], "meaning", _through(left, right, before, after, old, new))
        elif not same:
            yield Detail(key, texts[0], texts[1], "meaning")


def _through(left: Any, right: Any, before: Metric, after: Metric, old: Catalogue, new: Catalogue) -> str | None:
    """What an expression that reads the same as before means something else by."""
    if not isinstance(left, Expression) or not isinstance(right, Expression):
        return None
    was = {(table, name): text for table, name, text in fields_used(before, old.fields)}
    now = {(table, name): text for table, name, text in fields_used(after, new.fields)}
    names = {name for key in {*was, *now} if was.get(key) != now.get(key) for name in (f"fields.{'.'.join(key)}",)}
    mentioned = [name for name in sorted(names) if name.rsplit(".", 1)[-1] in right.text]
    found = mentioned or sorted(names)
    if found:
        return found[0]
    if _OPEN in right.text and _plain(old.hours) != _plain(new.hours):
        return "calendar.hours"
    return "calendar.timezone" if old.timezone != new.timezone else None


def _unseen(before: Metric, after: Metric, old: Catalogue, new: Catalogue) -> Detail:
    """Where the hash differs and no key of the metric does: what it is read with has changed."""
    if old.timezone != new.timezone:
        return Detail("timezone", old.timezone, new.timezone, "meaning", "calendar.timezone")
    one, two = _titles(old), _titles(new)
    for title in metrics_read(after.spec):
        if title in one and title in two and _plain(_judged(one[title])) != _plain(_judged(two[title])):
            was, now = (f"{title} ({side[title].definition})" for side in (one, two))
            return Detail("reads", was, now, "meaning", f"metrics.{title}")
    return Detail("definition", before.definition, after.definition, "meaning")


def _judged(metric: Metric) -> tuple[Any, ...]:
    return (metric.definition, metric.target, metric.alarm, metric.better, metric.min_n)


# -- beside the metrics ------------------------------------------------------------------------------------------------


def _calendar(old: Catalogue, new: Catalogue, changed: Mapping[str, Change]) -> Iterator[Change]:
    """How days become periods: it moves the numbers of every metric, or of those whose definition says so."""
    for field in dataclasses.fields(Catalogue):
        # The calendar says again what these say.
        if field.name in _APART | _DEFAULTS | {"timezone", "week_starts", "year_starts"}:
            continue
        was, now = getattr(old, field.name), getattr(new, field.name)
        for key, left, right in _differences(field.name, was, now):
            name = key.removeprefix("calendar.")
            if name.split(".")[0] in _WORKING:
                # Only definitions that count business hours know them.
                reached = [title for title, change in changed.items() if _counts_hours(_titles(new)[title], change)]
            else:
                reached = list(_titles(new))
            grade: Grade = _OF_CALENDAR.get(name, "meaning") if reached else "none"
            title = f"calendar.{name}"
            yield Change(
                "calendar", title, "changed", grade, (Detail(name, left, right, grade),), title, reaches=tuple(reached)
            )


def _counts_hours(metric: Metric, change: Change) -> bool:
    return change.old_definition != change.definition and _OPEN in str(plain(metric.spec))


def _differences(name: str, was: Any, now: Any) -> Iterator[tuple[str, str | None, str | None]]:
    if is_part(was) and is_part(now):
        for field in dataclasses.fields(now):
            yield from _differences(f"{name}.{field.name}", getattr(was, field.name), getattr(now, field.name))
    elif name == "hours" and (was is None) != (now is None):
        yield name, None if was is None else week(was.week), None if now is None else week(now.week)
    elif name == "hours.week" and _plain(was) != _plain(now):
        yield "hours", week(was), week(now)
    elif name == "hours.holidays" and _plain(was) != _plain(now):
        yield "holidays", *_days(was, now)
    elif _plain(was) != _plain(now) and name != "hours.zone":
        yield name, None if was is None else shown(was), None if now is None else shown(now)


def _days(was: tuple[date, ...], now: tuple[date, ...]) -> tuple[str, str]:
    """How many days, and which ones are new or gone."""
    gone = [f"{day}" for day in was if day not in now]
    come = [f"{day}" for day in now if day not in was]
    texts = []
    for days, apart in ((was, gone), (now, come)):
        number = "1 day" if len(days) == 1 else f"{len(days)} days"
        texts.append(number if not apart else f"{number}, with {', '.join(apart)}")
    return texts[0], texts[1]


def _defaults(old: Catalogue, new: Catalogue, changed: Mapping[str, Change]) -> Iterator[Change]:
    """What holds for metrics that say nothing themselves; it is felt where their own key changed the same way."""
    for name in sorted(_DEFAULTS):
        was, now = getattr(old, name), getattr(new, name)
        if was == now:
            continue
        role = "fraction" if name == "confidence" else None
        texts = (shown(was, role), shown(now, role))
        felt = [
            title
            for title, change in changed.items()
            if any(detail.via == f"defaults.{name}" for detail in change.details)
        ]
        grade: Grade = "target" if felt else "none"
        title = f"defaults.{name}"
        yield Change("defaults", title, "changed", grade, (Detail(name, *texts, grade),), title, reaches=tuple(felt))


def _tables(
    old: Catalogue, new: Catalogue, pairs: Mapping[str, Metric], changed: Mapping[str, Change]
) -> Iterator[Change]:
    """Declared columns and tables: felt in the metrics that read them."""
    for table in dict.fromkeys([*new.tables, *old.tables]):
        one, two = old.tables.get(table), new.tables.get(table)
        if one is None or two is None:
            title = f"tables.{table}"
            action: Any = "added" if one is None else "removed"
            yield Change("tables", title, action, "none", old_title=None if one is None else title)
            continue
        for column in dict.fromkeys([*two.columns, *one.columns]):
            left, right = one.columns.get(column), two.columns.get(column)
            if left == right:
                continue
            felt = [title for title in pairs if _reads(_titles(new)[title], new.tables, table, column)]
            yield _beside("tables", f"tables.{table}.columns.{column}", _column(left), _column(right), felt)
        for field in dataclasses.fields(Table):
            if field.name in ("name", "columns"):
                continue
            was, now = getattr(one, field.name), getattr(two, field.name)
            if was != now:
                if field.name == "lookups":
                    felt = [title for title in pairs if _led_elsewhere(_titles(new)[title], old.tables, new.tables)]
                else:
                    felt = [title for title in pairs if any(of == table for of, _ in tabled(_titles(new)[title].spec))]
                yield _beside("tables", f"tables.{table}.{field.name}", shown(was), shown(now), felt)


def _beside(section: str, title: str, was: str | None, now: str | None, felt: Iterable[str]) -> Change:
    reached = tuple(felt)
    # What was not there could not be read, and what a metric reads cannot have gone.
    grade: Grade = "meaning" if reached and was is not None and now is not None else "none"
    action: Any = "added" if was is None else "removed" if now is None else "changed"
    detail = Detail(title.rsplit(".", 1)[-1], was, now, grade)
    return Change(section, title, action, grade, (detail,), None if was is None else title, reaches=reached)


def _column(column: Any) -> str | None:
    if column is None:
        return None
    differs = [
        f"{field.name}: {shown(getattr(column, field.name))}"
        for field in dataclasses.fields(column)
        if field.name != "type" and getattr(column, field.name) != field.default
    ]
    return column.type if not differs else f"{{type: {column.type}, {', '.join(differs)}}}"


def _reads(metric: Metric, tables: Mapping[str, Table], table: str, column: str) -> bool:
    for source, leaf in tabled(metric.spec):
        if source is None or source not in tables:
            continue
        if any(_leads_to(tables, source, name, table, column) for name in _names(leaf)):
            return True
    return False


def _names(leaf: Leaf) -> Iterable[str]:
    if isinstance(leaf.value, Expression):
        return leaf.value.columns
    if leaf.role not in ("column", "time") or leaf.value is None:
        return ()
    return (leaf.value,) if isinstance(leaf.value, str) else tuple(leaf.value)


def _led_elsewhere(metric: Metric, old: Mapping[str, Table], new: Mapping[str, Table]) -> bool:
    """Whether a name a metric reads is found by another way than before."""
    return any(
        list(_way(old, source, name)) != list(_way(new, source, name))
        for source, leaf in tabled(metric.spec)
        if source is not None and source in old and source in new
        for name in _names(leaf)
    )


def _way(tables: Mapping[str, Table], source: str, name: str) -> Iterator[Any]:
    path = next(iter(paths(tables, source, name)), ())
    for step in path[:-1]:
        lookup = tables[source].lookups[step]
        yield lookup
        source = lookup.table
    yield path[-1:]


def _leads_to(tables: Mapping[str, Table], source: str, name: str, table: str, column: str) -> bool:
    path = next(iter(paths(tables, source, name)), None)
    if path is None or path[-1] != column:
        return False
    for step in path[:-1]:
        source = tables[source].lookups[step].table
    return source == table


def _fields(old: Catalogue, new: Catalogue, changed: Mapping[str, Change]) -> Iterator[Change]:
    """Named fields: felt where a metric's definition changed and its expressions mention them."""
    titles = _titles(new)
    for table in dict.fromkeys([*new.fields, *old.fields]):
        was, now = old.fields.get(table, {}), new.fields.get(table, {})
        for name in dict.fromkeys([*now, *was]):
            texts = [None if of.get(name) is None else squeezed(of[name]) for of in (was, now)]
            if texts[0] == texts[1]:
                continue
            title = f"fields.{table}.{name}"
            felt = [
                one
                for one, change in changed.items()
                if change.action in ("changed", "renamed")
                and change.old_definition != change.definition
                and (table, name) in {key[:2] for key in fields_used(titles[one], new.fields)}
            ]
            yield _beside("fields", title, texts[0], texts[1], felt)


def _unsaid(catalogue: Catalogue) -> tuple[str, ...]:
    return tuple(title for title, one in _titles(catalogue).items() if one.variant is None and not one.private)


def _headline(old: Catalogue, new: Catalogue) -> Iterator[Change]:
    # Where neither side says what the headline is, it follows from the metrics that came and went.
    said = any(catalogue.headline != _unsaid(catalogue) for catalogue in (old, new))
    if said and old.headline != new.headline:
        texts = (shown(old.headline), shown(new.headline))
        yield Change("headline", "headline", "changed", "wording", (Detail("headline", *texts, "wording"),), "headline")
