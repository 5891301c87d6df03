"""The vectorised walk through the headers of a batch: which frame is at which layer and offset.

A decoder step takes the frames that are at one layer, reads that header for all of
them at once, and sends each on to its next layer.  Offsets count from the frame's
start; ``end`` is where the innermost known payload ends *on the wire*, from which
TCP's payload length is computed (rules/tcp-analysis.md#1-what-is-analysed).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, auto
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
Bool = NDArray[np.bool_]

#: Zero bytes that must follow the last packet in a buffer, so that fixed-size reads never leave it.
PADDING: Final = 256


class Heads(NamedTuple):
    """The first bytes of frames, and what the walk must know of them; columns are parallel."""

    buffer: U8
    """Ends with `PADDING` bytes that belong to no frame."""
    start: I64
    """Where each frame begins in ``buffer``."""
    captured: I64
    """Bytes of each that are there."""
    wire: I64
    """Bytes that each had on the wire."""
    links: I64
    """LINKTYPE_ value of each."""


class Layer(IntEnum):
    """Which header is to be read next; each has its step (`decode.STEPS`)."""

    # Links
    ETHERNET = auto()
    COOKED_V1 = auto()
    COOKED_V2 = auto()
    LOOPBACK = auto()
    LOOP = auto()
    RAW_LINK = auto()
    FDDI = auto()
    TOKEN_RING = auto()
    IP_OVER_FC = auto()
    IP_1394 = auto()
    IP_INFINIBAND = auto()
    EPON = auto()
    SUN_ATM = auto()
    ARCNET = auto()
    ARCNET_LINUX = auto()
    AX25 = auto()
    AX25_LENGTH = auto()
    KISS = auto()
    SYMANTEC = auto()
    JUNIPER_ETHERNET = auto()
    JUNIPER_PPP = auto()
    JUNIPER_FRAME_RELAY = auto()
    JUNIPER_CISCO_HDLC = auto()
    JUNIPER_OTHER = auto()
    # Headers that capture programs put before a frame
    RADIOTAP = auto()
    PRISM = auto()
    AVS = auto()
    PPI = auto()
    PKTAP = auto()
    BSD_ENC = auto()
    BSD_PFLOG = auto()
    NFLOG = auto()
    # 802.11
    WLAN = auto()
    WLAN_PADDED = auto()
    WLAN_SWAPPED = auto()
    # Serial lines
    PPP = auto()
    PPP_BARE = auto()
    PPP_DIRECTED = auto()
    PPP_MULTILINK = auto()
    PPP_BRIDGED = auto()
    VJ_UNCOMPRESSED = auto()
    CISCO_HDLC = auto()
    CISCO_OSI = auto()
    FRAME_RELAY = auto()
    NLPID = auto()
    # Between Ethernet and IP
    LLC = auto()
    ETHERTYPE = auto()
    VLAN = auto()
    SERVICE_TAG = auto()
    VN_TAG = auto()
    E_TAG = auto()
    R_TAG = auto()
    CISCO_METADATA = auto()
    HSR = auto()
    PBB = auto()
    TRILL = auto()
    MACSEC = auto()
    NSH = auto()
    BATMAN = auto()
    MPLS = auto()
    PW_ACH = auto()
    PPPOE = auto()
    # IP and what it carries
    RAW_IP = auto()
    IPV4 = auto()
    IPV6 = auto()
    IP_PROTOCOL = auto()
    ETHER_IP = auto()
    UDP = auto()
    GRE = auto()
    ERSPAN = auto()
    WCCP = auto()
    VXLAN = auto()
    VXLAN_GPE = auto()
    GENEVE = auto()
    GTP = auto()
    L2TP = auto()
    TEREDO = auto()
    LISP = auto()
    TZSP = auto()
    MOBILE_IP = auto()
    AYIYA = auto()
    CAPWAP = auto()
    LWAPP = auto()
    AMT = auto()
    PIM = auto()
    TCP = auto()
    ICMP = auto()
    ICMPV6 = auto()


class Dispatch:
    """A lookup table from a number in a header to the layer that follows, for a whole batch.

    Numbers have 16 bits; the last one, 65,535, must stay unassigned, because larger ones are clipped to it.
    """

    def __init__(self, layers: Mapping[int, Layer]) -> None:
        self._layers = np.zeros(1 << 16, np.uint8)
        for number, layer in layers.items():
            self._layers[number] = layer

    def of(self, numbers: I64) -> U8:
        """The `Layer` of each number; 0 for unassigned numbers and all beyond 16 bits."""
        return self._layers.take(numbers, mode="clip")


@dataclass
class Frames:
    """One batch on its way through the layers; arrays have one entry per frame."""

    buffer: U8
    every: I64
    """Indexes of all frames; steps pass on this very object while they have all frames, see `at`."""
    start: I64
    captured: I64
    wire: I64
    end: I64
    """Offset at which the innermost payload ends on the wire."""
    protocol: I64
    """Ethertype or IP protocol of the next header; after the walk, the frame's `PacketStore.protocol`."""
    network: I64
    """Offset of the innermost IP header; -1 without one."""
    transport: I64
    """Offset of the TCP header; -1 without one."""
    quoted: Bool
    """Inside a datagram that an ICMP error quotes."""
    partial: Bool
    """A first fragment that is decoded without reassembly; where its datagram ends is unknown."""
    version: I64
    """4 or 6, of the innermost IP header."""
    address: NDArray[np.uint64]
    """4 x n: source high, low, destination high, low."""
    ttl: I64
    tos: I64
    ip_id: I64
    vlan: I64
    """VLAN identifier of the outermost customer tag; 0 without one."""
    lacking: I64
    """Bytes that the innermost IP header counts beyond `end`; 0 for nearly all."""
    malformed: Bool
    fragments: list[tuple[int, int]] = field(default_factory=list)
    """(frame, offset of its IP header) of the IP fragments to be reassembled."""
    pending: dict[Layer, list[tuple[I64, I64]]] = field(default_factory=dict)
    """Frames and offsets that are still to be read, by layer."""
    ip_headers: list[tuple[I64, I64]] | None = None
    """Frames and offsets of all IP headers, where somebody wants to know of each (`decode.find_headers`)."""
    udp_headers: list[tuple[I64, I64]] | None = None
    """The same of UDP headers."""

    @classmethod
    def of(cls, buffer: U8, start: I64, captured: I64, wire: I64) -> Self:
        """A batch before the walk."""
        n = len(start)
        zero = np.zeros(n, np.int64)
        return cls(
            buffer, np.arange(n), start, captured, wire,
            end=np.maximum(wire, captured), protocol=zero.copy(), network=zero - 1, transport=zero - 1,
            quoted=np.zeros(n, np.bool_), partial=np.zeros(n, np.bool_),
            version=zero.copy(), address=np.zeros((4, n), np.uint64),
            ttl=zero.copy(), tos=zero.copy(), ip_id=zero.copy(), vlan=zero.copy(), lacking=zero.copy(),
            malformed=np.zeros(n, np.bool_),
        )  # fmt: skip

    def at(self, frames: I64) -> I64 | slice:
        """``frames`` as a subscript: a slice when they are all, which NumPy copies far faster."""
        return slice(None) if frames is self.every else frames

    def send(self, layer: Layer, frames: I64, offsets: I64) -> None:
        """Queue ``frames`` to be read as ``layer`` at ``offsets``."""
        if len(frames):
            self.pending.setdefault(layer, []).append((frames, offsets))

    def read(self, frames: I64, offsets: I64, size: int) -> U8:
        """``size`` bytes of each frame at its offset, as rows of a contiguous copy."""
        # An offset read from a packet may point anywhere; callers check with `held` that its bytes are the frame's.
        return rows_of_bytes(
            self.buffer, np.minimum(self.start[self.at(frames)] + offsets, len(self.buffer) - size), size
        )

    def byte(self, frames: I64, offsets: I64) -> I64:
        """The byte of each frame at its offset."""
        value: I64 = self.buffer[np.minimum(self.start[self.at(frames)] + offsets, len(self.buffer) - 1)].astype(
            np.int64
        )
        return value

    def word(self, frames: I64, offsets: I64) -> I64:
        """The big-endian 16-bit number of each frame at its offset."""
        return words16(self.read(frames, offsets, 2))[:, 0]

    def held(self, frames: I64, offsets: I64, size: int) -> Bool:
        """Whether ``size`` bytes at the offset were captured and belong to the frame."""
        at = self.at(frames)
        held: Bool = offsets + size <= np.minimum(self.captured[at], self.end[at])
        return held

    def complete(self, frames: I64, offsets: I64, size: int) -> tuple[I64, I64]:
        """The frames whose next ``size`` bytes are `held`; the others are marked malformed and go no further."""
        held = self.held(frames, offsets, size)
        if held.all():
            return frames, offsets
        self.malformed[frames[~held]] = True
        return frames[held], offsets[held]

    def shorten(self, frames: I64, end: I64) -> None:
        """Lower the payload ends of ``frames`` to ``end``, which a header's length field says."""
        self.end[frames] = np.minimum(self.end[frames], end)

    def tag(self, frames: I64, control: I64) -> None:
        """Record the VLAN in the twelve low bits of ``control``, unless an outer tag has given one."""
        self.vlan[frames] = np.where(self.vlan[frames] == 0, control & 0xFFF, self.vlan[frames])

    def send_by(self, table: Dispatch, numbers: I64, frames: I64, offsets: I64) -> None:
        """Send each frame to the layer that ``table`` names for its number, if any."""
        if not len(frames):
            return
        layers = table.of(numbers)
        for layer in np.flatnonzero(np.bincount(layers)).tolist():
            if layer:
                mine = layers == layer
                if mine.all():
                    self.send(Layer(layer), frames, offsets)
                else:
                    self.send(Layer(layer), frames[mine], offsets[mine])


#: One step of the walk: reads a layer's header at the offsets and sends the frames on.
Step = Callable[[Frames, I64, I64], None]


def skipping(size: int, layer: Layer) -> Step:
    """A step over a header of fixed ``size`` that is always followed by ``layer``."""

    def step(batch: Frames, frames: I64, offsets: I64) -> None:
        frames, offsets = batch.complete(frames, offsets, size)
        batch.send(layer, frames, offsets + size)

    return step


def rows_of_bytes(buffer: U8, places: I64, size: int) -> U8:
    """``size`` bytes at each of ``places``, as rows of a contiguous copy."""
    # Overlapping items of ``size`` bytes: NumPy copies an item at a time, not a byte.
    items: NDArray[np.void] = np.ndarray(len(buffer) - size + 1, f"V{size}", buffer, strides=(1,))
    rows: U8 = items[places].view(np.uint8).reshape(len(places), size)
    return rows


def words16(rows: U8) -> NDArray[np.int64]:
    """Rows of bytes as rows of big-endian 16-bit numbers."""
    return rows.view(">u2").astype(np.int64)
