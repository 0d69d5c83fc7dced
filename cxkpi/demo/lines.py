"""The text of every file of the demo centre: names, headings, and one line of each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from cxkpi.demo.contacts import EMAIL, VOICE, Contact
from cxkpi.demo.days import CLOCK
from cxkpi.demo.people import MANAGERS, Move, Person, Spell
from cxkpi.demo.settings import CHANNELS, QUEUES, REASONS, TEAMS

Write = Callable[[str], object]

CASES, SURVEYS, ROSTER = "salesforce_cases.csv", "survey_responses.csv", "roster.csv"
MOVES, STATUS, EVALUATIONS, PEOPLE = "moves.csv", "agent_status.csv", "evaluations.csv", "people.csv"
DETAILS, HISTORIES, SCHEDULE = "contact_details.csv", "case_history.csv", "wfm_activities.csv"
INVITATIONS, ANSWERS, FOLLOW_UPS = "invitations.csv", "answers.csv", "follow_ups.csv"
COSTS, CUSTOMERS = "costs.csv", "customer_base.csv"
FIXED_NAMES = (
    CASES, SURVEYS, ROSTER, MOVES, STATUS, EVALUATIONS, PEOPLE,
    DETAILS, HISTORIES, SCHEDULE, INVITATIONS, ANSWERS, FOLLOW_UPS, COSTS, CUSTOMERS,
)  # fmt: skip

ACD_HEADING = (
    "Full Export Completed,Partial Result Timestamp,Filters,Media Type,Users,Remote,Date,End Date,Duration,"
    "Direction,ANI,DNIS,Queue,Wrap-up,Flow,Conversation ID,Total Queue,Total Talk,Total Hold,Total ACW,"
    "Total IVR,Abandoned,Abandoned in Queue,Transfers\n"
)
CASES_HEADING = (
    "Case Number,Subject,Status,Priority,Date/Time Opened,Date/Time Closed,Case Owner,Account Name,"
    "Case Origin,Case Reason,Type,Escalated,Contact ID,Interaction ID\n"
)
SURVEY_COLUMNS = (
    "StartDate,EndDate,Status,IPAddress,Progress,Duration (in seconds),Finished,RecordedDate,ResponseId,"
    "RecipientLastName,RecipientFirstName,RecipientEmail,ExternalReference,LocationLatitude,"
    "LocationLongitude,DistributionChannel,UserLanguage,Q_CSAT,Q_CES,Q_NPS,Q_RESOLVED,Q_COMMENT,ContactId"
)
SURVEY_QUESTIONS = (
    "Start Date,End Date,Response Type,IP Address,Progress,Duration (in seconds),Finished,Recorded Date,Response ID,"
    "Recipient Last Name,Recipient First Name,Recipient Email,External Data Reference,Location Latitude,"
    "Location Longitude,Distribution Channel,User Language,How satisfied were you with this contact?,"
    '"The company made it easy for me to handle my issue.\n1 = strongly disagree, 7 = strongly agree",'
    "How likely are you to recommend us to a friend?,Was your issue resolved?,"
    "Anything you would like to tell us?,ContactId"
)
SURVEY_IMPORT_IDS = (
    "startDate,endDate,status,ipAddress,progress,duration,finished,recordedDate,_recordId,recipientLastName,"
    "recipientFirstName,recipientEmail,externalDataReference,locationLatitude,locationLongitude,distributionChannel,"
    "userLanguage,QID1,QID2,QID3,QID4,QID5_TEXT,ContactId"
)
ROSTER_TITLES = ("Workers Active and Terminated", "Organization: Customer Service", "Include Subordinates: Yes")
ROSTER_HEADING = (
    "Employee ID,Worker,Hire Date,Termination Date,Primary Termination Reason,Supervisory Organization,"
    "Location,Manager,Time Type\r\n"
)
MOVES_HEADING = "agent_id,moved_on,from_team,to_team,from_site,to_site\n"
STATUS_HEADING = (
    "Interval Start,Interval End,Interval Complete,Filters,Agent Id,Agent Name,Logged In,On Queue,Idle,"
    "Off Queue,Interacting\n"
)
EVALUATIONS_HEADING = (
    "evaluation_id,agent_id,conversation_external_id,section,score,max_score,critical_fail,error_class,reviewer,"
    "scored_at\n"
)
PEOPLE_HEADING = "agent_id,system,login,from,to\n"
DETAILS_HEADING = (
    "contact_id,noted_at,resolved,resolvable,escalated,difficult,callback_requested_at,called_back_at,silence_s,"
    "ring_s,dial_s,vendor\n"
)
HISTORIES_HEADING = "case_id,first_reply_at,agent_replies,reopens,root_cause,outcome,escalated_at,due_at\n"
SCHEDULE_HEADING = "agent_id,state,started_at,ended_at,duration_s,on_queue,paid,scheduled_state\n"
INVITATIONS_HEADING = "invitation_id,contact_id,customer_id,employee,sent_at,delivered_at,responded_at\n"
ANSWERS_HEADING = "invitation_id,question,score,scale_min,scale_max\n"
FOLLOW_UPS_HEADING = "invitation_id,follow_up_due_at,followed_up_at\n"
COSTS_HEADING = "cost_id,month_start,month_end,amount,currency,site,vendor\n"
CUSTOMERS_HEADING = "month_start,segment,customers\n"

_DNIS = tuple(f"tel:+44163296010{k}" for k in range(len(QUEUES)))
_MAIN_LINE = "tel:+441632960100"
_FLOWS = tuple(f"{queue} Menu" for queue in QUEUES)


def acd_name(day: date) -> str:
    return f"acd_{day:%Y-%m}.csv"


def quoted(text: str) -> str:
    """A CSV cell, in quotes where it needs them."""
    if any(mark in text for mark in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text


def survey_heading() -> str:
    """The three header rows of a Qualtrics export."""
    ids = ",".join(quoted(f'{{"ImportId":"{name}"}}') for name in SURVEY_IMPORT_IDS.split(","))
    return f"{SURVEY_COLUMNS}\n{SURVEY_QUESTIONS}\n{ids}\n"


def acd(contact: Contact, end: str | None = None) -> str:
    """One line of the interactions view; ``end`` replaces the End Date."""
    day = contact.day.text
    if contact.agent is None:
        users = ""
    elif contact.first_agent:
        users = f"{contact.first_agent}; {contact.agent.name}"
    else:
        users = contact.agent.name
    queue = QUEUES[contact.queue] if contact.queue >= 0 else ""
    abandoned_in = queue if contact.abandoned else ""
    flow = "" if contact.channel != VOICE or contact.outbound else _FLOWS[max(contact.queue, 0)]
    line = _DNIS[contact.queue] if contact.queue >= 0 else _MAIN_LINE
    customer = f"tel:{contact.phone}" if contact.phone else "tel:anonymous"
    direction, ani, dnis = ("Outbound", line, customer) if contact.outbound else ("Inbound", customer, line)
    if contact.onward >= 0:
        queue = f"{queue}; {QUEUES[contact.onward]}"
    end = end or f"{day} {CLOCK[contact.end]}"
    return (
        f"YES,,,{CHANNELS[contact.channel]},{users},,{day} {CLOCK[contact.start]},{end},"
        f"{(contact.end - contact.start) * 1000},{direction},{ani},{dnis},{queue},"
        f"{REASONS[contact.reason][1] if contact.reason >= 0 else ''},{flow},{contact.id},{contact.wait},"
        f"{'N/A' if contact.talk is None else contact.talk},{contact.hold},{contact.wrap},{contact.ivr},"
        f"{'YES' if contact.abandoned else 'NO'},{abandoned_in},{contact.transfers}\n"
    )


def origin(channel: int) -> str:
    return "Phone" if channel == VOICE else "Email" if channel == EMAIL else "Chat"


def roster(person: Person, spell: Spell) -> str:
    team, site = TEAMS[person.team]
    left = spell.left.isoformat() if spell.left else ""
    manager = MANAGERS[person.team]
    return f"{person.agent_id},{person.name},{spell.hired},{left},{spell.reason},{team},{site},{manager},Full time\r\n"


def move(person: Person, change: Move) -> str:
    before, after = TEAMS[change.before], TEAMS[change.after]
    return f"{person.agent_id},{change.moved},{before[0]},{after[0]},{before[1]},{after[1]}\n"
