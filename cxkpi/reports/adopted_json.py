"""``cxkpi adopt -f json``: the proposals for programs."""

from __future__ import annotations

import json
from typing import Any

from cxkpi.exports.adopting.adopted import Adopted, Known

FORMAT = 1
MASK = "***"


def render(adopted: Adopted, known: Known | None, *, show_values: bool) -> str:
    """The draft as JSON text. Values that identify people are ``***`` unless asked for."""
    content: dict[str, Any] = {
        "format": FORMAT,
        "file": adopted.shown,
        "recognised": None if known is None else known.profile,
        "table": adopted.table,
        "runner_up": adopted.runner_up,
        "records": adopted.records,
        "sampled": adopted.sampled,
        "encoding": adopted.encoding or None,
        "delimiter": adopted.delimiter or None,
        "heading_line": adopted.heading_line + 1,
        "profile": adopted.profile,
        "confirm": adopted.confirm,
        "columns": [
            {
                "heading": column.heading,
                "target": column.target,
                "question": column.question,
                "rule": dict(column.rule),
                "confidence": column.confidence,
                "confirm": column.confirm,
                "evidence": column.evidence,
                "examples": list(column.examples)
                if show_values or not column.masked
                else [MASK] * len(column.examples),
            }
            for column in adopted.columns
        ],
        "derived": [
            {
                "target": target,
                "rule": dict(rule.rule),
                "confidence": rule.confidence,
                "confirm": rule.confirm,
                "evidence": rule.why,
            }
            for target, rule in adopted.derived
        ],
        "remarks": list(adopted.remarks),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def render_known(shown: str, known: Known) -> str:
    """A file that needs no draft."""
    content = {"format": FORMAT, "file": shown, "recognised": known.profile, "why": known.why, "refuse": known.refuse}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
