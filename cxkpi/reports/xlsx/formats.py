"""How cells look: one number format per kind of figure, and colours for verdicts.

A spreadsheet keeps durations in days. It shows none below 0, so an interval's lower limit below 0 is text.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Any

from cxkpi.reports.figures import Scale

DAY_S = 86400
_HAIR = 2.0**-50


class Formats:
    """The formats of one workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}
        # Most cells have one of a few looks, so what they are called by is looked up, not worked out.
        self._codes: dict[str, Any] = {}
        self._texts: dict[tuple[bool, bool, int], Any] = {}

    def _format(self, **properties: Any) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(properties)
        return self._made[key]

    def number(self, scale: Scale, value: float, *, extra: int = 0) -> Any:
        """The format of a metric's figure, with ``extra`` decimals beyond the usual."""
        return self.of(_value(scale, scale.places(value) + extra))

    def axis(self, scale: Scale) -> str:
        """The number code of a chart's axis."""
        return _value(scale, 0 if scale.style == "percent" else scale.decimals)

    def change(self, scale: Scale, difference: float) -> Any:
        """The format of a metric's change, see :func:`change`; one that is shown as 0 has no sign."""
        signed = any(digit in "123456789" for digit in scale.number(difference, signed=True))
        return self.of(_change(scale, scale.places(difference, change=True), signed=signed))

    def counted(self, amount: float | None) -> Any:
        """The format of an amount that is counted or added up, as it is."""
        return self.of("#,##0" if amount is None or amount == int(amount) else "#,##0.00")

    def of(self, code: str) -> Any:
        """The format of a number code."""
        if code not in self._codes:
            self._codes[code] = self._format(num_format=code, align="right", valign="top")
        return self._codes[code]

    def text(self, *, wrapped: bool = False, quoted: bool = False, indent: int = 0) -> Any:
        """Text. ``quoted``: it stays text when somebody edits the cell, although it begins like a formula."""
        key = (wrapped, quoted, indent)
        if key not in self._texts:
            self._texts[key] = self._format(
                num_format="@", align="left", valign="top", text_wrap=wrapped, quote_prefix=quoted, indent=indent
            )
        return self._texts[key]

    def heading(self, *, right: bool = False, indent: int = 0) -> Any:
        """A heading, over figures on the ``right``."""
        align = "right" if right else "left"
        look = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom", "bg_color": "#EEF2F6"}
        return self._format(align=align, indent=indent, **look)

    @property
    def title(self) -> Any:
        return self._format(bold=True, font_size=14)

    @cached_property
    def day(self) -> Any:
        return self._format(num_format="yyyy-mm-dd", align="left", valign="top")

    @cached_property
    def instant(self) -> Any:
        return self._format(num_format="yyyy-mm-dd hh:mm:ss", align="left", valign="top")

    @property
    def verdicts(self) -> tuple[tuple[str, Any], ...]:
        """What a verdict colours its value with."""
        return (
            ("met", self._format(font_color="#1A6B3A", bg_color="#E3F3E8")),
            ("missed", self._format(font_color="#9C2A1C", bg_color="#FBE6E3")),
            ("alarm", self._format(font_color="#FFFFFF", bg_color="#A61B16", bold=True)),
        )


def stored(scale: Scale, value: float) -> float:
    """A value as a spreadsheet keeps it: durations in days, everything else as it is.

    Seconds that are half way go a hair beyond it: their fraction of a day is hardly ever exact, and they would be
    rounded down. The hair is less than what a spreadsheet writes into its file.
    """
    if scale.style not in ("clock", "seconds"):
        return value
    half_way = "." in (written := repr(value)) and written.endswith("5")
    return value / DAY_S * (1 + _HAIR if half_way else 1)


def change(scale: Scale, difference: float) -> float:
    """A change in the unit its format names: seconds, percentage points, or the metric's own."""
    return float(Decimal(repr(difference)).scaleb(2)) if scale.style == "percent" else difference


def _value(scale: Scale, decimals: int) -> str:
    point = "." + "0" * decimals if decimals else ""
    match scale.style:
        case "clock":
            return f"[>={_an_hour(decimals)!r}][h]:mm:ss{point};[m]:ss{point}"
        case "seconds":
            return f'[s]{point}" s"'
        case "percent":
            return _signed(f"0{point}%", scale.signed)
        case "points":
            return _signed(f"0{point}", scale.signed)
        case "plain":
            return _signed(f"#,##0{point}{_suffix(scale)}", scale.signed)


def _an_hour(decimals: int) -> float:
    """From how many days on a duration reads as an hour or more, and is h:mm:ss, as everywhere else in a report."""
    return (3600 - 0.5 * 10.0**-decimals) / DAY_S


def _change(scale: Scale, decimals: int, *, signed: bool) -> str:
    """A sign before all but 0; what only rounds to 0 has none, either."""
    code = _change_code(scale, decimals)
    return f"+{code};-{code};{code}" if signed else f"{code};{code};{code}"


def _change_code(scale: Scale, decimals: int) -> str:
    point = "." + "0" * decimals if decimals else ""
    match scale.style:
        case "clock" | "seconds":
            # A spreadsheet shows no negative durations.
            return f'#,##0{point}" s"'
        case "percent" | "points":
            return f'0{point}" pt"'
        case "plain":
            return f"#,##0{point}{_suffix(scale)}"


def _suffix(scale: Scale) -> str:
    return '" {}"'.format(scale.suffix.replace('"', "")) if scale.suffix else ""


def _signed(code: str, signed: bool) -> str:
    return f"+{code};-{code};{code}" if signed else code
