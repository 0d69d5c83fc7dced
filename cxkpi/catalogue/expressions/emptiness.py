"""What a row expression may come to where certain columns are empty: three-valued logic over what is possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Literal as OneOf

from cxkpi.kinds.expression import (
    Call,
    Case,
    Combine,
    Compare,
    In,
    IsNull,
    Literal,
    Name,
    Node,
    Not,
    children,
)

Outcome = bool | None | OneOf["value"]
Outcomes = frozenset[Outcome]

_TRUTHS: Outcomes = frozenset((True, False))
_VALUE: Outcomes = frozenset(("value",))
_NULL: Outcomes = frozenset((None,))


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of a row: ``empty`` columns, booleans that are ``fixed``, and whether others may be empty."""

    empty: frozenset[str]
    fixed: Mapping[str, bool] = field(default_factory=dict)
    others_empty: bool = False


def possible(node: Node, row: Row) -> Outcomes:
    """Everything an expression may come to: true, false, null, or a value of another type."""
    match node:
        case Literal(value):
            return _NULL if value is None else frozenset((value,)) if isinstance(value, bool) else _VALUE
        case Name(name, kind):
            if name in row.empty:
                return _NULL
            if name in row.fixed:
                return frozenset((row.fixed[name],))
            known = _TRUTHS if kind == "boolean" else _VALUE
            return known | _NULL if row.others_empty else known
        case Not(operand):
            return frozenset(None if one is None else not one for one in possible(operand, row))
        case Combine(operator, left, right):
            pairs = product(possible(left, row), possible(right, row))
            return frozenset(_combined(operator, *pair) for pair in pairs)
        case Compare(operator, left, right):
            return _compared(operator, possible(left, row), possible(right, row))
        case In(operand, options):
            parts = [possible(part, row) for part in (operand, *options)]
            return _strict(parts, _TRUTHS)
        case IsNull(operand):
            return frozenset(one is None for one in possible(operand, row))
        case Case(branches, otherwise):
            return _case(branches, otherwise, row)
        case Call(function, arguments) if function in ("coalesce", "least", "greatest"):
            parts = [possible(argument, row) for argument in arguments]
            found = frozenset().union(*parts)
            return found if all(None in part for part in parts) else found - _NULL
        case _:
            parts = [possible(child, row) for child in children(node)]
            return _strict(parts, _TRUTHS if node.type == "boolean" else _VALUE)


def _strict(parts: Iterable[Outcomes], otherwise: Outcomes) -> Outcomes:
    """Null where any part is null, else anything of the type."""
    parts = list(parts)
    if any(part == _NULL for part in parts):
        return _NULL
    return otherwise | _NULL if any(None in part for part in parts) else otherwise


def _combined(operator: str, left: Outcome, right: Outcome) -> Outcome:
    decides = operator == "or"
    if left is decides or right is decides:
        return decides
    return None if left is None or right is None else not decides


def _compared(operator: str, left: Outcomes, right: Outcomes) -> Outcomes:
    if operator not in ("=", "<>") or "value" in left | right:
        return _strict((left, right), _TRUTHS)
    found: set[Outcome] = set()
    for one, other in product(left, right):
        found.add(None if one is None or other is None else (one == other) is (operator == "="))
    return frozenset(found)


def _case(branches: Iterable[tuple[Node, Node]], otherwise: Node, row: Row) -> Outcomes:
    found: set[Outcome] = set()
    for condition, value in branches:
        outcomes = possible(condition, row)
        if True in outcomes:
            found |= possible(value, row)
        if outcomes == frozenset((True,)):
            return frozenset(found)
    return frozenset(found | possible(otherwise, row))
