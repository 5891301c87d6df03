"""The new capture, packet by packet, as pcapng or as pcap."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tcptui.capture.slicing.little_endian import block, options
from tcptui.capture.slicing.writer import PcapWriter
from tcptui.model.pcap_format import (
    ENHANCED_HEAD_BYTES,
    ENHANCED_PACKET_BLOCK,
    INTERFACE_BLOCK,
    SECTION_BLOCK,
    STATISTICS_BLOCK,
)
from tcptui.model.units import NS_PER_S
from tcptui.redact.blocks import Interfaces, packet_options, statistics
from tcptui.redact.filler import FILLER
from tcptui.redact.segment_rewriter import SegmentRewriter
from tcptui.redact.stretches import stretches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.access.packet_reader import PacketReader
    from tcptui.capture.slicing.sink import Sink
    from tcptui.capture.slicing.source import PacketSource
    from tcptui.model.packet_store import PacketStore
    from tcptui.redact.headers import Rewriter
    from tcptui.redact.segments import SegmentPayloads
    from tcptui.redact.stretches import Stretch

_USER_APPLICATION: Final = 4
APPLICATION: Final = b"tcptui redact"
"""The name of the writer in a section."""
_COMMENT: Final = 1


class Original(NamedTuple):
    """The capture that is copied."""

    store: PacketStore
    source: PacketSource
    reader: PacketReader

    @property
    def links(self) -> list[int]:
        """The link type of each value of `PacketStore.source`."""
        return [source.link_type for source in self.reader.sources]


class Copy:
    """Copies packets through a rewriter."""

    def __init__(self, original: Original, rewriter: Rewriter, payloads: SegmentPayloads, shift_s: int = 0) -> None:
        """``payloads``: what takes the place of payloads that become no filler; ``shift_s``: seconds added to times."""
        self._original, self._rewriter, self._payloads, self._shift_s = original, rewriter, payloads, shift_s
        self._segments = SegmentRewriter(rewriter.mapping, rewriter.replaced)

    def write(self, sink: Sink, said: str) -> None:
        """Write all as pcapng; ``said``: what the section says of itself.  Raises OSError and OutputError."""
        store, source, reader = self._original
        about = [(_COMMENT, said.encode()), (_USER_APPLICATION, APPLICATION)]
        sink.write(block(SECTION_BLOCK, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options(about)))
        interfaces = Interfaces(source.layout, (self._original.links or [1])[0])
        for body in interfaces.bodies:
            sink.write(block(INTERFACE_BLOCK, body))
        # A clock may have any number of ticks, and they may be moved by any number: what is added is less than 2**64.
        moved = np.array([self._shift_s * ticks & 0xFFFF_FFFF_FFFF_FFFF for ticks in interfaces.ticks], np.uint64)
        for one in stretches(store, reader):
            sink.write(self._enhanced_blocks(one, moved))
        for body in statistics(source.descriptor, source.layout):
            sink.write(block(STATISTICS_BLOCK, body))

    def write_pcap(self, sink: Sink) -> None:
        """Write all as pcap; the packets have one link type.  Raises OSError and OutputError."""
        store, source, reader = self._original
        nano = bool((store.time_ns[: store.count] % 1000).any())
        writer = PcapWriter(sink, source.layout.link_field or (self._original.links or [1])[0], nano=nano)
        for one in stretches(store, reader):
            times = store.time_ns[one.rows] + self._shift_s * NS_PER_S
            heads = writer.heads(times, one.end - one.begin, self._wire(one))
            ends = np.cumsum(one.end - one.begin + heads.shape[1])
            out = np.empty(int(ends[-1]), np.uint8)
            places = ends - (one.end - one.begin)
            self._rewrite(one, out, places)
            _place(out, places - heads.shape[1], heads)
            sink.write(out.tobytes())

    def _enhanced_blocks(self, one: Stretch, moved: NDArray[np.uint64]) -> bytes:
        store, source, _ = self._original
        captured, wire = one.end - one.begin, self._wire(one)
        interface, ticks, is_all = source.heads(store.offset[one.rows], captured, store.time_ns[one.rows])
        told: dict[int, bytes] = {}
        for at in np.flatnonzero(~is_all).tolist():
            row = int(one.rows[at])
            record = source.record(int(store.offset[row]), int(captured[at]), int(store.time_ns[row]))
            interface[at], ticks[at] = record.interface, record.ticks
            told[at] = options(packet_options(record.options))
        ticks += moved[interface]
        sizes = (captured + 3 & ~3) + ENHANCED_HEAD_BYTES + 4
        sizes[list(told)] += np.array([len(one) for one in told.values()], np.int64)
        ends = np.cumsum(sizes)
        begins, out = ends - sizes, np.empty(int(ends[-1]), np.uint8)
        places = begins + ENHANCED_HEAD_BYTES
        self._rewrite(one, out, places)
        for at in range(3):
            out[(places + captured + at)[(captured + at & 3 != 0) & (captured + 3 & ~3 > captured + at)]] = 0
        for number, text in told.items():
            out[ends[number] - 4 - len(text) : ends[number] - 4] = np.frombuffer(text, np.uint8)
        kinds = np.full(len(sizes), ENHANCED_PACKET_BLOCK)
        _place(out, begins, _words(kinds, sizes, interface, ticks >> np.uint64(32), ticks, captured, wire))
        _place(out, ends - 4, _words(sizes))
        return out.tobytes()

    def _wire(self, one: Stretch) -> NDArray[np.int64]:
        """How long each packet was."""
        return self._original.store.wire_length[one.rows].astype(np.int64)

    def _rewrite(self, one: Stretch, out: NDArray[np.uint8], places: NDArray[np.int64]) -> None:
        """Write the packets of a stretch, rewritten, to their ``places``."""
        out.fill(FILLER[0])
        wire = self._wire(one)
        is_done = self._segments.rewrite(one, wire, self._payloads, out, places)
        for at in np.flatnonzero(~is_done).tolist():
            new = self._rewriter.rewrite(*one.packet(at), int(wire[at]), self._payloads.of(int(one.rows[at])))
            out[places[at] : places[at] + len(new)] = np.frombuffer(new, np.uint8)


def _words(*columns: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
    """Words of 32 bits, little-endian, one row of each packet."""
    words = np.stack([column.astype("<u4") for column in columns], axis=1)
    return words.view(np.uint8)


def _place(out: NDArray[np.uint8], places: NDArray[np.int64], rows: NDArray[np.uint8]) -> None:
    sliding_window_view(out, rows.shape[1], writeable=True)[places] = rows
