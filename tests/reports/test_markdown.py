"""Markdown: what a forge makes of it, whatever data and catalogue say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from reports.factory import centre, info, month, result, row
from reports.shapes import odd

from cxkpi.reports import markdown
from cxkpi.reports.marked import code, words

_READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_HOSTILE = (
    "<script>alert(1)</script>", "<!-- x", "&copy;", "[a](http://x)", "![a](b)", "http://x.example/y", "www.x.example",
    "me@x.example", "@all", "#12", "!34", "$x^2$", "**b**", "_i_", "~~s~~", "~label", "a|b", "`c`", "``", "\\",
    "# h", "- l",
    "1. l", "1) l", "+ l", "> q", "---", "===", "a\n\n# h", "\u202eabc", "|", "  ", "GH-12", "4f1c9e2abc",
    "| a | b |", ":-:",
    "https://a.b/c", "[^1]", "<http://x>", "&#64;all", "{{ x }}",
)  # fmt: skip


def _tokens(text):
    for token in _READER.parse(text):
        yield token
        yield from token.children or ()


def _outside_of_code(text):
    return " ".join(token.content for token in _tokens(text) if token.type == "text")


_STRUCTURE = {
    "heading_open", "heading_close", "inline", "text", "table_open", "table_close", "thead_open",
    "thead_close", "tr_open",
    "tr_close", "th_open", "th_close", "tbody_open", "tbody_close", "td_open", "td_close", "paragraph_open",
    "paragraph_close", "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "code_inline",
}  # fmt: skip


@pytest.mark.parametrize("text", _HOSTILE)
def test_nothing_in_a_text_is_markup(text):
    found = result([row(by={"queue": text}, notes=(text,))], notes=(text,))
    found = _renamed(found, text)
    written = markdown.render(found)
    tokens = list(_tokens(written))
    assert {token.type for token in tokens} <= _STRUCTURE
    assert sum(token.type == "heading_open" for token in tokens) == 1
    assert sum(token.type == "bullet_list_open" for token in tokens) == 1
    assert sum(token.type == "table_open" for token in tokens) == 1
    outside = _outside_of_code(written)
    assert not any(
        sign in outside for sign in ("@", "#", "://", "www.", "<", "&", "$", "!", "~", "GH-12", "4f1c9e2abc")
    )


def _renamed(found, text):
    return replace(found, metrics={row().key: info("aht", label=text)})


def test_every_line_of_the_table_has_every_cell():
    for found in (centre(), centre(by="queue"), odd()):
        tokens = list(_tokens(markdown.render(found)))
        places = [at for at, token in enumerate(tokens) if token.type == "tr_open"]
        ends = [at for at, token in enumerate(tokens) if token.type == "tr_close"]
        widths = [
            sum(token.type in ("td_open", "th_open") for token in tokens[start:end])
            for start, end in zip(places, ends, strict=True)
        ]
        files = len(found.files) + 1 if found.files else 0
        assert set(widths[: len(widths) - files]) == {8 + len(found.by)}


@settings(deadline=None)
@given(st.text(max_size=30))
def test_words_are_text_and_code_alone(text):
    inner = [
        token for token in _tokens(words(text)) if token.type not in ("inline", "paragraph_open", "paragraph_close")
    ]
    assert {token.type for token in inner} <= {"text", "code_inline"}


@settings(deadline=None)
@given(st.text(max_size=30))
def test_a_code_span_gives_its_text_back(text):
    written = "".join(char if char.isprintable() or char in "\u200c\u200d" else " " for char in text)
    if not written.strip():
        written = f" {written} " if written else "  "
    tokens = [token for token in _tokens(code(text, table=False)) if token.type == "code_inline"]
    assert [token.content for token in tokens] == [written]


def test_words_of_a_language_stay_as_they_are():
    for text in (
        "Kündigungen",
        "解約",
        "रद्द",
        "a queue (new), 75 % of 1,200; it's “done”…",
        "Sales/Service",
        "−2.3 pt ▼",
    ):
        assert words(text) == text
    assert words("keeps agent_id.") == "keeps `agent_id`."
    assert words("- a") == "`-` a"
    assert words("a - b") == "a - b"


def test_a_name_is_as_it_is_or_all_of_it_is_code():
    found = result([row(by={"queue": name}) for name in ("VIP & Co", "R&D", "Sales #12 north", "&copy; me")])
    written = markdown.render(replace(found, by=("queue",)))
    assert all(f" | {cell} | " in written for cell in ("VIP & Co", "R&D", "`Sales #12 north`", "`&copy; me`")), written


def test_long_names_that_differ_at_their_ends_stay_apart():
    names = [f"{'Customer care for households ' * 4}{end}" for end in ("north", "south")]
    found = replace(result([row(by={"queue": name}) for name in names]), by=("queue",))
    written = markdown.render(found)
    assert written.count("north |") == written.count("south |") == 1


def test_a_period_that_is_not_over_is_spoken_of():
    said = "Only part of June 2026 is in view, and it is not shown."
    rows = [row("aht", month(5)), row("aht", month(6, complete=False), status=None, reason="partial")]
    assert f"- {said}" in markdown.render(result(rows))
    assert said not in markdown.render(result(rows[:1]))


def test_what_the_marks_mean_that_occur():
    written = markdown.render(centre())
    assert "✓ target met; ✗ target missed" in written
    assert "withheld" not in written
    assert "withheld: too few people to show" in markdown.render(odd())


def test_no_row_is_no_table():
    assert "No metric could be measured." in markdown.render(result([]))
