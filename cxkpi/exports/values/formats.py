"""Which of several date formats a file is written in: decided by whole columns, never cell by cell."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports.values.instants import wall_times

_SAMPLE = 500


def evident_format(formats: Sequence[str], columns: Sequence[pl.Series]) -> str | None:
    """What ``one_format`` would say of all values; None where that takes a closer look.

    A format is evident where no other reads anything that it does not read, and every other misses something it reads:
    then the others read strictly less, and neither are the most likely nor can be mistaken for it.
    """
    sample = pl.concat([column.drop_nulls().head(_SAMPLE) for column in columns])
    fits = {format: wall_times(sample, format).is_not_null() for format in formats}
    best = max(formats, key=lambda format: int(fits[format].sum()))
    others = [format for format in formats if format != best]
    if any(not (fits[best] & ~fits[other]).any() for other in others):
        return None
    for column in columns:
        rest = column.filter(wall_times(column, best).is_null()).drop_nulls()
        if rest.len() and any(first_read(rest, other) for other in others):
            return None
    return best


def one_format(path: str, heading: str, formats: Sequence[str], seen: pl.Series) -> tuple[str, tuple[str, ...]]:
    """The only format that fits every value, and those that read all of them just the same.

    Values that fit none do not decide: they are rejected or left out later. Raises InputError where two formats read
    some value differently and both fit all, or where no format covers what the others can read.
    """
    sample = {format: wall_times(seen.head(_SAMPLE), format).is_not_null() for format in formats}
    most = max(int(fits.sum()) for fits in sample.values())
    likely = [format for format in formats if int(sample[format].sum()) == most]
    read = {format: wall_times(seen, format) for format in likely}
    # A format that reads less than another cannot be the one; it may only show that the column is mixed.
    examples: list[str] = []
    for best in likely:
        rest = seen.filter(read[best].is_null())
        odd = [value for format in formats if format != best for value in first_read(rest, format)]
        if not odd:
            break
        examples.append(min(odd))
    else:
        message = f"dates in {heading} are written in more than one way: most as {likely[0]}, but not '{examples[0]}'."
        hint = "Export again with one date format, or give --profile with the one format that is right."
        raise InputError(Problem("I107", message, Place(path), hint))
    same: list[str] = []
    for other in likely:
        if other == best or read[other].null_count() != read[best].null_count():
            continue
        differ = (read[best] != read[other]).fill_null(False)
        if differ.any():
            value = seen.filter(differ)[0]
            message = f"dates in {heading} can be read as {best} or as {other}: '{value}' is a date in both."
            hint = "A value with a day above 12 would decide. Give --profile with a profile that declares one 'format'."
            raise InputError(Problem("I106", message, Place(path), hint))
        same.append(other)
    return best, tuple(same)


def first_read(text: pl.Series, format: str) -> list[str]:
    """The first value that a format reads, if there is one."""
    return text.filter(wall_times(text, format).is_not_null()).head(1).to_list()
