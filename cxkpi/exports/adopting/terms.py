"""The field's terms, as ``terms.yaml`` has them, ready for use; what they mean stands there."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import yaml

_WRITTEN: Mapping[str, Any] = yaml.safe_load(
    files("cxkpi.exports.adopting").joinpath("terms.yaml").read_text(encoding="utf-8")
)


def _by_word(name: str) -> Mapping[str, str]:
    """Each word of a mapping of meanings to words, with its meaning."""
    return {word: meaning for meaning, words in _WRITTEN[name].items() for word in words.split()}


WORDS: Mapping[str, str] = {**_by_word("spellings"), **{notion: notion for notion in _WRITTEN["spellings"]}}
"""A word of a heading, and the notion it stands for."""

NEUTRAL = frozenset(_WRITTEN["neutral"].split())
LIGHT = frozenset(_WRITTEN["light"].split())
UNITS = _by_word("units")

TERMS: Mapping[str, Mapping[str, str]] = {
    table: {column: text.format_map(_WRITTEN["shared"]) for column, text in columns.items()}
    for table, columns in _WRITTEN["terms"].items()
}
"""Table, column, and the terms that name it."""

VERSION: str = _WRITTEN["version"]
FIRST_NAME: str = _WRITTEN["first_name"]
LAST_NAME: str = _WRITTEN["last_name"]

CONTRARY: Mapping[str, frozenset[str]] = {
    column: frozenset(words.split()) for column, words in _WRITTEN["contrary"].items()
}
CUES: Mapping[str, frozenset[str]] = {table: frozenset(words.split()) for table, words in _WRITTEN["cues"].items()}
ABOUT_PEOPLE = frozenset(_WRITTEN["about_people"].split())
SKIPPED = _by_word("skipped")

NOTHING = frozenset(_WRITTEN["nothing"])
TRUTHS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = tuple(
    (tuple(yes), tuple(no)) for yes, no in _WRITTEN["truths"]
)
DIRECTIONS = _by_word("directions")
CHANNELS = _by_word("channels")
LEAVING: tuple[tuple[str, str | None], ...] = tuple((part, kind) for part, kind in _WRITTEN["leaving"])

_OUTCOMES: Mapping[str, list[str]] = _WRITTEN["outcomes"]
OUTCOMES: Mapping[str, bool | None] = {
    **dict.fromkeys(_OUTCOMES["gave_up"], True),
    **dict.fromkeys(_OUTCOMES["answered"], False),
    **dict.fromkeys(_OUTCOMES["neither"], None),
}
"""What an outcome says about giving up."""

IDLE = frozenset(_WRITTEN["idle"].split())
RECOMMEND: tuple[str, ...] = tuple(_WRITTEN["recommend"])
SATISFIED: tuple[str, ...] = tuple(_WRITTEN["satisfied"])
EFFORT: tuple[str, ...] = tuple(_WRITTEN["effort"])
SOLVED: tuple[str, ...] = tuple(_WRITTEN["solved"])
WHY: tuple[str, ...] = tuple(_WRITTEN["why"])
FIRST_EVENT: tuple[str, ...] = tuple(_WRITTEN["first_event"])
LAST_EVENT: tuple[str, ...] = tuple(_WRITTEN["last_event"])
