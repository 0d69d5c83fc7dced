"""What the centre costs and whom it serves, month by month, as finance and the data warehouse export it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from cxkpi.demo.chance import Chance
from cxkpi.demo.days import add_months
from cxkpi.demo.lines import COSTS, COSTS_HEADING, CUSTOMERS, CUSTOMERS_HEADING, Write
from cxkpi.demo.people import Person
from cxkpi.demo.settings import OUTSOURCED, OUTSOURCER, SITES, TEAMS, Settings
from cxkpi.demo.truth import Truth

_SHARES = (("technology", 0.17), ("facilities", 0.09))
SEGMENTS = (("Household", 0.86), ("Business", 0.14))


def costs(people: Sequence[Person], months: Sequence[date], settings: Settings, truth: Truth, write: Write) -> None:
    """Wages by site for those employed in the month, and what comes on top of them; amounts in pounds and pence."""
    write(COSTS_HEADING)
    count = truth.file(COSTS)
    for month in months:
        end = add_months(month, 1) - timedelta(days=1)
        for site in SITES:
            staff = sum(
                TEAMS[person.team][1] == site
                and any(spell.hired <= end and spell.covers(end) for spell in person.spells)
                for person in people
            )
            vendor = OUTSOURCER if site == OUTSOURCED else ""
            wages = staff * settings.monthly_wage_pence
            for item, pence in (("wages", wages), *((name, int(wages * share)) for name, share in _SHARES)):
                count.accepted += 1
                write(
                    f"{month:%Y-%m}-{site.lower()}-{item},{month},{end},{pence // 100}.{pence % 100:02d},GBP,"
                    f"{site},{vendor}\n"
                )


def customers(seed: int, customers: int, months: Sequence[date], truth: Truth, write: Write) -> None:
    """Active customers on the first of each month, by segment; they grow by about a half per cent a month."""
    chance = Chance(seed, 10)
    write(CUSTOMERS_HEADING)
    count = truth.file(CUSTOMERS)
    for at, month in enumerate(months):
        for segment, share in SEGMENTS:
            active = int(customers * 2 * share * (1 + 0.005 * at + 0.002 * chance.random()))
            count.accepted += 1
            write(f"{month},{segment},{active}\n")
