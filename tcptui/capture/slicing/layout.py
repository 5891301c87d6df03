"""What a capture holds beside its packets: sections, interfaces, names and secrets, and where they are.

Packets are not searched for again: the caller knows where each one is, and only the gaps between them are read.
"""

from __future__ import annotations

import os
import struct
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.pcap_format import (
    ENHANCED_HEAD_BYTES,
    FILE_HEADER_BYTES,
    INTERFACE_BLOCK,
    PCAP_MAGICS,
    PCAPNG_START,
    SECRETS_BLOCK,
    SECTION_BLOCK,
    SIMPLE_HEAD_BYTES,
    SIMPLE_PACKET_BLOCK,
    STATISTICS_BLOCK,
)
from tcptui.wire.record_scanner import LISTED

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME_BLOCK: Final = 4
#: Blocks that describe packets of the whole section, and are carried along.
_CARRIED: Final = (NAME_BLOCK, SECRETS_BLOCK)
#: Bytes between the data of two packets without options or anything else between: a length, then a block's head.
_PLAIN_GAP: Final = 4 + ENHANCED_HEAD_BYTES
_WINDOW: Final = 1 << 20
#: Packets whose places are compared at once.
_ROWS: Final = 1 << 18
#: Larger descriptions of sections and interfaces are damage (`wire.records` refuses them, too).
_LARGEST_DESCRIPTION: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Block:
    """A block that is no packet: its type, where its body begins, the body's bytes, struct's byte order."""

    kind: int
    begin: int
    size: int
    order: str


@dataclass(frozen=True, slots=True)
class Section:
    """A pcapng section, or the whole of another file; `first_interface` counts those of sections before."""

    begin: int
    order: str
    first_interface: int
    body: bytes = b""


@dataclass
class Layout:
    """One capture without its packets."""

    is_pcapng: bool = False
    sections: list[Section] = field(default_factory=list)
    interfaces: list[tuple[str, bytes]] = field(default_factory=list)
    """Byte order and body of each interface description, in the order of the file."""
    carried: list[Block] = field(default_factory=list)
    """Names and secrets."""
    statistics: list[tuple[int, Block]] = field(default_factory=list)
    """Interface statistics, each with the number of the first interface of its section."""
    listed: array[int] = field(default_factory=lambda: array("q"))
    """Where blocks begin that are no packets and yet take a frame number."""
    link_field: int = 0
    """pcap: the link type with the bits that say how long the frame check sequences are."""
    snaplen: int = 0
    """pcap: bytes of each packet at most."""
    nano: bool = False
    """pcap: fractions are nanoseconds."""


class _BufferedReader:
    """A file's bytes, read in blocks."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._begin = 0
        self._data = b""

    def read(self, position: int, size: int) -> bytes:
        """``size`` bytes at ``position``, fewer at the end of the file."""
        at = position - self._begin
        if at < 0 or at + size > len(self._data):
            self._begin, at = position, 0
            self._data = os.pread(self._descriptor, max(_WINDOW, size), position)
        return self._data[at : at + size]


def read_layout(descriptor: int, offsets: NDArray[np.int64], captured: NDArray[np.uint32], end: int) -> Layout:
    """The layout of the capture in the first ``end`` bytes of ``descriptor``.

    ``offsets``: where the captured bytes of each of its packets are (ascending); ``captured``: how many.
    Raises OSError.
    """
    head = os.pread(descriptor, FILE_HEADER_BYTES, 0)
    if head[:4] != PCAPNG_START:
        return _plain_layout(head)
    reading = _Reading(descriptor, end)
    reading.walk(0, int(offsets[0]) if len(offsets) else end)
    for first in range(0, max(len(offsets) - 1, 0), _ROWS):
        here = slice(first, first + _ROWS)
        following = offsets[first + 1 : first + _ROWS + 1]
        ends = (offsets[here] + (captured[here].astype(np.int64) + 3 & ~3))[: len(following)]
        for gap in (np.flatnonzero(following - ends != _PLAIN_GAP) + first).tolist():
            reading.walk(reading.end_of_packet(int(offsets[gap]), int(captured[gap])), int(offsets[gap + 1]))
    if len(offsets):
        reading.walk(reading.end_of_packet(int(offsets[-1]), int(captured[-1])), end)
    return reading.layout


def _plain_layout(head: bytes) -> Layout:
    layout = Layout(sections=[Section(0, ">", 0)])
    known = PCAP_MAGICS.get(head[:4])
    if known is not None and len(head) == FILE_HEADER_BYTES:
        layout.nano = known.nano
        layout.snaplen, layout.link_field = struct.unpack(">II" if known.big else "<II", head[16:24])
    return layout


def head_bytes(before: bytes, order: str, captured: int) -> int:
    """How many bytes of a packet's block stand before its data, given the ``ENHANCED_HEAD_BYTES`` ``before`` it.

    The type and length of a simple block stand where others have a time and the number of captured bytes.
    """
    kind, length = struct.unpack_from(order + "II", before, ENHANCED_HEAD_BYTES - SIMPLE_HEAD_BYTES)
    is_simple = kind == SIMPLE_PACKET_BLOCK and length >= captured + SIMPLE_HEAD_BYTES + 4
    return SIMPLE_HEAD_BYTES if is_simple or len(before) < ENHANCED_HEAD_BYTES else ENHANCED_HEAD_BYTES


class _Reading:
    def __init__(self, descriptor: int, end: int) -> None:
        self.layout = Layout(is_pcapng=True)
        self._window = _BufferedReader(descriptor)
        self._end = end
        self._order = "<"

    def end_of_packet(self, offset: int, captured: int) -> int:
        """Where the block of the packet ends whose ``captured`` bytes are at ``offset``."""
        before = self._window.read(offset - ENHANCED_HEAD_BYTES, ENHANCED_HEAD_BYTES)
        begin = offset - head_bytes(before, self._order, captured)
        (length,) = struct.unpack(self._order + "I", self._window.read(begin + 4, 4))
        return begin + int(length + 3 & ~3)

    def walk(self, position: int, until: int) -> None:
        """Read the blocks from ``position`` to the one whose packet's bytes begin at ``until``."""
        while position + SIMPLE_HEAD_BYTES < until:
            head = self._window.read(position, 12)
            if len(head) < 12:
                return
            if head[:4] == PCAPNG_START:
                self._order = ">" if head[8:12] == b"\x1a\x2b\x3c\x4d" else "<"
            kind, length = struct.unpack(self._order + "II", head[:8])
            length = length + 3 & ~3
            # What is damaged, or cut off, ends the capture for its reader, too.
            if length < 12 or position + length > min(until, self._end):
                return
            self._note(kind, position, length)
            position += length

    def _note(self, kind: int, position: int, length: int) -> None:
        layout, body, size = self.layout, position + 8, length - 12
        if kind == SECTION_BLOCK and size <= _LARGEST_DESCRIPTION:
            content = self._window.read(body, size)
            layout.sections.append(Section(position, self._order, len(layout.interfaces), content))
        elif kind == INTERFACE_BLOCK and 8 <= size <= _LARGEST_DESCRIPTION:
            layout.interfaces.append((self._order, self._window.read(body, size)))
        elif kind == STATISTICS_BLOCK and size <= _LARGEST_DESCRIPTION and layout.sections:
            layout.statistics.append((layout.sections[-1].first_interface, Block(kind, body, size, self._order)))
        elif kind in _CARRIED:
            layout.carried.append(Block(kind, body, size, self._order))
        if kind in LISTED:
            layout.listed.append(position)
