"""What is allowed and probably not meant: warnings about definitions that are right in form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from cxkpi.catalogue.checks import windows
from cxkpi.catalogue.checks.populations import ALWAYS_THERE, Population, every_population, expressions, populations
from cxkpi.catalogue.expressions.emptiness import Row, possible
from cxkpi.catalogue.expressions.scopes import Fields, find_column
from cxkpi.catalogue.meaning.hashes import metric_rows_at
from cxkpi.catalogue.report import Report
from cxkpi.catalogue.resolving.rows_of_metrics import below, entities
from cxkpi.documents.places import Path
from cxkpi.documents.spelling import listed
from cxkpi.kinds.definition import Goal, Metric, metric_rows_named
from cxkpi.kinds.expression import (
    Case,
    Literal,
    Node,
    canonical,
    walk,
)
from cxkpi.kinds.metric_rows import BESIDE, column_of
from cxkpi.tables import Table, column_at, paths

if TYPE_CHECKING:
    from cxkpi.catalogue.load import Catalogue


def check(catalogue: Catalogue, fields: Fields, report: Report) -> None:
    """Warn of everything in a catalogue without errors that reads as a slip."""
    by_title = {metric.title: metric for metric in catalogue.metrics.values()}
    for metric in by_title.values():
        windows.check(metric, catalogue.tables, report)
        _once_answered(metric, catalogue.tables, report)
        _rows_once_answered(metric, by_title, catalogue.tables, report)
        _unsaid(metric, catalogue.tables, report)
        _nothing_to_count(metric, by_title, report)
        _never_there(metric, by_title, report)
        _goals(metric, report)
        _guards(metric, by_title, report)
        for path, expression in expressions(metric.spec, ("metrics", metric.title)):
            # A field's cases are its own.
            if "case" in expression.text.lower():
                _cases(expression.root, path, report)
    for (table, name), root in fields.roots():
        _cases(root, ("fields", table, name), report)
    _headline(catalogue, by_title, report)
    _labels(by_title, report)
    _fields(fields, report)


# -- columns that may be empty -----------------------------------------------------------------------------------------


def known_once_answered(tables: Mapping[str, Table], table: str, name: str) -> bool:
    """Whether a column, seen from a table, is filled only once somebody answered the contact."""
    path = next(iter(paths(tables, table, name)), None)
    if path is None:
        return False
    first = tables[table].lookups[path[0]].on if len(path) > 1 else path[0]
    return column_at(tables, table, (first,)).known == "answered"


def _unanswered(population: Population, tables: Mapping[str, Table], names: Iterable[str] = ()) -> Row:
    """A contact that nobody answered, as the names a population reads show it."""
    read = {*names, *(population.where.columns if population.where is not None else ())}
    late = frozenset(name for name in read if known_once_answered(tables, population.table, name))
    return Row(late, {"abandoned": True}, others_empty=True)


def _once_answered(metric: Metric, tables: Mapping[str, Table], report: Report) -> None:
    """What tells people apart must be there for every row that is counted."""
    for population in populations(metric, tables):
        if population.excludes(_unanswered(population, tables)):
            continue
        for path, name in _dimensions(metric):
            if known_once_answered(tables, population.table, name):
                message = f"'{name}' is known only once a contact is answered, and unanswered ones are counted here"
                report.warn("C411", message, path, "Count answered contacts only, or leave it out.")


def _dimensions(metric: Metric) -> Iterator[tuple[Path, str]]:
    """Every column by which a metric itself tells its rows apart, and where it says so."""
    path: Path = ("metrics", metric.title)
    for key in ("cluster", "protects"):
        name = getattr(metric, key, None)
        if isinstance(name, str):
            yield (*path, key), name
    for at, name in enumerate(metric.spec.key if metric.kind == "repeat" else ()):
        yield (*path, "key", at), name
    for at, goal in enumerate(getattr(metric, "targets", ())):
        for name in dict(getattr(goal, "when", ()) or ()):
            yield (*path, "targets", at, "when", name), name


def _rows_once_answered(
    metric: Metric, by_title: Mapping[str, Metric], tables: Mapping[str, Table], report: Report
) -> None:
    """Rows of metrics are not of people whom some of the contacts counted never met."""
    for steps, rule in metric_rows_at(metric.spec).items():
        for at, name in enumerate(rule.per):
            for one in (part for title in rule.metrics for part in below(title, by_title)):
                if any(_counts_unanswered(one, table, column, tables) for table, column in entities(one.spec, (name,))):
                    message = f"'{name}' is known only once a contact is answered, and '{one.title}' counts others too"
                    hint = f"Let '{one.title}' count answered contacts only: its rows by '{name}' are refused."
                    report.warn("C411", message, ("metrics", metric.title, *steps, "per", at), hint)
                    break


def _counts_unanswered(metric: Metric, table: str, column: str, tables: Mapping[str, Table]) -> bool:
    return known_once_answered(tables, table, column) and any(
        one.table == table and not one.excludes(_unanswered(one, tables)) for one in populations(metric, tables)
    )


def _nothing_to_count(metric: Metric, by_title: Mapping[str, Metric], report: Report) -> None:
    """Of several metrics side by side, one may have nothing to count where a row stands for another."""
    for population in every_population(metric):
        rule = metric_rows_named(population.table)
        for title in rule.metrics if rule is not None and len(rule.metrics) > 1 else ():
            # A total of nothing is 0.
            if rule is None or all(one.kind == "total" for one in below(title, by_title)):
                continue
            own, value = _beside(title), column_of(title)
            # Metrics over the same rows have nothing to count together: 'evaluations >= 2' says that there is a score.
            alike = [one for one in rule.metrics if _sources(one, by_title) & _sources(title, by_title)]
            if population.excludes(Row(frozenset().union(*map(_beside, alike)), others_empty=True)):
                continue
            for key, condition in population.judging.items():
                if own & condition.columns and None in possible(condition.root, Row(own)):
                    message = f"{key} reads '{value}', and does not say what it means where that has nothing to count"
                    hint = (
                        f"Such rows are left out and counted as missing. Say so, 'where: {value} is not null', or "
                        f"decide: 'coalesce(…, false)'."
                    )
                    report.warn("C412", message, (*population.path, key), hint)


def _never_there(metric: Metric, by_title: Mapping[str, Metric], report: Report) -> None:
    """A goal, or a verdict on it, of a metric that has none."""
    for population in every_population(metric):
        rule = metric_rows_named(population.table)
        conditions = {**population.judging, **({} if population.where is None else {"where": population.where})}
        for title in rule.metrics if rule is not None else ():
            one, value = by_title[title], column_of(title)
            every: list[Metric | Goal] = [one, *one.targets, *(version.metric for version in one.versions)]
            every += [goal for version in one.versions for goal in version.metric.targets]
            # Two limits are no single one, but there is a verdict on them.
            single = {
                what: any(isinstance(getattr(goal, what), int | float) for goal in every)
                for what in ("target", "alarm")
            }
            judged = any(goal.target is not None or goal.alarm is not None for goal in every)
            for what, there in (*single.items(), ("status", judged)):
                for key, condition in conditions.items():
                    if not there and f"{value}_{what}" in condition.columns:
                        needed = "target" if what == "status" else f"single {what}"
                        message = f"{key} reads '{value}_{what}', which is always empty: '{title}' has no {needed}"
                        hint = f"Give '{title}' one, or compare with a number."
                        report.warn("C412", message, (*population.path, key), hint)


def _beside(title: str) -> frozenset[str]:
    value = column_of(title)
    return frozenset((value, *(f"{value}_{what}" for what in BESIDE)))


def _sources(title: str, by_title: Mapping[str, Metric]) -> set[str]:
    return {table for one in below(title, by_title) for table, _ in entities(one.spec, ("",))}


def _unsaid(metric: Metric, tables: Mapping[str, Table], report: Report) -> None:
    """A condition over a time that may never come says what is meant until it does."""
    for population in populations(metric, tables):
        answered = population.excludes(_unanswered(population, tables))
        for key, condition in population.judging.items():
            empty = [
                name
                for name in sorted(condition.columns - {population.at})
                if _may_stay_empty(tables, population.table, name, answered)
                and not population.excludes(Row(frozenset((name,)), others_empty=True))
                and None in possible(condition.root, Row(frozenset((name,))))
            ]
            if empty:
                names = listed(f"'{name}'" for name in empty)
                message = f"{key} reads {names}, and does not say what it means while that is empty"
                hint = (
                    f"Such rows are left out and counted as missing. Say so, 'where: {empty[0]} is not null', or "
                    f"decide: 'coalesce(…, false)'."
                )
                report.warn("C412", message, (*population.path, key), hint)


def _may_stay_empty(tables: Mapping[str, Table], table: str, name: str, answered: bool) -> bool:
    """Whether a column is empty for a reason, and not only where a system did not record it."""
    if known_once_answered(tables, table, name):
        return not answered
    column = find_column(tables, table, name)
    declared = tables[table]
    own = {*declared.time, *declared.seen, *declared.key, *(declared.span or ())[:1], *ALWAYS_THERE}
    return column is not None and column.event and name.rpartition(".")[2] not in own


# -- goals, guards, headline, labels, fields, cases --------------------------------------------------------------------


def _goals(metric: Metric, report: Report) -> None:
    """A target or an alarm that no value can be on the other side of."""
    low, high = _range(metric)
    for key in ("target", "alarm"):
        goal = getattr(metric, key)
        for limit in goal if isinstance(goal, tuple) else (goal,):
            if limit is None:
                continue
            message = None
            if high is not None and limit > high:
                message = f"no value is ever above {_shown(high, metric.unit)}"
            elif low is not None and limit < low:
                message = f"no value is ever below {_shown(low, metric.unit)}"
            elif key == "target" and (metric.better, limit) in (("higher", low), ("lower", high)):
                message = "every value meets this target"
            if message is not None:
                report.warn("C413", message, ("metrics", metric.title, key))


def _range(metric: Metric) -> tuple[float | None, float | None]:
    match metric.kind:
        case "share" | "repeat":
            return 0.0, 1.0
        case "net":
            return -100.0, 100.0
        case "stock" | "time_to_event":
            return 0.0, None
    counts = getattr(metric.spec, "count", None) is not None or getattr(metric.spec, "distinct", None) is not None
    return (0.0 if metric.kind == "total" and counts else None), None


def _shown(limit: float, unit: str) -> str:
    return f"{100 * limit:g}%" if unit == "percent" else f"{limit:g}"


def _guards(metric: Metric, by_title: Mapping[str, Metric], report: Report) -> None:
    for at, title in enumerate(metric.guards):
        if title in by_title and by_title[title].better is None:
            hint = f"Add 'better: higher' or 'better: lower' to '{title}'."
            message = f"'{title}' does not say which side is better, so it never worsens"
            report.warn("C415", message, ("metrics", metric.title, "guards", at), hint)


def _headline(catalogue: Catalogue, by_title: Mapping[str, Metric], report: Report) -> None:
    written = report.document.data.get("headline") or ()
    for at, title in enumerate(written):
        if title in by_title and by_title[title].private:
            message = f"'{title}' is private, and stands in the headline"
            report.warn("C416", message, ("headline", at), "Leave it out, or take 'private' away.")


def _labels(by_title: Mapping[str, Metric], report: Report) -> None:
    """Two metrics that reports call the same; private ones are in none."""
    document, first = report.document, dict[str, str]()
    for title, metric in by_title.items():
        if metric.private:
            continue
        other = first.setdefault(" ".join(_called(metric, by_title).split()).casefold(), title)
        if other == title:
            continue
        # Of one's own metric and an inherited one the own is at fault.
        own, theirs = (document.place_of(("metrics", one), key=True).file == document.file for one in (title, other))
        named, like = (other, title) if theirs and not own else (title, other)
        path: Path = ("metrics", named)
        labelled = "label" in document.data["metrics"][named]
        message = f"'{named}' has the same label as '{like}', '{by_title[named].label}'"
        hint = "Give one of them another label: in reports only their names tell them apart."
        report.warn("C420", message, (*path, "label") if labelled else path, hint, key=not labelled)


def _called(metric: Metric, by_title: Mapping[str, Metric]) -> str:
    """A metric's label; of a variant without one of its own, with the name of the variant."""
    varied = by_title.get(metric.name)
    if metric.variant is None or (varied is not None and varied.label != metric.label):
        return metric.label
    return f"{metric.label} ({metric.variant})"


def _fields(fields: Fields, report: Report) -> None:
    document = report.document
    for table, name in fields.unused():
        place = document.place_of(("fields", table, name), key=True)
        # What a base catalogue offers need not be used.
        if place.file == document.file:
            report.warn("C414", f"nothing uses the field '{name}' of '{table}'", ("fields", table, name), key=True)


def _cases(root: Node, path: Path, report: Report) -> None:
    for node in walk(root):
        if not isinstance(node, Case):
            continue
        seen: set[str] = set()
        always = False
        for condition, _ in node.branches:
            text = canonical(condition)
            never = isinstance(condition, Literal) and condition.value is not True
            if always or never or text in seen:
                why = "never holds" if never else "is reached by no row: an earlier one takes them all"
                report.warn("C417", f"{path[-1]}: 'when {text}' {why}", path)
            seen.add(text)
            always = always or (isinstance(condition, Literal) and condition.value is True)
