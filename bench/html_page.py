"""How long a large HTML report takes to write and to open, and how large it is. Numbers only, no verdict."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "reports" / "html")]

from pages import large  # noqa: E402

from cxkpi.reports import html  # noqa: E402


def opening(page: Path, runs: int) -> list[float]:
    """Seconds from asking for the page until it is loaded and laid out, in a headless Chromium, sorted."""
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for _ in range(runs):
            tab = browser.new_page()
            tab.goto(page.as_uri())
            found.append(tab.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000)
            tab.close()
        browser.close()
    return sorted(found)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--metrics", type=int, default=12)
    options.add_argument("--queues", type=int, default=40)
    options.add_argument("--months", type=int, default=24)
    options.add_argument("--runs", type=int, default=5)
    asked = options.parse_args()
    result = large(asked.metrics, asked.queues, asked.months)
    print(f"{asked.metrics} metrics x {asked.queues} queues x {asked.months} months, {len(result.rows):,} figures")
    text = ""
    for name in ("written, the drawing library started", "written once more"):
        start = perf_counter()
        text = html.render(result)
        print(f"{name}: {perf_counter() - start:.2f} s")
    print(f"size: {len(text.encode()) / 1e6:.2f} MB")
    if shutil.which("chromium") is None:
        print("opened: there is no chromium")
        return
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        page.write_text(text, encoding="utf-8")
        times = opening(page, asked.runs)
    print(f"opened: {times[0]:.2f} s at best, {median(times):.2f} s in the middle of {asked.runs}")


if __name__ == "__main__":
    main()
