"""Which metrics exports allow, and what the others lack."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cxkpi.catalogue.load import Catalogue
from cxkpi.catalogue.meaning.words import columns
from cxkpi.engines.base import load as load_engine
from cxkpi.exports import profile_file
from cxkpi.exports.cache import Cache, default_folder
from cxkpi.exports.load import load as load_exports
from cxkpi.kinds.definition import Metric
from cxkpi.kinds.rows import Data
from cxkpi.kinds.versions import branches
from cxkpi.measurement import run_file
from cxkpi.measurement.checking.allowed import Allowance, Lack
from cxkpi.measurement.computing.dataset import dataset
from cxkpi.measurement.computing.needs import leaves, missing_input, read_by, rows_read, tables_of
from cxkpi.measurement.metric_rows.rows import barred, why_barred
from cxkpi.measurement.run import Progress, check_any, titles
from cxkpi.tables import Table, paths


def possible(
    defined: Catalogue,
    given: Sequence[Path],
    *,
    profiles: Sequence[Path] = (),
    cache: bool = True,
    progress: Progress | None = None,
) -> tuple[Mapping[str, Allowance], tuple[str, ...]]:
    """By title, whether each metric of a catalogue can be computed from these exports; and notes on reading them.

    Raises:
        UsageError: A path that is not there.
        InputError: No record can be used.
    """
    meant = run_file.find(given)
    others = titles(defined)
    with tempfile.TemporaryDirectory(prefix="cxkpi-") as folder:
        loaded = load_exports(
            meant.paths,
            tables=defined.tables,
            timezone=defined.timezone,
            profiles=[*profiles, *meant.profiles],
            into=Path(folder),
            cache=Cache(default_folder()) if cache else None,
            settings=meant.settings,
            progress=progress,
            written=meant.written,
        )
        check_any(loaded)
        engine = load_engine("polars")
        data = dataset(loaded.stored, defined.tables, defined.timezone, engine, None, defined.calendar).data
        known = _providers(defined.tables)
        missing = {title: missing_input(metric, others, data) for title, metric in others.items()}
        there = [others[title] for title, why in missing.items() if why is None]
        tables = barred(there, others, data, defined.calendar)
        found = {}
        for title, metric in others.items():
            lacking = missing[title]
            lacks = () if lacking is None else tuple(dict.fromkeys(_lacks(metric, others, data, known)))
            why = why_barred(metric, others, tables, events=True) if lacking is None else lacking
            found[title] = Allowance(title, why is None, why, lacks)
    return found, loaded.notes


_Providers = Mapping[str, Mapping[str, tuple[str, ...]]]


def _providers(tables: Mapping[str, Table]) -> _Providers:
    """By table and column, the shipped profiles that fill it; under the empty name those that fill the table at all."""
    found: dict[str, dict[str, list[str]]] = {}
    for profile in profile_file.shipped(tables):
        if profile.refuse:
            continue
        for table, templates in profile.tables.items():
            names = {name for rows in templates for name in rows.rules}
            for name in ("", *sorted(names)):
                found.setdefault(table, {}).setdefault(name, []).append(profile.name)
    return {
        table: {name: tuple(sorted(profiles)) for name, profiles in names.items()} for table, names in found.items()
    }


def _lacks(metric: Metric, others: Mapping[str, Metric], data: Data, known: _Providers) -> Iterator[Lack]:
    """What a metric's rows, and those of the metrics it reads, need and no file gives."""
    inner = [*read_by(metric, others), *rows_read([metric], others)]
    own = leaves([metric], others)
    for one in dict.fromkeys(part.title for part in (*own, *leaves(inner, others))):
        yield from _lacks_itself(others[one], data, known)


def _lacks_itself(metric: Metric, data: Data, known: _Providers) -> Iterator[Lack]:
    needed = columns(metric, data.tables)
    absent = [table for table in sorted(tables_of(metric) & data.tables.keys()) if table not in data.stored]
    for table in absent:
        yield Lack(table, None, needed.get(table, ()), _of_table(known.get(table, {}), needed.get(table, ())))
    if absent or not tables_of(metric) <= data.tables.keys():
        return
    for branch in branches(metric, data).values():
        for name in sorted(branch.needs):
            if data.path(branch.table, name) is None:
                table, column = _declared(data.tables, branch.table, name)
                yield Lack(table, column, (column,), known.get(table, {}).get(column, ()))
        if branch.form in ("sums", "events") and not data.time_paths(branch.table, branch.at):
            column = branch.at or data.tables[branch.table].time[0]
            table, column = _declared(data.tables, branch.table, column)
            yield Lack(table, column, (column,), known.get(table, {}).get(column, ()))


def _of_table(fills: Mapping[str, tuple[str, ...]], needed: Sequence[str]) -> tuple[str, ...]:
    """The profiles that fill a table with all that is needed of it; those that fill it at all where none does."""
    every = fills.get("", ())
    whole = tuple(name for name in every if all(name in fills.get(column, ()) for column in needed))
    return whole or every


def _declared(tables: Mapping[str, Table], table: str, name: str) -> tuple[str, str]:
    path = next(iter(paths(tables, table, name)), (name,))
    for step in path[:-1]:
        table = tables[table].lookups[step].table
    return table, path[-1]
