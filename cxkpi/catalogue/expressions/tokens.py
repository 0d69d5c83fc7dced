"""The words of an expression: names, keywords, numbers, quoted text and symbols, each with its place in the text."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in an expression: the character it begins at, a code, what is wrong, and what to do."""

    offset: int
    code: str
    message: str
    hint: str | None = None


Kind = Literal["number", "text", "name", "keyword", "symbol", "end"]

TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<text>'(?:[^']|'')*')"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
    r"|(?P<symbol><>|!=|<=|>=|[=<>+\-*/(),])"
)
KEYWORDS = frozenset(
    ("and", "or", "not", "in", "between", "like", "is", "null", "case", "when", "then", "else", "end", "true", "false")
)
WRONG_SYMBOLS: Sequence[tuple[str, str, str]] = (
    ("==", "C301", "Write '=' to compare."),
    ("||", "C304", "Texts cannot be joined here."),
    ("&&", "C301", "Write 'and'."),
    ("::", "C304", "There are no casts: declare the column's type, and numbers are doubles already."),
    ("--", "C301", "Write comments in YAML, after '#'."),
    ('"', "C301", "Text is written in single quotes: 'Billing'."),
    ("`", "C301", "Names are written without quotes."),
    ("!", "C301", "Write 'not', or '<>' for unequal."),
    ("%", "C304", "There is no remainder operator, and 85% is written 0.85."),
    ("~", "C304", "There are no regular expressions: use like, with % and _."),
)


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    offset: int

    @property
    def shown(self) -> str:
        return "the end" if self.kind == "end" else self.text if self.kind == "text" else f"'{self.text}'"


def tokenize(text: str) -> tuple[list[Token], Fault | None]:
    """The words of ``text`` with an ``end`` after the last, and what could not be read, if anything."""
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        found = TOKEN.match(text, position)
        wrong = _wrong_symbol(text, position)
        if wrong is not None:
            return tokens, wrong
        if found is None:
            quote = text[position] == "'"
            message = "this text has no closing quote" if quote else f"{text[position]!r} has no meaning here"
            return tokens, Fault(position, "C301", message)
        value, start, position = found.group(), position, found.end()
        if found.lastgroup == "number":
            glued = re.match(r"[A-Za-z0-9_.]+", text[position:])
            if glued is not None:
                size = _UNIT_SECONDS.get(glued.group())
                hint = (
                    None if size is None else f"Lengths of time are numbers of seconds here: {float(value) * size:g}."
                )
                return tokens, Fault(start, "C307", f"'{value}{glued.group()}' is not a number", hint)
            if not math.isfinite(float(value)):
                return tokens, Fault(start, "C307", f"'{value}' is too large")
            tokens.append(Token("number", value, start))
        elif found.lastgroup == "text":
            tokens.append(Token("text", value, start))
        elif found.lastgroup == "symbol":
            tokens.append(Token("symbol", value, start))
        elif found.lastgroup == "name" and value.lower() in KEYWORDS:
            tokens.append(Token("keyword", value.lower(), start))
        elif found.lastgroup == "name":
            tokens.append(Token("name", value, start))
    tokens.append(Token("end", "", len(text)))
    return tokens, None


def _wrong_symbol(text: str, position: int) -> Fault | None:
    if text.startswith("!=", position):
        return None
    for symbol, code, hint in WRONG_SYMBOLS:
        if text.startswith(symbol, position):
            return Fault(position, code, f"'{symbol}' is not an operator here", hint)
    return None


def unquoted(text: str) -> str:
    """What a quoted text says."""
    return text[1:-1].replace("''", "'")
