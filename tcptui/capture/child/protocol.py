"""What the app and its capture child say to each other: one JSON object a line over a socket pair.

The spool's descriptor travels beside a `CaptureRequest`.  Imports little: the child needs it
before it gives its rights away.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final


class Refusal(StrEnum):
    """Why a capture could not be opened."""

    DENIED = "denied"
    MISSING = "missing"
    DOWN = "down"
    FILTER = "filter"
    OTHER = "other"


class Ending(StrEnum):
    """Why a capture ended."""

    STOPPED = "stopped"
    COUNT = "count"
    GONE = "gone"
    DISK_FULL = "disk_full"
    LIMIT = "limit"
    CUT = "cut"
    READER_GONE = "reader_gone"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """Capture into the descriptor that comes with this.

    ``own_words`` is a filter that leaves the connection of our own screen out, where the link type
    takes it.  ``snaplen`` in bytes, ``buffer_kib`` of the kernel's ring, ``limit_bytes`` of the spool (None: the
    disk decides), ``is_stream`` when the descriptor is a pipe to somebody else.  ``append_at`` is how long the
    file is that an earlier capture began; 0: a new one.
    """

    interface: str
    filter_words: str
    own_words: str
    snaplen: int
    count: int | None
    buffer_kib: int
    promiscuous: bool
    limit_bytes: int | None
    is_stream: bool
    append_at: int = 0


@dataclass(frozen=True, slots=True)
class StopRequest:
    """End the capture that runs."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The capture runs; times are in nanoseconds or in microseconds."""

    link_type: int
    snaplen: int
    is_nanoseconds: bool
    leaves_out_own: bool
    """Whether the filter of ``own_words`` is in force."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The capture does not run; ``text`` is libpcap's or the system's own message."""

    refusal: Refusal
    text: str


@dataclass(frozen=True, slots=True)
class Level:
    """How far the capture is: bytes of whole records in the spool, and the kernel's counters."""

    end: int
    received: int
    kernel_dropped: int
    interface_dropped: int
    is_up: bool = True
    """Whether the interface is switched on."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The capture is over, and its file whole; the last `Level` came before this."""

    ending: Ending
    text: str


Message = CaptureRequest | StopRequest | Opened | Refused | Level | Ended

_KINDS: Final = {kind.__name__: kind for kind in (CaptureRequest, StopRequest, Opened, Refused, Level, Ended)}


def encode(message: Message) -> bytes:
    """``message`` as one line."""
    return json.dumps([type(message).__name__, asdict(message)]).encode("ascii") + b"\n"


def decode(line: bytes) -> Message:
    """The message of one line; raises ValueError for anything else."""
    try:
        name, facts = json.loads(line)
        if name == "Refused":
            return Refused(Refusal(facts["refusal"]), facts["text"])
        if name == "Ended":
            return Ended(Ending(facts["ending"]), facts["text"])
        return _KINDS[name](**facts)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a message of the capture protocol: {line[:200]!r}") from error
