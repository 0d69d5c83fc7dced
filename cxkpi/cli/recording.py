"""A run as it is recorded and compared: ``--manifest``, ``--against`` and ``--pseudonyms``, beside what report does."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxkpi.cli import messages, output
from cxkpi.errors import InputError, Place, Problem, UsageError

if TYPE_CHECKING:
    import typer

    from cxkpi.catalogue.load import Catalogue
    from cxkpi.measurement.run_file import RunFile
    from cxkpi.measurement.runs.recorded import Asked, Seen
    from cxkpi.reports.manifest import Manifest
    from cxkpi.reports.pseudonyms import Key
    from cxkpi.result import Result

UNRECORDED = frozenset(
    {
        *("paths", "output", "format", "manifest", "against", "pseudonyms", "rejects", "max-rejects", "max-age"),
        *("fail-on", "quiet", "no-cache", "log-format", "open", "help"),
    }
)
"""Options that change no byte of an output, or have a place of their own in a manifest."""

# Of the packages that write a kind of file, those whose version can change its bytes.
_WRITERS: Mapping[str, tuple[str, ...]] = {
    "html": ("altair", "jinja2", "vl-convert-python"),
    "pdf": ("altair", "jinja2", "vl-convert-python"),
    "xlsx": ("xlsxwriter",),
}


def long_name(param: Any) -> str:
    """What a parameter is called in a manifest: its long option without the dashes; an argument by its name."""
    return next((name[2:] for name in param.opts if name.startswith("--")), str(param.name))


def options(context: typer.Context) -> dict[str, str | bool | tuple[str, ...]]:
    """The options of a call that are not at their default and can change an output, by their long names, sorted."""
    found: dict[str, str | bool | tuple[str, ...]] = {}
    for param in context.command.params:
        name, value = long_name(param), context.params.get(str(param.name))
        if name in UNRECORDED or value in (None, False, (), []) or value == param.default:
            continue
        if isinstance(value, list | tuple):
            found[name] = tuple(map(str, value))
        else:
            found[name] = value if isinstance(value, bool) else str(value)
    return dict(sorted(found.items()))


def read(path: Path) -> Manifest:
    """A manifest.

    Raises:
        UsageError: There is none, or it may not be read.
        InputError: The file is none.
    """
    from cxkpi.reports import manifest

    try:
        if path.exists() and not path.is_file():
            raise OSError(errno.EINVAL, "it is a folder" if path.is_dir() else "it is not a file")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(Problem("I199", "this is no manifest of a run.", Place(str(path)))) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "Name the file that 'cxkpi report --manifest FILE' wrote."
        raise UsageError(
            Problem("U140", f"the manifest {str(path)!r} cannot be read: {reason}.", None, hint)
        ) from error
    return manifest.parse(text, str(path))


def key(path: Path | None, *, quiet: bool = False) -> Key | None:
    """The key of ``--pseudonyms``; warns where others than its owner can read it, unless ``quiet``.

    Raises:
        UsageError: It cannot be read, or is too short to keep names secret.
    """
    if path is None:
        return None
    from cxkpi.reports.pseudonyms import LEAST_BYTES, Key

    hint = "Make one with: (umask 077; head -c 32 /dev/urandom | base64 > names.key)"
    try:
        secret = path.read_bytes().strip()
        mode = path.stat().st_mode
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"--pseudonyms: {str(path)!r} cannot be read: {reason}."
        raise UsageError(Problem("U141", message, None, hint)) from error
    if len(secret) < LEAST_BYTES:
        message = f"--pseudonyms: the key in {str(path)!r} has {len(secret)} bytes, and {LEAST_BYTES} are needed."
        raise UsageError(Problem("U142", message, None, hint))
    if os.name == "posix" and mode & 0o077 and not quiet:
        messages.warn(f"others can read {path}, and with it find out who is who: chmod 600 {path}")
    return Key(secret)


class Recording:
    """One run on its way: what is looked at before it, and what is written after it.

    Without manifest and comparison it does nothing.
    """

    def __init__(
        self,
        context: typer.Context,
        meant: RunFile,
        *,
        manifest: Path | None,
        against: Path | None,
        catalogue: Path | None,
        profiles: Sequence[Path],
        leave_out: Sequence[Path],
        engine: str,
        key: Key | None,
        key_file: Path | None,
    ) -> None:
        self.manifest, self._against = manifest, against
        self._context, self._engine, self._key, self._key_file = context, engine, key, key_file
        self._catalogue: Catalogue | None = None
        if manifest is None and against is None:
            return
        from cxkpi.measurement.runs import provenance

        self._past = None if against is None else read(against)
        self._against_hash = None if against is None else provenance.digest(against)
        if self._past is not None and against is not None:
            self._check(self._past, against)
        self._watched = provenance.Watched(meant, profiles, leave_out)
        self._catalogue, self._catalogue_files = provenance.load_catalogue(catalogue or meant.catalogue)
        self._no_names(self._catalogue)

    def catalogue(self, path: Path | None) -> Any:
        """What the measurement is to go by: the catalogue as it is recorded, else the path that was named."""
        return path if self._catalogue is None else self._catalogue

    def seen(self, result: Result, again: Callable[[str], Result]) -> Result:
        """The Result with what became of the earlier run's numbers; ``again`` measures as of another instant.

        Raises:
            InputError: A file changed while it was read.
        """
        if self._catalogue is None:
            return result
        self._seen: Seen = self._watched.seen()
        if self._past is None:
            return result
        from cxkpi.measurement.runs import against, asked
        from cxkpi.result import Uncompared

        run, lasting = self._manifest(result, ()), _lasting(result)
        defined = frozenset(metric.key for metric in self._catalogue.metrics.values())
        now = asked.Now(run.asking, defined, self._seen.inputs, run.rest, lambda moment: _lasting(again(moment)))
        found = against.restated(self._past.past(str(self._against)), lasting, now)
        if len(lasting.rows) < len(result.rows):
            numbered = Uncompared("by", result.by, "both")
            found = replace(found, uncompared=(*found.uncompared, numbered))
        return replace(result, restated=found)

    def add(self, files: output.Together, kinds: Sequence[str], result: Result) -> None:
        """The manifest of the files that are about to appear, as the last of them. ``kinds``: what each of them is."""
        if self.manifest is None:
            return
        from cxkpi.reports import manifest

        outputs = [
            manifest.Output(one.path.as_posix(), kind, one.size, one.sha256)
            for one, kind in zip(files.written, kinds, strict=True)
        ]
        files.add(self.manifest, manifest.render(self._manifest(result, outputs)))

    def _manifest(self, result: Result, outputs: Sequence[Any]) -> Manifest:
        from cxkpi.measurement.runs import provenance
        from cxkpi.measurement.runs.against import past_rows
        from cxkpi.reports.manifest import Manifest, Pseudonyms

        key, file = self._key, self._key_file
        packages = [package for one in outputs for package in _WRITERS.get(one.kind, ())]
        return Manifest(
            root=_root(self.manifest) if self.manifest is not None else ".",
            paths=tuple(path.as_posix() for path in self._context.params.get("paths") or ()),
            options=options(self._context),
            versions=provenance.versions(self._engine, packages),
            as_of=result.as_of,
            as_of_from_data=result.as_of_from_data,
            catalogue_path=result.catalogue_path,
            catalogue_hash=result.catalogue_hash,
            catalogue=self._catalogue_files,
            profiles_used=tuple(sorted({entry.profile for entry in result.files if entry.tables})),
            seen=self._seen,
            pseudonyms=None if key is None or file is None else Pseudonyms(file.as_posix(), key.mark),
            against=self._against_hash,
            outputs=tuple(outputs),
            cells=past_rows(_lasting(result)),
            metrics=self._asked(),
            around=None if self._catalogue is None else provenance.around(self._catalogue),
        )

    def _asked(self) -> tuple[Asked, ...]:
        """The metrics that the run is asked for, also those that cannot be computed."""
        from cxkpi.cli import arguments
        from cxkpi.measurement.run import choose
        from cxkpi.measurement.runs.recorded import Asked

        if self._catalogue is None:
            return ()
        given = self._context.params
        named = arguments.metrics(given.get("metric") or (), bool(given.get("all_metrics")))
        chosen = choose(self._catalogue, named, bool(given.get("all_metrics")))
        return tuple(Asked(one.name, one.variant, one.unit, one.min_n) for one in chosen)

    def _check(self, past: Manifest, path: Path) -> None:
        """Refuse a run whose numbers are those of another question.

        Raises:
            UsageError: It was cut or selected otherwise, or its people go by other names.
        """
        now = options(self._context)
        for name, default in (("every", "month"), ("only", ())):
            if past.options.get(name, default) != now.get(name, default):
                written = _written(name, past.options.get(name, default))
                message = f"--against: the run of {path} was asked with {written}, and its numbers are others."
                raise UsageError(Problem("U143", message, None, "Ask the same, or compare with another run."))
        mark = None if past.pseudonyms is None else past.pseudonyms.mark
        if mark != (None if self._key is None else self._key.mark):
            message = f"--against: in the run of {path} people go by other names."
            raise UsageError(Problem("U144", message, None, "Give the key of that run with --pseudonyms."))

    def _no_names(self, catalogue: Catalogue) -> None:
        """Refuse a selection by what the figures in the manifest do not name: customers and their records, and with
        pseudonyms the centre's people, too.

        Raises:
            UsageError: There is one.
        """
        from cxkpi.measurement.computing.dimensions import identifies
        from cxkpi.reports.reading import is_hidden, outside

        if self.manifest is None:
            return
        hidden = outside if self._key is None else is_hidden
        for condition in self._context.params.get("only") or ():
            dimension = str(condition).partition("=")[0].strip()
            further = {dimension} if identifies(dimension, catalogue.tables.values()) else ()
            if hidden(dimension, further):
                message = f"--only {dimension}=… names a person or a record, and the manifest would hold the name."
                raise UsageError(Problem("U145", message, None, "Leave out --manifest, or select by something else."))


def _lasting(result: Result) -> Result:
    """A Result without figures of single customers, who are numbered anew in every report and named in none."""
    from cxkpi.reports.reading import sheltered

    shown = sheltered(result).rows
    return replace(result, rows=tuple(row for row, safe in zip(result.rows, shown, strict=True) if row.by == safe.by))


def _written(name: str, value: object) -> str:
    values = [str(one) for one in value] if isinstance(value, tuple) else [str(value)]
    return " ".join(f"--{name} {one}" for one in values) or f"no --{name}"


def _root(manifest: Path) -> str:
    """The folder that paths start from, as seen from the manifest's."""
    try:
        return Path(os.path.relpath(Path.cwd(), manifest.resolve().parent)).as_posix()
    except ValueError:
        return Path.cwd().as_posix()
