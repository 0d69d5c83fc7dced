"""YAML written for a person to read: scalars with quotes only where they need them, and comments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from textwrap import wrap
from typing import Any

import yaml

WIDTH = 118
_PLAIN = re.compile(r"[A-Za-z_][\w ./()-]*[\w)]|[A-Za-z_]")
_OTHERWISE = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")


def comment(text: str, indent: str = "") -> list[str]:
    """A text as lines of a comment; what of it cannot be shown is a blank."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return [
        f"{indent}# {line}"
        for line in wrap(plain, WIDTH - len(indent) - 2, break_long_words=True, break_on_hyphens=False)
    ]


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """A text, number or truth value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.casefold() not in _OTHERWISE:
        return text
    dumped: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=100_000)
    return dumped.strip()
