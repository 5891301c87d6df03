"""A session's progress, and messages to the user about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Phase(Enum):
    """The phase of a session."""

    LOADING = auto()
    LIVE = auto()
    """Packets arrive in real time; those seen so far are analysed, or soon will be."""
    DONE = auto()
    FAILED = auto()
    """Nothing could be read; `Progress.notice` says why."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to the user, as a catalogue key and its facts."""

    key: str
    facts: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Progress:
    """A consistent snapshot of a session's progress."""

    phase: Phase = Phase.LOADING
    rows: int = 0
    """Packets analysed, evicted ones included."""
    bytes_read: int = 0
    """Bytes read of all spools."""
    bytes_total: int | None = None
    """Size of all spools; None while one grows."""
    bytes_waiting: int = 0
    """Bytes captured but not read yet: the lag."""
    seconds_behind: float = 0.0
    """How long the oldest of those bytes has been waiting."""
    received: int | None = None
    kernel_dropped: int | None = None
    """`received`, `kernel_dropped`: the kernel's counters; None unless it is a live capture that has them."""
    notice: Notice | None = None
    """The most serious message about the capture as a whole, e.g. why reading stopped early; None: no message."""
    evicted: int = 0
    """How many of the ``rows``, the oldest, were evicted."""
    spool_stored: int = 0
    """Bytes read of all spools, without released ones."""
    spool_limit: int | None = None
    """Maximum size of the spool; None: not bounded."""
    streams_evicted: int = 0
    """Connections that were evicted."""
    wire_bytes: int = 0
    """Bytes of the ``rows`` as they were on the wire."""
    began_ns: int = 0
    """The earliest time of the ``rows``; 0 while there are none."""
    unread: Notice | None = None
    """Why reading stopped before the end of the input: all that is said is about a part of it; None: it did not."""

    @property
    def growing(self) -> bool:
        """Whether more packets may come."""
        return self.phase in (Phase.LOADING, Phase.LIVE)
