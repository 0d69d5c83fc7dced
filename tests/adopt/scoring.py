"""Drafts compared with the answers written down before: which columns are right, in target and in rule."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from cxkpi.exports.adopting.adopted import Adopted, Proposal
from cxkpi.exports.adopting.draft import adopt
from cxkpi.exports.adopting.facts import is_iso
from cxkpi.exports.adopting.files import base_name, grid, source_of
from cxkpi.tables import TABLES

ANSWERS = Path(__file__).parent / "answers.yaml"


def answers() -> list[Mapping[str, Any]]:
    """Every file of the answers."""
    found: list[Mapping[str, Any]] = yaml.safe_load(ANSWERS.read_text(encoding="utf-8"))["files"]
    return found


def drafted(path: Path, table: str | None = None) -> Adopted:
    """The draft of a file."""
    source = source_of(path, None)
    return adopt(grid(source), TABLES, name=base_name(source), table=table)


def wrong(adopted: Adopted, columns: Mapping[str, Any]) -> dict[str, str]:
    """Heading -> what is wrong, of the columns that are."""
    by_heading = {column.heading: column for column in adopted.columns}
    assert list(by_heading) == list(columns)
    found = {heading: _fault(by_heading[heading], answer) for heading, answer in columns.items()}
    return {heading: fault for heading, fault in found.items() if fault}


def _fault(column: Proposal, answer: Any) -> str:
    wanted = answer if isinstance(answer, Mapping) else {"to": answer}
    targets = wanted.get("to", "ignore")
    right = [targets] if isinstance(targets, str) else list(targets)
    target = column.target or "ignore"
    if target == wanted.get("or"):
        return ""
    if target not in right:
        return f"{target}, not {' or '.join(right)}"
    rule = column.rule
    for key in ("unit", "join", "split", "scale"):
        if key in wanted and rule.get(key, "s" if key == "unit" else None) != wanted[key]:
            return f"{key} {rule.get(key)}, not {wanted[key]}"
    if "format" in wanted and not _same_format(rule.get("format"), wanted["format"]):
        return f"format {rule.get('format')}, not {wanted['format']}"
    for key in ("true", "false"):
        # YAML reads these two keys as booleans.
        words = wanted.get(key, wanted.get(key == "true"))
        if words is not None and {str(word).casefold() for word in rule.get(key, ())} != {str(word) for word in words}:
            return f"{key} {rule.get(key)}, not {words}"
    for word, meaning in wanted.get("values", {}).items():
        if rule.get("values", {}).get(word, "?") != meaning:
            return f"{word} means {rule.get('values', {}).get(word)}, not {meaning}"
    if "question" in wanted and column.question != wanted["question"]:
        return f"question {column.question}, not {wanted['question']}"
    return ""


def _same_format(drafted: object, wanted: str) -> bool:
    # Without a format ISO 8601 is read, with or without fractions of seconds.
    return drafted == wanted or (drafted is None and is_iso(wanted))
