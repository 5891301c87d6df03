"""Reads single packets of a session: their bytes from the spool, and their analysis from the columns."""

from __future__ import annotations

import os
import struct
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.seq_bases import SeqBases
from tcptui.analysis.stream.table import NO_BASE, StreamMark, StreamTable
from tcptui.capture.file_source import FileChangedError
from tcptui.model.arrays import chunks, sorted_unique
from tcptui.model.datagram import Datagram
from tcptui.model.lru import LruCache
from tcptui.model.packet_store import I32, I64, NO_ROW, NO_STREAM, DecodeIssue, PacketStore, RowKind
from tcptui.model.packet_view import Analysis, PacketView
from tcptui.model.pcap_format import ENHANCED_HEAD_BYTES, ENHANCED_PACKET_BLOCK, PCAPNG_START
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict
from tcptui.wire.completed_datagrams import Completed, completed_by_last
from tcptui.wire.pcapng_options import packet_comments, packet_flags

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tcptui.access.source_info import SourceInfo
    from tcptui.protocols.decode_as import Decoding
    from tcptui.protocols.keylog import KeyLog
    from tcptui.protocols.message_schema import Schema

#: Packets of different streams are read at once if no more bytes than this are between them: a read costs as much, …
_GAP: Final = 1 << 13
#: … and of no longer part of the spool than this: longer ones are read into memory that is new each time.
_READ_AT_ONCE: Final = 1 << 16
#: Several packets of one stream are read at once if at least one byte in this many of the span is wanted, …
_SPARSE: Final = 4
#: … and so many bytes in any case, …
_LITTLE: Final = 1 << 16
#: … or so many for each packet: to copy them takes less than a read of its own.
_LITTLE_EACH: Final = 1 << 11
_REASSEMBLED: Final = np.uint16(DecodeIssue.REASSEMBLED)
_IN_FRAGMENTS: Final = np.uint16(DecodeIssue.REASSEMBLED | DecodeIssue.FRAGMENT)
#: Fragments of the datagrams that are cached once they were put together: those of a screen, as a rule.
_COMPLETIONS: Final = 1 << 14
#: Most comments read of a packet.
_MOST_COMMENTS: Final = 1_000
_LARGEST_COMMENTED_BLOCK: Final = 1 << 20
#: ip.stream needs every frame up to the one shown to be read; from this row on it is not shown.
_IP_STREAM_ROWS: Final = 20_000
#: How many frames are read at once for ip.stream.
_IP_STREAM_READ: Final = 256
#: Bytes of an IP header that contain both addresses, IPv4 or IPv6.
_IP_HEAD: Final = 40


def _pieces_of(completed: Completed) -> int:
    return 1 + sum(len(datagram.pieces) for datagram in completed.datagrams)


class PacketReader:
    """Builds `PacketView`s; reads spools with pread.  An evicted packet has no bytes."""

    def __init__(
        self, store: PacketStore, streams: StreamTable, sources: Sequence[SourceInfo], descriptors: Sequence[int],
        rows_of: Callable[[int], I32], keys: KeyLog, schema: Schema | None = None,
        is_changed: Callable[[], bool] = lambda: False, decoding: Decoding | None = None,
    ) -> None:  # fmt: skip
        self.keys = keys
        """Secrets of TLS connections, for whoever puts streams together: of pcapng files, and of a key log."""
        self.schema = schema
        """What messages of gRPC mean, for whoever reads streams; None: nobody gave a schema."""
        self.decoding = decoding or {}
        """What is read on which port, for whoever puts streams together: as the user says."""
        self._is_changed = is_changed
        self._store = store
        self._streams = streams
        self.sources = sources
        """The origins of rows, indexed by ``store.source[row]``."""
        self.descriptors = descriptors
        """The open spools, by `SourceInfo.spool`."""
        self._rows_of = rows_of
        self.landmarks = SeqBases(store, streams, lambda stream: self._rows_of(stream))
        self._completions: LruCache[int, Completed] = LruCache(_COMPLETIONS, locked=True, weigh=_pieces_of)
        """What rows complete: a datagram may be in thousands of fragments, and every key may ask for it again."""
        self._pairs: dict[bytes, int] = {}
        self._pair_of_row: list[int] = []

    def require_unchanged(self) -> None:
        """Raise FileChangedError (OSError) where an answer would be of other bytes than those that were analysed."""
        if self._is_changed():
            raise FileChangedError

    def data(self, row: int) -> bytes:
        """The captured bytes of ``row``; fewer if the spool was truncated since, none if the row was evicted."""
        store = self._store
        source = self.sources[int(store.source[row])]
        found = os.pread(self.descriptors[source.spool], int(store.captured[row]), int(store.offset[row]))
        return found if row >= store.first else b""  # checked after the read: the row may be evicted meanwhile

    def is_pcapng(self, source: int) -> bool:
        """Whether the rows of ``source`` come from a pcapng file."""
        return os.pread(self.descriptors[self.sources[source].spool], 4, 0) == PCAPNG_START

    def stretch(self, rows: I32) -> tuple[bytes, I64]:
        """The captured bytes of ``rows`` (ascending), maybe with others between, and where each begins there."""
        store = self._store
        if not len(rows):
            return b"", np.zeros(0, np.int64)
        offset, captured = store.offset[rows], store.captured[rows].astype(np.int64)
        spools = {self.sources[source].spool for source in sorted_unique(store.source[rows]).tolist()}
        begin, end = int(offset.min()), int((offset + captured).max())
        if len(spools) == 1 and end - begin <= _SPARSE * int(captured.sum()) + _LITTLE:
            block = os.pread(self.descriptors[spools.pop()], end - begin, begin)
            if int(rows[0]) >= store.first:  # checked after the read: rows may be evicted meanwhile
                return block, offset - begin
        parts = [self.data(row) for row in rows.tolist()]
        lengths = np.fromiter(map(len, parts), np.int64, len(parts))
        return b"".join(parts), np.cumsum(lengths) - lengths

    def segments(self, rows: NDArray[np.int64]) -> list[bytes]:
        """TCP header and payload of each of ``rows`` (any order); empty where not all of it was captured.

        Not for a row whose segment is put together from IP fragments.  Rows that lie near each other are read at once.
        """
        store = self._store
        begin = store.offset[rows] + store.transport_offset[rows]
        size = store.header_length[rows].astype(np.int64) + np.maximum(store.length[rows], 0)
        whole = begin + size <= store.offset[rows] + store.captured[rows]
        spool = np.array([source.spool for source in self.sources])[store.source[rows]]
        found = [b""] * len(rows)
        order = np.lexsort((begin, spool))
        order = order[whole[order]]
        if not len(order):
            return found
        begin, end, spool = begin[order], (begin + size)[order], spool[order]
        apart = (np.diff(spool) != 0) | (begin[1:] - end[:-1] > _GAP) | (np.diff(begin // _READ_AT_ONCE) != 0)
        firsts = np.append(0, np.flatnonzero(apart) + 1)
        starts, counts = begin[firsts], np.diff(firsts, append=len(order))
        spans = (np.maximum.reduceat(end, firsts) - starts).tolist()
        low = begin - np.repeat(starts, counts)
        places = zip(order.tolist(), low.tolist(), (low + size[order]).tolist(), strict=True)
        for start, span, file, count in zip(
            starts.tolist(), spans, spool[firsts].tolist(), counts.tolist(), strict=True
        ):
            block = os.pread(self.descriptors[file], span, start)
            for at, first, last in islice(places, count):
                if last <= len(block):
                    found[at] = block[first:last]
        for at in np.flatnonzero(rows < store.first).tolist():  # after the read: rows may be evicted meanwhile
            found[at] = b""
        return found

    def payload(self, row: int) -> bytes:
        """The captured TCP payload of ``row``."""
        store = self._store
        begin, data = int(store.header_length[row]), b""
        if store.issues[row] & _REASSEMBLED:
            data = self._completed(row).segment
        else:
            begin += int(store.transport_offset[row])
            data = self.data(row)
        return data[begin : begin + max(int(store.length[row]), 0)]

    def payloads(self, rows: I32) -> list[bytes]:
        """`payload` of each of ``rows`` (ascending), with a single read where they are close together in one spool."""
        store = self._store
        offset, captured = store.offset[rows], store.captured[rows].astype(np.int64)
        sources = sorted_unique(store.source[rows])
        begin = int(offset.min()) if len(rows) else 0
        span = int((offset + captured).max()) - begin if len(rows) else 0
        most = _SPARSE * int(captured.sum()) + _LITTLE_EACH * len(rows)
        scattered = span > most or (store.issues[rows] & _REASSEMBLED).any()
        if len(rows) < 2 or len(sources) > 1 or scattered:
            return [self.payload(row) for row in rows.tolist()]
        block = os.pread(self.descriptors[self.sources[int(sources[0])].spool], span, begin)
        if int(rows[0]) < store.first:  # checked after the read: rows may be evicted meanwhile
            return [self.payload(row) for row in rows.tolist()]
        header = store.transport_offset[rows].astype(np.int64) + store.header_length[rows]
        start = offset - begin + header
        stop = np.minimum(start + np.maximum(store.length[rows], 0), offset - begin + captured)
        return [block[low:high] for low, high in zip(start.tolist(), stop.tolist(), strict=True)]

    def _completed(self, row: int) -> Completed:
        """What ``row`` completes, whose IP fragment was the last that lacked; nothing of what was evicted."""
        store = self._store
        rows = store.fragments.of(row)
        if not rows or rows[0] < store.first:
            return Completed()
        known = self._completions.get(row)
        if known is None:
            known = self._reassemble(rows)
            self._completions.put(row, known)
        return known

    def _reassemble(self, rows: list[int]) -> Completed:
        store = self._store
        links = [self.sources[int(store.source[piece])].link_type for piece in rows]
        found = completed_by_last([self.data(piece) for piece in rows], links)
        frames = [int(store.frame[piece]) for piece in rows]
        return found._replace(datagrams=tuple(_numbered(datagram, frames) for datagram in found.datagrams))

    def _reassembled_in(self, row: int) -> int:
        """The frame that completes what ``row`` has a fragment of; 0: none that is kept."""
        completing = self._store.fragments.completed_by(row)
        return int(self._store.frame[completing]) if completing >= self._store.first else 0

    def held(self, rows: I32) -> I32:
        """How many payload bytes of each of ``rows`` (TCP segments) were captured: what `payload` can return."""
        store, held = self._store, np.empty(len(rows), np.int32)
        for part in chunks(len(rows)):
            some = rows[part]
            begin = store.transport_offset[some].astype(np.int64) + store.header_length[some]
            length = np.maximum(store.length[some], 0)
            # Segments are reassembled only from IP fragments that were captured whole.
            captured = np.clip(store.captured[some] - begin, 0, length)
            held[part] = np.where(store.issues[some] & _REASSEMBLED, length, captured)
        return held

    def packet(self, row: int) -> PacketView:
        """Everything known about ``row``: bytes, comment, and analysis."""
        store, packet = self._store, self.bare(row)
        block = self._block(row, self.sources[int(store.source[row])])
        captured = int(store.captured[row])
        comments = packet_comments(block, captured)[:_MOST_COMMENTS] if block else []
        kept = row >= store.first
        return replace(
            packet,
            comments=tuple(comment.decode("utf-8", "surrogateescape") for comment in comments if comment),
            flags=packet_flags(block, captured) if block else None,
            ip_stream=self._ip_stream(row),
            analysis=self._analysis(row) if packet.kind == RowKind.TCP and kept else None,
            quoted=self._analysis(row) if packet.kind == RowKind.ICMP_QUOTE and kept else None,
        )

    def bare(self, row: int) -> PacketView:
        """``row`` without comment, ip.stream and analysis: far cheaper, and enough to parse its bytes."""
        store = self._store
        source = self.sources[int(store.source[row])]
        completed = self._completed(row) if store.issues[row] & _IN_FRAGMENTS else Completed()
        return PacketView(
            row=row,
            frame=int(store.frame[row]),
            time_ns=int(store.time_ns[row]),
            previous_ns=int(store.time_ns[max(row - 1, store.first)]),
            first_ns=store.began_ns,
            wire_length=int(store.wire_length[row]),
            data=self.data(row),
            link_type=source.link_type,
            interface=source.interface,
            comments=(),
            kind=int(store.kind[row]),
            network_offset=int(store.network_offset[row]),
            transport_offset=int(store.transport_offset[row]),
            payload_length=max(int(store.length[row]), 0),
            ip_stream=-1,
            analysis=None,
            datagrams=completed.datagrams,
            reassembled_in=self._reassembled_in(row) if store.issues[row] & _IN_FRAGMENTS else 0,
            segment=completed.segment,
        )

    def _analysis(self, row: int) -> Analysis | None:
        store, streams = self._store, self._streams
        stream = int(store.stream[row])
        if stream == NO_STREAM:
            return None
        from_b = int(store.from_b[row])
        bases = [self.landmarks.base(stream, row, of_b) for of_b in (False, True)]
        scales = (int(streams.scale_a[stream]), int(streams.scale_b[stream]))
        no_room = bool(store.issues[row] & DecodeIssue.BAD_HEADER_LENGTH) and int(store.length[row]) < 0
        seq_base, ack_base = (
            None if no_room or base == NO_BASE else base for base in (bases[from_b], bases[1 - from_b])
        )
        time_ns = int(store.time_ns[row])
        previous = int(store.previous[row])
        verdict, refers, acked = int(store.verdict[row]), int(store.refers_to[row]), int(store.acked[row])
        if int(streams.verdicts[stream]) & Verdict.REUSED_PORTS and self.landmarks.moves_later(stream, row):
            verdict |= Verdict.REUSED_PORTS
        is_dup, rto_row = bool(verdict & Verdict.DUPLICATE_ACK), NO_ROW
        if verdict & Verdict.RETRANSMISSION:
            rto_row = refers
        client_is_b = int(streams.client_is_b[stream])
        first_fin, closing_fin = self._first_fins(row, stream)
        return Analysis(
            stream=stream,
            packet_in_stream=int(streams.evicted[stream]) + self.landmarks.position(stream, row),
            completeness=int(streams.completeness[stream]),
            seq_base=seq_base,
            ack_base=ack_base,
            window_shift=scales[from_b],
            since_stream_start_ns=time_ns - int(streams.began_ns[stream]),
            since_previous_ns=time_ns - int(store.time_ns[previous]) if previous != NO_ROW else 0,
            verdict=verdict,
            dup_ack_number=int(store.dup_ack_number[row]),
            dup_ack_frame=int(store.frame[refers]) if is_dup and refers != NO_ROW else None,
            rto_ns=time_ns - int(store.time_ns[rto_row]) if rto_row != NO_ROW else None,
            rto_frame=int(store.frame[rto_row]) if rto_row != NO_ROW else None,
            acks_frame=int(store.frame[acked]) if acked != NO_ROW else None,
            ack_rtt_ns=time_ns - int(store.time_ns[acked]) if acked != NO_ROW else None,
            irtt_ns=int(streams.irtt_ns[stream]),
            bytes_in_flight=int(store.bytes_in_flight[row]),
            push_bytes=int(store.push_bytes[row]),
            initiates_close=first_fin,
            completes_close=closing_fin,
            sent_by_client=from_b == client_is_b,
            server_port=streams.server(stream).port,
        )

    def _first_fins(self, row: int, stream: int) -> tuple[bool, bool]:
        """Whether ``row`` has a FIN of the side that closed first, and whether it has one of the other side."""
        store = self._store
        if not store.flags[row] & TcpFlag.FIN:
            return False, False
        rows = self._rows_of(stream)
        fins = rows[(store.flags[rows] & TcpFlag.FIN) != 0]
        sides = store.from_b[fins]
        marks = int(self._streams.marks[stream])
        both = bool(marks & StreamMark.FIN_A) and bool(marks & StreamMark.FIN_B)
        if not len(fins) or (self._streams.evicted[stream] and both and (sides == sides[0]).all()):
            return False, False  # the other end's FIN, or this packet itself, was evicted
        opener = bool(sides[0] == store.from_b[row])
        return opener, not opener

    def _block(self, row: int, source: SourceInfo) -> bytes:
        """The pcapng block of ``row``; empty where it has no options, or the file is none."""
        offset = int(self._store.offset[row])
        if offset < ENHANCED_HEAD_BYTES:
            return b""
        descriptor = self.descriptors[source.spool]
        head = os.pread(descriptor, 8, offset - ENHANCED_HEAD_BYTES)
        if len(head) < 8 or os.pread(descriptor, 4, 0) != PCAPNG_START:
            return b""
        heads = [struct.unpack(order + "II", head) for order in "<>"]
        length = next((size for kind, size in heads if kind == ENHANCED_PACKET_BLOCK), 0)
        captured = int(self._store.captured[row])
        if not captured + ENHANCED_HEAD_BYTES + 8 < length < _LARGEST_COMMENTED_BLOCK:
            return b""
        return os.pread(descriptor, length, offset - ENHANCED_HEAD_BYTES)

    def _ip_stream(self, row: int) -> int:
        """ip.stream: the index of the frame's IP address pair (unordered), by first appearance; -1 when not counted."""
        if row >= _IP_STREAM_ROWS or len(self._pair_of_row) < self._store.first:
            return -1
        while len(self._pair_of_row) <= row:
            at = len(self._pair_of_row)
            for raw in self._ip_heads(at, min(at + _IP_STREAM_READ, row + 1)):
                pair = _address_pair(raw)
                number = -1 if pair is None else self._pairs.setdefault(pair, len(self._pairs))
                self._pair_of_row.append(number)
        return self._pair_of_row[row]

    def _ip_heads(self, first: int, stop: int) -> list[bytes]:
        """The first `_IP_HEAD` captured bytes from the IP header of each row from ``first`` up to ``stop``."""
        store, rows = self._store, slice(first, stop)
        network = store.network_offset[rows].astype(np.int64)
        offset, captured = store.offset[rows], store.captured[rows].astype(np.int64)
        begin, end = int(offset.min()), int((offset + captured).max())
        sources = store.source[rows]
        if (sources != sources[0]).any() or end - begin > _SPARSE * int(captured.sum()):
            frames = [self.data(row) for row in range(first, stop)]
            return [frame[at : at + _IP_HEAD] for frame, at in zip(frames, network.tolist(), strict=True)]
        block = os.pread(self.descriptors[self.sources[int(sources[0])].spool], end - begin, begin)
        low = offset - begin + network
        high = np.minimum(low + _IP_HEAD, offset - begin + captured)
        gone = first < store.first  # checked after the read: rows may be evicted meanwhile
        return [b"" if gone else block[a:b] for a, b in zip(low.tolist(), high.tolist(), strict=True)]


def _numbered(datagram: Datagram, frames: Sequence[int]) -> Datagram:
    """``datagram`` with the numbers of ``frames`` in place of their places."""
    pieces = tuple(replace(piece, carrier=frames[piece.carrier]) for piece in datagram.pieces)
    return Datagram(datagram.payload, pieces)


def _address_pair(raw: bytes) -> bytes | None:
    if len(raw) >= 20 and raw[0] >> 4 == 4:
        first, second = raw[12:16], raw[16:20]
    elif len(raw) == 40 and raw[0] >> 4 == 6:
        first, second = raw[8:24], raw[24:40]
    else:
        return None
    return min(first, second) + max(first, second)
