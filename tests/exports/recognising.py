"""Files put into a folder and recognised, without reading what is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cxkpi.exports.files.finding import find
from cxkpi.exports.layout.inputs import FileSetting, LeftOut, Recognised, recognise_all
from cxkpi.exports.profile import Profile
from cxkpi.exports.profile_file import collect, parse
from cxkpi.tables import TABLES


@cache
def shipped() -> tuple[Profile, ...]:
    """Every profile there is without a user's own."""
    return collect([], TABLES)


def profile(text: str, *, origin: str = "user") -> Profile:
    """A profile from its YAML."""
    return parse(text, "given.yaml", TABLES, origin)  # type: ignore[arg-type]  # one of the words for it


@dataclass(frozen=True)
class Outcome:
    """What became of the files."""

    recognised: Sequence[Recognised]
    left: Sequence[LeftOut]
    notes: Sequence[str]

    @property
    def profiles(self) -> dict[str, str]:
        """Name in reports -> profile, or the word for what is left out."""
        found = {file.shown: file.layout.profile.name for file in self.recognised}
        return found | {file.source.shown: file.word for file in self.left}

    def one(self) -> Recognised:
        """The only export."""
        (file,) = self.recognised
        return file


def write(folder: Path, files: Mapping[str, str | bytes]) -> list[Path]:
    """The files, written into a folder that is made for them."""
    paths = []
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        paths.append(path)
    return paths


def recognised(
    folder: Path,
    files: Mapping[str, str | bytes],
    *profiles: Profile,
    named: bool = False,
    settings: Sequence[FileSetting] = (),
    lenient: bool = False,
) -> Outcome:
    """What the files in a folder are; ``named``: each given by its own name."""
    paths = write(folder, files)
    found, notes = find(paths if named else [folder])
    outcome = recognise_all(found, [*profiles, *shipped()], settings, lenient=lenient)
    return Outcome(outcome[0], outcome[1], [*notes, *outcome[2]])
