"""Rows of a Genesys Cloud interactions export, with what a test does not care about filled in."""

from __future__ import annotations

HEADINGS = (
    "Full Export Completed,Partial Result Timestamp,Filters,Media Type,Users,Remote,Date,End Date,Duration,Direction,"
    "ANI,DNIS,Queue,Wrap-up,Flow,Conversation ID,Total Queue,Total Talk,Total Hold,Total ACW,Total IVR,Abandoned,"
    "Abandoned in Queue,Transfers"
)

_ORDINARY = {
    "Full Export Completed": "YES",
    "Media Type": "voice",
    "Users": "Ann Lee",
    "Date": "2026-01-05 09:00:00",
    "End Date": "2026-01-05 09:05:00",
    "Direction": "Inbound",
    "ANI": "tel:+441632960001",
    "DNIS": "tel:+441632960100",
    "Queue": "Billing",
    "Wrap-up": "Refund",
    "Conversation ID": "c1",
    "Total Queue": "20000",
    "Total Talk": "200000",
    "Total Hold": "0",
    "Total ACW": "30000",
    "Total IVR": "10000",
    "Abandoned": "NO",
    "Transfers": "0",
}


def row(**cells: str) -> str:
    """One line; keys are headings in lower case with ``_`` for a space or hyphen, ``conversation_id="c2"``."""
    named = {heading.lower().replace(" ", "_").replace("-", "_"): heading for heading in HEADINGS.split(",")}
    changed = {named[key]: value for key, value in cells.items()}
    return ",".join({**_ORDINARY, **changed}.get(heading, "") for heading in HEADINGS.split(","))


def export(*rows: str) -> str:
    """A whole file."""
    return "\n".join([HEADINGS, *rows]) + "\n"
