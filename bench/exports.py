"""How long reading exports takes beside the least it could take, and how much memory a large one needs.

The least is Polars alone: every file scanned as text, the columns its profile reads selected, and written as Parquet
again: ``scan_csv(path, infer_schema=False).select(columns).sink_parquet(out)``. Beside it stand reading the same files
into an empty cache, and reading them again from the cache. Prints one line; asserts nothing, because the numbers depend
on the machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from cxkpi.cli.app import MEMORY
from cxkpi.demo.write import write
from cxkpi.exports.cache import Cache
from cxkpi.exports.files import digests
from cxkpi.exports.files.finding import find
from cxkpi.exports.layout.inputs import Recognised, recognise_all
from cxkpi.exports.load import load
from cxkpi.exports.one_file import wanted
from cxkpi.exports.profile_file import collect
from cxkpi.tables import TABLES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000, help="of the demo centre; 4.6 million are 1 GB")
    parser.add_argument("--months", type=int, default=6)
    parser.add_argument("--input", type=Path, help="exports to read instead of a demo centre's: a file or folder")
    parser.add_argument("--acd-only", action="store_true", help="leave all but the demo's ACD exports away")
    parser.add_argument("--scratch", type=Path, help="a folder for what is written in between")
    parser.add_argument("--runs", type=int, default=3, help="the best of so many is printed")
    asked = parser.parse_args()
    name, kept = MEMORY
    if kept not in os.environ.get(name, ""):
        # As the program does it, for both; it must be said before Polars is loaded, which adds what is its own.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, name: kept})
    with tempfile.TemporaryDirectory(dir=asked.scratch) as name:
        scratch = Path(name)
        given = asked.input or scratch / "exports"
        if asked.input is None:
            write(given, contacts=asked.contacts, months=asked.months)
        paths = sorted(given.glob("acd*.csv")) if asked.acd_only else [given]
        _measure(paths, scratch, asked.runs)


def _measure(paths: Sequence[Path], scratch: Path, runs: int) -> None:
    files, _, _ = recognise_all(find(paths)[0], collect([], TABLES))
    records = 0

    def exports(keep: Path) -> None:
        nonlocal records
        with tempfile.TemporaryDirectory(dir=scratch) as into:
            loaded = load(paths, tables=TABLES, timezone="Europe/London", into=Path(into), cache=Cache(keep, least=0))
            records = sum(entry.records for entry in loaded.files)

    least = spent = again = float("inf")
    # In turns, so that both meet the same weather; neither has to remove what an earlier one left.
    for _ in range(runs):
        for left in scratch.glob("plain-*.parquet"):
            left.unlink()
        least = min(least, _seconds(lambda: _plain(files, scratch)))
        shutil.rmtree(scratch / "cache", ignore_errors=True)
        # A run of its own remembers no hash of a file.
        digests.forget()
        spent = min(spent, _seconds(lambda: exports(scratch / "cache")))
        again = min(again, _seconds(lambda: exports(scratch / "cache")))
    size = sum(file.size for file in files) / 1e6
    print(
        f"{records:,} records, {size:,.0f} MB: scan_csv to sink_parquet {least:.2f} s, read and cached {spent:.2f} s "
        f"({records / spent:,.0f} records/s, {least / spent:.2f} of the speed), from the cache {again:.2f} s; "
        f"peak memory {_peak_gigabytes():.2f} GB"
    )


def _plain(files: Sequence[Recognised], scratch: Path) -> None:
    for number, file in enumerate(files):
        names = [file.layout.headings[position].strip() for position in wanted(file)]
        scan = pl.scan_csv(
            file.source.path, infer_schema=False, separator=file.layout.delimiter, skip_lines=file.layout.heading_line
        )
        scan.select(names).sink_parquet(scratch / f"plain-{number}.parquet")


def _seconds(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _peak_gigabytes() -> float:
    if sys.platform == "win32":
        return float("nan")
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e9 if sys.platform == "darwin" else peak * 1024 / 1e9


if __name__ == "__main__":
    main()
