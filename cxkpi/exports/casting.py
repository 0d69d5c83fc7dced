"""A rule's text to the values of its column: one date format per file, and which cells could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from cxkpi.documents.spelling import listed
from cxkpi.exports import values
from cxkpi.exports.cells import mapped, null_words
from cxkpi.exports.formats import evident_format, one_format
from cxkpi.exports.profile import Profile, Rule
from cxkpi.exports.texts import Key, Texts, text_key
from cxkpi.tables import Column, ColumnType, Table


@dataclass(frozen=True, slots=True)
class Cast:
    """A canonical column of the records: values, the text they came from, and what is wrong with which.

    ``bad``: what is written cannot be read. ``distant``: of those, the dates in years nobody means; ``unset``: of
    those, the dates that systems write for no date; ``comma``: of those, the numbers with a comma of which the profile
    does not say what it parts. ``refused``: what was read but may not be, with the reason.
    ``second``: of local times that occur twice, the second instant they can mean, otherwise null.
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


class _Typed(NamedTuple):
    values: pl.Series
    second: pl.Series | None = None


class Caster:
    """The rules of a profile applied to the texts of one file; what was read once is kept.

    ``zones``: heading -> how its local times were turned into instants, with what was doubtful.
    """

    def __init__(self, texts: Texts, profile: Profile, tables: Mapping[str, Table], timezone: str) -> None:
        self.texts = texts
        self.profile = profile
        self.tables = tables
        self.timezone = timezone
        self.zones: dict[str, values.Zone] = {}
        self._formats: dict[tuple[str, ...], str] = {}
        self._parsed_already: dict[str, _Typed] = {}
        self._cast_already: dict[tuple[str, ColumnType], Cast] = {}
        self._local_already: dict[tuple[Key, str], pl.Series] = {}
        self._read_already: dict[Key, pl.Series] = {}

    def look_ahead(self) -> None:
        """Conditions, texts, first readings and formats of every rule in a few passes over many columns each.

        What is looked up later is the same; column by column it would take many times as long. Raises InputError where
        dates can be read in two ways, or in none for the whole column.
        """
        rules = [(rule, kind) for rule, kind in self._rules() if self.texts.supplied(rule)]
        templates = [rows for templates in self.profile.tables.values() for rows in templates]
        self.texts.hold([*(rows.when for rows in templates), *(say.when for say in self.profile.notes)])
        self.texts.hold(rule.when for rule, _ in rules if rule.when)
        self.texts.prepare(rule for rule, _ in rules)
        wanted: dict[Key, tuple[pl.Series, pl.Expr]] = {}
        for rule, kind in rules:
            if not rule.values and rule.filled is None:
                reading = _reading(rule, kind, str(len(wanted)))
                if reading is not None:
                    wanted.setdefault((text_key(rule), *reading[0]), (self.texts.of(rule), reading[1]))
            for heading in rule.plus:
                reading = _reading(rule, "duration", str(len(wanted)))
                if reading is not None:
                    wanted.setdefault((self.texts.column(heading), *reading[0]), (self.texts.cell(heading), reading[1]))
        if wanted:
            texts = pl.DataFrame([text.alias(str(number)) for number, (text, _) in enumerate(wanted.values())])
            read = texts.select(reading.alias(str(number)) for number, (_, reading) in enumerate(wanted.values()))
            self._read_already.update(zip(wanted, read.get_columns(), strict=True))
        self._decide_formats()

    def cast(self, rules: Sequence[Rule], column: Column) -> Cast:
        """A column by the first of several rules that has something in a record."""
        first, *others = [self._cast(rule, column) for rule in rules]
        for other in others:
            use = first.values.is_null() & ~first.bad
            if use.any():
                first = _filled_up(first, other, use)
        return first

    def version(self, rule: Rule) -> pl.Series:
        """The version of every record as a number: an instant's microseconds, or what the cell counts."""
        text = self.texts.of(rule)
        instants = self._parsed(text, rule, "instant").values
        if rule.format or instants.null_count() <= text.null_count():
            return instants.dt.timestamp("us").cast(pl.Float64)
        return values.numbers(values.pointed(text) if rule.decimal == "," else text, None, rule.decimal)

    def _rules(self) -> Iterator[tuple[Rule, ColumnType]]:
        if self.profile.version is not None:
            yield self.profile.version, "instant"
        for name, templates in self.profile.tables.items():
            for rows in templates:
                for column, alternatives in rows.rules.items():
                    yield from ((rule, self.tables[name].columns[column].type) for rule in alternatives)

    def _decide_formats(self) -> None:
        """One format per list of formats, from every value of every column that declares the list."""
        wanted: dict[tuple[str, ...], list[Rule]] = {}
        for rule, _ in self._rules():
            if rule.format and self.texts.supplied(rule):
                wanted.setdefault(rule.format, []).append(rule)
        for formats, users in wanted.items():
            if len(formats) == 1:
                self._formats[formats] = formats[0]
                continue
            texts = {text_key(rule): self.texts.of(rule) for rule in users}
            evident = evident_format(formats, tuple(texts.values()))
            if evident is not None:
                self._formats[formats] = evident[0]
                self._local_already.update(
                    ((key, evident[0]), read) for key, read in zip(texts, evident[1], strict=True)
                )
                continue
            seen = pl.concat([self.texts.of(rule).alias("text").to_frame() for rule in users])["text"]
            heading = listed(dict.fromkeys(f"'{self.texts.heading(rule)}'" for rule in users)).replace(" or ", " and ")
            self._formats[formats] = one_format(self.texts.path, heading, formats, seen.drop_nulls().unique().sort())

    def _cast(self, rule: Rule, column: Column) -> Cast:
        # Several columns are often read from one cell by the same rule.
        key = (rule.model_dump_json(), column.type)
        if key not in self._cast_already:
            self._cast_already[key] = self._fresh_cast(rule, column)
        return self._cast_already[key]

    def _fresh_cast(self, rule: Rule, column: Column) -> Cast:
        text = self.texts.of(rule)
        heading = self.texts.heading(rule)
        bad = self.texts.none
        if rule.filled is not None:
            return Cast(text.is_not_null() if rule.filled else text.is_null(), text, heading, bad)
        if rule.values:
            meant = mapped(text, rule)
            bad = text.is_not_null() & meant.is_null() & ~null_words(text, rule)
            found, second = self._typed(meant, rule, column.type)
        else:
            found, second = self._parsed(text, rule, column.type)
            if found.null_count() > text.null_count():
                bad = text.is_not_null() & found.is_null()
        distant = unset = comma = None
        if column.type in ("number", "integer", "duration") and rule.decimal is None and not rule.values and bad.any():
            comma = bad & values.doubtful(text)
        if column.type in ("instant", "date") and bad.any():
            distant, unset = _distant(text, bad, rule)
        if rule.plus:
            added, plus_bad = self._added(rule)
            later = _plus(found, added)
            found = values.sensible(later)
            second = None if second is None else _plus(second, added)
            bad = bad | plus_bad
            if found.null_count() > later.null_count():
                beyond = found.is_null() & later.is_not_null()
                bad = bad | beyond
                distant = beyond if distant is None else distant | beyond
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
        return Cast(found, self.texts.written(rule), heading, bad, refused, distant, unset, second, comma)

    def _parsed(self, text: pl.Series, rule: Rule, kind: ColumnType) -> _Typed:
        """As ``_typed``; several columns may begin with the same cell and differ in what is done next."""
        key = rule.model_dump_json(exclude={"plus", "when", "required", "scale", "login"}) + kind
        if key not in self._parsed_already:
            self._parsed_already[key] = self._typed(text, rule, kind)
        return self._parsed_already[key]

    def _typed(self, text: pl.Series, rule: Rule, kind: ColumnType) -> _Typed:
        format = self._formats[rule.format] if rule.format else None
        read = local = None
        if not rule.values:
            reading = _reading(rule, kind, "")
            read = None if reading is None else self._read_already.get((text_key(rule), *reading[0]))
            if rule.decimal == "," and kind in ("number", "integer", "duration"):
                text = values.pointed(text)
            local = None if format is None else self._local_already.get((text_key(rule), format))
        match kind:
            case "text":
                return _Typed(text)
            case "instant":
                zone = self.zones.setdefault(self.texts.heading(rule), values.Zone(self.timezone))
                return _Typed(*values.instants(text, format, zone, local))
            case "date":
                return _Typed(values.dates(text, format, local))
            case "duration":
                return _Typed(values.durations(text, rule.unit, read))
            case "number":
                return _Typed(values.numbers(text, read, rule.decimal))
            case "integer":
                return _Typed(values.integers(text, read, rule.decimal))
            case "boolean":
                return _Typed(values.booleans(text, rule.true, rule.false) if read is None else read)

    def _added(self, rule: Rule) -> tuple[pl.Series, pl.Series]:
        """The sum of the durations a rule adds to its instant; an empty cell adds nothing."""
        total = pl.repeat(0.0, self.texts.height, eager=True, dtype=pl.Float64)
        bad = self.texts.none
        for heading in rule.plus:
            text = self.texts.cell(heading)
            reading = _reading(rule, "duration", "")
            already = None
            if reading is not None:
                already = self._read_already.get((self.texts.column(heading), *reading[0]))
            number = values.pointed(text) if rule.decimal == "," else text
            seconds = values.durations(number, rule.unit, already)
            bad = bad | (text.is_not_null() & seconds.is_null())
            total = total + seconds.fill_null(0.0)
        total = total.set(bad, None)
        return (total * 1e6).round().cast(pl.Int64).cast(pl.Duration("us")), bad


def _filled_up(first: Cast, other: Cast, use: pl.Series) -> Cast:
    """``first``, with what ``other`` has where ``use`` holds."""
    frame = pl.DataFrame({"use": use, "a": first.values, "b": other.values, "s": first.text, "t": other.text})
    chosen = frame.select(
        pl.when("use").then("b").otherwise("a").alias("values"),
        pl.when("use").then("t").otherwise("s").alias("text"),
    )
    second = first.second
    if other.second is not None:
        kept = pl.repeat(None, use.len(), eager=True, dtype=other.second.dtype) if second is None else second
        second = kept.zip_with(~use, other.second)
    return Cast(
        chosen["values"],
        chosen["text"],
        first.heading,
        first.bad | (use & other.bad),
        [*first.refused, *((mask & use, reason) for mask, reason in other.refused)],
        _either(first.distant, other.distant, use),
        _either(first.unset, other.unset, use),
        second,
        _either(first.comma, other.comma, use),
    )


def _either(first: pl.Series | None, other: pl.Series | None, use: pl.Series) -> pl.Series | None:
    if other is None:
        return first
    return (other & use) if first is None else first | (other & use)


def _distant(text: pl.Series, bad: pl.Series, rule: Rule) -> tuple[pl.Series, pl.Series]:
    """Which unreadable cells hold a date all the same, in a year nobody means; and which of them mean no date."""
    years = values.of_any_year(text.filter(bad), rule.format)
    at = bad.arg_true()
    unset = years.dt.date().is_in(list(values.UNSET)).fill_null(False)
    # ``scatter`` writes into the series it is called on.
    return (bad & False).scatter(at, years.is_not_null()), (bad & False).scatter(at, unset)


def _plus(at: pl.Series, by: pl.Series) -> pl.Series:
    return pl.DataFrame({"at": at, "by": by}).select(pl.col("at") + pl.col("by")).to_series()


def _reading(rule: Rule, kind: ColumnType, column: str) -> tuple[Key, pl.Expr] | None:
    """How the text in ``column`` is read at first, and what decides that; None where there is more to it."""
    text = pl.col(column)
    if rule.decimal == ",":
        return None
    match kind:
        case "duration":
            return ("duration", rule.unit), values.as_duration(text, rule.unit)
        case "number" | "integer":
            return ("number",), values.as_number(text)
        case "boolean":
            return ("boolean", rule.true, rule.false), values.as_boolean(text, rule.true, rule.false)
        case _:
            return None
