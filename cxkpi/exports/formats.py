"""Which of several date formats a file is written in: decided by whole columns, never cell by cell."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports import values

_SAMPLE = 500


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
    for best in likely:
        rest = seen.filter(read[best].is_null())
        odd = [value for format in formats if format != best for value in _first_read(rest, format)]
        if not odd:
            break
    else:
        message = f"dates in {heading} are written in more than one way: most as {likely[0]}, but not '{min(odd)}'."
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
