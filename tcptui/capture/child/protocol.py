"""The messages between the app and its capture child: one JSON array a frame over a socket pair.

The spool's descriptor is passed along with a `CaptureRequest` (SCM_RIGHTS).  Imports little: the child
imports this before it drops its privileges.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from tcptui.model.child_side import framed

#: Bytes of the longest message: many times the longest filter that a command line can have.
LONGEST_MESSAGE: Final = 1 << 24


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
    """All packets that ``-c`` asked for were captured."""
    GONE = "gone"
    """The interface was removed."""
    DISK_FULL = "disk_full"
    LIMIT = "limit"
    """The spool was at its size limit for too long."""
    CUT = "cut"
    """Somebody else truncated the file."""
    READER_GONE = "reader_gone"
    """The reader of the stream closed it."""
    BROKEN = "broken"
    """Another error of libpcap or of the socket."""


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """App to child: capture into the descriptor that is passed along.

    ``own_words`` is a filter that excludes the connection of our own screen; ignored where the link type does not
    support it.  ``snaplen`` is in bytes, ``buffer_kib`` the size of the kernel's ring, ``limit_bytes`` the maximum
    size of the spool (None: until the disk is full).  ``is_stream``: the descriptor is a pipe or file of the user
    that the app does not read.  ``append_at`` is the length of an earlier capture's file to continue; 0: a new one.
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
    """App to child: end the running capture."""


@dataclass(frozen=True, slots=True)
class CountRequest:
    """App to child: end the running capture after ``packets`` packets, counted from its beginning."""

    packets: int


@dataclass(frozen=True, slots=True)
class Opened:
    """Child to app: the capture has begun.  Timestamps are in microseconds unless ``is_nanoseconds``."""

    link_type: int
    snaplen: int
    is_nanoseconds: bool
    leaves_out_own: bool
    """Whether the filter of ``own_words`` is in force."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Child to app: the capture could not begin; ``text`` is libpcap's or the system's own message."""

    refusal: Refusal
    text: str


@dataclass(frozen=True, slots=True)
class Level:
    """Child to app: the capture's progress: bytes of whole records in the spool, and the kernel's packet counters."""

    end: int
    received: int
    kernel_dropped: int
    interface_dropped: int
    is_up: bool = True
    """Whether the interface is up (IFF_UP)."""
    packets: int = 0
    """Packets written by this capture."""
    unwritten: int = 0
    """At its end: packets that the kernel has delivered and that are not in the file, which was full."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Child to app: the capture has ended, after its last `Level`, and the file ends with a whole record."""

    ending: Ending
    text: str


Message = CaptureRequest | StopRequest | CountRequest | Opened | Refused | Level | Ended

_KINDS: Final = {
    kind.__name__: kind for kind in (CaptureRequest, StopRequest, CountRequest, Opened, Refused, Level, Ended)
}


def encode(message: Message) -> bytes:
    """``message`` as a frame: a JSON array of its class name and its fields."""
    return framed(json.dumps([type(message).__name__, asdict(message)]).encode("ascii"))


def decode(frame: bytes) -> Message:
    """The message of one frame; raises ValueError for anything else."""
    try:
        name, facts = json.loads(frame)
        if name == "Refused":
            return Refused(Refusal(facts["refusal"]), facts["text"])
        if name == "Ended":
            return Ended(Ending(facts["ending"]), facts["text"])
        return _KINDS[name](**facts)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a message of the capture protocol: {frame[:200]!r}") from error
