"""A recording's folder as values: what the judge holds against the engine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cases.recorder.namespaces import End
from tcptui.model.tcp_state import TcpState

if TYPE_CHECKING:
    from pathlib import Path

_STATES = {state.label: state for state in TcpState}


@dataclass(frozen=True, slots=True)
class StateEvent:
    """One socket went from ``old`` to ``new``."""

    time_ns: int
    end: End
    old: TcpState
    new: TcpState
    local: str
    remote: str
    by: str
    """``packet``, ``timer`` or ``program``."""
    missed: bool
    """The packet that did it is not in the capture of its end."""


@dataclass(frozen=True, slots=True)
class SentAgain:
    """A frame that repeats or probes, and why its kernel sent it."""

    end: End
    frame: int
    """In the capture of its sender; 0 when that missed it."""
    why: str


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one frame."""

    sender: End | None
    """None: injected by the link."""
    receiver: End
    frame: int
    delivered: tuple[int, ...]


@dataclass(frozen=True)
class Evidence:
    """All that a recording says beside its captures."""

    folder: Path
    scenario: str
    seed: int
    states: tuple[StateEvent, ...]
    sent_again: tuple[SentAgain, ...]
    fates: tuple[Fate, ...]

    def capture(self, end: End) -> Path:
        """The capture made at that end."""
        return self.folder / f"{end.value}.pcapng"

    def sent_again_here(self, end: End) -> dict[int, str]:
        """Frames of the capture at ``end`` which that end sent again → why."""
        return {sent.frame: sent.why for sent in self.sent_again if sent.end is end and sent.frame}

    def sent_again_there(self, end: End) -> dict[int, str]:
        """Frames of the capture at ``end`` which the *other* end had sent again → why."""
        why = {sent.frame: sent.why for sent in self.sent_again if sent.end is end.other}
        return {
            fate.delivered[0]: why[fate.frame]
            for fate in self.fates
            if fate.sender is end.other and fate.frame in why and fate.delivered and fate.delivered[0]
        }

    def duplicates(self, end: End) -> set[int]:
        """Frames of the capture at ``end`` that the network had delivered before."""
        return {copy for fate in self.fates if fate.receiver is end for copy in fate.delivered[1:]}

    def origin(self, end: End) -> dict[int, int]:
        """Frame received in the capture at ``end`` → the frame in the other end's capture."""
        return {
            number: fate.frame
            for fate in self.fates
            if fate.receiver is end and fate.sender is end.other
            for number in fate.delivered
        }


def read_evidence(folder: Path) -> Evidence:
    """Reads the folder of a recording; raises OSError, ValueError or KeyError when it is none."""
    about = json.loads((folder / "recording.json").read_text())
    kernel = _lines(folder / "kernel.jsonl")
    return Evidence(
        folder,
        about["scenario"],
        about["seed"],
        tuple(_state(line) for line in kernel if "kind" not in line),
        tuple(
            SentAgain(End(line["end"]), line["frame"], line["why"])
            for line in kernel
            if line.get("kind") in ("retransmit", "probe")
        ),
        tuple(_fate(line) for line in _lines(folder / "link.jsonl")),
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _state(line: dict[str, Any]) -> StateEvent:
    return StateEvent(
        line["time_ns"],
        End(line["end"]),
        _STATES[line["from"]],
        _STATES[line["to"]],
        line["local"],
        line["remote"],
        line["by"],
        line.get("frame") == 0,
    )


def _fate(line: dict[str, Any]) -> Fate:
    sender = None if line["from"] == "link" else End(line["from"])
    return Fate(sender, End(line["to"]), line.get("frame", 0), tuple(line["delivered"]))
