"""``cxkpi check -f sarif``: SARIF 2.1.0, which code hosts and editors take findings in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from cxkpi.errors import Problem, sentence
from cxkpi.measurement.checking.checked import Checked
from cxkpi.reports.checked.safe import plain

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(checked: Checked, titles: Mapping[str, str], pages: Mapping[str, str]) -> str:
    """The findings as a SARIF log of one run; ``titles`` and ``pages`` say what each code means, short and long."""
    found = list(checked.problems())
    codes = sorted({problem.code for problem in found})
    rules = [_rule(code, titles.get(code, code), pages.get(code)) for code in codes]
    driver = {"name": "cxkpi", "semanticVersion": checked.version, "rules": rules}
    run = {
        "tool": {"driver": driver},
        # Columns are counted in characters, as editors show them.
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, codes.index(problem.code)) for problem in found],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=True, indent=1) + "\n"


def _rule(code: str, title: str, page: str | None) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": code, "shortDescription": {"text": title}}
    if page is not None:
        rule["help"] = {"text": page, "markdown": page}
    return rule


def _result(problem: Problem, rule: int) -> dict[str, Any]:
    message = plain(problem.message)
    if problem.hint:
        message = f"{sentence(message)}\n{plain(problem.hint)}"
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": "error" if problem.severity == "error" else "warning",
        "message": {"text": message},
    }
    place = problem.place
    if place is not None:
        location: dict[str, Any] = {"artifactLocation": {"uri": _uri(place.file)}}
        if place.line is not None:
            location["region"] = {"startLine": place.line}
            if place.column is not None:
                location["region"]["startColumn"] = place.column
        result["locations"] = [{"physicalLocation": location}]
    return result


def _uri(file: str) -> str:
    # A first part with a colon would be read as a scheme, and the shipped catalogue has one on purpose.
    return quote(file.encode("utf-8", "replace"), safe="/:" if file.startswith("cxkpi:") else "/")
