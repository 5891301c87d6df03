"""Capture quality: which conclusions a capture can support at all (rules/findings.md#capture-quality)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

#: Fewest segments with data, FIN or SYN-ACK that draw at least one bare acknowledgment, one of them being a SYN-ACK.
ACKED_LEAST: Final = 3
#: No receiver holds an acknowledgment back for longer (RFC 1122, 4.2.3.2), nor is the path much slower.
LATE_ACK_NS: Final = 1_000_000_000
#: Fewest segments that were, it seems, acknowledged later than that, and by nothing but data.
LATE_ACKED_LEAST: Final = 2
#: Fewest segments with acknowledgments that prove, together, that the packets they acknowledge were not captured.
ACKING_LEAST: Final = 3


@dataclass(frozen=True, slots=True)
class KindsCaptured:
    """How many TCP segments of which kind the capture has: what a filter left out, all of it lacks."""

    segments: int = 0
    syns: int = 0
    """Segments with SYN, SYN-ACKs included."""
    syn_acks: int = 0
    """SYN-ACKs, those that are sent again left out."""
    carrying: int = 0
    """Segments with data or FIN, those that are sent again left out."""
    bare_acks: int = 0
    """Acknowledgments without SYN, FIN, RST or data; what may be padding is none."""
    acking: int = 0
    """Segments that acknowledge anything, RSTs left out."""
    answering: int = 0
    """Segments that are the first to acknowledge a captured one."""
    held_back: int = 0
    """Segments with data or FIN that are so more than `LATE_ACK_NS` after it."""

    @property
    def lacks_bare_acks(self) -> bool:
        """Whether connections that work were captured without a single bare acknowledgment."""
        if self.bare_acks or not self.answering or self.carrying < 2:
            return False
        opened = self.syn_acks > 0 and self.syn_acks + self.carrying >= ACKED_LEAST
        return opened or self.held_back >= LATE_ACKED_LEAST

    @property
    def may_lack_bare_acks(self) -> bool:
        """Whether there is data and not a single bare acknowledgment: nobody sent one, or a filter left them out."""
        return not self.bare_acks and self.carrying > 0

    @property
    def has_only_syns(self) -> bool:
        """Whether connections were accepted, and nothing but SYNs and SYN-ACKs was captured (``tcp[13] & 2``)."""
        return self.syn_acks > 0 and self.syns == self.segments

    @property
    def one_direction(self) -> bool:
        """Whether acknowledgments were captured, and not one of the segments that they acknowledge."""
        return self.acking >= ACKING_LEAST and not self.answering


@dataclass(frozen=True, slots=True)
class CaptureQuality:
    """Capture-wide reasons to be careful; counts are over the whole capture so far."""

    packets: int = 0
    kernel_dropped: int = 0
    """Packets that the recorder reports lost (live counter or pcapng statistics)."""
    truncated: int = 0
    """Frames with fewer bytes captured than were on the wire."""
    headers_cut: int = 0
    """Of those, frames whose TCP header or options were cut."""
    time_went_back: int = 0
    """Frames older than the frame captured before them."""
    offloaded: int = 0
    """Frames larger than 1,514 bytes carrying more than the MSS: segmentation offload."""
    zero_filled: int = 0
    """Frames whose payload may be Ethernet padding (`tcptui.model.packet_store.DecodeIssue.ZERO_FILLED`)."""
    forgotten: int = 0
    """Frames that had, by their record, fewer bytes than their IP header counts."""
    kinds: KindsCaptured = field(default_factory=KindsCaptured)
    unread: str = ""
    """Why reading stopped before the end of the input, as the last word of a message's key; empty: it did not."""
    claimed_dropped: int = 0
    """Dropped packets that the file claims and that cannot be: not believed, and none of `kernel_dropped`."""
