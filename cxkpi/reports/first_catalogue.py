"""The catalogue ``cxkpi init`` writes: what these files allow in the headline, and what can be changed, switched off.

A line that begins with ``#`` and no blank behind it is YAML that is switched off; with the ``#`` taken away it counts,
and all of them together are a right catalogue. With a blank it is a remark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cxkpi.documents.writing import comment, scalar
from cxkpi.measurement.starting.found import Choice, FirstLook

_HEAD = """\
# What the numbers of this folder mean. This lies over the catalogue that comes with cxkpi ('extends'): what is written
# here replaces what stands there, and all else stays as it is.
#
#   cxkpi metrics -m fcr            what a metric means, in words, with examples
#   cxkpi check metrics.yaml        whether this file is right, its examples included; after every change
#   cxkpi diff cxkpi metrics.yaml   what it changes
#
# A line that begins with # and no blank behind it is switched off: take the # away, and it counts.
# All keys: docs/catalogue.md.
"""
_CALENDAR = """\
#week_starts: monday
#year_starts: january
# Opening hours, for metrics that count them:
#hours: {mon-fri: "08:00-18:00", sat: "09:00-13:00"}
#holidays: [2026-12-25, 2026-12-26]
"""
_OWN = {
    "contacts": """\
long_contacts:
  kind: share
  label: Contacts of a quarter of an hour and more
  from: contacts
  where: not abandoned
  meets: seconds(started_at, ended_at) >= 900
  better: lower
  target: 10%
  examples:
    - name: one of two takes twenty minutes, and who hung up does not count
      given:
        contacts: |
          abandoned | started_at       | ended_at
          false     | 2026-01-05 09:00 | 2026-01-05 09:20
          false     | 2026-01-05 10:00 | 2026-01-05 10:05
          true      | 2026-01-05 11:00 | 2026-01-05 11:30
      expect: {value: 50%, n: 2}
""",
    "cases": """\
reopened:
  kind: share
  label: Cases opened again
  from: cases
  where: reopens is not null
  meets: reopens > 0
  better: lower
  target: 10%
  examples:
    - name: one of two was opened again
      given:
        cases: |
          opened_at        | reopens
          2026-01-05 09:00 | 0
          2026-01-05 10:00 | 2
      expect: {value: 50%, n: 2}
""",
    "answers": """\
low_scores:
  kind: share
  label: Scores of 2 and less
  from: answers
  where: question = 'csat' and score is not null
  meets: score <= 2
  better: lower
  target: 10%
  examples:
    - name: one of two is unhappy
      given:
        invitations: |
          invitation_id | responded_at
          r1            | 2026-01-05 09:00
        answers: |
          invitation_id | question | score
          r1            | csat     | 2
          r1            | csat     | 5
      expect: {value: 50%, n: 2}
""",
    "intervals": """\
calls_answered:
  kind: ratio
  label: Calls answered
  unit: percent
  numerator: {from: intervals, sum: answered}
  denominator: {from: intervals, sum: offered}
  better: higher
  target: 90%
  examples:
    - name: nine and eight of ten
      given:
        intervals: |
          started_at       | offered | answered
          2026-01-05 09:00 | 10      | 9
          2026-01-05 09:30 | 10      | 8
      expect: {value: 85%}
""",
    "agents": """\
hires:
  kind: total
  label: People hired
  unit: people
  from: agents
  count: rows
  examples:
    - name: two people
      given:
        agents: |
          agent_id | hired_on
          a1       | 2026-01-05
          a2       | 2026-01-06
      expect: {value: 2}
""",
}
"""A metric of one's own, by the table it is of; the first whose table has rows and what it reads is shown."""
_READS = {
    "contacts": ("abandoned", "started_at", "ended_at"),
    "cases": ("opened_at", "reopens"),
    "answers": ("question", "score"),
    "intervals": ("started_at", "offered", "answered"),
    "agents": ("hired_on",),
}


GUESSED = "CHECK THIS"
"""What stands above a time zone that nobody has said."""


def shows_something(look: FirstLook) -> bool:
    """Whether a report with the catalogue that is written has a metric to show."""
    return bool(look.headline) or _own(look) is not None


def _own(look: FirstLook) -> str | None:
    can = (table for table in _OWN if all(f"{table}.{name}" in look.columns for name in _READS[table]))
    return next(can, None)


def render(look: FirstLook) -> str:
    """The catalogue as YAML."""
    own = _own(look)
    # Where nothing that ships fits the files, the metric of one's own is what a report can show.
    alone = own is not None and not look.headline
    return "\n".join(
        [
            *_HEAD.splitlines(),
            "cxkpi: 1",
            "extends: cxkpi",
            "",
            *_headline(look, _name(_OWN[own]) if own is not None and alone else None),
            "",
            *_calendar(look),
            "",
            *_metrics(look.headline, _OWN[own or "contacts"], alone),
            "",
        ]
    )


def _name(metric: str) -> str:
    return metric.partition(":")[0]


def _headline(look: FirstLook, own: str | None) -> Iterator[str]:
    if look.headline:
        yield "# What cxkpi report shows; these files allow all of it. Others are measured with -m NAME."
        yield "headline:"
        yield from _items(look.headline, "  - ")
    elif own is not None:
        yield "# What cxkpi report shows. These files allow no metric that comes with cxkpi, but the one below."
        yield "headline:"
        yield f"  - {own}"
    else:
        yield "# What cxkpi report shows: the headline that comes with cxkpi, until this is switched on."
        yield "# These files allow none of it yet. Once they are described, cxkpi init --force writes this file anew."
        yield "#headline:"
    if look.further:
        yield "  # These files allow these, too, which have a target:"
        yield from _items(look.further, "  #- ")
    if look.more:
        yield f"  # And {look.more} more{'' if look.further else ' without a target'}: cxkpi metrics . lists them."
    if look.lacking:
        if look.headline or own is not None:
            yield "  # Not yet these:"
        yield from _items(look.lacking if look.tables else [replace(one, why=None) for one in look.lacking], "  #- ")


def _items(metrics: Sequence[Choice], lead: str) -> Iterator[str]:
    width = max(len(one.title) for one in metrics)
    for one in metrics:
        said = one.label if one.why is None else f"{one.label}; {one.why}"
        # Labels may be anything; a line of YAML is one line.
        yield f"{lead}{one.title:<{width}}  # {' '.join(said.split())}"


def _calendar(look: FirstLook) -> Iterator[str]:
    yield "calendar:"
    yield "  # Days and months are cut in this zone, and times that carry none are read in it."
    if look.zone_from == "files":
        yield "  # The files name this one."
    elif look.zone_from == "kept":
        yield "  # It is the one of the file that this one replaced."
    elif look.zone_from == "catalogue":
        yield f"  # {GUESSED}: no file says where the centre is. Names are such as America/Chicago or Asia/Manila."
    yield f"  timezone: {scalar(look.zone)}"
    yield from (f"  {line}" for line in _CALENDAR.splitlines())


def _metrics(headline: Sequence[Choice], own: str, alone: bool) -> Iterator[str]:
    off = "" if alone else "#"
    yield f"{off}metrics:"
    judged = [one for one in headline if one.target is not None and "." not in one.title]
    if judged:
        yield "  # The targets in force. To set another, switch on 'metrics:', the name of the metric and its target."
    for one in judged:
        yield f"  #{one.title}:"
        yield f"    #target: {one.target}"
        if one.alarm is not None:
            yield f"    #alarm: {one.alarm}"
    yield from comment(
        "A metric of one's own, with an example that proves it: cxkpi check computes what is given and compares. "
        "Name it under 'headline', too, or measure it with -m.",
        "  ",
    )
    for line in own.splitlines():
        text = line.lstrip()
        yield f"  {' ' * (len(line) - len(text))}{off}{text}"
