"""How old the data may be: the only place where the clock on the wall is read, and never to change a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cxkpi.cli import messages
from cxkpi.errors import EXIT_FINE, EXIT_STALE, Problem, UsageError

if TYPE_CHECKING:
    from cxkpi.measurement.run_file import Age

# Clocks differ, and a zone may be wrong by half a day.
_AHEAD = timedelta(days=1)


def limits(max_age: str | None, ages: Sequence[Age]) -> tuple[Age, ...]:
    """What may be how old: the option's limit for everything, and those of the run file.

    Raises:
        UsageError: The option is no length of time.
    """
    if max_age is None:
        return tuple(ages)
    from cxkpi.catalogue.values.quantities import Refusal
    from cxkpi.measurement.run_file import age

    limit = age("*", max_age.strip())
    if isinstance(limit, Refusal):
        raise UsageError(Problem("U112", f"--max-age: {limit.message}.", None, limit.hint))
    return (*ages, limit)


def check(
    ages: Sequence[Age],
    newest: Mapping[str, tuple[datetime | None, datetime | None]],
    now: datetime | None = None,
) -> int:
    """The exit code, and a line for each limit that is exceeded.

    ``newest``: of every file, by its name, the newest instant and when it was written, as naive UTC. A file whose rows
    have no instants is as new as it was written; one that should have some and has none, because it is empty or all of
    it was rejected, has neither and makes nothing new. All files together are as new as their newest instant. Several
    files that fit one pattern are one source, whose newest file counts. ``now``: the present, for tests.
    """
    from cxkpi.exports.layout.inputs import fits_name

    present = (now or datetime.now(UTC)).replace(tzinfo=None)
    code = EXIT_FINE
    for age in ages:
        everything = age.pattern == "*"
        fitting = [times for name, times in newest.items() if everything or fits_name(age.pattern, name)]
        events = [event for event, _ in fitting if event is not None]
        written = [at for event, at in fitting if event is None and at is not None]
        should = events or any(times == (None, None) for times in fitting)
        dated = [*events, *([] if everything and should else written)]
        which = "the data" if everything else age.pattern
        if fitting and not dated:
            _say(f"there is no event in {which}, which must not be older than {age.written}.")
        elif not dated:
            _say(f"no file fits {which}, which must not be older than {age.written}.")
        elif max(dated) - present > _AHEAD:
            # How new the rest is cannot be seen behind it, and a wrong date must not switch the watch off.
            ahead = f"{max(dated):%Y-%m-%d}"
            _say(f"the newest event of {which} lies in the future, on {ahead}: a wrong date?")
        elif present - max(dated) > age.limit:
            behind = _length(present - max(dated))
            _say(f"the newest event of {which} is {behind} old; it may be {age.written}.")
        else:
            continue
        code = EXIT_STALE
    return code


def _say(text: str) -> None:
    messages.say(f"stale: {text}", "error", code="stale", message=text)


def _length(age: timedelta) -> str:
    from cxkpi.reports.figures import fixed

    hours = age / timedelta(hours=1)
    return f"{fixed(hours, 0)} h" if hours < 72 else f"{fixed(hours / 24, 0)} days"
