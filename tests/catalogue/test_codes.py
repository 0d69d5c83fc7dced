"""Every error code, with the exact place and words a person sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxkpi.catalogue.codes import CODES
from cxkpi.catalogue.load import load
from cxkpi.errors import CatalogueError, UsageError

from .marked import HEAD, SHARE, marked, metrics, problems


def share(lines: str) -> str:
    """A share metric with further lines."""
    return metrics(f"  escalation:\n    kind: share\n    from: contacts\n{lines}\n")


def condition(text: str) -> str:
    return share(f"    meets: {text}")


def example(table: str, rest: str = "        expect: {value: 50%}") -> str:
    return share(f"    meets: escalated\n    examples:\n      - given:\n{table}\n{rest}")


CASES = [
    ("C001", "this is not YAML", HEAD + "metrics:\n  a: «]\n"),
    ("C001", "this is not YAML", HEAD + "metrics:\n«\ta: b\n"),
    ("C002", "the key 'from' is written twice", share("    meets: escalated\n    «from: cases")),
    ("C002", "the key 'calendar' is written twice", HEAD + "«calendar: {timezone: UTC}\nmetrics:" + SHARE),
    ("C003", "the alias '*none' has no anchor", share("    meets: escalated\n    aka: «*none").replace("aka", "label")),
    ("C004", "merge keys", share("    meets: escalated\n    «<<: {label: x}")),
    ("C005", "the tag", share("    meets: escalated\n    label: «!!str x")),
    ("C006", "a key must be plain text", share("    meets: escalated\n    ? «[a]\n    : b")),
    ("C007", "a second document", metrics(SHARE) + "«---\na: 1\n"),
    ("C101", "this does not say which version", "«calendar: {timezone: UTC}\nmetrics:" + SHARE),
    ("C101", "the version of the grammar is 1, not the number 2", "cxkpi: «2\ntargets: 3\n"),
    ("C101", "a catalogue is a mapping, and this is a list", "«- cxkpi\n"),
    ("C102", "'meets' is missing in a share metric", metrics("  «escalation:\n    kind: share\n    from: contacts\n")),
    ("C102", "'kind' is missing in 'x'", metrics("  «x: {from: contacts}\n")),
    ("C102", "'unit' is missing in a mean metric", metrics("  «x: {kind: mean, from: contacts, value: talk_s}\n")),
    ("C102", "'calendar' is missing", "«cxkpi: 1\nmetrics:" + SHARE),
    ("C102", "'from' is missing in 'numerator'", metrics(
        "  x:\n    kind: ratio\n    unit: seconds\n    «numerator: {sum: talk_s}\n"
        "    denominator: {from: contacts, count: rows}\n")),
    ("C103", "'label' must be text, not the number 5", share("    meets: escalated\n    label: «5")),
    ("C103", "'where' is empty", share("    meets: escalated\n    where:«")),
    ("C103", "'target' is empty", share("    meets: escalated\n    better: higher\n    target: «~")),
    ("C103", "'min_n' must be a whole number, not the text 'a few'", share("    meets: escalated\n    min_n: «a few")),
    ("C103", "'guards' must be a list, not the text 'aht'", share("    meets: escalated\n    guards: «aht")),
    ("C103", "'escalation' must be a mapping, not empty", metrics("  escalation: «~\n")),
    ("C104", "unknown key 'taget' in a share metric; did you mean 'target'?",
     share("    meets: escalated\n    better: lower\n    «taget: 5%")),
    ("C104", "unknown key 'form' in 'numerator'; did you mean 'from'?", metrics(
        "  x:\n    kind: ratio\n    unit: seconds\n    numerator: {from: contacts, sum: talk_s, «form: contacts}\n"
        "    denominator: {from: contacts, count: rows}\n")),
    ("C104", "unknown key 'metric' in a catalogue; did you mean 'metrics'?", HEAD + "«metric: {}\nmetrics:" + SHARE),
    ("C105", "'up' is not a value of 'better'; it takes higher, lower or inside",
     share("    meets: escalated\n    better: «up")),
    ("C105", "'shar' is not a kind of metric; did you mean 'share'?", metrics("  x:\n    kind: «shar\n")),
    ("C105", "'mondays' is not a value of 'week_starts'", HEAD.replace("}", ", week_starts: «mondays}")
     + "metrics:" + SHARE),
    ("C105", "'%' is not a unit; did you mean 'percent'?", share("    meets: escalated\n    unit: «'%'")),
    ("C103", "a stretch ('split') is not taken here", share(
        "    meets: escalated\n    at: «{split: [started_at, ended_at]}")),
    ("C103", "rows of metrics are not taken here", metrics(
        "  x: {kind: stock, from: «{metrics: [x], per: [agent_id]}}\n")),
    ("C106", "'cluster' is not supported in a total metric", metrics(
        "  x: {kind: total, from: contacts, count: rows, «cluster: agent_id}\n")),
    ("C107", "a run is at least 1 period long, not 0", metrics(
        SHARE + "  speed: {kind: time_to_event, from: agents, start: hired_on,\n"
        "    event: {from: {metrics: [escalation], per: [agent_id]}, meets: escalation > 0, sustained: «0}}\n")),
    ("C109", "a run is looked for per 'agent_id'", metrics(
        SHARE + "  speed: {kind: time_to_event, from: agents, start: hired_on,\n"
        "    event: {from: {metrics: [escalation], per: «[team]}, meets: escalation > 0}}\n")),
    ("C109", "'matures' does not go with the kind repeat", metrics(
        "  x: {kind: repeat, from: contacts, key: [customer_id], within: 7d, counts: resolved, «matures: 9d}\n")),
    ("C107", "'75' is more than the whole", share("    meets: escalated\n    better: higher\n    target: «75")),
    ("C107", "'6m' is not a share", share("    meets: escalated\n    better: higher\n    target: «6m")),
    ("C107", "'7' has no unit of time", share("    meets: escalated\n    matures: «7")),
    ("C107", "'1mo' has no fixed length", share("    meets: escalated\n    matures: «1mo")),
    ("C107", "'12h' is not a window of whole periods", share("    meets: escalated\n    roll: «12h")),
    ("C107", "'100%' is no level of confidence", share("    meets: escalated\n    confidence: «100%")),
    ("C107", "'0%' is no level of confidence", share("    meets: escalated\n    confidence: «0%")),
    ("C107", "'99.9999999999999999%' is no level", share(
        "    meets: escalated\n    confidence: «99.9999999999999999%")),
    ("C107", "'0' is no level", share("    meets: escalated\n    confidence: «0")),
    ("C107", "'1.0' is no level", HEAD + "defaults: {confidence: «1.0}\nmetrics:" + SHARE),
    ("C108", "'Escalation' is not a name", metrics(SHARE.replace("escalation", "«Escalation"))),
    ("C108", "'case' is a word of expressions", HEAD + "fields: {contacts: {«case: talk_s}}\nmetrics:" + SHARE),
    ("C109", "'sum' does not go with 'count'", metrics(
        "  x: {kind: total, from: contacts, unit: s1, count: rows, «sum: talk_s}\n")),
    ("C109", "nothing says what is taken of the rows", metrics("  «x: {kind: total, from: contacts, unit: calls}\n")),
    ("C109", "a variant cannot have its own 'unit'", share(
        "    meets: escalated\n    variants:\n      other: {«unit: points}")),
    ("C302", "sum: no column 'talk' in table 'contacts'; did you mean 'talk_s'?", metrics(
        "  x: {kind: total, from: contacts, unit: seconds, sum: «talk}\n")),
    ("C303", "sum: ", metrics("  x: {kind: total, from: contacts, unit: seconds, sum: talk_s + «queue}\n")),
    ("C202", "no table 'contact'; did you mean 'contacts'?", metrics(
        "  x: {kind: total, from: «contact, unit: seconds, sum: talk_s}\n")),
    ("C202", "no table 'contact'; did you mean 'contacts'?", metrics(
        "  x:\n    kind: ratio\n    unit: seconds\n    numerator: {from: «contact, sum: talk_s}\n"
        "    denominator: {from: contacts, count: rows}\n")),
    ("C104", "unknown key 'smu' in a total metric; did you mean 'sum'?", metrics(
        "  x: {kind: total, from: contacts, unit: seconds, «smu: talk_s}\n")),
    ("C104", "unknown key 'unti' in a mean metric; did you mean 'unit'?", metrics(
        "  x: {kind: mean, from: contacts, «unti: seconds, value: talk_s}\n")),
    ("C104", "unknown key 'meet' in a share metric; did you mean 'meets'?", share("    «meet: escalated")),
    ("C104", "unknown key 'form' in 'numerator'; did you mean 'from'?", metrics(
        "  x:\n    kind: ratio\n    unit: seconds\n    numerator: {sum: talk_s, «form: contacts}\n"
        "    denominator: {from: contacts, count: rows}\n")),
    ("C201", "no metric 'escalations'; did you mean 'escalation'?",
     HEAD + "headline: [«escalations]\nmetrics:" + SHARE),
    ("C201", "no metric 'fcr'", share("    meets: escalated\n    guards: [«fcr]")),
    ("C202", "no table 'contact'; did you mean 'contacts'?", metrics(
        "  x: {kind: share, from: «contact, meets: escalated}\n")),
    ("C202", "no table 'calls'", HEAD + "fields: {«calls: {a: talk_s}}\nmetrics:" + SHARE),
    ("C203", "cluster: no column 'agent' in table 'contacts'; did you mean 'agent_id'?",
     metrics("  x: {kind: mean, from: contacts, value: cost, unit: EUR, cluster: «agent}\n")),
    ("C203", "to: no column 'ended_of' in table 'contacts'; did you mean 'ended_at'?", metrics(
        "  x: {kind: repeat, from: contacts, key: [agent_id], within: 7d, counts: resolved,\n"
        "      clock: {from: ended_at, to: «ended_of}}\n")),
    ("C203", "from: no column 'ended_at' in table 'intervals'", metrics(
        "  x: {kind: repeat, from: intervals, key: [agent_id], within: 7d, counts: resolved,\n"
        "      «clock: {to: started_at}}\n")),
    ("C206", "to: 'hired_on' is not a timestamp, and a repeat is timed to the second", metrics(
        "  x: {kind: repeat, from: contacts, key: [agent_id], within: 7d, counts: resolved,\n"
        "      clock: {to: «hired_on}}\n")),
    ("C204", "the table 'contacts' has a column 'queue' already",
     HEAD + "tables: {contacts: {columns: {«queue: text}}}\nmetrics:" + SHARE),
    ("C204", "'escalation' already names the metric", metrics(
        SHARE + "  other: {kind: share, from: contacts, meets: escalated, aka: [«escalation]}\n")),
    ("C205", "the field 'a' is defined by itself: a → b → a",
     HEAD + "fields: {contacts: {«a: b + 1, b: a * 2}}\nmetrics:" + SHARE),
    ("C206", "at: 'queue' is not a timestamp or a date", share("    meets: escalated\n    at: «queue")),
    ("C207", "a row of 'contacts' is not a spell", metrics("  x: {kind: stock, from: «contacts}\n")),
    ("C208", "'escalation' cannot guard itself", share("    meets: escalated\n    guards: [«escalation]")),
    ("C208", "'speed' reads rows of metrics itself", metrics(
        "  speed: {kind: time_to_event, from: agents, start: hired_on,\n"
        "          event: {from: {metrics: [«speed], per: [agent_id]}, meets: speed < 3}}\n")),
    ("C301", "meets: 'transfers' is not expected here", condition("escalated «transfers")),
    ("C301", "meets: something is missing here", condition("escalated and«")),
    ("C302", "meets: no column 'escaleted' in table 'contacts'; did you mean 'escalated'?",
     condition("'not abandoned and «escaleted'")),
    ("C302", "meets: no column 'aht_m'", metrics(
        SHARE + "  speed: {kind: time_to_event, from: agents, start: hired_on,\n"
        "    event: {from: {metrics: [escalation], per: [agent_id]}, meets: escalation_n > 20 and «aht_m < 3}}\n")),
    ("C303", "meets: '=' mixes text and a number", condition("queue = «5")),
    ("C304", "meets: 'round' rounds", condition("«round(talk_s) > 5")),
    ("C305", "meets: no function 'lenght'; did you mean 'length'?", condition("«lenght(queue) > 5")),
    ("C306", "meets: this must be true or false, but it is a number", condition("«talk_s + hold_s")),
    ("C307", "meets: '2026-02-30' is not a date", condition("ended_at > date «'2026-02-30'")),
    ("C307", "meets: there was no 2026-03-29 01:30 in Europe/London", condition(
        "ended_at > timestamp «'2026-03-29 01:30'")),
    ("C401", "'target' needs to know which side is better", share("    meets: escalated\n    «target: 5%")),
    ("C402", "the alarm must be above the target", share(
        "    meets: escalated\n    better: lower\n    target: 5%\n    alarm: «4%")),
    ("C403", "a share metric is in percent, not in seconds", share("    meets: escalated\n    unit: «seconds")),
    ("C403", "inside needs two limits", share("    meets: escalated\n    better: inside\n    target: «5%")),
    ("C405", "no time zone 'Europe/Londn'", "cxkpi: 1\ncalendar: {timezone: «Europe/Londn}\nmetrics:" + SHARE),
    ("C501", "this row has 1 cells, and the table 2 columns",
     example("          contacts: |\n            contact_id | escalated\n            «c1")),
    ("C502", "no column 'escalate' in table 'contacts'; did you mean 'escalated'?",
     example("          contacts: |\n            contact_id | «escalate\n            c1 | true")),
    ("C502", "no table 'contact'", example("          «contact: |\n            contact_id")),
    ("C503", "no field 'valeu' in a result; did you mean 'value'?",
     example("          contacts: |\n            contact_id", "        expect: {«valeu: 1}")),
    ("C503", "this example expects nothing", share(
        "    meets: escalated\n    examples:\n      - «given: {contacts: contact_id}")),
    ("C504", "talk_s: '6m' is not a number of seconds",
     example("          contacts: |\n            contact_id | talk_s | queue\n            c1         | «6m     | A")),
    ("C504", "ended_at: 'yesterday' is not a local time",
     example("          contacts: |\n            ended_at\n            2026-01-05 10:00\n\n            «yesterday")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message", "text"), CASES, ids=[f"{code}-{words}" for code, words, _ in CASES])
def test_each_mistake_has_its_code_place_and_words(code: str, message: str, text: str) -> None:
    found = problems(text)
    assert len(found) == 1, [str(problem) for problem in found]
    (problem,) = found
    assert problem.code == code
    assert problem.message.startswith(message)
    assert str(problem.place) == marked(text)
    assert str(problem).startswith(f"{marked(text)}: error[{code}]: {message}")


def test_every_code_is_a_known_one() -> None:
    # That each code has a deliberate mistake, with its place, is proven by its page: see test_pages.
    assert {code for code, _, _ in CASES} <= set(CODES)


def test_a_catalogue_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no catalogue .*metrics\.yaml\. Name a YAML file"):
        load(tmp_path / "metrics.yaml")
    (tmp_path / "latin.yaml").write_bytes("cxkpi: 1 # Qualität".encode("latin-1"))
    with pytest.raises(CatalogueError, match=r"latin\.yaml: error\[C008\]: this is not UTF-8"):
        load(tmp_path / "latin.yaml")
    with pytest.raises(UsageError, match=r"is a folder\. Name a YAML file"):
        load(tmp_path)
