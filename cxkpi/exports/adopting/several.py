"""Drafts for all files of a folder that no profile knows: one for each layout, however many files are in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from cxkpi.errors import InputError, Problem
from cxkpi.exports.adopting import draft as adopting
from cxkpi.exports.adopting import files
from cxkpi.exports.adopting.adopted import Adopted
from cxkpi.exports.files.sources import Source
from cxkpi.exports.profile import Profile
from cxkpi.exports.profile_file import parse
from cxkpi.tables import Table


@dataclass(frozen=True, slots=True)
class Draft:
    """A profile for files of one layout, by their names in reports.

    ``adopted`` is None where ``profile`` was drafted before and waits to be confirmed.
    """

    profile: Profile
    files: tuple[str, ...]
    adopted: Adopted | None


def drafts(
    unknown: Iterable[Source], tables: Mapping[str, Table], taken: Iterable[str], waiting: Sequence[Profile] = ()
) -> tuple[list[Draft], list[tuple[Source, Problem]]]:
    """Drafts for these files, in their order, and the files of which no table can be told, with the reason.

    ``taken``: names of profiles there are. ``waiting``: drafts nobody has confirmed yet, which a file may be one of.
    """
    names = set(taken)
    found: list[tuple[Profile, Adopted | None, list[str]]] = [(one, None, []) for one in waiting]
    untold: list[tuple[Source, Problem]] = []
    for source in unknown:
        fitting = next((one for one in found if files.known(source, [one[0]]) is not None), None)
        if fitting is not None:
            fitting[2].append(source.shown)
            continue
        try:
            adopted = _drafted(source, tables, names)
        except InputError as error:
            untold.append((source, error.problems[0]))
            continue
        names.add(adopted.profile)
        found.append((parse(adopted.yaml, adopted.profile, tables, "beside"), adopted, [source.shown]))
    return [Draft(profile, tuple(shown), adopted) for profile, adopted, shown in found if shown], untold


def _drafted(source: Source, tables: Mapping[str, Table], taken: set[str]) -> Adopted:
    """The draft for a file, under a name that no other profile has."""
    grid, base = files.grid(source), files.base_name(source)
    adopted = adopting.adopt(grid, tables, name=base)
    for letter in ascii_lowercase[1:]:
        if adopted.profile not in taken:
            break
        stem, _, _ = base.partition(".")
        adopted = adopting.adopt(grid, tables, name=f"{stem}_{letter}")
    return adopted
