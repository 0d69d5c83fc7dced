"""Every metric and variant of the shipped catalogue has an oracle, in one of the files beside this one.

An oracle is a query in a file's ``ORACLES``, or a test of its own, whose metrics stand in ``ELSEWHERE``.
"""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from pathlib import Path

from .centre import Centre


def test_every_metric_has_an_oracle(centre: Centre) -> None:
    files = sorted(Path(__file__).parent.glob("test_*.py"))
    modules = [import_module(f".{file.stem}", __package__) for file in files]
    named = Counter(
        title for module in modules for where in ("ORACLES", "ELSEWHERE") for title in getattr(module, where, ())
    )
    without, unknown = sorted(centre.titles - set(named)), sorted(set(named) - centre.titles)
    twice = sorted(title for title, count in named.items() if count > 1)
    assert (without, unknown, twice) == ([], [], []), "no oracle; no such metric; two oracles"
