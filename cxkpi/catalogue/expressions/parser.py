"""Expression text to a typed tree: a precedence parser that checks types as it goes and expands named fields.

Precedence, loosest first: ``or``; ``and``; ``not``; comparisons, ``is``, ``in``, ``between``, ``like``; ``+ -``;
``* /``; signs. Keywords and function names may be written in any case, column names only as they are declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal as OneOf
from typing import Protocol

from cxkpi.calendar import midnight_utc, resolve
from cxkpi.catalogue.expressions.functions import FUNCTIONS, REFUSED
from cxkpi.catalogue.expressions.tokens import Fault, Token, tokenize, unquoted
from cxkpi.catalogue.values.moments import parse_date, parse_interval, parse_timestamp
from cxkpi.documents.spelling import did_you_mean, listed
from cxkpi.kinds.expression import (
    Arithmetic,
    Calculation,
    Call,
    Case,
    Combine,
    Compare,
    Comparison,
    Expression,
    In,
    IsNull,
    Like,
    Literal,
    Logic,
    Name,
    Negative,
    Node,
    Not,
    OpenTime,
    Shift,
    Type,
    height,
    size,
)
from cxkpi.opening import OpeningHours

# Recursion stays far below Python's limit, here and in the engines that walk the plan: how deep a text may be nested
# and how many terms it may join, and how high the tree may grow with its fields expanded.
MAX_DEPTH = 60
MAX_HEIGHT = 120
# Fields made of fields grow fast: each that names another one twice doubles it.
MAX_SIZE = 10_000
MAX_TEXT = 10_000
# What stands for any text among names of files, and what does here.
_OF_FILES, _OF_LIKE = frozenset("*?"), frozenset("%_")


class Broken:
    """What a name stands for whose own definition is wrong: it was reported there, so not again here."""


BROKEN = Broken()


class Scope(Protocol):
    """The names an expression may use."""

    @property
    def title(self) -> str:
        """What the names belong to, ``table 'contacts'``."""
        ...

    def lookup(self, name: str) -> Node | Broken | None:
        """The column of that name, or the tree of that field; None where there is neither."""
        ...

    def names(self) -> Iterable[str]:
        """Names for suggestions."""
        ...


@dataclass(frozen=True, slots=True)
class ColumnScope:
    """Plain columns and their types."""

    title: str
    columns: Mapping[str, Type]

    def lookup(self, name: str) -> Node | None:
        kind = self.columns.get(name)
        return None if kind is None else Name(name, kind)

    def names(self) -> Iterable[str]:
        return self.columns


@dataclass(frozen=True, slots=True)
class AnyScope:
    """Names of a table that is not known: any may be of any type, and only what is wrong nevertheless is found."""

    hours: OpeningHours | None
    title: str = "a table that is not known"

    def lookup(self, name: str) -> Broken:
        return BROKEN

    def names(self) -> Iterable[str]:
        return ()


TITLES: Mapping[str, str] = {
    "number": "a number",
    "boolean": "true or false",
    "text": "text",
    "instant": "a timestamp",
    "date": "a date",
    "interval": "an interval",
    "null": "null",
}


def parse(text: str, scope: Scope, zone: str, expected: Type | None = None) -> tuple[Expression | None, list[Fault]]:
    """The expression a text stands for, or None and what is wrong with it.

    ``zone`` is the one local date and timestamp literals are written in. ``expected`` is the type its value must have.
    Faults have offsets into ``text``; a syntax error ends the search for more, an unknown column does not.
    """
    if len(text) > MAX_TEXT:
        message = f"this is longer than {MAX_TEXT:,} characters"
        return None, [Fault(0, "C301", message, "Name parts of it under 'fields'.")]
    parser = _Parser(text, scope, zone)
    if parser.faults:
        return None, parser.faults
    try:
        whole = parser.expression()
        if parser.token.kind != "end":
            parser.stop(parser.token, f"{parser.token.shown} is not expected here", parser.after_hint())
    except _Stop:
        return None, sorted(parser.faults, key=lambda fault: fault.offset)
    if not parser.faults and whole.type != "unknown":
        if whole.type in ("null", "interval"):
            parser.fault(0, "C306", f"this is {TITLES[whole.type]}, which has no use by itself")
        elif expected is not None and whole.type != expected:
            message = f"this must be {TITLES[expected]}, but it is {TITLES[whole.type]}"
            parser.fault(0, "C306", message, _EXPECTED_HINTS.get((expected, whole.type)))
        elif whole.height > MAX_HEIGHT:
            message = f"with its fields written out this is nested more than {MAX_HEIGHT} levels deep"
            parser.fault(0, "C301", message, "Use in (…), or fewer steps.")
        elif size(whole.node) > MAX_SIZE:
            message = f"with its fields written out this has more than {MAX_SIZE:,} parts"
            parser.fault(0, "C301", message, "Use fewer fields made of fields.")
    if parser.faults or whole.type == "unknown":
        return None, sorted(parser.faults, key=lambda fault: fault.offset)
    return Expression(text, whole.node.type, whole.node), []


_EXPECTED_HINTS: Mapping[tuple[str, str], str] = {
    ("boolean", "number"): "Compare it with something: '… > 0'.",
    ("boolean", "text"): "Compare it with something: \"… = 'Billing'\".",
    ("number", "boolean"): "Write 'case when … then 1 else 0 end' to count it.",
    ("number", "instant"): "Write seconds(a, b) for the time between two timestamps.",
}


class _Stop(Exception):  # noqa: N818 - control flow within this module
    pass


@dataclass(frozen=True, slots=True)
class _Typed:
    """An operand: its tree, its type (``null`` and ``unknown`` fit everything), and where it begins."""

    node: Node
    type: Type | OneOf["null", "unknown"]
    offset: int
    height: int = 1


_NULL = Literal(None, "text")

_COMPARISONS: Mapping[str, Comparison] = {
    "=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
}  # fmt: skip
_ADDITIVE: Mapping[str, Arithmetic] = {"+": "+", "-": "-"}
_MULTIPLICATIVE: Mapping[str, Arithmetic] = {"*": "*", "/": "/"}


class _Parser:
    def __init__(self, text: str, scope: Scope, zone: str) -> None:
        self.text = text
        self.scope = scope
        self.zone = zone
        self.tokens, unread = tokenize(text)
        self.faults: list[Fault] = [] if unread is None else [unread]
        self.position = 0
        self.depth = 0

    # Tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def advance(self) -> Token:
        """Move to the next token; the one left behind is returned."""
        left = self.token
        self.position = min(self.position + 1, len(self.tokens) - 1)
        return left

    def at(self, *words: str) -> bool:
        return self.token.kind in ("keyword", "symbol") and self.token.text in words

    def take(self, word: str) -> bool:
        if self.at(word):
            self.advance()
            return True
        return False

    def need(self, word: str, purpose: str) -> Token:
        if not self.at(word):
            self.stop(self.token, f"'{word}' is expected {purpose}, not {self.token.shown}")
        return self.advance()

    # Faults

    def fault(self, offset: int, code: str, message: str, hint: str | None = None) -> None:
        self.faults.append(Fault(offset, code, message, hint))

    def stop(self, token: Token, message: str, hint: str | None = None) -> None:
        self.fault(token.offset, "C301", message, hint)
        raise _Stop

    def wrong(self, operand: _Typed, message: str, hint: str | None = None) -> _Typed:
        self.fault(operand.offset, "C303", message, hint)
        return _unknown(operand.offset)

    def after_hint(self) -> str | None:
        if self.token.kind == "name" and self.token.text.lower() in REFUSED:
            return " ".join(("'" + self.token.text + "'", *REFUSED[self.token.text.lower()]))
        if self.token.kind in ("name", "number", "text"):
            return "An operator is missing before it: and, or, =, + …"
        if self.at(*_COMPARISONS):
            return "Comparisons do not chain: write 'a < b and b < c', or use between."
        return None

    # Grammar

    def expression(self) -> _Typed:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.stop(self.token, f"nested more than {MAX_DEPTH} levels deep", "Name a part of it under 'fields'.")
        found = self.disjunction()
        self.depth -= 1
        return found

    def disjunction(self) -> _Typed:
        left, terms = self.conjunction(), 1
        while self.at("or"):
            operator = self.advance()
            left, terms = self.combine("or", left, self.conjunction()), self.limit(terms, operator)
        return left

    def conjunction(self) -> _Typed:
        left, terms = self.negation(), 1
        while self.at("and"):
            operator = self.advance()
            left, terms = self.combine("and", left, self.negation()), self.limit(terms, operator)
        return left

    def limit(self, terms: int, operator: Token) -> int:
        if terms >= MAX_DEPTH:
            message = f"more than {MAX_DEPTH} terms in a row are joined with '{operator.text}'"
            self.stop(operator, message, "Use in (…), or name a part of it under 'fields'.")
        return terms + 1

    def negation(self) -> _Typed:
        if not self.at("not"):
            return self.comparison()
        offset = self.advance().offset
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.stop(self.token, f"nested more than {MAX_DEPTH} levels deep")
        operand = self.truth(self.negation(), "'not'")
        self.depth -= 1
        return _made(Not(operand.node), offset, operand)

    def comparison(self) -> _Typed:
        left = self.sum()
        if self.at(*_COMPARISONS):
            operator = self.advance()
            return self.compare(_COMPARISONS[operator.text], left, self.sum())
        if self.take("is"):
            negated = self.take("not")
            if self.at("true", "false"):
                hint = "Write the condition by itself, or coalesce(…, false) where null counts as false."
                self.stop(self.token, f"'is {self.token.text}' is not supported", hint)
            self.need("null", "after 'is'")
            return self.maybe_not(negated, _made(IsNull(left.node), left.offset, left))
        negated = self.at("not")
        if negated:
            self.advance()
        if self.take("in"):
            return self.maybe_not(negated, self.membership(left))
        if self.take("between"):
            return self.maybe_not(negated, self.between(left))
        if self.take("like"):
            return self.maybe_not(negated, self.like(left))
        if negated:
            self.stop(self.token, f"'in', 'between' or 'like' is expected after 'not', not {self.token.shown}")
        if self.token.kind == "name" and self.token.text.lower() in REFUSED:
            self.refuse(self.token)
        return left

    def maybe_not(self, negated: bool, operand: _Typed) -> _Typed:
        return _made(Not(operand.node), operand.offset, operand) if negated else operand

    def membership(self, subject: _Typed) -> _Typed:
        self.need("(", "after 'in'")
        options: list[_Typed] = []
        while True:
            if self.token.kind == "name" and self.token.text.lower() == "select":
                self.refuse(self.token)
            option = self.sum()
            if option.type == "null":
                self.wrong(option, "null in a list of values never matches", "Add 'or … is null'.")
            else:
                options.append(option)
            if not self.take(","):
                break
        self.need(")", "after the values of 'in'")
        subject, *rest = self.alike([subject, *options], "'in'")
        return _made(In(subject.node, tuple(option.node for option in rest)), subject.offset, subject, *rest)

    def between(self, subject: _Typed) -> _Typed:
        low = self.sum()
        self.need("and", "between the limits of 'between'")
        high = self.sum()
        above = self.compare(">=", subject, low)
        below = self.compare("<=", subject, high)
        return _made(Combine("and", above.node, below.node), subject.offset, above, below)

    def like(self, subject: _Typed) -> _Typed:
        subject = self.of_type(subject, "text", "'like'")
        if self.token.kind != "text":
            self.stop(self.token, f"a text in quotes is expected after 'like', not {self.token.shown}")
        written = self.advance()
        pattern = unquoted(written.text)
        if not _OF_FILES.isdisjoint(pattern) and _OF_LIKE.isdisjoint(pattern):
            meant = pattern.replace("*", "%").replace("?", "_")
            hint = f"% stands for any text and _ for one character: like '{meant}'. For the sign itself use =."
            self.fault(written.offset, "C304", "'like' does not know * and ?.", hint)
        return _made(Like(subject.node, pattern), subject.offset, subject)

    def sum(self) -> _Typed:
        left, terms = self.product(), 1
        while self.at(*_ADDITIVE):
            operator = self.advance()
            left, terms = self.add(operator, left, self.product()), self.limit(terms, operator)
        return left

    def product(self) -> _Typed:
        left, terms = self.sign(), 1
        while self.at(*_MULTIPLICATIVE):
            operator = self.advance()
            right = self.sign()
            left = self.calculate(_MULTIPLICATIVE[operator.text], left, right)
            terms = self.limit(terms, operator)
        return left

    def sign(self) -> _Typed:
        if not self.at("-", "+"):
            return self.primary()
        operator = self.advance()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.stop(self.token, f"nested more than {MAX_DEPTH} levels deep")
        operand = self.of_type(self.sign(), "number", f"the sign '{operator.text}'")
        self.depth -= 1
        if operator.text == "+":
            return replace(operand, offset=operator.offset)
        node = operand.node
        if isinstance(node, Literal) and isinstance(node.value, float):
            return _Typed(Literal(-node.value, "number"), "number", operator.offset)
        return _made(Negative(node), operator.offset, operand)

    def primary(self) -> _Typed:
        token = self.token
        if token.kind == "number":
            self.advance()
            return _Typed(Literal(float(token.text), "number"), "number", token.offset)
        if token.kind == "text":
            self.advance()
            return _Typed(Literal(unquoted(token.text), "text"), "text", token.offset)
        if self.at("true", "false"):
            self.advance()
            return _Typed(Literal(token.text == "true", "boolean"), "boolean", token.offset)
        if self.take("null"):
            return _Typed(_NULL, "null", token.offset)
        if self.take("("):
            inside = self.expression()
            self.need(")", "to close the parenthesis")
            return inside
        if self.take("case"):
            return self.case(token)
        if token.kind == "name":
            self.advance()
            return self.named(token)
        expected = "something is missing here" if token.kind == "end" else f"{token.shown} is not expected here"
        self.stop(token, expected, self.primary_hint(token))
        raise AssertionError("unreachable")

    def primary_hint(self, token: Token) -> str | None:
        if token.kind == "end" and not self.text.strip():
            return "Write a condition or an amount, or leave the key out."
        if token.text == "*":
            return "Write 'count: rows' as a key of the metric to count rows."
        return None

    def named(self, token: Token) -> _Typed:
        word = token.text.lower()
        if self.token.kind == "text" and word in ("date", "timestamp", "interval"):
            return self.temporal(word, token)
        if self.take("("):
            return self.call(token)
        found = self.scope.lookup(token.text)
        if isinstance(found, Broken):
            return _unknown(token.offset)
        if found is not None:
            return _Typed(found, found.type, token.offset, height(found))
        if word in REFUSED and word not in ("list", "first", "last", "all", "any", "some", "left", "right"):
            self.refuse(token)
        if word in FUNCTIONS:
            self.stop(token, f"'{token.text}' is a function and needs its arguments in parentheses")
        names = tuple(self.scope.names())
        message = f"no column '{token.text}' in {self.scope.title}{did_you_mean(token.text, names)}"
        self.fault(token.offset, "C302", message)
        return _unknown(token.offset)

    def refuse(self, token: Token) -> None:
        why, hint = REFUSED[token.text.lower()]
        self.fault(token.offset, "C304", f"'{token.text}' {why}", hint)
        raise _Stop

    def case(self, start: Token) -> _Typed:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.stop(start, f"nested more than {MAX_DEPTH} levels deep")
        subject = None if self.at("when") else self.expression()
        conditions: list[_Typed] = []
        values: list[_Typed] = []
        while self.take("when"):
            condition = self.expression()
            if subject is None:
                conditions.append(self.truth(condition, "'when'"))
            else:
                conditions.append(self.compare("=", subject, condition))
            self.need("then", "after the condition of 'when'")
            values.append(self.expression())
        if not conditions:
            self.stop(self.token, f"'when' is expected after 'case', not {self.token.shown}")
        values.append(self.expression() if self.take("else") else _Typed(_NULL, "null", start.offset))
        self.need("end", "to close 'case'")
        self.depth -= 1
        values = self.alike(values, "the values of 'case'")
        branches = tuple((condition.node, value.node) for condition, value in zip(conditions, values, strict=False))
        return _made(Case(branches, values[-1].node), start.offset, *conditions, *values)

    def call(self, name: Token) -> _Typed:
        function = name.text.lower()
        if function in REFUSED:
            self.refuse(name)
        if function not in FUNCTIONS:
            known = did_you_mean(function, FUNCTIONS)
            hint = None if known else f"There are {listed(FUNCTIONS)}."
            self.fault(name.offset, "C305", f"no function '{name.text}'{known}", hint)
        arguments: list[_Typed] = []
        if not self.at(")"):
            arguments.append(self.expression())
            while self.take(","):
                arguments.append(self.expression())
        self.need(")", f"to close {name.text}(…)")
        if self.token.kind == "name" and self.token.text.lower() == "over":
            self.refuse(self.token)
        unknown = _unknown(name.offset)
        if function not in FUNCTIONS:
            return unknown
        least, most, allowed, result = FUNCTIONS[function]
        if not least <= len(arguments) <= most:
            takes = f"{least}" if least == most else f"{least} or more"
            message = f"{function} takes {takes} argument{'s' if takes != '1' else ''}, not {len(arguments)}"
            return self.wrong(unknown, message)
        arguments = self.alike(arguments, f"the arguments of {function}", assume=result if least == 1 else None)
        kind = arguments[0].type
        if kind == "unknown":
            return replace(unknown, offset=name.offset)
        if kind not in allowed:
            titles = listed(TITLES[one] for one in TITLES if one in allowed)
            return self.wrong(arguments[0], f"{function} takes {titles}, not {TITLES[kind]}")
        assert kind != "null"
        if function == "open_seconds":
            return self.open_time(name, arguments)
        node = Call(function, tuple(argument.node for argument in arguments), result or kind)
        return _made(node, name.offset, *arguments)

    def open_time(self, name: Token, arguments: list[_Typed]) -> _Typed:
        hours: OpeningHours | None = getattr(self.scope, "hours", None)
        if hours is None:
            hint = "Add 'hours: {mon-fri: 08:00-18:00}' to 'calendar'; seconds(a, b) does not need them."
            self.fault(name.offset, "C308", f"'{name.text}' needs business hours, and none are declared", hint)
            return _unknown(name.offset)
        start, end = arguments
        return _made(OpenTime(start.node, end.node, hours), name.offset, start, end)

    # Literals of time

    def temporal(self, word: str, start: Token) -> _Typed:
        token = self.advance()
        text = unquoted(token.text).strip()
        if word == "interval":
            length = parse_interval(text)
            if isinstance(length, str):
                self.fault(token.offset, "C307", length, "Write a number and seconds, minutes, hours, days or weeks.")
                return _unknown(start.offset)
            return _Typed(Literal(length, "interval"), "interval", start.offset)
        if word == "date":
            day = parse_date(text)
            if day is None:
                self.fault(token.offset, "C307", f"'{text}' is not a date", "Write it as date '2026-01-05'.")
                return _unknown(start.offset)
            return _Typed(Literal(day, "date"), "date", start.offset)
        moment = parse_timestamp(text)
        if moment is None:
            hint = "Write it as timestamp '2026-01-05 09:00', in the catalogue's zone."
            self.fault(token.offset, "C307", f"'{text}' is not a timestamp", hint)
            return _unknown(start.offset)
        instant = resolve(moment, self.zone)
        if instant.missing:
            message = f"there was no {text} in {self.zone}: the clocks went forward"
            self.fault(token.offset, "C307", message)
            return _unknown(start.offset)
        return _Typed(Literal(instant.utc, "instant"), "instant", start.offset)

    # Types

    def truth(self, operand: _Typed, place: str) -> _Typed:
        return self.of_type(operand, "boolean", place)

    def of_type(self, operand: _Typed, kind: Type, place: str) -> _Typed:
        if operand.type == "null":
            return _Typed(Literal(None, kind), kind, operand.offset)
        if operand.type in (kind, "unknown"):
            return operand
        hint = _EXPECTED_HINTS.get((kind, operand.type))
        return self.wrong(operand, f"{place} takes {TITLES[kind]}, not {TITLES[operand.type]}", hint)

    def combine(self, operator: Logic, left: _Typed, right: _Typed) -> _Typed:
        left, right = self.truth(left, f"'{operator}'"), self.truth(right, f"'{operator}'")
        return _made(Combine(operator, left.node, right.node), left.offset, left, right)

    def compare(self, operator: Comparison, left: _Typed, right: _Typed) -> _Typed:
        for side in (left, right):
            if side.type == "null":
                return self.wrong(side, "a comparison with null is never true", "Write 'is null' or 'is not null'.")
        left, right = self.alike([left, right], f"'{operator}'")
        if left.type == "interval":
            return self.wrong(left, "intervals cannot be compared", "Write 'b > a + interval …', or seconds(a, b).")
        if left.type == "boolean" and operator not in ("=", "<>"):
            return self.wrong(left, f"true and false have no order, so '{operator}' does not fit")
        return _made(Compare(operator, left.node, right.node), left.offset, left, right)

    def calculate(self, operator: Arithmetic, left: _Typed, right: _Typed) -> _Typed:
        left, right = self.of_type(left, "number", f"'{operator}'"), self.of_type(right, "number", f"'{operator}'")
        return _made(Calculation(operator, left.node, right.node), left.offset, left, right)

    def add(self, token: Token, left: _Typed, right: _Typed) -> _Typed:
        operator = _ADDITIVE[token.text]
        if right.type == "interval" and left.type in ("instant", "date"):
            return self.shift(left, right, -1 if operator == "-" else 1)
        if left.type == "interval" and right.type in ("instant", "date") and operator == "+":
            return self.shift(right, left, 1)
        times = {"instant", "date"}
        if left.type in times and right.type in times:
            function = "seconds" if "instant" in (left.type, right.type) else "days"
            hint = f"Write {function}(a, b) for the time from a to b."
            return self.wrong(left, f"'{operator}' does not take two points in time", hint)
        if "unknown" in (left.type, right.type) and {left.type, right.type} & {"interval", "instant", "date"}:
            return _unknown(left.offset)
        for side, other in ((left, right), (right, left)):
            if side.type in times and other.type == "number":
                hint = f"Write '{token.text} interval '48 hours''."
                return self.wrong(other, f"a number cannot be moved to {TITLES[side.type]}", hint)
        return self.calculate(operator, left, right)

    def shift(self, point: _Typed, interval: _Typed, sign: int) -> _Typed:
        length = interval.node
        assert isinstance(length, Literal)
        assert isinstance(length.value, timedelta)
        if point.type == "date" and length.value % timedelta(days=1):
            return self.wrong(interval, "a date moves by whole days only")
        by = sign * length.value
        node = point.node
        if isinstance(node, Literal) and isinstance(node.value, date):
            try:
                return _Typed(Literal(node.value + by, node.type), node.type, point.offset)
            except OverflowError:
                return self.wrong(interval, "this is beyond the calendar")
        return _made(Shift(node, by), point.offset, point)

    def alike(self, operands: list[_Typed], place: str, assume: Type | None = None) -> list[_Typed]:
        """Operands of one type: null takes the others' type, and a date literal beside timestamps is local midnight."""
        kinds = [operand.type for operand in operands if operand.type not in ("null", "unknown")]
        if "unknown" in (operand.type for operand in operands) and not kinds:
            return operands
        if not kinds:
            if assume is None:
                self.wrong(operands[0], f"the type of {place} cannot be told from null alone")
                return [_unknown(operand.offset) for operand in operands]
            kinds = [assume]
        first: Type = "instant" if set(kinds) == {"instant", "date"} else kinds[0]  # type: ignore[assignment]
        return [self.as_type(operand, first, place) for operand in operands]

    def as_type(self, operand: _Typed, kind: Type, place: str) -> _Typed:
        node = operand.node
        if operand.type in (kind, "unknown"):
            return operand
        if operand.type == "null":
            return _Typed(Literal(None, kind), kind, operand.offset)
        if kind == "instant" and isinstance(node, Literal) and isinstance(node.value, date):
            return _Typed(Literal(midnight_utc(node.value, self.zone), "instant"), "instant", operand.offset)
        given = TITLES[operand.type]
        hints = {
            ("number", "text"): "Text and numbers never mix: write numbers without quotes.",
            ("text", "number"): "Text and numbers never mix: write text in single quotes.",
            ("instant", "text"): "Write timestamp '2026-01-05 09:00' or date '2026-01-05'.",
            ("date", "text"): "Write date '2026-01-05'.",
            ("boolean", "text"): "Write true or false without quotes.",
            ("boolean", "number"): "Write true or false.",
            ("instant", "date"): "A timestamp and a date column cannot be compared: the day depends on the zone.",
        }
        return self.wrong(operand, f"{place} mixes {TITLES[kind]} and {given}", hints.get((kind, operand.type)))


def _unknown(offset: int) -> _Typed:
    """An operand that is wrong and was reported; its tree is thrown away in the end."""
    return _Typed(_NULL, "unknown", offset)


def _made(node: Node, offset: int, *operands: _Typed) -> _Typed:
    """The node, unless a part of it is wrong."""
    if any(operand.type == "unknown" for operand in operands):
        return _unknown(offset)
    return _Typed(node, node.type, offset, 1 + max((operand.height for operand in operands), default=0))
