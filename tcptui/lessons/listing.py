"""The entries that ``tcptui cases --json`` prints (architecture.md#contracts), and the search of cases."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.lessons.case import Case
    from tcptui.model.finding import FindingId


class Titles(TypedDict):
    """A title in both languages."""

    en: str
    zh: str


class CaseEntry(TypedDict):
    """One case: ``captures`` are file names, ``packets`` counts all of them together."""

    id: str
    title: Titles
    captures: list[str]
    packets: int
    findings: list[str]


def searched_text(case: Case) -> str:
    """The text that a search of cases looks in, in lower case.

    It has number, id, titles in both languages, ids of findings, their names and what they are about in both.
    """
    findings = " ".join(_names(finding) for finding in case.findings)
    return f"{case.number:03} {case.id} {case.title.en} {case.title.zh} {findings}".casefold()


@cache
def _names(finding: FindingId) -> str:
    # Here: the start screen shows cases before anybody searches them.
    from tcptui.findings.catalog import SPECS
    from tcptui.words.catalogue import Words
    from tcptui.words.finding_text import finding_name
    from tcptui.words.language import Language

    names = [finding.value]
    for words in map(Words, Language):
        names += finding_name(finding, words), words(f"learning.about.{SPECS[finding].family}")
    return " ".join(names)


def contains(case: Case, words: Sequence[str]) -> bool:
    """Whether every word is contained in `searched_text`, in any case; digits are the case's number."""
    text = searched_text(case)
    return all(int(word) == case.number if word.isdecimal() else word.casefold() in text for word in words)


def list_cases(cases: Sequence[Case]) -> list[CaseEntry]:
    """One entry per case, ready for ``json.dumps``; tests compare the numbers with the engine's."""
    return [
        CaseEntry(
            id=case.id,
            title=Titles(en=case.title.en, zh=case.title.zh),
            captures=[path.name for path in case.captures],
            packets=case.packets,
            findings=[finding.value for finding in case.findings],
        )
        for case in cases
    ]
