"""Row expressions: a small typed tree, and its translation to one Narwhals expression, the same for every engine.

The catalogue parses ``talk_s + hold_s > 600 and queue = 'Billing'`` into these nodes; nothing below it sees the text.
What the nodes mean:

- Numbers are doubles, whatever the column stores. ``x / y`` is null where y is 0.
- ``and``, ``or``, ``not`` and comparisons are three-valued: a null operand gives null unless the other one decides.
- Instants are UTC without a zone; literals were converted from the catalogue's zone when they were parsed.
- A day in an interval is 24 hours on an instant, and one date on a date.
- ``open_seconds`` counts what lies within the opening hours; an instant in its arguments is worked out before it.
- ``least`` and ``greatest`` ignore nulls, as SQL in PostgreSQL and DuckDB does.
- ``lower`` and ``upper`` are for comparing: ``upper('ß')`` is ``SS``, and ``lower`` knows one small sigma.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property, reduce
from typing import Literal as OneOf

import narwhals as nw

from cxkpi.opening import OpeningHours

Type = OneOf["number", "boolean", "text", "instant", "date", "interval"]
Columns = Callable[[str], nw.Expr]
Value = float | bool | str | datetime | date | timedelta | None

Comparison = OneOf["=", "<>", "<", "<=", ">", ">="]
Arithmetic = OneOf["+", "-", "*", "/"]
Logic = OneOf["and", "or"]

# What ``trim`` takes off both ends; engines disagree about what white space is, so it is spelt out.
TRIMMED = " \t\r\n\f\v\u00a0"

_DTYPES: dict[Type, nw.dtypes.DType] = {
    "number": nw.Float64(),
    "boolean": nw.Boolean(),
    "text": nw.String(),
    "instant": nw.Datetime("us"),
    "date": nw.Date(),
}


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; ``value`` None is a null of that type."""

    value: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Name:
    """A column, dotted if it was written so."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Not:
    operand: Node
    type: Type = field(default="boolean", init=False)


@dataclass(frozen=True, slots=True)
class Negative:
    operand: Node
    type: Type = field(default="number", init=False)


@dataclass(frozen=True, slots=True)
class Calculation:
    operator: Arithmetic
    left: Node
    right: Node
    type: Type = field(default="number", init=False)


@dataclass(frozen=True, slots=True)
class Compare:
    operator: Comparison
    left: Node
    right: Node
    type: Type = field(default="boolean", init=False)


@dataclass(frozen=True, slots=True)
class Combine:
    operator: Logic
    left: Node
    right: Node
    type: Type = field(default="boolean", init=False)


@dataclass(frozen=True, slots=True)
class Shift:
    """An instant or a date moved by a fixed length of time, which is whole days for a date."""

    operand: Node
    by: timedelta

    @property
    def type(self) -> Type:
        return self.operand.type


@dataclass(frozen=True, slots=True)
class In:
    operand: Node
    options: tuple[Node, ...]
    type: Type = field(default="boolean", init=False)


@dataclass(frozen=True, slots=True)
class Like:
    """SQL ``like``: ``%`` is any run of characters, ``_`` is one; everything else stands for itself."""

    operand: Node
    pattern: str
    type: Type = field(default="boolean", init=False)


@dataclass(frozen=True, slots=True)
class IsNull:
    operand: Node
    type: Type = field(default="boolean", init=False)


@dataclass(frozen=True, slots=True)
class Case:
    """The value of the first branch whose condition is true, else ``otherwise``."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node

    @property
    def type(self) -> Type:
        return self.otherwise.type


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Node, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class OpenTime:
    """Seconds of opening time from one instant to another, negative where they are the other way round."""

    start: Node
    end: Node
    hours: OpeningHours
    type: Type = field(default="number", init=False)


Node = (
    Literal
    | Name
    | Not
    | Negative
    | Calculation
    | Compare
    | Combine
    | Shift
    | In
    | Like
    | IsNull
    | Case
    | Call
    | OpenTime
)


class OpenName(str):
    """The name under which rows hold the opening time up to an instant, in microseconds: no column of a table.

    Rows that are asked for it among their names work it out; equal names mean the same.
    """

    __slots__ = ("hours", "operand")

    operand: Node
    hours: OpeningHours

    def __new__(cls, operand: Node, hours: OpeningHours) -> OpenName:
        name = super().__new__(cls, f"opening time up to {canonical(operand)} by {hours.digest}")
        name.operand, name.hours = operand, hours
        return name


@dataclass(frozen=True)
class Expression:
    """A checked row expression.

    ``text`` as written; ``type`` of its value; ``root`` of the tree, named fields already expanded. Two expressions
    with the same ``canonical`` text mean the same, however they were spaced or capitalised.
    """

    text: str
    type: Type
    root: Node

    @cached_property
    def columns(self) -> frozenset[str]:
        """The columns read, dotted names as written."""
        return frozenset(node.name for node in walk(self.root) if isinstance(node, Name))

    @cached_property
    def worked_out(self) -> frozenset[OpenName]:
        """What is read that no table holds: rows work it out where they are asked for it."""
        times = [node for node in walk(self.root) if isinstance(node, OpenTime)]
        return frozenset(OpenName(end, node.hours) for node in times for end in (node.start, node.end))

    @cached_property
    def canonical(self) -> str:
        """The normalised text, for hashing: fields expanded, all parentheses written, keywords in lower case."""
        return canonical(self.root)

    def narwhals(self, column: Columns) -> nw.Expr:
        """One Narwhals expression for lazy frames of any engine; ``column`` gives the physical column of a name."""
        return translate(self.root, column)


def children(node: Node) -> tuple[Node, ...]:
    """The operands of a node, in the order written."""
    match node:
        case Literal() | Name():
            return ()
        case Not() | Negative() | Shift() | Like() | IsNull():
            return (node.operand,)
        case Calculation() | Compare() | Combine():
            return (node.left, node.right)
        case OpenTime():
            return (node.start, node.end)
        case In():
            return (node.operand, *node.options)
        case Case():
            return (*(part for branch in node.branches for part in branch), node.otherwise)
        case Call():
            return node.arguments


def walk(node: Node) -> Iterator[Node]:
    """A node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def height(node: Node) -> int:
    """How many levels a tree has; 1 for a column or a constant."""
    return 1 + max((height(child) for child in children(node)), default=0)


def size(node: Node) -> int:
    """How many nodes a tree has; parts that stand in it several times count as often, and are looked at once."""
    known: dict[int, int] = {}

    def of(part: Node) -> int:
        if id(part) not in known:
            known[id(part)] = 1 + sum(of(child) for child in children(part))
        return known[id(part)]

    return of(node)


def rename(node: Node, new: Callable[[str], str]) -> Node:
    """The same tree with other column names; used to read a field of a table through a look-up."""

    def again(part: Node) -> Node:
        return rename(part, new)

    match node:
        case Literal():
            return node
        case Name(name, kind):
            return Name(new(name), kind)
        case Not(operand):
            return Not(again(operand))
        case Negative(operand):
            return Negative(again(operand))
        case Calculation(operator, left, right):
            return Calculation(operator, again(left), again(right))
        case Compare(comparison, left, right):
            return Compare(comparison, again(left), again(right))
        case Combine(logic, left, right):
            return Combine(logic, again(left), again(right))
        case Shift(operand, by):
            return Shift(again(operand), by)
        case In(operand, options):
            return In(again(operand), tuple(again(option) for option in options))
        case Like(operand, pattern):
            return Like(again(operand), pattern)
        case IsNull(operand):
            return IsNull(again(operand))
        case Case(branches, otherwise):
            return Case(tuple((again(condition), again(value)) for condition, value in branches), again(otherwise))
        case Call(function, arguments, kind):
            return Call(function, tuple(again(argument) for argument in arguments), kind)
        case OpenTime(start, end, hours):
            return OpenTime(again(start), again(end), hours)


def canonical(node: Node) -> str:
    """Normalised text of a tree: equal for equal trees, different for different ones."""
    match node:
        case Literal(value, kind):
            return _canonical_literal(value, kind)
        case Name(name):
            return name
        case Not(operand):
            return f"(not {canonical(operand)})"
        case Negative(operand):
            return f"(- {canonical(operand)})"
        case Calculation() | Compare() | Combine():
            return f"({canonical(node.left)} {node.operator} {canonical(node.right)})"
        case Shift(operand, by):
            return f"({canonical(operand)} + {_canonical_literal(by, 'interval')})"
        case In(operand, options):
            return f"({canonical(operand)} in ({', '.join(canonical(option) for option in options)}))"
        case Like(operand, pattern):
            return f"({canonical(operand)} like {_quoted(pattern)})"
        case IsNull(operand):
            return f"({canonical(operand)} is null)"
        case Case(branches, otherwise):
            whens = " ".join(f"when {canonical(condition)} then {canonical(value)}" for condition, value in branches)
            return f"(case {whens} else {canonical(otherwise)} end)"
        case Call(function, arguments):
            return f"{function}({', '.join(canonical(argument) for argument in arguments)})"
        case OpenTime(start, end, hours):
            return f"open_seconds({canonical(start)}, {canonical(end)}, hours '{hours.digest}')"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _canonical_literal(value: Value, kind: Type) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, timedelta):
        return f"interval '{value // timedelta(microseconds=1)} microseconds'"
    if isinstance(value, str):
        return _quoted(value)
    return f"{'timestamp' if kind == 'instant' else 'date'} '{value.isoformat()}'"


def translate(node: Node, column: Columns) -> nw.Expr:
    """One Narwhals expression for a tree; see the module's text for what each node means."""

    def of(part: Node) -> nw.Expr:
        return translate(part, column)

    match node:
        case Literal(value, kind):
            return nw.lit(value, dtype=_DTYPES[kind])
        case Name(name, kind):
            # Integers are read as doubles, so that no engine overflows or divides whole numbers.
            return column(name).cast(nw.Float64) if kind == "number" else column(name)
        case Not(operand):
            return ~of(operand)
        case Negative(operand):
            return nw.lit(0.0) - of(operand)
        case Calculation(operator, left, right):
            return _calculate(operator, of(left), of(right))
        case Compare(comparison, left, right):
            return _compare(comparison, of(left), of(right))
        case Combine(logic, left, right):
            return of(left) & of(right) if logic == "and" else of(left) | of(right)
        case Shift(operand, by):
            moved = of(operand) + nw.lit(by)
            return moved.cast(nw.Date) if operand.type == "date" else moved
        case In(operand, options):
            subject = of(operand)
            return reduce(lambda found, test: found | test, (subject == of(option) for option in options))
        case Like(operand, pattern):
            return of(operand).str.contains(like_to_regex(pattern))
        case IsNull(operand):
            return of(operand).is_null()
        case Case(branches, otherwise):
            result = of(otherwise)
            for condition, chosen in reversed(branches):
                result = nw.when(of(condition)).then(of(chosen)).otherwise(result)
            return result
        case Call(function, arguments):
            return _FUNCTIONS[function](*(of(argument) for argument in arguments))
        case OpenTime(start, end, hours):
            elapsed = column(OpenName(end, hours)) - column(OpenName(start, hours))
            return elapsed.cast(nw.Float64) / nw.lit(1e6)


def like_to_regex(pattern: str) -> str:
    """The regular expression, in the part that RE2 and Rust's regex share, that a ``like`` pattern stands for."""
    special = frozenset("\\.+*?()|[]{}^$")
    wild = {"%": ".*", "_": "."}
    return r"(?s)\A" + "".join(wild.get(c) or (f"\\{c}" if c in special else c) for c in pattern) + r"\z"


def _calculate(operator: Arithmetic, left: nw.Expr, right: nw.Expr) -> nw.Expr:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return nw.when(right != nw.lit(0.0)).then(left / right)


def _compare(operator: Comparison, left: nw.Expr, right: nw.Expr) -> nw.Expr:
    match operator:
        case "=":
            return left == right
        case "<>":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right


def _seconds(start: nw.Expr, end: nw.Expr) -> nw.Expr:
    elapsed = end.cast(nw.Datetime("us")) - start.cast(nw.Datetime("us"))
    return elapsed.dt.total_microseconds().cast(nw.Float64) / nw.lit(1e6)


def _days(start: nw.Expr, end: nw.Expr) -> nw.Expr:
    return _seconds(start, end) / nw.lit(86400.0)


def _nullif(value: nw.Expr, other: nw.Expr) -> nw.Expr:
    return nw.when(~((value == other).fill_null(value=False))).then(value)


def _lower(text: nw.Expr) -> nw.Expr:
    # Engines differ on the dotted capital I and on a sigma that ends a word.
    return text.str.replace_all("İ", "i", literal=True).str.to_lowercase().str.replace_all("ς", "\u03c3", literal=True)


def _upper(text: nw.Expr) -> nw.Expr:
    # Engines differ on whether a sharp s becomes one character or two.
    return text.str.replace_all("ß", "SS", literal=True).str.to_uppercase()


def _length(text: nw.Expr) -> nw.Expr:
    return text.str.len_chars().cast(nw.Float64)


_FUNCTIONS: dict[str, Callable[..., nw.Expr]] = {
    "abs": lambda number: number.abs(),
    "coalesce": nw.coalesce,
    "days": _days,
    "greatest": nw.max_horizontal,
    "least": nw.min_horizontal,
    "length": _length,
    "lower": _lower,
    "nullif": _nullif,
    "seconds": _seconds,
    "trim": lambda text: text.str.strip_chars(TRIMMED),
    "upper": _upper,
}
