"""The public sample files of vendors' exports: each is read by the right profile and becomes the right rows.

What is expected was worked out by hand from the files and the vendors' documentation. The files are not part of the
repository; ``CXKPI_REFERENCE_DATA`` names the folder they are in.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cxkpi.exports.files.finding import find
from cxkpi.exports.layout.inputs import recognise_all
from cxkpi.exports.load import load
from cxkpi.exports.profile_file import collect
from cxkpi.result import FileEntry
from cxkpi.tables import TABLES

from .conftest import Became

_BESIDE = Path(__file__).parents[2].parent / "shared" / "data"
SAMPLES = Path(os.environ.get("CXKPI_REFERENCE_DATA", _BESIDE)) / "vendor_samples"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the vendors' sample files are not here")

Read = Callable[[str, str], tuple[Became, FileEntry]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """``read("five9/call_log.csv", "Europe/London")``: the file loaded, and its line in the ledger, which adds up."""

    def call(name: str, timezone: str) -> tuple[Became, FileEntry]:
        became = Became(load([SAMPLES / name], tables=TABLES, timezone=timezone, into=tmp_path / "tables"))
        (entry,) = became.loaded.files
        assert became.balanced()
        assert entry.lines == entry.records + entry.continued + entry.blank - entry.shared
        assert not became.loaded.rejects
        return became, entry

    return call


def _counts(entry: FileEntry) -> tuple[str | None, int, int, int, int]:
    return entry.profile, entry.records, entry.accepted, entry.skipped, entry.lines


def _at(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]


def test_aircall(read: Read) -> None:
    # Melbourne is where the last two stand on the clock; UTC is a column of its own and counts.
    became, entry = read("aircall/calls_export.csv", "Australia/Melbourne")
    assert _counts(entry) == ("aircall.calls", 4, 4, 0, 5)
    who = ("contact_id", "customer_id", "agent_id", "queue", "direction", "reason", "abandoned")
    listed = "Listed on Website - Ported number (5/17/21)"
    assert became.rows("contacts", *who) == [
        ("3331497585", "61400000003", "Agent Two", "Main Line", "outbound", None, False),
        ("3331520692", "61400000002", "Agent One", "Sales", "inbound", "New Orders Inquiry", False),
        ("3331525701", "61400000001", None, "Sales", "inbound", None, True),
        ("3332594017", "61400000004", None, listed, "inbound", None, None),
    ]
    # 00:03:37 of waiting less 00:01:02 in the IVR; 00:00:44 less 00:00:15.
    assert became.rows("contacts", "wait_s", "ivr_s", "dial_s", "talk_s") == [
        (None, None, 7.0, 191.0),
        (29.0, 15.0, None, 486.0),
        (155.0, 62.0, None, None),
        (26.0, None, None, None),
    ]
    assert became.rows("contacts", "started_at", "answered_at", "ended_at") == [
        (_at(2025, 12, 4, 7, 33, 54), _at(2025, 12, 4, 7, 34, 1), _at(2025, 12, 4, 7, 37, 12)),
        (_at(2025, 12, 4, 7, 53, 35), _at(2025, 12, 4, 7, 54, 19), _at(2025, 12, 4, 8, 2, 25)),
        (_at(2025, 12, 4, 7, 57, 14, 83000), None, _at(2025, 12, 4, 8, 0, 51, 83000)),
        (_at(2025, 12, 4, 12, 42, 37, 34000), None, _at(2025, 12, 4, 12, 43, 3, 34000)),
    ]


def test_asterisk_queue_log(read: Read) -> None:
    # Thirteen events: ten of four calls, three of the system, a member and a phone.
    became, entry = read("asterisk/queue_log", "America/New_York")
    assert _counts(entry) == ("asterisk.queue_log", 13, 10, 3, 13)
    who = ("contact_id", "customer_id", "agent_id", "queue", "direction", "abandoned", "transfers")
    assert became.rows("contacts", *who) == [
        ("1.1", "441632960111", "PJSIP/201", "700", "inbound", False, 0),
        ("1.2", "441632960222", None, "700", "inbound", True, 0),
        ("1596512941.163", None, None, "support", "inbound", True, 0),
        ("1699286234.123", None, "7140", "8000", "inbound", False, 0),
    ]
    assert became.rows("contacts", "wait_s", "ring_s", "talk_s") == [
        (10.0, 3.0, 120.0),
        (90.0, None, None),
        (68.0, None, None),
        (6.0, 3.0, 25.0),
    ]
    assert became.rows("contacts", "started_at", "answered_at", "ended_at") == [
        (_at(2026, 7, 16), _at(2026, 7, 16, 0, 0, 10), _at(2026, 7, 16, 0, 2, 10)),
        (_at(2026, 7, 16, 0, 3, 20), None, _at(2026, 7, 16, 0, 4, 50)),
        (_at(2020, 8, 4, 3, 49, 1), None, _at(2020, 8, 4, 3, 50, 9)),
        (_at(2023, 11, 6, 15, 57, 14), _at(2023, 11, 6, 15, 57, 20), _at(2023, 11, 6, 15, 57, 45)),
    ]
    assert became.rows("legs", "contact_id", "leg_no", "agent_id", "talk_s") == [
        ("1.1", 1, "PJSIP/201", 120.0),
        ("1699286234.123", 1, "7140", 25.0),
    ]


def test_cisco_uccx(read: Read) -> None:
    # Eight o'clock stands there twice and is added up; the row of commas is no data.
    became, entry = read("cisco_uccx/csq_activity_by_interval.csv", "America/New_York")
    assert _counts(entry) == ("cisco_uccx.csq_activity", 5, 4, 1, 6)
    columns = ("queue", "agent_id", "started_at", "length_s", "offered", "answered", "abandoned")
    assert became.rows("intervals", *columns) == [
        ("TEST QUEUE", None, _at(2025, 10, 14, 12), 3600.0, 45, 43, 2),
        ("TEST QUEUE", None, _at(2025, 10, 14, 13), 3600.0, 18, 13, 5),
        ("TEST QUEUE", None, _at(2025, 10, 14, 14), 3600.0, 25, 20, 5),
    ]


def test_dialpad(read: Read) -> None:
    became, entry = read("dialpad/dispositions_export.csv", "Europe/London")
    assert _counts(entry) == ("dialpad.dispositions", 0, 0, 0, 1)
    assert became.rows("contacts") == []


def test_five9(read: Read) -> None:
    # Three calls of an agent or of nobody, and one that was transferred outside, in two rows of one id.
    became, entry = read("five9/call_log.csv", "America/Los_Angeles")
    assert _counts(entry) == ("five9.call_log", 5, 5, 0, 6)
    who = ("contact_id", "customer_id", "agent_id", "queue", "direction", "abandoned", "transfers", "disposition")
    inbound = ("Confirmation - Inbound", "inbound", False, 1, "Transferred To 3rd Party")
    assert became.rows("contacts", *who) == [
        ("300000010270763", "7275550105", None, *inbound),
        ("300000010270763x", "9075550102", "agent1", "Rehash", "outbound", False, 0, "NA"),
        ("300000010270774", "9415550108", None, "Rehash", "outbound", None, 0, "No Answer"),
        ("300000010270779", "9045550104", "agent2", "DIAL ASAP", "outbound", False, 0, "Answering Machine"),
    ]
    # Both legs of the first say 00:03:53 in the IVR; it was once.
    assert became.rows("contacts", "ivr_s", "wait_s", "talk_s", "hold_s", "wrap_s") == [
        (233.0, 0.0, None, None, None),
        (None, None, 43.0, 0.0, 0.0),
        (None, None, None, None, None),
        (None, None, 43.0, 0.0, 0.0),
    ]
    assert became.rows("contacts", "started_at", "answered_at", "ended_at") == [
        (_at(2026, 8, 21, 16, 0, 4), None, _at(2026, 8, 21, 16, 3, 58)),
        (_at(2026, 8, 21, 16, 0, 6), _at(2026, 8, 21, 16, 0, 6, 235000), _at(2026, 8, 21, 16, 0, 52)),
        (_at(2026, 8, 21, 16, 1, 6), None, _at(2026, 8, 21, 16, 1, 6)),
        (_at(2026, 8, 21, 16, 2, 5), _at(2026, 8, 21, 16, 2, 5), _at(2026, 8, 21, 16, 2, 49)),
    ]


def test_threecx_cdr(read: Read) -> None:
    became, entry = read("threecx/cdr_sample_positional.csv", "Europe/Stockholm")
    assert (entry.profile, entry.records, entry.accepted, entry.skipped) == ("threecx.cdr", 1, 1, 0)
    columns = ("contact_id", "customer_id", "agent_id", "direction", "ring_s", "talk_s", "abandoned")
    assert became.rows("contacts", *columns) == [
        ("4cc2c72490010000_26808", "46700000000", "10016", "outbound", 9.0, 25.0, False)
    ]
    assert became.rows("contacts", "started_at", "answered_at", "ended_at") == [
        (_at(2024, 6, 17, 3, 59, 49), _at(2024, 6, 17, 3, 59, 58), _at(2024, 6, 17, 4, 0, 23))
    ]


def test_qualtrics(read: Read) -> None:
    # The rows of labels and of ids below the headings are no data.
    became, entry = read("qualtrics/qualtrics_sample_3header.csv", "Europe/Berlin")
    assert _counts(entry) == ("qualtrics.responses", 3, 1, 2, 4)
    assert became.rows("invitations", "invitation_id", "responded_at") == [
        ("R_2YPOQ602ER1jkf1", _at(2017, 7, 18, 6, 28, 48))
    ]


def test_qualtrics_legacy(read: Read) -> None:
    became, entry = read("qualtrics/qualtrics_sample_legacy_2header_bom.csv", "Europe/Berlin")
    assert _counts(entry) == ("qualtrics.responses_legacy", 2, 1, 1, 3)
    assert became.rows("invitations", "invitation_id", "responded_at") == [
        ("R_2YPOQ602ER1jkf1", _at(2017, 7, 18, 6, 28, 48))
    ]


def test_typeform(read: Read) -> None:
    # Its times are UTC, as the headings say, whatever the zone.
    became, entry = read("typeform/responses.csv", "America/New_York")
    assert _counts(entry) == ("typeform.responses", 1, 1, 0, 2)
    assert became.rows("invitations", "invitation_id", "responded_at") == [
        ("068127e3d5e9ca5f5fac8e04fa692a9e", _at(2018, 4, 3, 9, 5, 40))
    ]


def test_every_sample_is_looked_at() -> None:
    """A file added to the samples is to be read here too."""
    files = {path.relative_to(SAMPLES).as_posix() for path in SAMPLES.glob("*/*")}
    assert files == {
        "aircall/calls_export.csv",
        "asterisk/queue_log",
        "cisco_uccx/csq_activity_by_interval.csv",
        "dialpad/dispositions_export.csv",
        "five9/call_log.csv",
        "qualtrics/qualtrics_sample_3header.csv",
        "qualtrics/qualtrics_sample_legacy_2header_bom.csv",
        "threecx/cdr_sample_positional.csv",
        "typeform/responses.csv",
    }


_MEANT = {
    ("adp", "active_staff_csv"): "adp.active_staff",
    ("adp", "terminations_csv"): "adp.terminations",
    ("aircall", "calls_export"): "aircall.calls",
    ("amazon_connect", "contact_trace_record_json"): "amazon_connect.contact_records",
    ("amazon_connect", "evaluation_json"): "amazon_connect.evaluations",
    ("amazon_connect", "historical_metrics_agent"): "amazon_connect.agent_metrics",
    ("amazon_connect", "historical_metrics_queue"): "amazon_connect.queue_metrics",
    ("avaya_cms", "split_skill_interval"): "avaya_cms.split_interval",
    ("avaya_cms", "vdn_interval"): "avaya_cms.vdn_interval",
    ("bamboohr", "employee_report"): "bamboohr.employees",
    ("cisco_uccx", "agent_detail"): "cisco_uccx.agent_detail",
    ("cisco_uccx", "csq_activity_by_interval"): "cisco_uccx.csq_activity",
    ("dialpad", "call_logs_export"): "dialpad.call_logs",
    ("dialpad", "dispositions_export"): "dialpad.dispositions",
    ("dynamics365", "case_static_export"): "dynamics.cases",
    ("eight_x_eight", "cc_interaction_details"): "eight_x_eight.interactions",
    ("five9", "acd_queue_quality_of_service"): "five9.queue_quality",
    ("five9", "agent_productivity_by_campaign"): "five9.agent_productivity",
    ("five9", "agent_reason_code_summary"): "five9.reason_codes",
    ("five9", "call_log"): "five9.call_log",
    ("five9", "inbound_call_log"): "five9.inbound_call_log",
    ("freepbx", "cdr"): "freepbx.cdr",
    ("freshdesk", "ticket_export"): "freshdesk.tickets",
    ("freshservice", "ticket_export"): "freshservice.tickets",
    ("genesys_cloud", "agent_performance_interval"): "genesys_cloud.agent_performance",
    ("genesys_cloud", "agent_status_interval"): "genesys_cloud.agent_status",
    ("genesys_cloud", "analytics_evaluation"): "genesys_cloud.evaluations",
    ("genesys_cloud", "interactions_view"): "genesys_cloud.interactions",
    ("genesys_cloud", "wfm_historical_import_template"): "genesys_cloud.wfm_historical",
    ("genesys_pureconnect", "InteractionSummary"): "genesys_pureconnect.interaction_summary",
    ("google_forms", "responses_csv"): "google_forms.responses",
    ("intercom", "conversations_export"): "intercom.conversations",
    ("intercom", "csat_export"): "intercom.ratings",
    ("jira", "issues_csv"): "jira.issues",
    ("nice_cxone", "data_download_540_call_detail"): "nice_cxone.call_detail",
    ("nice_cxone", "data_download_call_detail_legacy"): "nice_cxone.call_detail",
    ("peoplesoft", "terminated_employees"): "peoplesoft.terminated",
    ("qualtrics", "responses_csv"): "qualtrics.responses",
    ("qualtrics", "responses_csv_legacy"): "qualtrics.responses_legacy",
    ("salesforce", "case_report"): "salesforce.cases",
    ("salesforce", "omni_agentwork_report"): "salesforce.agent_work",
    ("salesforce", "omni_userpresence_report"): "salesforce.presence",
    ("servicenow", "incident_csv"): "servicenow.incidents",
    ("surveymonkey", "all_responses_csv"): "surveymonkey.responses",
    ("talkdesk", "calls_api_v1"): "talkdesk.calls_api",
    ("talkdesk", "contacts_report"): "talkdesk.contacts",
    ("talkdesk", "explore_calls"): "talkdesk.explore_calls",
    ("threecx", "call_log_v20"): "threecx.call_log",
    ("twilio", "flex_insights_segments_api"): "twilio.flex_segments",
    ("typeform", "responses_csv"): "typeform.responses",
    ("vicidial", "call_report_export"): "vicidial.calls",
    ("workday", "terminations_xlsx_to_csv"): "workday.terminations",
    ("zendesk", "explore_dataset"): "zendesk.explore",
    ("zendesk", "satisfaction_ratings_api"): "zendesk.satisfaction",
    ("zendesk", "ticket_csv_export"): "zendesk.tickets",
}
_KNOWN_BY_LINES = {("asterisk", "queue_log"), ("threecx", "cdr_file")}
_FURTHER = {("five9", "agent_reason_code_summary"): ["Break / AGENT STATE TIME", "Lunch / AGENT STATE TIME"]}


def test_the_headings_of_every_vendor_are_recognised(tmp_path: Path) -> None:
    """Every export whose headings are known finds its own profile and no other, by its headings alone."""
    exports = json.loads((SAMPLES / "headers.json").read_text(encoding="utf-8"))
    known = {(one["vendor"], one["export"]): one for one in exports if one["status"] != "memory"}
    assert set(known) == set(_MEANT) | _KNOWN_BY_LINES
    for number, key in enumerate(sorted(_MEANT)):
        headings = [*known[key]["header"], *_FURTHER.get(key, [])]
        _write(tmp_path / f"{number:02}", headings, known[key]["delimiter"])
    profiles = collect((), TABLES)
    files = {int(path.stem): path for path in tmp_path.iterdir()}
    found = {}
    for number, key in enumerate(sorted(_MEANT)):
        recognised, left, _ = recognise_all(find([files[number]])[0], profiles, lenient=True)
        found[key] = [one.layout.profile.name for one in recognised] + [one.word for one in left]
    assert found == {key: [name] for key, name in _MEANT.items()}


def _write(path: Path, headings: list[str], delimiter: str) -> None:
    """A file with these headings and one record of empty cells but the first."""
    if delimiter == "json":
        record: dict[str, Any] = {}
        for heading in headings:
            *parents, last = heading.split(".")
            inside = record
            for parent in parents:
                inside = inside.setdefault(parent, {})
            inside[last] = "x"
        path.with_suffix(".jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
        return
    with path.with_suffix(".csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter.replace("\\t", "\t"))
        writer.writerow(headings)
        writer.writerow(["x", *[""] * (len(headings) - 1)])
