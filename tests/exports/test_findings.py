"""Findings: codes mean one thing, and those of several stretches of a file become one."""

from __future__ import annotations

import pytest

import cxkpi.exports.load
from cxkpi.exports.findings import Finding, merged, register, registered

assert cxkpi.exports.load


def test_stretches_of_a_file_add_up_and_the_first_line_is_kept() -> None:
    later = Finding(
        "F206", "a.csv", "T", 2, 10, 40, "x", detail="talk_s", tables=("contacts",), columns=("contacts.a",)
    )
    first = Finding("F206", "a.csv", "T", 1, 5, 7, "y", True, "talk_s", ("contacts", "legs"), ("contacts.b",), 3)
    other = Finding("F206", "a.csv", "U", 1, 5, None, "z", detail="talk_s")
    one, two = merged([other, later, first])
    assert (one.column, one.count, one.total, one.line, one.example, one.masked) == ("T", 3, 15, 7, "y", True)
    assert (one.tables, set(one.columns), one.other) == (("contacts", "legs"), {"contacts.a", "contacts.b"}, 3)
    assert two == other


def test_merging_does_not_depend_on_the_order() -> None:
    several = [Finding("F206", "a", "T", n, n, line, str(line), detail="x") for n, line in ((1, 9), (2, None), (3, 4))]
    assert merged(several)[0].count == merged(several[::-1])[0].count == 6
    assert merged(several)[0].line == merged(several[::-1])[0].line == 4
    assert merged(merged(several)) == merged(several)


def test_a_code_is_registered_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        register("F206", "note", True, "again")


@pytest.mark.parametrize("code", [code for code in registered() if code.startswith(("F20", "F22", "F23", "F24"))])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("masked", [False, True])
def test_every_wording_names_the_file_and_fits_one_and_many(code: str, count: int, masked: bool) -> None:
    one = Finding(code, "a.csv", "T", count, 1_000_000, 7, "secret", masked, "ms s")
    assert one.message.startswith("a.csv: ")
    assert "None" not in one.message
    assert one.message.endswith((".", "?"))
    assert not (masked and code in ("F201", "F206", "F207") and "secret" in one.message)
