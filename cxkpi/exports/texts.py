"""The text that a profile's rules start from, and where its conditions hold, for all records of one file."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeAlias

import polars as pl

from cxkpi.exports.cells import is_word, meets, picked
from cxkpi.exports.profile import Condition, Rule, normalise
from cxkpi.exports.records import name_of

Key: TypeAlias = tuple[Hashable, ...]


class Texts:
    """The cells of a file by their headings; what was worked out once is kept.

    ``path``: the file as reports name it. ``cells``: as ``Records.cells``. ``positions``: of every heading, normalised.
    ``headings``: as the file has them. ``none``: false for every record.
    """

    def __init__(self, path: str, cells: pl.DataFrame, positions: Mapping[str, int], headings: Sequence[str]) -> None:
        self.path = path
        self.positions = positions
        self.headings = headings
        self.cells = cells
        self.line = cells["line"]
        self.height = cells.height
        self.none = pl.repeat(False, self.height, eager=True, dtype=pl.Boolean)
        self._held: dict[Key, pl.Series] = {}
        self._texts: dict[Key, pl.Series] = {}

    def keep(self, mask: pl.Series) -> None:
        """Go on with some of the records only; texts must not have been asked for yet."""
        assert not self._texts
        self.cells, self.line = self.cells.filter(mask), self.line.filter(mask)
        self.height = self.line.len()
        self.none = self.none.head(self.height)
        self._held.clear()

    # -- headings -----------------------------------------------------------------------------------------------------

    def present(self, when: Mapping[str, Condition]) -> bool:
        """Whether the file has every heading a condition asks for."""
        return all(self._position((heading,)) is not None for heading in when)

    def supplied(self, rule: Rule) -> bool:
        """Whether the file has every heading a rule needs."""
        if rule.from_ and self._position(rule.from_) is None:
            return False
        others = (*rule.join, *rule.plus)
        return all(self._position((heading,)) is not None for heading in others) and self.present(rule.when)

    def heading(self, rule: Rule) -> str:
        """What a rule reads, as the file calls it; empty for constants."""
        if rule.join:
            return " + ".join(rule.join)
        position = self._position(rule.from_)
        return "" if position is None else self.headings[position].strip()

    def column(self, *names: str) -> str:
        """The column of ``cells`` under the first of these headings that the file has."""
        position = self._position(names)
        assert position is not None
        return name_of(position)

    def cell(self, *names: str) -> pl.Series:
        """The cells under the first of these headings that the file has."""
        return self.cells[self.column(*names)]

    def _position(self, names: Iterable[str]) -> int | None:
        for name in names:
            position = self.positions.get(normalise(name))
            if position is not None:
                return position
        return None

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
        for number, key in enumerate(new):
            every = pl.repeat(True, self.height, dtype=pl.Boolean)
            for heading, condition in wanted[key].items():
                every = every & meets(pl.col(self.column(heading)), condition)
            held.append(every.alias(str(number)))
        self._held.update(zip(new, self.cells.select(held).get_columns(), strict=True))

    # -- texts --------------------------------------------------------------------------------------------------------

    def written(self, rule: Rule) -> pl.Series:
        """The text a rule starts from, as the file has it."""
        if rule.is_ is not None:
            return pl.repeat(rule.is_, self.height, eager=True, dtype=pl.String)
        if rule.row_number:
            return (self.path + ":" + self.line.cast(pl.String)).alias("")
        if rule.join:
            parts = [self.cell(heading).alias(str(n)) for n, heading in enumerate(rule.join)]
            return pl.DataFrame(parts).select(pl.concat_str(pl.all(), separator=rule.with_)).to_series()
        return self.cell(*rule.from_)

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
            if _is_plain(rule):
                self._texts[key] = text
            else:
                begun.append(text.alias(str(number)))
        if begun:
            by_number = {str(number): (key, rule) for number, (key, rule) in enumerate(new.items())}
            done = pl.DataFrame(begun).select(
                _finished(pl.col(s.name), by_number[s.name][1]).alias(s.name) for s in begun
            )
            self._texts.update((by_number[s.name][0], s) for s in done.get_columns())


def text_key(rule: Rule) -> Key:
    """What decides a rule's text; the first part, what it starts from."""
    origin = (rule.from_, rule.join, rule.with_ if rule.join else "", rule.is_, rule.row_number)
    cut = (rule.split, rule.pick) if rule.split is not None else None
    return origin, cut, rule.strip, rule.nulls, rule.empty, rule.lower


def _key_of(when: Mapping[str, Condition]) -> Key:
    return tuple(
        (heading, condition.is_, condition.words, condition.not_, condition.matches)
        for heading, condition in when.items()
    )


def _is_plain(rule: Rule) -> bool:
    return not (rule.strip or rule.nulls or rule.empty is not None or rule.lower)


def _finished(text: pl.Expr, rule: Rule) -> pl.Expr:
    """What follows after a part has been picked."""
    for prefix in rule.strip:
        begins = text.str.to_lowercase().str.starts_with(prefix.lower())
        text = pl.when(begins).then(text.str.slice(len(prefix))).otherwise(text)
    if rule.strip:
        # ``tel:`` without a number is nobody's; the empty text would be one customer of all of them.
        text = text.str.strip_chars()
        text = pl.when(text != "").then(text)
    if rule.nulls:
        text = pl.when(~is_word(text, rule.nulls)).then(text)
    if rule.empty is not None:
        text = text.fill_null(rule.empty)
    return text.str.to_lowercase() if rule.lower else text
