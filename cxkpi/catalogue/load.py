"""``metrics.yaml`` to a checked, frozen ``Catalogue``; every problem of it is reported at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import available_timezones

from cxkpi.calendar import PATTERNS, Calendar, zone_named
from cxkpi.catalogue import examples, grammar
from cxkpi.catalogue.checks import lint, rules
from cxkpi.catalogue.checks.protection import with_protection
from cxkpi.catalogue.expressions.scopes import RESERVED, Fields, TableScope, find_column, reachable_names
from cxkpi.catalogue.grammar import TOP, Common, Defaults
from cxkpi.catalogue.meaning.hashes import definitions, metric_rows, metric_rows_at, month_lengths, of_catalogue
from cxkpi.catalogue.report import Report
from cxkpi.catalogue.resolving import declared, dialects, formulas, overlays, rows_of_metrics
from cxkpi.catalogue.resolving.hours import Beside, opening_hours
from cxkpi.catalogue.resolving.specs import Builder
from cxkpi.catalogue.resolving.targets import check_dimensions, targets_of
from cxkpi.catalogue.resolving.variants import with_variants
from cxkpi.catalogue.resolving.versions import Dated, check_times, with_versions
from cxkpi.documents import places
from cxkpi.documents.places import Document
from cxkpi.documents.places import Path as Steps
from cxkpi.documents.spelling import did_you_mean, listed
from cxkpi.documents.validation import describe, validate, without_wrong
from cxkpi.errors import CatalogueError, Place, Problem, UsageError
from cxkpi.kinds import formula
from cxkpi.kinds.definition import Metric, Term, Version
from cxkpi.kinds.registry import KINDS
from cxkpi.opening import OpeningHours
from cxkpi.tables import Table

VERSION = 1
SHIPPED = "cxkpi:metrics.yaml"
# Three hundred metrics with examples are a third of one.
MAX_BYTES = 4_000_000
NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
# What has no such line is some other file, of which nothing is shown.
CALLED_CATALOGUE = re.compile(r"^[\ufeff{]?\s*[\"']?cxkpi[\"']?\s*:", re.MULTILINE)
_REQUIRED = ("calendar", "metrics")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What every metric means, and the calendar by which it is read.

    ``path`` as shown to people. ``hash`` of the whole meaning, 8 hexadecimal digits. ``headline``: what is measured if
    nothing is named, each ``name`` or ``name.variant``. ``tables``: the canonical tables with what is added to
    them here, and the catalogue's own. ``calendar``: how time is cut; ``hours``: the business hours. ``metrics`` by
    (name, variant), in the order written, each followed by its variants. ``fields``: the named fields by table, as
    written. ``warnings``: what is allowed and probably not meant, by place.
    """

    path: str
    hash: str
    headline: tuple[str, ...]
    timezone: str
    week_starts: str
    year_starts: str
    calendar: Calendar
    hours: OpeningHours | None
    confidence: float
    min_n: int
    tables: Mapping[str, Table]
    metrics: Mapping[tuple[str, str | None], Metric]
    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()


def load(path: Path | None) -> Catalogue:
    """The catalogue in a file, or the one that ships with the package; a dialect by its path (``dialects.named``).

    Raises:
        UsageError: There is no such file, it is a folder, or it may not be read.
        CatalogueError: The file is no right catalogue; with every problem found.
    """
    return parse(text_of(path), SHIPPED if path is None else path.as_posix())


def parse(text: str, file: str, *, beside: Beside | None = None) -> Catalogue:
    """The catalogue a text says; ``file`` is what places call it. CatalogueError with every problem found.

    ``beside`` reads other files, named by their path from this one, as (text, what it is shown as): the catalogue this
    one extends, and holidays. If it is left out they are read from disk, from the folder of ``file``.
    """
    return _parsed(text, file, beside, (), {})[1]


def _parsed(
    text: str, file: str, beside: Beside | None, above: tuple[str, ...], readers: dict[str, Beside | None]
) -> tuple[Document, Catalogue]:
    """The document with all it extends laid under it, and its catalogue.

    ``above``: the files that led here. ``readers``: how each file reads what is beside it.
    """
    readers[file] = beside
    written = places.read(text, file)
    report = Report(written)
    _check_version(written, report)
    whole, below = written, None
    removed: Mapping[str, Place] = {}
    if (name := overlays.base_name(written, report)) is not None:
        lower, below = _extended(name, report, (*above, file), readers)
        whole, removed = overlays.overlaid(written, lower, name, report)
        report.document, report.upper = whole, written
    document = report.document = with_variants(whole, report)
    document, dated = with_versions(document, report)
    report.document = document
    top = _sections(document, report)
    reader = readers.get(document.place_of(("calendar", "holidays")).file)
    reading = _Reading(document, report, top, dated, reader)
    reading.builder.removed = removed
    catalogue = reading.catalogue()
    if catalogue is not None and below is not None:
        required = reading.defaults.examples == "required"
        catalogue = overlays.without_stale(catalogue, below, written, required, report)
    problems = report.sorted()
    if problems or catalogue is None:
        raise CatalogueError(*problems)
    lint.check(catalogue, reading.fields, report)
    # Of what it extends, a catalogue is warned where it is written.
    warnings = (one for one in report.warnings() if one.place is None or one.place.file == file)
    return whole, replace(catalogue, warnings=tuple(warnings))


def _extended(
    name: str, report: Report, above: tuple[str, ...], readers: dict[str, Beside | None]
) -> tuple[Document, Catalogue]:
    """The catalogue that is extended, which must be right by itself."""
    if name == overlays.SHIPPED_NAME:
        return _shipped_parsed(_text(dialects.shipped(), SHIPPED))
    reader = readers[above[-1]]
    shown = overlays.beside(above[-1], name)
    try:
        text, shown = (_text(Path(shown), shown), shown) if reader is None else reader(name)
    except (OSError, ValueError, UsageError, CatalogueError) as error:
        raise overlays.unreadable(name, error, report) from error
    overlays.follow(shown, above, report)
    if not CALLED_CATALOGUE.search(text):
        raise overlays.no_catalogue(name, report)
    return _parsed(text, shown, None if reader is None else _further(reader, name), above, readers)


def _further(reader: Beside, name: str) -> Beside:
    """How a file reads what is beside it, given how the file that names it does."""
    return lambda other: reader(overlays.beside(name, other))


@lru_cache(maxsize=1)
def _shipped_parsed(text: str) -> tuple[Document, Catalogue]:
    return _parsed(text, SHIPPED, None, (), {})


def text_of(path: Path | None) -> str:
    """The text of a catalogue, or of the one that ships; raises as ``load`` does."""
    if path is None:
        return _text(dialects.shipped(), SHIPPED)
    return _text(dialects.file(path) or path, path.as_posix())


def decoded(written: bytes, shown: str) -> str:
    """The text of a catalogue from its bytes. CatalogueError where they are not UTF-8."""
    try:
        return written.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"this is not UTF-8 text (byte {error.start})"
        raise CatalogueError(Problem("C008", message, Place(shown), "Save it as UTF-8.")) from error


def _text(path: Traversable, shown: str) -> str:
    try:
        with path.open("rb") as file:
            # A device or a pipe may have no end, so no more is read than is looked at.
            written = file.read(MAX_BYTES + 1)
        if len(written) > MAX_BYTES:
            message = f"this is larger than {MAX_BYTES // 1_000_000} MB, and no catalogue is"
            raise CatalogueError(Problem("C008", message, Place(shown), "Is it the file you meant?"))
        return decoded(written, shown)
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
        value, problems = validate(annotation, document.data[key], document, (key,), f"'{key}'")
        report.extend(problems)
        if not problems:
            found[key] = value
        elif key in ("fields", "tables"):
            found[key] = _salvaged(key, document.data[key])
        elif key in _MODELS and isinstance(document.data[key], Mapping):
            found[key] = _right_keys(_MODELS[key], document.data[key], document)
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
            table: {
                name: text if isinstance(text, str) else None
                for name, text in names.items()
                if isinstance(text, str) or NAME.fullmatch(name)
            }
            for table, names in tables.items()
        }
    return declared.salvaged(section)


# A section read key by key, and what it needs to be read at all.
_MODELS: Mapping[str, tuple[Any, Mapping[str, Any]]] = {
    "calendar": (grammar.Calendar, {"timezone": "UTC"}),
    "defaults": (Defaults, {}),
}
_ANY_HOURS = {"mon-sun": ["00:00-24:00"]}


def _right_keys(read_as: tuple[Any, Mapping[str, Any]], section: Mapping[str, Any], document: Document) -> Any:
    """A section without its keys that are wrong, so that what depends on the others is not called wrong, too."""
    model, needed = read_as
    right = dict(needed)
    for key, value in section.items():
        if not validate(model, {**right, key: value}, document, (), "")[1]:
            right[key] = value
    if "hours" in section and "hours" not in right:
        # Hours there are, whichever: metrics may ask for them.
        right["hours"] = _ANY_HOURS
    return validate(model, right, document, (), "")[0]


class _Reading:
    """One catalogue being read: what its sections say, and what they say of each other."""

    def __init__(
        self,
        document: Document,
        report: Report,
        top: Mapping[str, Any],
        dated: Mapping[str, tuple[Dated, ...]],
        beside: Beside | None,
    ) -> None:
        self.document = document
        self.dated = dated
        self.report = report
        self.calendar: grammar.Calendar = top.get("calendar", grammar.Calendar(timezone="UTC"))
        self.defaults: grammar.Defaults = top.get("defaults", grammar.Defaults())
        self.tables = declared.tables_of(top.get("tables", {}), report, self._named)
        self.zone = self._zone()
        self.cut = self._cut()
        self.headline: list[str] = top.get("headline", [])
        written = document.data.get("metrics")
        self.written: Mapping[str, Any] = written if isinstance(written, Mapping) else {}
        self.fields = Fields(self.tables, self._fields(top.get("fields", {})), self.zone, report)
        self.fields.hours = opening_hours(self.calendar.hours, self.calendar.holidays, self.zone, report, beside)
        self.builder = Builder(self.fields, self.written, self.zone, report)
        self.rows_left = examples.Allowance()
        self.broken: set[Steps] = set()

    def catalogue(self) -> Catalogue | None:
        """The catalogue; None where problems were reported."""
        self.fields.check()
        commons = {title: self._common(title) for title in self.written}
        metrics = {title: self._metric(title, common) for title, common in commons.items()}
        rules.check_names(commons, self.report)
        self._check_references(commons, metrics)
        known = {title: metric for title, metric in metrics.items() if metric is not None}
        if self.report.count:
            return None
        defined = definitions(with_protection(known), self.zone, month_lengths(self.cut))
        shown = (title for title, metric in defined.items() if metric.variant is None and not metric.private)
        headline = tuple(self.headline or shown)
        calendar = (self.zone, self.calendar.week_starts, self.calendar.year_starts, *self._further())
        return Catalogue(
            path=self.document.file,
            hash=of_catalogue(defined, headline, calendar),
            headline=headline,
            timezone=self.zone,
            week_starts=self.calendar.week_starts,
            year_starts=self.calendar.year_starts,
            calendar=self.cut,
            hours=self.fields.hours,
            confidence=self.defaults.confidence,
            min_n=self.defaults.min_n,
            tables=MappingProxyType(dict(self.tables)),
            metrics=MappingProxyType({metric.key: metric for metric in defined.values()}),
            fields=MappingProxyType(self.fields.texts()),
        )

    def _further(self) -> tuple[str, ...]:
        """What else the calendar decides, where it is not as it is without being said."""
        hours = () if self.fields.hours is None else (f"hours {self.fields.hours.digest}",)
        keys = ("pattern", "year_rule", "year_name", "compare")
        plain = Calendar(self.zone)
        said = (f"{key} {getattr(self.cut, key)}" for key in keys if getattr(self.cut, key) != getattr(plain, key))
        return (*said, *hours)

    def _zone(self) -> str:
        try:
            zone_named(self.calendar.timezone)
        except ValueError:
            hint = "Write an IANA name such as Europe/London or UTC."
            guess = zone_like(self.calendar.timezone)
            message = f"no time zone '{self.calendar.timezone}'{guess}"
            self.report.add("C405", message, ("calendar", "timezone"), hint)
            return "UTC"
        return self.calendar.timezone

    def _cut(self) -> Calendar:
        """How time is cut, once its keys fit each other."""
        written = self.calendar
        for key in ("year_rule", "year_name"):
            useless = written.pattern is None and (key == "year_rule" or written.year_starts == "january")
            if key in written.model_fields_set and useless:
                needed = "a 'pattern'" if key == "year_rule" else "a fiscal year"
                message = f"'{key}' needs {needed}"
                hint = f"The patterns are {listed(PATTERNS)}." if key == "year_rule" else "Add 'year_starts'."
                self.report.add("C109", message, ("calendar", key), hint, key=True)
        return Calendar(
            self.zone,
            written.week_starts,
            written.year_starts,
            written.pattern,
            written.year_rule,
            written.year_name,
            written.compare,
        )

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
        hint = "Use lower-case letters, digits and _, with a letter first, 100 at most."
        self.report.add("C108", f"'{name}' {reason} and cannot be a {what}", path, hint, key=True)
        return False

    def _common(self, title: str, dated: Dated | None = None) -> Common | None:
        """The keys of one metric, or of one of its versions, by the model of its kind."""
        path: Steps = ("metrics", title) if dated is None else dated.path
        data = self.written[title] if dated is None else dated.data
        last = title.rsplit(".", 1)[-1]
        self._named(title if last == title or not NAME.fullmatch(last) else last, path, "metric")
        if not isinstance(data, Mapping):
            # Said already by the model of the whole section.
            return None
        if "kind" not in data:
            hint = f"The kinds are {listed(KINDS)}."
            others = [name for name in self.written if name != title and "." not in name]
            guess = did_you_mean(title, others) if self.report.upper is not None else ""
            self.report.add("C102", f"'kind' is missing in '{title}'{guess}", path, hint, key=True)
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
            # What is wrong with some keys does not hide what is wrong with the others.
            self.broken.add(path)
            loose = grammar.metric_model(kind, loose=True)
            rest, unusable = without_wrong(loose, data)
            self.builder.unusable |= {(*path, *steps) for steps in unusable}
            common = None if rest is None else validate(loose, rest, self.document, path, noun)[0]
        return common if isinstance(common, Common) else None

    def _metric(self, title: str, common: Common | None, dated: Dated | None = None) -> Metric | None:
        if common is None:
            return None
        report = self.report
        path: Steps = ("metrics", title) if dated is None else dated.path
        before = report.count
        unusable = frozenset(str(one[-1]) for one in self.builder.unusable if one[:-1] == path)
        spec = self.builder.spec(KINDS[common.kind].Spec, common, path)
        rules.check_keys(common, path, report)
        decided = "unit" in unusable or (not common.unit and unusable & {"count", "from"})
        unit = "" if decided else rules.unit_of(common, spec, self.tables, path, report)
        target, alarm = (None, None) if "better" in unusable else rules.goals_of(common, unit, path, report)
        own = (target, alarm)
        targets = () if "better" in unusable else targets_of(common, own, unit, spec, self.tables, path, report)
        if common.cluster is not None:
            for table in dict.fromkeys(tables_of(spec)):
                if table in self.tables:
                    self.builder.column(common.cluster, (*path, "cluster"), TableScope(self.fields, table))
        worked = tuple(
            examples.example(text, at + 1, unit, (*path, "examples", at), self.tables, report, self.rows_left)
            for at, text in enumerate(common.examples)
        )
        for at, one in enumerate(common.examples):
            check_dimensions(one.expect_by, spec, self.tables, (*path, "examples", at, "expect_by"), report)
        if dated is None and "examples" not in unusable:
            self._check_proven(title, common)
        versions = () if dated is not None else self._versions(title)
        if "protects" not in unusable:
            self._check_protected(common, spec, path)
        if report.count > before or path in self.broken:
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
            targets=targets,
            protects=common.protects,
            min_group=self.defaults.min_group if common.min_group is None else common.min_group,
            versions=versions,
            examples=worked,
            place=self.document.place_of(path, key=True),
        )

    def _versions(self, title: str) -> tuple[Version, ...]:
        """Every version of a metric as a metric of its own; none where there is but one."""
        dated = self.dated.get(title, ())
        if len(dated) < 2:
            return ()
        kind = self.written[title].get("kind")
        if kind == "formula":
            message = "a formula has no versions: its parts have, each of its own"
            self.report.add("C106", message, ("metrics", title, "versions"), key=True)
            return ()
        built = [self._metric(title, self._common(title, one), one) for one in dated]
        metrics = [metric for metric in built if metric is not None]
        if len(metrics) < len(built):
            return ()
        if any(metric_rows(metric.spec) for metric in metrics):
            message = "versions of a metric that reads rows of metrics are not supported by this version of cxkpi"
            hint = "Give the metrics it reads their versions, or define another metric of the same 'family'."
            self.report.add("C106", message, ("metrics", title, "versions"), hint, key=True)
        check_times(metrics, [one.path for one in dated], self.report)
        return tuple(Version(one.since, metric) for one, metric in zip(dated, metrics, strict=True))

    def _check_protected(self, common: Common, spec: Any, path: Steps) -> None:
        """Whose rows must not be singled out is a column of every table the metric reads."""
        if common.protects is None:
            if common.min_group is not None:
                message = "'min_group' says how many must be left together, and 'protects' does not say of whom"
                self.report.add("C109", message, (*path, "min_group"), "Add 'protects: agent_id'.", key=True)
            return
        for table in dict.fromkeys(tables_of(spec)):
            if table in self.tables:
                self.builder.column(common.protects, (*path, "protects"), TableScope(self.fields, table))

    def _check_proven(self, title: str, common: Common) -> None:
        """A catalogue may require examples of every metric; a variant is its metric with other keys."""
        if self.defaults.examples == "required" and not common.examples and "." not in title:
            hint = "Add 'examples:', or write 'examples: optional' under 'defaults'."
            message = f"'{title}' has no examples, and this catalogue requires them"
            self.report.add("C505", message, ("metrics", title), hint, key=True)

    def _check_references(self, commons: Mapping[str, Common | None], metrics: Mapping[str, Metric | None]) -> None:
        for at, title in enumerate(self.headline):
            self.builder.metric(title, ("headline", at))
            if title in self.headline[:at]:
                self.report.add("C204", f"'{title}' stands here twice", ("headline", at))
        for title, common in commons.items():
            for at, guard in enumerate(common.guards if common is not None else ()):
                self.builder.metric(guard, ("metrics", title, "guards", at))
        formulas.check_loops(metrics, self.report)
        for title, metric in metrics.items():
            for steps, rows in (metric_rows_at(metric.spec) if metric is not None else {}).items():
                path: Steps = ("metrics", title, *steps)
                reads = [
                    (at, name, read)
                    for at, name in enumerate(rows.metrics)
                    for read in rows_of_metrics.below(name, metrics)
                ]
                sources = [read.spec for _, name, read in reads if name != title and not metric_rows(read.spec)]
                known = [
                    column for at, column in enumerate(rows.per) if self._somewhere(sources, column, (*path, "per", at))
                ]
                for at, name, read in reads:
                    self._check_read(title, name, read, tuple(known), (*path, "metrics", at))

    def _somewhere(self, specs: Sequence[Any], name: str, place: Steps) -> bool:
        """Whether any of the metrics reads a table with a column; that none does is reported at the column."""
        found = dict.fromkeys(one for spec in specs for one in rows_of_metrics.entities(spec, (name,)))
        if not found or any(find_column(self.tables, table, column) is not None for table, column in found):
            return True
        tables = list(dict.fromkeys(table for table, _ in found if table in self.tables))
        known = [one for table in tables for one in reachable_names(self.tables, table)]
        shown = listed(f"'{table}'" for table in tables) if tables else "what is read"
        self.report.add("C203", f"per: no column '{name}' in table {shown}{did_you_mean(name, known)}", place)
        return False

    def _check_read(self, title: str, name: str, read: Metric, per: tuple[str, ...], place: Steps) -> None:
        """A metric that another one reads as rows: of another kind of source, and with the entity's columns."""
        if name == title or metric_rows(read.spec):
            hint = "Metrics are read one level deep."
            self.report.add("C208", f"'{name}' reads rows of metrics itself", place, hint)
            return
        for table, column in dict.fromkeys(rows_of_metrics.entities(read.spec, per)):
            found = find_column(self.tables, table, column)
            if found is None:
                self.report.add("C203", f"'{name}' reads table '{table}', which has no column '{column}'", place)
            elif found.type not in ("text", "boolean", "integer"):
                message = f"'{name}' cannot be told apart by '{column}', a column of numbers or times"
                self.report.add("C206", message, place, "Name who or what the rows are of, such as agent_id.")


def zone_like(written: str) -> str:
    """``; did you mean 'Europe/London'?`` for a city without its continent, or a slip."""
    zones = sorted(available_timezones())
    city = written.strip().replace(" ", "_").lower()
    found = next((zone for zone in zones if zone.rpartition("/")[2].lower() == city and "/" in zone), None)
    return did_you_mean(written, zones) if found is None else f"; did you mean '{found}'?"


def tables_of(spec: Any) -> tuple[str, ...]:
    """The tables a spec reads rows of, the main one first."""
    terms = [value for name in ("numerator", "denominator") if isinstance(value := getattr(spec, name, None), Term)]
    if isinstance(spec, formula.Spec):
        return ()
    return tuple(term.from_ for term in terms) if terms else (spec.from_,)
