"""One file's records to rows of its tables: text by rule, cast by type, and every record that cannot be used named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from cxkpi.documents.spelling import listed
from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports import values
from cxkpi.exports.cells import is_word, mapped, meets, null_words, picked
from cxkpi.exports.formats import one_format
from cxkpi.exports.profile import Condition, Profile, Rows, Rule, normalise
from cxkpi.exports.profile_file import key_columns
from cxkpi.exports.records import name_of
from cxkpi.result import Reject
from cxkpi.tables import Column, ColumnType, Table

_SHORTENED = r"^\d(?:[.,]\d+)?[eE]\+\d+$"

POLARS_TYPES: Mapping[ColumnType, pl.DataType] = {
    "text": pl.String(),
    "number": pl.Float64(),
    "integer": pl.Int64(),
    "boolean": pl.Boolean(),
    "instant": pl.Datetime("us"),
    "date": pl.Date(),
    "duration": pl.Float64(),
}

_IN_ORDER: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "contacts": (("started_at", "ended_at", "it ends before it starts"),),
    "legs": (("started_at", "ended_at", "it ends before it starts"),),
    "cases": (("opened_at", "closed_at", "it is closed before it is opened"),),
    "agents": (("hired_on", "left_on", "it ends before the hire"),),
    "agent_time": (("started_at", "ended_at", "it ends before it starts"),),
    "costs": (("month_start", "month_end", "it ends before it starts"),),
    "people": (("from", "to", "it ends before it starts"),),
}
"""Pairs of columns that must be in order, and the reason a record is rejected with where they are not."""


@dataclass(frozen=True, slots=True)
class Made:
    """What one file's records became.

    ``tables``: table -> its columns, ``source`` and ``line`` (the record's). ``keys``: ``line``, ``key`` (a hash of
    source and the key of the profile's first table) and ``version`` of every accepted record. ``logins``: (table,
    column) -> system.
    """

    tables: Mapping[str, pl.DataFrame]
    keys: pl.DataFrame
    logins: Mapping[tuple[str, str], str]
    supplied: Mapping[str, frozenset[str]]
    rejects: tuple[Reject, ...]
    skipped: int
    blanked: int
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Cast:
    """A canonical column of one template: values, the text they came from, and what is wrong with which."""

    values: pl.Series
    text: pl.Series
    heading: str
    bad: pl.Series
    refused: list[tuple[pl.Series, str]] = field(default_factory=list)


def make(
    path: str,
    cells: pl.DataFrame,
    positions: Mapping[str, int],
    headings: Sequence[str],
    profile: Profile,
    tables: Mapping[str, Table],
    timezone: str,
) -> Made:
    """The rows of one file. Raises InputError where dates can be read in two ways, or in none for the whole column."""
    return _Maker(path, cells, positions, headings, profile, tables, timezone).make()


class _Maker:
    def __init__(
        self,
        path: str,
        cells: pl.DataFrame,
        positions: Mapping[str, int],
        headings: Sequence[str],
        profile: Profile,
        tables: Mapping[str, Table],
        timezone: str,
    ) -> None:
        self.path = path
        self.profile = profile
        self.tables = tables
        self.positions = positions
        self.headings = headings
        self.line = cells["line"]
        self.cells = cells
        self.height = cells.height
        self.timezone = profile.file.timezone or timezone
        self.zones: dict[str, values.Zone] = {}
        self.none = pl.repeat(False, self.height, eager=True, dtype=pl.Boolean)
        self.logins: dict[tuple[str, str], str] = {}
        self.formats: dict[tuple[str, ...], str] = {}
        self.parsed_already: dict[str, pl.Series] = {}
        self.cast_already: dict[tuple[str, ColumnType], _Cast] = {}

    def make(self) -> Made:
        skipped = self.none
        for skip in self.profile.skip:
            if self._present(skip.when):
                skipped = skipped | self._holds(skip.when)
        if skipped.any():
            keep = ~skipped
            self.cells, self.line = self.cells.filter(keep), self.line.filter(keep)
            self.height = self.line.len()
            self.none = self.none.head(self.height)
        self._decide_formats()
        drafts = [
            (self.tables[name], rows, self._draft(self.tables[name], rows))
            for name, templates in self.profile.tables.items()
            for rows in templates
        ]
        rejected, rejects = self._rejects(drafts)
        frames: dict[str, list[pl.DataFrame]] = {}
        supplied: dict[str, set[str]] = {}
        for table, rows, draft in drafts:
            mask = ~rejected & self._rows_mask(rows)
            frames.setdefault(table.name, []).append(self._frame(table, draft, mask))
            supplied.setdefault(table.name, set()).update(draft)
        made = {name: pl.concat(parts).sort("line", maintain_order=True) for name, parts in frames.items()}
        return Made(
            tables=made,
            keys=self._keys(rejected, drafts),
            logins=self.logins,
            supplied={name: frozenset(columns) for name, columns in supplied.items()},
            rejects=rejects,
            skipped=int(skipped.sum()),
            blanked=self._blanked(drafts, rejected),
            notes=self._notes(rejected, self._shortened(drafts)),
        )

    # -- text ---------------------------------------------------------------------------------------------------------

    def _position(self, names: Iterable[str]) -> int | None:
        for name in names:
            position = self.positions.get(normalise(name))
            if position is not None:
                return position
        return None

    def _present(self, when: Mapping[str, Condition]) -> bool:
        return all(self._position((heading,)) is not None for heading in when)

    def _supplied(self, rule: Rule) -> bool:
        if rule.from_ and self._position(rule.from_) is None:
            return False
        others = (*rule.join, *rule.plus)
        return all(self._position((heading,)) is not None for heading in others) and self._present(rule.when)

    def _cell(self, *names: str) -> pl.Series:
        position = self._position(names)
        assert position is not None
        return self.cells[name_of(position)]

    def _holds(self, when: Mapping[str, Condition]) -> pl.Series:
        held = ~self.none
        for heading, condition in when.items():
            held = held & meets(self._cell(heading), condition)
        return held

    def _rows_mask(self, rows: Rows) -> pl.Series:
        return self._holds(rows.when) if self._present(rows.when) else self.none

    def _heading(self, rule: Rule) -> str:
        if rule.join:
            return " + ".join(rule.join)
        position = self._position(rule.from_)
        return "" if position is None else self.headings[position].strip()

    def _written(self, rule: Rule) -> pl.Series:
        """The text a rule starts from, as the file has it."""
        if rule.is_ is not None:
            return pl.repeat(rule.is_, self.height, eager=True, dtype=pl.String)
        if rule.row_number:
            return (self.path + ":" + self.line.cast(pl.String)).alias("")
        if rule.join:
            parts = [self._cell(heading).alias(str(n)) for n, heading in enumerate(rule.join)]
            return pl.DataFrame(parts).select(pl.concat_str(pl.all(), separator=rule.with_)).to_series()
        return self._cell(*rule.from_)

    def _text(self, rule: Rule) -> pl.Series:
        """The text of a rule, ready to be cast."""
        text = self._written(rule)
        if rule.split is not None:
            text = picked(text, rule.split, rule.pick)
        for prefix in rule.strip:
            text = text.str.strip_prefix(prefix)
        if rule.nulls:
            text = text.set(is_word(text, rule.nulls), None)
        if rule.empty is not None:
            text = text.fill_null(rule.empty)
        if rule.lower:
            text = text.str.to_lowercase()
        return text

    # -- casts --------------------------------------------------------------------------------------------------------

    def _decide_formats(self) -> None:
        """One format per list of formats, from every value of every column that declares the list."""
        rules: list[Rule] = [self.profile.version] if self.profile.version else []
        for templates in self.profile.tables.values():
            rules += [rule for rows in templates for options in rows.rules.values() for rule in options]
        wanted: dict[tuple[str, ...], list[Rule]] = {}
        for rule in rules:
            if rule.format and self._supplied(rule):
                wanted.setdefault(rule.format, []).append(rule)
        for formats, users in wanted.items():
            if len(formats) == 1:
                self.formats[formats] = formats[0]
                continue
            seen = pl.concat([self._text(rule).alias("text").to_frame() for rule in users])["text"]
            heading = listed(dict.fromkeys(f"'{self._heading(rule)}'" for rule in users)).replace(" or ", " and ")
            self.formats[formats] = one_format(self.path, heading, formats, seen.drop_nulls().unique().sort())

    def _format(self, rule: Rule) -> str | None:
        return self.formats[rule.format] if rule.format else None

    def _draft(self, table: Table, rows: Rows) -> dict[str, _Cast]:
        draft: dict[str, _Cast] = {}
        for name, alternatives in rows.rules.items():
            usable = [rule for rule in alternatives if self._supplied(rule)]
            if not usable:
                self._insist(table, name, alternatives)
                continue
            draft[name] = self._alternatives(usable, table.columns[name])
            for rule in usable:
                if rule.login is not None:
                    self.logins[(table.name, name)] = rule.login
                if rule.scale is not None:
                    for bound, column in zip(rule.scale, ("scale_min", "scale_max"), strict=True):
                        if column in table.columns:
                            draft[column] = self._constant(bound)
        return draft

    def _insist(self, table: Table, name: str, alternatives: Sequence[Rule]) -> None:
        if any(rule.required for rule in alternatives):
            wanted = [heading for rule in alternatives for heading in (*rule.from_, *rule.join, *rule.plus)]
            names = listed([f"'{heading}'" for heading in wanted])
            message = f"{self.profile.name} reads '{name}' of {table.name} from {names}, which this file does not have."
            raise InputError(
                Problem("I108", message, Place(self.path), "Add the column to the export, or give --profile FILE.")
            )

    def _constant(self, value: float) -> _Cast:
        filled = pl.repeat(value, self.height, eager=True, dtype=pl.Float64)
        return _Cast(filled, filled.cast(pl.String), "", self.none)

    def _alternatives(self, rules: Sequence[Rule], column: Column) -> _Cast:
        first, *others = [self._cast(rule, column) for rule in rules]
        for other in others:
            use = first.values.is_null() & ~first.bad
            frame = pl.DataFrame({"use": use, "a": first.values, "b": other.values, "s": first.text, "t": other.text})
            chosen = frame.select(
                pl.when("use").then("b").otherwise("a").alias("values"),
                pl.when("use").then("t").otherwise("s").alias("text"),
            )
            refused = [*first.refused, *((mask & use, reason) for mask, reason in other.refused)]
            bad = first.bad | (use & other.bad)
            first = _Cast(chosen["values"], chosen["text"], first.heading, bad, refused)
        return first

    def _cast(self, rule: Rule, column: Column) -> _Cast:
        # Several columns are often read from one cell by the same rule.
        key = (rule.model_dump_json(), column.type)
        if key not in self.cast_already:
            self.cast_already[key] = self._fresh_cast(rule, column)
        return self.cast_already[key]

    def _fresh_cast(self, rule: Rule, column: Column) -> _Cast:
        text = self._text(rule)
        heading = self._heading(rule)
        bad = self.none
        if rule.filled is not None:
            return _Cast(text.is_not_null() if rule.filled else text.is_null(), text, heading, bad)
        if rule.values:
            meant = mapped(text, rule)
            bad = text.is_not_null() & meant.is_null() & ~null_words(text, rule)
            found = self._typed(meant, rule, column.type)
        else:
            found = self._parsed(text, rule, column.type)
            bad = text.is_not_null() & found.is_null()
        refused: list[tuple[pl.Series, str]] = []
        if rule.plus:
            added, plus_bad = self._added(rule)
            found = pl.DataFrame({"at": found, "by": added}).select(pl.col("at") + pl.col("by")).to_series()
            bad = bad | plus_bad
        if column.type == "duration":
            negative = (found < 0).fill_null(False)
            refused.append((negative, "a duration cannot be negative"))
        if rule.scale is not None:
            low, high = rule.scale
            outside = ~found.is_between(low, high).fill_null(True)
            refused.append((outside, f"outside the scale {low:g} to {high:g}"))
        if rule.when:
            held = self._holds(rule.when)
            found = found.set(~held, None)
            bad = bad & held
            refused = [(mask & held, reason) for mask, reason in refused]
        # What the person wrote is shown in rejects, not what was picked out of it.
        return _Cast(found, self._written(rule), heading, bad, refused)

    def _parsed(self, text: pl.Series, rule: Rule, kind: ColumnType) -> pl.Series:
        """As ``_typed``; several columns may begin with the same cell and differ in what is done next."""
        key = rule.model_dump_json(exclude={"plus", "when", "required", "scale", "login"}) + kind
        if key not in self.parsed_already:
            self.parsed_already[key] = self._typed(text, rule, kind)
        return self.parsed_already[key]

    def _typed(self, text: pl.Series, rule: Rule, kind: ColumnType) -> pl.Series:
        match kind:
            case "text":
                return text
            case "instant":
                zone = self.zones.setdefault(self._heading(rule), values.Zone(self.timezone))
                return values.instants(text, self._format(rule), zone.to_utc)
            case "date":
                return values.dates(text, self._format(rule))
            case "duration":
                return values.durations(text, rule.unit)
            case "number":
                return values.numbers(text)
            case "integer":
                return values.integers(text)
            case "boolean":
                return values.booleans(text, rule.true, rule.false)

    def _added(self, rule: Rule) -> tuple[pl.Series, pl.Series]:
        """The sum of the durations a rule adds to its instant; an empty cell adds nothing."""
        total = pl.repeat(0.0, self.height, eager=True, dtype=pl.Float64)
        bad = self.none
        for heading in rule.plus:
            text = self._cell(heading)
            seconds = values.durations(text, rule.unit)
            bad = bad | (text.is_not_null() & seconds.is_null())
            total = total + seconds.fill_null(0.0)
        total = total.set(bad, None)
        return (total * 1e6).round().cast(pl.Int64).cast(pl.Duration("us")), bad

    # -- results ------------------------------------------------------------------------------------------------------

    def _rejects(self, drafts: Sequence[tuple[Table, Rows, dict[str, _Cast]]]) -> tuple[pl.Series, tuple[Reject, ...]]:
        rejected = self.none
        found: list[Reject] = []

        def reject(mask: pl.Series, cast: _Cast, column: Column, reason: str) -> None:
            nonlocal rejected
            new = mask.fill_null(False) & ~rejected
            if not new.any():
                return
            rejected = rejected | new
            masked = column.role != "plain"
            for line, value in zip(self.line.filter(new), cast.text.filter(new), strict=True):
                found.append(Reject(self.path, line, cast.heading, value or "", reason, masked))

        for table, rows, draft in drafts:
            here = self._rows_mask(rows)
            keys = key_columns(table)
            for name, cast in draft.items():
                column = table.columns[name]
                required = name in keys or any(rule.required for rule in rows.rules.get(name, ()))
                if required:
                    reject(here & cast.bad, cast, column, f"not {_noun(column.type)}")
                    reject(here & cast.values.is_null() & ~cast.bad, cast, column, "empty")
                for mask, reason in cast.refused:
                    reject(here & mask, cast, column, reason)
            for early, late, reason in _IN_ORDER.get(table.name, ()):
                if early in draft and late in draft:
                    wrong = draft[late].values < draft[early].values
                    reject(here & wrong.fill_null(False), draft[late], table.columns[late], reason)
            if table.name == "intervals":
                owners = [draft[name] for name in ("queue", "agent_id") if name in draft]
                empty = here
                for owner in owners:
                    empty = empty & owner.values.is_null()
                for owner in owners[:1]:
                    reject(empty, owner, table.columns["queue"], "neither a queue nor an agent")
        return rejected, tuple(sorted(found, key=lambda reject: (reject.line, reject.column)))

    def _blanked(self, drafts: Sequence[tuple[Table, Rows, dict[str, _Cast]]], rejected: pl.Series) -> int:
        """Cells that could not be read and were left out, of records that were not rejected; each cell once."""
        by_heading: dict[str, pl.Series] = {}
        for _, rows, draft in drafts:
            here = self._rows_mask(rows) & ~rejected
            for cast in draft.values():
                if cast.bad.any():
                    by_heading[cast.heading] = by_heading.get(cast.heading, self.none) | (here & cast.bad)
        return sum(int(mask.sum()) for mask in by_heading.values())

    def _frame(self, table: Table, draft: Mapping[str, _Cast], mask: pl.Series) -> pl.DataFrame:
        columns = {}
        for name, column in table.columns.items():
            kind = POLARS_TYPES[column.type]
            columns[name] = (
                draft[name].values.cast(kind) if name in draft else pl.repeat(None, self.height, eager=True, dtype=kind)
            )
        return pl.DataFrame({**columns, "source": self._source(), "line": self.line}).filter(mask)

    def _source(self) -> pl.Series:
        """The system a record came from; the plain layouts may name it in a column."""
        if self.profile.closed and "source" in self.positions:
            return self._cell("source").fill_null(self.profile.system)
        return pl.repeat(self.profile.system, self.height, eager=True, dtype=pl.String)

    def _keys(self, rejected: pl.Series, drafts: Sequence[tuple[Table, Rows, dict[str, _Cast]]]) -> pl.DataFrame:
        """What makes two records versions of one another: the key of the first table, constants left out."""
        name = next(iter(self.profile.tables))
        first = [(table, rows, draft) for table, rows, draft in drafts if table.name == name]
        table, _, draft = first[0]
        fixed = [n for n in table.key if all(_is_constant(rows.rules.get(n, ())) for _, rows, _ in first)]
        columns: dict[str, pl.Series] = {n: draft[n].values for n in table.key if n in draft and n not in fixed}
        shape = ";".join(sorted({str(r.rules[n][0].is_) for _, r, _ in first for n in fixed}))
        frame = pl.DataFrame({**columns, "source": self._source()}).with_columns(
            pl.lit(f"{name}:{shape}").alias("shape")
        )
        version = pl.repeat(None, self.height, eager=True, dtype=pl.Float64)
        if self.profile.version is not None and self._supplied(self.profile.version):
            version = self._version(self.profile.version)
        keep = ~rejected
        return pl.DataFrame(
            {
                "line": self.line.filter(keep),
                "key": fingerprint(frame).filter(keep),
                "version": version.filter(keep),
            }
        )

    def _version(self, rule: Rule) -> pl.Series:
        text = self._text(rule)
        instants = self._parsed(text, rule, "instant")
        if rule.format or instants.null_count() <= text.null_count():
            return instants.dt.timestamp("us").cast(pl.Float64)
        return values.numbers(text)

    def _shortened(self, drafts: Sequence[tuple[Table, Rows, dict[str, _Cast]]]) -> list[str]:
        """Headings of identifiers that a spreadsheet has turned into numbers."""
        found = []
        for table, _, draft in drafts:
            for name, cast in draft.items():
                column = table.columns[name]
                if column.role == "identifier" and column.type == "text":
                    odd = cast.values.str.contains(_SHORTENED)
                    if odd.any():
                        found.append(cast.heading)
        return list(dict.fromkeys(found))

    def _notes(self, rejected: pl.Series, headings: Sequence[str]) -> tuple[str, ...]:
        notes = []
        for say in self.profile.notes:
            if self._present(say.when):
                met = int((self._holds(say.when) & ~rejected).sum())
                if met:
                    notes.append(f"{self.path}: {say.say} ({_records(met)}).")
        twice = sum(zone.twice for zone in self.zones.values())
        missing = sum(zone.missing for zone in self.zones.values())
        for heading in headings:
            notes.append(
                f"{self.path}: '{heading}' holds identifiers such as 1.2E+15, which a spreadsheet has shortened; "
                "different records may have become one. Export it again without opening it."
            )
        if twice:
            notes.append(
                f"{self.path}: {_counted(twice, 'local time')} in the hour that {self.timezone} has twice when "
                "clocks go back; each was taken as the first."
            )
        if missing:
            notes.append(
                f"{self.path}: {_counted(missing, 'local time')} in the hour that {self.timezone} skips when "
                "clocks go forward; each was read with the offset before the change. Is the time zone right?"
            )
        return tuple(notes)


def fingerprint(frame: pl.DataFrame) -> pl.Series:
    """A 128-bit number per row that is the same for equal rows: keys are compared by it, at a sixth of their size."""
    high = frame.hash_rows(1).cast(pl.UInt128)
    low = frame.hash_rows(2).cast(pl.UInt128)
    return pl.select(high * pl.lit(2**64, dtype=pl.UInt128) + low).to_series()


def _is_constant(rules: Sequence[Rule]) -> bool:
    return len(rules) == 1 and rules[0].is_ is not None


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s lie' if count != 1 else ' lies'}"


def _records(count: int) -> str:
    return f"{count:,} record{'s' if count != 1 else ''}"


def _noun(kind: ColumnType) -> str:
    return {
        "text": "one of the values known",
        "number": "a number",
        "integer": "a whole number",
        "boolean": "yes or no",
        "instant": "a date and time",
        "date": "a date",
        "duration": "a duration",
    }[kind]
