"""HTML: one file that needs no network and no script; a few lines of script sort its tables where there is one.

The page allows itself exactly the style and the script it was written with (by their hashes), and no request at all.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from cxkpi.reports.html.content import compose
from cxkpi.result import Result


def render(result: Result, *, show_values: bool = False) -> str:
    """The report as one HTML page.

    ``show_values``: identifiers and free text among the dimension values are printed; otherwise they are numbered. The
    bytes depend on the Result alone.
    """
    style, script = (_packed(name) for name in ("report.css", "report.js"))
    allowed = "; ".join(
        (
            "default-src 'none'", f"style-src '{_hashed(style)}'", f"script-src '{_hashed(script)}'", "img-src data:",
            "base-uri 'none'", "form-action 'none'",
        )
    )  # fmt: skip
    page = compose(result, show_values=show_values)
    return _template().render(page=page, style=style, script=script, allowed=allowed) + "\n"


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_packed("report.html.j2"))


@cache
def _packed(name: str) -> str:
    # Line ends of a checkout would change the hash.
    return (files(__name__) / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _hashed(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
