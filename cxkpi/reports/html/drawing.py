"""Specifications to SVG, by the drawing library in a process of its own.

The library is a JavaScript engine. It counts its ids over the process and follows the process's time zone, it holds
some hundred megabytes, and now and then it takes the process down with it
(https://github.com/vega/vl-convert/issues/206); none of that is to happen to a report. A process that died is started
again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

VEGA_LITE = "6.1"
"""Which grammar the drawing library is told to use, so that a newer default does not move a line."""

_ATTEMPTS = 3
_LONGEST_S = 600
_PROGRAM = """
import json, sys, vl_convert
specified, version = json.load(sys.stdin)
json.dump([vl_convert.vegalite_to_svg(one, vl_version=version) for one in specified], sys.stdout)
"""


def drawn(specifications: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """One SVG document for each Vega-Lite specification.

    Raises:
        RuntimeError: The library failed every time, with what it said.
    """
    if not specifications:
        return ()
    asked = json.dumps([specifications, VEGA_LITE], allow_nan=False)
    said = ""
    for _ in range(_ATTEMPTS):
        done = subprocess.run(
            [sys.executable, "-P", "-c", _PROGRAM],
            input=asked,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, "TZ": "UTC"},
            timeout=_LONGEST_S,
            check=False,
        )
        if done.returncode == 0:
            return tuple(json.loads(done.stdout))
        said = done.stderr.strip()
    raise RuntimeError(f"the charts could not be drawn (exit code {done.returncode}): {said[-2000:]}")
