"""``versions``: what a metric meant from which day on. Each is written out as a metric of its own, with its places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cxkpi.catalogue.report import Report
from cxkpi.catalogue.resolving.variants import MAX_IN_ALL, by_metric, too_many
from cxkpi.catalogue.values.moments import parse_date
from cxkpi.documents.places import Document, Path, Written
from cxkpi.documents.spelling import listed
from cxkpi.documents.validation import describe
from cxkpi.kinds.definition import Metric

# What a metric is called, how it is shown, and by which rows its figures are cut or hidden stays.
FIXED = (
    *("kind", "unit", "better", "roll", "cluster", "protects", "min_group", "guards", "family", "private"),
    *("label", "objective", "aka", "variants", "versions"),
)
MAX_OF_ONE = 100
# Keys of the metric that are not those of a definition.
_APART = ("versions", "variants", "examples")


@dataclass(frozen=True, slots=True)
class Dated:
    """One version written out: its first day, None where the metric begins, and where its keys are found."""

    since: date | None
    path: Path
    data: Mapping[str, Any]


def with_versions(document: Document, report: Report) -> tuple[Document, Mapping[str, tuple[Dated, ...]]]:
    """The document with every version also standing at ``dated: TITLE: N``, and by title what stands there.

    A version has the keys of the one before it but for those it gives, whole. Variants are written out already: what a
    variant says itself holds in every version it has of its metric.
    """
    metrics = document.data.get("metrics")
    if not isinstance(metrics, Mapping):
        return document, {}
    written = dict(document.written)
    parts = by_metric(document)
    left = MAX_IN_ALL
    found: dict[str, tuple[Dated, ...]] = {}
    for title, metric in metrics.items():
        versions = metric.get("versions") if isinstance(metric, Mapping) else None
        # What is wrong with the form of versions is said by the metric's model.
        if not isinstance(versions, list) or not all(isinstance(one, Mapping) for one in versions):
            continue
        home: Path = ("metrics", title)
        if too_many(len(versions), left, "versions", (*home, "versions"), report, MAX_OF_ONE):
            continue
        left -= len(versions)
        by_version = _by_version(parts[title])
        data = {key: value for key, value in metric.items() if key not in _APART}
        dated = [Dated(None, home, data)]
        there = {path: at for path, at in parts[title].items() if path[0] not in _APART}
        for at, version in enumerate(versions):
            place: Path = (*home, "versions", at)
            since = _since(version, place, dated[-1].since, report)
            own = _own(title, version, metrics, place, report)
            data = {**data, **own}
            there = {path: one for path, one in there.items() if path[0] not in own} | {
                path[2:]: one for path, one in by_version.get(at, {}).items() if path[2] in own
            }
            target: Path = ("dated", title, at)
            written |= {(*target, *path): one for path, one in there.items()}
            written[target] = document.written.get(place, document.written[home])
            if since is not None:
                dated.append(Dated(since, target, data))
        found[title] = tuple(dated)
    return replace(document, written=written), found


def _by_version(parts: Mapping[Path, Written]) -> Mapping[object, Mapping[Path, Written]]:
    """By position in ``versions`` where everything below a version was written, by path from the metric."""
    found: dict[object, dict[Path, Written]] = {}
    for path, at in parts.items():
        if len(path) > 2 and path[0] == "versions":
            found.setdefault(path[1], {})[path] = at
    return found


def _since(version: Mapping[str, Any], place: Path, before: date | None, report: Report) -> date | None:
    written = version.get("since")
    if written is None:
        report.add("C102", "'since' is missing in a version", place, "Name the first day on which it holds.")
        return None
    since = parse_date(written) if isinstance(written, str) else None
    if since is None:
        report.add("C107", f"{describe(written)} is not a date", (*place, "since"), "Write it as 2026-04-01.")
    elif before is not None and since <= before:
        report.add("C419", f"versions stand in the order of their days, and {before} is before it", (*place, "since"))
        return None
    return since


def _own(
    title: str, version: Mapping[str, Any], metrics: Mapping[str, Any], place: Path, report: Report
) -> dict[str, Any]:
    """The keys a version gives; of a metric's versions a variant takes what it does not say itself."""
    for key in (*FIXED, "examples"):
        if key in version:
            hint = "Define another metric and give both the same 'family'." if key in ("kind", "unit") else None
            if key == "examples":
                hint = "Write them under the metric: their rows are judged by their own days."
            report.add("C109", f"a version cannot have its own '{key}'", (*place, key), hint, key=True)
    own = {key: value for key, value in version.items() if key not in (*FIXED, "examples", "since")}
    name, _, variant = title.partition(".")
    override = (
        metrics[name].get("variants", {}).get(variant) if variant and isinstance(metrics.get(name), Mapping) else None
    )
    if isinstance(override, Mapping) and "versions" not in override:
        return {key: value for key, value in own.items() if key not in override}
    if not own:
        report.add("C419", "this version changes nothing", place, "Give the keys that differ from this day on.")
    return own


def check_times(versions: Sequence[Metric], paths: Sequence[Path], report: Report) -> None:
    """A row belongs to one version by its time, so the time must be the same in all."""
    for older, newer, path in zip(versions, versions[1:], paths[1:], strict=False):
        for (key, table, at), (_, other, then) in zip(_times(older.spec), _times(newer.spec), strict=True):
            if table == other and at != then:
                message = "the time of a row cannot differ between versions: some rows would count twice, some never"
                hint = f"Keep {listed(str(step) for step in key[-1:])}, or define another metric of the same 'family'."
                report.add("C109", message, (*path, *key), hint, key=True)


def _times(spec: Any) -> list[tuple[Path, str, Any]]:
    """Of every table a spec reads, by which column its rows fall into periods."""
    clock = getattr(spec, "clock", None)
    if clock is not None:
        return [(("clock", "from"), spec.from_, clock.from_)]
    terms = [(name, getattr(spec, name)) for name in ("numerator", "denominator") if hasattr(spec, name)]
    if terms:
        return [((name, "at"), term.from_, term.at) for name, term in terms]
    key = "start" if hasattr(spec, "start") else "at"
    return [((key,), getattr(spec, "from_", ""), getattr(spec, key, None))]
