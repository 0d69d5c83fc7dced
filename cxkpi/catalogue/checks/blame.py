"""Whose mistake it is where one catalogue lies over another: the lower was right by itself, so it is the upper's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from cxkpi.documents.places import Document, Path
from cxkpi.errors import Place, Problem

_QUOTED = re.compile(r"'([A-Za-z0-9_.]+)'")
_NAME = re.compile(r"[A-Za-z_]\w*")
_SHOWN = 3
_EXTENDS: Path = ("extends",)
# What a goal, its direction and its unit are checked against, in the order in which they are to blame.
_OF_GOALS = ("better", "target", "alarm", "unit", "targets")
_GOALS = ("C401", "C402", "C403", "C107", "C413", "C418")
# Keys that no rule about a metric's meaning reads.
_WORDS = frozenset({"label", "objective", "description", "owner", "source", "family", "private", "examples"})


def moved(problems: Iterable[Problem], whole: Document, upper: Document) -> list[Problem]:
    """The problems that stand in what ``upper`` extends, at the line of ``upper`` that brought them about.

    ``whole``: the document of both. Where each stood is said in its hint; the others stay as they are.
    """
    below = {document.file for document in whole.others} - {upper.file}
    found = list(problems)
    if not any(problem.place is not None and problem.place.file in below for problem in found):
        return found
    steps = _steps(whole, below)
    kept, causes = [], dict[Problem, list[Place]]()
    for problem in found:
        if problem.place is None or problem.place.file not in below:
            kept.append(problem)
        else:
            causes.setdefault(_moved(problem, _nearest(steps, problem.place), upper), []).append(problem.place)
    return [*kept, *(_about(problem, places) for problem, places in causes.items())]


def at_metric(problem: Problem, title: str, upper: Document) -> Problem:
    """A problem about a metric that stands in another file, at what ``upper`` says of that metric."""
    if problem.place is None or problem.place.file == upper.file:
        return problem
    return _about(_moved(problem, ("metrics", title), upper), [problem.place])


def _moved(problem: Problem, steps: Path, upper: Document) -> Problem:
    at = _cause(problem, steps, upper)
    place = upper.place_of(at, key=True)
    return replace(problem, place=place, source=upper.line(place))


def _about(problem: Problem, places: Sequence[Place]) -> Problem:
    """The problem with what it is about; the same one of many places is told once."""
    shown = ", ".join(str(place) for place in places[:_SHOWN])
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    here = f"It is about {shown}{more}."
    return replace(problem, hint=here if problem.hint is None else f"{problem.hint}\n{here}")


def _cause(problem: Problem, steps: Path, upper: Document) -> Path:
    """Where the upper document says something of what a problem is about; where it says what it extends, if nowhere."""
    quoted = _QUOTED.findall(problem.message)
    gone = next((path for name in quoted for path in _removals(upper, name)), None)
    if gone is not None:
        return gone
    if steps[:1] == ("metrics",) and len(steps) > 1:
        name, _, variant = str(steps[1]).partition(".")
        of_variant: Path = ("metrics", name, "variants", variant)
        home = of_variant if variant and of_variant in upper.written else ("metrics", name)
        cause = _cause_within(problem, steps, home, upper)
        if cause is not None:
            return cause
        if home in upper.written:
            return home
    for named in ({*quoted, *map(str, steps)}, set(_NAME.findall(problem.source or ""))):
        found = [path for path in upper.written if path[:1] != ("metrics",) and path and str(path[-1]) in named]
        if found:
            return max(found, key=len)
    return _EXTENDS


def _cause_within(problem: Problem, steps: Path, home: Path, document: Document) -> Path | None:
    keys = _keys(document, home)
    wanted = _OF_GOALS if problem.code in _GOALS else ()
    # The very key, else what it is judged by, else whatever else is said of the metric.
    order = [*steps[2:3], *wanted, *(key for key in keys if key not in _WORDS)]
    cause = next((str(key) for key in order if key in keys), None)
    return None if cause is None else (*home, cause)


def in_variant(problem: Problem, path: Path, document: Document) -> Path | None:
    """What a variant says itself that makes wrong what it has of its metric; None where ``path`` is no such part."""
    if path[:1] != ("metrics",) or len(path) < 3 or "." not in str(path[1]):
        return None
    name, _, variant = str(path[1]).partition(".")
    home: Path = ("metrics", name, "variants", variant)
    if (
        home not in document.written
        or (*home, path[2]) in document.written
        or ("metrics", name, path[2]) not in (document.written)
    ):
        return None
    return _cause_within(problem, path, home, document) or home


def _removals(upper: Document, name: str) -> Iterator[Path]:
    """Where the upper document takes a metric or a variant away."""
    title, _, variant = name.partition(".")
    metrics = upper.data.get("metrics")
    metric = metrics.get(title, {}) if isinstance(metrics, Mapping) else {}
    if metric is None or (isinstance(metric, Mapping) and "remove" in metric):
        yield ("metrics", title)
    elif variant and isinstance(metric, Mapping) and "variants" in metric:
        variants = metric["variants"]
        one = variants.get(variant, {}) if isinstance(variants, Mapping) else variants
        if one is None or (isinstance(one, Mapping) and "remove" in one):
            at: Path = ("metrics", title, "variants", variant)
            yield at if at in upper.written else at[:3]


def _keys(document: Document, home: Path) -> list[str]:
    depth = len(home)
    return [str(path[-1]) for path in document.written if len(path) == depth + 1 and path[:depth] == home]


def _steps(whole: Document, below: set[str]) -> Mapping[str, list[tuple[tuple[int, int], Path]]]:
    """By file where every node begins, in order, with its path."""
    found: dict[str, list[tuple[tuple[int, int], Path]]] = {file: [] for file in below}
    for path, at in whole.written.items():
        # What versions come to is written out elsewhere, too.
        if at.document is not None and at.document.file in below and path[:1] != ("dated",):
            place = at.document.place_at(at.start if at.key is None else at.key)
            found[at.document.file].append(((place.line or 0, place.column or 0), path))
    # Variants written out stand behind what they come from.
    return {file: sorted(each, key=lambda one: one[0]) for file, each in found.items()}


def _nearest(steps: Mapping[str, list[tuple[tuple[int, int], Path]]], place: Place) -> Path:
    """The path of the last node that begins at a place or before it."""
    at = (place.line or 0, place.column or 0)
    nearest: tuple[tuple[int, int], Path] = ((0, 0), ())
    for begun, path in steps[place.file]:
        if begun > at:
            break
        if begun > nearest[0] or len(path) > len(nearest[1]):
            nearest = (begun, path)
    return nearest[1]
