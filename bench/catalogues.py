"""How long ``cxkpi check`` takes over a large catalogue, interpreter and imports included. Numbers only, no verdict."""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

HEAD = """cxkpi: 1
calendar: {timezone: Europe/London}
fields:
  contacts:
    handled: not abandoned and answered_at is not null
    handle_s: talk_s + hold_s + wrap_s
metrics:
"""
KINDS = (
    ("    kind: share\n    where: direction = 'inbound' and wait_s < {limit}\n    meets: not abandoned and wait_s <= 20\n"  # noqa: E501
     "    from: contacts\n    better: higher\n    target: 80%\n    alarm: 60%\n", "{value: 0.333333333333, n: 3}"),
    ("    kind: ratio\n    unit: seconds\n    better: lower\n    target: 6m\n    cluster: agent_id\n"
     "    numerator: {{from: contacts, sum: handle_s, where: handled and wait_s < {limit}}}\n"
     "    denominator: {{from: contacts, count: rows, where: handled and wait_s < {limit}}}\n", "{value: 360, n: 2}"),
    ("    kind: mean\n    from: contacts\n    unit: seconds\n    where: handled and wait_s < {limit}\n    value: talk_s\n",  # noqa: E501
     "{value: 350, n: 2}"),
    ("    kind: repeat\n    from: contacts\n    where: handled and wait_s < {limit}\n    key: [customer_id]\n"
     "    within: 1h\n    counts: resolved\n", "{value: 1, n: 1}"),
)  # fmt: skip
ROWS = """
contact_id | customer_id | direction | queue | abandoned | answered_at      | started_at       | ended_at         | talk_s | hold_s | wrap_s | wait_s
c1         | u1          | inbound   | A     | false     | 2026-01-05 09:00 | 2026-01-05 08:59 | 2026-01-05 09:02 | 100    | 0      | 20     | 10
c2         | u2          | inbound   | A     | false     | 2026-01-05 11:00 | 2026-01-05 10:59 | 2026-01-05 11:10 | 600    | 0      | 0      | 30
c3         | u1          | inbound   | A     | true      |                  | 2026-01-05 11:00 | 2026-01-05 11:30 |        |        |        | 40
"""  # noqa: E501


def catalogue(metrics: int) -> str:
    """A catalogue of so many different metrics, each with an example."""
    table = "".join(f"            {line}\n" for line in ROWS.strip().splitlines())
    parts = [HEAD]
    for number in range(metrics):
        keys, expected = KINDS[number % len(KINDS)]
        parts.append(f"  m{number}:\n    label: Metric {number}\n{keys.format(limit=1000 + number)}")
        parts.append(f"    examples:\n      - name: of three contacts\n        given:\n          contacts: |\n{table}")
        parts.append(f"        expect: {expected}\n")
    return "".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metrics", type=int, default=300)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", type=Path, help="write the catalogue here, and measure nothing")
    asked = parser.parse_args()
    if asked.write is not None:
        asked.write.write_text(catalogue(asked.metrics), encoding="utf-8")
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "metrics.yaml"
        file.write_text(catalogue(asked.metrics), encoding="utf-8")
        # Compiled modules, as an installed program has them, whatever the environment says of writing them.
        compiled = {**os.environ, "PYTHONPYCACHEPREFIX": str(Path(folder) / "compiled")}
        compiled.pop("PYTHONDONTWRITEBYTECODE", None)
        subprocess.run(
            [sys.executable, "-m", "cxkpi", "check", str(file)], check=True, env=compiled, capture_output=True
        )
        for options in ((), ("--no-examples",)):
            for _ in range(asked.runs):
                before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
                subprocess.run([sys.executable, "-m", "cxkpi", "check", str(file), *options], check=True, env=compiled)
                wall, after = perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
                cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                print(f"{asked.metrics} metrics {' '.join(options)}: {wall:.2f} s, {cpu:.2f} s of processor time")


if __name__ == "__main__":
    main()
