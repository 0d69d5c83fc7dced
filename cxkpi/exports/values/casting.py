"""A rule's text to the values of its column, by what was decided for the file; and which cells could not be read."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import polars as pl

from cxkpi.exports.profile import Profile, Rule
from cxkpi.exports.values import instants
from cxkpi.exports.values import numbers as values
from cxkpi.exports.values.cells import mapped, null_words, tidy_identifiers
from cxkpi.exports.values.columns import chosen
from cxkpi.exports.values.durations import durations, in_seconds
from cxkpi.exports.values.few import Few
from cxkpi.exports.values.formats import first_read
from cxkpi.exports.values.texts import Key, Texts, text_key
from cxkpi.exports.values.zones import RowZones
from cxkpi.tables import Column, ColumnType, Table

_AGES = 1e11
"""Seconds; a duration longer than three thousand years is none that an instant can be moved by."""
AMOUNTS = ("duration", "number", "integer")


@dataclass(frozen=True, slots=True)
class Decisions:
    """What holds for all records of a file.

    ``formats``: formats a profile declares -> the one the file is written in; ``ties``: those that read the same as it
    in all that was seen. ``units``: candidates -> the one. ``hundreds``: headings of percentages that count to 100.
    ``counted``: versions without a format are numbers and no instants. ``points``: heading -> whether ``1.234`` may be
    a thousand and more there; not known of others.
    """

    formats: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    ties: Mapping[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    units: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    hundreds: frozenset[str] = frozenset()
    counted: bool = False
    points: Mapping[str, bool] = field(default_factory=dict)

    def format(self, rule: Rule) -> str | None:
        """The format of a rule; None where it declares none."""
        if len(rule.format) == 1:
            return rule.format[0]
        return self.formats.get(rule.format, rule.format[0]) if rule.format else None

    def unit(self, rule: Rule) -> str:
        """The unit of a rule's plain numbers."""
        return rule.unit[0] if len(rule.unit) == 1 else self.units.get(rule.unit, rule.unit[0])


@dataclass(frozen=True, slots=True)
class Cast:
    """A canonical column of the records: values, the text they came from, and what is wrong with which.

    ``bad``: what is written cannot be read. ``distant``: of those, the dates in years nobody means; ``unset``: of
    those, the dates that systems write for no date; ``comma`` and ``point``: of those, the numbers with a sign of which
    the profile does not say what it parts; ``reasons``: why others could not be read. ``refused``: what was read but
    may not be, with the reason. ``second``: of local times that occur twice, the second instant they can mean,
    otherwise null.
    """

    values: pl.Series
    text: pl.Series
    heading: str
    bad: pl.Series
    refused: Sequence[tuple[pl.Series, str]] = field(default_factory=tuple)
    distant: pl.Series | None = None
    unset: pl.Series | None = None
    second: pl.Series | None = None
    comma: pl.Series | None = None
    culprits: Sequence[Culprit] = ()
    point: pl.Series | None = None
    reasons: Mapping[str, pl.Series] = field(default_factory=dict)

    def places(self, rows: pl.Series) -> Iterator[tuple[pl.Series, str, pl.Series]]:
        """``rows`` by the cell that is to blame for them: which, its heading and its text; the own cell last."""
        for culprit in self.culprits:
            here = rows & culprit.rows
            if here.any():
                yield here, culprit.heading, culprit.text
                rows = rows & ~here
        if rows.any() or not self.culprits:
            yield rows, self.heading, self.text


class Culprit(NamedTuple):
    """A cell that a rule adds, subtracts, multiplies with or counts between, and where it cannot be read."""

    rows: pl.Series
    heading: str
    text: pl.Series


class _Typed(NamedTuple):
    values: pl.Series
    second: pl.Series | None = None


class Caster:
    """The rules of a profile applied to the texts of one file; what was read once is kept.

    ``zones``: (heading, zone) -> how its local times were turned into instants, with what was doubtful. ``row_zones``:
    heading of a zone -> what its cells name. ``contradicted``: some value shows that a decision was wrong;
    ``points_doubted``: that of what a point parts. ``mixed``:
    heading -> dates in ISO 8601 among others. ``unversioned``: heading, rows and text of versions that cannot be read.
    ``scaleless``: heading -> shares of which nothing shows whether they count to 1 or to 100, and their text.
    """

    def __init__(
        self, texts: Texts, profile: Profile, tables: Mapping[str, Table], timezone: str, decisions: Decisions
    ) -> None:
        self.texts = texts
        self.profile = profile
        self.tables = tables
        self.timezone = timezone
        self.decisions = decisions
        self.contradicted = False
        self.points_doubted = False
        self.zones: dict[tuple[str, str], instants.Zone] = {}
        self.row_zones: dict[str, RowZones] = {}
        self.mixed: dict[str, tuple[str, pl.Series, pl.Series]] = {}
        self.unversioned: tuple[str, pl.Series, pl.Series] | None = None
        self.scaleless: dict[str, tuple[pl.Series, pl.Series]] = {}
        self._parsed_already: dict[str, _Typed] = {}
        self._cast_already: dict[tuple[str, ColumnType, str], Cast] = {}
        self._local_already: dict[tuple[Key, str], pl.Series] = {}
        self._read_already: dict[Key, pl.Series] = {}
        self._before_when: dict[tuple[str, ColumnType, str], Cast] = {}

    def cast(self, rules: Sequence[Rule], column: Column) -> Cast:
        """A column by the first of several rules that has something in a record."""
        first, *others = [self._cast(rule, column) for rule in rules]
        for other in others:
            if not first.values.has_nulls() or (other.values.null_count() == self.texts.height and not other.bad.any()):
                continue
            use = first.values.is_null() & ~first.bad & (other.values.is_not_null() | other.bad)
            if use.any():
                first = _filled_up(first, other, use)
        return first

    def version(self, rule: Rule) -> pl.Series:
        """The version of every record as a number: an instant's microseconds, or what the cell counts."""
        text = self.texts.of(rule)
        counted = self.decisions.counted and not rule.format
        found = values.numbers(text, None, rule.decimal) if counted else self._instants_of(text, rule)
        if found.null_count() > text.null_count():
            self.unversioned = (self.texts.heading(rule), text.is_not_null() & found.is_null(), text)
            if not rule.format:
                rest = text.filter(self.unversioned[1])
                other = self._instants_of(rest, None) if counted else values.numbers(rest, None, rule.decimal)
                self.contradicted = self.contradicted or other.null_count() < rest.len()
        return found

    def _instants_of(self, text: pl.Series, rule: Rule | None) -> pl.Series:
        """Instants as microseconds; without a rule those in ISO 8601."""
        found = instants.of_any_year(text, ()) if rule is None else self._parsed(text, rule, "instant").values
        return found.dt.timestamp("us").cast(pl.Float64)

    def amount(self, heading: str, rule: Rule, kind: ColumnType) -> pl.Series:
        """The cells under a heading as ``rule`` would read a ``kind``: what it adds, subtracts or multiplies with."""
        text = self.texts.cell(heading)
        read = self._reading(self.texts.column(heading), text, rule, kind)
        if kind == "duration":
            written = values.pointed(text) if rule.decimal == "," else text
            found = durations(written, self.decisions.unit(rule), read, rule.clock)
        else:
            found = values.numbers(text, read, rule.decimal)
        point = self._pointed(text, found, rule, self._named(heading))
        return found if point is None else found.set(point, None)

    # -- one rule -----------------------------------------------------------------------------------------------------

    def _cast(self, rule: Rule, column: Column) -> Cast:
        # Several columns are often read from one cell by the same rule.
        key = (rule.model_dump_json(), column.type, column.role)
        if key not in self._cast_already:
            self._cast_already[key] = self._fresh_cast(rule, column)
        return self._cast_already[key]

    def _fresh_cast(self, rule: Rule, column: Column) -> Cast:
        # Alternatives often differ only in when they hold.
        key = (rule.model_dump_json(exclude={"when"}), column.type, column.role)
        if key not in self._before_when:
            self._before_when[key] = self._whenever(rule, column)
        return self._judged(rule, column, self._before_when[key])

    def _whenever(self, rule: Rule, column: Column) -> Cast:
        """A rule's values before what its condition leaves out, and what may not be, is taken away."""
        heading = self.texts.heading(rule)
        if rule.between:
            seconds, bad, ends = self.elapsed(rule)
            return Cast(seconds, self.texts.written(rule), heading, bad, culprits=ends)
        text = self.texts.of(rule)
        bad = self.texts.none
        point: pl.Series | None = None
        if rule.filled is not None:
            found = text.is_not_null() if rule.filled else text.is_null()
            return Cast(found, text, heading, bad)
        if rule.values:
            meant = self._each(rule, lambda some: mapped(some, rule))
            if meant.null_count() > text.null_count():
                bad = text.is_not_null() & meant.is_null() & ~self._each(rule, lambda some: null_words(some, rule))
            found, second = self._typed(meant, rule, column.type)
        else:
            found, second = self._parsed(text, rule, column.type)
            if column.type in AMOUNTS:
                point = self._pointed(text, found, rule, heading)
                found = found if point is None else found.set(point, None)
            if found.null_count() > text.null_count():
                bad = text.is_not_null() & found.is_null()
        if column.role == "identifier" and column.type == "text":
            found = tidy_identifiers(found) if found is not text else self._each(rule, tidy_identifiers)
        distant = unset = comma = None
        reasons: Mapping[str, pl.Series] = {}
        culprits: Sequence[Culprit] = ()
        if column.type in AMOUNTS and rule.decimal is None and not rule.values and bad.any():
            comma = bad & values.doubtful(text)
        if column.type in ("instant", "date") and bad.any():
            distant, unset, whole = _distant(text, bad, rule)
            reasons = self._placeless(rule, whole, text)
        if rule.times is not None or ((rule.plus or rule.minus) and column.type != "instant"):
            found, culprits = self._reckoned(found, rule, column.type)
            bad = _any_of(bad, culprits)
        elif rule.plus or rule.minus:
            added, culprits = self._added(rule)
            later = _plus(found, added)
            found = instants.sensible(later)
            second = None if second is None else _plus(second, added)
            bad = _any_of(bad, culprits)
            if found.null_count() > later.null_count():
                beyond = found.is_null() & later.is_not_null()
                bad = bad | beyond
                distant = beyond if distant is None else distant | beyond
        return Cast(found, text, heading, bad, (), distant, unset, second, comma, culprits, point, reasons)

    def _judged(self, rule: Rule, column: Column, cast: Cast) -> Cast:
        """What was read, without what may not be or is not wanted."""
        found, bad = cast.values, cast.bad
        if found.dtype == pl.Float64:
            # Nothing is less than nothing: -0.0 becomes 0.
            found = found + 0.0
        refused: list[tuple[pl.Series, str]] = []
        if column.type == "duration":
            negative = found < 0
            if negative.any():
                refused.append((negative.fill_null(False), "a duration cannot be negative"))
        if rule.scale is not None:
            low, high = rule.scale
            outside = (found < low) | (found > high)
            if outside.any():
                refused.append((outside.fill_null(False), f"outside the scale {low:g} to {high:g}"))
        if rule.when:
            held = self.texts.holds(rule.when)
            found = found.set(~held, None)
            bad = bad & held
            refused = [(mask & held, reason) for mask, reason in refused]
        # What the person wrote is shown in rejects, not what was picked out of it.
        text = self.texts.written(rule)
        return replace(cast, values=found, text=text, bad=bad, refused=refused)

    def elapsed(self, rule: Rule) -> tuple[pl.Series, pl.Series, Sequence[Culprit]]:
        """The seconds from one instant to another (``between``), and where which of them cannot be read.

        An end in the hour that the clocks repeat is the second of its two where as the first it would come too early.
        """
        began, ended = (self._end(rule, heading) for heading in rule.between)
        frame = pl.DataFrame({"a": began[0].values, "b": ended[0].values})
        if ended[0].second is not None:
            again = (frame["b"] < frame["a"]) & ended[0].second.is_not_null()
            frame = frame.with_columns(ended[0].second.zip_with(again.fill_null(False), frame["b"]).alias("b"))
        seconds = ((pl.col("b") - pl.col("a")).dt.total_milliseconds() * 0.001).round(3)
        culprits = (began[1], ended[1])
        return frame.select(seconds).to_series(), _any_of(self.texts.none, culprits), culprits

    def _end(self, rule: Rule, heading: str) -> tuple[_Typed, Culprit]:
        one = Rule.model_validate({"from": heading, "format": [*rule.format]})
        one = one.model_copy(update={"timezone": rule.timezone})
        text = self.texts.of(one)
        found = self._parsed(text, one, "instant")
        return found, Culprit(text.is_not_null() & found.values.is_null(), self.texts.heading(one), text)

    def _parsed(self, text: pl.Series, rule: Rule, kind: ColumnType) -> _Typed:
        """As ``_typed``; several columns may begin with the same cell and differ in what is done next."""
        later = {"plus", "minus", "when", "required", "scale", "login", "confirm"}
        if kind in ("instant", "date"):
            # What is added to an instant is in a unit; the instant itself is not.
            later |= {"unit", "clock", "decimal", "times"}
        key = rule.model_dump_json(exclude=later) + kind
        if key not in self._parsed_already:
            self._parsed_already[key] = self._typed(text, rule, kind)
        return self._parsed_already[key]

    def _typed(self, text: pl.Series, rule: Rule, kind: ColumnType) -> _Typed:
        format = self.decisions.format(rule)
        read = None if rule.values else self._reading(self.texts.of_which(rule), text, rule, kind)
        match kind:
            case "text":
                return _Typed(text)
            case "instant":
                zone = self._zone(rule, self.texts.heading(rule), self.texts.zone(rule))
                return _Typed(*instants.instants(text, format, zone, self._local(text_key(rule), text, rule, format)))
            case "date":
                return _Typed(instants.dates(text, format, self._local(text_key(rule), text, rule, format)))
            case "duration":
                written = values.pointed(text) if rule.decimal == "," else text
                found = durations(written, self.decisions.unit(rule), read, rule.clock)
                return _Typed(_since_epoch(text, found, format))
            case "number" if rule.percent:
                return _Typed(self._share(text, rule))
            case "number":
                return _Typed(values.numbers(text, read, rule.decimal))
            case "integer" if rule.times is not None or rule.percent:
                return _Typed(self._share(text, rule) if rule.percent else values.numbers(text, read, rule.decimal))
            case "integer":
                return _Typed(values.integers(text, read, rule.decimal))
            case "boolean":
                if rule.values:
                    return _Typed(values.booleans(text, rule.true, rule.false))
                return _Typed(self._each(rule, lambda some: values.booleans(some, rule.true, rule.false)))

    def _share(self, text: pl.Series, rule: Rule) -> pl.Series:
        heading = self.texts.heading(rule)
        hundred = rule.percent == "hundred" or (rule.percent is True and heading in self.decisions.hundreds)
        found = values.shares(text, hundred, rule.decimal)
        if rule.percent is True and not hundred:
            asked = values.undecided_shares(text, rule.decimal)
            if asked.any():
                self.scaleless[heading] = (asked, text)
                # One such cell may not decide, but those of the whole file may.
                self.contradicted = self.contradicted or values.may_count_to_hundred(text, rule.decimal)
        return found

    def _local(self, key: Key, text: pl.Series, rule: Rule, format: str | None) -> pl.Series | None:
        """The local times of a text by the format decided on; looks whether that decision holds."""
        if format is None:
            return None
        if (key, format) not in self._local_already:
            local = instants.local_times(text, format)
            self._local_already[(key, format)] = local
            if local.null_count() > text.null_count():
                rest = text.filter(local.is_null() & text.is_not_null())
                rest = rest.filter(instants.wall_times(rest, format).is_null())
                others = [other for other in rule.format if other != format]
                if any(first_read(rest, other) for other in others):
                    self.contradicted = True
                iso = instants.read_as_iso(text, format, local.is_null())
                if iso.any() and local.null_count() < local.len() and not format.startswith("%Y"):
                    self.mixed[self.texts.heading(rule)] = (format, iso, text)
            for tie in self.decisions.ties.get(rule.format, ()):
                if not instants.wall_times(text, format).equals(instants.wall_times(text, tie)):
                    self.contradicted = True
        return self._local_already[(key, format)]

    def _zone(self, rule: Rule, heading: str, named: str | None) -> instants.Zone | RowZones:
        """The zone of a rule's local times: its own, that of each row, that in its heading, or that of the file."""
        name = rule.timezone if isinstance(rule.timezone, str) else named or self.timezone
        zone = self.zones.setdefault((heading, name), instants.Zone(name))
        if rule.of_rows is None:
            return zone
        column = self.texts.column(*rule.of_rows.from_)
        key = f"{column} {sorted(rule.of_rows.values.items())} {name}"
        if key not in self.row_zones:
            self.row_zones[key] = RowZones(column, self.texts.cells[column], rule.of_rows.values, zone)
            for own in self.row_zones[key].zones.values():
                self.zones.setdefault((heading, own.name), own)
        return self.row_zones[key]

    def _placeless(self, rule: Rule, dates: pl.Series, text: pl.Series) -> Mapping[str, pl.Series]:
        """Why cells that hold a date and time are no instants."""
        if not dates.any():
            return {}
        if rule.of_rows is not None:
            zones = self._zone(rule, self.texts.heading(rule), self.texts.zone(rule))
            unknown = zones.unknown if isinstance(zones, RowZones) else self.texts.none
            return {"its time zone is not known": dates & unknown}
        format = self.decisions.format(rule)
        if format is not None and instants.has_offset(format):
            return {f"it lacks the offset that {format} asks for": dates}
        return {}

    def _pointed(self, text: pl.Series, found: pl.Series, rule: Rule, heading: str) -> pl.Series | None:
        """Where a point may part thousands, if that is so anywhere; ``found``: what was read of the text."""
        if rule.decimal is not None or rule.values:
            return None
        european = self.texts.delimiter == ";"
        known = self.decisions.points.get(heading)
        # A decimal comma is not read where none was declared.
        if european or (not known and found.null_count() > text.null_count()):
            signs = values.signs_of(text, european)
            if signs is not None and known is not signs.doubtful and (known is None or known or signs.comma):
                self.points_doubted = True
        return values.in_thousands(text) if known else None

    def _reckoned(self, found: pl.Series, rule: Rule, kind: ColumnType) -> tuple[pl.Series, Sequence[Culprit]]:
        """A value when other cells are added, subtracted and multiplied with; and which of these cannot be read."""
        culprits: list[Culprit] = []
        columns: dict[str, pl.Series] = {"found": found.cast(pl.Float64)}
        signs: dict[str, float] = {"found": 1.0}
        for sign, headings in ((1.0, rule.plus), (-1.0, rule.minus)):
            for heading in headings:
                amount = self.amount(heading, rule, kind)
                self._blame(culprits, heading, amount)
                name = f"{len(columns)}"
                columns[name], signs[name] = amount, sign
        total = pl.sum_horizontal(pl.col(name) * sign for name, sign in signs.items())
        # Of nothing nothing is left, whatever is subtracted.
        known = pl.any_horizontal(pl.col(name).is_not_null() for name, sign in signs.items() if sign > 0)
        total = pl.when(known).then(total)
        if rule.times is not None:
            factor = self.amount(rule.times, rule, "number")
            self._blame(culprits, rule.times, factor)
            columns["factor"] = factor
            total = total * pl.col("factor")
        # A sum of decimal fractions is not the nearest double of what it stands for.
        places = 3 if kind == "duration" else 9
        value = pl.DataFrame(columns).select(total.round(places)).to_series()
        if kind == "integer":
            value = value.round().cast(pl.Int64, strict=False) if rule.times is not None else values.whole(value)
        bad = _any_of(self.texts.none, culprits)
        return (value.set(bad, None) if bad.any() else value), culprits

    def _added(self, rule: Rule) -> tuple[pl.Series, Sequence[Culprit]]:
        """The sum of the durations a rule adds to its instant; an empty cell adds nothing."""
        culprits: list[Culprit] = []
        columns: dict[str, pl.Series] = {}
        total = pl.lit(0.0)
        for sign, headings in ((1.0, rule.plus), (-1.0, rule.minus)):
            for heading in headings:
                seconds = self.amount(heading, rule, "duration")
                ages = seconds.abs() > _AGES
                seconds = seconds.set(ages, None) if ages.any() else seconds
                self._blame(culprits, heading, seconds)
                name = str(len(columns))
                columns[name] = seconds
                total = total + sign * pl.col(name).fill_null(0.0)
        bad = _any_of(self.texts.none, culprits)
        added = pl.DataFrame(columns).select((total * 1e6).round().cast(pl.Int64).cast(pl.Duration("us"))).to_series()
        return (added.set(bad, None) if bad.any() else added), culprits

    def _blame(self, culprits: list[Culprit], heading: str, read: pl.Series) -> None:
        """Add the cells under a heading that hold something and cannot be read, if there are such."""
        text = self.texts.cell(heading)
        if read.null_count() > text.null_count():
            culprits.append(Culprit(text.is_not_null() & read.is_null(), self._named(heading), text))

    def _named(self, heading: str) -> str:
        """A heading as the file has it."""
        position = self.texts.position(heading)
        assert position is not None
        return self.texts.headings[position].strip()

    def _reading(self, which: Hashable, text: pl.Series, rule: Rule, kind: ColumnType) -> pl.Series | None:
        """What a text's plain numbers mean; None where it holds none. ``which``: as ``Texts.plain_number`` takes it."""
        if rule.decimal == "," or kind not in AMOUNTS or (kind != "duration" and rule.percent):
            return None
        number = self.texts.plain_number(which, text)
        if kind != "duration":
            return number
        unit = self.decisions.unit(rule)
        key = (which, unit)
        if key not in self._read_already:
            self._read_already[key] = in_seconds(number, unit)
        return self._read_already[key]

    def _each(self, rule: Rule, work: Callable[[pl.Series], pl.Series]) -> pl.Series:
        """``work`` of a rule's text, done once for each different one where they are few."""
        same, text = self.texts.few_of(rule), self.texts.of(rule)
        if same is None:
            return work(text)
        found = work(same.texts)
        if found is same.texts:
            return text
        return self.texts.spread(Few(found, same.codes)) if found.dtype == pl.String else same.spread(found)


def _since_epoch(text: pl.Series, found: pl.Series, format: str | None) -> pl.Series:
    """Durations, and those written as the instant that lies so far behind 1970-01-01."""
    if format is None or found.null_count() == text.null_count():
        return found
    since = instants.local_times(text, format).dt.timestamp("ms") * 0.001
    return pl.DataFrame({"a": found, "b": since}).select(pl.coalesce("a", "b").round(3)).to_series()


def _filled_up(first: Cast, other: Cast, use: pl.Series) -> Cast:
    """``first``, with what ``other`` has where ``use`` holds."""
    found, text = other.values, other.text
    if found.dtype != first.values.dtype:
        frame = pl.DataFrame({"use": use, "a": first.values, "b": found})
        found = frame.select(pl.when("use").then("b").otherwise("a")).to_series()
    elif not use.all():
        found = chosen(use, found, first.values)
    if text.dtype != first.text.dtype:
        frame = pl.DataFrame({"use": use, "s": first.text, "t": text})
        text = frame.select(pl.when("use").then("t").otherwise("s")).to_series()
    elif text is not first.text and not use.all():
        text = chosen(use, text, first.text)
    second = first.second
    if other.second is not None:
        kept = pl.repeat(None, use.len(), eager=True, dtype=other.second.dtype) if second is None else second
        second = kept.zip_with(~use, other.second)
    return Cast(
        found,
        text,
        first.heading,
        first.bad | (use & other.bad),
        [*first.refused, *((mask & use, reason) for mask, reason in other.refused)],
        _either(first.distant, other.distant, use),
        _either(first.unset, other.unset, use),
        second,
        _either(first.comma, other.comma, use),
        (*first.culprits, *(one._replace(rows=one.rows & use) for one in other.culprits)),
        _either(first.point, other.point, use),
        {**first.reasons, **{why: rows & use for why, rows in other.reasons.items() if (rows & use).any()}},
    )


def _either(first: pl.Series | None, other: pl.Series | None, use: pl.Series) -> pl.Series | None:
    if other is None:
        return first
    return (other & use) if first is None else first | (other & use)


def _distant(text: pl.Series, bad: pl.Series, rule: Rule) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Which unreadable cells hold a date all the same, in a year nobody means; which of them mean no date.

    And third those that hold a date of which something else is missing.
    """
    years = instants.of_any_year(text.filter(bad), rule.format)
    at = bad.arg_true()
    unset = years.dt.date().is_in(list(instants.UNSET)).fill_null(False)
    # ``scatter`` writes into the series it is called on.
    near = instants.sensible(years).is_not_null()
    far = years.is_not_null() & ~near
    return (bad & False).scatter(at, far), (bad & False).scatter(at, unset), (bad & False).scatter(at, near)


def _any_of(bad: pl.Series, culprits: Sequence[Culprit]) -> pl.Series:
    for culprit in culprits:
        bad = bad | culprit.rows
    return bad


def _plus(at: pl.Series, by: pl.Series) -> pl.Series:
    return pl.DataFrame({"at": at, "by": by}).select(pl.col("at") + pl.col("by")).to_series()
