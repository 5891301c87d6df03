"""A bundled case: one or more captures, a story in two languages, and steps with questions.

Pure values; `loader` reads them from ``case.toml``, ``tests/support/case_checker.py`` compares them with the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.model.finding import FindingId
    from tcptui.model.tcp_state import TcpState
    from tcptui.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Localized:
    """One text in both languages: ``text[Language.ZH]``.  Plain text, never markup.

    Paragraphs are separated by one empty line; a paragraph holds no line breaks.
    """

    en: str
    zh: str

    def __getitem__(self, language: Language) -> str:
        return self.zh if language is Language.ZH else self.en


class Origin(StrEnum):
    """How a capture was made."""

    RECORDED = "recorded"
    """Captured while real kernels sent these packets."""
    REBUILT = "rebuilt"
    """Reconstructed from a published listing of headers."""


@dataclass(frozen=True, slots=True)
class Source:
    """How the capture was made, so that anybody can judge and reproduce it."""

    origin: Origin
    how: Localized
    program: str
    """The command that makes it again, e.g. ``python -m cases.recorder.hello_world``."""
    scenario: str | None = None
    """The scenario of the bench (``cases/recorder``) that was recorded; None if another program made the capture."""
    seed: int | None = None
    """The random seed of the scenario's parameters."""


@dataclass(frozen=True, slots=True)
class CaptureFile:
    """One capture of a case and the number of packets in it."""

    path: Path
    packets: int
    at: str | None = None
    """The end at whose interface it was captured, ``client`` or ``server``; None: somewhere else, or at both."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """The results that the engine must give for one frame; None: the case expects nothing.

    States are those after the frame.  ``seq`` and ``ack`` are relative, ``length``, ``window`` and
    ``in_flight`` are bytes, times nanoseconds; ``acks`` is the frame that this one acknowledges.
    """

    frame: int
    client: TcpState | None = None
    server: TcpState | None = None
    client_known: bool | None = None
    """Whether the state is proved, not assumed."""
    server_known: bool | None = None
    verdicts: Verdict | None = None
    """Exactly these verdict bits; ``Verdict(0)``: the packet has no verdict."""
    seq: int | None = None
    ack: int | None = None
    length: int | None = None
    window: int | None = None
    """Scaled."""
    in_flight: int | None = None
    acks: int | None = None
    rtt_ns: int | None = None
    irtt_ns: int | None = None
    """The initial round-trip time of the frame's stream."""
    ttl: int | None = None
    ip_id: int | None = None
    since: int | None = None
    """An earlier frame, from which ``after_ns`` counts."""
    after_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a case: what to look at, a question, and its answer, which is revealed on demand."""

    title: Localized
    text: Localized
    """What to look at; it does not give the answer away."""
    question: Localized
    answer: Localized
    packets: tuple[int, ...]
    """Frame numbers to highlight, ascending."""
    capture: int
    """Index into `Case.files`."""
    findings: tuple[FindingId, ...]
    """Findings that must cite at least one of `packets`."""
    expect: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A bundled case.  ``id`` is the folder's name without its number."""

    id: str
    number: int
    folder: Path
    title: Localized
    story: Localized
    source: Source
    seed: str | None
    """Number of the document, of those that this project started from, that tells this story, e.g. ``003``."""
    twin: str | None
    """Id of the case where the same picture has another cause."""
    files: tuple[CaptureFile, ...]
    findings: tuple[FindingId, ...]
    """Exactly the findings that the engine has for the captures."""
    steps: tuple[Step, ...]
    kernel: Path | None
    """What the kernels of both ends traced while it was recorded (``cases/README.md``), for tests to compare with."""

    @property
    def captures(self) -> tuple[Path, ...]:
        """Paths of the capture files; the first one is opened first."""
        return tuple(file.path for file in self.files)

    @property
    def packets(self) -> int:
        """Number of packets in all captures together."""
        return sum(file.packets for file in self.files)
