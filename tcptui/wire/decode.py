"""Decodes frames into columns of the packet store, a batch at a time: link, network, TCP, options, flows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tcptui.model.datagram import Datagram
from tcptui.model.flow_table import KEY_WORDS, FlowTable
from tcptui.model.packet_store import DecodeIssue, OptionBit, PacketStore, RowKind
from tcptui.model.seq import SEQ_MASK
from tcptui.wire import ip as network_layer
from tcptui.wire import tunnels as tunnel_layer
from tcptui.wire.header_walk import I64, PADDING, U8, Bool, Frames, Heads, Layer, Step, rows_of_bytes
from tcptui.wire.ip_fragments import Defragmenter, Fragment
from tcptui.wire.link import pseudo_headers as capture_layer
from tcptui.wire.link import rare as rare_link_layer
from tcptui.wire.link import serial as serial_layer
from tcptui.wire.link import shims as shim_layer
from tcptui.wire.link import types as link_layer
from tcptui.wire.plain_segments import PlainSegments, compiled_plain
from tcptui.wire.recent_flows import RecentFlows, compiled_recent
from tcptui.wire.tcp_options import ALIGNED_TIMESTAMPS, OPTIONS_SIZE, read_options

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS: Final[dict[Layer, Step]] = (
    link_layer.STEPS | rare_link_layer.STEPS | capture_layer.STEPS | serial_layer.STEPS
    | shim_layer.STEPS | network_layer.STEPS | tunnel_layer.STEPS
)  # fmt: skip
#: Most headers read in one frame; more are an attack, not a tunnel.
_MAX_LAYERS: Final = 32
#: Bytes of the TCP header that the analysis needs (through the window field).
_ANALYSED: Final = 16
# As numbers of the column's dtype: plain integers would have every use widen the column.
_NO_ISSUE: Final = np.uint16(0)
_BAD_HEADER_LENGTH: Final = np.uint16(DecodeIssue.BAD_HEADER_LENGTH)
_BAD_OPTIONS: Final = np.uint16(DecodeIssue.BAD_OPTIONS)
_FRAGMENT: Final = np.uint16(DecodeIssue.FRAGMENT)
_HEADER_CUT: Final = np.uint16(DecodeIssue.HEADER_CUT)
_ZERO_FILLED: Final = np.uint16(DecodeIssue.ZERO_FILLED)
_LENGTH_FORGOTTEN: Final = np.uint16(DecodeIssue.LENGTH_FORGOTTEN)
#: Fewest bytes behind the header of an Ethernet frame, without a VLAN tag and behind one (which the card may have
#: taken off, as on an interface of that VLAN); shorter packets are padded (IEEE 802.3, 3.2.8).
ETHERNET_LEAST: Final = (46, 42)
#: Bytes that such a packet lacks: one of 40 bytes, and a SYN of 44, whose only option is the MSS.
_FILLINGS: Final = (2, 6)

#: A fragment that comes later than this after its datagram was complete may be of the next one with the same number.
SAME_DATAGRAM_NS: Final = 1_000_000_000


class BatchDecoder:
    """Fills the wire columns of a `PacketStore`; keeps flows and unfinished fragments."""

    def __init__(self, store: PacketStore, flows: FlowTable) -> None:
        self._store = store
        self._flows = flows
        self._defragmenter = Defragmenter()
        self._plain: PlainSegments | None = None
        self.reassembled = b""
        """The TCP segment that was reassembled last from IP fragments, header and payload."""
        self.datagrams: list[Datagram] = []
        """The datagrams that the last fragment completed: one that held a fragment, then that one's."""

    def compile(self) -> None:
        """Have machine code read plain segments and find their flows from now on (takes a moment)."""
        self._plain = PlainSegments(compiled_plain())
        self._flows.compile(RecentFlows(compiled_recent()))

    def decode(self, buffer: U8, start: I64, captured: I64, wire: I64, link_types: I64, first: int) -> None:
        """Decode frames at ``start`` in ``buffer`` into rows ``first`` … of the store.

        ``buffer`` ends with `PADDING` bytes that belong to no frame.  The rows must be reserved and still
        hold zeros but for what the caller fills in: time, offset, lengths, source and frame number.
        """
        rows = np.arange(first, first + len(start))
        if self._plain is not None:
            rest = self._read_plain(self._plain, buffer, start, captured, wire, link_types, first)
            if not len(rest):
                return
            if len(rest) < len(start):
                rows, start, captured, wire, link_types = (
                    column[rest] for column in (rows, start, captured, wire, link_types)
                )
        self._walk(Frames.of(buffer, start, captured, wire), link_types, rows)

    def _read_plain(
        self, plain: PlainSegments, buffer: U8, start: I64, captured: I64, wire: I64, link_types: I64, first: int
    ) -> I64:
        """Decode plain segments; returns the indexes of all other frames."""
        read, with_options, rest, keys = plain.read(buffer, start, captured, wire, link_types, self._store, first)
        if len(read):
            self._write("flow", _span(first + read), self._flows.ids(keys.T))
        if len(with_options):
            owners, store = first + with_options, self._store
            size = store.header_length[owners].astype(np.int64) - 20
            places = start[with_options] + store.transport_offset[owners] + 20
            bad = self._options(
                owners, rows_of_bytes(buffer, places, OPTIONS_SIZE), size, size, store.ack[owners].astype(np.int64)
            )
            store.issues[owners[bad]] |= _BAD_OPTIONS
        return rest

    def _walk(self, batch: Frames, link_types: I64, rows: I64) -> None:
        """Decode the frames of ``batch`` into ``rows``, header by header."""
        store, n = self._store, len(rows)
        batch.send_by(link_layer.LINKS, link_types, batch.every, np.zeros(n, np.int64))
        segments = walk(batch)
        issues = np.where(batch.captured < batch.wire, int(DecodeIssue.TRUNCATED), 0)
        issues[batch.malformed] |= DecodeIssue.MALFORMED
        at = _span(rows)
        self._write("issues", at, issues)
        others = np.ones(n, np.bool_)
        others[self._tcp(batch, segments, rows)] = False
        store.flow[rows[others]] = -1
        if batch.fragments:
            self._reassemble(batch, rows)
        store.network_offset[at] = np.maximum(batch.network, 0)
        store.transport_offset[at] = np.maximum(batch.transport, 0)
        store.ttl[at], store.ip_id[at], store.protocol[at] = batch.ttl, batch.ip_id, batch.protocol
        self._write("tos", at, batch.tos)

    def _write(self, name: str, rows: I64 | slice, values: NDArray[Any]) -> None:
        """Write ``values`` into ``rows`` of the column ``name``, which hold zeros."""
        if isinstance(rows, slice):
            self._store.fill(name, rows, values)
        else:
            getattr(self._store, name)[rows] = values

    def _tcp(self, batch: Frames, segments: tuple[I64, I64], rows_of: I64, *, again: bool = False) -> I64:
        """Fill the TCP columns of ``segments`` (frames, offsets); returns the frames that were filled in.

        ``rows_of``: the row of each frame.  ``again``: the batch is one reassembled datagram, whose row was filled.
        """
        frames, offsets = segments
        at = batch.at(frames)
        available = np.minimum(batch.captured[at], batch.end[at]) - offsets
        has_ports = available >= 4
        if not has_ports.all():
            frames, offsets, available = frames[has_ports], offsets[has_ports], available[has_ports]
        if not len(frames):
            return frames
        store, at = self._store, batch.at(frames)
        owners = rows_of[at]
        if again:
            store.multipath.discard(int(owners[0]))
        rows = _span(owners)
        batch.transport[at] = offsets
        head = batch.read(frames, offsets, 20 + OPTIONS_SIZE)
        words, numbers = head.view(">u2"), head.view(">u4")
        quoted, partial = batch.quoted[at], batch.partial[at]
        analysed = available >= _ANALYSED
        store.kind[rows] = _kinds(quoted, analysed)
        flow, store.from_b[rows] = self._flow(batch, frames, words[:, 0].astype(np.int64), words[:, 1].astype(np.int64))
        header = (head[:, 12] >> 4).astype(np.int64) * 4
        payload = batch.end[at] - offsets - header
        payload[partial] = -1
        shown = True if analysed.all() else analysed
        for column, values in (
            (store.seq, numbers[:, 1]), (store.ack, numbers[:, 2]), (store.flags, words[:, 6] & 0x0FFF),
            (store.window, words[:, 7]), (store.header_length, header), (store.length, payload),
        ):  # fmt: skip
            column[rows] = np.where(shown, values, 0)
        # A header longer than its packet, which was captured whole: options that fit are read (as by tshark).
        overlong = (payload < 0) & (available >= 20) & (batch.captured[at] >= batch.wire[at])
        issues = np.where((header < 20) | ((payload < 0) & ~partial), _BAD_HEADER_LENGTH, _NO_ISSUE)
        issues[partial] |= _FRAGMENT
        issues[(available < np.maximum(header, 20)) & ~overlong] |= _HEADER_CUT
        issues[_zero_filled(batch, frames, offsets + header, payload)] |= _ZERO_FILLED
        lacking = batch.lacking[at]
        if lacking.any():
            short = np.flatnonzero((lacking > 0) & ~quoted & ~partial)
            if len(short):
                issues[short] |= _LENGTH_FORGOTTEN
                store.forgotten.add(owners[short], lacking[short])
        cut = (available < header) & ~overlong
        has_options = (header > 20) & (available >= 20)
        room = np.minimum(header, available) - 20
        # Fast path for nearly every segment in the middle of a connection: NOP NOP timestamps, nothing else.
        stamped = has_options & (room == 12) & (header == 32) & (numbers[:, 5] == ALIGNED_TIMESTAMPS)
        store.options[rows] = np.where(stamped, OptionBit.TIMESTAMPS.value, 0)
        for name, values in (
            ("flow", flow), ("ts_value", np.where(stamped, numbers[:, 6], 0)),
            ("ts_echo", np.where(stamped, numbers[:, 7], 0)),
        ):  # fmt: skip
            self._write(name, owners if again else rows, values)
        others = np.flatnonzero(has_options & ~stamped)
        if len(others):
            ack, written = numbers[others, 2].astype(np.int64), header[others] - 20
            bad = self._options(owners[others], head[others, 20:], room[others], written, ack)
            issues[others[bad & ~cut[others]]] |= _BAD_OPTIONS
        if issues.any():
            store.issues[rows] |= issues
        return frames

    def _options(self, rows: I64, area: U8, room: I64, written: I64, ack: I64) -> Bool:
        """Fill in the options of ``rows``, as `read_options`; returns which have one whose length is impossible."""
        store, options = self._store, read_options(area, room, ack, written)
        store.options[rows] = options.bits
        store.ts_value[rows] = options.ts_value
        store.ts_echo[rows] = options.ts_echo
        # Few segments have these options; zeros are not written, so that memory is not touched.
        for column, values in (
            (store.mss, options.mss), (store.window_scale, options.shift), (store.sack_left, options.sack_left),
            (store.sack_right, options.sack_right), (store.sack_bytes, options.sack_bytes & SEQ_MASK),
        ):  # fmt: skip
            changed = np.flatnonzero(column[rows] != values)
            column[rows[changed]] = values[changed]
        noted = np.flatnonzero(options.multipath >= 0)
        if len(noted):
            store.multipath.add(rows[noted], area[noted], room[noted], written[noted], options.multipath[noted])
        return options.bad

    def _flow(
        self, batch: Frames, frames: I64, source: I64, target: I64
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Flow ids, and whether the sender is the flow's endpoint *b*."""
        at = batch.at(frames)
        s_high, s_low, d_high, d_low = (word[at] for word in batch.address)
        from_b = (s_high > d_high) | (
            (s_high == d_high) & ((s_low > d_low) | ((s_low == d_low) & (source > target)))
        )  # fmt: skip
        keys = np.empty((KEY_WORDS, len(frames)), np.uint64)
        for place, (this, other) in enumerate(((s_high, d_high), (s_low, d_low))):
            keys[place] = np.where(from_b, other, this)
            keys[place + 2] = np.where(from_b, this, other)
        low, high = np.where(from_b, target, source), np.where(from_b, source, target)
        keys[4] = (batch.version[at] << 32 | low << 16 | high).astype(np.uint64)
        return self._flows.ids(keys.T), from_b

    def _compare_with_completed(self, row: int) -> None:
        """Note where the last fragment, in ``row``, has other bytes than the datagram that was complete before it."""
        store, late, cleared = self._store, self._defragmenter.late, self._defragmenter.cleared
        if late >= store.first and int(store.time_ns[row]) - int(store.time_ns[late]) < SAME_DATAGRAM_NS:
            store.issues[late] |= DecodeIssue.FRAGMENTS_DIFFER
            store.fragments.contradicted.append(late)
        if cleared >= store.first:
            store.issues[cleared] &= ~np.uint16(DecodeIssue.FRAGMENTS_DIFFER)

    def _reassemble(self, batch: Frames, rows_of: I64, carriers: tuple[int, ...] = ()) -> None:
        """Reassemble datagrams: one that a frame of this batch completes becomes that frame's segment.

        ``rows_of``: the row of each frame.  ``carriers``: where the batch is one reassembled datagram, which held a
        fragment itself, the rows that it came in.
        """
        store = self._store
        for frame, offset in sorted(batch.fragments):
            row = int(rows_of[frame])
            if not carriers:
                self.datagrams = []
            store.issues[row] |= DecodeIssue.FRAGMENT
            fragment = fragment_at(batch, frame, offset, carriers or (row,))
            payload = self._defragmenter.add(fragment) if fragment else None
            if fragment is not None:
                self._compare_with_completed(row)
            if fragment is None or payload is None:
                continue
            carried, differed = self._defragmenter.carriers, self._defragmenter.differed
            store.fragments.add(row, carried)
            self.datagrams.append(self._defragmenter.completed)
            data = np.frombuffer(payload + bytes(PADDING), np.uint8)
            one = np.zeros(1, np.int64)
            size = one + len(payload)
            whole = Frames.of(data, one, size, size)
            for name in ("version", "ttl", "tos", "ip_id", "vlan"):
                getattr(whole, name)[0] = getattr(batch, name)[frame]
            whole.address[:, 0] = batch.address[:, frame]
            whole.protocol[0] = fragment.protocol
            network_layer.dispatch(whole, one, one)
            segments = walk(whole)
            if len(segments[0]):
                store.issues[row] &= ~np.uint16(DecodeIssue.FRAGMENT)
                store.issues[row] |= DecodeIssue.REASSEMBLED
                if differed:
                    store.issues[row] |= DecodeIssue.FRAGMENTS_DIFFER
                self._tcp(whole, segments, rows_of[[frame]], again=True)
                self.reassembled = payload[int(segments[1][0]) : int(whole.end[0])]
            elif whole.fragments:
                self._reassemble(whole, rows_of[[frame]], carried)


def _zero_filled(batch: Frames, frames: I64, offsets: I64, payload: I64) -> I64:
    """Places of the segments whose ``payload`` bytes at ``offsets`` may be padding (`DecodeIssue.ZERO_FILLED`)."""
    found = np.flatnonzero((payload == _FILLINGS[0]) | (payload == _FILLINGS[1]))
    if not len(found):
        return found
    these, begin, size = frames[found], offsets[found], payload[found]
    fills = np.isin(begin + size - batch.network[these], ETHERNET_LEAST) & (batch.version[these] == 4)
    fills &= (begin + size <= batch.captured[these]) & ~batch.quoted[these]
    bytes_of = batch.read(these, begin, _FILLINGS[1])
    fills &= ~((bytes_of != 0) & (np.arange(_FILLINGS[1]) < size[:, None])).any(axis=1)
    filled: I64 = found[fills]
    return filled


def _span(rows: I64) -> I64 | slice:
    """``rows`` as a slice where they are contiguous, which NumPy copies far faster."""
    begin, count = int(rows[0]), len(rows)
    return slice(begin, begin + count) if (np.diff(rows) == 1).all() else rows


def _kinds(quoted: Bool, analysed: Bool) -> U8 | int:
    if analysed.all() and not quoted.any():
        return RowKind.TCP
    return np.where(
        quoted, np.where(analysed, RowKind.ICMP_QUOTE, RowKind.OTHER), np.where(analysed, RowKind.TCP, RowKind.TCP_CUT)
    ).astype(np.uint8)


def walk(batch: Frames) -> tuple[I64, I64]:
    """Run the layers until all frames are at TCP or at their end; returns the TCP frames and their offsets."""
    found: list[tuple[I64, I64]] = []
    for _ in range(_MAX_LAYERS):
        todo, batch.pending = batch.pending, {}
        if not todo:
            break
        for layer, parts in todo.items():
            frames, offsets = _joined(parts)
            if layer is Layer.TCP:
                found.append((frames, offsets))
            else:
                STEPS[layer](batch, frames, offsets)
    return _joined(found) if found else (np.zeros(0, np.int64), np.zeros(0, np.int64))


class HeaderPlaces(NamedTuple):
    """Where headers below TCP begin: frames and offsets within them, frame by frame, the outermost first."""

    ip: tuple[I64, I64]
    udp: tuple[I64, I64]


def find_headers(heads: Heads) -> HeaderPlaces:
    """All IP and UDP headers of the frames that begin with ``heads``, those of tunnels included."""
    batch = Frames.of(heads.buffer, heads.start, heads.captured, heads.wire)
    batch.ip_headers, batch.udp_headers = [], []
    batch.send_by(link_layer.LINKS, heads.links, batch.every, np.zeros(len(heads.start), np.int64))
    walk(batch)
    return HeaderPlaces(_by_frame(batch.ip_headers), _by_frame(batch.udp_headers))


def _by_frame(parts: list[tuple[I64, I64]]) -> tuple[I64, I64]:
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    frames, offsets = _joined(parts)
    order = np.lexsort((offsets, frames))
    return frames[order], offsets[order]


def _joined(parts: list[tuple[I64, I64]]) -> tuple[I64, I64]:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def fragment_at(batch: Frames, frame: int, offset: int, carriers: tuple[int, ...]) -> Fragment | None:
    """The IP fragment that ``frame`` carries, in the rows ``carriers``; None when it was cut by the snapshot length."""
    begin = int(batch.start[frame])
    end = int(batch.end[frame])
    if end > int(batch.captured[frame]):
        return None
    raw = batch.buffer[begin + offset : begin + end].tobytes()
    if raw[0] >> 4 == 4:
        header = (raw[0] & 15) * 4
        control = int.from_bytes(raw[6:8])
        return Fragment(
            # As in tshark, IPv4 fragments are matched within a VLAN only, IPv6 fragments across all.
            raw[4:6] + raw[9:10] + raw[12:20] + int(batch.vlan[frame]).to_bytes(2),
            (control & 0x1FFF) * 8,
            bool(control & 0x2000),
            raw[header:],
            raw[9],
            carriers,
        )
    position, protocol = 40, raw[6]
    while protocol != 44:
        if position + 8 > len(raw):
            return None
        size = (raw[position + 1] + 2) * 4 if protocol == 51 else (raw[position + 1] + 1) * 8
        protocol, position = raw[position], position + size
    control = int.from_bytes(raw[position + 2 : position + 4])
    return Fragment(
        raw[position + 4 : position + 8] + raw[8:40],
        control & 0xFFF8,
        bool(control & 1),
        raw[position + 8 :],
        raw[position],
        carriers,
    )
