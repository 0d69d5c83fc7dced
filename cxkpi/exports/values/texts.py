"""The text that a profile's rules start from, and where its conditions hold, for all records of one file."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeAlias

import polars as pl

from cxkpi.exports.files.records import name_of
from cxkpi.exports.layout.recognise import Layout
from cxkpi.exports.profile import LIKE, Condition, Rule, normalise
from cxkpi.exports.values.cells import finished, is_plain, meets, picked
from cxkpi.exports.values.columns import together
from cxkpi.exports.values.durations import durations
from cxkpi.exports.values.phones import phones
from cxkpi.exports.values.spreadsheet import Damaged, without_errors

Key: TypeAlias = tuple[Hashable, ...]


class Texts:
    """The cells of a file by their headings; what was worked out once is kept.

    ``path``: the file as reports name it. ``cells``: as ``Records.cells``. ``positions``: of every heading, normalised.
    ``headings``: as the file has them. ``zones``: position -> zone its heading names. ``none``: false for every record.
    ``delimiter``: what parts the cells of a file of text. ``damaged``: cells that hold an error of a spreadsheet and
    count as empty.
    """

    def __init__(self, path: str, cells: pl.DataFrame, layout: Layout) -> None:
        self.path = path
        self.positions: Mapping[str, int] = layout.positions
        self.headings = layout.headings
        self.zones: Mapping[int, str] = layout.zones
        self.delimiter = layout.delimiter
        self.damaged: tuple[Damaged, ...]
        self.cells, self.damaged = without_errors(cells)
        self.line = self.cells["line"]
        self.number = self.cells["record"] if "record" in self.cells.columns else self.line
        self.height = self.cells.height
        self.none = pl.repeat(False, self.height, eager=True, dtype=pl.Boolean)
        self._held: dict[Key, pl.Series] = {}
        self._texts: dict[Key, pl.Series] = {}

    def keep(self, mask: pl.Series) -> None:
        """Go on with some of the records only; texts must not have been asked for yet."""
        assert not self._texts
        alone = self.number is self.line
        self.cells, self.line = self.cells.filter(mask), self.line.filter(mask)
        self.number = self.line if alone else self.number.filter(mask)
        self.height = self.line.len()
        self.none = self.none.head(self.height)
        self._held.clear()

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
        return self.cells[self.column(*names)]

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
        wanted = {_key_of(when): when for when in whens if self.present(when)}
        new = [key for key in wanted if key not in self._held]
        if not new:
            return
        held = []
        amounts: dict[str, pl.Series] = {}
        for number, key in enumerate(new):
            every = pl.repeat(True, self.height, dtype=pl.Boolean)
            for heading, condition in wanted[key].items():
                column = self.column(heading)
                amount = None
                if condition.above is not None:
                    amount = pl.lit(amounts.setdefault(column, durations(self.cells[column], "s")))
                every = every & meets(pl.col(column), condition, amount)
            held.append(every.alias(str(number)))
        self._held.update(zip(new, together(self.cells, held).get_columns(), strict=True))

    # -- texts --------------------------------------------------------------------------------------------------------

    def written(self, rule: Rule) -> pl.Series:
        """The text a rule starts from, as the file has it."""
        if rule.is_ is not None:
            return pl.repeat(rule.is_, self.height, eager=True, dtype=pl.String)
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
        return self.cells[name_of(position)]

    def of(self, rule: Rule) -> pl.Series:
        """The text of a rule, ready to be cast."""
        self.prepare([rule])
        return self._texts[text_key(rule)]

    def prepare(self, rules: Iterable[Rule]) -> None:
        """The texts of many rules at once."""
        new = {key: rule for rule in rules if (key := text_key(rule)) not in self._texts}
        begun: list[pl.Series] = []
        picks: dict[Key, pl.Series] = {}
        for number, (key, rule) in enumerate(new.items()):
            if rule.split is None:
                text = self.written(rule)
            else:
                pick = (text_key(rule)[0], rule.split, rule.pick)
                if pick not in picks:
                    picks[pick] = picked(self.written(rule), rule.split, rule.pick)
                text = picks[pick]
            if is_plain(rule):
                self._texts[key] = text
            else:
                begun.append(text.alias(str(number)))
        if begun:
            by_number = {str(number): (key, rule) for number, (key, rule) in enumerate(new.items())}
            work = (finished(pl.col(s.name), by_number[s.name][1]).alias(s.name) for s in begun)
            done = together(pl.DataFrame(begun), work)
            self._texts.update((by_number[s.name][0], s) for s in done.get_columns())
        for key, rule in new.items():
            if rule.phone is not None:
                self._texts[key] = phones(self._texts[key], rule.phone)


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
    return tuple(
        (heading, cell.is_, cell.words, cell.not_, cell.matches, cell.not_matches, cell.above)
        for heading, cell in when.items()
    )
