"""What a spreadsheet does to an export that was opened and saved in it: detected, and named with a line."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from cxkpi.exports.findings import Finding, register

_ERROR = r"^#(?:NAME\?|N/A|VALUE!|REF!|DIV/0!|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA|FIELD!|BLOCKED!)$"
_TOO_NARROW = "^#{3,}$"
SHORTENED_TEXT = r"^\d(?:(?:[.,]\d+)?[eE]\+\d+|[.,]\d+[eE]\d{1,2})$"
"""``4.47E+11``, and ``4.47e11`` as programs write it; ``1e5`` may be an identifier."""
_DIGITS = r"^\d+$"
_EXACT_DIGITS = 15
_LONG = r"^\d{16,}$"
_CHANGED = rf"{_LONG}|{SHORTENED_TEXT}"
_ROUNDED = r"^\d{15}0+$"
_SERIAL = r"^\d{5}(?:[.,]\d+)?$"
_SERIALS = (20_000.0, 80_000.0)
"""Days since 1899-12-30 from 1954 to 2119."""
_FEWEST = 5
_FEWEST_PROVEN = 2
_SAMPLE = 500
_MOST_ONE_LENGTH = 0.6
_SHORTEST_ID = 4
_TELLING_FIRST_DIGITS = 4


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"


def _seen(one: Finding) -> str:
    return "" if one.line is None else f" (line {one.line})"


SHORTENED = register(
    "F230",
    "error",
    True,
    "{path}: '{column}' holds identifiers as a power of ten (digits, E+, digits), which a spreadsheet has shortened; "
    "different records may have become one. Export it again without opening it.",
)
ROUNDED = register(
    "F231",
    "error",
    True,
    lambda one: (
        f"{one.path}: {_cells(one.count)} in '{one.column}'{_seen(one)} "
        f"{'has' if one.count == 1 else 'have'} 16 digits or more and nothing but zeros after the 15th, as a "
        "spreadsheet rounds them; different records may have become one. Export it again without opening it."
    ),
)
LOST_ZEROS = register(
    "F232",
    "warning",
    False,
    lambda one: (
        f"{one.path}: {_cells(one.count)} in '{one.column}'{_seen(one)} {'is' if one.count == 1 else 'are'} shorter "
        f"than the {one.detail} digits most have; a spreadsheet may have cut off leading zeros."
    ),
)
SERIALS = register(
    "F233",
    "error",
    True,
    lambda one: (
        f"{one.path}: {_cells(one.count)} in '{one.column}'{_seen(one)} {'holds' if one.count == 1 else 'hold'} a "
        "number such as 46027, which is how a spreadsheet stores a date; not read. Export it again without opening "
        "it, or add the format excel in a profile."
    ),
)
TOO_NARROW = register(
    "F234",
    "error",
    True,
    lambda one: (
        f"{one.path}: {_cells(one.count)} in '{one.column}'{_seen(one)} {'holds' if one.count == 1 else 'hold'} only "
        "#####: a spreadsheet saved what it had no room to show, and the values are lost. Export it again."
    ),
)
ERRORS = register(
    "F235",
    "warning",
    True,
    lambda one: (
        f"{one.path}: {_cells(one.count)} in '{one.column}'{_seen(one)} {'holds' if one.count == 1 else 'hold'} an "
        f"error of a spreadsheet such as {one.example}; read as empty."
    ),
)
MARKED = register(
    "F236",
    "note",
    True,
    lambda one: (
        f"{one.path}: {_cells(one.count)} in '{one.column}'{_seen(one)} {'begins' if one.count == 1 else 'begin'} with "
        "an apostrophe, a spreadsheet's mark of text; it was left out."
    ),
)


@dataclass(frozen=True, slots=True)
class Damaged:
    """Cells of one column of the file that hold an error; ``rows``: which."""

    column: str
    code: str
    rows: pl.Series
    text: pl.Series


def without_errors(cells: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Damaged, ...]]:
    """The cells with those that hold a spreadsheet's error emptied, and what these were."""
    names = [name for name, kind in cells.schema.items() if kind == pl.String]
    if not names or not cells.height:
        return cells, ()
    # What sorts before the sign that follows # may begin with it, and hardly any cell does.
    begins = cells.select((pl.col(names) < "$").any()).row(0)
    found: list[Damaged] = []
    for name in (name for name, some in zip(names, begins, strict=True) if some):
        for code, pattern in ((TOO_NARROW, _TOO_NARROW), (ERRORS, _ERROR)):
            rows = cells[name].str.contains(pattern).fill_null(False)
            if rows.any():
                found.append(Damaged(name, code, rows, cells[name]))
    if not found:
        return cells, ()
    emptied = {one.column: cells[one.column] for one in found}
    for one in found:
        emptied[one.column] = emptied[one.column].set(one.rows, None)
    return cells.with_columns(column.alias(name) for name, column in emptied.items()), tuple(found)


def may_be_changed(text: pl.Series) -> bool:
    """Whether some identifier may be ``shortened`` or ``rounded``."""
    # There are digits beyond ASCII, too.
    digit_first = (text >= "0") & ((text < ":") | (text > "~"))
    return bool(digit_first.any()) and bool(text.str.contains(_CHANGED).any())


def shortened(text: pl.Series) -> pl.Series:
    """Identifiers written as ``4.47E+11``; never null."""
    return text.str.contains(SHORTENED_TEXT).fill_null(False)


def rounded(text: pl.Series, *, proven: bool = False) -> pl.Series | None:
    """Long identifiers whose digits after the 15th are all zeros, if no long one has other digits there.

    ``proven``: others show that a spreadsheet took them for numbers, so that fewer tell.
    """
    if _longest(text) <= _EXACT_DIGITS:
        return None
    long = text.str.contains(_LONG).fill_null(False)
    count = int(long.sum())
    if count < (1 if proven else 2):
        return None
    zeros = text.str.contains(_ROUNDED).fill_null(False)
    # One in ten of 16 digits ends in a zero by chance.
    telling = int(text.filter(long).str.len_bytes().sum()) - _EXACT_DIGITS * count
    return zeros if int(zeros.sum()) == count and telling >= (_FEWEST_PROVEN if proven else _FEWEST) else None


def lost_zeros(text: pl.Series) -> tuple[pl.Series, int] | None:
    """Identifiers of digits only that are shorter than most, and how many digits most have; None where none are.

    Numbers that count up have several lengths, too: the longest of them begin with few different digits, and the
    longest length is not that of most with all first digits in it.
    """
    lengths = text.str.len_bytes()
    some = text.head(_SAMPLE).drop_nulls()
    if lengths.min() == lengths.max() or not some.str.contains(_DIGITS).all():
        return None
    values = text.drop_nulls().unique()
    if values.len() < _FEWEST or not values.str.contains(_DIGITS).all():
        return None
    sizes = values.str.len_bytes()
    longest = _longest(values)
    whole = values.filter(sizes == longest)
    if longest < _SHORTEST_ID or whole.len() < _MOST_ONE_LENGTH * values.len():
        return None
    short = (lengths < longest).fill_null(False)
    padded = values.str.starts_with("0")
    if padded.any():
        # Some have kept their zeros: two exports put together, one of which was opened in a spreadsheet.
        return (short, longest) if bool((sizes.filter(padded) == longest).all()) else None
    if whole.str.slice(0, 1).n_unique() < _TELLING_FIRST_DIGITS or _counts_up(values, longest):
        return None
    return short, longest


def _longest(text: pl.Series) -> int:
    longest = text.str.len_bytes().max()
    return longest if isinstance(longest, int) else 0


def _counts_up(values: pl.Series, longest: int) -> bool:
    """Whether the shorter numbers lie close together and right below the longer ones, or go down to the first."""
    numbers = values.cast(pl.Int64, strict=False).drop_nulls().sort()
    if numbers.len() < values.len() or longest > _EXACT_DIGITS:
        return False
    # Numbers given one after the other fill their range evenly: the smallest is near its beginning.
    low, high = int(numbers[0]), int(numbers[-1])
    return numbers.len() > (high - low) / 2


def serials(text: pl.Series) -> pl.Series:
    """Cells of a date column that hold a spreadsheet's number for a day; never null."""
    five = text.str.contains(_SERIAL).fill_null(False)
    if not five.any():
        return five
    number = text.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    return five & number.is_between(*_SERIALS).fill_null(False)
