"""How long reading exports takes beside the least it could take: Polars reading the same bytes as text, and no more.

Prints one line; asserts nothing, because the numbers depend on the machine.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from cxkpi.demo.write import write
from cxkpi.exports.load import load
from cxkpi.exports.reading import decode
from cxkpi.tables import TABLES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--months", type=int, default=6)
    parser.add_argument("--folder", type=Path, help="exports to read instead of a demo centre's")
    parser.add_argument("--runs", type=int, default=3, help="the best of so many is printed")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.folder or Path(scratch) / "exports"
        if asked.folder is None:
            write(folder, contacts=asked.contacts, months=asked.months)
        texts = [decode(path.read_bytes()).utf8 for path in sorted(folder.glob("*.csv"))]
        records = 0

        def exports() -> None:
            nonlocal records
            with tempfile.TemporaryDirectory(dir=scratch) as into:
                loaded = load([folder], tables=TABLES, timezone="Europe/London", into=Path(into))
                records = sum(entry.records for entry in loaded.files)

        def plain() -> None:
            for text in texts:
                pl.read_csv(io.BytesIO(text), infer_schema=False, truncate_ragged_lines=True, quote_char=None)

        least, spent = _best(plain, asked.runs), _best(exports, asked.runs)
        size = sum(len(text) for text in texts) / 1e6
        print(
            f"{records:,} records, {size:,.0f} MB: exports {spent:.2f} s ({records / spent:,.0f} records/s), "
            f"plain read_csv {least:.2f} s, ratio {spent / least:.1f}"
        )


def _best(work: Callable[[], None], runs: int) -> float:
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


if __name__ == "__main__":
    main()
