"""Expression text: what is refused, at which character, and with which advice."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkpi.catalogue.expressions.functions import FUNCTIONS, REFUSED
from cxkpi.catalogue.expressions.parser import MAX_DEPTH, ColumnScope, parse
from cxkpi.kinds.expression import Type

TYPES: dict[str, Type] = {
    "talk_s": "number", "hold_s": "number", "queue": "text", "abandoned": "boolean", "started_at": "instant",
    "ended_at": "instant", "hired_on": "date", "agent.site": "text",
}  # fmt: skip
SCOPE = ColumnScope("table 'contacts'", TYPES)
MARK = "«"


def canonical(text: str) -> str:
    found, faults = parse(text, SCOPE, "Europe/London")
    assert not faults
    assert found is not None
    return found.canonical


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1 + 2 * 3 - 4", "((1 + (2 * 3)) - 4)"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("8 / 4 / 2", "((8 / 4) / 2)"),
        ("-talk_s * -2", "((- talk_s) * -2)"),
        ("not abandoned and talk_s > 1 or queue is null",
         "(((not abandoned) and (talk_s > 1)) or (queue is null))"),
        ("not talk_s = 1", "(not (talk_s = 1))"),
        ("not queue is not null", "(not (not (queue is null)))"),
        ("talk_s != 1", "(talk_s <> 1)"),
        ("talk_s + 1 between 2 and 3 and abandoned", "((((talk_s + 1) >= 2) and ((talk_s + 1) <= 3)) and abandoned)"),
        ("queue NOT IN ('a' , 'b')", "(not (queue in ('a', 'b')))"),
        ("CASE queue WHEN 'a' THEN 1 END", "(case when (queue = 'a') then 1 else null end)"),
        ("Coalesce(talk_s, NULL, 0)", "coalesce(talk_s, null, 0)"),
        ("hired_on + interval '1 week'", "(hired_on + interval '604800000000 microseconds')"),
        ("hired_on >= date '2026-01-05'", "(hired_on >= date '2026-01-05')"),
        ("ended_at < timestamp '2026-01-05T09:00:30.25'", "(ended_at < timestamp '2026-01-05T09:00:30.250000')"),
        ("date '2026-01-05' - interval '1d' = hired_on", "(date '2026-01-04' = hired_on)"),
        ("agent.site = 'O''Brien''s'", "(agent.site = 'O''Brien''s')"),
        ("1e3 + .5 + 2.", "((1000 + 0.5) + 2)"),
    ],
)  # fmt: skip
def test_meaning(text: str, meaning: str) -> None:
    assert canonical(text) == meaning


FAULTS = [
    ("talk_s > «'x'", "C303", "Text and numbers never mix: write numbers without quotes."),
    ("queue = «5", "C303", "Text and numbers never mix: write text in single quotes."),
    ("ended_at > «'2026-01-01'", "C303", "Write timestamp '2026-01-05 09:00' or date '2026-01-05'."),
    ("abandoned = «'false'", "C303", "Write true or false without quotes."),
    ("abandoned = «0", "C303", "Write true or false."),
    ("«hired_on = ended_at", "C303", "A timestamp and a date column cannot be compared: the day depends on the zone."),
    ("queue = «null", "C303", "Write 'is null' or 'is not null'."),
    ("queue in ('a', «null)", "C303", "Add 'or … is null'."),
    ("not «talk_s", "C303", "Compare it with something: '… > 0'."),
    ("abandoned and «talk_s", "C303", "Compare it with something: '… > 0'."),
    ("«abandoned > true", "C303", None),
    ("talk_s + «queue", "C303", None),
    ("«ended_at - started_at", "C303", "Write seconds(a, b) for the time from a to b."),
    ("«hired_on - hired_on", "C303", "Write days(a, b) for the time from a to b."),
    ("ended_at + «3", "C303", "Write '+ interval '48 hours''."),
    ("hired_on + «interval '1 hour'", "C303", None),
    ("«interval '1 hour' = interval '60 minutes'", "C303", "Write 'b > a + interval …', or seconds(a, b)."),
    ("case when abandoned then 1 else «'x' end", "C303", "Text and numbers never mix: write numbers without quotes."),
    ("length(«talk_s)", "C303", None),
    ("«seconds(ended_at)", "C303", None),
    ("seconds(«hired_on, ended_at)", "C303",
     "A timestamp and a date column cannot be compared: the day depends on the zone."),
    ("coalesce(«null, null) is null", "C303", None),
    ("least(«abandoned, abandoned)", "C303", None),
    ("talk_s = «= 1", "C301", None),
    ("talk_s «== 1", "C301", "Write '=' to compare."),
    ("abandoned «&& abandoned", "C301", "Write 'and'."),
    ("queue = «\"A\"", "C301", "Text is written in single quotes: 'Billing'."),
    ("«!abandoned", "C301", "Write 'not', or '<>' for unequal."),
    ("1 < talk_s «< 3", "C301", "Comparisons do not chain: write 'a < b and b < c', or use between."),
    ("abandoned is «true", "C301",
     "Write the condition by itself, or coalesce(…, false) where null counts as false."),
    ("(talk_s«", "C301", None),
    ("talk_s «)", "C301", None),
    ("queue like «agent.site", "C301", None),
    ("queue = «'abc", "C301", None),
    ("talk_s > 1«; drop", "C301", None),
    ("case «end", "C301", None),
    ("«", "C301", "Write a condition or an amount, or leave the key out."),
    ("«*", "C301", "Write 'count: rows' as a key of the metric to count rows."),
    ("«coalesce is null", "C301", None),
    ("«talk_x = 1", "C302", None),
    ("«Queue = 'A'", "C302", None),
    ("«queue.name = 'A'", "C302", None),
    ("«count(queue) > 1", "C304", "Write 'sum:', 'count: rows' or 'distinct:' as a key of the metric."),
    ("«min(talk_s, 1)", "C304",
     "For the smaller or larger of two values of a row, write least(a, b) or greatest(a, b)."),
    ("lower(queue) «over (x)", "C304", "See the kinds 'repeat' and 'time_to_event'."),
    ("queue like «'Bill*'", "C304",
     "% stands for any text and _ for one character: like 'Bill%'. For the sign itself use =."),
    ("not queue like «'?illing'", "C304",
     "% stands for any text and _ for one character: like '_illing'. For the sign itself use =."),
    ("talk_s«::int", "C304", "There are no casts: declare the column's type, and numbers are doubles already."),
    ("queue «|| 'x'", "C304", "Texts cannot be joined here."),
    ("queue «ilike 'x'", "C304", "Use like, with % for any text and _ for one character; lower(…) ignores case."),
    ("queue in («select 1)", "C304", "Use a column of a look-up."),
    ("ended_at > «now()", "C304", "Ages are measured against --as-of by the kinds themselves."),
    ("ended_at > «current_date", "C304", "Ages are measured against --as-of by the kinds themselves."),
    ("«foo(talk_s)", "C305",
     "There are abs, coalesce, days, greatest, least, length, lower, nullif, open_seconds, seconds, trim or upper."),
    ("«null", "C306", None),
    ("«interval '1 day'", "C306", None),
    ("«12abc > 1", "C307", None),
    ("«1e999 > 1", "C307", None),
    ("ended_at > timestamp «'2026-13-01 00:00'", "C307",
     "Write it as timestamp '2026-01-05 09:00', in the catalogue's zone."),
    ("ended_at > timestamp «'2026-01-01 00:00Z'", "C307",
     "Write it as timestamp '2026-01-05 09:00', in the catalogue's zone."),
    ("ended_at + interval «'1 month' > ended_at", "C307", "Write a number and seconds, minutes, hours, days or weeks."),
    ("ended_at + interval «'1 fortnight' > ended_at", "C307",
     "Write a number and seconds, minutes, hours, days or weeks."),
    ("«" + "(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1), "C301", "Name a part of it under 'fields'."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "hint"), FAULTS)
def test_faults(text: str, code: str, hint: str | None) -> None:
    found, faults = parse(text.replace(MARK, ""), SCOPE, "Europe/London")
    assert found is None
    assert [fault.code for fault in faults] == [code], faults
    assert faults[0].hint == hint
    if not text.startswith(MARK + "(("):
        assert faults[0].offset == text.index(MARK)


def test_every_unknown_column_is_told() -> None:
    _, faults = parse("tlak_s > 1 and qeue = 'A'", SCOPE, "UTC")
    assert [(fault.offset, fault.message) for fault in faults] == [
        (0, "no column 'tlak_s' in table 'contacts'; did you mean 'talk_s'?"),
        (15, "no column 'qeue' in table 'contacts'; did you mean 'queue'?"),
    ]


@pytest.mark.parametrize("expected", ["boolean", "number"])
def test_the_type_wanted_is_checked(expected: Type) -> None:
    _, faults = parse("queue", SCOPE, "UTC", expected)
    assert [(fault.offset, fault.code) for fault in faults] == [(0, "C306")]


def test_refused_words_are_not_functions_and_may_name_columns() -> None:
    assert not set(REFUSED) & set(FUNCTIONS)
    scope = ColumnScope("a table", {"hour": "number", "date": "date", "rank": "number"})
    found, faults = parse("hour > 1 and date = date '2026-01-01' and rank is null", scope, "UTC")
    assert not faults
    assert found is not None
    assert found.columns == {"hour", "date", "rank"}


PIECES = st.sampled_from(
    [*TYPES, *FUNCTIONS, "and", "or", "not", "is", "null", "in", "between", "like", "case", "when", "then", "else",
     "end", "(", ")", ",", "+", "-", "*", "/", "=", "<", ">=", "1", "2.5", "'x'", "''", "date", "'2026-01-05'",
     "interval", "'2 days'", "true", "select", "over", "sum", "::", '"', "'", "é", "\n"]
)  # fmt: skip


@settings(max_examples=400, deadline=None, derandomize=True)
@given(pieces=st.lists(PIECES, max_size=14))
def test_any_text_is_an_expression_or_faults(pieces: list[str]) -> None:
    text = " ".join(pieces)
    found, faults = parse(text, SCOPE, "Europe/London")
    assert (found is None) == bool(faults)
    assert all(0 <= fault.offset <= len(text) and fault.code in ("C301", "C302", "C303", "C304", "C305", "C306", "C307")
               for fault in faults)  # fmt: skip
