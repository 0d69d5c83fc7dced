"""Two catalogues compared by what they mean, not by how they are written.

A metric's keys are taken from its dataclasses, so a key that is new to the grammar is compared as well. Which grade a
difference has is decided by the definition hash first: where it differs, the number can. ``unit`` is added to that,
because a number in minutes that was one in seconds is another number to its reader.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cxkpi.catalogue.load import Catalogue
from cxkpi.catalogue.meaning.changes import Change, Comparison, Detail, Grade, Pair, gravest, reaches
from cxkpi.catalogue.meaning.hashes import month_lengths, plain, unordered
from cxkpi.catalogue.meaning.renaming import Names, read_in, retold, table_under, tables_renamed
from cxkpi.catalogue.meaning.words import (
    ABSENT,
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
from cxkpi.documents.spelling import nearest
from cxkpi.errors import Place, Problem, UsageError
from cxkpi.kinds.definition import Example, Metric
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
    found = _pairs(old, new)
    titles = _titles(new)
    changed: dict[str, Change] = {}
    for title in titles:
        if title in found.pairs:
            change = _Compared(found, titles, old, new).change(title)
            if change is not None:
                changed[title] = change
    changed = _dated(changed, titles)
    changed |= {metric.title: _lonely(metric, "added") for metric in found.come}
    metrics = [changed[title] for title in titles if title in changed]
    metrics += [_lonely(metric, "removed") for metric in found.gone]
    beside = [*_calendar(old, new, found), *_defaults(old, new, changed)]
    beside += [*_tables(old, new, found), *_fields(old, new, found), *_headline(old, new, found)]
    return Comparison(
        old=old.path,
        new=new.path,
        old_hash=old.hash,
        new_hash=new.hash,
        changes=(*beside, *metrics),
        pairs=(
            *((found.pairs.get(title), title) for title in titles),
            *((metric.title, None) for metric in found.gone),
        ),
        unchanged=len(found.pairs) - sum(change.action in ("changed", "renamed") for change in changed.values()),
    )


def choose(comparison: Comparison, names: Sequence[str]) -> tuple[Pair, ...]:
    """The metrics that are named as either side calls them. UsageError for a name neither side has."""
    known = {title: pair for pair in comparison.pairs for title in reversed(pair) if title is not None}
    problems = []
    for name in names:
        if name not in known:
            near = nearest(name, known)
            hint = f"Did you mean '{near}'?" if near is not None else None
            problems.append(Problem("U136", f"neither catalogue has a metric '{name}'.", None, hint))
    if problems:
        raise UsageError(*problems)
    return tuple(dict.fromkeys(known[name] for name in names))


def _titles(catalogue: Catalogue) -> Mapping[str, Metric]:
    return {metric.title: metric for metric in catalogue.metrics.values()}


@dataclass(frozen=True, slots=True)
class _Pairs:
    """``pairs``: title in NEW to that in OLD; ``come`` and ``gone``: metrics of one side alone.

    ``before``: the metrics of OLD by their titles, as written; ``told``: with the names and definitions they have
    where everything they read is called as in NEW; ``names``: how that is.
    """

    pairs: Mapping[str, str]
    come: tuple[Metric, ...]
    gone: tuple[Metric, ...]
    before: Mapping[str, Metric]
    told: Mapping[str, Metric]
    names: Names


def _pairs(old: Catalogue, new: Catalogue) -> _Pairs:
    """Which metric of OLD goes on as which of NEW.

    A metric that went goes on under another name where a new one has its definition, kind and unit; among several the
    one that is the same variant of its metric, then the one whose label is the same, then the first. What reads it may
    have been renamed too, and is found once the first one is.
    """
    before, after = _titles(old), _titles(new)
    names = Names({}, tables_renamed(old.tables, new.tables))
    while True:
        told = retold(before, names, old.timezone, month_lengths(old.calendar))
        # In which zone days are counted is one change, and no reason to take a metric for another one.
        alike = told
        if gone := {title: metric for title, metric in told.items() if title not in after}:
            calendar = (new.timezone, month_lengths(new.calendar))
            if calendar != (old.timezone, month_lengths(old.calendar)):
                alike = read_in(told, names, *calendar)
                gone = {title: alike[title] for title in gone}
        renamed = _renamed(gone, [metric for title, metric in after.items() if title not in before])
        if len(renamed) <= len(names.titles):
            break
        names = Names(renamed, names.tables)
    was = {new_title: old_title for old_title, new_title in names.titles.items()}
    pairs = {title: was.get(title, title) for title in after if title in before or title in was}
    return _Pairs(
        pairs=pairs,
        come=tuple(metric for title, metric in after.items() if title not in pairs),
        gone=tuple(metric for title, metric in before.items() if title not in after and title not in names.titles),
        before=before,
        told=told,
        names=names,
    )


def _renamed(gone: Mapping[str, Metric], come: Iterable[Metric]) -> dict[str, str]:
    """Title in OLD to title in NEW, of metrics that are the same but for their names."""
    left = list(gone.values())
    found = {}
    for metric in come:
        same = [
            one for one in left if (one.definition, one.kind, one.unit) == (metric.definition, metric.kind, metric.unit)
        ]
        if same:
            chosen = min(
                same, key=lambda one: (one.variant != metric.variant, one.label != metric.label, left.index(one))
            )
            found[chosen.title] = metric.title
            left.remove(chosen)
    return found


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


class _Compared:
    """One metric of both sides; ``written`` as OLD wrote it, ``before`` with the names of NEW."""

    def __init__(self, found: _Pairs, titles: Mapping[str, Metric], old: Catalogue, new: Catalogue) -> None:
        self.found, self.titles, self.old, self.new = found, titles, old, new

    def change(self, title: str) -> Change | None:
        was = self.found.pairs[title]
        written, before, after = self.found.before[was], self.found.told[was], self.titles[title]
        details = [*self._keys(written, before, after), *self._spec(written, before, after)]
        details += _versions(written, before, after)
        if before.definition != after.definition:
            details += self._unseen(before, after, alone=not any(detail.grade == "meaning" for detail in details))
        renamed = was != title
        if not details and not renamed:
            return None
        grades = [detail.grade for detail in details]
        return Change(
            section="metrics",
            title=title,
            action="renamed" if renamed else "changed",
            grade=gravest([*grades, "wording"] if renamed else grades),
            details=tuple(details),
            old_title=was,
            label=after.label,
            old_definition=written.definition,
            definition=after.definition,
            since=_since(before, after),
        )

    def _keys(self, written: Metric, before: Metric, after: Metric) -> Iterator[Detail]:
        """The keys every metric may have."""
        for field in dataclasses.fields(Metric):
            name = field.name
            if name in _NAMES or name in ("spec", "versions"):
                continue
            was, now = getattr(before, name), getattr(after, name)
            unheeded = name == "min_group" and before.protects is None and after.protects is None
            if unheeded or (_plain(was) == _plain(now) and getattr(written, name) == was):
                continue
            grade: Grade = "wording" if name in WORDING else "meaning" if name in MEANING else "target"
            texts = (_value(getattr(written, name), written, name), _value(now, after, name))
            if _plain(unordered(name, was)) == _plain(unordered(name, now)):
                grade = "none"
                if texts[0] == texts[1]:
                    continue
            elif name == "examples":
                texts = _examples(before.examples, after.examples)
            # Both sides take the default, so it is the default that changed.
            inherited = name in _DEFAULTS and (was, now) == (getattr(self.old, name), getattr(self.new, name))
            yield Detail(name, *texts, grade, f"defaults.{name}" if inherited else None)

    def _spec(self, written: Metric, before: Metric, after: Metric) -> Iterator[Detail]:
        """The keys of the kind. Another kind has other keys, and says so by itself."""
        said = {leaf.key: leaf for leaf in leaves(written.spec)}
        was = {leaf.key: leaf for leaf in leaves(before.spec)}
        now = {leaf.key: leaf for leaf in leaves(after.spec)}
        for key in dict.fromkeys([*now, *was]):
            left, right = (None if leaf is None else leaf.value for leaf in (was.get(key), now.get(key)))
            last = key.rpartition(".")[2]
            same = _plain(unordered(last, left)) == _plain(unordered(last, right))
            old, new = _text(said.get(key)), _text(now.get(key))
            if same and old != new:
                yield Detail(key, old, new, "none")
            elif not same and (old, new) != (None, None):
                yield Detail(
                    key, old, new, "meaning", self._through(left, right, before, after) if old == new else None
                )

    def _through(self, left: Any, right: Any, before: Metric, after: Metric) -> str | None:
        """What an expression that reads the same as before means something else by."""
        if not isinstance(left, Expression) or not isinstance(right, Expression):
            return None
        old, new = self.old, self.new
        was = {(table, name): text for table, name, text in fields_used(before, old.fields)}
        now = {(table, name): text for table, name, text in fields_used(after, new.fields)}
        names = {f"fields.{'.'.join(key)}" for key in {*was, *now} if was.get(key) != now.get(key)}
        words = set(re.findall(r"\w+", right.text))
        mentioned = [name for name in sorted(names) if name.rsplit(".", 1)[-1] in words]
        found = mentioned or sorted(names)
        if found:
            return found[0]
        if _OPEN in right.text and _plain(old.hours) != _plain(new.hours):
            return "calendar.hours"
        return "calendar.timezone" if old.timezone != new.timezone else None

    def _unseen(self, before: Metric, after: Metric, *, alone: bool) -> Iterator[Detail]:
        """What a metric is read with and that has changed; ``alone``: no key of its own says why it means otherwise."""
        old, new = self.old, self.new
        if old.timezone != new.timezone:
            if alone:
                yield Detail("timezone", old.timezone, new.timezone, "meaning", "calendar.timezone")
            return
        found = [detail for title in metrics_read(after.spec) for detail in self._read(title)]
        yield from found
        if alone and not found:
            yield Detail("definition", before.definition, after.definition, "meaning")

    def _read(self, title: str) -> Iterator[Detail]:
        """What has changed of a metric that is read: its numbers, or else what they are held to."""
        was = self.found.pairs.get(title)
        if was is None:
            return
        before, after = self.found.told[was], self.titles[title]
        if before.definition != after.definition:
            yield Detail("reads", was, title, "meaning", f"metrics.{title}")
            return
        for one in [
            *self._keys(self.found.before[was], before, after),
            *_versions(self.found.before[was], before, after),
        ]:
            if one.grade == "target":
                was_held, held = (f"{one.key} {ABSENT if text is None else text}" for text in (one.old, one.new))
                yield Detail(f"reads {title}", was_held, held, "meaning", f"metrics.{title}")


def _text(leaf: Leaf | None) -> str | None:
    return None if leaf is None or leaf.value in (None, ()) else shown(leaf.value, leaf.role)


def _versions(written: Metric, before: Metric, after: Metric) -> Iterator[Detail]:
    """What holds from some day on, by that day."""
    was, now = dict(versions(written)), dict(versions(after))
    for day in sorted({*was, *now}):
        left, right = was.get(day), now.get(day)
        one, two = (_in_force(metric, day) for metric in (before, after))
        grade: Grade = "none"
        if one.definition != two.definition:
            grade = "meaning"
        elif _judged(one) != _judged(two):
            grade = "target"
        if left != right and (left or right):
            yield Detail(f"versions.{day}", left, right, grade)


def _in_force(metric: Metric, day: str) -> Metric:
    """The metric as it is on a day, ``""`` for before all days."""
    there = [version.metric for version in metric.versions if version.since is None or f"{version.since}" <= day]
    return there[-1] if there else metric


def _judged(metric: Metric) -> Any:
    """What of a metric decides its verdicts."""
    names = [field.name for field in dataclasses.fields(Metric) if field.name not in WORDING | MEANING | _NAMES]
    return [_plain(unordered(name, getattr(metric, name))) for name in names]


def _since(before: Metric, after: Metric) -> date | None:
    """The day from which numbers or verdicts can differ, where those before it cannot."""
    days = sorted({version.since for side in (before, after) for version in side.versions if version.since is not None})
    for day in (None, *days):
        one, two = (_in_force(metric, "" if day is None else f"{day}") for metric in (before, after))
        if one.definition != two.definition or _judged(one) != _judged(two):
            return day
    return None


def _dated(changed: Mapping[str, Change], titles: Mapping[str, Metric]) -> dict[str, Change]:
    """A metric that differs only by those it reads does so from the day on from which one of them does.

    Unless its rows of one period are judged by those of later ones.
    """

    def since(title: str) -> date | None:
        change = changed[title]
        felt = [one for one in change.details if reaches(one.grade, "target")]
        read = {(one.via or "").removeprefix("metrics.") for one in felt if one.key.startswith("reads")}
        if change.since is not None or not felt or not all(one.key.startswith("reads") for one in felt):
            return change.since
        if titles[title].kind in ("repeat", "time_to_event"):
            return None
        days = [since(one) for one in read]
        return None if None in days else min(day for day in days if day is not None)

    return {title: dataclasses.replace(change, since=since(title)) for title, change in changed.items()}


def _plain(value: Any) -> Any:
    """As ``meaning.plain``, without the places where things stand; lists of mappings keep their order."""
    if isinstance(value, Place):
        return None
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if is_part(value):
        named = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {name: _plain(unordered(name, part)) for name, part in named}
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
        return _named(enumerate(value, start=1))
    return shown(value)


def _named(examples: Iterable[tuple[int, Example]]) -> str:
    return "; ".join(example.name or f"example {at}" for at, example in examples)


def _examples(was: Sequence[Example], now: Sequence[Example]) -> tuple[str | None, str | None]:
    """Those that came, went, or hold something else."""
    one, two = ([_plain(example) for example in side] for side in (was, now))
    gone = [(at, example) for at, example in enumerate(was, start=1) if one[at - 1] not in two]
    come = [(at, example) for at, example in enumerate(now, start=1) if two[at - 1] not in one]
    if not gone and not come:
        return "in another order", "in another order"
    return _named(gone) or None, _named(come) or None


# -- beside the metrics ------------------------------------------------------------------------------------------------


def _calendar(old: Catalogue, new: Catalogue, found: _Pairs) -> Iterator[Change]:
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
                titles = _titles(new)
                reached = [one for one in _means_otherwise(found, titles) if _OPEN in str(plain(titles[one].spec))]
            else:
                reached = list(_titles(new))
            grade: Grade = _OF_CALENDAR.get(name, "meaning") if reached else "none"
            title = f"calendar.{name}"
            yield Change(
                "calendar", title, "changed", grade, (Detail(name, left, right, grade),), title, reaches=tuple(reached)
            )


def _means_otherwise(found: _Pairs, titles: Mapping[str, Metric]) -> list[str]:
    """The metrics of both sides whose definition is another one, whatever things are called."""
    return [one for one, was in found.pairs.items() if found.told[was].definition != titles[one].definition]


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


def _tables(old: Catalogue, new: Catalogue, found: _Pairs) -> Iterator[Change]:
    """Declared columns and tables: felt in the metrics that read them."""
    pairs, names = found.pairs, found.names.tables
    before = {names.get(name, name): table_under(one, names.get(name, name), names) for name, one in old.tables.items()}
    for was, now in names.items():
        yield Change("tables", f"tables.{now}", "renamed", "wording", old_title=f"tables.{was}")
    for table in dict.fromkeys([*new.tables, *before]):
        one, two = before.get(table), new.tables.get(table)
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
            searched = field.name == "lookups" and list(was) != list(now)
            if was != now or searched:
                if field.name == "lookups":
                    felt = [title for title in pairs if _led_elsewhere(_titles(new)[title], before, new.tables)]
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


def _fields(old: Catalogue, new: Catalogue, found: _Pairs) -> Iterator[Change]:
    """Named fields: felt where a metric's definition changed and its expressions mention them."""
    titles, names = _titles(new), found.names.tables
    before = {names.get(table, table): texts for table, texts in old.fields.items()}
    for table in dict.fromkeys([*new.fields, *before]):
        was, now = before.get(table, {}), new.fields.get(table, {})
        called = _fields_renamed(was, now)
        for name, other in called.items():
            titles_of = (f"fields.{table}.{other}", f"fields.{table}.{name}")
            yield Change("fields", titles_of[0], "renamed", "none", old_title=titles_of[1])
        for name in dict.fromkeys([*now, *was]):
            if name in called or name in called.values():
                continue
            texts = [None if of.get(name) is None else squeezed(of[name]) for of in (was, now)]
            if texts[0] == texts[1]:
                continue
            title = f"fields.{table}.{name}"
            felt = [
                one
                for one in _means_otherwise(found, titles)
                if (table, name) in {key[:2] for key in fields_used(titles[one], new.fields)}
            ]
            yield _beside("fields", title, texts[0], texts[1], felt)


def _fields_renamed(was: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """What NEW calls a field that has another name and the same text."""
    found: dict[str, str] = {}
    for name, text in was.items():
        if name not in now:
            for other, same in now.items():
                if other not in was and other not in found.values() and squeezed(same) == squeezed(text):
                    found[name] = other
                    break
    return found


def _unsaid(catalogue: Catalogue) -> tuple[str, ...]:
    return tuple(title for title, one in _titles(catalogue).items() if one.variant is None and not one.private)


def _headline(old: Catalogue, new: Catalogue, found: _Pairs) -> Iterator[Change]:
    # Where neither side says what the headline is, it follows from the metrics that came and went.
    said = any(catalogue.headline != _unsaid(catalogue) for catalogue in (old, new))
    if said and old.headline != new.headline:
        texts = (shown(old.headline), shown(new.headline))
        same = tuple(found.names.title(title) for title in old.headline) == new.headline
        grade: Grade = "none" if same else "wording"
        yield Change("headline", "headline", "changed", grade, (Detail("headline", *texts, grade),), "headline")
