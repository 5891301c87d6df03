"""The bundled cases and the check of a filter: what needs no capture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from tcptui.lessons import case as bundled


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a case."""

    title: str
    packets: tuple[int, ...]
    """Where to look, in the case's capture with the number `capture`."""
    capture: int
    text: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Case:
    """A bundled capture with its story; texts are paragraphs with an empty line between them."""

    id: str
    title: str
    story: str
    captures: tuple[str, ...]
    """Paths of its captures."""
    findings: tuple[str, ...]
    """What they show, by the ids that ``tcptui help findings`` lists."""
    steps: tuple[Step, ...]


def cases(*named: str, language: str = "en") -> tuple[Case, ...]:
    """The bundled cases of which every one of ``named`` is a word: number, id, title, what they show.  None: all."""
    from tcptui.lessons.listing import contains
    from tcptui.lessons.loader import load_cases

    spoken = Language(language)
    return tuple(_case(one, spoken) for one in load_cases() if contains(one, named))


def _case(one: bundled.Case, spoken: Language) -> Case:
    steps = [
        Step(
            step.title[spoken], step.packets, step.capture, step.text[spoken], step.question[spoken],
            step.answer[spoken],
        )
        for step in one.steps
    ]  # fmt: skip
    return Case(
        one.id, one.title[spoken], one.story[spoken], tuple(str(file.path) for file in one.files),
        tuple(map(str, one.findings)), tuple(steps),
    )  # fmt: skip


def check_filter(text: str, *, language: str = "en") -> dict[str, Any]:
    """What ``tcptui check TEXT --json`` says of a display filter: its fields, or what is wrong and where."""
    from tcptui.cli.run.check import filter_checked

    return filter_checked(text, Words(Language(language)))


def finding_name(finding: str, *, language: str = "en") -> str:
    """What a finding with this id is called, whatever it says.  Raises ValueError where there is none."""
    from tcptui.model.finding import FindingId
    from tcptui.words.finding_text import finding_name as named

    return named(FindingId(finding), Words(Language(language)))
