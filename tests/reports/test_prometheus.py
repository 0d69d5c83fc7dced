"""Prometheus: gauges of the newest complete judged period, which promtool accepts."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from reports.factory import centre, month, result, row
from reports.shapes import HOSTILE, cases, results

from cxkpi.cli.outputs import render as written
from cxkpi.reports import prometheus

_SAMPLE = re.compile(r'(cxkpi_[a-z_]+)\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)+)\} (-?[0-9.e+-]+)')
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')


def _samples(text):
    """Name and labels to value, as the format's grammar has it; every line is looked at."""
    found = {}
    for line in text.split("\n")[:-1]:
        if line.startswith("#"):
            assert re.fullmatch(r"# (HELP cxkpi_[a-z_]+ .+|TYPE cxkpi_[a-z_]+ gauge)", line)
            continue
        match = _SAMPLE.fullmatch(line)
        assert match, line
        labels = _LABEL.findall(match[2])
        assert len({name for name, _ in labels}) == len(labels)
        key = (match[1], frozenset((name, _unescaped(value)) for name, value in labels if value))
        assert key not in found
        found[key] = float(match[3])
    return found


def _unescaped(text):
    return re.sub(r"\\(.)", lambda match: {"n": "\n"}.get(match[1], match[1]), text)


def test_the_gauges_of_a_figure():
    found = _samples(prometheus.render(centre()))
    labels = frozenset({("metric", "fcr"), ("unit", "percent"), ("every", "month")})
    # June can not be judged yet, so May is the newest: its end is midnight in London, 2026-05-31T23:00Z.
    assert {name: value for (name, of), value in found.items() if of == labels} == {
        "cxkpi_value": 0.7412, "cxkpi_low": 0.7322, "cxkpi_high": 0.7502, "cxkpi_n": 2899, "cxkpi_target": 0.75,
        "cxkpi_status": 0, "cxkpi_period_end_seconds": 1780268400,
    }  # fmt: skip


def test_status_is_met_missed_or_alarm():
    rows = [replace(row(status=status), metric=f"m{at}") for at, status in enumerate(("met", "missed", "alarm", None))]
    known = centre()
    found = replace(known, rows=tuple(rows), metrics={one.key: known.metrics["aht", None] for one in rows})
    samples = _samples(prometheus.render(found)).items()
    values = {dict(labels)["metric"]: value for (name, labels), value in samples if name == "cxkpi_status"}
    assert values == {"m0": 1, "m1": 0, "m2": -1}


def test_only_complete_judged_periods_and_nothing_withheld():
    rows = [
        row("aht", month(6, complete=False)),
        row("fcr", month(5), immature=4),
        row("csat", month(5), value=None, status=None, reason="withheld", n=0),
    ]
    assert prometheus.render(result(rows)) == ""
    assert prometheus.render(result([])) == ""


def test_a_range_has_two_limits():
    found = _samples(prometheus.render(result([row(target=(300.0, 360.0))])))
    assert {name: value for (name, _), value in found.items() if "target" in name} == {
        "cxkpi_target": 300, "cxkpi_target_high": 360,
    }  # fmt: skip


def test_labels_are_apart_and_escaped():
    rows = [row(by={"a.b": HOSTILE + "\\\n", "a_b": None}), row(by={"a.b": "", "a_b": "(blank)"}), row()]
    found = _samples(prometheus.render(result(rows)))
    labels = [dict(of) for name, of in found if name == "cxkpi_value"]
    assert labels[0]["by_a_b"] == HOSTILE + "\\\n"
    assert (labels[0]["by_a_b_2"], labels[1]["by_a_b_2"], labels[1]["by_a_b"]) == ("(blank)", '"(blank)"', '""')
    assert "by_a_b" not in labels[2]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(found=results())
def test_any_result_is_in_the_grammar(found):
    _samples(written(found, "prometheus").decode("utf-8"))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(found=results())
def test_promtool_accepts_any_result(found):
    _checked(written(found, "prometheus"))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
@pytest.mark.parametrize("name", cases())
def test_promtool_accepts_every_shape(name):
    content = written(cases()[name], "prometheus")
    assert content
    _checked(content)


def _checked(content):
    if content:
        done = subprocess.run(["promtool", "check", "metrics"], input=content, capture_output=True, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
