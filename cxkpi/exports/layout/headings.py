"""Headings of a file and the names a profile has for them: spellings, zones in brackets, patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from zoneinfo import ZoneInfo

from cxkpi.exports.profile import Profile, normalise

LIKE = "like:"
_IN_BRACKETS = re.compile(r"\s*\(([A-Za-z]+(?:[/_+-][A-Za-z0-9_+-]+)*)\)\s*$")
_WITHOUT_SLASH = frozenset({"UTC", "GMT"})
_LOOSE = re.compile(r"[\s_\-]+")


@lru_cache(maxsize=8192)
def loose(heading: str) -> str:
    """A normalised heading without spaces, underscores and hyphens: ``contact_id`` and ``ContactID`` are one."""
    return _LOOSE.sub("", normalise(heading))


@lru_cache(maxsize=8192)
def zone_in(heading: str) -> tuple[str, str | None]:
    """A heading without the time zone in brackets at its end, and that zone; ``Started at (Europe/Berlin)``."""
    match = _IN_BRACKETS.search(heading)
    if match is None:
        return heading, None
    zone = match.group(1)
    if zone not in _WITHOUT_SLASH:
        if "/" not in zone:
            return heading, None
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            return heading, None
    return heading[: match.start()], zone


def zones_of(headings: Iterable[str]) -> Mapping[int, str]:
    """Position -> the zone that its heading names."""
    named = ((position, zone_in(heading)[1]) for position, heading in enumerate(headings))
    return {position: zone for position, zone in named if zone is not None}


def matching(pattern: str, headings: Sequence[str]) -> int | None:
    """The position of the first heading that a pattern is found in, without regard to case."""
    compiled = re.compile(pattern, re.IGNORECASE)
    plain = (" ".join(heading.split()) for heading in headings)
    return next((at for at, heading in enumerate(plain) if heading and compiled.search(heading)), None)


def patterns_of(profile: Profile) -> tuple[str, ...]:
    """Every pattern by which a profile looks for a heading, in rules and in conditions."""
    in_conditions = (name.removeprefix(LIKE) for name in profile.used if name.startswith(LIKE))
    return tuple(dict.fromkeys((*profile.patterns, *in_conditions)))


def loosely(headings: Sequence[str]) -> Mapping[str, int]:
    """Loose spelling -> position, of headings with and without their zones; none that two different ones share."""
    places: dict[str, dict[str, int]] = {}
    for position, heading in enumerate(headings):
        for name in (normalise(heading), normalise(zone_in(heading)[0])):
            if name:
                places.setdefault(loose(name), {}).setdefault(name, position)
    return {key: min(named.values()) for key, named in places.items() if len(set(named.values())) == 1}


def positions(headings: Sequence[str], profile: Profile) -> Mapping[str, int]:
    """Where each name is found that a profile may ask for, normalised; ``like:`` and a pattern for patterns.

    A heading as it is comes first (the first of repeated ones), then without its zone, then the profile's other
    spellings of it, then the one that differs only in spaces, underscores and hyphens, if there is only one. The plain
    layouts take headings as they are, because their names are too common.
    """
    found: dict[str, int] = {}
    for position, heading in enumerate(headings):
        name = normalise(heading)
        if name:
            found.setdefault(name, position)
    if not profile.closed:
        for position, heading in enumerate(headings):
            bare, zone = zone_in(heading)
            if zone is not None and normalise(bare):
                found.setdefault(normalise(bare), position)
        _further(found, profile, loosely(headings))
    for pattern in patterns_of(profile):
        at = matching(pattern, headings)
        if at is not None:
            found[f"{LIKE}{pattern}"] = found[normalise(f"{LIKE}{pattern}")] = at
    return found


def _further(found: dict[str, int], profile: Profile, alike: Mapping[str, int]) -> None:
    """Add names that stand under another spelling."""
    for written in profile.used:
        name = normalise(written)
        if name in found:
            continue
        spellings = [normalise(other) for other in profile.spelled(written)]
        at = next((found[other] for other in spellings if other in found), None)
        if at is None:
            at = next((alike[loose(other)] for other in spellings if loose(other) in alike), None)
        if at is not None:
            found[name] = at
