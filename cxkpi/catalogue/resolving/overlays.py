"""``extends``: a catalogue laid over another one. What it says replaces what that one says; all else stays.

Calendar and defaults are replaced key by key, fields and tables name by name, metrics and their variants by name and
then key by key, each key whole. ``metric: null`` takes a metric away, ``key: null`` one key of it. The headline is
replaced.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cxkpi.catalogue.meaning.hashes import definitions
from cxkpi.catalogue.report import Report
from cxkpi.documents.places import Document, Path
from cxkpi.documents.spelling import did_you_mean
from cxkpi.documents.validation import describe
from cxkpi.errors import CatalogueError, Place, UserError
from cxkpi.kinds.definition import Example, Metric

if TYPE_CHECKING:
    from cxkpi.catalogue.load import Catalogue

SHIPPED_NAME = "cxkpi"
# Dialects of dialects: more than a person can follow.
MAX_DEPTH = 5
# How many levels of names are merged before a value is replaced whole.
_MERGED = {"calendar": 1, "defaults": 1, "fields": 2, "tables": 3}
_AT: Path = ("extends",)


def base_name(document: Document, report: Report) -> str | None:
    """What a catalogue extends, None where nothing; CatalogueError where that is no name of a catalogue."""
    if "extends" not in document.data:
        return None
    name = document.data["extends"]
    hint = "Write 'extends: cxkpi', or the path of a catalogue beside this one."
    if not isinstance(name, str):
        report.add("C103", f"'extends' must be text, not {describe(name)}", _AT, hint)
    elif name == SHIPPED_NAME or name.endswith((".yaml", ".yml")):
        return name
    else:
        guess = did_you_mean(name, [SHIPPED_NAME])
        report.add("C211", f"'{name}' is no catalogue: neither 'cxkpi' nor a YAML file{guess}", _AT, hint)
    raise CatalogueError(*report.sorted())


def follow(shown: str, above: Sequence[str], report: Report) -> None:
    """CatalogueError where a file leads back to itself, or too far; ``above`` are the files that led to it."""
    if shown in above:
        chain = " → ".join([*above[above.index(shown) :], shown])
        report.add("C211", f"this extends itself: {chain}", _AT, "Take one of them out.")
    elif len(above) > MAX_DEPTH:
        message = f"more than {MAX_DEPTH} catalogues extend each other"
        report.add("C211", message, _AT, "Extend the last of them.")
    else:
        return
    raise CatalogueError(*report.sorted())


def beside(file: str, name: str) -> str:
    """A path as it is seen from where ``file`` is seen."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), name))


def unreadable(name: str, error: Exception, report: Report) -> CatalogueError:
    """That the catalogue to extend cannot be read."""
    if isinstance(error, UnicodeDecodeError):
        why = "it is not UTF-8 text"
    elif isinstance(error, UserError):
        why = error.problems[0].message.rstrip(".")
    else:
        why = getattr(error, "strerror", None) or str(error)
    hint = "Its path is taken from the folder this catalogue is in."
    report.add("C211", f"the catalogue '{name}' that this extends cannot be read: {why}", _AT, hint)
    return CatalogueError(*report.sorted())


def no_catalogue(name: str, report: Report) -> CatalogueError:
    """That what should be extended is some other file."""
    message = f"'{name}', which this extends, is no catalogue: it has no line 'cxkpi: 1'"
    report.add("C211", message, _AT, "Its path is taken from the folder this catalogue is in.")
    return CatalogueError(*report.sorted())


def overlaid(upper: Document, lower: Document, name: str, report: Report) -> tuple[Document, Mapping[str, Place]]:
    """``upper`` over ``lower`` as one document, and by name the place where it takes a metric away.

    ``name`` is how the upper one calls the lower.
    """
    merging = _Merging(upper, lower, name, report)
    data = merging.top()
    kept = {
        path: at if at.document is not None else replace(at, document=lower)
        for path, at in lower.written.items()
        if not any(path[:depth] in merging.replaced for depth in range(1, len(path) + 1))
    }
    gone = merging.dropped
    own = {path: at for path, at in upper.written.items() if path not in merging.broken}
    written = {
        path: at
        for path, at in {**kept, **own}.items()
        if not any(path[:depth] in gone for depth in range(1, len(path) + 1))
    }
    others = (*upper.others, lower, *lower.others)
    return replace(upper, data=data, written=written, others=others), merging.removed


class _Merging:
    """What comes of two documents: data, and whose places hold."""

    def __init__(self, upper: Document, lower: Document, name: str, report: Report) -> None:
        self.upper, self.lower, self.name, self.report = upper, lower, name, report
        self.replaced: set[Path] = set()
        self.dropped: set[Path] = set()
        self.broken: set[Path] = set()
        self.removed: dict[str, Place] = {}

    def top(self) -> dict[str, Any]:
        found = {key: value for key, value in self.lower.data.items() if key != "extends"}
        defaults = found.get("defaults")
        if isinstance(defaults, Mapping):
            # What a catalogue asks of its own metrics it does not ask of those laid over it.
            found["defaults"] = {key: value for key, value in defaults.items() if key != "examples"}
        for key, value in self.upper.data.items():
            path: Path = (key,)
            if key == "metrics":
                found[key] = self._metrics(value, found.get(key))
            else:
                found[key] = self._merged(value, found.get(key), path, _MERGED.get(key, 0))
        return found

    def _merged(self, upper: Any, lower: Any, path: Path, depth: int) -> Any:
        if depth and isinstance(lower, Mapping) and not isinstance(upper, Mapping):
            return self._kept(upper, lower, path)
        if depth == 0 or not isinstance(upper, Mapping) or not isinstance(lower, Mapping):
            self.replaced.add(path)
            return upper
        found = dict(lower)
        for key, value in upper.items():
            found[key] = self._merged(value, lower[key], (*path, key), depth - 1) if key in lower else value
        return found

    def _kept(self, upper: Any, lower: Any, path: Path) -> Any:
        """What is no mapping is one mistake: that what stands below it is missing now need not be told as well."""
        self.report.add("C103", f"'{path[-1]}' must be a mapping, not {describe(upper)}", path)
        self.broken.add(path)
        return lower

    def _metrics(self, upper: Any, lower: Any) -> Any:
        if isinstance(lower, Mapping) and not isinstance(upper, Mapping):
            return self._kept(upper, lower, ("metrics",))
        if not isinstance(upper, Mapping) or not isinstance(lower, Mapping):
            self.replaced.add(("metrics",))
            return upper
        found = dict(lower)
        for name, metric in upper.items():
            path: Path = ("metrics", name)
            if metric is None or (isinstance(metric, Mapping) and "remove" in metric):
                self._remove(name, metric, found, path)
            elif name in lower:
                found[name] = self._metric(metric, lower[name], path)
            else:
                found[name] = metric
        return found

    def _remove(self, name: str, metric: Any, found: dict[str, Any], path: Path) -> None:
        self._check_alone(metric, path)
        if name not in found:
            guess = did_you_mean(name, found)
            self.report.add("C201", f"no metric '{name}' in '{self.name}' to take away{guess}", path, key=True)
        self.removed[name] = self.upper.place_of(path, key=True)
        self.dropped.add(path)
        found.pop(name, None)

    def _check_alone(self, written: Any, path: Path) -> None:
        if isinstance(written, Mapping) and (len(written) > 1 or written["remove"] is not True):
            message = f"'remove' takes a {'metric' if len(path) == 2 else 'variant'} away and goes with nothing else"
            hint = "Write 'remove: true' alone, or leave it out."
            self.report.add("C109", message, (*path, "remove"), hint, key=True)

    def _metric(self, upper: Any, lower: Any, path: Path) -> Any:
        """The keys of both; a metric of another kind is another metric and keeps nothing."""
        if isinstance(lower, Mapping) and not isinstance(upper, Mapping):
            return self._kept(upper, lower, path)
        both = isinstance(upper, Mapping) and isinstance(lower, Mapping)
        if not both or upper.get("kind", lower.get("kind")) != lower.get("kind"):
            self.replaced.add(path)
            return upper
        gone = [key for key, value in upper.items() if value is None and key in lower]
        self.dropped.update((*path, key) for key in gone)
        kept = {key: value for key, value in lower.items() if key not in gone}
        laid = {key: value for key, value in upper.items() if key not in (*gone, "variants")}
        found = self._merged(laid, kept, path, 1)
        if "variants" in gone:
            place = self.upper.place_of((*path, "variants"), key=True)
            self.removed |= {f"{path[-1]}.{name}": place for name in _of(lower)}
        elif upper.get("variants") is not None:
            found["variants"] = self._variants(upper["variants"], lower, path)
        return found

    def _variants(self, upper: Any, lower: Mapping[str, Any], path: Path) -> Any:
        place: Path = (*path, "variants")
        if not isinstance(upper, Mapping):
            return self._merged(upper, lower.get("variants"), place, 1)
        found = dict(_of(lower))
        for name, variant in upper.items():
            if variant is not None and not (isinstance(variant, Mapping) and "remove" in variant):
                found[name] = variant
                if name in _of(lower):
                    self.replaced.add((*place, name))
                continue
            self._check_alone(variant, (*place, name))
            if name not in _of(lower):
                message = f"no variant '{name}' of '{path[-1]}' in '{self.name}' to take away"
                self.report.add("C201", f"{message}{did_you_mean(name, _of(lower))}", (*place, name), key=True)
            self.dropped.add((*place, name))
            self.removed[f"{path[-1]}.{name}"] = self.upper.place_of((*place, name), key=True)
            found.pop(name, None)
        return found


def _of(metric: Mapping[str, Any]) -> Mapping[str, Any]:
    variants = metric.get("variants")
    return variants if isinstance(variants, Mapping) else {}


# Fields of a row that depend on what a figure is measured against.
_JUDGED = frozenset({"status", "reason", "low", "high", "confidence", "target", "alarm"})


def without_stale(catalogue: Catalogue, lower: Catalogue, upper: Document, required: bool, report: Report) -> Catalogue:
    """The catalogue without the examples of the one it extends that prove what a metric no longer means.

    An example goes where the definition is another one, or where it is about a verdict and what the verdict is by has
    changed; the zone alone makes no other definition here. A metric keeps the examples it is given anew. ``required``:
    a metric of which no example is left is a problem, at the place of what changed it.
    """
    metrics = dict(catalogue.metrics)
    now, before = (definitions({one.title: one for one in both.metrics.values()}, "") for both in (catalogue, lower))
    own = upper.data.get("metrics")
    for key, metric in catalogue.metrics.items():
        written = own.get(metric.title) if isinstance(own, Mapping) else None
        if metric.title not in before or (isinstance(written, Mapping) and "examples" in written):
            continue
        old, new = before[metric.title], now[metric.title]
        # What the one below took away itself does not come back.
        left = {one.place for one in lower.metrics[key].examples}
        kept = tuple(
            one
            for one in metric.examples
            if (one.place is not None and one.place.file == upper.file)
            or (one.place in left and _still_proves(one, old, new, catalogue, lower))
        )
        if required and metric.examples and not kept:
            message = f"the examples of '{metric.title}' prove another definition, and this catalogue requires examples"
            report.add("C505", message, ("metrics", metric.title), "Add 'examples:' of your own.", key=True)
        metrics[key] = replace(metric, examples=kept)
    return replace(catalogue, metrics=MappingProxyType(metrics))


def _still_proves(example: Example, old: Metric, new: Metric, catalogue: Catalogue, lower: Catalogue) -> bool:
    if (old.definition, old.protects, old.min_group) != (new.definition, new.protects, new.min_group):
        return False
    calendars = [replace(one.calendar, timezone="UTC") for one in (catalogue, lower)]
    if example.every not in ("all", "day") and calendars[0] != calendars[1]:
        return False
    fields = {field for row in (example.expect, *_rows(example)) for field in row}
    return not fields & _JUDGED or _judgement(old) == _judgement(new)


def _rows(example: Example) -> list[Mapping[str, Any]]:
    return [row for values in example.expect_by.values() for row in values.values()]


def _judgement(metric: Metric) -> tuple[Any, ...]:
    return (metric.better, metric.target, metric.alarm, metric.targets, metric.min_n, metric.confidence)
