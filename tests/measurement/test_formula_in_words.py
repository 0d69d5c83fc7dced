"""A Result says of each metric what it is, in words made from its definition."""

from __future__ import annotations

from cxkpi.catalogue.load import parse
from cxkpi.measurement import run

_CATALOGUE = """
cxkpi: 1
calendar: {timezone: UTC}
metrics:
  aht:
    kind: mean
    from: contacts
    value: talk_s + wrap_s
    unit: seconds
    versions: [{since: 2026-04-01, value: talk_s}]
"""


def test_renderers_get_the_formula_and_what_changed_when():
    metric = parse(_CATALOGUE, "metrics.yaml").metrics["aht", None]
    assert run._info(metric).formula == (
        "The sum of (talk_s + wrap_s) divided by the number of rows that have it, over rows of contacts. "
        "From 2026-04-01 on: value: talk_s."
    )
