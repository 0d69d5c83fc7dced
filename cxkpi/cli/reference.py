"""The program's own reference, from its commands as they are: ``docs/cli.md`` and the manual page ``man/cxkpi.1``.

Written with ``python -m cxkpi.cli.reference markdown`` and ``python -m cxkpi.cli.reference man``; tests compare.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cxkpi import errors
from cxkpi._version import __version__

EXIT_CODES: Mapping[int, str] = {
    errors.EXIT_FINE: "Fine.",
    errors.EXIT_GATE: "A gate failed: --fail-on, or something differs.",
    errors.EXIT_USAGE: "Typed wrongly, or a path that is not there.",
    errors.EXIT_INPUT: "Input cannot be used, or a metric asked for by name cannot be computed.",
    errors.EXIT_STALE: "Data are older than they may be.",
    errors.EXIT_CATALOGUE: "A catalogue, profile or cxkpi.yaml is wrong.",
    errors.EXIT_INTERNAL: "A fault of cxkpi; please report it.",
    errors.EXIT_OUTPUT: "An output could not be written.",
    errors.EXIT_INTERRUPTED: "Interrupted; 143 if told to stop, 129 if its terminal was closed.",
}
ALWAYS = (errors.EXIT_FINE, errors.EXIT_USAGE, errors.EXIT_INTERNAL, errors.EXIT_OUTPUT, errors.EXIT_INTERRUPTED)
_GATE, _INPUT, _STALE, _CATALOGUE = errors.EXIT_GATE, errors.EXIT_INPUT, errors.EXIT_STALE, errors.EXIT_CATALOGUE
FURTHER: Mapping[str, tuple[int, ...]] = {
    "report": (_GATE, _INPUT, _STALE, _CATALOGUE),
    "doctor": (_INPUT, _CATALOGUE),
    "metrics": (_INPUT, _CATALOGUE),
    "check": (_GATE, _CATALOGUE),
    "diff": (_GATE, _INPUT, _CATALOGUE),
    "adopt": (_INPUT, _CATALOGUE),
    "init": (_INPUT, _CATALOGUE),
    "tables": (_INPUT, _CATALOGUE),
    "verify": (_GATE, _INPUT, _CATALOGUE),
}
"""Command to the exit codes it may have besides those every command has."""

FILES: Mapping[str, str] = {
    "cxkpi.yaml": "Beside the data: what to read, how, and what to write, so that 'cxkpi report' is enough.",
    "metrics.yaml": "A catalogue: what each metric means. One comes with cxkpi; -c names another.",
    "people.csv, customers.csv": "Beside the data: which ids, logins and numbers are the same person.",
    "profiles/": "Beside the data: profiles of file layouts that cxkpi does not know.",
    "~/.cache/cxkpi": "What is kept of files read before; 'cxkpi cache' lists and clears it.",
}
ENVIRONMENT: Mapping[str, str] = {
    "CXKPI_CACHE": "Another folder for the cache.",
    "XDG_CACHE_HOME": "Where caches are kept, if CXKPI_CACHE does not say.",
    "BROWSER": "What 'report --open' shows the page with.",
    "COLUMNS": "How wide tables are; else the width of the terminal, and 100 in a pipe.",
    "NO_COLOR": "If set, nothing is coloured.",
    "TMPDIR": "Where tables are written while a report is computed.",
}
SYNOPSIS = "contact-centre KPIs that hold up, from the exports you already have"


@dataclass(frozen=True, slots=True)
class Entry:
    """An argument or option: its names and what stands for its value; its help, with markup."""

    names: tuple[str, ...]
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """A command. ``blocks``: its help as ("text" | "heading" | "code", text), with markup."""

    name: str
    usage: str
    summary: str
    blocks: tuple[tuple[str, str], ...]
    arguments: tuple[Entry, ...]
    options: tuple[tuple[str, tuple[Entry, ...]], ...]
    codes: tuple[int, ...]


def pages() -> tuple[Page, ...]:
    """The program itself, then every command, in the order of ``--help``."""
    import typer

    from cxkpi.cli.commands import app

    root: Any = typer.main.get_command(app)
    context = root.make_context("cxkpi", [], resilient_parsing=True)
    found = [_page(root, context, "cxkpi")]
    for name, command in root.commands.items():
        if not command.hidden:
            inner = command.make_context(name, [], parent=context, resilient_parsing=True)
            found.append(_page(command, inner, f"cxkpi {name}"))
    return tuple(found)


def _page(command: Any, context: Any, name: str) -> Page:
    params = command.get_params(context)
    panels: dict[str, list[Entry]] = {}
    for param in params:
        if param.param_type_name == "option" and not param.hidden:
            panels.setdefault(getattr(param, "rich_help_panel", None) or "Options", []).append(_option(param, context))
    blocks = tuple(_blocks(command.help or ""))
    return Page(
        name,
        " ".join([name, *map(_usage, command.collect_usage_pieces(context))]),
        blocks[0][1].split(". ")[0].rstrip("."),
        blocks,
        tuple(_argument(one) for one in params if one.param_type_name == "argument"),
        tuple((panel, tuple(entries)) for panel, entries in panels.items()),
        tuple(sorted({*ALWAYS, *FURTHER.get(name.partition(" ")[2], ())})),
    )


def _usage(piece: str) -> str:
    """``FILE`` for what is needed, ``[FILE]`` for what may be left out."""
    return re.sub(r"\{(\w+)\}", r"\1", piece).replace("[[", "[").replace("]]", "]")


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split("\n\n"):
        if part.startswith(" "):
            yield "code", "\n".join(line.strip() for line in part.split("\n"))
        elif heading := re.fullmatch(r"\[bold\](\w+)\[/\]", part.strip()):
            yield "heading", heading[1]
        elif part.strip():
            yield "text", part.strip()


def _argument(param: Any) -> Entry:
    return Entry((param.metavar or param.name.upper(),), "…" if param.nargs == -1 else "", param.help or "")


def _option(param: Any, context: Any) -> Entry:
    choices = param.type_descriptor.choices if param.type_descriptor.is_choice else None
    value = "" if param.is_flag else param.metavar or "|".join(map(str, choices or ()))
    default = param.default
    shown = param.show_default and not param.is_flag and default not in (None, (), [], False)
    text = param.help or ""
    # Click keeps the names of --help in no order.
    names = tuple(sorted(param.opts, key=lambda name: (not name.startswith("--"), name)))
    return Entry(names, value, f"{text} Default: {default}." if shown else text)


# -- Markdown ----------------------------------------------------------------------------------------------------------


def markdown() -> str:
    """The reference as one page of Markdown."""
    lines = [
        "# Command line",
        "",
        "Every command with its arguments and options, as `cxkpi COMMAND --help` prints them. This page is made from",
        "the program: `python -m cxkpi.cli.reference markdown > docs/cli.md`.",
        "",
    ]
    for page in pages():
        lines += [f"## {page.name}", "", "```text", page.usage, "```", ""]
        for kind, text in page.blocks:
            if kind == "code":
                lines += ["```sh", *text.split("\n"), "```", ""]
            else:
                lines += [f"**{text}**" if kind == "heading" else _marked(text), ""]
        if page.arguments:
            lines += _table("argument", page.arguments)
        for panel, entries in page.options:
            lines += _table("option" if panel == "Options" else panel, entries)
        if page.name != "cxkpi":
            lines += [f"Exit codes: {', '.join(map(str, page.codes))}.", ""]
    lines += ["## Exit codes", "", "| code | means |", "|---|---|"]
    lines += [f"| {code} | {_marked(text)} |" for code, text in EXIT_CODES.items()]
    for heading, known in (("Files", FILES), ("Environment", ENVIRONMENT)):
        lines += ["", f"## {heading}", "", "| name | meaning |", "|---|---|"]
        lines += [f"| `{name}` | {_marked(text)} |" for name, text in known.items()]
    return "\n".join(lines) + "\n"


def _table(heading: str, entries: Sequence[Entry]) -> list[str]:
    rows = [f"| {heading} | meaning |", "|---|---|"]
    for one in entries:
        names = ", ".join(f"`{name}`" for name in one.names)
        value = one.value.replace("|", r"\|")
        rows.append(f"| {names}{f' {value}' if value else ''} | {_marked(one.text)} |")
    return [*rows, ""]


def _marked(text: str) -> str:
    flowing = re.sub(r"\[bold\](.*?)\[/\]", r"`\1`", text.replace("\n", " "))
    return flowing.replace("|", r"\|").replace("<", "&lt;")


# -- the manual page ---------------------------------------------------------------------------------------------------

_ROFF = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", '"': "\\(dq"}


def man() -> str:
    """The manual page, in the macros of man(7)."""
    root, *commands = pages()
    lines = [
        '.\\" Made from the program: python -m cxkpi.cli.reference man > man/cxkpi.1',
        f'.TH CXKPI 1 "" "cxkpi {__version__}" "User Commands"',
        ".nh",
        ".ad l",
        ".SH NAME",
        f"cxkpi \\- {_roff(SYNOPSIS)}",
        ".SH SYNOPSIS",
    ]
    for page in (root, *commands):
        program, _, rest = page.usage.removeprefix(page.name).lstrip().partition("\n")
        lines += [f".B {_roff(page.name)}", f"{_roff(program)}{rest}", ".br"]
    lines = [*lines[:-1], ".SH DESCRIPTION", *_roff_blocks(root.blocks), ".SH OPTIONS"]
    for _, entries in root.options:
        lines += _roff_entries(entries)
    lines.append(".SH COMMANDS")
    for page in commands:
        lines += [f".SS {_roff(page.usage)}", *_roff_blocks(page.blocks)]
        if page.arguments:
            lines += [".PP", "\\fBArguments\\fR", *_roff_entries(page.arguments)]
        for panel, entries in page.options:
            lines += [".PP", f"\\fB{_roff(panel)}\\fR", *_roff_entries(entries)]
        lines += [".PP", f"Exit status: {', '.join(map(str, page.codes))}."]
    lines.append(".SH EXIT STATUS")
    lines += [line for code, text in EXIT_CODES.items() for line in (".TP", f".B {code}", _roff(text))]
    for heading, known in (("FILES", FILES), ("ENVIRONMENT", ENVIRONMENT)):
        lines.append(f".SH {heading}")
        lines += [line for name, text in known.items() for line in (".TP", f".B {_roff(name)}", _roff(text))]
    return "\n".join(lines) + "\n"


def _roff_blocks(blocks: Sequence[tuple[str, str]]) -> Iterator[str]:
    for kind, text in blocks:
        if kind == "code":
            yield from (".PP", ".RS 4", ".EX", *(_roff(line) for line in text.split("\n")), ".EE", ".RE")
        else:
            yield from (".PP", f"\\fB{_roff(text)}\\fR" if kind == "heading" else _roff(text))


def _roff_entries(entries: Sequence[Entry]) -> Iterator[str]:
    for one in entries:
        names = ", ".join(f"\\fB{_roff(name)}\\fR" for name in one.names)
        yield from (".TP", f"{names} \\fI{_roff(one.value)}\\fR" if one.value else names, _roff(one.text) or "\\&")


def _roff(text: str) -> str:
    """A text on one line in which roff finds nothing to obey."""
    parts = re.split(r"\[bold\](.*?)\[/\]", text.replace("\n", " "))
    written = "".join(
        f"\\fB{_characters(part)}\\fR" if number % 2 else _characters(part) for number, part in enumerate(parts)
    )
    return f"\\&{written}" if written.startswith(".") else written


def _characters(text: str) -> str:
    return "".join(_ROFF.get(char, char if char.isascii() else f"\\[u{ord(char):04X}]") for char in text)


if __name__ == "__main__":
    sys.stdout.write({"markdown": markdown, "man": man}[sys.argv[1]]())
