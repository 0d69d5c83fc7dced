"""The two references of file formats against the code: every example loads, and no key is missing or made up."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

import cxkpi.exports
from cxkpi.catalogue import grammar
from cxkpi.catalogue.codes import CODES
from cxkpi.catalogue.expressions.functions import FUNCTIONS
from cxkpi.catalogue.load import Catalogue, parse
from cxkpi.engines.base import load as engine
from cxkpi.exports import profile, profile_file
from cxkpi.exports.load import load
from cxkpi.exports.profile import DURATION_UNITS
from cxkpi.kinds import repeat, time_to_event
from cxkpi.kinds.definition import MetricRows, Split, Term
from cxkpi.kinds.registry import KINDS
from cxkpi.measurement.checking.examples import failures
from cxkpi.tables import TABLES

DOCS = Path(__file__).parents[2] / "docs"
PROFILES = (DOCS / "profiles.md").read_text(encoding="utf-8")
CATALOGUE = (DOCS / "catalogue.md").read_text(encoding="utf-8")

_HEADING = re.compile(r"^#+ (.+)$")
_FIRST_CELL = re.compile(r"^\| `([^`]+)` \|")
_CODE = re.compile(r'"([CIPU]\d{3})"')


def tables(text: str) -> Mapping[str, list[str]]:
    """Heading -> what stands in code type in the first column of the tables below it."""
    found: dict[str, list[str]] = {}
    heading, fenced = "", False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if not fenced and (title := _HEADING.match(line)):
            heading = title.group(1)
            assert heading not in found, f"two sections are called {heading}"
            found[heading] = []
        elif cell := _FIRST_CELL.match(line):
            found[heading].append(cell.group(1))
    return found


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def complete(text: str) -> list[str]:
    return [block for block in blocks(text, "yaml") if block.startswith("# complete\n")]


def keys(model: type[profile.Model] | type[grammar.Written]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def spec_keys(spec: type) -> list[str]:
    return [grammar.key_of(field.name) for field in dataclasses.fields(spec)]


def same(documented: Iterable[str], known: Iterable[str]) -> None:
    assert sorted(documented) == sorted(known)


# -- profiles ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", complete(PROFILES))
def test_a_profile_marked_complete_loads(text: str) -> None:
    assert profile_file.parse(text, "docs/profiles.md", TABLES, "user").tables


def test_the_worked_example_becomes_what_the_text_says(tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    calls, people = blocks(PROFILES, "csv")
    (exports / "calls.csv").write_text(calls, encoding="utf-8")
    (exports / "people.csv").write_text(people, encoding="utf-8")
    given = tmp_path / "ringo.yaml"
    given.write_text(complete(PROFILES)[0], encoding="utf-8")
    found = load([exports], tables=TABLES, timezone="Europe/London", profiles=[given], into=tmp_path / "tables")
    entry = next(entry for entry in found.files if entry.path == "calls.csv")
    assert (entry.profile, entry.records) == ("ringo.calls", 6)
    assert (entry.accepted, entry.superseded, entry.rejected, entry.skipped, entry.blanked) == (3, 0, 1, 2, 1)
    assert [(reject.line, reject.reason) for reject in found.rejects] == [(5, "it ends before it starts")]
    assert not [note for note in found.notes if "login" in note]


@pytest.mark.parametrize(
    ("section", "model"),
    [
        ("Top level", profile.Written),
        ("match", profile.Match),
        ("file", profile.File),
        ("skip", profile.Skip),
        ("notes", profile.Say),
        ("A condition", profile.Condition),
        ("A rule", profile.Rule),
        ("sections", profile.Sections),
        ("legs", profile.Legs),
        ("checks", profile.Check),
        ("questions", profile.Questions),
    ],
)
def test_the_keys_of_a_profile_are_all_there(section: str, model: type[profile.Model]) -> None:
    same(tables(PROFILES)[section], keys(model))


def test_units_are_named() -> None:
    unit = next(line for line in PROFILES.splitlines() if line.startswith("| `unit` |"))
    assert set(DURATION_UNITS) <= set(re.findall(r"`(\w+)`", unit))


def test_words_for_true_and_false_are_named() -> None:
    for name, words in (("true", profile.Rule.model_fields["true"]), ("false", profile.Rule.model_fields["false"])):
        line = next(line for line in PROFILES.splitlines() if line.startswith(f"| `{name}` | words"))
        assert re.findall(r"`(\w+)`", line)[1:] == list(words.default)


def test_the_messages_of_exports_are_all_there() -> None:
    sources = Path(cxkpi.exports.__file__).parent.rglob("*.py")
    raised = {code for source in sources for code in _CODE.findall(source.read_text(encoding="utf-8"))}
    # These come from what reads YAML for catalogues, too.
    shared = {"P103", "P104", "P105"}
    same(tables(PROFILES)["Messages"], raised | shared)


# -- catalogue ---------------------------------------------------------------------------------------------------------


def catalogues() -> list[Catalogue]:
    return [parse(text, "docs/catalogue.md") for text in complete(CATALOGUE)]


def test_catalogues_marked_complete_load_and_their_examples_hold() -> None:
    loaded = catalogues()
    assert {metric.kind for catalogue in loaded for metric in catalogue.metrics.values()} == set(KINDS)
    examples = [
        (metric, example, catalogue)
        for catalogue in loaded
        for metric in catalogue.metrics.values()
        for example in metric.examples
    ]
    assert examples
    for metric, example, catalogue in examples:
        assert failures(metric, example, catalogue, engine("polars")) == []


@pytest.mark.parametrize(
    ("section", "model"),
    [
        ("calendar", grammar.Calendar),
        ("defaults", grammar.Defaults),
        ("tables", grammar.TableText),
        ("A column", grammar.ColumnText),
        ("A look-up", grammar.LookupText),
        ("Keys of every metric", grammar.Common),
        ("Keys of an example", grammar.ExampleText),
    ],
)
def test_the_keys_of_a_catalogue_are_all_there(section: str, model: type[grammar.Written]) -> None:
    same(tables(CATALOGUE)[section], keys(model))


@pytest.mark.parametrize(
    ("section", "spec"),
    [
        *((name, module.Spec) for name, module in KINDS.items()),
        ("A term of a ratio", Term),
        ("clock", repeat.Clock),
        ("read of a time_to_event", time_to_event.Reading),
        ("event of a time_to_event, or one of competing", time_to_event.Cause),
        ("event that is a later row", time_to_event.NthRow),
        ("event that is a run", time_to_event.SustainedRun),
        ("from of an event", MetricRows),
        ("at of an amount", Split),
    ],
)
def test_the_keys_of_a_kind_are_all_there(section: str, spec: type) -> None:
    same(tables(CATALOGUE)[section], spec_keys(spec))


def test_required_keys_of_kinds_are_marked() -> None:
    sections = re.split(r"^### ", CATALOGUE, flags=re.MULTILINE)
    for name, module in KINDS.items():
        section = next(part for part in sections if part.startswith(f"{name}\n"))
        marked = re.findall(r"^\| `(\w+)` \|.*Required \|$", section, re.MULTILINE)
        needed = [
            field
            for field in dataclasses.fields(module.Spec)
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        ]
        same(marked, [grammar.key_of(field.name) for field in needed])


def test_the_rest_of_the_grammar_is_all_there() -> None:
    written = tables(CATALOGUE)
    same(written["Top level"], grammar.TOP)
    same(written["Functions"], FUNCTIONS)
    same(written["Codes"], CODES)


def test_nothing_of_the_grammar_is_left_for_later() -> None:
    assert (grammar.LATER, grammar.LATER_OF_KIND, grammar.LATER_KINDS) == ({}, {}, ())
