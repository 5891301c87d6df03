"""The parts of an explanation, and the interface through which a packet's explanation reads the capture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.model.finding import Severity


class SectionKind(StrEnum):
    """The topic of a section; the catalogue key of its heading is ``narrative.section.<value>``."""

    WHAT_HAPPENED = "what-happened"
    MEANING = "meaning"
    FINDING = "finding"
    VERDICT = "verdict"
    PACKET = "packet"
    HOW_WE_KNOW = "how-we-know"
    HOW_SURE = "how-sure"
    ALTERNATIVES = "alternatives"
    LOOK_NEXT = "look-next"
    KERNEL = "kernel"
    OPTIONS = "options"
    STATES = "states"
    CORRECTED = "corrected"
    CORRECTS = "corrects"


@dataclass(frozen=True, slots=True)
class Section:
    """One section of an explanation; ``packets`` are the frame numbers of its evidence."""

    kind: SectionKind
    heading: str
    lines: tuple[str, ...]
    packets: tuple[int, ...] = ()

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The lines, each a paragraph of its own."""
        return self.lines


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of a packet or a finding; ``packets`` are the frame numbers that it is about."""

    title: str
    severity: Severity | None
    meaning: str
    sections: tuple[Section, ...]
    packets: tuple[int, ...]
