"""The functions of expressions, and words of SQL that are refused by name, with what to write instead."""

from __future__ import annotations

from collections.abc import Mapping

from cxkpi.kinds.expression import Type

# Per function: how many arguments, and which types the first of them may have (the others follow it).
ANY: frozenset[str] = frozenset({"number", "boolean", "text", "instant", "date"})
ORDERED: frozenset[str] = frozenset({"number", "text", "instant", "date"})
MANY = 64
FUNCTIONS: Mapping[str, tuple[int, int, frozenset[str], Type | None]] = {
    "abs": (1, 1, frozenset({"number"}), "number"),
    "coalesce": (1, MANY, ANY, None),
    "days": (2, 2, frozenset({"instant", "date"}), "number"),
    "greatest": (2, MANY, ORDERED, None),
    "least": (2, MANY, ORDERED, None),
    "length": (1, 1, frozenset({"text"}), "number"),
    "lower": (1, 1, frozenset({"text"}), "text"),
    "nullif": (2, 2, ANY, None),
    "open_seconds": (2, 2, frozenset({"instant"}), "number"),
    "seconds": (2, 2, frozenset({"instant", "date"}), "number"),
    "trim": (1, 1, frozenset({"text"}), "text"),
    "upper": (1, 1, frozenset({"text"}), "text"),
}


def _refused() -> dict[str, tuple[str, str]]:
    groups = (
        (
            "sum count avg mean median mode stddev stdev stddev_samp stddev_pop variance var_samp var_pop quantile "
            "percentile percentile_cont percentile_disc string_agg array_agg list any_value first last",
            "adds up rows, and an expression is about one row",
            "Write 'sum:', 'count: rows' or 'distinct:' as a key of the metric.",
        ),
        (
            "min max",
            "adds up rows, and an expression is about one row",
            "For the smaller or larger of two values of a row, write least(a, b) or greatest(a, b).",
        ),
        (
            "over row_number rank dense_rank lag lead first_value last_value ntile partition",
            "is a window over rows, and an expression is about one row",
            "See the kinds 'repeat' and 'time_to_event'.",
        ),
        (
            "cast try_cast convert to_number to_date to_timestamp",
            "is a cast, and there are none",
            "Declare the type of the column; numbers are doubles already.",
        ),
        (
            "round floor ceil ceiling trunc truncate",
            "rounds, and rows are not rounded before they are added up",
            "Renderers round what is shown.",
        ),
        (
            "regexp_matches regexp_like regexp_replace regexp_extract regexp rlike similar ilike glob",
            "is not supported",
            "Use like, with % for any text and _ for one character; lower(…) ignores case.",
        ),
        ("select exists any some all", "starts a sub-query, and there are none", "Use a column of a look-up."),
        (
            "now current_date current_time current_timestamp today getdate localtimestamp",
            "reads the wall clock, which no number may depend on",
            "Ages are measured against --as-of by the kinds themselves.",
        ),
        (
            "extract date_part date_trunc datepart year month day week hour weekday dow minute second",
            "is not supported in expressions",
            "Use --every for periods, and the dimensions 'hour' and 'weekday'.",
        ),
        (
            "concat substr substring replace left right split_part position strpos contains starts_with ends_with",
            "is not supported",
            "Use like, or derive the column in the profile of the export.",
        ),
        ("if iif decode", "is not supported", "Write 'case when … then … else … end'."),
        ("ifnull nvl isnull", "is not supported", "Write coalesce(a, b)."),
        ("len char_length", "is not supported", "Write length(text)."),
        ("date_diff datediff timestampdiff age", "is not supported", "Write seconds(a, b) or days(a, b)."),
    )
    return {name: (why, hint) for names, why, hint in groups for name in names.split()}


REFUSED: Mapping[str, tuple[str, str]] = _refused()
