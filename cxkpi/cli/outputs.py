"""What a report can be written as: one table of kinds, for ``--format`` and for the files of ``--output``.

A new kind is one line here. Its module is imported when it is asked for, and no sooner: none of them is needed for
``--help``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from cxkpi.result import Result

Printed = Literal["table", "json", "csv", "markdown", "prometheus"]
"""What ``--format`` takes. ``table`` is for terminals, and its kind alone is not in the table below."""
Locale = Literal["en", "de"]


@dataclass(frozen=True, slots=True)
class Output:
    """One kind of report.

    ``module`` has ``render(result, …)``, which gives text or bytes. ``extension``: how the name of its files ends.
    ``takes``: what else ``render`` wants to know, of ``show_values`` and ``locale``.
    """

    module: str
    extension: str
    takes: tuple[str, ...] = ()


OUTPUTS: Mapping[str, Output] = {
    "html": Output("cxkpi.reports.html", ".html", ("show_values",)),
    "xlsx": Output("cxkpi.reports.xlsx", ".xlsx", ("show_values",)),
    "markdown": Output("cxkpi.reports.markdown", ".md", ("show_values",)),
    "csv": Output("cxkpi.reports.delimited", ".csv", ("locale",)),
    "json": Output("cxkpi.reports.json", ".json"),
    "parquet": Output("cxkpi.reports.parquet", ".parquet"),
    "prometheus": Output("cxkpi.reports.prometheus", ".prom"),
    "pdf": Output("cxkpi.cli.pdf", ".pdf", ("show_values",)),
}
EXTENSIONS: Mapping[str, str] = {output.extension: kind for kind, output in OUTPUTS.items()}
"""File extension to the kind written there."""


def ready(files: Sequence[tuple[Path, str]]) -> None:
    """Refuse before anything is measured what this machine cannot write.

    Raises:
        UsageError: A PDF is asked for, and there is no browser to print it.
    """
    if any(kind == "pdf" for _, kind in files):
        from cxkpi.cli import pdf

        pdf.browser()


def render(result: Result, kind: str, *, show_values: bool = False, locale: Locale = "en") -> bytes:
    """The report as one of ``OUTPUTS``, as it goes into a file. Customers are numbered in every one of them."""
    from cxkpi.reports.reading import sheltered

    output = OUTPUTS[kind]
    settings: dict[str, Any] = {"show_values": show_values, "locale": locale}
    chosen = {name: settings[name] for name in output.takes}
    written = import_module(output.module).render(sheltered(result, show_values=show_values), **chosen)
    return written if isinstance(written, bytes) else written.encode("utf-8", "backslashreplace")
