"""``--log-format json``: stderr for programs, one object on each line, whatever there is to say."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest
from reports.factory import centre

import cxkpi
from cxkpi.errors import InputError, Place, Problem


def entries(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def measured(monkeypatch):
    return lambda value: monkeypatch.setattr(cxkpi, "measure", lambda *args, **options: value)


def test_everything_said_is_an_object(run, measured, tmp_path):
    measured(
        replace(
            centre(),
            absent=(Problem("I010", "ces cannot be computed", Place("a.csv", 3, 4), "Add it."),),
            newest={"a.csv": (datetime(2020, 1, 1), None)},
        )
    )
    ran = run(
        "report", "x", "-o", tmp_path / "a.json", "--log-format", "json", "--fail-on", "alarm", "--max-age", "1h",
        terminal=True,
    )  # fmt: skip
    assert ran.code == 3
    said = entries(ran.err)
    assert all(list(one)[:5] == ["level", "code", "message", "file", "line"] for one in said)
    levels = [(one["level"], one["code"]) for one in said]
    assert levels[-4:] == [("error", "I010"), ("error", "alarm"), ("error", "stale"), ("info", None)]
    assert said[-4] == {
        "level": "error", "code": "I010", "message": "ces cannot be computed", "file": "a.csv", "line": 3, "column": 4,
        "hint": "Add it.",
    }  # fmt: skip
    reject = said[1]
    assert (reject["level"], reject["file"], reject["line"]) == ("note", "acd_2026-01.csv", 41)
    assert reject["message"] == "End Date '31/02/2026 25:00': not a date and time"
    assert "\x1b" not in ran.err


@pytest.mark.parametrize(
    "argv",
    [
        ["report", "x", "--log-format", "json", "--fromat", "csv"],
        ["report", "x", "--fromat", "csv", "--log-format=json"],
        ["report", "x", "--log-format=json", "--last", "0"],
        ["verify", "absent.json", "--log-format", "json"],
    ],
)
def test_a_slip_on_the_command_line_is_one_too(run, argv):
    ran = run(*argv)
    assert ran.code == 2
    [said] = entries(ran.err)
    assert said["level"] == "error"
    assert said["code"].startswith("U1")
    assert "error[" not in said["message"]


def test_a_mistake_in_a_file_has_its_place(run, monkeypatch):
    def fail(*_, **__):
        raise InputError(
            Problem("I105", "nobody recognises \x1b[31mthis", Place("a.csv", 7)), Problem("I106", "nor this")
        )

    monkeypatch.setattr(cxkpi, "measure", fail)
    ran = run("report", "x", "--log-format", "json")
    first, second = entries(ran.err)
    assert (first["file"], first["line"], first["code"]) == ("a.csv", 7, "I105")
    assert (second["file"], second["line"], second["message"]) == (None, None, "nor this")
    assert "\x1b" not in ran.err


def test_a_fault_of_ours_brings_its_trace(run, monkeypatch):
    monkeypatch.setattr(cxkpi, "measure", lambda *_, **__: 1 / 0)
    ran = run("report", "x", "--log-format", "json")
    assert ran.code == 70
    [said] = entries(ran.err)
    assert said["level"] == "fault"
    assert said["message"].endswith("Please report it with its trace.")
    assert "ZeroDivisionError" in said["trace"]


def test_the_format_of_one_call_is_not_that_of_the_next(run, measured):
    measured(centre())
    assert run("report", "x", "--log-format", "json").err.startswith("{")
    assert run("report", "x").err.startswith("25 records were rejected:")
    assert run("report", "x", "--log-format", "json", "--log-format", "text").err.startswith("25 ")
