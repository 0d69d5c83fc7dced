"""``cxkpi check -f junit``: JUnit XML, a test case for each metric and each example, as build servers read it."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from cxkpi.errors import Problem, shortened
from cxkpi.measurement.checking.checked import Checked, CheckedFile
from cxkpi.reports.checked.safe import xml


def render(checked: Checked) -> str:
    """One suite for each file. What stands in no metric is the case ``catalogue``; a warning is output, no failure."""
    root = Element("testsuites", name="cxkpi check")
    for file in checked.files:
        _suite(root, file, checked.strict)
    for key in ("tests", "failures"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ElementTree.indent(root, " ")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _suite(root: Element, file: CheckedFile, strict: bool) -> None:
    suite = SubElement(root, "testsuite", name=xml(shortened(file.path)))
    examples = [one.problem for one in file.examples]
    of: dict[str | None, list[Problem]] = {metric.name: [] for metric in file.metrics}
    for problem in file.problems:
        if problem not in examples:
            of.setdefault(file.owner(problem), []).append(problem)
    if None in of or not file.metrics:
        _case(suite, file.path, "catalogue", of.pop(None, []), strict)
    for name, problems in of.items():
        _case(suite, file.path, str(name), problems, strict)
    for one in file.examples:
        _case(suite, file.path, f"{one.metric}: {one.name}", [] if one.problem is None else [one.problem], strict)
    failed = sum(case.find("failure") is not None for case in suite)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(failed))


def _case(suite: Element, path: str, name: str, problems: Sequence[Problem], strict: bool) -> None:
    case = SubElement(suite, "testcase", classname=xml(shortened(path)), name=xml(shortened(name)))
    failing = [problem for problem in problems if strict or problem.severity == "error"]
    if failing:
        first = failing[0]
        failure = SubElement(case, "failure", type=first.code, message=xml(f"{first.code}: {first.message}"))
        failure.text = "\n".join(xml(str(problem)) for problem in failing)
    rest = [problem for problem in problems if problem not in failing]
    if rest:
        SubElement(case, "system-out").text = "\n".join(xml(str(problem)) for problem in rest)
