"""The nearest spelling, for messages about words nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

# Comparing takes time with the length of the words and the number of choices; nobody misspells what is beyond these.
_LONGEST = 100
_MOST = 1000


# What people write who know other tools, and what it is called here, the likeliest first.
_CALLED: Mapping[str, tuple[str, ...]] = {
    "average": ("mean",),
    "avg": ("mean",),
    "condition": ("meets", "where"),
    "direction": ("better",),
    "filter": ("where",),
    "goal": ("target",),
    "group_by": ("per",),
    "headcount": ("stock",),
    "median": ("quantile",),
    "name": ("label",),
    "nps": ("net",),
    "percent": ("share",),
    "percentage": ("share",),
    "percentile": ("quantile", "q"),
    "quantile": ("q",),
    "rate": ("share",),
    "recontact": ("repeat",),
    "survival": ("time_to_event",),
    "table": ("from",),
    "threshold": ("target",),
    "title": ("label",),
    "weighted": ("ratio",),
    "window": ("within", "roll"),
}


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice most like ``word``, ignoring case, or called so elsewhere; None where none is."""
    by_lower: dict[str, str] = {}
    for choice in choices:
        by_lower.setdefault(choice.lower(), choice)
    others = (word.lower(), *_CALLED.get(word.lower(), ()))
    called = next((by_lower[name] for name in others if name in by_lower), None)
    if called is not None:
        return called
    if len(word) > _LONGEST or len(by_lower) > _MOST:
        return None
    found = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """``; did you mean 'target'?``, ready to end a message; empty where nothing is alike."""
    found = nearest(word, choices)
    return f"; did you mean '{found}'?" if found is not None else ""


def listed(choices: Iterable[str], word: str = "or") -> str:
    """``a, b or c``, in the order given; ``word`` stands before the last."""
    *others, last = choices
    return f"{', '.join(others)} {word} {last}" if others else last
