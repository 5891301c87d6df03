"""Writes records as pcapng or pcap."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.capture.slicing.little_endian import (
    block,
    carried_body,
    interface_body,
    options,
    options_of,
    statistics_body,
)
from tcptui.model.pcap_format import (
    ENHANCED_PACKET_BLOCK,
    INTERFACE_BLOCK,
    MAX_PACKET,
    MICROSECONDS,
    NANOSECONDS,
    SECTION_BLOCK,
    VERSION,
)
from tcptui.model.units import NS_PER_S
from tcptui.wire.pcapng_options import OPT_COMMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tcptui.capture.slicing.sink import Sink
    from tcptui.capture.slicing.source import PacketSource, Record
    from tcptui.model.packet_store import I64

_HARDWARE, _SYSTEM, _PROGRAM = 2, 3, 4
_IF_DESCRIPTION, _IF_TSRESOL, _IF_FCSLEN = 3, 9, 13
_NANOSECONDS_RESOLUTION: Final = bytes((9,))
#: Blocks of names and secrets that are larger are left out; a key log of a million sessions has 200 MB.
LARGEST_CARRIED: Final = 1 << 28


class PcapngWriter:
    """One little-endian section with the interfaces of all sources, their names and secrets, then packets."""

    def __init__(
        self, sink: Sink, sources: Sequence[PacketSource], links: Sequence[int], program: str, *,
        about: Sequence[bytes] = (), names: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """``links``: the link type of each source that is no pcapng; ``program``: who writes.

        ``about``: comments of the section, in place of those of the sources that begin with the same word.
        ``names``: of each source, for its interface where it is no pcapng.  Raises OSError.
        """
        self._sink = sink
        self._first: list[int] = []
        interfaces: list[bytes] = []
        for place, (source, link) in enumerate(zip(sources, links, strict=True)):
            self._first.append(len(interfaces))
            interfaces += _interfaces(source, link, names[place] if names else "")
        section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options(_about(sources, program, about))
        sink.write(block(SECTION_BLOCK, section))
        for body in interfaces:
            sink.write(block(INTERFACE_BLOCK, body))
        for source in sources:
            _carry(source, sink)

    def add(self, source: int, record: Record, wire: int, comments: Sequence[str]) -> None:
        """One packet of the source with the index ``source``; ``comments`` come behind its own."""
        data = record.data
        head = struct.pack(
            "<IIIII", self._first[source] + record.interface, record.ticks >> 32, record.ticks & 0xFFFFFFFF,
            len(data), wire,
        )  # fmt: skip
        more = [(OPT_COMMENT, comment.encode("utf-8", "replace")) for comment in comments]
        self._sink.write(
            block(ENHANCED_PACKET_BLOCK, head + data + bytes(-len(data) % 4) + options([*record.options, *more]))
        )

    def add_statistics(self, sources: Sequence[PacketSource]) -> None:
        """What interfaces of ``sources`` counted, behind all packets.  Raises OSError."""
        for source, first in zip(sources, self._first, strict=True):
            for of_section, found in source.layout.statistics:
                body = os.pread(source.descriptor, found.size, found.begin)
                body = statistics_body(found.order, body, first + of_section)
                if body:
                    self._sink.write(block(found.kind, body))


def _interfaces(source: PacketSource, link: int, name: str) -> list[bytes]:
    layout = source.layout
    if layout.is_pcapng:
        return [interface_body(order, body) for order, body in layout.interfaces]
    found = [(_IF_TSRESOL, _NANOSECONDS_RESOLUTION)] if layout.nano else []
    if layout.link_field & 0x0400_0000:  # the upper four bits say how long the frame check sequence is, in 16 bits
        found.append((_IF_FCSLEN, bytes(((layout.link_field >> 28) * 2,))))
    if name:
        found.insert(0, (_IF_DESCRIPTION, name.encode("utf-8", "replace")))
    return [struct.pack("<HHI", link, 0, layout.snaplen) + options(found)]


def _about(sources: Sequence[PacketSource], program: str, about: Sequence[bytes]) -> list[tuple[int, bytes]]:
    """The options of the section: all comments, and on what the first source was captured."""
    replaced = tuple(comment.partition(b" {")[0] + b" {" for comment in about)
    found = [
        pair
        for source in sources
        for section in source.layout.sections
        for pair in options_of(section.body[16:], section.order, SECTION_BLOCK)
    ]
    kept = [(OPT_COMMENT, comment) for comment in about]
    kept += [pair for pair in found if pair[0] == OPT_COMMENT and not (replaced and pair[1].startswith(replaced))]
    for code in (_HARDWARE, _SYSTEM):
        kept += [pair for pair in found if pair[0] == code][:1]
    return [*kept, (_PROGRAM, program.encode())]


def _carry(source: PacketSource, sink: Sink) -> None:
    for found in source.layout.carried:
        if found.size <= LARGEST_CARRIED:
            body = os.pread(source.descriptor, found.size, found.begin)
            sink.write(block(found.kind, carried_body(found.order, found.kind, body)))


class PcapWriter:
    """A classic file: one link type, no comments; nanoseconds where a source has them."""

    def __init__(self, sink: Sink, link_field: int, *, nano: bool) -> None:
        self._sink = sink
        self._nano = nano
        magic = NANOSECONDS if nano else MICROSECONDS
        sink.write(struct.pack("<IHHiIII", magic, *VERSION, 0, 0, MAX_PACKET, link_field))

    def add(self, time_ns: int, data: bytes, wire: int) -> None:
        """One packet."""
        seconds, fraction = divmod(time_ns, NS_PER_S)
        fraction = fraction if self._nano else fraction // 1000
        self._sink.write(struct.pack("<IIII", seconds & 0xFFFF_FFFF, fraction, len(data), wire) + data)

    def heads(self, time_ns: I64, captured: I64, wire: I64) -> NDArray[np.uint8]:
        """The record headers of several packets, of which ``captured`` bytes each are there: rows of 16 bytes."""
        seconds, fraction = np.divmod(time_ns, NS_PER_S)
        fraction = fraction if self._nano else fraction // 1000
        words = np.stack((seconds & 0xFFFF_FFFF, fraction, captured, wire), axis=1)
        return words.astype("<u4").view(np.uint8)
