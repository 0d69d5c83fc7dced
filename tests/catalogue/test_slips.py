"""Slips of people who know SQL, spreadsheets and other tools: each at its word, with what to write instead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cxkpi.catalogue.load import parse
from cxkpi.documents import places

from .marked import HEAD, marked, metrics, problems, read

SHARE = "  s: {kind: share, from: contacts, meets: escalated"
REPEAT = "  s: {kind: repeat, from: contacts, key: [customer_id], within: "
MEAN = "  s: {kind: mean, from: contacts, value: talk_s, unit: seconds, better: lower, target: "
ROWS = f"{SHARE}}}\n  r: {{kind: share, from: {{metrics: [s], per: [queue]}}, meets: "


def calendar(keys: str) -> str:
    return f"cxkpi: 1\ncalendar: {{{keys}}}\nmetrics:\n{SHARE}}}\n"


# Code, how the message begins, a part of message or hint that says what to write, and the text.
SLIPS = [
    ("C103", "'private' must be true or false", "Write false", metrics(SHARE + ", private: «no}\n")),
    ("C001", "this is not YAML", "Indent with spaces", metrics("  s:\n«\tkind: share\n")),
    ("C002", "the key 'meets' is written twice", "first written on line 4", metrics(SHARE + ", «meets: abandoned}\n")),
    ("C107", "'20' has no unit of time", "20s, 6m (minutes)", metrics(REPEAT + "«20, counts: resolved}\n")),
    ("C107", "'20sec' is not a length of time", "did you mean '20s'?", metrics(REPEAT + "«20sec, counts: resolved}\n")),
    ("C107", "'7 days' is not a length", "did you mean '7d'?", metrics(REPEAT + "«7 days, counts: resolved}\n")),
    ("C107", "'2 Weeks' is not a length", "did you mean '2wk'?", metrics(REPEAT + "«2 Weeks, counts: resolved}\n")),
    ("C107", "'1mo' has no fixed length", "in days or weeks", metrics(REPEAT + "«1mo, counts: resolved}\n")),
    ("C105", "'resolve' is not a value of 'counts'", "Did you mean 'resolved'?",
     metrics(REPEAT + "7d, counts: «resolve}\n")),
    ("C109", "'matures' does not go with", "Its window is 'within'.", metrics(
        REPEAT + "7d, counts: resolved, «matures: 7d}\n")),
    ("C103", "'key' must be a list", "Write [customer_id].", metrics(
        "  s: {kind: repeat, from: contacts, key: «customer_id, within: 7d, counts: resolved}\n")),
    ("C107", "'85' is more than the whole", "Write 85% or 0.85.", metrics(SHARE + ", better: lower, target: «85}\n")),
    ("C107", "'6min' is not a quantity", "did you mean '6m'?", metrics(MEAN + "«6min}\n")),
    ("C107", "'6:00' is not a quantity", "20s, 6m, 48h, 7d", metrics(MEAN + "«6:00}\n")),
    ("C107", "'40%' is a percentage", "a number of points", metrics(
        "  n: {kind: net, from: answers, for: score > 8, against: score < 7, better: higher, target: «40%}\n")),
    ("C403", "inside needs two limits", "[70%, 85%]", metrics(SHARE + ", better: inside, target: «70-85%}\n")),
    ("C107", "'95' is not between 0 and 100%", "Write 95% or 0.95.", metrics(SHARE + ", confidence: «95}\n")),
    ("C103", "'min_group' must be at least 2, not 1", "at least",
     metrics(SHARE + ", protects: agent_id, min_group: «1}\n")),
    ("C301", "meets: '==' is not an operator", "Write '='", metrics(
        "  s: {kind: share, from: contacts, meets: queue «== 'a'}\n")),
    ("C301", "meets: '&&' is not an operator", "Write 'and'.", metrics(
        "  s: {kind: share, from: contacts, meets: abandoned «&& escalated}\n")),
    ("C307", "meets: '2m' is not a number", "numbers of seconds here: 120", metrics(
        "  s: {kind: share, from: contacts, meets: wait_s <= «2m}\n")),
    ("C303", "meets: a comparison with null", "is not null", metrics(
        "  s: {kind: share, from: contacts, meets: queue = «null}\n")),
    ("C302", "meets: no column 'Abandoned'", "did you mean 'abandoned'?", metrics(
        "  s: {kind: share, from: contacts, meets: «Abandoned}\n")),
    ("C304", "value: 'avg' adds up rows", "'sum:'", metrics(
        "  s: {kind: mean, from: contacts, value: «avg(talk_s), unit: seconds}\n")),
    ("C303", "value: '-' does not take two points in time", "seconds(a, b)", metrics(
        "  s: {kind: mean, from: cases, value: «closed_at - opened_at, unit: seconds}\n")),
    ("C304", "meets: '%' is not an operator", "85% is written 0.85", metrics(ROWS + "s > 85«%}\n")),
    ("C302", "meets: no column 's_rnk'", "did you mean 's_rank'?", metrics(ROWS + "«s_rnk > 0}\n")),
    ("C105", "'weekly' is not a value of 'every'", "Did you mean 'week'?", metrics(
        f"{SHARE}}}\n  r: {{kind: share, from: {{metrics: [s], per: [queue], every: «weekly}}, meets: s > 0}}\n")),
    ("C105", "'percentage' is not a kind", "did you mean 'share'?", metrics(
        "  s: {kind: «percentage, from: contacts, meets: escalated}\n")),
    ("C104", "unknown key 'threshold'", "did you mean 'target'?",
     metrics(SHARE + ", better: lower, «threshold: 5%}\n")),
    ("C104", "unknown key 'filter'", "did you mean 'where'?", metrics(SHARE + ", «filter: abandoned}\n")),
    ("C108", "'first-contact' is not a name", "lower-case letters", metrics(
        "  «first-contact: {kind: share, from: contacts, meets: escalated}\n")),
    ("C108", "'s.strict' is not a name", "Write it as 'strict' under 'variants' of 's'.", metrics(
        f"{SHARE}}}\n  «s.strict: {{meets: abandoned}}\n")),
    ("C109", "a variant cannot have its own 'kind'", "same 'family'",
     metrics(SHARE + ", variants: {x: {«kind: mean}}}\n")),
    ("C103", "'versions' must be a list", "'- '",
     metrics(SHARE + ", versions: «{since: 2026-04-01, meets: abandoned}}\n")),
    ("C107", "the text '01.04.2026' is not a date", "2026-04-01", metrics(
        SHARE + ", versions: [{since: «01.04.2026, meets: abandoned}]}\n")),
    ("C105", "'25' is no hour", "00 to 23", metrics(
        SHARE + ", better: lower, targets: [{when: {hour: «25}, target: 3%}]}\n")),
    ("C201", "formula: no metric 'ss'", "did you mean 's'?", metrics(
        f"{SHARE}}}\n  f: {{kind: formula, formula: 1 - «ss, unit: percent}}\n")),
    ("C207", "a row of 'contacts' is not a spell", "Use agents.", metrics("  h: {kind: stock, from: «contacts}\n")),
    ("C203", "event: no column 'left'", "did you mean 'left_on'?", metrics(
        "  h: {kind: time_to_event, from: agents, start: hired_on, event: «left}\n")),
    ("C405", "no time zone 'London'", "did you mean 'Europe/London'?", calendar("timezone: «London")),
    ("C105", "'Mon' is not a value of 'week_starts'", "Did you mean 'monday'?", calendar(
        "timezone: UTC, week_starts: «Mon")),
    ("C105", "'445' is not a value of 'pattern'", "Did you mean '4-4-5'?", calendar("timezone: UTC, pattern: «445")),
    ("C406", "'8-18' is not a stretch", "Write it as 08:00-18:00", calendar("timezone: UTC, hours: {mon-fri: «8-18}")),
    ("C407", "'25.12.2026' is not a date", "2026-12-25", calendar(
        "timezone: UTC, hours: {mon-fri: 08:00-18:00}, holidays: [«25.12.2026]")),
    ("C105", "'timestamp' is not a value of 't'", "instant", HEAD
     + f"tables: {{o: {{key: [i], columns: {{i: text, t: «timestamp}}}}}}\nmetrics:\n{SHARE}}}\n"),
    ("C203", "on: no column 'order_id' in table 'contacts'", "one name on both sides", HEAD
     + "tables:\n  orders: {key: [order_id], columns: {order_id: text}}\n"
     f"  contacts: {{lookups: {{order: {{table: orders, on: «order_id}}}}}}\nmetrics:\n{SHARE}}}\n"),
    ("C202", "no table 'contact'", "did you mean 'contacts'?",
     HEAD + f"fields: {{«contact: {{x: abandoned}}}}\nmetrics:\n{SHARE}}}\n"),
    ("C103", "'headline' must be a list", "Write [s].", HEAD + f"headline: «s\nmetrics:\n{SHARE}}}\n"),
    ("C102", "'kind' is missing in 'fcrr'; did you mean 'fcr'?", "fcr",
     "cxkpi: 1\nextends: cxkpi\nmetrics: {«fcrr: {within: 14d}}\n"),
    ("C201", "no variant 'any_reson'", "did you mean 'any_reason'?",
     "cxkpi: 1\nextends: cxkpi\nmetrics: {fcr: {variants: {«any_reson: null}}}\n"),
    ("C211", "'cxkpii' is no catalogue", "did you mean 'cxkpi'?", "cxkpi: 1\nextends: «cxkpii\nmetrics: {}\n"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message", "instead", "text"), SLIPS, ids=[f"{one[0]}-{one[1]}" for one in SLIPS])
def test_a_slip_is_told_at_its_place_with_what_to_write(code: str, message: str, instead: str, text: str) -> None:
    found = next(one for one in problems(text) if one.code == code and one.message.startswith(message))
    assert str(found.place) == marked(text)
    assert instead in f"{found.message} {found.hint}"


RIGHT = [
    *(SHARE + f", better: lower, target: {one}}}\n" for one in ("85%", "0.85", "85.5 %", "'85%'", "1", "5.0%")),
    *(MEAN + f"{one}}}\n" for one in ("6m", "360", "360.5", "20s", "1h", "1.5 h", "300 s")),
    *(MEAN.replace("seconds", "EUR") + f"{one}}}\n" for one in ("3 EUR", "3EUR", "3", "-3")),
    *(MEAN + f"6m, roll: {one}}}\n" for one in ("12mo", "12wk", "7d", "1 mo")),
    *(REPEAT + f"{one}, counts: resolved}}\n" for one in ("7d", "12wk", "168h", "0.5d", "'7d'", "90m", "7 d")),
    *(f"  h: {{kind: stock, from: agents, {one}}}\n" for one in ("served: 12mo", "ago: 90d", "read: both")),
    *(f"  h: {{kind: time_to_event, from: agents, start: hired_on, event: left_on, read: {{{one}}}}}\n"
      for one in ("quantile: 50%", "quantile: 0.25", "by: 12wk", "mean_until: 365d")),
    SHARE + ", better: inside, target: [70%, 0.85], alarm: [60%, 1]}\n",
    SHARE + ", better: lower, targets: [{when: {queue: [7, true], hour: 9}, target: 3%, alarm: 0.09}]}\n",
    SHARE + ", confidence: 0.9, min_n: 0, matures: 2.5d, versions: [{since: 2026-04-01, meets: abandoned}]}\n",
]  # fmt: skip
WRONG = [REPEAT + "1mo, counts: resolved}\n", REPEAT + "7, counts: resolved}\n", SHARE + ", roll: 36h}\n",
         SHARE + ", roll: 0mo}\n", MEAN + "6min}\n"]  # fmt: skip


def _schema_errors(text: str) -> list[str]:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((Path(__file__).parents[2] / "metrics.schema.json").read_text("utf-8"))
    checked = jsonschema.validators.validator_for(schema)(schema)
    return [error.message for error in checked.iter_errors(places.read(text, "metrics.yaml").data)]


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right_is_so_for_check_and_for_editors(text: str) -> None:
    assert read(metrics(text)).metrics
    assert _schema_errors(metrics(text)) == []


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_so_for_check_and_for_editors(text: str) -> None:
    assert problems(metrics(text))
    assert _schema_errors(metrics(text))


def test_hours_need_no_quotes() -> None:
    text = calendar("timezone: UTC, hours: {mon-fri: 08:00-18:00, sat: [09:00-12:00, 13:00-24:00]}")
    assert parse(text, "metrics.yaml").hours is not None
    assert _schema_errors(text) == []
