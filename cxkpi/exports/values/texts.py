"""The text that a profile's rules start from, and where its conditions hold, for all records of one file."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

import polars as pl

from cxkpi.exports.files.records import name_of
from cxkpi.exports.layout.recognise import Layout
from cxkpi.exports.profile import LIKE, Condition, Rule, normalise
from cxkpi.exports.values.cells import finished, is_plain, meets, picked
from cxkpi.exports.values.columns import folded, plain_numbers
from cxkpi.exports.values.durations import durations, in_seconds
from cxkpi.exports.values.few import Few, few
from cxkpi.exports.values.phones import phones
from cxkpi.exports.values.spreadsheet import Damaged, without_errors

Key: TypeAlias = tuple[Hashable, ...]

_TEXT = pl.col("t")
_FILLED = Condition.model_validate("filled")


class Texts:
    """The cells of a file by their headings; what was worked out once is kept.

    ``path``: the file as reports name it. ``cells``: as ``Records.cells``. ``positions``: of every heading, normalised.
    ``headings``: as the file has them. ``zones``: position -> zone its heading names. ``none``: false for every record.
    ``delimiter``: what parts the cells of a file of text. ``damaged``: cells that hold an error of a spreadsheet and
    count as empty; there are none where the caller knows that no cell has an error (``errors``).
    """

    def __init__(self, path: str, cells: pl.DataFrame, layout: Layout, *, errors: bool = True) -> None:
        self.path = path
        self.positions: Mapping[str, int] = layout.positions
        self.headings = layout.headings
        self.zones: Mapping[int, str] = layout.zones
        self.delimiter = layout.delimiter
        self.damaged: tuple[Damaged, ...]
        self.cells, self.damaged = without_errors(cells) if errors else (cells, ())
        self.line = self.cells["line"]
        self.number = self.cells["record"] if "record" in self.cells.columns else self.line
        self.height = self.cells.height
        self.none = pl.repeat(False, self.height, eager=True, dtype=pl.Boolean)
        self._held: dict[Key, pl.Series] = {}
        self._met: dict[Key, pl.Series] = {}
        self._texts: dict[Key, pl.Series] = {}
        self._constants: dict[str, pl.Series] = {}
        self._columns: dict[str, pl.Series] = {}
        self._numbers: dict[Hashable, pl.Series] = {}
        self._few: dict[Hashable, Few | None] = {}
        self._spread: dict[int, tuple[pl.Series, Few]] = {}

    def keep(self, mask: pl.Series) -> None:
        """Go on with some of the records only; texts must not have been asked for yet."""
        assert not self._texts
        alone = self.number is self.line
        self.cells, self.line = self.cells.filter(mask), self.line.filter(mask)
        self.number = self.line if alone else self.number.filter(mask)
        self.height = self.line.len()
        self.none = self.none.head(self.height)
        left = (replace(one, rows=one.rows.filter(mask), text=one.text.filter(mask)) for one in self.damaged)
        self.damaged = tuple(one for one in left if one.rows.any())
        for known in (self._held, self._met, self._constants, self._columns, self._numbers, self._few, self._spread):
            known.clear()

    # -- headings -----------------------------------------------------------------------------------------------------

    def present(self, when: Mapping[str, Condition]) -> bool:
        """Whether the file has every heading a condition asks for."""
        return all(self.position(heading) is not None for heading in when)

    def supplied(self, rule: Rule) -> bool:
        """Whether the file has every heading a rule needs."""
        if rule.from_ and self.position(*rule.from_) is None:
            return False
        if rule.like is not None and self.position(LIKE + rule.like) is None:
            return False
        if rule.of_rows is not None and self.position(*rule.of_rows.from_) is None:
            return False
        others = (*rule.join, *rule.between, *rule.plus, *rule.minus, *(() if rule.times is None else (rule.times,)))
        return all(self.position(heading) is not None for heading in others) and self.present(rule.when)

    def heading(self, rule: Rule) -> str:
        """What a rule reads, as the file calls it; empty for constants."""
        if rule.join or rule.between:
            return (" + " if rule.join else " to ").join(rule.join or rule.between)
        position = self.origin(rule)
        return "" if position is None else self.headings[position].strip()

    def origin(self, rule: Rule) -> int | None:
        """The position of the one column a rule starts from."""
        return self.position(*rule.from_, *(() if rule.like is None else (LIKE + rule.like,)))

    def zone(self, rule: Rule) -> str | None:
        """The zone that the heading of a rule's column names."""
        position = self.origin(rule)
        return None if position is None else self.zones.get(position)

    def column(self, *names: str) -> str:
        """The column of ``cells`` under the first of these headings that the file has."""
        position = self.position(*names)
        assert position is not None
        return name_of(position)

    def cell(self, *names: str) -> pl.Series:
        """The cells under the first of these headings that the file has."""
        return self._column(self.column(*names))

    def _column(self, name: str) -> pl.Series:
        if name not in self._columns:
            self._columns[name] = self.cells[name]
        return self._columns[name]

    def position(self, *names: str) -> int | None:
        """The position of the first of these headings that the file has; ``like:`` and a pattern is one, too."""
        return position_of(self.positions, *names)

    # -- conditions ---------------------------------------------------------------------------------------------------

    def holds(self, when: Mapping[str, Condition]) -> pl.Series:
        """Where a condition holds; nowhere if the file lacks a heading it asks for."""
        if not self.present(when):
            return self.none
        self.hold([when])
        return self._held[_key_of(when)]

    def hold(self, whens: Iterable[Mapping[str, Condition]]) -> None:
        """Where conditions hold, for many at once; those that ask for a missing heading are left out."""
        for when in whens:
            if self.present(when) and (key := _key_of(when)) not in self._held:
                held: pl.Series | None = None
                for heading, condition in when.items():
                    met = self._meets(self.column(heading), condition)
                    held = met if held is None else held & met
                self._held[key] = ~self.none if held is None else held

    def _meets(self, column: str, condition: Condition) -> pl.Series:
        key = (column, *_parts_of(condition))
        if key not in self._met:
            cells = self._column(column)
            if not any(part is not None and part != () for part in _parts_of(condition)):
                self._met[key] = ~self.none
            elif _parts_of(condition) == _parts_of(_FILLED):
                self._met[key] = cells.is_not_null()
            elif self._no_word(column, cells, condition):
                self._met[key] = self.none if condition.words else ~self.none
            elif condition.above is not None:
                seconds = in_seconds(self.plain_number(column, cells), "s")
                amount = pl.lit(durations(cells, "s", seconds))
                self._met[key] = cells.to_frame("t").select(meets(pl.col("t"), condition, amount)).to_series()
            else:
                self._met[key] = _each(cells, self.few(column), lambda text: _select(text, meets(_TEXT, condition)))
        return self._met[key]

    def _no_word(self, column: str, cells: pl.Series, condition: Condition) -> bool:
        """Whether a condition asks for words alone, and no cell can be one of them because all are numbers."""
        words = (*condition.words, *condition.not_)
        if not words or _parts_of(condition)[3:] != (None, None, None) or condition.is_ is not None:
            return False
        if bool(condition.words) == bool(condition.not_) or self.few(column) is not None:
            return False
        asked = plain_numbers(pl.Series(folded(words)))
        return asked.null_count() == asked.len() and (
            self.plain_number(column, cells).null_count() == cells.null_count()
        )

    # -- texts --------------------------------------------------------------------------------------------------------

    def written(self, rule: Rule) -> pl.Series:
        """The text a rule starts from, as the file has it."""
        if rule.is_ is not None:
            if rule.is_ not in self._constants:
                self._constants[rule.is_] = pl.repeat(rule.is_, self.height, eager=True, dtype=pl.String)
            return self._constants[rule.is_]
        if rule.row_number:
            return (self.path + ":" + self.number.cast(pl.String)).alias("")
        if rule.join or rule.between:
            parts = [self.cell(heading).alias(str(n)) for n, heading in enumerate(rule.join or rule.between)]
            separator = rule.with_ if rule.join else " to "
            joined = pl.concat_str(pl.all(), separator=separator)
            if rule.empty is not None:
                some = pl.any_horizontal(pl.all().is_not_null())
                joined = pl.when(some).then(pl.concat_str(pl.all().fill_null(rule.empty), separator=separator))
            return pl.DataFrame(parts).select(joined.alias("joined")).to_series()
        position = self.origin(rule)
        assert position is not None
        if rule.of_heading:
            found = re.search(str(rule.like), self.headings[position], re.IGNORECASE)
            return pl.repeat(found.group(1) if found else None, self.height, eager=True, dtype=pl.String)
        return self._column(name_of(position))

    def of(self, rule: Rule) -> pl.Series:
        """The text of a rule, ready to be cast."""
        self.prepare([rule])
        return self._texts[text_key(rule)]

    def prepare(self, rules: Iterable[Rule]) -> None:
        """The texts of many rules at once."""
        for rule in rules:
            key = text_key(rule)
            if key not in self._texts:
                self._texts[key] = self._prepared(rule, key)

    def _prepared(self, rule: Rule, key: Key) -> pl.Series:
        text = self.written(rule)
        plain = is_plain(rule, filled=not text.has_nulls())
        if plain and rule.split is None and rule.phone is None:
            return text
        same = self._different(rule)
        if same is None:
            return self._worked(text, rule, plain)
        few = Few(self._worked(same.texts, rule, plain), same.codes)
        self._few[key] = few
        return self.spread(few)

    def _worked(self, text: pl.Series, rule: Rule, plain: bool) -> pl.Series:
        """What a rule makes of some of the texts it starts from."""
        if rule.split is not None:
            text = picked(text, rule.split, rule.pick)
        if not plain:
            text = _select(text, finished(_TEXT, rule))
        return text if rule.phone is None else phones(text, rule.phone)

    def _different(self, rule: Rule) -> Few | None:
        """The different texts among those a rule starts from, if they are few."""
        if rule.is_ is not None:
            return self.constant(rule.is_)
        column = self._origin_column(rule)
        return None if column is None else self.few(column)

    def constant(self, text: str) -> Few:
        """One text in all records."""
        return Few(pl.Series([text], dtype=pl.String), pl.repeat(0, self.height, eager=True, dtype=pl.UInt32))

    def _origin_column(self, rule: Rule) -> str | None:
        """The column of ``cells`` that a rule's text is made of, if it is one."""
        if rule.is_ is not None or rule.row_number or rule.join or rule.between or rule.of_heading:
            return None
        position = self.origin(rule)
        return None if position is None else name_of(position)

    # -- what of it is worked out once --------------------------------------------------------------------------------

    def few(self, column: str) -> Few | None:
        """The different texts of a column of ``cells``, if they are few."""
        if column not in self._few:
            self._few[column] = few(self._column(column))
        return self._few[column]

    def few_of(self, rule: Rule) -> Few | None:
        """As ``few``, of a rule's text."""
        text, key = self.of(rule), text_key(rule)
        if key not in self._few:
            self._few[key] = self._different(rule) if text is self.written(rule) else None
        return self._few[key]

    def spread(self, few: Few) -> pl.Series:
        """Few texts for all cells; ``few_in`` knows of it."""
        found = few.spread(few.texts)
        self._spread[id(found)] = (found, few)
        return found

    def few_in(self, text: pl.Series) -> Few | None:
        """The different texts of a series that is a column of ``cells`` or was made by ``spread``, if they are few."""
        if id(text) in self._spread:
            return self._spread[id(text)][1]
        column = next((name for name, cells in self._columns.items() if cells is text), None)
        return None if column is None else self.few(column)

    def different(self, text: pl.Series) -> pl.Series:
        """The different texts of a series, if they are known to be few; else the series."""
        few = self.few_in(text)
        return text if few is None else few.texts

    def of_which(self, rule: Rule) -> Hashable:
        """What tells a rule's text from others: the column of ``cells``, where it is as it stands there."""
        column = self._origin_column(rule)
        return column if column is not None and self.of(rule) is self._column(column) else text_key(rule)

    def plain_number(self, which: Hashable, text: pl.Series) -> pl.Series:
        """A text's plain numbers. ``which``: a column of ``cells``, or as ``of_which``."""
        if which not in self._numbers:
            self._numbers[which] = plain_numbers(text)
        return self._numbers[which]


def position_of(positions: Mapping[str, int], *names: str) -> int | None:
    """The position of the first of these headings that there is; ``positions``: as ``Layout.positions``."""
    for name in names:
        position = positions.get(name if name.startswith(LIKE) else normalise(name))
        if position is not None:
            return position
    return None


def text_key(rule: Rule) -> Key:
    """What decides a rule's text; the first part, what it starts from."""
    joined = (rule.with_, rule.empty) if rule.join else ()
    origin = (rule.from_, rule.like, rule.of_heading, rule.join, joined, rule.is_, rule.row_number, rule.between)
    cut = (rule.split, rule.pick) if rule.split is not None else None
    return origin, cut, rule.extract, rule.strip, rule.nulls, rule.empty, rule.phone, rule.lower


def _key_of(when: Mapping[str, Condition]) -> Key:
    return tuple((heading, *_parts_of(cell)) for heading, cell in when.items())


def _parts_of(cell: Condition) -> Key:
    return cell.is_, cell.words, cell.not_, cell.matches, cell.not_matches, cell.above


def _each(text: pl.Series, same: Few | None, work: Callable[[pl.Series], pl.Series]) -> pl.Series:
    return work(text) if same is None else same.each(work)


def _select(text: pl.Series, work: pl.Expr) -> pl.Series:
    return text.to_frame("t").select(work).to_series()
