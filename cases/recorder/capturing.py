"""How the recorder at each end writes what passes: whole and once, or as recorders do that are set up otherwise."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from tcptui.wire.checksum import internet_checksum

WHOLE_FRAMES: Final = 262_144
ETHERNET_HEADER: Final = 14
SHORTEST_FRAME: Final = 60
"""Bytes of the shortest Ethernet frame, its check sequence apart (IEEE 802.3)."""
IPV4_HEADER: Final = 20


@dataclass(frozen=True, slots=True)
class Capturing:
    """What is written of each frame; the default is a recorder that does it right."""

    snapshot: int = WHOLE_FRAMES
    """Bytes kept of each frame (``tcpdump -s``)."""
    mirror_after: float | None = None
    """A mirror port that shows every frame twice, the copy so many seconds later; None: once."""
    set_back: tuple[int, float] | None = None
    """The recorder's clock is set back: from which frame on, by how many seconds."""
    reports_dropped: int = 0
    """Packets that the recorder says it lost; which ones is for the scenario's rules to arrange (`miss`)."""

    counts_padding: bool = False
    """Short frames are padded, and a device before the recorder counts that into the IPv4 length."""

    def shown(self, frame: bytes) -> bytes:
        """An Ethernet frame as the recorder gets it."""
        if not self.counts_padding or len(frame) >= SHORTEST_FRAME:
            return frame
        header = bytearray(frame[ETHERNET_HEADER : ETHERNET_HEADER + IPV4_HEADER])
        struct.pack_into("!H", header, 2, SHORTEST_FRAME - ETHERNET_HEADER)
        struct.pack_into("!H", header, 10, 0)
        struct.pack_into("!H", header, 10, internet_checksum(bytes(header)))
        padded = frame[:ETHERNET_HEADER] + bytes(header) + frame[ETHERNET_HEADER + IPV4_HEADER :]
        return padded.ljust(SHORTEST_FRAME, b"\0")

    def clock_error_ns(self, frame: int) -> int:
        """What the recorder's clock is off by at a frame."""
        if self.set_back is None or frame < self.set_back[0]:
            return 0
        return -round(self.set_back[1] * 1e9)


RIGHT: Final = Capturing()
