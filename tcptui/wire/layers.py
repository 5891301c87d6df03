"""The walk through a frame's headers, vectorised: who is at which layer, and where.

A decoder step takes the frames that stand at one layer, reads that header for all of
them at once, and sends each on to its next layer.  Offsets count from the frame's
start; ``end`` is where the innermost known payload ends *on the wire*, which is what
TCP's length is measured against (tcp-analysis.md, section 1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, auto
from typing import Final

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]

#: Zero bytes that must follow the last packet in a buffer, so that fixed-size reads never leave it.
PADDING: Final = 256


class Layer(IntEnum):
    """What is to be read next."""

    ETHERNET = auto()
    COOKED_V1 = auto()
    COOKED_V2 = auto()
    LOOPBACK = auto()
    RAW_IP = auto()
    PPP = auto()
    CISCO_HDLC = auto()
    FDDI = auto()
    LLC = auto()
    ETHERTYPE = auto()
    MPLS = auto()
    PPPOE = auto()
    IPV4 = auto()
    IPV6 = auto()
    IP_PROTOCOL = auto()
    UDP = auto()
    GRE = auto()
    TCP = auto()
    ICMP = auto()
    ICMPV6 = auto()


@dataclass
class Frames:
    """One batch on its way through the layers; arrays have one entry per frame."""

    buffer: U8
    start: I64
    captured: I64
    wire: I64
    end: I64
    """Offset at which the innermost payload ends on the wire."""
    protocol: I64
    """Ethertype or IP protocol that comes next, and at last what the frame is called."""
    network: I64
    """Offset of the innermost IP header; -1 without one."""
    transport: I64
    """Offset of the TCP header; -1 without one."""
    quoted: NDArray[np.bool_]
    """Inside a datagram that an ICMP error quotes."""
    version: I64
    """4 or 6, of the innermost IP header."""
    address: NDArray[np.uint64]
    """n x 4: source high, low, destination high, low."""
    ttl: I64
    tos: I64
    ip_id: I64
    malformed: NDArray[np.bool_]
    fragments: list[tuple[int, int]] = field(default_factory=list)
    """(frame, offset of its IP header) of pieces of datagrams."""
    pending: dict[Layer, list[tuple[I64, I64]]] = field(default_factory=dict)

    @classmethod
    def of(cls, buffer: U8, start: I64, captured: I64, wire: I64) -> Frames:
        """A batch before its first layer."""
        n = len(start)
        zero = np.zeros(n, np.int64)
        return cls(
            buffer, start, captured, wire,
            end=np.maximum(wire, captured), protocol=zero.copy(), network=zero - 1, transport=zero - 1,
            quoted=np.zeros(n, np.bool_), version=zero.copy(), address=np.zeros((n, 4), np.uint64),
            ttl=zero.copy(), tos=zero.copy(), ip_id=zero.copy(), malformed=np.zeros(n, np.bool_),
        )  # fmt: skip

    def send(self, layer: Layer, frames: I64, offsets: I64) -> None:
        """Have ``frames`` read at ``layer``, from ``offsets`` on."""
        if len(frames):
            self.pending.setdefault(layer, []).append((frames, offsets))

    def read(self, frames: I64, offsets: I64, size: int) -> U8:
        """``size`` bytes of each frame at its offset, as rows of a contiguous copy."""
        windows = np.lib.stride_tricks.as_strided(
            self.buffer, (len(self.buffer) - size + 1, size), (1, 1), writeable=False
        )
        # An offset read from a packet may point anywhere; what it points at is checked by `held`.
        rows: U8 = windows[np.minimum(self.start[frames] + offsets, len(windows) - 1)]
        return rows

    def held(self, frames: I64, offsets: I64, size: int) -> NDArray[np.bool_]:
        """Whether ``size`` bytes at the offset were captured and belong to the frame."""
        held: NDArray[np.bool_] = offsets + size <= np.minimum(self.captured[frames], self.end[frames])
        return held


def words16(rows: U8) -> NDArray[np.int64]:
    """Rows of bytes as rows of big-endian 16-bit numbers."""
    return rows.view(">u2").astype(np.int64)
