"""How far a session is, and what its user should know of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Phase(Enum):
    """Where a session stands."""

    LOADING = auto()
    LIVE = auto()
    """Packets arrive as they happen; all seen so far is analysed, or soon will be."""
    DONE = auto()
    FAILED = auto()
    """Nothing could be read; `Progress.notice` says why."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know, as a catalogue key and its facts."""

    key: str
    facts: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a session is; a consistent snapshot."""

    phase: Phase = Phase.LOADING
    rows: int = 0
    """Packets analysed."""
    bytes_read: int = 0
    """Of all spools."""
    bytes_total: int | None = None
    """None while a spool grows."""
    bytes_waiting: int = 0
    """Captured but not analysed yet: the lag."""
    seconds_behind: float = 0.0
    """How long the oldest of that has been waiting."""
    received: int | None = None
    kernel_dropped: int | None = None
    """Live only: the kernel's counters."""
    notice: Notice | None = None
    """Where reading stopped early, and why."""
    evicted: int = 0
    """Packets that have left, the oldest first: of the ``rows`` that were analysed."""
    spool_held: int = 0
    """Bytes that the spools hold on disk, as far as they were read."""
    spool_limit: int | None = None
    """How many they may hold; None: they are not bounded."""
    streams_evicted: int = 0
    """Connections that have left, too."""

    @property
    def growing(self) -> bool:
        """Whether more packets may come."""
        return self.phase in (Phase.LOADING, Phase.LIVE)
