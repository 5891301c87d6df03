"""One TCP frame and what became of it between the two interfaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cases.recorder.segment import Flag

if TYPE_CHECKING:
    from cases.recorder.namespaces import End
    from cases.recorder.segment import Segment

LAST: Final = 1 << 62
"""A time after all others."""


@dataclass(slots=True)
class Packet:
    """One TCP frame from its sender's interface to the other's."""

    sender: End | None
    """None: the link made it."""
    receiver: End
    sent: int
    """Frame in the sender's whole capture; 0 for what the link made."""
    sent_ns: int
    arrived: tuple[int, ...]
    """Frames in the receiver's whole capture."""
    arrived_ns: tuple[int, ...]
    dropped: str
    """Why, or empty."""
    rules: tuple[str, ...]
    segment: Segment
    bits: int
    """All flags, ECE and CWR, too."""
    marked: bool
    """Congestion Experienced when it arrived."""
    options: frozenset[int]
    """Kinds of TCP options as they were sent."""
    options_arrived: frozenset[int]
    begin: int = 0
    """Sequence number relative to its sender's SYN, 0 for that."""
    end: int = 0
    ack: int = 0
    """Acknowledgment number, relative to the other end's SYN."""
    reset_by: str = ""
    """Of a RST of a kernel: the kernel's reason."""
    why: str = ""
    """Why its kernel repeated it or probed with it; empty for a first time."""

    @property
    def is_syn(self) -> bool:
        """SYN without ACK."""
        return bool(self.segment.flags & Flag.SYN) and not self.segment.flags & Flag.ACK

    @property
    def is_syn_ack(self) -> bool:
        """SYN with ACK."""
        return bool(self.segment.flags & Flag.SYN) and bool(self.segment.flags & Flag.ACK)

    @property
    def is_fin(self) -> bool:
        """Carries FIN."""
        return bool(self.segment.flags & Flag.FIN)

    @property
    def is_rst(self) -> bool:
        """Carries RST."""
        return bool(self.segment.flags & Flag.RST)

    @property
    def is_data(self) -> bool:
        """Carries payload, and is no RST."""
        return self.segment.length > 0 and not self.is_rst

    @property
    def is_bare_ack(self) -> bool:
        """ACK and nothing else."""
        return not self.segment.space and not self.is_rst

    @property
    def is_damaged(self) -> bool:
        """The link flipped a byte of it: it arrives and is thrown away."""
        return any(rule.startswith("corrupt") for rule in self.rules)

    @property
    def counts(self) -> bool:
        """Arrived whole."""
        return bool(self.arrived) and not self.is_damaged

    def frames_at(self, end: End) -> tuple[int, ...]:
        """Its frames in the whole capture at ``end``."""
        if self.sender is end:
            return (self.sent,)
        return self.arrived if self.receiver is end else ()  # what the link made passed one end alone

    def time_at(self, end: End) -> int:
        """When it passed that end's interface first; `LAST` when it never did."""
        if self.sender is end:
            return self.sent_ns
        return self.arrived_ns[0] if self.arrived_ns and self.receiver is end else LAST
