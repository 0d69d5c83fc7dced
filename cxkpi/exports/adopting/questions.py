"""Columns that are questions of a survey: what they ask, on which scale, and which texts belong to which score.

What a scale means cannot be told from answers, so that every question has to be confirmed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cxkpi.exports.adopting import terms as said
from cxkpi.exports.adopting.facts import Facts
from cxkpi.exports.adopting.fit import listed, short, taken_for_nothing
from cxkpi.exports.adopting.headings import notions, unit, words
from cxkpi.exports.adopting.sources import Source

_RANGE = re.compile(r"(?<![\d/.])(\d{1,2})\s*(?:-|–|to|bis|a|à|through)\s*(\d{1,3})(?![\d/.])")
_SCALES = ((0, 1), (1, 3), (1, 5), (0, 5), (1, 7), (1, 10), (0, 10), (0, 100))
_RATED = frozenset({"score", "rating", "satisfaction", "nps", "csat", "ces"})
_LIKERT: Sequence[tuple[str, ...]] = (
    ("very dissatisfied", "dissatisfied", "neutral", "satisfied", "very satisfied"),
    ("very dissatisfied", "dissatisfied", "neither satisfied nor dissatisfied", "satisfied", "very satisfied"),
    ("very unsatisfied", "unsatisfied", "neutral", "satisfied", "very satisfied"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
    ("strongly disagree", "disagree", "neither agree nor disagree", "agree", "strongly agree"),
    ("very poor", "poor", "average", "good", "excellent"),
    ("very poor", "poor", "fair", "good", "very good"),
    ("poor", "fair", "good", "very good", "excellent"),
    ("very bad", "bad", "neutral", "good", "very good"),
    ("sehr unzufrieden", "unzufrieden", "neutral", "zufrieden", "sehr zufrieden"),
    ("muy insatisfecho", "insatisfecho", "neutral", "satisfecho", "muy satisfecho"),
)


@dataclass(frozen=True, slots=True)
class Question:
    """``name``: as in the column ``question``. ``scored``: answers are numbers on ``scale``, else texts.

    ``long``: no question but the column that holds questions or their answers, ``column`` saying which.
    ``sure``: its wording or values can be nothing else.
    """

    source: Source
    name: str
    scored: bool
    scale: tuple[int, int] | None
    rule: Mapping[str, Any]
    evidence: tuple[str, ...]
    doubts: tuple[str, ...]
    score: float
    sure: bool = True
    long: bool = False
    column: str = field(default="")
    belongs_to: str | None = None


def questions(found: Sequence[Source], *, whole: bool) -> tuple[Question, ...]:
    """The questions of a file. ``whole``: the file is a survey, so that what looks like a question is one."""
    singles = [
        replace(source, facts=source.facts.scored)
        for source in found
        if not source.joins and source.facts.count and source.left_out is None
    ]
    if whole and (long := _long(singles)):
        return long
    asked = [source for source in singles if _asks(source, whole)]
    shared = Counter(word for source in asked for word in set(words(source.label)))
    names: set[str] = set()
    recommends = any(_kind(source) == "nps" for source in asked)
    result: list[Question] = []
    for source in asked:
        rule, scored = _answers(source.facts)
        kind = _kind(source)
        if not scored:
            if whole and (source.facts.prose or source.label.rstrip().endswith("?") or _says(source, said.WHY)):
                result.append(_text(source, result, shared, names))
            continue
        scale, how = _scale(source)
        evidence = [how]
        if source.facts.nothing:
            rule = {**rule, "nulls": list(source.facts.nothing)}
            evidence.append(taken_for_nothing(source.facts))
        doubts = ["a scale cannot be told from data"]
        if kind == "csat" and scale == (0, 10) and not recommends and "csat" not in words(source.label):
            if "nps" not in names:
                kind = "nps"
            doubts.append("0 to 10 is how recommendation is asked, and no other question asks for it")
        elif kind is not None:
            evidence.append(f"worded as {kind}")
        if kind is None or kind in names:
            kind = _slug(source.label, shared, len(asked), names)
            doubts.append("what it measures is not known")
        names.add(kind)
        result.append(
            Question(source, kind, True, scale, {**rule, "scale": list(scale)}, tuple(evidence), tuple(doubts), 0.7)
        )
    return tuple(result)


def _long(singles: Sequence[Source]) -> tuple[Question, ...]:
    """A question and an answer in each row."""
    asking = [s for s in singles if "question" in notions(s.label) and len(notions(s.label)) <= 2 and not s.facts.prose]
    asking = [s for s in asking if s.facts.different < 0.5 * s.facts.count]
    answer = [
        s for s in singles if set(notions(s.label)) & {"answered", "score", "rating"} and len(notions(s.label)) <= 2
    ]
    if len(asking) != 1 or not answer or answer[0] is asking[0]:
        return ()
    numeric = answer[0].facts.mostly(answer[0].facts.numeric)
    found = listed(asking[0].facts.counts)
    doubts = ("name the questions as the metrics do: csat, nps, ces, resolved",)
    first = Question(asking[0], "", False, None, {}, (f"values {found}",), doubts, 0.75, True, True, "question")
    share = f"{answer[0].facts.numeric:.0%} of the answers are numbers"
    column = "score" if numeric else "text"
    second = Question(
        answer[0], "", numeric, None, {}, (share,), ("a scale cannot be told from data",), 0.7, True, True, column
    )
    return first, second


def _asks(source: Source, whole: bool) -> bool:
    label, said_words = source.label.casefold(), words(source.label)
    if source.facts.formats or source.facts.links > 0.5 or source.facts.emails > 0.5:
        return False
    if unit(source.label) is not None and not source.facts.whole and source.facts.mostly(source.facts.numeric):
        return False
    _, scored = _answers(source.facts)
    rated = bool(set(notions(source.label)) & _RATED) or _kind(source) is not None
    if not whole:
        return (
            scored
            and rated
            and source.facts.truth is None
            and not source.facts.unique
            and not _says(source, said.SOLVED)
        )
    asking = "?" in label or len(said_words) >= 6 or bool(re.fullmatch(r"q_?\d+.*", label))
    texts = _says(source, said.WHY) or bool(set(notions(source.label)) & {"comment"})
    return asking or (scored and rated) or (texts and (source.facts.prose or len(said_words) <= 4))


def _answers(facts: Facts) -> tuple[dict[str, Any], bool]:
    """How answers become numbers, and whether they do."""
    if facts.mostly(facts.numeric) and not facts.formats:
        small = facts.least is not None and facts.most is not None and facts.least >= 0 and facts.most <= 100
        few = facts.different <= 21 or (facts.most or 0) <= 10
        return {}, small and few
    found = set(facts.words)
    if facts.truth is not None:
        yes, no = facts.truth
        return {"values": {**dict.fromkeys(yes, 1), **dict.fromkeys(no, 0)}}, True
    for steps in _LIKERT:
        if found and len(found) >= 2 and found <= set(steps):
            return {"values": {word: number for number, word in enumerate(steps, 1)}}, True
    if facts.mostly(facts.share(r"^\d{1,2}(?:$| ?[-–=(] ?\D)")) and facts.different <= 12 and facts.count:
        return {"extract": r"^(\d{1,2})"}, True
    return {}, False


def _scale(source: Source) -> tuple[tuple[int, int], str]:
    worded = _RANGE.search(source.label)
    rule, _ = _answers(source.facts)
    if "values" in rule and source.facts.truth is not None:
        return (0, 1), f"values {listed(source.facts.counts)}, counted as 1 and 0"
    if "values" in rule:
        return (1, 5), f"words from {next(iter(rule['values']))} on"
    numbers = source.facts.numbers
    if "extract" in rule:
        numbers = source.facts.text.str.extract(r"^(\d{1,2})", 1).cast(float, strict=False)
    low, high = numbers.min(), numbers.max()
    least = float(low) if isinstance(low, int | float) else 0.0
    most = float(high) if isinstance(high, int | float) else 0.0
    seen = f"values {short(least)} to {short(most)}"
    if worded:
        scale = (int(worded[1]), int(worded[2]))
        if scale[0] <= least and most <= scale[1]:
            return scale, f"the wording says {scale[0]} to {scale[1]}, {seen}"
    asked = _kind(source)
    if asked == "nps" and most <= 10:
        return (0, 10), seen
    fitting = [
        scale
        for scale in _SCALES
        if scale[0] <= least and most <= scale[1] and (scale[0] > 0 or least == 0 or scale == (0, 100))
    ]
    return (fitting[0] if fitting else (0, 100)), seen


def _kind(source: Source) -> str | None:
    if _says(source, said.RECOMMEND):
        return "nps"
    if _says(source, said.SOLVED):
        return "resolved"
    if _says(source, said.EFFORT):
        return "ces"
    if _says(source, said.SATISFIED):
        return "csat"
    return None


def _says(source: Source, wordings: Sequence[str]) -> bool:
    label = " ".join(words(source.label))
    plain = source.label.casefold()
    return any(f" {wording}" in f" {label}" or (len(wording) > 4 and wording in plain) for wording in wordings)


def _text(source: Source, before: Sequence[Question], shared: Counter[str], names: set[str]) -> Question:
    scores = [question for question in before if question.scored]
    why = _says(source, said.WHY) or "comment" in notions(source.label)
    taken = {question.belongs_to for question in before}
    evidence = (f"texts, {source.facts.different:,} different",)
    rule = {"nulls": list(source.facts.nothing)} if source.facts.nothing else {}
    if why and scores and scores[-1].name not in taken:
        name = scores[-1].name
        return Question(
            source,
            name,
            False,
            None,
            rule,
            evidence,
            (f"taken for the reason of the answer to {name}",),
            0.7,
            belongs_to=name,
        )
    name = f"{scores[-1].name}_why" if why and scores else _slug(source.label, shared, 2, names)
    number = 2
    while name in names:
        name = f"{name.rstrip('0123456789').rstrip('_')}_{number}"
        number += 1
    names.add(name)
    return Question(source, name, False, None, rule, evidence, (), 0.8)


def _slug(label: str, shared: Counter[str], asked: int, names: set[str]) -> str:
    """A short name of a question: the words that set it apart."""
    said_words = [word for word in words(label) if word not in said.IDLE and not word.isdigit()]
    rare = [word for word in said_words if shared[word] < max(2, asked)] or said_words
    base = "_".join(rare[-2:]) or "question"
    base = re.sub(r"[^a-z0-9_]", "", base) or "question"
    name, number = base, 2
    while name in names:
        name, number = f"{base}_{number}", number + 1
    return name
