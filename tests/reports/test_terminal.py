"""The table: what is shown at which width, which period a line speaks of, and that data cannot break out of it."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from reports.factory import centre, info, month, result, row
from rich.cells import cell_len
from rich.console import Console

from cxkpi.cli import output
from cxkpi.reports import terminal
from cxkpi.reports.terminal import DROPPED_FIRST
from cxkpi.result import Change, Period

LABELS = ("First contact", "Customer", "Average handle time", "Turnover", "Speed to competency")
VALUES = ("74.1 % ✗", "87.1 % ✓", "5.52 ✓", "6:07 ✗", "46.2 % ‼", "70 d ✓")


@pytest.mark.parametrize("width", [60, 66, 72, 80, 93, 100, 120, 140, 160, 200, 250])
@pytest.mark.parametrize("by", [None, "queue"])
def test_metric_value_and_verdict_are_there_at_every_width(width, by):
    text = terminal.text(centre(by=by), width=width)
    assert max(map(cell_len, text.split("\n"))) <= width
    assert all(part in text for part in (*LABELS, *VALUES))
    table = text.split("target met")[0]
    assert "…" not in table


def test_columns_give_way_in_the_declared_order():
    headings = {"trend": "Jan–May", "interval": "95 % interval", "n": " n ", "target": "Target", "change": "Change"}
    left_out = []
    for width in range(115, 44, -1):
        heading = f"{terminal.text(centre(), width=width).split(chr(10))[2]} "
        left_out += [name for name, word in headings.items() if word not in heading and name not in left_out]
    assert left_out == [name for name in DROPPED_FIRST if name in left_out]
    assert left_out[:3] == ["trend", "interval", "n"]


def test_months_become_columns_newest_first_where_there_is_room():
    lines = {width: terminal.text(centre(), width=width).split("\n")[2] for width in (100, 124, 160)}
    assert lines[100].split()[1:3] == ["Newest", "Judged"]
    assert "Jan–May" in lines[100]
    assert "Jan–Mar" in lines[124]
    assert lines[124].split()[2:5] == ["Apr", "May", "Jun"]
    assert lines[160].split()[1:7] == ["Jan", "Feb", "Mar", "Apr", "May", "Jun"]


def test_heading_names_period_zone_and_how_far_the_data_go():
    first = terminal.text(centre()).split("\n")[0]
    assert first == " June 2026 · Europe/London · data to 30 Jun 2026 23:12"
    assert "as of 30 Jun 2026" in terminal.text(replace(centre(), as_of_from_data=False))


def test_a_metric_that_waits_for_its_window_says_which_month_it_shows_and_why():
    text = " ".join(terminal.text(centre(), width=100).split())
    assert "First contact resolution 74.1 % ✗ May ≥ 75.0 %" in text
    assert (
        "First contact resolution: judged for May 2026; 704 records of June 2026 cannot be judged yet,"
        " their window is still open."
    ) in text
    wide = terminal.text(centre(), width=160)
    assert "74.1 % ✗  76.0 % °  May" in wide


def test_verdict_interval_change_and_n_are_of_one_period():
    rows = [
        row("aht", month(5), value=300.0, low=290.0, high=310.0, n=111, status="met",
            change=Change(month(4).start, 310.0, -10.0, True)),
        row("aht", month(6), value=900.0, low=890.0, high=910.0, n=222, status=None, reason="immature", immature=9,
            change=Change(month(5).start, 300.0, 600.0, True)),
        row("aht", month(7, complete=False), value=30.0, low=20.0, high=40.0, n=333, status=None, reason="partial"),
    ]  # fmt: skip
    narrow = terminal.text(result(rows), width=76)
    line = next(line for line in narrow.split("\n") if "Average" in line)
    assert line.split() == ["Average", "handle", "time", "5:00", "✓", "≤", "6:00", "−0:10", "▼", "111", "4:50–5:10"]
    assert "May 2026 · " in narrow
    assert "Only part of July 2026 is in view, and it is not shown." in narrow
    assert "judged for May 2026; 9 records of June 2026 cannot be judged yet" in " ".join(narrow.split())
    wide = next(line for line in terminal.text(result(rows), width=120).split("\n") if "Average" in line)
    assert "5:00 ✓  15:00 °  0:30 ~" in wide
    assert "222" not in wide


@pytest.mark.parametrize(
    ("fields", "cell", "legend"),
    [
        ({"status": None, "reason": "too_few"}, "6:42 ?", "? too few to judge, n below 30"),
        ({"status": None, "reason": "no_target", "target": None}, "6:42", None),
        ({"value": None, "status": None, "reason": "empty"}, "—", "— nothing to measure"),
        ({"value": None, "status": None, "reason": "withheld"}, "withheld", "withheld: too few people"),
        ({"value": None, "status": None, "reason": "not_reached"}, "not reached", "not reached: too few"),
        ({"value": None, "status": None, "reason": "refused"}, "refused", "refused: cannot be told"),
        ({"status": "alarm"}, "6:42 ‼", "‼ at or beyond the alarm"),
    ],
)
def test_each_mark_that_occurs_is_explained_and_no_other(fields, cell, legend):
    text = terminal.text(result([row(**fields)]), width=100)
    line = next(line for line in text.split("\n") if "Average" in line)
    assert line.split("time")[1].strip().startswith(cell)
    explained = [
        word for word in ("target met", "target missed", "alarm", "too few", "nothing", "not over") if word in text
    ]
    assert all(word in (legend or "") for word in explained)
    assert legend is None or legend in text


def test_change_arrows_and_what_it_is_against():
    may, june_before = month(5).start, month(6, year=2025).start

    def text(significant, difference, before=may):
        return terminal.text(result([row(change=Change(before, 395.0, difference, significant))]), width=100)

    assert "+0:07 ▲" in text(True, 7.0)
    assert "▲ change beyond chance" in text(True, 7.0)
    assert "−0:07 ▼" in text(True, -7.0)
    assert "+0:07 ·" in text(False, 7.0)
    assert "· change within chance" in text(False, 7.0)
    assert "chance" not in text(None, 7.0)
    assert "against the month before" in text(None, 7.0)
    assert "against the same month a year before" in text(None, 7.0, june_before)
    assert "Change" not in terminal.text(result([row()]), width=100)


def test_by_puts_the_whole_first_under_each_metric_with_a_rule_between():
    lines = terminal.text(centre(by="queue"), width=100).split("\n")
    assert lines[2].startswith(" Metric by queue")
    assert [line.split("  ")[0].strip() or line.split()[0] for line in lines[4:10]] == [
        "First contact resolution", "all", "Billing", "Sales", "Technical", line_rule(lines[9]),
    ]  # fmt: skip
    assert sum(set(line.strip()) == {"─"} for line in lines) == 6


def line_rule(line):
    assert set(line.strip()) == {"─"}
    return line.strip()


def test_values_that_look_like_our_own_words_are_quoted():
    text = terminal.text(centre(by="queue", values=("all", "", None, "(blank)")), width=100)
    for name in ('  "all" ', '  "" ', "  (blank) ", '  "(blank)" '):
        assert text.count(f"\n {name}") == 6


@pytest.mark.parametrize(
    "name",
    [
        "[bold red]x[/]", "[/]", "\x1b[31mred\x1b[0m", "a\nb\tc\rd", "\u202eevil", ":smile:", "\x9b2J", "\x07",
        "あいうえお" * 30, "x" * 300, "e\u0301" * 40, "[link=file:///]x[/link]", "\ud800", "​", "\u2028line",
    ],
)  # fmt: skip
def test_names_from_the_data_change_nothing_else(name):
    plainly, hostile = (
        terminal.text(centre(by="queue", values=(value, "Sales")), width=100).split("\n") for value in ("Billing", name)
    )
    for text in hostile:
        assert cell_len(text) <= 100
        assert not any(ord(char) < 32 or 127 <= ord(char) < 160 or char == "\u202e" for char in text)
    kept = [line.split() for line in plainly if "Billing" not in line and "─" not in line]
    assert [line.split() for line in hostile if line.split() in kept] == kept


def _groups(*names, width=100):
    found = replace(result([row(by=by) for by in ({}, *({"queue": name} for name in names))]), by=("queue",))
    return " ".join(terminal.text(found, width=width).split())


def test_long_names_that_differ_at_their_ends_stay_apart():
    stem = "Customer care for households and small businesses of the "
    told = _groups(f"{stem}north", f"{stem}south").split("target met")[0]
    assert told.count("north") == told.count("south") == 1
    # They differ only where both are cut.
    same = [f"{'a' * 60}{middle}{'b' * 60}" for middle in "xy"]
    assert "(1)" in _groups(*same)
    assert "(2)" in _groups(*same)
    assert f"{stem}north" in _groups(f"{stem}north", width=160)


def test_joiners_stay_where_they_say_how_letters_are_drawn():
    persian, family = "می\u200cخواهم", "👩\u200d👧"
    text = _groups(persian, family)
    assert persian in text
    assert family in text
    told = _groups("abc", "a\u200cbc", "\u200dabc", "\u200d")
    assert [told.count(f"abc ({number})") for number in (1, 2, 3)] == [1, 1, 1]
    assert not {"\u200c", "\u200d"} & set(told)


def test_a_dumb_terminal_is_as_wide_as_it_is(monkeypatch):
    class Terminal(StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys, "stdout", Terminal())
    output.print_rich(terminal.render(centre(), width=160), 160)
    assert sys.stdout.getvalue() == terminal.text(centre(), width=160)


def test_labels_of_a_catalogue_are_text_too():
    metrics = {("aht", None): info("aht", label="[red]AHT[/red]\x1b[2J")}
    assert " [red]AHT[/red][2J " in terminal.text(result([row()], metrics=metrics), width=100)


def test_paths_and_notes_are_text_too():
    file = replace(centre().files[0], path="[b]x[/b]\x1b[2J.csv", profile="\x1b]0;t\x07[i]")
    text = terminal.text(replace(result([row(notes=("[u]n[/u]\x1b",))]), files=(file,)), width=100)
    assert "[b]x[/b][2J.csv" in text
    assert "]0;t[i]" in text
    assert "Average handle time: [u]n[/u]" in text
    assert "\x1b" not in text


def test_identifying_dimensions_are_numbered_unless_asked_for():
    value = centre(by="agent_id", values=("00417", "00009", None))
    hidden, shown = terminal.text(value, width=100), terminal.text(value, width=100, show_values=True)
    assert "00417" not in hidden
    assert "#2" in hidden
    assert "(blank)" in hidden
    assert "--show-values" in hidden
    assert "00417" in shown
    assert "--show-values" not in shown
    dotted = centre(by="agent.name", values=("Jane",))
    assert "Jane" not in terminal.text(dotted, width=100)


def test_ascii_has_nothing_else():
    text = terminal.text(centre(by="queue"), width=100, unicode=False) + terminal.text(
        centre(), width=60, unicode=False
    )
    assert text.isascii()
    assert "74.1 % x " in text
    assert "87.1 % ok" in text
    assert "46.2 % !!" in text


def test_many_days_are_a_sparkline_of_as_many_as_fit():
    days = [date(2026, 1, 1) + timedelta(number) for number in range(120)]
    rows = [
        row(period=Period("day", day, day + timedelta(1), True, None), value=360.0 + index % 7)
        for index, day in enumerate(days)
    ]
    texts = [terminal.text(result(rows, every="day"), width=width) for width in (100, 86, 76, 70)]
    table = [text.split("target missed")[0] for text in texts]
    assert [sum(char in "▁▂▃▄▅▆▇█" for char in text) for text in table] == [24, 12, 6, 0]


def test_gaps_stay_gaps_in_a_sparkline():
    rows = [row(period=month(number), value=300.0 + number) for number in (1, 2, 4, 5, 6)]
    rows[1] = replace(rows[1], value=None, reason="empty", status=None)
    text = terminal.text(result(rows), width=75)
    assert "▁ ▇█" in text


def test_one_period_over_everything():
    period = Period("all", date(2026, 1, 1), date(2026, 7, 1), True, None)
    lines = terminal.text(result([row(period=period)], every="all"), width=100).split("\n")
    assert lines[0].startswith(" 1 Jan 2026 to 30 Jun 2026 · ")
    assert lines[2].split()[:2] == ["Metric", "Value"]


def test_several_years_have_the_year_over_each_column():
    rows = [row(period=month(12, year=2025)), row(period=month(1))]
    assert terminal.text(result(rows), width=120).split("\n")[2].split()[1:5] == ["Dec", "2025", "Jan", "2026"]


def test_a_variant_is_told_from_its_metric():
    rows = [row("fcr", variant=None), row("fcr", variant="within_30d")]
    same = terminal.text(result(rows), width=120)
    assert "First contact resolution (within_30d)" in same
    labelled = {
        ("fcr", None): info("fcr"),
        ("fcr", "within_30d"): info("fcr", variant="within_30d", label="First contact resolution, 30 days"),
    }
    assert "(within_30d)" not in terminal.text(result(rows, metrics=labelled), width=120)


def test_sentences_about_metrics():
    rows = [
        row("turnover", month(6), value=0.4, alarm=None, notes=("7 left out",)),
        row("speed_to_competency", month(6), value=70.0, low=62.0, high=None, n=96, censored=23, notes=("7 left out",)),
    ]
    text = " ".join(terminal.text(result(rows), width=200).split())
    assert "yearly rate; Speed to competency: each figure covers the 12 months that end with its period." in text
    assert "Speed to competency: 23 of 96 are not there yet, and count as far as they were seen." in text
    assert "Turnover, yearly rate; Speed to competency: 7 left out" in text
    assert "62–∞" in text


def test_a_note_about_some_lines_names_them():
    def text(noted):
        names = (None, "A", "B", "C", "D", "E")
        rows = [row(by={"queue": name} if name else {}, notes=("odd",) if name in noted else ()) for name in names]
        return terminal.text(result(rows), width=100)

    assert "Average handle time, B: odd" in text(("B",))
    assert "Average handle time, A, B, C and 2 more: odd" in text(("A", "B", "C", "D", "E"))
    assert "Average handle time: odd" in text((None, "A"))


def test_a_figure_that_waits_entirely_is_marked():
    waiting = row("fcr", value=None, low=None, high=None, n=0, immature=106, status=None, reason="empty")
    text = terminal.text(result([waiting]), width=100)
    assert "— °" in text
    assert "° not all of it can be judged yet" in text
    assert "nothing to measure" not in text
    assert "106 records cannot be judged yet and are left out." in text


def test_the_ledger_has_a_line_for_each_file_with_its_counts():
    lines = terminal.text(centre(), width=100).split("\n")
    heading = next(line for line in lines if line.startswith(" File"))
    assert heading.split() == ["File", "Profile", "Accepted", "Rejected", "Superseded", "Skipped", "Blanked"]
    line = next(line for line in lines if "acd_2026-02" in line)
    assert line.split() == ["acd_2026-02.csv", "genesys_cloud.interactions", "3,386", "4", "12", "0", "3"]
    narrow = terminal.text(centre(), width=60)
    assert [line.split() for line in narrow.split("\n") if "acd_2026-02" in line] == [["acd_2026-02.csv", "3,386", "4"]]


def test_a_long_path_keeps_its_end():
    file = replace(centre().files[0], path="exports/" * 20 + "acd.csv")
    text = terminal.text(replace(result([row()]), files=(file,)), width=80)
    assert "/exports/acd.csv" in text
    assert max(map(cell_len, text.split("\n"))) <= 80


def test_no_rows():
    assert "No figures" in terminal.text(result([]))


def test_colour_says_nothing_that_signs_do_not():
    console = Console(width=100, force_terminal=True, color_system="truecolor", legacy_windows=False)
    with console.capture() as coloured:
        console.print(terminal.render(centre(), width=100))
    stripped = "".join(
        part.partition("m")[2] if index else part for index, part in enumerate(coloured.get().split("\x1b["))
    )
    assert [line.rstrip() for line in stripped.split("\n")][:-1] == terminal.text(centre(), width=100).split("\n")[:-1]


@pytest.mark.parametrize("width", [60, 72, 80, 100, 160])
@pytest.mark.parametrize("by", [None, "queue"])
def test_where_lines_are_judged_in_different_months_each_says_which(width, by):
    lines = terminal.text(centre(by=by), width=width).split("\n")
    assert lines[0].startswith(" June 2026 · ")
    heading = next(line for line in lines if line.startswith(" Metric"))
    assert "Judged" in heading
    assert "Jun 2026" not in heading
    at = heading.index("Judged")
    months = [line[at:].split()[0] for line in lines if any(mark in line[:at] for mark in "✓✗‼") and "%" in line[at:]]
    assert set(months) == {"May", "Jun"}
    assert "Judged: the newest month that can be judged in full" in " ".join(" ".join(lines).split())


def test_one_month_for_all_stands_over_the_value():
    heading = terminal.text(result([row("aht", month(number)) for number in range(1, 7)]), width=60).split("\n")[2]
    assert "Jun 2026" in heading
    assert "Judged" not in heading


@pytest.mark.parametrize("width", range(50, 130, 4))
@pytest.mark.parametrize("months", [1, 2, 3, 4, 5, 6])
def test_a_sparkline_has_three_bars_or_is_not_there(width, months):
    rows = [row("turnover", month(number), value=0.3 + number / 100) for number in range(1, months + 1)]
    table = terminal.text(result(rows), width=width).split("target missed")[0]
    bars = sum(char in "▁▂▃▄▅▆▇█" for char in table)
    assert bars == 0 or 3 <= bars < months


def test_few_months_are_columns_where_they_fit():
    rows = [row(period=month(number)) for number in (4, 5, 6)]
    assert terminal.text(result(rows), width=100).split("\n")[2].split()[1:4] == ["Apr", "May", "Jun"]
    assert terminal.text(result(rows), width=66).split("\n")[2].split()[1:3] == ["Jun", "2026"]


def test_one_known_value_is_no_sparkline():
    rows = [row(period=month(number), value=300.0 if number == 2 else None, status=None) for number in range(1, 6)]
    text = terminal.text(result([*rows, row(period=month(6))]), width=75)
    assert not any(char in "▁▂▃▄▅▆▇█" for char in text.split("\n")[4])


@pytest.mark.parametrize(
    ("as_of", "from_data", "shown"),
    [
        (datetime(2026, 6, 30, 23, tzinfo=UTC), True, "data to 30 Jun 2026"),
        (datetime(2026, 4, 15, 23, tzinfo=UTC), False, "as of 15 Apr 2026"),
        (datetime(2026, 1, 1, tzinfo=UTC), True, "data to 31 Dec 2025"),
        (datetime(2026, 6, 30, 23, 0, 1, tzinfo=UTC), True, "data to 1 Jul 2026 00:00"),
        (datetime(2026, 6, 30, 22, tzinfo=UTC), True, "data to 30 Jun 2026 23:00"),
    ],
)
def test_midnight_is_the_end_of_the_day_before(as_of, from_data, shown):
    first = terminal.text(result([row()], as_of=as_of, as_of_from_data=from_data)).split("\n")[0]
    assert first.endswith(f" · {shown}")


def test_a_part_of_a_period_may_be_cut_as_well_as_running():
    text = terminal.text(result([row(period=month(5)), row(period=month(6, complete=False), status=None,
                                                           reason="partial")]), width=100)  # fmt: skip
    assert "~ only part of the period" in text
    assert "not over" not in text


def refused(metric, names, why="counts contacts nobody answered, and they have no such value"):
    bare = {"value": None, "low": None, "high": None, "status": None, "reason": "refused", "n": 0, "notes": (why,)}
    return [row(metric, by={"team": name}, **bare) for name in names]


def test_a_dimension_that_is_refused_takes_one_line():
    names = ("Ash", "Birch", "Cedar")
    rows = [row("csat"), *refused("csat", names), row("aht"), *(row("aht", by={"team": name}) for name in names)]
    lines = terminal.text(result(rows, by=("team",)), width=100).split("\n")
    start = lines.index(" Customer satisfaction")
    assert lines[start + 1].startswith("   all ")
    assert lines[start + 2] == "   by team  refused: counts contacts nobody answered, and they have no such value"
    assert set(lines[start + 3].strip()) == {"─"}
    assert lines[start + 3] == lines[3]
    assert lines[start + 4] == " Average handle time"
    assert sum("Ash" in line for line in lines) == 1
    assert sum("nobody answered" in line for line in lines) == 1
    last = terminal.text(result([row("csat"), *refused("csat", names)], by=("team",)), width=60).split("\n")
    assert sum("refused" in line for line in last) == 1
    assert max(map(cell_len, last)) <= 60


def test_what_did_not_fit_is_named_with_the_width_it_needs():
    narrow = terminal.text(centre(), width=80)
    assert "interval and history: widen to 91 columns" in narrow
    assert "widen" in terminal.text(centre(), width=90)
    fitting = terminal.text(centre(), width=91)
    assert "widen" not in fitting
    assert "95 % interval" in fitting.split("\n")[2]
    assert "Jan–May" in fitting.split("\n")[2]
    assert "widen" not in terminal.text(centre(), width=160)


def test_a_guard_says_which_change_it_is_about():
    noted = row(change=Change(month(5).start, 395.0, -8.0, True), notes=("improved while FCR got significantly worse",))
    text = " ".join(terminal.text(result([noted]), width=100).split())
    assert "improved while FCR got significantly worse (−0:08 against the month before)" in text
