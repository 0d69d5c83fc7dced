"""People under other names: each by an alias that a key gives, the same in every run with the same key.

An alias is the beginning of the HMAC-SHA256 of the name or id, written in 32 letters and digits of which none looks
like another: ``agent-7KQ2FX``. Without the key nobody can tell whose it is, nor try names out. Where the aliases of two
people in one Result begin alike, both are written longer.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from cxkpi.reports.reading import CUSTOMER, STAFF, identifies
from cxkpi.result import Result, Row

LEAST_BYTES = 16
LENGTH = 6
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Key:
    """What aliases are made with. ``length``: how many letters they have where that is enough."""

    secret: bytes
    length: int = LENGTH

    @property
    def mark(self) -> str:
        """Tells one key from another, and nothing else about it."""
        return hmac.digest(self.secret, b"\0cxkpi pseudonyms: which key", "sha256").hex()[:16]

    def letters(self, value: str) -> str:
        """All letters of a value's alias, of which the first few are used."""
        number = int.from_bytes(hmac.digest(self.secret, value.encode("utf-8", "surrogatepass"), "sha256"), "big")
        return "".join(_LETTERS[number >> shift & 31] for shift in range(251, 0, -5))


def aliases(values: Iterable[str], key: Key) -> Mapping[str, str]:
    """Every value's letters: as few as tell them apart, and no fewer than the key's length."""
    whole = {value: key.letters(value) for value in sorted(set(values))}
    found = {}
    for value, letters in whole.items():
        length = key.length
        while any(other != value and those.startswith(letters[:length]) for other, those in whole.items()):
            length += 1
        found[value] = letters[:length]
    return found


def is_renamed(dimension: str, result_identifiers: frozenset[str] = frozenset()) -> bool:
    """Whether the values of a dimension name somebody and get an alias. Customers need none: they are never shown."""
    return identifies(dimension, result_identifiers) and dimension.rpartition(".")[2] != CUSTOMER


def applied(result: Result, key: Key | None) -> Result:
    """A Result in which people go by aliases, wherever their names or ids stand; ordered by those.

    ``key`` None: the Result as it is.
    """
    if key is None:
        return result
    held = dict.fromkeys([*result.by, *result.only])
    dimensions = [name for name in held if is_renamed(name, result.identifiers)]
    values = {value for row in result.rows for name in dimensions if (value := row.by.get(name)) is not None}
    values |= {value for name in dimensions for value in result.only.get(name, ())}
    letters = aliases(values, key)
    called = {name: {value: f"{_what(name)}-{those}" for value, those in letters.items()} for name in dimensions}
    inside = _inside({value: alias for names in called.values() for value, alias in names.items()})
    rows = [_renamed(row, called, inside) for row in result.rows]
    return replace(
        result,
        rows=tuple(_ordered(rows, dimensions) if any(name in result.by for name in dimensions) else rows),
        notes=tuple(inside(note) for note in result.notes),
        absent=tuple(replace(one, message=inside(one.message)) for one in result.absent),
        aliased=frozenset(dimensions),
        only={
            name: tuple(sorted(called[name][value] for value in those)) if name in called else those
            for name, those in result.only.items()
        },
    )


def _what(dimension: str) -> str:
    column = dimension.rpartition(".")[2]
    return "agent" if column in STAFF else column.removesuffix("_id")


class _inside:  # noqa: N801 - used as a function
    """Puts aliases for names that stand in a sentence as words of their own."""

    def __init__(self, called: Mapping[str, str]) -> None:
        names = sorted((name for name in called if len(name) > 1), key=len, reverse=True)
        self._called = called
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)") if names else None

    def __call__(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub(lambda found: self._called[found[0]], text)


def _renamed(row: Row, called: Mapping[str, Mapping[str, str]], inside: _inside) -> Row:
    by = {
        name: called[name][value] if value is not None and name in called else value for name, value in row.by.items()
    }
    return replace(row, by=by, notes=tuple(inside(note) for note in row.notes))


def _ordered(rows: list[Row], dimensions: Sequence[str]) -> list[Row]:
    """In the order of the aliases: that of the names would tell of the names. Other values stay in their order."""
    metrics = {key: number for number, key in enumerate(dict.fromkeys(row.key for row in rows))}
    kept: dict[tuple[str, str | None], int] = {}
    for row in rows:
        for item in row.by.items():
            kept.setdefault(item, len(kept))

    def place(row: Row) -> tuple[int, bool, list[tuple[bool, int, str]], date]:
        values = [
            (value is None, 0, value or "") if name in dimensions else (value is None, kept[name, value], "")
            for name, value in row.by.items()
        ]
        return metrics[row.key], bool(row.by), values, row.period.start

    return sorted(rows, key=place)
