"""``tcptui verdicts FILE --jsonl``: formats one JSON object per TCP frame.

Keys and values are those of tshark's fields, with the engine's own results (which side sent it,
the state of both ends, why it was retransmitted) in addition.

A million lines must take only seconds, so as much as possible is done per column, not per frame:
frames are processed in blocks; frames of a block with the same set of keys share one %-template,
which formats values from columns.  Times are integer nanoseconds until they are formatted, so no
float rounds them.
"""

from __future__ import annotations

import json
from array import array
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.analysis.stream.table import NO_BASE
from tcptui.analysis.stream.view import stream_rows
from tcptui.cli.report.json_keys import verdict_key, verdict_numbers
from tcptui.model.arrays import sorted_unique
from tcptui.model.fields import present, values
from tcptui.model.packet_store import DecodeIssue, RowKind, RowMark
from tcptui.model.seq import SEQ_MASK
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.tcp_state import state_of
from tcptui.model.units import NS_PER_S
from tcptui.model.verdict import Verdict, verdict_names
from tcptui.session.sharing import ALONE

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import I32, I64, PacketStore
    from tcptui.session.sharing import Sharing

    Mask = NDArray[np.bool_]

#: Frames per block: enough to amortise NumPy calls, few enough to need little memory.
BLOCK_ROWS: Final = 16_384
#: The cache of address strings is emptied when it has more entries.
_MAXIMUM_PREFIXES: Final = 65_536
#: Verdicts that tshark attaches to the SYN itself, outside the SEQ/ACK analysis that shows the initial RTT.
_OUTSIDE_ANALYSIS: Final = Verdict.TFO_SYN | Verdict.TFO_ACK | Verdict.TFO_IGNORED
#: How many bytes of a TCP header must be captured for tshark to analyse the frame (rules/quirks.md#cut-tcp-headers).
_FULL_HEADER: Final = 20
_ENDS: Final = f'{verdict_numbers("sport", "dport")},{verdict_key("src")}"%s",{verdict_key("dst")}"%s"'
_STATES: Final = ",".join(
    f'{verdict_key(f"{end}_state")}"%s",{verdict_key(f"{end}_sure")}%s' for end in ("client", "server")
)


def header_line(name: str, sha256: str | None, size: int, frames: int, tcp_frames: int, version: str) -> str:
    """The header line of a capture; ``name`` is safe text, ``size`` in bytes."""
    header: dict[str, object] = {"type": "file", "file": name}
    if sha256 is not None:
        header["sha256"] = sha256
    header |= {"bytes": size, "source": f"tcptui {version}", "frames": frames, "tcp_frames": tcp_frames}
    return json.dumps(header, separators=(",", ":"))


def tcp_rows(store: PacketStore) -> I32:
    """The rows that get a line: TCP segments, including those whose header was cut after the ports."""
    kind = store.kind[: store.count]
    return np.flatnonzero((kind == RowKind.TCP) | (kind == RowKind.TCP_CUT)).astype(np.int32)


class Evidence:
    """The findings that each frame is evidence of; two compact arrays, for there may be as many entries as frames."""

    def __init__(self) -> None:
        self._frames = array("Q")
        self._codes = array("B")
        self._names: dict[str, int] = {}

    def add(self, finding: Finding) -> None:
        """Add the packets of ``finding``."""
        code = self._names.setdefault(str(finding.id), len(self._names))
        self._frames.extend(finding.packets)
        self._codes.extend([code] * len(finding.packets))

    def columns(self) -> tuple[list[str], array[int], array[int]]:
        """All of it: names of findings; frames, and for each the index of its finding's name."""
        return list(self._names), self._frames, self._codes

    def add_columns(self, names: list[str], frames: array[int], codes: array[int]) -> None:
        """Add the `columns` of another one behind what is here."""
        ours = np.array([self._names.setdefault(name, len(self._names)) for name in names], np.uint8)
        self._frames.extend(frames)
        self._codes.frombytes(ours[np.frombuffer(codes, np.uint8)].tobytes() if len(codes) else b"")

    def by_frame(self) -> tuple[NDArray[np.int64], list[str]]:
        """Frame numbers in ascending order, and for each the name of the finding."""
        frames = np.array(self._frames, np.int64)
        order = np.argsort(frames, kind="stable")
        names = list(self._names)
        return frames[order], [names[self._codes[place]] for place in order.tolist()]


def tcp_lines(
    store: PacketStore, streams: StreamTable, evidence: Evidence | None, rows: I32, sharing: Sharing = ALONE
) -> Generator[bytes]:
    """Yield the lines of ``rows`` (see `tcp_rows`) as UTF-8, a block at a time, made by ``sharing``.

    Close it if it may be left before its end.  Raises WorkerError.
    """
    writer = _Writer(store, streams, evidence or Evidence())

    def block(number: int) -> Iterator[bytes]:
        lines = writer.block(rows[number * BLOCK_ROWS : (number + 1) * BLOCK_ROWS])
        yield ("\n".join(lines) + "\n").encode("utf-8", "replace")

    return sharing.in_order(-(-len(rows) // BLOCK_ROWS), block)


class _Fields:
    """Collects the keys and columns of one block, then formats its frames.

    ``_shape`` is a bitmask per frame of the keys that it has.
    """

    def __init__(self, rows: int) -> None:
        self._shape = np.zeros(rows, np.int64)
        self._fields: list[tuple[str, tuple[NDArray[Any], ...]]] = []

    def add(self, template: str, mask: Mask | None, *columns: NDArray[Any]) -> None:
        """Add ``template``, filled from ``columns``, to the frames of ``mask`` (None: to all)."""
        bit = np.int64(1 << len(self._fields))
        self._fields.append((template, columns))
        if mask is None:
            self._shape |= bit
        else:
            self._shape[mask] |= bit

    def add_time(self, key: str, mask: Mask, time_ns: I64) -> None:
        """Add ``time_ns`` in seconds with nine decimals to the frames of ``mask``."""
        size = np.abs(time_ns)
        seconds, rest = size // NS_PER_S, size % NS_PER_S
        late = time_ns >= 0
        self.add(f"{verdict_key(key)}%d.%09d", mask & late, seconds, rest)
        if not late.all():
            self.add(f"{verdict_key(key)}-%d.%09d", mask & ~late, seconds, rest)

    def lines(self) -> list[str]:
        """The JSON objects, in frame order."""
        order = np.argsort(self._shape, kind="stable")
        shapes, starts = np.unique(self._shape[order], return_index=True)
        out = np.empty(len(order), object)
        for shape, part in zip(shapes.tolist(), np.split(order, starts[1:]), strict=True):
            chosen = [field for place, field in enumerate(self._fields) if shape >> place & 1]
            template = "{" + ",".join(text for text, _ in chosen) + "}"
            columns = [column[part].tolist() for _, group in chosen for column in group]
            out[part] = list(map(template.__mod__, zip(*columns, strict=True)))
        lines: list[str] = out.tolist()
        return lines


class _Writer:
    """Formats blocks of rows; caches strings that repeat from block to block."""

    def __init__(self, store: PacketStore, streams: StreamTable, evidence: Evidence) -> None:
        self._store = store
        self._streams = streams
        self._prefixes: dict[int, str] = {}
        self._states: dict[int, str] = {}
        self._verdicts: dict[int, str] = {}
        self._evidence, self._names = evidence.by_frame()

    def block(self, rows: I32) -> list[str]:
        """The lines of ``rows``."""
        store = self._store
        stream = store.stream[rows]
        known = stream >= 0
        fields = _Fields(len(rows))
        issues = store.issues[rows]
        header_length = store.header_length[rows].astype(np.int64)
        cut = (issues & DecodeIssue.HEADER_CUT) != 0
        short = ((issues & DecodeIssue.BAD_HEADER_LENGTH) != 0) & (header_length < _FULL_HEADER) & known
        # Where the TCP header does not fit into its datagram, that may end before the frame does.
        ends = np.where(store.length[rows] < 0, header_length + store.length[rows], _FULL_HEADER)
        ends[(issues & DecodeIssue.FRAGMENT) != 0] = _FULL_HEADER
        captured_header = np.minimum(store.captured[rows].astype(np.int64) - store.transport_offset[rows], ends)
        unanalysed = (cut & (captured_header < _FULL_HEADER)) | short
        fields.add(f'{verdict_key("type")}"tcp",{verdict_numbers("frame")}', None, store.frame[rows])
        fields.add(verdict_numbers("stream"), known, stream)
        fields.add("%s", None, self._prefix_strings(rows, known))
        self._add_header(fields, rows, known, short)
        self._add_analysis(fields, rows, known & ~short)
        timed = known & ~unanalysed
        here = store.time_ns[rows]
        first = store.time_ns[self._streams.first_row[stream]]
        fields.add_time("time_relative", timed, here - first)
        previous = store.previous[rows]
        fields.add_time("time_delta", timed, np.where(previous >= 0, here - store.time_ns[previous], 0))
        self._add_conclusions(fields, rows, known)
        return fields.lines()

    def _add_header(self, fields: _Fields, rows: I32, mask: Mask, short: Mask) -> None:
        """Add the header's fields; sequence and acknowledgment numbers relative and raw."""
        store, streams = self._store, self._streams
        stream, from_b = store.stream[rows], store.from_b[rows] != 0
        flags = store.flags[rows].astype(np.int64)
        length = store.length[rows].astype(np.int64)
        seq, ack = store.seq[rows].astype(np.int64), store.ack[rows].astype(np.int64)
        base_a, base_b = streams.base_a[stream], streams.base_b[stream]
        own, peer = np.where(from_b, base_b, base_a), np.where(from_b, base_a, base_b)
        reused = mask & ((streams.verdicts[stream] & Verdict.REUSED_PORTS) != 0)
        for number in sorted_unique(stream[reused]).tolist():
            # A SYN-ACK may have changed the base of relative numbers within the stream.
            here = reused & (stream == number)
            segments = self._segments(number)
            for target, of_b in ((own, store.from_b[segments] != 0), (peer, store.from_b[segments] == 0)):
                target[here] = streams.bases(store, segments, of_b)[np.searchsorted(segments, rows[here])]
        fits = mask & (length >= 0)
        whole = mask & ~short
        # A header longer than its packet has no relative numbers in tshark (rules/quirks.md#no-room-for-the-header).
        relative = np.where(fits & (own != NO_BASE), seq - own, seq) & SEQ_MASK
        acknowledges = (flags & TcpFlag.ACK) != 0
        relative_ack = np.where(fits & acknowledges & (peer != NO_BASE), ack - peer, ack) & SEQ_MASK
        fields.add(verdict_numbers("seq", "seq_raw"), mask, relative, seq)
        fields.add(verdict_numbers("ack", "ack_raw"), whole, relative_ack, ack)
        phantom = ((flags & (TcpFlag.SYN | TcpFlag.FIN)) != 0).astype(np.int64)
        fields.add(verdict_numbers("nxtseq"), whole & fits, (relative + length + phantom) & SEQ_MASK)
        fields.add(verdict_numbers("len"), fits, length)
        fields.add(verdict_numbers("hdr_len"), mask, store.header_length[rows])
        is_first = rows == streams.first_row[stream]
        completeness = np.where(is_first, streams.completeness_first[stream], streams.completeness[stream])
        fields.add(verdict_numbers("completeness"), mask, completeness)
        scale = np.where(from_b, streams.scale_b[stream], streams.scale_a[stream]).astype(np.int64)
        syn = (flags & TcpFlag.SYN) != 0
        window = store.window[rows].astype(np.int64)
        shift = np.where(syn | (length < 0), 0, np.maximum(scale, 0))
        fields.add(verdict_numbers("flags", "win", "win_raw"), whole, flags, window << shift, window)
        fields.add(verdict_numbers("win_scale"), whole & ~syn, np.where(scale >= 0, 1 << np.maximum(scale, 0), scale))

    def _segments(self, stream: int) -> I32:
        """All rows of ``stream``, ICMP quotes included, because a quoted SYN-ACK may change the base."""
        return stream_rows(self._store, self._streams, stream)

    def _add_analysis(self, fields: _Fields, rows: I32, shown: Mask) -> None:
        """Add the fields of tshark's SEQ/ACK analysis to the frames ``shown``, which can have one."""
        store, streams = self._store, self._streams
        verdict = np.where(shown, store.verdict[rows], 0)
        here, frame = store.time_ns[rows], store.frame
        refers, acked = store.refers_to[rows], store.acked[rows]
        in_flight = store.bytes_in_flight[rows]
        duplicate = (verdict & Verdict.DUPLICATE_ACK) != 0
        resent = ((verdict & Verdict.RETRANSMISSION) != 0) & ~duplicate & (refers >= 0)
        rto = here - store.time_ns[refers]
        rtt = here - store.time_ns[acked]
        irtt = streams.irtt_ns[store.stream[rows]]
        flying = shown & (in_flight > 0)
        acks = shown & (acked >= 0)
        bare = (store.marks[rows] & RowMark.ANALYSED) != 0
        analysed = ((verdict & ~np.uint32(_OUTSIDE_ANALYSIS)) != 0) | acks | flying | (shown & bare)
        fields.add(verdict_numbers("dup_ack_num"), duplicate, store.dup_ack_number[rows])
        fields.add(verdict_numbers("dup_ack_frame"), duplicate, np.where(refers >= 0, frame[refers], 0))
        fields.add_time("rto", resent & (rto != 0), rto)
        fields.add(verdict_numbers("rto_frame"), resent & (rto != 0), frame[refers])
        fields.add_time("irtt", analysed & (irtt != 0), irtt)
        fields.add_time("ack_rtt", acks & (rtt != 0), rtt)
        fields.add(verdict_numbers("acks_frame"), acks, frame[acked])
        fields.add(verdict_numbers("bytes_in_flight", "push_bytes_sent"), flying, in_flight, store.push_bytes[rows])
        fields.add(
            f"{verdict_key('verdicts')}%s", None, _texts(verdict.astype(np.int64), self._verdicts, _verdict_text)
        )

    def _add_conclusions(self, fields: _Fields, rows: I32, mask: Mask) -> None:
        """Add the engine's own results: states, cause, findings."""
        store, streams = self._store, self._streams
        client_is_b = streams.client_is_b[store.stream[rows]] != 0
        a, b = store.state_a[rows].astype(np.int64), store.state_b[rows].astype(np.int64)
        client, server = np.where(client_is_b, b, a), np.where(client_is_b, a, b)
        fields.add("%s", mask, _texts(client << 8 | server, self._states, _state_text))
        resent = present("tcptui.cause", store, rows)
        fields.add(f'{verdict_key("cause")}"%s"', resent, values("tcptui.cause", store, rows))
        frame = store.frame[rows].astype(np.int64)
        starts, ends = (np.searchsorted(self._evidence, frame, side) for side in ("left", "right"))
        cited = ends > starts
        if cited.any():
            texts = np.full(len(rows), "", object)
            for place in np.flatnonzero(cited).tolist():
                names = dict.fromkeys(self._names[starts[place] : ends[place]])
                texts[place] = json.dumps(list(names), separators=(",", ":"))
            fields.add(f"{verdict_key('findings')}%s", cited, texts)

    def _prefix_strings(self, rows: I32, mask: Mask) -> NDArray[Any]:
        """Ports, addresses and the sending side of each row, as JSON members."""
        store, streams = self._store, self._streams
        if len(self._prefixes) > _MAXIMUM_PREFIXES:
            self._prefixes.clear()
        client_is_b = streams.client_is_b[store.stream[rows]]
        side = np.where(mask, np.where(store.from_b[rows] == client_is_b, 1, 2), 0)
        codes = store.flow[rows].astype(np.int64) << 3 | store.from_b[rows].astype(np.int64) << 2 | side
        return _texts(codes, self._prefixes, self._prefix)

    def _prefix(self, code: int) -> str:
        sender, receiver = self._streams.flows.endpoints(code >> 3)
        if code >> 2 & 1:
            sender, receiver = receiver, sender
        text = _ENDS % (sender.port, receiver.port, sender.host, receiver.host)
        side = ("", "client", "server")[code & 3]
        return f'{text},{verdict_key("side")}"{side}"' if side else text


def _texts(codes: I64, cache: dict[int, str], make: Callable[[int], str]) -> NDArray[Any]:
    """``make(code)`` for every code, computed only once per distinct code and cached in ``cache``."""
    distinct, place = np.unique(codes, return_inverse=True)
    texts = np.empty(len(distinct), object)
    for index, code in enumerate(distinct.tolist()):
        text = cache.get(code)
        if text is None:
            text = cache[code] = make(code)
        texts[index] = text
    return texts[place]


def _verdict_text(bits: int) -> str:
    return json.dumps(verdict_names(bits), separators=(",", ":"))


def _state_text(cells: int) -> str:
    (client, client_sure), (server, server_sure) = state_of(cells >> 8), state_of(cells & 0xFF)
    return _STATES % (client.label, json.dumps(client_sure), server.label, json.dumps(server_sure))
