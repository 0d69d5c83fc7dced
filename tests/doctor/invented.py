"""A diagnosis made by hand, with everything in it that a page or a program may meet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from cxkpi.errors import Place, Problem
from cxkpi.exports.findings import Finding
from cxkpi.exports.load import FileReport
from cxkpi.measurement.doctor.coverage import Filled, Responses
from cxkpi.measurement.doctor.days import Covered
from cxkpi.measurement.doctor.observed import Diagnosis, Effect, FileCheck, Observation, together
from cxkpi.measurement.doctor.spots import Spot
from cxkpi.result import FileEntry

METRICS = ("fcr", "fcr.any_reason", "csat", "aht", "talk_time", "abandonment", "turnover", "headcount")


def healthy() -> Diagnosis:
    """Two files with nothing wrong."""
    days = (date(2026, 1, 2), date(2026, 6, 30))
    return Diagnosis(
        version="1.2.3",
        catalogue_path="metrics.yaml",
        catalogue_hash="0badcafe",
        timezone="Europe/London",
        as_of=datetime(2026, 6, 30, 19, 0),
        files=(
            _file("acd.csv", Covered("contacts", *days, 153, ("Sun",)), records=4000),
            _file("survey.csv", Covered("invitations", *days, 179), records=900, profile="qualtrics.responses"),
        ),
        observations=(),
        effects=(),
        metrics=METRICS,
        impossible=(("turnover", "no file gives agents (one spell of employment)"),),
        problems=(),
        filled=(Filled("contacts", "customer_id", 3999, 4000), Filled("contacts", "agent_id", 3600, 3600)),
        responses=Responses(4000, 880, 900, 410, days, days),
    )


def ill() -> Diagnosis:
    """Errors, warnings, notes, names that must not be shown, a file nobody can read, and more than fits a page."""
    base = healthy()
    spots = tuple(Spot(line, f"talk_s {line}, from start to end 300") for line in (17, 48, 112, 113, 200))
    longer = _seen(
        Finding(
            "F311",
            "acd.csv",
            "contacts",
            312,
            4000,
            17,
            spots[0].example,
            detail="talk longer than the call",
            tables=("contacts",),
            columns=("contacts.talk_s",),
        ),
        spots,
        ("aht", "talk_time"),
    )
    nameless = _seen(
        Finding(
            "F330",
            "survey.csv",
            "invitations",
            2,
            900,
            9,
            "contact_id c-1",
            masked=True,
            detail="a contact that is in no contact export",
            tables=("invitations",),
            columns=("invitations.contact_id",),
        ),
        (Spot(9, "contact_id c-1"), Spot(10, "contact_id \x1b[31mc-2")),
        ("csat",),
    )
    strangers = replace(
        _seen(
            Finding(
                "F332",
                "acd.csv",
                "contacts",
                1,
                3600,
                5,
                "agent_id Agency Seat",
                masked=True,
                detail="an agent who is on no roster",
                tables=("contacts",),
                columns=("contacts.agent_id",),
            ),
            (Spot(5, "agent_id Agency Seat"),),
            (),
        ),
        cuts=("agent_id", "team"),
    )
    rejects = [
        _seen(
            Finding("F350", f"old-{n}.csv", f"Column {n}", 1, 200, 3, "'x'", detail="not a number"),
            (Spot(3, "'x'"),),
            (),
        )
        for n in range(13)
    ]
    hole = Finding("F650", "acd.csv", "contacts", 2, 180, detail="Tue 13 to Wed 14 Jan 2026", tables=("contacts",))
    covered = Covered(
        "contacts",
        date(2026, 1, 2),
        date(2026, 6, 30),
        151,
        ("Sat", "Sun"),
        ((date(2026, 1, 13), date(2026, 1, 14)),),
        2,
    )
    problem = Problem("I105", "nobody recognises this file.", Place("what.csv"), "Describe it in a profile.")
    return replace(
        base,
        files=(
            replace(base.files[0], covered=covered, attention=True),
            replace(base.files[1], attention=True),
            FileCheck("what.csv", None, None, None, (problem,), True),
        ),
        observations=(longer, _seen(hole, (), ("fcr", "fcr.any_reason")), nameless, strangers, *rejects),
        effects=(
            Effect("error", ("aht", "talk_time"), together([longer]), ("acd.csv",)),
            Effect("warning", ("fcr", "fcr.any_reason"), "no rows of contacts on 2 days.", ("acd.csv",)),
            Effect("warning", ("csat",), together([nameless]), ("survey.csv",)),
        ),
        problems=(problem,),
        notes=("some events lie far beyond all others.",),
    )


def _seen(finding: Finding, spots: tuple[Spot, ...], metrics: tuple[str, ...]) -> Observation:
    return Observation(finding, finding.severity, finding.message, spots, metrics, adds_up=True)


def _file(path: str, covered: Covered, *, records: int, profile: str = "acme.calls") -> FileCheck:
    entry = FileEntry(
        path=path,
        profile=profile,
        records=records,
        accepted=records - 5,
        superseded=3,
        rejected=2,
        skipped=0,
        blanked=1,
        lines=records + 11,
        tables=((covered.table, records - 5),),
        blank=1,
        continued=10,
    )
    read = FileReport(
        path,
        profile,
        "Acme, call list",
        "partial",
        "all 4 of its headings",
        "UTF-8",
        ";",
        1,
        records,
        None,
        None,
        1,
        False,
    )
    return FileCheck(path, entry, read, covered, (), False)
