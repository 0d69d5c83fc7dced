"""Every export that is known publicly, by its own headings, gets its own profile and no other."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from cxkpi.exports.profile import Profile

from .recognising import recognised, shipped

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "vendor_samples"

EXPORTS = {
    "genesys_cloud/interactions_view": "genesys_cloud.interactions",
    "genesys_cloud/agent_performance_interval": "genesys_cloud.agent_performance",
    "genesys_cloud/agent_status_interval": "genesys_cloud.agent_status",
    "genesys_cloud/wfm_historical_import_template": "genesys_cloud.wfm_historical",
    "genesys_pureconnect/InteractionSummary": "genesys_pureconnect.interaction_summary",
    "amazon_connect/historical_metrics_queue": "amazon_connect.queue_metrics",
    "amazon_connect/historical_metrics_agent": "amazon_connect.agent_metrics",
    "amazon_connect/contact_trace_record_json": "amazon_connect.contact_records",
    "amazon_connect/evaluation_json": "amazon_connect.evaluations",
    "nice_cxone/data_download_540_call_detail": "nice_cxone.call_detail",
    "nice_cxone/data_download_call_detail_legacy": "nice_cxone.call_detail",
    "five9/call_log": "five9.call_log",
    "five9/inbound_call_log": "five9.inbound_call_log",
    "five9/acd_queue_quality_of_service": "five9.queue_quality",
    "five9/agent_productivity_by_campaign": "five9.agent_productivity",
    "five9/agent_reason_code_summary": "five9.reason_codes",
    "talkdesk/contacts_report": "talkdesk.contacts",
    "talkdesk/explore_calls": "talkdesk.explore_calls",
    "talkdesk/calls_api_v1": "talkdesk.calls_api",
    "twilio/flex_insights_segments_api": "twilio.flex_segments",
    "zendesk/ticket_csv_export": "zendesk.tickets",
    "zendesk/explore_dataset": "zendesk.explore",
    "zendesk/satisfaction_ratings_api": "zendesk.satisfaction",
    "aircall/calls_export": "aircall.calls",
    "dialpad/dispositions_export": "dialpad.dispositions",
    "dialpad/call_logs_export": "dialpad.call_logs",
    "threecx/call_log_v20": "threecx.call_log",
    "threecx/cdr_file": "threecx.cdr",
    "eight_x_eight/cc_interaction_details": "eight_x_eight.interactions",
    "avaya_cms/split_skill_interval": "avaya_cms.split_interval",
    "avaya_cms/vdn_interval": "avaya_cms.vdn_interval",
    "cisco_uccx/csq_activity_by_interval": "cisco_uccx.csq_activity",
    "cisco_uccx/agent_detail": "cisco_uccx.agent_detail",
    "asterisk/queue_log": "asterisk.queue_log",
    "freepbx/cdr": "freepbx.cdr",
    "vicidial/call_report_export": "vicidial.calls",
    "salesforce/case_report": "salesforce.cases",
    "salesforce/omni_agentwork_report": "salesforce.agent_work",
    "salesforce/omni_userpresence_report": "salesforce.presence",
    "freshdesk/ticket_export": "freshdesk.tickets",
    "freshservice/ticket_export": "freshservice.tickets",
    "servicenow/incident_csv": "servicenow.incidents",
    "dynamics365/case_static_export": "dynamics.cases",
    "jira/issues_csv": "jira.issues",
    "intercom/conversations_export": "intercom.conversations",
    "intercom/csat_export": "intercom.ratings",
    "qualtrics/responses_csv": "qualtrics.responses",
    "qualtrics/responses_csv_legacy": "qualtrics.responses_legacy",
    "surveymonkey/all_responses_csv": "surveymonkey.responses",
    "typeform/responses_csv": "typeform.responses",
    "google_forms/responses_csv": "google_forms.responses",
    "workday/terminations_xlsx_to_csv": "workday.terminations",
    "adp/terminations_csv": "adp.terminations",
    "adp/active_staff_csv": "adp.active_staff",
    "bamboohr/employee_report": "bamboohr.employees",
    "peoplesoft/terminated_employees": "peoplesoft.terminated",
    "genesys_cloud/analytics_evaluation": "genesys_cloud.evaluations",
}
"""Every export that is verified or partly verified, and the profile for it."""

# Files without headings are known by their lines.
_LINES = {
    "asterisk/queue_log": "1596191926|NONE|NONE|NONE|QUEUESTART|\n",
    "threecx/cdr_file": "Call 288831,4cc2_268,00:00:25,2024/06/17 05:59:49,,2024/06/17 06:00:23,TerminatedBySrc,\n",
}


def published() -> dict[str, dict[str, Any]]:
    if not (SAMPLES / "headers.json").exists():
        pytest.skip("the published headings are not here")
    found = json.loads((SAMPLES / "headers.json").read_text(encoding="utf-8"))
    return {f"{one['vendor']}/{one['export']}": one for one in found if one["status"] != "memory"}


def content(name: str, export: dict[str, Any]) -> tuple[str, str]:
    """A file made of the headings of an export alone, and its ending."""
    headings = [heading for heading in export["header"] if not heading.startswith("<")]
    if name == "five9/agent_reason_code_summary":
        headings.append("Lunch / AGENT STATE TIME")
    if name in _LINES:
        return _LINES[name], "log"
    if export["delimiter"] == "json":
        return json.dumps(dict.fromkeys(headings, "x")), "json"
    buffer = io.StringIO()
    csv.writer(buffer, delimiter="\t" if export["delimiter"] == r"\t" else export["delimiter"][0]).writerow(headings)
    return buffer.getvalue(), "csv"


def test_the_list_is_complete() -> None:
    assert set(published()) == set(EXPORTS)
    assert len(EXPORTS) == 57


@pytest.mark.parametrize("name", EXPORTS)
def test_the_headings_of_an_export_get_its_profile(tmp_path: Path, name: str) -> None:
    text, ending = content(name, published()[name])
    outcome = recognised(tmp_path, {f"file.{ending}": text}, lenient=True)
    assert list(outcome.profiles.values()) == [EXPORTS[name]]


@pytest.mark.parametrize(
    ("file", "profile"),
    [
        ("aircall/calls_export.csv", "aircall.calls"),
        ("asterisk/queue_log", "asterisk.queue_log"),
        ("cisco_uccx/csq_activity_by_interval.csv", "cisco_uccx.csq_activity"),
        ("dialpad/dispositions_export.csv", "dialpad.dispositions"),
        ("five9/call_log.csv", "five9.call_log"),
        ("qualtrics/qualtrics_sample_3header.csv", "qualtrics.responses"),
        ("qualtrics/qualtrics_sample_legacy_2header_bom.csv", "qualtrics.responses_legacy"),
        ("threecx/cdr_sample_positional.csv", "threecx.cdr"),
        ("typeform/responses.csv", "typeform.responses"),
    ],
)
def test_every_sample_file_gets_its_profile(tmp_path: Path, file: str, profile: str) -> None:
    if not (SAMPLES / file).exists():
        pytest.skip("the sample files are not here")
    outcome = recognised(tmp_path, {Path(file).name: (SAMPLES / file).read_bytes()})
    assert outcome.one().layout.profile.name == profile


@pytest.mark.parametrize("given", shipped(), ids=lambda profile: profile.name)
def test_what_a_profile_asks_for_is_enough_for_it(tmp_path: Path, given: Profile) -> None:
    """No other profile fits a file that has only the headings one asks for, or it is told from it beyond doubt."""
    if given.match.lines is not None or not given.headings:
        pytest.skip("it asks for more than headings")
    first = [given.match.first[0]] if given.match.first else []
    headings = list(dict.fromkeys([*first, *(spellings[0] for spellings in given.headings)]))
    headings += [f"Lunch {pattern.removesuffix('$').lstrip('^')}" for pattern in given.match.like]
    sheet = io.StringIO()
    csv.writer(sheet, delimiter={"tab": "\t"}.get(given.file.delimiter or ",", given.file.delimiter or ",")).writerow(
        headings
    )
    if given.file.each is not None:
        path = [heading for heading in headings if heading.startswith(f"{given.file.each}.")]
        own = {heading.removeprefix(f"{given.file.each}."): "x" for heading in path}
        text = json.dumps({**dict.fromkeys(set(headings) - set(path), "x"), given.file.each: [own]})
        outcome = recognised(tmp_path, {"file.json": text}, lenient=True)
    else:
        outcome = recognised(tmp_path, {"file.csv": sheet.getvalue()}, lenient=True)
    assert list(outcome.profiles.values()) == [given.name]
