"""What a heading says: its words brought to one spelling, and which canonical columns they may name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from cxkpi.exports.adopting.terms import LIGHT, NEUTRAL, TERMS, UNITS, VERSION, WORDS

_YES_NO = re.compile(
    r"\(\s*(?:y\s*/\s*n|yes\s*/\s*no|ja\s*/\s*nein|s[ií]\s*/\s*no|0\s*/\s*1|true\s*/\s*false)\s*\)", re.IGNORECASE
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WITHIN = re.compile(r"\b\d+ ?(?:s|secs?|seconds?|sek(?:unden)?|segundos|secondes)\b", re.IGNORECASE)
_PART = re.compile(r"[^\W_]+")
_LEFT_OVER = 0.5
_LIGHT = 0.2
_NEGATED = 0.2
_KNOWN = frozenset({*WORDS, *NEUTRAL})


@lru_cache(maxsize=4096)
def words(heading: str) -> tuple[str, ...]:
    """The words of a heading in small letters without accents, parts of ``AvgTalkDuration`` apart."""
    plain = _YES_NO.sub(" ", heading)
    folded = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c)).replace("ß", "ss")
    found: list[str] = []
    for part in _PART.findall(_CAMEL.sub(" ", folded).replace("#", " id ") if folded.strip() != "#" else "id"):
        found.extend(_known_parts(part.casefold()))
    return tuple(found)


@lru_cache(maxsize=4096)
def notions(heading: str) -> tuple[str, ...]:
    """The words that matter, each in the one spelling of what it means; all of them where none would be left."""
    every = [WORDS.get(word, word) for word in words(heading)]
    if _WITHIN.search(heading):
        every.append("within")
    if every[:1] == ["min"]:
        every[0] = "minimum"
    kept = [word for word in every if word not in NEUTRAL and not word.isdigit() and len(word) > 1]
    return tuple(dict.fromkeys(kept or every))


def threshold(heading: str) -> str | None:
    """The seconds that a heading counts within: ``Answered in 20 seconds``."""
    match = _WITHIN.search(heading)
    found = re.match(r"\d+", match[0]) if match else None
    return found[0] if found else None


def averages(heading: str) -> bool:
    """Whether a heading says that its durations are averages."""
    said = {*notions(heading), *words(heading)}
    return bool(said & {"average", "aht", "asa", "att", "speed", "per"})


def unit(heading: str) -> str | None:
    """The unit of durations that a heading names: ``Call Duration (Minutes)``, ``talk_ms``, ``wait_s``."""
    found = [UNITS[word] for word in words(heading) if word in UNITS]
    return found[-1] if found else None


def says_utc(heading: str) -> bool:
    """Whether a heading says that its times are UTC."""
    return bool({"utc", "gmt"} & set(words(heading)))


@dataclass(frozen=True, slots=True)
class Term:
    """One way to name a column: its notions, how surely, and whether nothing else may stand in the heading."""

    notions: frozenset[str]
    weight: float
    alone: bool


def terms(written: str) -> tuple[Term, ...]:
    """``contact id, = id .8`` as terms."""
    found = []
    for item in written.split(","):
        text = item.strip()
        alone = text.startswith("= ")
        text = text.removeprefix("= ")
        match = re.search(r" (\.\d+)$", text)
        weight = float(match[1]) if match else 1.0
        phrase = text[: match.start()] if match else text
        found.append(Term(frozenset(notions(phrase)), weight, alone))
    return tuple(found)


def rating(heading: str, known: Iterable[Term]) -> float:
    """How surely a heading names what the terms name, 0 to 1: less for every further word in it."""
    said = frozenset(notions(heading))
    best = 0.0
    for term in known:
        if not term.notions <= said:
            continue
        rest = said - term.notions
        if term.alone and rest:
            continue
        over = sum(_LIGHT if word in LIGHT else 1.0 for word in rest)
        score = term.weight / (1 + _LEFT_OVER * over)
        if "not" in rest or "non" in rest:
            score *= _NEGATED
        best = max(best, score)
    return best


@lru_cache(maxsize=1)
def vocabulary() -> Mapping[tuple[str, str], tuple[Term, ...]]:
    """(table, column) -> the terms that name it."""
    return {(table, column): terms(text) for table, columns in TERMS.items() for column, text in columns.items()}


@lru_cache(maxsize=1)
def versions() -> tuple[Term, ...]:
    """The terms that name what tells versions apart."""
    return terms(VERSION)


def _known_parts(word: str) -> list[str]:
    """A word in one piece, or the two or three known words it is glued from (``starttime``, ``dateofhire``)."""
    if word in _KNOWN or len(word) < 5:
        return [word]
    for cut in range(len(word) - 2, 2, -1):
        head, tail = word[:cut], word[cut:]
        if head in _KNOWN and (tail in _KNOWN or len(tail) >= 5):
            rest = _known_parts(tail)
            if all(part in _KNOWN for part in rest):
                return [head, *rest]
    return [word]
