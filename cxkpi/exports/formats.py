"""Which of several date formats a file is written in: decided by whole columns, never cell by cell."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports import values

_SAMPLE = 500


def evident_format(formats: Sequence[str], columns: Sequence[pl.Series]) -> tuple[str, tuple[pl.Series, ...]] | None:
    """What ``one_format`` would say of all values, and the columns read by it; None where that takes a closer look.

    A format is evident where no other reads anything that it does not read, and every other misses something it reads:
    then the others read strictly less, and neither are the most likely nor can be mistaken for it.
    """
    sample = pl.concat([column.drop_nulls().head(_SAMPLE) for column in columns])
    fits = {format: values.local_times(sample, format).is_not_null() for format in formats}
    best = max(formats, key=lambda format: int(fits[format].sum()))
    others = [format for format in formats if format != best]
    if any(not (fits[best] & ~fits[other]).any() for other in others):
        return None
    read = tuple(values.local_times(column, best) for column in columns)
    rest = [column.filter(found.is_null()).drop_nulls() for column, found in zip(columns, read, strict=True)]
    if any(_first_read(column, other) for column in rest if column.len() for other in others):
        return None
    return best, read


def one_format(path: str, heading: str, formats: Sequence[str], seen: pl.Series) -> str:
    """The only format that fits every value; formats that agree on every value count as one.

    Values that fit none do not decide: they are rejected or left out later. Raises InputError where two formats read
    some value differently and both fit all, or where no format covers what the others can read.
    """
    sample = {format: values.local_times(seen.head(_SAMPLE), format).is_not_null() for format in formats}
    most = max(int(fits.sum()) for fits in sample.values())
    likely = [format for format in formats if int(sample[format].sum()) == most]
    read = {format: values.local_times(seen, format) for format in likely}
    # A format that reads less than another cannot be the one; it may only show that the column is mixed.
    examples: list[str] = []
    for best in likely:
        rest = seen.filter(read[best].is_null())
        odd = [value for format in formats if format != best for value in _first_read(rest, format)]
        if not odd:
            break
        examples.append(min(odd))
    else:
        message = f"dates in {heading} are written in more than one way: most as {likely[0]}, but not '{examples[0]}'."
        hint = "Export again with one date format, or give --profile with the one format that is right."
        raise InputError(Problem("I107", message, Place(path), hint))
    for other in likely:
        differ = (read[best] != read[other]).fill_null(False)
        if differ.any() and read[other].null_count() == read[best].null_count():
            value = seen.filter(differ)[0]
            message = f"dates in {heading} can be read as {best} or as {other}: '{value}' is a date in both."
            hint = "A value with a day above 12 would decide. Give --profile with a profile that declares one 'format'."
            raise InputError(Problem("I106", message, Place(path), hint))
    return best


def _first_read(text: pl.Series, format: str) -> list[str]:
    return text.filter(values.local_times(text, format).is_not_null()).head(1).to_list()
