"""What a bundled case is: a capture, a story in two languages, and steps with questions.

Pure values; `loader` reads them from ``case.toml``, `checker` compares them with the engine.
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
    """Where a capture's bytes come from."""

    RECORDED = "recorded"
    """Real kernels sent these packets while a recorder listened."""
    REBUILT = "rebuilt"
    """Put together again from a published listing of headers."""


@dataclass(frozen=True, slots=True)
class Source:
    """How the capture came to be, so that anybody can judge and repeat it."""

    origin: Origin
    how: Localized
    program: str
    """What makes it again, e.g. ``python -m cases.recorder.hello_world``."""
    scenario: str | None = None
    """The bench's scenario that was recorded, where the bench did it."""
    seed: int | None = None
    """The seed of its parameters."""


@dataclass(frozen=True, slots=True)
class CaptureFile:
    """One capture of a case and the number of packets in it."""

    path: Path
    packets: int
    at: str | None = None
    """Whose interface it was made at, ``client`` or ``server``; None: somewhere else, or both at once."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the engine must say about one frame; None: the case does not say.

    States are those after the frame.  ``seq`` and ``ack`` are relative, amounts are
    bytes, times nanoseconds; ``acks`` is the frame that this one acknowledges.
    """

    frame: int
    client: TcpState | None = None
    server: TcpState | None = None
    client_known: bool | None = None
    """Whether the state is proved, not assumed."""
    server_known: bool | None = None
    verdicts: Verdict | None = None
    """Exactly these bits; ``Verdict(0)`` says that the packet is unremarkable."""
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
    """One stop of the walk: look here, think, then see the answer."""

    title: Localized
    text: Localized
    """What to look at; it does not give the answer away."""
    question: Localized
    """To be answered before the reveal."""
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
    """Which of the documents this project grew from tells it, e.g. ``003``."""
    twin: str | None
    """Id of the case where the same picture has another cause."""
    files: tuple[CaptureFile, ...]
    findings: tuple[FindingId, ...]
    """All that the engine finds in the captures, no more and no less."""
    steps: tuple[Step, ...]
    kernel: Path | None
    """What the kernels of both ends said while it was recorded (see `truth`)."""

    @property
    def captures(self) -> tuple[Path, ...]:
        """The capture files, the one to open first in front."""
        return tuple(file.path for file in self.files)

    @property
    def packets(self) -> int:
        """Packets in all captures together."""
        return sum(file.packets for file in self.files)
