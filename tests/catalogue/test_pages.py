"""Every code has a page, every page a code; the example on a page has that code, where and in the words it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cxkpi.catalogue.codes import CODES
from cxkpi.catalogue.pages import as_text, folder, page
from cxkpi.errors import UsageError
from cxkpi.measurement.checking.check import check

PAGES = Path(__file__).parents[2] / "docs" / "codes"
# Not UTF-8, or too large: test_hostile does that. What is refused as not supported yet may be nothing.
WITHOUT_EXAMPLE = {"C008", "C106"}


def block(text: str, language: str) -> str | None:
    found = re.search(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return None if found is None else found[1]


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert {file.stem for file in PAGES.glob("*.md")} == set(CODES)
    assert folder() == PAGES


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_page_is_about_its_code(code: str) -> None:
    text = page(code)
    assert text.splitlines()[0] == f"# {code}: {CODES[code]}"
    assert max(map(len, text.splitlines())) <= 160
    assert "```" not in as_text(text)


@pytest.mark.parametrize("code", sorted(set(CODES) - WITHOUT_EXAMPLE))
def test_the_example_of_a_page_has_its_code_where_the_page_says(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = page(code)
    catalogue, shown = block(text, "yaml"), block(text, "text")
    assert catalogue is not None
    assert shown is not None
    monkeypatch.chdir(tmp_path)
    Path("metrics.yaml").write_text(catalogue, encoding="utf-8")
    found = list(check([Path("metrics.yaml")]).problems())
    assert {problem.code for problem in found} == {code}
    printed = [f"{one.place}: {one.severity}[{one.code}]: {one.message}" for one in found]
    assert shown.splitlines() == printed


def test_a_page_is_found_in_any_case_and_a_wrong_code_gets_the_nearest() -> None:
    assert page(" c104 ") == page("C104")
    with pytest.raises(UsageError, match="Did you mean C104"):
        page("C1O4")
    with pytest.raises(UsageError, match="They run from C001 to C506"):
        page("../../README")
