"""``extends``: one catalogue over another, in two files whose places stay apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxkpi.catalogue.load import Catalogue, load, parse
from cxkpi.errors import CatalogueError, Problem

BASE = """cxkpi: 1
headline: [wait, escalation.loud]
calendar: {timezone: Europe/London, week_starts: sunday}
defaults: {confidence: 90%, min_n: 10, examples: required}
tables: {contacts: {columns: {campaign: text}}}
fields:
  contacts:
    handled: not abandoned
    long: talk_s > 60
metrics:
  escalation:
    kind: share
    label: Escalation
    from: contacts
    where: handled
    meets: escalated
    better: lower
    target: 5%
    variants:
      loud: {where: handled and campaign = 'x', label: Loud}
      quiet: {where: long}
    examples:
      - name: one of two
        given: {contacts: "abandoned | escalated | ended_at\\nfalse | true | 2026-01-05\\nfalse | false | 2026-01-05"}
        expect: {value: 50%, n: 2}
      - name: too few
        given: {contacts: "abandoned | escalated | ended_at\\nfalse | true | 2026-01-05"}
        expect: {reason: too_few}
  wait:
    kind: mean
    from: contacts
    value: wait_s
    unit: seconds
    guards: [escalation]
    examples:
      - given: {contacts: "wait_s | ended_at\\n5 | 2026-01-05"}
        expect: {value: 5}
"""
HEAD = "cxkpi: 1\nextends: base.yaml\n"
MARK = "«"


def over(text: str, base: str = BASE) -> Catalogue:
    """A catalogue over ``base.yaml``, which is not on any disk."""
    files = {"base.yaml": base.replace(MARK, "")}
    return parse((HEAD + text).replace(MARK, ""), "mine.yaml", beside=lambda name: (files[name], name))


def problems(text: str, base: str = BASE) -> tuple[Problem, ...]:
    with pytest.raises(CatalogueError) as caught:
        over(text, base)
    return caught.value.problems


def marked(text: str, file: str) -> str:
    before = text[: text.index(MARK)]
    return f"{file}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def test_nothing_said_changes_nothing() -> None:
    found, base = over(""), parse(BASE, "base.yaml")
    assert found.hash == base.hash
    assert [one.examples for one in found.metrics.values()] == [one.examples for one in base.metrics.values()]
    assert (found.path, found.headline, found.timezone) == ("mine.yaml", base.headline, "Europe/London")


WRITTEN_OUT = """cxkpi: 1
headline: [fast]
calendar: {timezone: Europe/Berlin, week_starts: sunday}
defaults: {confidence: 90%, min_n: 20}
tables: {contacts: {columns: {campaign: text, skill: text}}}
fields:
  contacts:
    handled: not abandoned and talk_s > 0
    long: talk_s > 60
metrics:
  escalation:
    kind: share
    label: Escalation
    from: contacts
    where: handled
    meets: transfers > 0
    better: lower
    target: 5%
    variants:
      loud: {where: handled and campaign = 'x', label: Loud}
      quiet: {where: skill = 'y'}
      new: {where: long}
  fast: {kind: share, from: contacts, meets: wait_s < 5}
"""
OVERLAY = """headline: [fast]
calendar: {timezone: Europe/Berlin}
defaults: {min_n: 20}
tables: {contacts: {columns: {skill: text}}}
fields: {contacts: {handled: not abandoned and talk_s > 0}}
metrics:
  escalation:
    meets: transfers > 0
    variants: {quiet: {where: skill = 'y'}, new: {where: long}}
  wait: null
  fast: {kind: share, from: contacts, meets: wait_s < 5}
"""


def test_an_overlay_means_the_same_as_all_of_it_written_out() -> None:
    laid, whole = over(OVERLAY), parse(WRITTEN_OUT, "mine.yaml")
    assert laid.hash == whole.hash
    assert list(laid.metrics) == list(whole.metrics)
    assert [one.definition for one in laid.metrics.values()] == [one.definition for one in whole.metrics.values()]
    assert (laid.confidence, laid.min_n) == (0.9, 20)


def test_a_metric_of_another_kind_keeps_nothing() -> None:
    found = over("metrics: {wait: {kind: share, from: contacts, meets: wait_s < 5}}\n")
    assert found.metrics["wait", None].kind == "share"
    assert found.metrics["wait", None].guards == ()


def test_a_variant_can_be_taken_away() -> None:
    found = over("headline: [wait]\nmetrics: {escalation: {variants: {loud: null}}}\n")
    assert ("escalation", "loud") not in found.metrics
    assert ("escalation", "quiet") in found.metrics


def test_remove_says_the_same_as_null() -> None:
    one = over("headline: [escalation]\nmetrics: {wait: {remove: true}}\n")
    assert one.hash == over("headline: [escalation]\nmetrics: {wait: null}\n").hash
    assert ("wait", None) not in one.metrics


# ------------------------------------------------------------------------------------------------- examples


def names(catalogue: Catalogue, title: str) -> list[str]:
    return [one.name for one in catalogue.metrics[title, None].examples]


def test_examples_of_a_definition_that_changed_are_gone_and_others_stay() -> None:
    assert names(over("metrics: {escalation: {label: X}}\n"), "escalation") == ["one of two", "too few"]
    assert names(over("metrics: {escalation: {meets: transfers > 0}}\n"), "escalation") == []
    # A field, a column or a guard of the base may be what changes it.
    assert names(over("fields: {contacts: {handled: not abandoned and talk_s > 0}}\n"), "escalation") == []
    assert names(over("fields: {contacts: {long: talk_s > 90}}\n"), "escalation") == ["one of two", "too few"]
    assert names(over("metrics: {escalation: {meets: transfers > 0}}\n"), "wait") == ["example 1"]
    # The zone says when a day begins, and no more.
    assert names(over("calendar: {timezone: Asia/Tokyo}\n"), "escalation") == ["one of two", "too few"]


def test_examples_about_a_verdict_go_with_what_the_verdict_is_by() -> None:
    assert names(over("metrics: {escalation: {target: 6%}}\n"), "escalation") == ["one of two"]
    assert names(over("defaults: {min_n: 1}\n"), "escalation") == ["one of two"]
    assert names(over("metrics: {escalation: {protects: agent_id}}\n"), "escalation") == []


def test_examples_given_anew_replace_all() -> None:
    text = (
        "metrics:\n  escalation:\n    meets: transfers > 0\n    examples:\n"
        "      - {name: mine, given: {contacts: 'transfers'}, expect: {n: 0}}\n"
    )
    assert names(over(text), "escalation") == ["mine"]


def test_a_key_of_the_base_that_is_null_in_the_overlay_is_taken_away() -> None:
    assert over("metrics: {escalation: {label: X}}\n").metrics[("escalation", None)].target is not None
    assert over("metrics: {escalation: {target: null}}\n").metrics[("escalation", None)].target is None
    (problem,) = problems("metrics: {wait: {value: null}}\n")
    assert (problem.code, problem.message) == ("C102", "'value' is missing in a mean metric")


def test_what_the_base_requires_of_its_metrics_it_does_not_require_of_others() -> None:
    fast = "metrics: {fast: {kind: share, from: contacts, meets: wait_s < 5}}\n"
    assert ("fast", None) in over(fast).metrics
    (problem,) = problems("defaults: {examples: required}\n" + fast)
    assert (problem.code, str(problem.place)) == ("C505", "mine.yaml:4:11")
    (problem,) = problems("defaults: {examples: required}\nmetrics: {escalation: {meets: transfers > 0}}\n")
    assert (problem.code, str(problem.place)) == ("C505", "mine.yaml:4:11")


# --------------------------------------------------------------------------------------------- what is wrong where


@pytest.mark.parametrize(
    ("code", "message", "text"),
    [
        ("C302", "meets: no column 'transfer'", "metrics: {escalation: {meets: «transfer > 0}}\n"),
        ("C104", "unknown key 'meet'", "metrics: {escalation: {«meet: transfers > 0}}\n"),
        ("C402", "the alarm must be above the target", "metrics: {escalation: {alarm: «4%}}\n"),
        ("C103", "'label' is empty", "metrics: {new: {kind: total, from: contacts, count: rows, label: «~}}\n"),
        ("C201", "no metric 'wiat' in 'base.yaml' to take away; did you mean 'wait'?", "metrics: {«wiat: null}\n"),
        ("C109", "'remove' takes a metric away", "metrics: {escalation: {«remove: true, label: x}}\n"),
        ("C109", "'remove' takes a variant", "metrics: {escalation: {variants: {loud: {«remove: 1}}}}\n"),
        ("C109", "a variant cannot have its own 'kind'", "metrics: {escalation: {variants: {loud: {«kind: net}}}}\n"),
        ("C405", "no time zone 'Europe/Berln'", "calendar: {timezone: «Europe/Berln}\n"),
    ],
)
def test_what_the_overlay_says_wrong_stands_in_the_overlay(code: str, message: str, text: str) -> None:
    (problem,) = [one for one in problems(text) if one.code == code]
    assert str(problem.place) == marked(HEAD + text, "mine.yaml")
    assert problem.message.startswith(message)
    assert problem.source == (HEAD + text).replace(MARK, "").splitlines()[problem.place.line - 1]  # type: ignore


@pytest.mark.parametrize(
    ("code", "message", "text", "about"),
    [
        (
            "C201",
            "no metric 'escalation': it is taken away at mine.yaml:4:11",
            "headline: [wait]\nmetrics: {«escalation: null, wait: {label: W}}\n",
            "guards: [«escalation",
        ),
        (
            "C201",
            "no metric 'escalation.loud': it is taken away at mine.yaml:3:35",
            "metrics: {escalation: {variants: {«loud: null}}}\n",
            "headline: [wait, «",
        ),
        (
            "C303",
            "where: '=' mixes true or false and text",
            "tables: {contacts: {columns: {«campaign: boolean}}}\n",
            "handled and campaign = «",
        ),
        ("C401", "'target' needs to know", "metrics: {escalation: {«better: null}}\n", "    «target: 5%"),
        ("C402", "the alarm must be above", "metrics: {escalation: {label: E, «better: lower}}\n", "    alarm: «3%"),
    ],
)
def test_what_no_longer_fits_is_told_at_the_line_that_changed_it(
    code: str, message: str, text: str, about: str
) -> None:
    base = BASE.replace("    better: lower\n", "    better: higher\n    alarm: 3%\n") if code == "C402" else BASE
    assert base.count(about.replace(MARK, "")) == 1
    base = base.replace(about.replace(MARK, ""), about)
    (problem,) = problems(text, base)
    assert (problem.code, str(problem.place)) == (code, marked(HEAD + text, "mine.yaml"))
    assert problem.message.startswith(message)
    assert problem.source == (HEAD + text).replace(MARK, "").splitlines()[problem.place.line - 1]  # type: ignore
    assert f"It is about {marked(base, 'base.yaml')}." in str(problem.hint)


def test_what_many_places_miss_is_told_once() -> None:
    keys = "kind: mean, from: contacts, value: wait_s, unit: seconds, guards: [wait]"
    example = "{given: {contacts: wait_s}, expect: {value: null}}"
    reads = "".join(f"  f{at}: {{{keys}, examples: [{example}]}}\n" for at in range(6))
    (problem,) = problems("headline: [f1]\nmetrics: {wait: null}\n", BASE + reads)
    assert str(problem.hint).count("base.yaml:") == 3
    assert str(problem.hint).endswith(" and 3 more.")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("C103", "metrics: «\n"),
        ("C103", "metrics: {escalation: «5}\n"),
        ("C103", "metrics: {escalation: {variants: «x}}\n"),
        ("C103", "fields: «x\n"),
        ("C103", "fields: {contacts: «}\n"),
        ("C103", "tables: {contacts: «[campaign]}\n"),
        ("C103", "calendar: «4\n"),
        ("C105", "calendar: {week_starts: «foo}\n"),
        ("C103", "defaults: {min_n: «foo}\n"),
        ("C103", "calendar: {hours: {mon: «8}}\n"),
    ],
)
def test_one_mistake_of_an_overlay_makes_nothing_else_wrong(code: str, text: str) -> None:
    base = BASE.replace("week_starts: sunday", "week_starts: sunday, hours: {mon: 08:00-18:00}")
    base = base.replace("value: wait_s", "value: open_seconds(started_at, ended_at)").replace(
        "expect: {value: 5}", "expect: {value: null}"
    )
    (problem,) = problems(text, base)
    place = marked(HEAD + text, "mine.yaml")
    assert problem.code == code
    assert str(problem.place).rpartition(":")[0] == place.rpartition(":")[0]


def test_what_one_layer_no_longer_proves_does_not_come_back_with_the_next() -> None:
    middle = HEAD + "metrics: {escalation: {where: long}}\n"
    files = {"base.yaml": BASE, "middle.yaml": middle}

    def beside(name: str) -> tuple[str, str]:
        return files[name], name

    upper = "cxkpi: 1\nextends: middle.yaml\n"
    assert parse(middle, "middle.yaml", beside=beside).metrics["escalation", None].examples == ()
    layered = parse(upper, "mine.yaml", beside=beside)
    assert layered.metrics["escalation", None].examples == ()
    assert len(layered.metrics["wait", None].examples) == 1


def test_a_variant_that_is_given_anew_keeps_the_examples_it_brings() -> None:
    text = """metrics:
  escalation:
    variants:
      loud:
        where: long
        examples:
          - given: {contacts: "talk_s | escalated | ended_at\\n90 | true | 2026-01-05"}
            expect: {value: 100%}
"""
    assert len(over(text).metrics["escalation", "loud"].examples) == 1


@pytest.mark.parametrize("gone", ["{loud: null}", "{loud: {remove: true}}", "null"])
def test_a_variant_is_taken_away(gone: str) -> None:
    defined = over(f"headline: [wait]\nmetrics: {{escalation: {{variants: {gone}}}}}\n")
    assert ("escalation", "loud") not in defined.metrics
    assert (("escalation", "quiet") in defined.metrics) == (gone != "null")


@pytest.mark.parametrize("gone", ["null", "{remove: true}"])
def test_a_variant_that_is_not_there_cannot_be_taken_away(gone: str) -> None:
    (problem,) = problems(f"metrics: {{escalation: {{variants: {{laud: {gone}}}}}}}\n")
    message = "no variant 'laud' of 'escalation' in 'base.yaml' to take away; did you mean 'loud'?"
    assert (problem.code, str(problem.place), problem.message) == ("C201", "mine.yaml:3:35", message)
    (problem,) = problems("metrics: {wait: {variants: {laud: null}}}\n")
    assert problem.message == "no variant 'laud' of 'wait' in 'base.yaml' to take away"


def test_of_a_file_that_is_no_catalogue_nothing_is_shown() -> None:
    (problem,) = problems("", "root:x:0:0\nsecret: &a *b\n")
    assert (problem.code, str(problem.place)) == ("C211", "mine.yaml:2:10")
    assert problem.message == "'base.yaml', which this extends, is no catalogue: it has no line 'cxkpi: 1'"


def test_a_base_that_is_wrong_itself_says_so_in_its_own_words() -> None:
    base = BASE.replace("meets: escalated", "meets: «escalatd")
    found = problems("metrics: {fast: {kind: shar}}\n", base)
    assert [(one.code, str(one.place)) for one in found] == [("C302", marked(base, "base.yaml"))]
    base = "«cxkpi: 2\n"
    found = problems("", base)
    assert [(one.code, str(one.place)) for one in found] == [("C101", "base.yaml:1:8")]
    assert [one.code for one in problems("", "cxkpi: 1\na: [\n")] == ["C001"]


# ------------------------------------------------------------------------------------------------------------ files


@pytest.mark.parametrize(
    ("message", "files"),
    [
        ("the catalogue 'b.yaml' that this extends cannot be read: there is no catalogue", {"a": "b.yaml"}),
        ("'cxkpy' is no catalogue: neither 'cxkpi' nor a YAML file; did you mean 'cxkpi'?", {"a": "cxkpy"}),
        ("'/etc/passwd' is no catalogue", {"a": "/etc/passwd"}),
        ("this extends itself: ", {"a": "a.yaml"}),
        ("this extends itself: ", {"a": "b.yaml", "b": "./c.yaml", "c": "../x/b.yaml"}),
        ("more than 5 catalogues extend each other", {one: f"{chr(ord(one) + 1)}.yaml" for one in "abcdefgh"}),
    ],
)
def test_what_cannot_be_followed(tmp_path: Path, message: str, files: dict[str, str]) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    for name, extended in files.items():
        (folder / f"{name}.yaml").write_text(f"cxkpi: 1\nextends: {extended}\n", encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load(folder / "a.yaml")
    (problem,) = caught.value.problems
    assert (problem.code, problem.place and (problem.place.line, problem.place.column)) == ("C211", (2, 10))
    assert problem.message.startswith(message)


def test_a_base_is_named_from_the_folder_of_its_overlay(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "middle.yaml").write_text("cxkpi: 1\nextends: ./base.yaml\ndefaults: {min_n: 3}\n", encoding="utf-8")
    (tmp_path / "sub" / "top.yaml").write_text("cxkpi: 1\nextends: ../middle.yaml\n", encoding="utf-8")
    found = load(tmp_path / "sub" / "top.yaml")
    assert (found.min_n, found.confidence) == (3, 0.9)
    assert found.metrics["wait", None].place is not None
    assert found.metrics["wait", None].place.file == (tmp_path / "base.yaml").as_posix()


def test_the_holidays_of_a_base_are_read_beside_it(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    text = BASE.replace("week_starts: sunday", "hours: {mon-fri: '08:00-18:00'}, holidays: days.csv")
    (tmp_path / "sub" / "base.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "sub" / "days.csv").write_text("2026-12-25\n", encoding="utf-8")
    (tmp_path / "top.yaml").write_text("cxkpi: 1\nextends: sub/base.yaml\n", encoding="utf-8")
    assert load(tmp_path / "top.yaml").hash == load(tmp_path / "sub" / "base.yaml").hash


def test_the_shipped_catalogue_can_be_extended(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "cxkpi: 1\nextends: cxkpi\ncalendar: {timezone: Europe/Berlin}\nmetrics: {aht: {target: 5m}}\n",
        encoding="utf-8",
    )
    found, shipped = load(tmp_path / "mine.yaml"), load(None)
    assert list(found.metrics) == list(shipped.metrics)
    assert found.metrics["aht", None].target == 300
    assert [len(one.examples) for one in found.metrics.values()] == [
        len(one.examples) for one in shipped.metrics.values()
    ]
    assert found.metrics["fcr", None].place == shipped.metrics["fcr", None].place


def test_extends_must_be_text() -> None:
    with pytest.raises(CatalogueError, match=r"mine\.yaml:2:10: error\[C103\]: 'extends' must be text, not a list"):
        parse("cxkpi: 1\nextends: [cxkpi]\n", "mine.yaml")
