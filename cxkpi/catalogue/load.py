"""``metrics.yaml`` to a checked, frozen ``Catalogue``; every problem of it is reported at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from cxkpi.calendar import zone_named
from cxkpi.catalogue import examples, grammar, rules
from cxkpi.catalogue.grammar import TOP, Common
from cxkpi.catalogue.meaning import definitions, metric_rows, of_catalogue
from cxkpi.catalogue.report import Report
from cxkpi.catalogue.scopes import RESERVED, Fields, TableScope, find_column
from cxkpi.catalogue.specs import Builder
from cxkpi.catalogue.variants import with_variants
from cxkpi.documents import places
from cxkpi.documents.places import Document
from cxkpi.documents.places import Path as Steps
from cxkpi.documents.spelling import did_you_mean, listed
from cxkpi.documents.validation import describe, keys_at, meant, validate
from cxkpi.errors import CatalogueError, Place, Problem, UsageError
from cxkpi.kinds.definition import Metric, Term
from cxkpi.kinds.registry import KINDS
from cxkpi.tables import TABLES, ColumnType, Table, with_columns

VERSION = 1
SHIPPED = "cxkpi:metrics.yaml"
NAME = re.compile(r"[a-z][a-z0-9_]*")
_REQUIRED = ("calendar", "metrics")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What every metric means, and the calendar by which it is read.

    ``path`` as shown to people. ``hash`` of the whole meaning, 8 hexadecimal digits. ``headline``: what is measured if
    nothing is named, each ``name`` or ``name.variant``. ``tables``: the canonical tables with the columns
    declared here. ``metrics`` by (name, variant), in the order written, each followed by its variants.
    """

    path: str
    hash: str
    headline: tuple[str, ...]
    timezone: str
    week_starts: str
    year_starts: str
    confidence: float
    min_n: int
    tables: Mapping[str, Table]
    metrics: Mapping[tuple[str, str | None], Metric]


def load(path: Path | None) -> Catalogue:
    """The catalogue in a file, or the one that ships with the package.

    Raises:
        UsageError: There is no such file, it is a folder, or it may not be read.
        CatalogueError: The file is no right catalogue; with every problem found.
    """
    if path is None:
        return parse(_text(_shipped(), SHIPPED), SHIPPED)
    return parse(_text(path, path.as_posix()), path.as_posix())


def parse(text: str, file: str) -> Catalogue:
    """The catalogue a text says; ``file`` is what places call it. CatalogueError with every problem found."""
    document = places.read(text, file)
    report = Report(document)
    _check_version(document, report)
    document = with_variants(document, report)
    report.document = document
    top = _sections(document, report)
    catalogue = _Reading(document, report, top).catalogue()
    problems = report.sorted()
    if problems or catalogue is None:
        raise CatalogueError(*problems)
    return catalogue


def _shipped() -> Traversable:
    inside = files("cxkpi") / "metrics.yaml"
    # A checkout keeps it at the top; a wheel has it in the package.
    return inside if inside.is_file() else Path(str(files("cxkpi"))).parent / "metrics.yaml"


def _text(path: Traversable, shown: str) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"this is not UTF-8 text (byte {error.start})"
        raise CatalogueError(Problem("C008", message, Place(shown), "Save it as UTF-8.")) from error
    except OSError as error:
        # Which error opening a folder gives depends on the platform.
        if isinstance(path, Path) and path.is_dir():
            message = f"the catalogue {shown} is a folder."
        elif isinstance(error, FileNotFoundError | NotADirectoryError):
            message = f"there is no catalogue {shown}."
        else:
            message = f"the catalogue {shown} cannot be read: {error.strerror}."
        hint = "Name a YAML file with --catalogue, or leave it out to use the catalogue that ships with cxkpi."
        raise UsageError(Problem("U050", message, None, hint)) from error


def _check_version(document: Document, report: Report) -> None:
    """Stop where this is not a catalogue of a grammar that is known: nothing else said about it would help."""
    hint = f"The first key of a catalogue is 'cxkpi: {VERSION}'."
    if document.data is None and report.count:
        raise CatalogueError(*report.sorted())
    if not isinstance(document.data, Mapping):
        shown = "empty" if document.data is None else describe(document.data)
        report.add("C101", f"a catalogue is a mapping, and this is {shown}", (), hint)
    elif "cxkpi" not in document.data:
        report.add("C101", "this does not say which version of the grammar it is written in", (), hint)
    elif document.data["cxkpi"] != VERSION or isinstance(document.data["cxkpi"], bool):
        given = describe(document.data["cxkpi"])
        report.add("C101", f"the version of the grammar is {VERSION}, not {given}", ("cxkpi",), "Update cxkpi.")
    else:
        return
    raise CatalogueError(*report.sorted())


def _sections(document: Document, report: Report) -> dict[str, Any]:
    """The top-level keys by their models; a key that is wrong or left out gets an empty value."""
    for key in document.data:
        if key in TOP:
            continue
        if key in grammar.LATER:
            report.add("C106", f"'{key}' is not supported by this version of cxkpi", (key,), key=True)
        else:
            message = f"unknown key '{key}' in a catalogue{did_you_mean(key, TOP)}"
            report.add("C104", message, (key,), f"It takes {listed(TOP)}.", key=True)
    found: dict[str, Any] = {}
    for key, annotation in TOP.items():
        if key not in document.data:
            if key in _REQUIRED:
                hint = "Add 'calendar: {timezone: Europe/London}' with your zone." if key == "calendar" else None
                report.add("C102", f"'{key}' is missing in a catalogue", (), hint)
            continue
        value, problems = validate(
            annotation, document.data[key], document, (key,), f"'{key}'", later=dict.fromkeys(("split",), "")
        )
        report.extend(problems)
        if not problems:
            found[key] = value
        elif key in ("fields", "tables"):
            found[key] = _salvaged(key, document.data[key])
    return found


def _salvaged(key: str, section: Any) -> dict[str, Any]:
    """What is usable of a section with a problem, so that its other names are not called unknown where they are used.

    A field without a text is None. A column of an unknown type counts as text.
    """
    if not isinstance(section, Mapping):
        return {}
    if key == "fields":
        tables = {table: names for table, names in section.items() if isinstance(names, Mapping)}
        return {
            table: {name: text if isinstance(text, str) else None for name, text in names.items()}
            for table, names in tables.items()
        }
    declared = {
        table: columns
        for table, part in section.items()
        if isinstance(part, Mapping) and isinstance(columns := part.get("columns"), Mapping)
    }
    return {
        table: grammar.TableColumns(
            columns={name: kind if kind in get_args(ColumnType) else "text" for name, kind in columns.items()}
        )
        for table, columns in declared.items()
    }


class _Reading:
    """One catalogue being read: what its sections say, and what they say of each other."""

    def __init__(self, document: Document, report: Report, top: Mapping[str, Any]) -> None:
        self.document = document
        self.report = report
        self.calendar: grammar.Calendar = top.get("calendar", grammar.Calendar(timezone="UTC"))
        self.defaults: grammar.Defaults = top.get("defaults", grammar.Defaults())
        self.tables = self._tables(top.get("tables", {}))
        self.zone = self._zone()
        self.headline: list[str] = top.get("headline", [])
        written = document.data.get("metrics")
        self.written: Mapping[str, Any] = written if isinstance(written, Mapping) else {}
        self.fields = Fields(self.tables, self._fields(top.get("fields", {})), self.zone, report)
        self.builder = Builder(self.fields, self.written, self.zone, report)

    def catalogue(self) -> Catalogue | None:
        """The catalogue; None where problems were reported."""
        for table, names in self.fields.declared():
            for name in names:
                self.fields.lookup(table, name)
        commons = {title: self._common(title) for title in self.written}
        metrics = {title: self._metric(title, common) for title, common in commons.items()}
        rules.check_names(commons, self.report)
        self._check_references(commons, metrics)
        known = {title: metric for title, metric in metrics.items() if metric is not None}
        if self.report.count:
            return None
        hashes = definitions(known, self.zone)
        defined = {title: replace(metric, definition=hashes[title]) for title, metric in known.items()}
        shown = (title for title, metric in defined.items() if metric.variant is None and not metric.private)
        headline = tuple(self.headline or shown)
        calendar = (self.zone, self.calendar.week_starts, self.calendar.year_starts)
        return Catalogue(
            path=self.document.file,
            hash=of_catalogue(defined, headline, calendar),
            headline=headline,
            timezone=self.zone,
            week_starts=self.calendar.week_starts,
            year_starts=self.calendar.year_starts,
            confidence=self.defaults.confidence,
            min_n=self.defaults.min_n,
            tables=MappingProxyType(dict(self.tables)),
            metrics=MappingProxyType({metric.key: metric for metric in defined.values()}),
        )

    def _zone(self) -> str:
        try:
            zone_named(self.calendar.timezone)
        except ValueError:
            hint = "Write an IANA name such as Europe/London or UTC."
            self.report.add("C405", f"no time zone '{self.calendar.timezone}'", ("calendar", "timezone"), hint)
            return "UTC"
        return self.calendar.timezone

    def _tables(self, declared: Mapping[str, grammar.TableColumns]) -> Mapping[str, Table]:
        extra: dict[str, dict[str, Any]] = {}
        for table, columns in declared.items():
            path: Steps = ("tables", table)
            if table not in TABLES:
                hint = f"Columns can be added to {listed(TABLES)}."
                self.report.add("C202", f"no table '{table}'{did_you_mean(table, TABLES)}", path, hint, key=True)
                continue
            extra[table] = {}
            for column, kind in columns.columns.items():
                place = (*path, "columns", column)
                if column in TABLES[table].columns or column == "source":
                    message = f"the table '{table}' has a column '{column}' already"
                    self.report.add("C204", message, place, key=True)
                elif self._named(column, place, "column"):
                    extra[table][column] = kind
        return with_columns(extra)

    def _fields(self, declared: Mapping[str, Mapping[str, str | None]]) -> Mapping[str, Mapping[str, str | None]]:
        found: dict[str, dict[str, str | None]] = {}
        for table, texts in declared.items():
            path: Steps = ("fields", table)
            if table not in self.tables:
                hint = f"There are {listed(self.tables)}."
                self.report.add("C202", f"no table '{table}'{did_you_mean(table, self.tables)}", path, hint, key=True)
                continue
            found[table] = {}
            for name, text in texts.items():
                if name in self.tables[table].columns:
                    message = f"the table '{table}' has a column '{name}' already"
                    self.report.add("C204", message, (*path, name), "Give the field another name.", key=True)
                elif self._named(name, (*path, name), "field"):
                    found[table][name] = text
        return found

    def _named(self, name: str, path: Steps, what: str) -> bool:
        if NAME.fullmatch(name) and name not in RESERVED:
            return True
        reason = "is a word of expressions" if name in RESERVED else "is not a name"
        hint = "Use lower-case letters, digits and _, with a letter first."
        self.report.add("C108", f"'{name}' {reason} and cannot be a {what}", path, hint, key=True)
        return False

    def _common(self, title: str) -> Common | None:
        """The keys of one metric by the model of its kind."""
        path: Steps = ("metrics", title)
        data = self.written[title]
        last = title.rsplit(".", 1)[-1]
        self._named(title if last == title or not NAME.fullmatch(last) else last, path, "metric")
        if not isinstance(data, Mapping):
            # Said already by the model of the whole section.
            return None
        if "kind" not in data:
            hint = f"The kinds are {listed(KINDS)}."
            self.report.add("C102", f"'kind' is missing in '{title}'", path, hint, key=True)
            return None
        kind = data["kind"]
        if kind in grammar.LATER_KINDS:
            self.report.add("C106", f"the kind '{kind}' is not supported by this version of cxkpi", (*path, "kind"))
            return None
        if not isinstance(kind, str) or kind not in KINDS:
            guess = did_you_mean(str(kind), KINDS)
            hint = f"The kinds are {listed(KINDS)}."
            self.report.add("C105", f"'{kind}' is not a kind of metric{guess}", (*path, "kind"), hint)
            return None
        later = {**grammar.LATER, **grammar.LATER_OF_KIND.get(kind, {})}
        noun = f"{'an' if kind[0] in 'aeiou' else 'a'} {kind} metric"
        model = grammar.metric_model(kind)
        common, problems = validate(model, data, self.document, path, noun, later=later)
        self.report.extend(problems)
        if problems:
            # Unknown keys do not hide what else is wrong.
            known = frozenset(keys_at(model, ()))
            rest = {key: value for key, value in data.items() if key in known}
            common, _ = validate(model, rest, self.document, path, noun)
        return common if isinstance(common, Common) else None

    def _metric(self, title: str, common: Common | None) -> Metric | None:
        if common is None:
            return None
        report, path = self.report, ("metrics", title)
        before = report.count
        model = grammar.metric_model(common.kind)
        misspelt = meant(self.written[title], keys_at(model, ()))
        spec = self.builder.spec(KINDS[common.kind].Spec, common, path, misspelt=misspelt)
        rules.check_keys(common, path, report)
        unit = "" if "unit" in misspelt else rules.unit_of(common, spec, path, report)
        target, alarm = rules.goals_of(common, unit, path, report)
        if common.cluster is not None:
            for table in dict.fromkeys(tables_of(spec)):
                if table in self.tables:
                    self.builder.column(common.cluster, (*path, "cluster"), TableScope(self.fields, table))
        worked = tuple(
            examples.example(text, at + 1, unit, (*path, "examples", at), self.tables, report)
            for at, text in enumerate(common.examples)
        )
        if report.count > before:
            return None
        name, _, variant = title.partition(".")
        return Metric(
            name=name,
            variant=variant or None,
            kind=common.kind,
            spec=spec,
            label=common.label or name.replace("_", " ").capitalize(),
            unit=unit,
            definition="",
            confidence=self.defaults.confidence if common.confidence is None else common.confidence,
            min_n=self.defaults.min_n if common.min_n is None else common.min_n,
            better=common.better,
            target=target,
            alarm=alarm,
            objective=common.objective or None,
            description=common.description or None,
            family=common.family,
            source=common.source,
            owner=common.owner,
            aka=tuple(common.aka),
            private=common.private,
            roll=common.roll,
            matures=common.matures,
            cluster=common.cluster,
            guards=tuple(common.guards),
            examples=worked,
            place=self.document.place_of(path, key=True),
        )

    def _check_references(self, commons: Mapping[str, Common | None], metrics: Mapping[str, Metric | None]) -> None:
        for at, title in enumerate(self.headline):
            self.builder.metric(title, ("headline", at))
            if title in self.headline[:at]:
                self.report.add("C204", f"'{title}' stands here twice", ("headline", at))
        for title, common in commons.items():
            for at, guard in enumerate(common.guards if common is not None else ()):
                self.builder.metric(guard, ("metrics", title, "guards", at))
        for title, metric in metrics.items():
            for rows in metric_rows(metric.spec) if metric is not None else ():
                path: Steps = ("metrics", title, "event", "from")
                for at, name in enumerate(rows.metrics):
                    self._check_read(title, name, metrics.get(name), rows.per, (*path, "metrics", at))

    def _check_read(self, title: str, name: str, read: Metric | None, per: tuple[str, ...], place: Steps) -> None:
        """A metric that another one reads as rows: of another kind of source, and with the entity's columns."""
        if read is None:
            return
        if name == title or metric_rows(read.spec):
            hint = "Metrics are read one level deep."
            self.report.add("C208", f"'{name}' reads rows of metrics itself", place, hint)
            return
        for table in dict.fromkeys(tables_of(read.spec)):
            for column in per:
                if find_column(self.tables, table, column) is None:
                    self.report.add("C203", f"'{name}' reads table '{table}', which has no column '{column}'", place)


def tables_of(spec: Any) -> tuple[str, ...]:
    """The tables a spec reads rows of, the main one first."""
    terms = [value for name in ("numerator", "denominator") if isinstance(value := getattr(spec, name, None), Term)]
    return tuple(term.from_ for term in terms) if terms else (spec.from_,)
