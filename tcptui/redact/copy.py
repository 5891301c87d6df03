"""The new capture, packet by packet, as pcapng or as pcap."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.capture.slicing.little_endian import block, options
from tcptui.capture.slicing.writer import PcapWriter
from tcptui.model.pcap_format import ENHANCED_PACKET_BLOCK, INTERFACE_BLOCK, SECTION_BLOCK, STATISTICS_BLOCK
from tcptui.model.units import NS_PER_S
from tcptui.redact.blocks import Interfaces, packet_options, statistics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.capture.slicing.sink import Sink
    from tcptui.capture.slicing.source import PacketSource
    from tcptui.model.packet_store import PacketStore
    from tcptui.redact.headers import Rewriter

_USER_APPLICATION: Final = 4
APPLICATION: Final = b"tcptui redact"
"""The name of the writer in a section."""
_COMMENT: Final = 1


class Original(NamedTuple):
    """The capture that is copied."""

    store: PacketStore
    source: PacketSource
    links: Sequence[int]
    """The link type of each value of `PacketStore.source`."""


class Copy:
    """Copies packets through a rewriter."""

    def __init__(self, original: Original, rewriter: Rewriter, shift_s: int = 0) -> None:
        """``shift_s``: seconds that are added to every time."""
        self._original, self._rewriter, self._shift_s = original, rewriter, shift_s

    def write(self, sink: Sink, said: str, segment: Callable[[int], tuple[int, bytes] | None]) -> None:
        """Write all as pcapng; ``said``: what the section says of itself.  Raises OSError and OutputError.

        ``segment(row)``: what takes the place of a payload, and where its TCP header begins; None: filler.
        """
        store, source, links = self._original
        about = [(_COMMENT, said.encode()), (_USER_APPLICATION, APPLICATION)]
        sink.write(block(SECTION_BLOCK, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options(about)))
        interfaces = Interfaces(source.layout, links[0] if links else 1)
        for body in interfaces.bodies:
            sink.write(block(INTERFACE_BLOCK, body))
        rewrite = self._rewriter.rewrite
        for row in range(store.count):
            wire = int(store.wire_length[row])
            record = source.record(int(store.offset[row]), int(store.captured[row]), int(store.time_ns[row]))
            data = rewrite(record.data, links[int(store.source[row])], wire, segment(row))
            ticks = record.ticks + self._shift_s * interfaces.ticks[record.interface] & 0xFFFF_FFFF_FFFF_FFFF
            head = struct.pack("<IIIII", record.interface, ticks >> 32, ticks & 0xFFFFFFFF, len(data), wire)
            told = options(packet_options(record.options)) if record.options else b""
            sink.write(block(ENHANCED_PACKET_BLOCK, head + data + bytes(-len(data) % 4) + told))
        for body in statistics(source.descriptor, source.layout):
            sink.write(block(STATISTICS_BLOCK, body))

    def write_pcap(self, sink: Sink, segment: Callable[[int], tuple[int, bytes] | None]) -> None:
        """Write all as pcap; the packets have one link type."""
        store, source, links = self._original
        nano = bool((store.time_ns[: store.count] % 1000).any())
        writer = PcapWriter(sink, source.layout.link_field or (links[0] if links else 1), nano=nano)
        for row in range(store.count):
            wire, time_ns = int(store.wire_length[row]), int(store.time_ns[row])
            record = source.record(int(store.offset[row]), int(store.captured[row]), time_ns)
            data = self._rewriter.rewrite(record.data, links[int(store.source[row])], wire, segment(row))
            writer.add(time_ns + self._shift_s * NS_PER_S, data, wire)
