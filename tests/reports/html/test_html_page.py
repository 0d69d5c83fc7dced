"""The HTML report: what it says; nothing of the data is markup in it; its bytes are those of the Result."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pages import large, telling
from parsed import parsed
from reports.factory import AS_OF, centre, info, month, result, row

from cxkpi.errors import Problem
from cxkpi.reports import html
from cxkpi.reports.html import cells, charts, content
from cxkpi.result import Change, FileEntry, MetricInfo, PastCell, Period, Restated, Restatement

GOLDEN = Path(__file__).parent.parent / "golden" / "telling.html"
HERE = Path(__file__).parent


def _section(page: str, anchor: str) -> str:
    begin = page.index(f'<section id="{anchor}"')
    return page[begin : page.index("</section>", begin)]


def _row(page: str, heading: str) -> str:
    return next(line for line in page.splitlines() if line.startswith("<tr>") and f"<bdi>{heading}</bdi>" in line)


def test_the_page_is_the_golden_file():
    text = html.render(telling())
    if os.environ.get("UPDATE_GOLDENS"):
        GOLDEN.write_text(text, encoding="utf-8", newline="")
        pytest.fail("telling.html was written anew; look at the difference, then run again without UPDATE_GOLDENS")
    assert GOLDEN.is_file(), "there is no telling.html; write it with UPDATE_GOLDENS=1"
    assert text == GOLDEN.read_bytes().decode("utf-8")


# -- what it says ------------------------------------------------------------------------------------------------------


def test_a_tile_has_figure_verdict_target_change_and_trend():
    tile = re.search(r'<li class="tile missed"><a href="#m-aht">.*?</li>', html.render(centre()), re.DOTALL)
    assert tile is not None
    said = parsed(tile[0]).text()
    assert said == "Average handle time 6:07 ✗ target missed target ≤ 6:00 · −0:06 within chance June 2026"
    assert '<svg class="spark"' in tile[0]


def test_a_section_has_words_chart_periods_and_parts():
    section = _section(html.render(telling()), "m-fcr")
    for part in (
        "The customer has to ask only once.",
        "No contact within seven days.",
        "Of the rows of contacts where handled, the share that is not followed.",
        "<caption><span>First contact resolution over time</span></caption>",
        "<caption><span>First contact resolution by queue, March 2026</span></caption>",
        "<caption><span>First contact resolution by queue and month</span></caption>",
    ):
        assert part in section
    assert section.count('<svg class="chart"') == 1
    assert section.count('<svg class="spark"') == 2


def test_what_was_bought_with_another_metric_is_not_praised():
    page = html.render(telling())
    flag = "Faster, not better: at the expense of First contact resolution"
    tile = re.search(r'<li class="tile met traded"><a href="#m-aht">.*?</li>', page, re.DOTALL)
    assert tile is not None
    assert flag in tile[0]
    assert '<span class="traded">' in tile[0]
    assert f'<p class="flag">{flag}</p>' in _section(page, "m-aht")
    line = _row(_section(page, "m-aht"), "April 2026")
    assert f'<td class="verdict met traded" data-key="2.0">✓ target met<span class="flag">{flag}</span></td>' in line
    assert flag not in _row(_section(page, "m-aht"), "February 2026")
    assert "1 improved at the expense of another" in page


def test_only_times_are_called_faster():
    rows = [
        row("turnover", month(at), notes=("improved while Customers, net got significantly worse",)) for at in (1, 2)
    ]
    assert "Improved, not better: at the expense of Customers, net" in html.render(result(rows))


def test_what_waits_is_marked_and_bounded():
    line = _row(_section(html.render(telling()), "m-fcr"), "April 2026")
    said = parsed(line).text()
    assert "° cannot be judged in full yet" in said
    assert "74.3–80.3" in said
    assert " 17 " in f"{said} "


def test_a_withheld_figure_tells_nothing_of_its_people():
    section = _section(html.render(telling()), "m-fcr")
    line = next(line for line in section.splitlines() if "<bdi>(blank)</bdi>" in line)
    said = parsed(line).text()
    assert said.startswith("(blank) withheld withheld, too few people to show ≥ 78.0 %")
    assert "1,003" not in said


def test_columns_that_would_say_nothing_are_not_there():
    counted = row("aht", unit="contacts", value=27.0, numerator=27.0, denominator=None, n=27, low=None, high=None,
                  target=None, alarm=None, status=None, reason="no_target")  # fmt: skip
    for found, there in ((counted, False), (row("aht"), True)):
        table = html.render(result([found])).split("over time</span></caption>")[1].split("</thead>")[0]
        assert (">verdict<" in table) == (">numerator<" in table) == there


def test_many_periods_do_not_push_the_parts_out_of_sight():
    for many, folded in ((36, False), (37, True)):
        days = [Period("day", date(2026, 1, 1) + timedelta(at), date(2026, 1, 2) + timedelta(at), True, None)
                for at in range(many)]  # fmt: skip
        page = html.render(result([row("aht", day) for day in days], every="day"))
        assert ("<summary>Average handle time over time: 37 figures</summary>" in page) == folded


def test_the_target_of_each_period_is_its_own():
    section = _section(html.render(telling()), "m-fcr")
    assert "≥ 75.0 %" in _row(section, "February 2026")
    assert "≥ 78.0 %" in _row(section, "April 2026")
    assert "Target ≥ 75.0 % then ≥ 78.0 %." in section


def test_parts_that_cannot_be_told_are_refused_with_the_reason():
    rows = [row("aht", month(1)), row("aht", month(1), by={"team": "A"}, value=None, reason="refused", status=None,
                                      notes=("team is known only once answered",))]  # fmt: skip
    page = html.render(result(rows))
    assert "By team: refused. team is known only once answered" in page
    assert "aht by team" not in page


def test_people_are_numbered_unless_asked_for():
    made = centre(by="agent_id", values=("A-77", "B-88", "C-99"))
    assert "B-88" not in html.render(made)
    assert "#2" in html.render(made)
    assert "B-88" in html.render(made, show_values=True)


def test_more_metrics_than_tiles_stand_in_a_table():
    page = html.render(large(metrics=content.MOST_TILES + 1, queues=0, months=1))
    assert page.count('<li class="tile') == content.MOST_TILES
    assert '<a href="#m-metric_12">Metric number 12</a>' in page
    assert "<caption><span>All metrics</span></caption>" not in html.render(large(metrics=2, queues=0, months=1))


def test_variants_get_no_tiles_where_there_are_too_many():
    made = large(metrics=content.MOST_TILES + 1, queues=0, months=1)
    key = ("metric_0", None)
    metrics = {**made.metrics, key: replace(made.metrics[key], variant="other")}
    metrics = {(one.metric, one.variant): one for one in metrics.values()}
    rows = tuple(replace(one, variant="other") if one.metric == "metric_0" else one for one in made.rows)
    page = html.render(replace(made, metrics=metrics, rows=rows))
    assert '<li class="tile met"><a href="#m-metric_12">' in page or 'tile missed"><a href="#m-metric_12">' in page
    assert '"><a href="#m-metric_0.other">\n' not in page


def test_figures_that_would_make_the_page_too_large_are_left_out_and_it_says_so(monkeypatch):
    monkeypatch.setattr(content, "MOST_CELLS", 10)
    page = html.render(telling())
    assert "by queue and month</span></caption>" in page
    monkeypatch.setattr(content, "MOST_CELLS", 9)
    page = html.render(telling())
    assert "by queue and month</span></caption>" not in page
    assert "too many for this page" in page


def test_what_else_missed_its_target_is_named():
    other = replace(row("csat", month(6)), value=0.72, status="alarm", target=0.85)
    page = html.render(replace(centre(), further=(other,), further_metrics={("csat", None): info("csat")}))
    assert "<li>Customer satisfaction, June 2026: 72.0 % ‼ at or beyond the alarm, target ≥ 85.0 %</li>" in page
    assert "Also missed" not in html.render(centre())


def test_what_became_of_an_earlier_run_is_told():
    then = PastCell("d", 370.0, 10, 3700.0, 10, 0, 360.0, 480.0, "missed", None)
    now = replace(then, value=380.0, n=11)
    cell = Restated("aht", None, "month", month(5).start, month(5).end, {}, then, now, ("late_rows",), True)
    found = Restatement("run.json", AS_OF, (), ("acd.csv",), (), (cell,))
    page = html.render(replace(centre(), restated=found))
    assert re.search(r"class=\"summary\">6 targets: [^<]*; 1 past figure restated<", page)
    assert '<p class="notes">1 figure of a past period differs from the run of run.json' in page
    line = page[page.index("Restated figures</span>") :].partition("</tbody>")[0]
    cells = re.findall(r"<t[hd][^>]*>(?:<bdi>)?([^<]*)", line.partition("<tbody>")[2])
    assert cells == ["Average handle time", "May 2026", "6:10", "6:20", "10", "11", "late or corrected rows"]
    many = replace(found, cells=(cell,) * 301)
    page = html.render(replace(centre(), restated=many))
    assert "The first 300 are shown; -o report.json holds them all." in page
    assert "<details><summary>Which, from what to what, and why</summary>" in page


def test_a_run_without_figures_is_a_page_too():
    bare = replace(result([row()]), rows=(), absent=(Problem("I010", "aht cannot be computed."),))
    assert "No figures" in html.render(bare)
    assert "aht cannot be computed." in html.render(bare)


def test_the_legend_explains_what_occurs_and_nothing_else():
    page = html.render(telling())
    legend = page[page.index('id="legend-h"') :]
    assert "° not all of it can be judged yet" in legend
    assert "bounds: " in legend
    assert "at or beyond the alarm" not in legend


# -- what is in it -----------------------------------------------------------------------------------------------------


def test_the_page_allows_itself_its_own_style_and_script_only():
    page = html.render(telling())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    for element, directive in (("style", "style-src"), ("script", "script-src")):
        found = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
        assert len(found) == 1
        digest = base64.b64encode(hashlib.sha256(found[0].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy[1]
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]


def test_the_page_names_no_other_place():
    for _, attributes in parsed(html.render(telling())).elements:
        for name in ("src", "href", "action", "data", "xlink:href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:,"))
    assert not re.search(r"url\((?!#)|@import|https?:", html.render(telling()))


def test_ids_are_unique_and_links_lead_somewhere():
    elements = parsed(html.render(large(metrics=3, queues=2, months=3))).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [attributes["href"] or "" for name, attributes in elements if name == "a"]
    assert links
    assert {link.removeprefix("#") for link in links} <= set(ids)
    labelled = [one for _, attributes in elements for one in (attributes.get("aria-labelledby") or "").split()]
    assert set(labelled) <= set(ids)


_NASTY = st.one_of(
    st.text(max_size=20),
    st.text(alphabet="<>&\"'/=-!`\0\r\n\t\x1b\u202e\u2066\ud800 scriptdvon", max_size=40),
    st.sampled_from(
        [
            "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "<!--",
            "-->", "]]>", "</style>", "{{ 7 * 7 }}", "{% raw %}", "&lt;b&gt;", "javascript:alert(1)", "\u202egnp.exe",
            "' or 1=1", "</title><base href=//x>", "x" * 70, "שלום", "e\u0301" * 400, "", " ", "all",
        ]
    ),
)  # fmt: skip


def _filled(text):
    """A result with a text of the data wherever there can be one."""
    told = MetricInfo(text, None, text, text, "lower", text, text, text, "12mo", 30, text)
    variant = replace(told, variant=text, formula=None)
    rows = []
    for name in (None, text):
        for by in ({}, {text: text}, {text: f"{text} other"}):
            for at in (1, 2, 3):
                period = replace(month(at), label=f"FY27 {text}" if name else None)
                rows.append(row("aht", period, by=by, value=300.0 + at, unit=text, notes=(text,), variant=name,
                                definition=text, kind=text))  # fmt: skip
    rows = [replace(one, metric=text) for one in rows]
    entry = FileEntry(text, text, 1, 1, 0, 0, 0, 0, 1, ((text, 1),))
    return replace(
        result([row()]), rows=tuple(rows), metrics={(text, None): told, (text, text): variant}, by=(text,),
        files=(entry,), notes=(text,), absent=(Problem("I010", text),), version=text, catalogue_path=text,
        catalogue_hash=text,
    )  # fmt: skip


_FIXED = ("html", "head", "body", "section", "script", "style", "link", "meta", "a", "table", "tr", "th", "td", "svg")


def _shape(found):
    counted = Counter(name for name, _ in found.elements)
    return {name: counted[name] for name in _FIXED}


@cache
def _expected():
    return parsed(html.render(_filled("harmless")))


@pytest.mark.parametrize("text", ["</title></style></script><img src=x onerror=alert(1)>", "\u202e\0\x1b[2J\"'"])
def test_no_nasty_text_of_the_data_becomes_markup(text):
    _harmless(text)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(_NASTY)
@example("<script>alert(1)</script>")
def test_no_text_of_the_data_becomes_markup(text):
    _harmless(text)


def _harmless(text):
    page = html.render(_filled(text))
    found = parsed(page)
    assert _shape(found) == _shape(_expected())
    assert {name for name, _ in found.elements} <= {name for name, _ in _expected().elements}
    # A name that was cut is told whole on pointing at it.
    known = {"title", *(name for _, attributes in _expected().elements for name in attributes)}
    assert {name for _, attributes in found.elements for name in attributes} <= known
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)
    page.encode()


def test_a_megabyte_of_text_is_cut():
    page = html.render(_filled("<b>long</b> " * 90_000))
    assert len(page) < 200_000


_NUMBER = st.one_of(st.none(), st.floats(-1e300, 1e300), st.sampled_from([0.0, -0.0, 5e-324, 1.7e308]))
_SOME = st.one_of(st.floats(-1e300, 1e300), st.integers(-3, 3).map(float))
_GOAL = st.one_of(st.none(), _SOME, st.tuples(_SOME, _SOME))


@st.composite
def _rows(draw):
    """Rows of two metrics, whole and parts, with any figures, in any state."""
    rows = []
    for metric in ("aht", "turnover"):
        unit = draw(st.sampled_from(["percent", "seconds", "points", "days", "EUR", "score"]))
        better = draw(st.sampled_from(["higher", "lower", "inside", None]))
        for by in ({}, {"queue": "A"}, {"queue": None}):
            for at in range(1, draw(st.integers(1, 4)) + 1):
                value = draw(_NUMBER)
                rows.append(
                    row(
                        metric, month(at, complete=draw(st.booleans())), by=by, unit=unit, better=better, value=value,
                        low=draw(_NUMBER), high=draw(_NUMBER), n=draw(st.integers(0, 10**12)),
                        bounds=draw(st.one_of(st.none(), st.tuples(_SOME, _SOME))),
                        numerator=draw(_NUMBER), denominator=draw(_NUMBER),
                        immature=draw(st.integers(0, 2)), missing=draw(st.integers(0, 2)),
                        censored=draw(st.one_of(st.none(), st.integers(0, 9))), target=draw(_GOAL), alarm=draw(_GOAL),
                        status=draw(st.sampled_from(["met", "missed", "alarm", None])),
                        reason=draw(st.sampled_from([None, *cells.REASONS])),
                        confidence=draw(st.sampled_from([None, 0.95, 0.9])), definition=draw(st.sampled_from("ab")),
                        change=draw(st.one_of(st.none(), st.builds(Change, st.just(month(1).start), _SOME, _SOME,
                                                                   st.sampled_from([True, False, None])))),
                        notes=draw(st.sampled_from([(), ("improved while aht got significantly worse",), ("x",)])),
                    )
                )  # fmt: skip
    return rows


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(_rows())
def test_any_figures_are_a_page(rows):
    page = html.render(result(rows))
    assert parsed(page).text()
    assert not re.search(r'="[^"]*\b(?:NaN|Infinity)\b', page)


# -- that its bytes are those of the Result ----------------------------------------------------------------------------


def _digest(page: str) -> str:
    return hashlib.sha256(page.encode()).hexdigest()


def test_bytes_do_not_depend_on_what_was_drawn_before(drawn_anew):
    first = html.render(telling())
    html.render(centre(by="queue"))
    assert html.render(telling()) == first


@pytest.mark.slow
@pytest.mark.parametrize(("zone", "seed"), [("Pacific/Kiritimati", "1"), ("America/St_Johns", "2")])
def test_bytes_do_not_depend_on_time_zone_or_hash_seed(zone, seed):
    told = f"import sys; sys.path[:0] = {[str(HERE), str(HERE.parent.parent)]!r}\n" + (
        "import hashlib\nfrom pages import telling\nfrom cxkpi.reports import html\n"
        "print(hashlib.sha256(html.render(telling()).encode()).hexdigest())"
    )
    env = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": "C"}
    done = subprocess.run([sys.executable, "-c", told], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == _digest(html.render(telling()))


def test_ids_in_a_drawing_are_counted_from_its_own_beginning():
    svg = '<g clip-path="url(#clip12)"></g><clipPath id="clip11"></clipPath><clipPath id="clip12"></clipPath>'
    assert charts._renumbered(svg, "m-aht") == (
        '<g clip-path="url(#m-aht-1)"></g><clipPath id="m-aht-0"></clipPath><clipPath id="m-aht-1"></clipPath>'
    )


@pytest.mark.slow
def test_twelve_metrics_by_forty_queues_by_two_years_stay_under_five_megabytes():
    size = len(html.render(large()).encode())
    assert 500_000 < size < 5_000_000


def test_a_metric_named_otherwise_has_an_anchor_all_the_same():
    odd = replace(row("aht", month(1)), metric="a b")
    told = {("a b", None): replace(info("aht"), metric="a b")}
    page = html.render(replace(result([row()]), rows=(odd,), metrics=told))
    assert '<section id="metric-0"' in page
