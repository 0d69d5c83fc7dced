"""Exports nobody knows, with everyday headings, are a question; real exports with as few headings are recognised."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxkpi.errors import InputError
from cxkpi.exports.layout.inputs import FileSetting

from .recognising import recognised

UNKNOWN = """
Ticket ID,Timestamp,Status,Priority,Agent,Closed
Timestamp,Ticket ID,Status,Priority,Agent,Closed
Timestamp,Ticket,Severity,Status No.,Assigned To,Status Name
Timestamp,Agent,Queue,Duration,Outcome
Timestamp,Caller,Agent,Talk Time,Hold Time,Disposition
Timestamp,User,Action,IP Address
Timestamp,Email Address,Action,Result
Timestamp,Event,Level,Message
Timestamp,Name,Email,Status
Timestamp,Call ID,Agent,CSAT
Timestamp,Contact ID,Agent ID,CSAT
Timestamp,Agent,Evaluator,Did the agent greet the caller?,Score
Timestamp,Email Address,Agent name,Call ID,Was the greeting used?
Timestamp,sessionId,Rating,Would you recommend us?
Timestamp,Email Address,How did it go?,Handle time (s)
Timestamp,Email Address,Ticket number,How did it go?
Timestamp,Email Address,Closed at,How did it go?
Timestamp,Value
Timestamp,Offered,Answered,Abandoned
Timestamp
TIMESTAMP,AGENT,SKILL,CALL TYPE
timestamp,csat,comment
timestamp,email address,question?
Email Address,Timestamp,How satisfied are you?
Zeitstempel,Vorgang,Status,Bearbeiter
Horodateur,Agent,File,Statut
Marca temporal,Ticket,Estado,Prioridad
Number,Opened,Short description,Priority
number,opened_at,short_description,requested_by
ID,Created,Updated,Status,Assignee
ID,Date,Status,Priority,Owner
Ticket ID,Created time,Closed time,Agent,Status
Ticket ID,Created Time,Urgency,Status,Agent
Ticket ID,Subject,Created Time,Urgency,Impact,Status
Ticket ID,Created at,Updated at,Status,Requester
Case Number,Opened,Closed,Owner,Status
Case ID,Opened at,Closed at,Agent,Queue
Issue key,Summary,Status,Created,Resolved
Reference,Date,Type,Owner
Ticket,Date,Time,Agent,Category
Request ID,Requested on,Completed on,Technician
Created On,Modified On,Case Title,Status
Date,Time,From,To,Duration
Date,Agent,Calls,Talk Time
Date,Queue,Offered,Answered,Abandoned
Call ID,Start Time,End Time,Agent,Queue
Call ID,Date,Agent,Duration,Direction
Call ID,Timestamp,Agent,Call Type
call_id,type,start_at,agent
call_id,date_started,agent,duration
Call Time,Call ID,From,To,Status
Time,Caller,Called,Duration
Interaction ID,Contact ID,Contact Type,Started At
Interaction ID,Call Type,Start Time,Agent
Conversation ID,Started at,Ended at,Channel
Conversation ID,Date,End Date,Agent
Conversation ID,Conversation started at,Status
Conversation ID,Conversation rating,Updated at
Contact ID,Agent,Start,End,Skill
Journey ID,Time,Agent,Queue
Agent,Queue,Calls,Talk Time
Agent,Login Time,Login Date,Logout Time,Logout Date
Agent Name,Date,State,Duration
Agent ID,Call Start Time,Queue,Duration
Agent Group,Agent,Calls
Interval Start,Interval End,Queue,Offered,Answered
Interval Start,Agent Name,Handle,Talk
Queue,Interval,Offered,Answered
Skill,Date,Calls,Service Level
calldate,src,dst,duration,billsec,disposition
call_date,phone_number,agent,length_in_sec
Inbound Calls,ACD Calls,Abandoned
Response ID,Date,Score,Comment
ResponseId,RecordedDate,Score
Respondent ID,Start Date,End Date,Score
#,Submitted,Score,Comment
#,Submit Date,Score
Survey ID,Sent,Responded,CSAT
Date,Name,Email,Score,Comment
score,reason,customer,ticket
V1,V2,V3,V4,V5
V1,V2,V3,V4,V5,V6,V7,V8,V9,V10,V11,V12
evaluationId,agent,score,date
Evaluation,Agent,Score,Max Score,Date
Employee ID,Hire Date,Termination Date
Employee ID,Name,Hire Date,Termination Date,Manager
Employee ID,Last Hire Date,Termination Date
Employee ID,Hire Date,Termination Date,Primary Termination Reason
Employee #,Hire Date,Status,Department
Position ID,Name,Hire Date
Position ID,Termination Date,Reason
Name,Email,Hire Date,Department
Staff No,Joined,Left,Team
ID,Name,Team,Start,End
Date,Amount,Currency,Account
Start,End,Agent,Customer
email,name,status
contact_id,started_at,ended_at,mood
agent_id,hired_on,left_on,shoe_size
"""

FORMS = """
Timestamp,How would you rate the keynote?,...why?,Which three words describe it (separate with a space)
Timestamp,Email Address,Anything else
Timestamp,Email Address,Name,Team,How satisfied are you with the response time?
Timestamp,Username,How satisfied are you?,Score
Timestamp,Contact ID,Agent ID,Q_CSAT,Q_COMMENT
Timestamp,Name,How likely are you to recommend us,Comments
Timestamp,Your age?,CSAT
Zeitstempel,Wie zufrieden sind Sie?,Kommentar
Horodateur,Êtes-vous satisfait ?
Marca temporal,Dirección de correo electrónico,¿Cómo fue la atención?
Carimbo de data/hora,Q_NPS
Informazioni cronologiche,Q_CSAT
"""


def _file(headings: str) -> str:
    return f"{headings}\n{','.join('x' * (headings.count(',') + 1))}\n"


@pytest.mark.parametrize("headings", UNKNOWN.split("\n")[1:-1])
def test_everyday_headings_are_a_question_and_no_guess(tmp_path: Path, headings: str) -> None:
    with pytest.raises(InputError, match="I105") as caught:
        recognised(tmp_path, {"a.csv": _file(headings)})
    assert "'cxkpi adopt FILE' drafts a profile" in str(caught.value)


@pytest.mark.parametrize("headings", FORMS.split("\n")[1:-1])
def test_a_form_is_known_by_what_it_asks(tmp_path: Path, headings: str) -> None:
    file = recognised(tmp_path, {"a.csv": _file(headings)}).one()
    assert file.layout.profile.name == "google_forms.responses"
    assert file.layout.positions["timestamp"] == 0


def test_who_names_the_form_for_a_file_needs_no_signs(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.csv": _file("Timestamp,Agent,CSAT")}
    named = [FileSetting("a.csv", "google_forms.responses")]
    layout = recognised(tmp_path, files, settings=named).one().layout
    assert layout.profile.match.unlike
    assert layout.why.startswith("it was asked for by name; ")
    with pytest.raises(InputError, match="does not look like that"):
        recognised(tmp_path / "b", {"a.csv": _file("Agent,Timestamp,CSAT")}, settings=named)


def test_lines_of_calls_without_headings_need_their_times(tmp_path: Path) -> None:
    known = "Call 7,k1,00:00:25,2024/06/17 05:59:49,,2024/06/17 06:00:23,TerminatedBySrc,\n"
    files: dict[str, str | bytes] = {"cdr.log": known, "a.csv": "Call 1,Ann,open\nCall 2,Bob,closed\n"}
    outcome = recognised(tmp_path, files, lenient=True)
    assert outcome.profiles == {"cdr.log": "threecx.cdr", "a.csv": "unrecognised"}
