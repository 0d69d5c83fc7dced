"""Profiles that lie beside a file nobody recognises, and what must be done before they read it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from cxkpi.documents.spelling import listed
from cxkpi.errors import CatalogueError, InputError
from cxkpi.exports.adopting.adopted import FILL_IN
from cxkpi.exports.files.sources import Head, Source, head, json_headings
from cxkpi.exports.layout.inputs import UNRECOGNISED, LeftOut
from cxkpi.exports.layout.recognise import Layout, missing_of, named, recognise
from cxkpi.exports.profile import Profile
from cxkpi.exports.profile_file import parse
from cxkpi.tables import Table

_SHOWN_RULES = 4
_LARGEST = 1 << 20


def said(left: Sequence[LeftOut], drafts: Sequence[Path], tables: Mapping[str, Table]) -> list[LeftOut]:
    """What was left out; of a file nobody recognises the problem names the profile that was made for it.

    ``drafts``: profiles that are left out because nobody has confirmed them. Those in the folder of the file count,
    too: ``cxkpi adopt -o`` may have written them there, and nothing finds them by itself.
    """
    read: dict[Path, Profile | None] = {}
    found = []
    for one in left:
        if one.problem.code != UNRECOGNISED or one.source.hidden:
            found.append(one)
            continue
        every = dict.fromkeys((*drafts, *_near(one.source.path)))
        for path in every:
            if path not in read:
                read[path] = _profile(path, tables)
        profiles = [profile for path in every if (profile := read[path]) is not None]
        what = _what(one.source, profiles, {path.as_posix() for path in drafts}) if profiles else None
        found.append(one if what is None else replace(one, problem=replace(one.problem, message=what[0], hint=what[1])))
    return found


def _near(path: Path) -> list[Path]:
    """YAML files in the folder of a file, none where it may not be listed; no profile is larger than a megabyte."""
    try:
        named = [one for one in path.parent.iterdir() if one.suffix in (".yaml", ".yml")]
        return sorted(one for one in named if one.is_file() and one.stat().st_size < _LARGEST)
    except OSError:
        return []


def _profile(path: Path, tables: Mapping[str, Table]) -> Profile | None:
    """The profile in a file; None where it is something else, or wrong."""
    try:
        return parse(path.read_text(encoding="utf-8"), path.as_posix(), tables, "user")
    except (CatalogueError, UnicodeDecodeError, OSError):
        return None


def _what(source: Source, profiles: Iterable[Profile], drafts: set[str]) -> tuple[str, str] | None:
    """What is said of the first profile that fits, else of one that has the name of the file; and what to do."""
    start, of_each = head(source), partial(json_headings, source) if source.kind == "json" else None
    namesake = None
    for profile in profiles:
        if _fits(source, start, profile):
            return _fitting(profile, profile.written_in in drafts)
        if _stem(Path(profile.written_in)) in (source.path.stem, source.path.name):
            namesake = namesake or profile
    if namesake is None:
        return None
    missing = missing_of(start, namesake, of_each)
    lacks = f"the file lacks {named(missing)}" if missing else "the file does not look as it says"
    message = f"the profile {namesake.written_in} has the name of this file and does not fit it: {lacks}."
    return message, "Correct 'match' in it, or draft it anew with 'cxkpi adopt FILE'."


def _fits(source: Source, start: Head, profile: Profile) -> bool:
    of_each = partial(json_headings, source) if source.kind == "json" else None
    try:
        return isinstance(recognise(start, source.shown, [profile], sheet=source.sheet, of_each=of_each), Layout)
    except InputError:
        return False


def _stem(path: Path) -> str:
    """``calls`` for calls.yaml, calls.profile.yaml."""
    return path.stem.removesuffix(".profile")


def _fitting(profile: Profile, found_by_itself: bool) -> tuple[str, str]:
    """What is said of a profile that would read the file, and what to do."""
    path = profile.written_in
    give = f"give it with --profile {shlex.quote(path)}"
    use = "it is found by itself then" if found_by_itself else f"then {give}"
    fill = {place.line for _, place in profile.unfilled}
    confirm = [(name, place.line) for name, place in profile.unconfirmed if place.line not in fill]
    filled = [(name, place.line) for name, place in profile.unfilled]
    if not confirm and not filled:
        message = f"the profile {path} reads this file and is not in force, as nobody has named it."
        return message, f"G{give[1:]}, or put it into a folder 'profiles' beside the data."
    open_ = [
        f"{_rules(rules)} {verb}"
        for rules, verb in ((filled, f"still {_says(filled)} '{FILL_IN}'"), (confirm, "to be confirmed"))
        if rules
    ]
    message = f"a draft for this file is there, {path}, and not finished: {'; '.join(open_)}."
    return message, f"Check these rules, correct them, and remove 'confirm: true'; {use}."


def _says(rules: Sequence[object]) -> str:
    return "says" if len(rules) == 1 else "say"


def _rules(rules: Sequence[tuple[str, int | None]]) -> str:
    """``cases.opened_at (line 12) and 3 more``, in the order they stand in."""
    ordered = sorted(rules, key=lambda rule: (rule[1] or 0, rule[0]))
    names = [f"{name} (line {line})" for name, line in ordered[:_SHOWN_RULES]]
    more = len(ordered) - len(names)
    return listed([*names, *([f"{more} more"] if more else [])], "and")
