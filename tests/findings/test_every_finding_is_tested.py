"""Each finding has a test that makes it, a near-twin that does not, and a case that teaches it.

Read from the markers in the source, so that it holds whatever part of the tests is run.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tcptui.lessons.case_for import teaching_finding
from tcptui.lessons.loader import load_cases
from tcptui.model.finding import FindingId

FOLDER = Path(__file__).parent
CASES = load_cases()
#: With one of these, plain pytest leaves a test out.
DESELECTED = {"live", "tshark", "e2e", "slow"}


def marks_of(test: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, list[ast.Call]]:
    """Name → calls of the markers among the decorators, also those given to single parameters."""
    found: dict[str, list[ast.Call]] = {}
    for node in (node for decorator in test.decorator_list for node in ast.walk(decorator)):
        call = node if isinstance(node, ast.Call) else None
        name = node.func if call is not None else node
        if isinstance(name, ast.Attribute) and ast.unparse(name.value) == "pytest.mark":
            found.setdefault(name.attr, []).extend([call] if call is not None else [])
    return found


@cache
def marked() -> dict[bool, set[str]]:
    """Whether of near-twins → the findings that an unmarked test is about."""
    ids: dict[bool, set[str]] = {True: set(), False: set()}
    for path in FOLDER.glob("test_*.py"):
        body = ast.parse(path.read_text()).body
        if any(isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark" for node in body):
            continue
        for test in body:
            if not isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            marks = marks_of(test)
            for call in () if DESELECTED & marks.keys() else marks.get("finding", ()):
                twin = any(ast.unparse(keyword) == "twin=True" for keyword in call.keywords)
                ids[twin] |= {ast.literal_eval(name) for name in call.args}
    return ids


@pytest.mark.parametrize("finding", list(FindingId))
def test_finding_has_a_positive_a_near_twin_and_a_case(finding: FindingId) -> None:
    assert finding.value in marked()[False], "no test of tests/findings is marked with it"
    assert finding.value in marked()[True], "no test of tests/findings is marked as its near-twin"
    assert teaching_finding(CASES, finding) is not None
