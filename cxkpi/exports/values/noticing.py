"""What the rows of one file say about its values: unreadable cells, doubtful times, units that do not fit, damage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import polars as pl

from cxkpi.exports.drafting import Draft, remark
from cxkpi.exports.files.records import name_of
from cxkpi.exports.findings import Finding, merged, register
from cxkpi.exports.profile import Profile, Rule
from cxkpi.exports.values import checks, spreadsheet, units
from cxkpi.exports.values.casting import Cast, Caster
from cxkpi.exports.values.cells import text_marked
from cxkpi.exports.values.columns import as_number
from cxkpi.exports.values.durations import DURATION_UNITS, is_clock
from cxkpi.exports.values.texts import Texts

_NAMED_AT_MOST = 5
_SLIVER = 0.01


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"


def _such(one: Finding) -> str:
    return "" if one.masked else f", such as '{one.example}'"


def _lie(count: int) -> str:
    return f"{count:,} local time{'s lie' if count != 1 else ' lies'}"


def _nothing_read(one: Finding) -> str:
    cells = "the only cell" if one.count == 1 else f"none of the {one.count:,} cells"
    such = "" if one.masked else f", such as '{one.example}'"
    can = "cannot" if one.count == 1 else "can"
    return f"{one.path}: {cells} in '{one.column}' {can} be read as {one.detail}{such}; left empty."


def _some_not_read(one: Finding) -> str:
    such = "" if one.masked else f", such as '{one.example}'"
    return (
        f"{one.path}: {one.count:,} of {one.total:,} cells in '{one.column}' cannot be read as {one.detail} "
        f"(line {one.line}{such}); left empty."
    )


def _twice(one: Finding) -> str:
    again = one.other
    but = f", except {again:,} that would have come before {'its' if again == 1 else 'their'} beginning"
    return (
        f"{one.path}: {_lie(one.count)} in the hour that {one.detail} has twice when "
        f"clocks go back; each was taken as the first{but if again else ''}."
    )


def _open_unit(one: Finding) -> str:
    found, declared = one.detail.split(" ", 1)
    return (
        f"{one.path}: durations in '{one.column}' do not fit the times of their rows (line {one.line}: {one.example}); "
        f"they seem to be in {found}, not {declared}. Correct 'unit' or 'clock' in the profile."
    )


NOTHING_READ = register("F201", "error", True, _nothing_read)
COMMAS = register(
    "F202",
    "warning",
    True,
    lambda one: (
        f"{one.path}: {_cells(one.count)} in '{one.column}' {'has' if one.count == 1 else 'have'} a comma that may "
        "part thousands or decimals; left empty. Declare decimal: ',' or '.' in a profile."
    ),
)
UNSET = register(
    "F203",
    "note",
    True,
    lambda one: (
        f"{one.path}: {one.count:,} {'date' if one.count == 1 else 'dates'} in '{one.column}' "
        f"{'is' if one.count == 1 else 'are'} 9999-12-31 or 0001-01-01, which stand for no date; read as empty."
    ),
)
TWICE = register("F204", "warning", True, _twice)
SKIPPED_HOUR = register(
    "F205",
    "warning",
    True,
    lambda one: (
        f"{one.path}: {_lie(one.count)} in the hour that {one.detail} skips when "
        "clocks go forward; each was read with the offset before the change. Is the time zone right?"
    ),
)
SOME_NOT_READ = register("F206", "warning", False, _some_not_read)
MIXED_DATES = register(
    "F207",
    "warning",
    True,
    lambda one: (
        f"{one.path}: {_cells(one.count)} in '{one.column}' {'is' if one.count == 1 else 'are'} written as "
        f"{'' if one.masked else one.example + ' '}(line {one.line}), the others as {one.detail}; a spreadsheet that "
        "turns some dates and not others may have exchanged days and months."
    ),
)
NO_ZONE = register(
    "F208",
    "warning",
    True,
    lambda one: (
        f"{one.path}: {one.count:,} row{'' if one.count == 1 else 's'} (line {one.line}) name no time zone in "
        f"'{one.column}'; read in {one.detail}."
    ),
)
UNKNOWN_ZONE = register(
    "F209",
    "error",
    True,
    lambda one: (
        f"{one.path}: {_cells(one.count)} in '{one.column}' {'names' if one.count == 1 else 'name'} a time zone nobody "
        f"knows, such as '{one.example}' (line {one.line}); their times cannot be read. Say what it means with "
        "timezone: {from: …, values: …} in the profile."
    ),
)
NO_VERSION = register(
    "F210",
    "warning",
    True,
    lambda one: (
        f"{one.path}: {_cells(one.count)} in '{one.column}', which tells the newest version of a record, cannot be "
        f"read (line {one.line}, such as '{one.example}'); {'it counts' if one.count == 1 else 'they count'} as the "
        "oldest."
    ),
)
POINTS = register(
    "F211",
    "warning",
    True,
    lambda one: (
        f"{one.path}: {_cells(one.count)} in '{one.column}' {'has' if one.count == 1 else 'have'} a point that may "
        f"part thousands or decimals (line {one.line}{_such(one)}); left empty. "
        "Declare decimal: ',' or '.' in a profile."
    ),
)
NO_SCALE = register(
    "F212",
    "warning",
    True,
    lambda one: (
        f"{one.path}: {_cells(one.count)} in '{one.column}' (line {one.line}) {'is' if one.count == 1 else 'are'} 1 or "
        "less and without a percent sign, and no other cell shows whether 0.9 is 90 % or 0.9 %; read as 90 %. Declare "
        "percent: fraction or percent: hundred in a profile."
    ),
)
UNIT = register("F220", "error", True, _open_unit)
FEW_ROWS = register("F223", "warning", True, _open_unit)
UNMAPPED = register(
    "F241",
    "warning",
    True,
    lambda one: (
        f"{one.path}: {'1 column holds' if one.count == 1 else f'{one.count:,} columns hold'} answers that the profile "
        f"does not use: {one.detail}. 'cxkpi adopt FILE' drafts a profile with them."
    ),
)


def noticed(
    profile: Profile, drafted: Sequence[Draft], caster: Caster, rejected: pl.Series, again: int
) -> Iterator[Finding]:
    """Every finding about the values of these rows."""
    texts = caster.texts
    for say in profile.notes:
        met = texts.holds(say.when) & ~rejected
        if met.any():
            yield remark(texts, say.say, met)
    yield from _unread(drafted, rejected, texts)
    yield from _identifiers(drafted, rejected, texts)
    yield from _damaged(texts, drafted)
    yield from _clock_changes(caster, again)
    yield from _dates(caster)
    yield from _zones(caster)
    yield from _versions_and_scales(caster, rejected)
    yield from _wrong_units(drafted, caster, rejected)
    yield from _unmapped(profile, texts)


def _finding(
    code: str, texts: Texts, column: str, rows: pl.Series, text: pl.Series | None, *, total: int | None = None,
    masked: bool = False, detail: str = "", touched: Sequence[str] = (),
) -> Finding:  # fmt: skip
    """A finding about some rows, with the first of them as its line and example."""
    first = rows.arg_max() or 0
    example = "" if text is None else str(text[first] if text[first] is not None else "")
    return Finding(
        code,
        texts.path,
        column,
        count=int(rows.sum()),
        total=total,
        line=int(texts.line[first]),
        example=example,
        masked=masked,
        detail=detail,
        tables=tuple(dict.fromkeys(name.split(".")[0] for name in touched)),
        columns=tuple(touched),
    )


def _columns(drafted: Sequence[Draft]) -> Iterator[tuple[Draft, str, Cast, bool]]:
    """Every column that is filled from a cell, and whether its values are masked."""
    for draft in drafted:
        for name, cast in draft.casts.items():
            if cast.heading:
                yield draft, name, cast, draft.table.columns[name].role != "plain"


def _unread(drafted: Sequence[Draft], rejected: pl.Series, texts: Texts) -> Iterator[Finding]:
    """Cells that could not be read, by heading; of commas, of no dates and of the rest."""
    found: dict[tuple[str, str], Finding] = {}
    all_read: dict[tuple[str, str], Finding] = {}
    for draft, name, cast, masked in _columns(drafted):
        touched = (f"{draft.table.name}.{name}",)
        if cast.unset is not None:
            unset = draft.here & cast.unset & ~cast.bad & ~rejected
            if unset.any():
                one = _finding(UNSET, texts, cast.heading, unset, cast.text, masked=masked, touched=touched)
                other = found.get((cast.heading, UNSET))
                if other is None or one.count > other.count:
                    found[(cast.heading, UNSET)] = one
        here = draft.here & ~rejected
        said: set[str] = set()
        for bad, heading, text in cast.places(here & cast.bad) if cast.bad.any() else ():
            total = int((here & text.is_not_null()).sum())
            for code, doubtful in ((COMMAS, cast.comma), (POINTS, cast.point)):
                if doubtful is not None and (bad & doubtful).any():
                    found[(heading, code)] = _finding(
                        code, texts, heading, bad & doubtful, text, total=total, masked=masked, touched=touched
                    )
                    bad = bad & ~doubtful
            count = int(bad.sum())
            if count:
                code = NOTHING_READ if count == total else SOME_NOT_READ
                one = _finding(
                    code, texts, heading, bad, text, total=total, masked=masked, detail=name, touched=touched
                )
                found.setdefault((heading, ""), one)
                said.add(heading)
        for heading, text in ((cast.heading, cast.text), *_further(draft, name, texts)):
            if heading not in said:
                # Nothing to say, but other records of the file may have something, of how many cells.
                total = int((here & text.is_not_null() if text.has_nulls() else here).sum())
                all_read[(heading, name)] = Finding(
                    SOME_NOT_READ, texts.path, heading, count=0, total=total, detail=name
                )
    yield from found.values()
    yield from all_read.values()


def _further(draft: Draft, name: str, texts: Texts) -> Iterator[tuple[str, pl.Series]]:
    """The cells that a column's rules add, subtract, multiply with or count between, under the headings of the file."""
    for rule in draft.rows.rules.get(name, ()):
        for heading in (*rule.plus, *rule.minus, *(() if rule.times is None else (rule.times,)), *rule.between):
            position = texts.position(heading)
            if position is not None and texts.supplied(rule):
                yield texts.headings[position].strip(), texts.cell(heading)


def of_file(findings: Iterable[Finding], records: int) -> tuple[Finding, ...]:
    """The findings of all ``records`` of a file as one: what a stretch of them says of itself may not hold for all.

    Findings of nothing, by which stretches without any say how many cells they have, are left out.
    """
    every = merged(_without_strays(_unmapped_together(_added_up_alike(findings)), records))
    some = {(one.column, one.detail) for one in every if one.code == SOME_NOT_READ and one.total}
    settled = (
        replace(one, code=SOME_NOT_READ) if one.code == NOTHING_READ and (one.column, one.detail) in some else one
        for one in every
    )
    # Few rows in each of several stretches may be enough in all.
    enough = {(one.column, one.detail) for one in every if one.code in (UNIT, FEW_ROWS) and one.count >= units.ENOUGH}
    settled = (
        replace(one, code=UNIT) if one.code == FEW_ROWS and (one.column, one.detail) in enough else one
        for one in settled
    )
    return tuple(one for one in merged(settled) if one.count)


def _added_up_alike(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The rows that do not add up, and whether they are most, by all rows."""
    sums = (checks.OFF, checks.MOSTLY_OFF)
    found = [*findings]
    yield from (one for one in found if one.code not in sums)
    for one in merged(replace(one, code=checks.OFF) for one in found if one.code in sums):
        yield replace(one, code=checks.MOSTLY_OFF) if checks.mostly(one.count, one.total) else one


def _without_strays(findings: Iterable[Finding], records: int) -> Iterator[Finding]:
    """Without units that only a sliver of the file contradicts: its last rows alone may be of any length."""
    every = [*findings]
    units_of: dict[tuple[str, str], int] = {}
    for one in every:
        if one.code in (UNIT, FEW_ROWS):
            key = (one.column, one.detail)
            units_of[key] = units_of.get(key, 0) + (one.total or 0)
    for one in every:
        if one.code not in (UNIT, FEW_ROWS) or units_of[(one.column, one.detail)] >= _SLIVER * records:
            yield one


def _unmapped_together(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The columns that hold something in some stretch of the file, in their order, as one finding."""
    found = [*findings]
    yield from (one for one in found if one.code != UNMAPPED)
    columns = sorted(merged(one for one in found if one.code == UNMAPPED), key=lambda one: one.other / one.count)
    if columns:
        names = [one.column for one in columns[:_NAMED_AT_MOST]]
        more = f" and {len(columns) - len(names):,} more" if len(columns) > len(names) else ""
        yield Finding(UNMAPPED, columns[0].path, count=len(columns), detail=", ".join(names) + more)


def _identifiers(drafted: Sequence[Draft], rejected: pl.Series, texts: Texts) -> Iterator[Finding]:
    """Identifiers that a spreadsheet has turned into numbers."""
    seen: set[str] = set()
    for draft, name, cast, _ in _columns(drafted):
        column = draft.table.columns[name]
        if column.role != "identifier" or column.type != "text" or cast.heading in seen:
            continue
        seen.add(cast.heading)
        # A telephone number that was shortened is nobody's and null by now.
        written = cast.text if cast.text.dtype == pl.String else cast.values
        touched = (f"{draft.table.name}.{name}",)
        if cast.text.dtype == pl.String and text_marked(texts.different(cast.text)).any():
            marked = text_marked(cast.text)
            yield _finding(spreadsheet.MARKED, texts, cast.heading, marked, cast.text, masked=True, touched=touched)
        if spreadsheet.may_be_changed(texts.different(written)):
            short = spreadsheet.shortened(written)
            if short.any():
                yield _finding(spreadsheet.SHORTENED, texts, cast.heading, short, written, masked=True, touched=touched)
            rounded = spreadsheet.rounded(written, proven=bool(short.any()))
            if rounded is not None:
                yield _finding(spreadsheet.ROUNDED, texts, cast.heading, rounded, written, masked=True, touched=touched)
        lost = None if _is_phone(draft, name) else spreadsheet.lost_zeros(cast.values)
        if lost is not None and (lost[0] & ~rejected).any():
            yield _finding(
                spreadsheet.LOST_ZEROS, texts, cast.heading, lost[0] & ~rejected, written, masked=True,
                detail=str(lost[1]), touched=touched,
            )  # fmt: skip


def _is_phone(draft: Draft, name: str) -> bool:
    return any(rule.phone is not None for rule in draft.rows.rules.get(name, ()))


def _damaged(texts: Texts, drafted: Sequence[Draft]) -> Iterator[Finding]:
    """Cells that hold a spreadsheet's errors or its numbers for days."""
    touched: dict[str, list[str]] = {}
    for draft, name, cast, _ in _columns(drafted):
        touched.setdefault(cast.heading, []).append(f"{draft.table.name}.{name}")
    for one in texts.damaged:
        heading = texts.headings[int(one.column.removeprefix("c"))].strip()
        yield _finding(one.code, texts, heading, one.rows, one.text, touched=touched.get(heading, ()))
    seen: set[str] = set()
    for draft, name, cast, _ in _columns(drafted):
        if draft.table.columns[name].type in ("instant", "date") and cast.bad.any() and cast.heading not in seen:
            serials = cast.bad & draft.here & spreadsheet.serials(cast.text)
            if serials.any():
                seen.add(cast.heading)
                yield _finding(
                    spreadsheet.SERIALS, texts, cast.heading, serials, cast.text, touched=touched[cast.heading]
                )


def _clock_changes(caster: Caster, again: int) -> Iterator[Finding]:
    """Local times in hours that a change of clocks repeats or skips."""
    by_zone: dict[str, list[tuple[int, int, int | None, int | None]]] = {}
    for zone in {id(zone): zone for zone in caster.zones.values()}.values():
        by_zone.setdefault(zone.name, []).append((zone.twice, zone.missing, zone.first_twice, zone.first_missing))
    texts = caster.texts
    for name, counts in by_zone.items():
        twice, missing = sum(count[0] for count in counts), sum(count[1] for count in counts)
        if twice:
            line = _first_line(texts, [count[2] for count in counts])
            yield Finding(TWICE, texts.path, count=twice, line=line, detail=name, other=again)
            again = 0
        if missing:
            line = _first_line(texts, [count[3] for count in counts])
            yield Finding(SKIPPED_HOUR, texts.path, count=missing, line=line, detail=name)


def _first_line(texts: Texts, rows: Sequence[int | None]) -> int | None:
    known = [row for row in rows if row is not None]
    return int(texts.line[min(known)]) if known else None


def _versions_and_scales(caster: Caster, rejected: pl.Series) -> Iterator[Finding]:
    """Versions that cannot be read, and shares of which nothing shows what they count to."""
    if caster.unversioned is not None:
        heading, rows, text = caster.unversioned
        if (rows & ~rejected).any():
            yield _finding(NO_VERSION, caster.texts, heading, rows & ~rejected, text)
    for heading, (rows, text) in caster.scaleless.items():
        if (rows & ~rejected).any():
            yield _finding(NO_SCALE, caster.texts, heading, rows & ~rejected, text)


def _dates(caster: Caster) -> Iterator[Finding]:
    for heading, (format, iso, text) in caster.mixed.items():
        yield _finding(MIXED_DATES, caster.texts, heading, iso, text, detail=format)


def _zones(caster: Caster) -> Iterator[Finding]:
    """Rows that name no zone, or one nobody knows."""
    texts = caster.texts
    for zones in caster.row_zones.values():
        heading = texts.headings[int(zones.column.removeprefix("c"))].strip()
        if zones.nameless.any():
            yield _finding(NO_ZONE, texts, heading, zones.nameless, None, detail=zones.otherwise.name)
        if zones.unknown.any():
            yield _finding(UNKNOWN_ZONE, texts, heading, zones.unknown, texts.cells[zones.column])


# -- units ------------------------------------------------------------------------------------------------------------


def _wrong_units(drafted: Sequence[Draft], caster: Caster, rejected: pl.Series) -> Iterator[Finding]:
    """Durations that do not fit the times of their rows, although a unit was declared or decided on."""
    for draft in drafted:
        parts = [name for name in units.PARTS.get(draft.table.name, ()) if name in draft.casts]
        started, ended = draft.casts.get("started_at"), draft.casts.get("ended_at")
        if not parts or started is None or ended is None:
            continue
        among = draft.here & ~rejected
        amounts = {name: draft.casts[name].values for name in parts}
        rules = {name: rule for name in parts if (rule := _rule_of(draft, name, caster.texts)) is not None}
        proved = list(_by_identity(draft, rules, caster, among))
        if proved:
            yield from proved
            continue
        quotient = units.quotients(started.values, ended.values, list(amounts.values()), among)
        if units.usual(quotient):
            if units.may_be_mixed(quotient):
                yield from _some_in_another(draft, rules, caster, started.values, ended.values, among)
            continue
        amounts |= {name: _exact(draft.casts[name], rule, caster) for name, rule in rules.items()}
        whole = units.sums(started.values, ended.values, list(amounts.values()), among)
        every = whole["total"] / whole["elapsed"]
        too_long = (every.median() or 0) > 1  # type: ignore[operator]
        for name, rule in rules.items():
            pairs = units.sums(started.values, ended.values, [amounts[name]], among)
            own = pairs["total"] / pairs["elapsed"]
            if rule.between or own.len() == 0 or (too_long and units.usual(own)):
                continue
            wrong = _misread(draft, name, rule, caster, own if too_long else every, pairs if too_long else whole)
            if wrong is not None:
                rows = among & (amounts[name] > 0).fill_null(False)
                yield _unit_finding(caster.texts, draft, name, wrong, started.values, ended.values, rows)


def _by_identity(draft: Draft, rules: Mapping[str, Rule], caster: Caster, among: pl.Series) -> Iterator[Finding]:
    """Talk and hold that are not the time from answer to end, but would be in another unit."""
    answered, ended = draft.casts.get("answered_at"), draft.casts.get("ended_at")
    parts = [name for name in ("talk_s", "hold_s") if name in draft.casts]
    if answered is None or ended is None or "talk_s" not in rules or rules["talk_s"].between:
        return
    amounts = {name: draft.casts[name].values for name in parts}
    if units.near(units.quotients(answered.values, ended.values, list(amounts.values()), among)):
        return
    exact = {name: _exact(draft.casts[name], rules[name], caster) if name in rules else amounts[name] for name in parts}
    for wrong in (["talk_s"], ["hold_s"], ["talk_s", "hold_s"]):
        if any(name not in rules or rules[name].between or _has_clocks(draft, name) for name in wrong):
            continue
        unit = caster.decisions.unit(rules[wrong[0]])
        if any(caster.decisions.unit(rules[name]) != unit for name in wrong):
            continue
        for factor, other in units.factors_from(unit).items():
            mended = [exact[name] / factor if name in wrong else exact[name] for name in parts]
            right = units.sums(answered.values, ended.values, mended, among)
            if right.height >= units.FEWEST and units.follows(right) and units.exact(right["total"] / right["elapsed"]):
                for name in wrong:
                    rows = among & (amounts[name] > 0).fill_null(False)
                    yield _unit_finding(
                        caster.texts, draft, name, f"{other} {unit}", answered.values, ended.values, rows
                    )
                return


def _some_in_another(
    draft: Draft, rules: Mapping[str, Rule], caster: Caster, started: pl.Series, ended: pl.Series, among: pl.Series
) -> Iterator[Finding]:
    """Columns of which some rows fit their times and the others would in a larger unit."""
    for name, rule in rules.items():
        if rule.between:
            continue
        amount = _exact(draft.casts[name], rule, caster)
        unit = caster.decisions.unit(rule)
        factors = units.factors_from(unit)
        pairs = units.sums(started, ended, [amount], among)
        found = units.mixed_in(pairs["total"] / pairs["elapsed"], list(factors))
        if found is not None:
            factor, short = found
            rows = (among & False).scatter(pairs["row"].filter(short), True)
            yield _unit_finding(caster.texts, draft, name, f"{factors[factor]} {unit}", started, ended, rows)


def _has_clocks(draft: Draft, name: str) -> bool:
    return bool(draft.casts[name].text.to_frame("t").select(is_clock(pl.col("t")).any()).item())


def _exact(cast: Cast, rule: Rule, caster: Caster) -> pl.Series:
    """A duration before it was rounded: days taken for seconds are less than a millisecond."""
    if rule.plus or rule.minus or rule.times is not None or rule.decimal == "," or cast.text.dtype != pl.String:
        return cast.values
    size = DURATION_UNITS[caster.decisions.unit(rule)]
    frame = pl.DataFrame({"t": cast.text, "v": cast.values})
    # Where the value is null, what is written does not count.
    exact = pl.when(pl.col("v").is_not_null()).then(pl.coalesce(as_number(pl.col("t")) * size, "v"))
    return frame.select(exact).to_series()


def _rule_of(draft: Draft, name: str, texts: Texts) -> Rule | None:
    return next((rule for rule in draft.rows.rules.get(name, ()) if texts.supplied(rule)), None)


def _misread(
    draft: Draft, name: str, rule: Rule, caster: Caster, quotient: pl.Series, pairs: pl.DataFrame
) -> str | None:
    """What a column seems to be written in and what it was read as, as ``ms s``."""
    if _has_clocks(draft, name):
        other = "m:s" if rule.clock == "h:m" else "h:m"
        factor = 1 / 60 if rule.clock == "m:s" else 60.0
        return f"{other} {rule.clock}" if units.better_factor(quotient, [factor], pairs) is not None else None
    unit = caster.decisions.unit(rule)
    candidates = units.factors_from(unit)
    factor_found = units.better_factor(quotient, list(candidates), pairs)
    return None if factor_found is None else f"{candidates[factor_found]} {unit}"


def _unit_finding(
    texts: Texts, draft: Draft, name: str, wrong: str, started: pl.Series, ended: pl.Series, among: pl.Series
) -> Finding:
    cast = draft.casts[name]
    elapsed = units.elapsed(started, ended)
    rows = (among & (elapsed > units.LONGER_THAN)).fill_null(False)
    first = rows.arg_max() or 0
    found = _finding(
        UNIT if int(rows.sum()) >= units.ENOUGH else FEW_ROWS,
        texts,
        cast.heading,
        rows,
        None,
        total=int(among.sum()),
        detail=wrong,
        touched=(f"{draft.table.name}.{name}",),
    )
    return replace(found, example=f"'{cast.text[first]}' in a row of {elapsed[first]:,.6g} s")


# -- surveys ----------------------------------------------------------------------------------------------------------


def _unmapped(profile: Profile, texts: Texts) -> Iterator[Finding]:
    """Columns of a survey export that hold something and that no rule uses."""
    unmapped: Mapping[str, int] = profile.unmapped(texts.positions)
    columns = [position for position in sorted(set(unmapped.values())) if name_of(position) in texts.cells.columns]
    if not columns or not texts.height:
        return
    filled = texts.cells.select(pl.col(name_of(position)).is_not_null().any() for position in columns).row(0)
    for position, some in zip(columns, filled, strict=True):
        if some:
            # Its place is added as often as it is counted.
            yield Finding(UNMAPPED, texts.path, _named(texts, position), other=position)


def _named(texts: Texts, position: int) -> str:
    heading = texts.headings[position].strip()
    # Qualtrics writes a group beside the answer of a question of this kind and of no other.
    nps = texts.position(f"{heading}_NPS_GROUP") is not None
    return f"'{heading}'{' (a net promoter score)' if nps else ''}"
