"""Fields that tables know: the flow table, the stream table, time budgets, findings.

The rules are those of ``verdicts --jsonl`` (`tcptui.cli.report.verdicts`), which the corpus holds against tshark.
"""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.access.open_capture import view_of
from tcptui.analysis.stream.table import Completeness
from tcptui.analysis.timing.budget import time_budget
from tcptui.analysis.timing.budget_parts import Part
from tcptui.dfilter import types
from tcptui.findings.catalog import spec_of
from tcptui.model.arrays import sorted_unique
from tcptui.model.community_id import community_id
from tcptui.model.field import FieldType as T
from tcptui.model.field import every, in_stream, segments, whole_headers
from tcptui.model.finding import OwnId
from tcptui.model.packet_store import DecodeIssue, RowKind, RowMark
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.tcp_state import STATE_MASK, STATE_PROVED, TcpState
from tcptui.model.verdict import Verdict
from tcptui.protocols.headers.tcp import flag_letters
from tcptui.session.filtering.occurrences import Cells, Occurrences, array_of, none_of
from tcptui.session.filtering.rate_fields import control_name, read_rate
from tcptui.session.filtering.relative_numbers import read_ack, read_next_seq, read_seq, verdicts

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.access.open_capture import JudgedCapture, OpenCapture
    from tcptui.model.field import Field
    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import I32
    from tcptui.session.filtering.rows import Mask, Rows
    from tcptui.session.filtering.stream_columns import StreamColumn, StreamColumns

    #: Which rows have the field, and their values.
    Read = Callable[[StreamColumns, Rows], tuple[Mask, NDArray[Any]]]

#: Verdicts that tshark attaches to the SYN itself, outside the SEQ/ACK analysis.
_OUTSIDE: Final = np.uint32(Verdict.TFO_SYN | Verdict.TFO_ACK | Verdict.TFO_IGNORED)
#: Who closed, by `StreamTable.closers`.
_CLOSERS: Final = [b"", b"client", b"server"]
_FULL_HEADER: Final = 20
_ALL_FLAGS: Final = 0xFFF


def read_table(columns: StreamColumns, field: Field, rows: Rows) -> Cells:
    """The values of ``field``, which is one of `TABLED`, by tables.  Quoted headers are not in them."""
    present, values = _READERS[field.name](columns, rows)
    if values.dtype != object and values.dtype != np.int64:
        values = values.astype(np.int64)
    labels = _LABELS.get(field.name)
    return Cells(types.type_of(field), present, values, None if labels is None else labels())


# ---- the flow table


def _port(*, of_sender: bool) -> Read:
    def read(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        store = columns.store
        ports = columns.session.flows.word(-1, store.flow[rows.index]).view(np.int64)  # that of a is above that of b
        of_a = (store.from_b[rows.index] != 0) != of_sender
        ports >>= of_a.view(np.int8) << np.int8(4)
        ports &= 0xFFFF
        mask: Mask = store.kind[rows.index] == RowKind.TCP
        return mask, ports

    return read


# ---- the stream table


def _column(name: str) -> StreamColumn:
    """A column of the stream table as it is."""
    return lambda session, chosen: getattr(session.streams, name)[chosen]


def _pair(name: str, other: str) -> StreamColumn:
    """Two columns of the stream table, side by side."""

    def both(session: OpenCapture, chosen: slice | I32) -> NDArray[Any]:
        streams = session.streams
        return np.stack((getattr(streams, name)[chosen], getattr(streams, other)[chosen]), axis=1)

    return both


_FIRST_ROW: Final = _column("first_row")
_COMPLETENESS: Final = _pair("completeness", "completeness_first")
_SCALES: Final = _pair("scale_a", "scale_b")
_BEGAN: Final = _column("began_ns")
_INITIAL_RTT: Final = _column("irtt_ns")
_CLIENT_IS_B: Final = _column("client_is_b")


def _completeness(columns: StreamColumns, rows: Rows) -> NDArray[Any]:
    stream = columns.store.stream[rows.index]
    first: NDArray[np.bool_] = columns.of(_FIRST_ROW, stream) == rows.numbers
    return columns.of_end(_COMPLETENESS, stream, first.view(np.uint8))


def _all_completeness(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    return segments(columns.store, rows.index), _completeness(columns, rows)


def _completeness_bit(bit: Completeness) -> Read:
    def read(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        return segments(columns.store, rows.index), (_completeness(columns, rows) & bit) != 0

    return read


#: Each part's bit and letter, in Wireshark's order.
_LETTERS: Final = (
    (Completeness.RST, "R"), (Completeness.FIN, "F"), (Completeness.DATA, "D"), (Completeness.ACK, "A"),
    (Completeness.SYN_ACK, "S"), (Completeness.SYN, "S"),
)  # fmt: skip


def _completeness_text(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    texts = [
        "".join(letter if bits & bit else "·" for bit, letter in _LETTERS) if bits else "[ Null ]" for bits in range(64)
    ]
    found = [texts[bits & 63].encode() for bits in _completeness(columns, rows).tolist()]
    return segments(columns.store, rows.index), array_of(T.STRING, found)


def _shifts(session: OpenCapture, chosen: slice | I32) -> NDArray[np.int64]:
    """By how many bits windows of *a* and of *b* are shifted."""
    shifts: NDArray[np.int64] = np.maximum(_SCALES(session, chosen), 0).astype(np.int64)
    return shifts


def _factors(session: OpenCapture, chosen: slice | I32) -> NDArray[np.int64]:
    """By what windows of *a* and of *b* are multiplied, or why they are not."""
    scales = _SCALES(session, chosen).astype(np.int64)
    return np.where(scales >= 0, 1 << np.maximum(scales, 0), scales)


def _of_sender(columns: StreamColumns, column: StreamColumn, rows: Rows) -> NDArray[Any]:
    return columns.of_end(column, columns.store.stream[rows.index], columns.store.from_b[rows.index])


def _window(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    store = columns.store
    shift = _of_sender(columns, _shifts, rows)
    shift *= ((store.flags[rows.index] & TcpFlag.SYN) == 0) & (store.length[rows.index] >= 0)
    return whole_headers(store, rows.index), store.window[rows.index].astype(np.int64) << shift


def _factor(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    store = columns.store
    present = whole_headers(store, rows.index) & ((store.flags[rows.index] & TcpFlag.SYN) == 0)
    return present, _of_sender(columns, _factors, rows)


def _number_in_stream(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    store, streams = columns.store, columns.session.streams
    stream, numbers = store.stream[rows.index], rows.numbers
    present = segments(store, rows.index)
    if columns.segment_numbers is not None and len(numbers):
        first = int(numbers[0])
        return present, columns.segment_numbers.between(first, int(numbers[-1]) + 1)[numbers - first]
    found = np.zeros(len(rows), np.int64)
    order = np.flatnonzero(present)
    order = order[np.argsort(stream[order], kind="stable")]
    borders = np.flatnonzero(np.diff(stream[order])) + 1
    for places in np.split(order, borders):
        if len(places):
            one = int(stream[places[0]])
            all_rows = columns.session.rows_of(one)
            counted = np.cumsum(store.kind[all_rows] == RowKind.TCP) + int(streams.evicted[one])
            found[places] = counted[np.searchsorted(all_rows, numbers[places])]
    return present, found


def _timed(columns: StreamColumns, rows: Rows) -> Mask:
    """Rows in which tshark shows times within the stream: it must have read the header to its end."""
    store = columns.store
    present = whole_headers(store, rows.index)
    cut = (store.issues[rows.index] & DecodeIssue.HEADER_CUT) != 0
    if cut.any():
        length = store.length[rows.index].astype(np.int64)
        ends = np.where(length < 0, store.header_length[rows.index] + length, _FULL_HEADER)
        ends[(store.issues[rows.index] & DecodeIssue.FRAGMENT) != 0] = _FULL_HEADER
        captured = store.captured[rows.index].astype(np.int64) - store.transport_offset[rows.index]
        present = present & ~(cut & (np.minimum(captured, ends) < _FULL_HEADER))
    return present


def _since_first(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    store = columns.store
    began = columns.of(_BEGAN, store.stream[rows.index])
    return _timed(columns, rows), store.time_ns[rows.index] - began


def _since_previous(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    store = columns.store
    previous, here = store.previous[rows.index], store.time_ns[rows.index]
    return _timed(columns, rows), np.where(previous >= 0, here - store.time_ns[previous], 0)


def _reused_ports(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    reused = (verdicts(columns, rows) & Verdict.REUSED_PORTS) != 0
    return whole_headers(columns.store, rows.index) & reused, np.zeros(len(rows), np.int64)


def _concluded(columns: StreamColumns, rows: Rows) -> Mask:
    """Rows with a SEQ/ACK analysis."""
    store, at = columns.store, rows.index
    bare = (store.marks[at] & RowMark.ANALYSED) != 0
    said = ((verdicts(columns, rows) & ~_OUTSIDE) != 0) | (store.acked[at] >= 0) | (store.bytes_in_flight[at] > 0)
    mask: Mask = whole_headers(store, at) & (said | bare)
    return mask


def _analysis(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    return _concluded(columns, rows), np.zeros(len(rows), np.int64)


def _flags(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    said = (verdicts(columns, rows) & ~_OUTSIDE) != 0
    return whole_headers(columns.store, rows.index) & said, np.zeros(len(rows), np.int64)


def _initial_rtt(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    irtt = columns.of(_INITIAL_RTT, columns.store.stream[rows.index])
    return _concluded(columns, rows) & (irtt != 0), irtt


# ---- what tcptui concludes


def _address(*, of_client: bool) -> Read:
    def read(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        stream = columns.store.stream[rows.index]
        present = in_stream(columns.store, rows.index)
        distinct, place = np.unique(stream, return_inverse=True)
        end = columns.session.streams.client if of_client else columns.session.streams.server
        return present, array_of(T.ADDRESS, [b"" if one < 0 else end(one).address for one in distinct.tolist()])[place]

    return read


def _community_id(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    stream = columns.store.stream[rows.index]
    distinct, place = np.unique(stream, return_inverse=True)
    ends = columns.session.streams.ends
    names = [b"" if one < 0 else community_id(*ends(one)).encode() for one in distinct.tolist()]
    return in_stream(columns.store, rows.index), array_of(T.STRING, names)[place]


def _end_port(*, of_client: bool) -> Read:
    def ports(session: OpenCapture, chosen: slice | I32) -> NDArray[Any]:
        streams = session.streams
        ports_a, ports_b = streams.flows.ports(streams.flow[chosen])
        return np.where((streams.client_is_b[chosen] != 0) == of_client, ports_b, ports_a)

    def read(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        return in_stream(columns.store, rows.index), columns.of(ports, columns.store.stream[rows.index])

    return read


def _cells(columns: StreamColumns, rows: Rows, *, of_client: bool) -> NDArray[Any]:
    store = columns.store
    client_is_b = columns.of(_CLIENT_IS_B, store.stream[rows.index]) != 0
    return np.where(client_is_b == of_client, store.state_b[rows.index], store.state_a[rows.index])


def _state(*, of_client: bool) -> Read:
    def read(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        return segments(columns.store, rows.index), _cells(columns, rows, of_client=of_client) & STATE_MASK

    return read


def _is_state_proved(*, of_client: bool) -> Read:
    def read(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        cells = _cells(columns, rows, of_client=of_client)
        return segments(columns.store, rows.index), (cells & STATE_PROVED) != 0

    return read


def _of_stream(column: StreamColumn) -> Read:
    def read(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        return in_stream(columns.store, rows.index), columns.of(column, columns.store.stream[rows.index])

    return read


def _shown_rtt(session: OpenCapture, chosen: slice | I32) -> NDArray[Any]:
    """As the connection list shows it."""
    streams = session.streams
    first = streams.irtt_ns[chosen]
    return np.where(first > 0, first, streams.min_rtt_ns_a[chosen] + streams.min_rtt_ns_b[chosen])


def _round_trip(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    rtt = columns.of(_shown_rtt, columns.store.stream[rows.index])
    return in_stream(columns.store, rows.index) & (rtt > 0), rtt


def _closers(session: OpenCapture, chosen: slice | I32) -> NDArray[Any]:
    """As places in `_CLOSERS`."""
    return session.streams.closers(chosen)


def _closed_by(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    closer = columns.of(_closers, columns.store.stream[rows.index])
    return in_stream(columns.store, rows.index) & (closer > 0), array_of(T.STRING, _CLOSERS)[closer]


def _idle_before_close(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    present, _ = _closed_by(columns, rows)
    return present, columns.of(_column("quiet_ns"), columns.store.stream[rows.index])


def _budget(part: Part) -> Read:
    def read(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        stream = columns.store.stream[rows.index]
        distinct, place = np.unique(stream, return_inverse=True)
        parts = [0 if one < 0 else time_budget(view_of(columns.session, one)).parts[part] for one in distinct.tolist()]
        return in_stream(columns.store, rows.index), np.array(parts, np.int64)[place]

    return read


def _since_frame_before(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    store, numbers = columns.store, rows.numbers
    before = np.maximum(numbers - 1, store.first)
    return every(store, rows.index), store.time_ns[numbers] - store.time_ns[before]


def _since_beginning(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    store = columns.store
    return every(store, rows.index), store.time_ns[rows.index] - store.began_ns


def _interface(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    source = columns.store.source[rows.index]
    # tshark calls an interface of a pcapng file that has no name "unknown".
    reader = columns.session.reader
    unnamed = ["unknown" if reader.is_pcapng(number) else None for number in range(len(reader.sources))]
    names = [info.interface or other for info, other in zip(reader.sources, unnamed, strict=True)]
    has = np.array([name is not None for name in names], np.bool_)
    return has[source], array_of(T.STRING, [(name or "").encode() for name in names])[source]


def _of_interface(name: str) -> Read:
    """What a pcapng file numbers."""

    def read(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        source = columns.store.source[rows.index]
        has = np.array([info.number >= 0 for info in columns.session.reader.sources], np.bool_)
        numbers = np.array([getattr(info, name) for info in columns.session.reader.sources], np.int64)
        return has[source], numbers[source]

    return read


def _interface_description(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    texts = [info.description.encode() for info in columns.session.reader.sources]
    source = columns.store.source[rows.index]
    return np.array([bool(text) for text in texts], np.bool_)[source], array_of(T.STRING, texts)[source]


# ---- flags


def _connection(set_: TcpFlag, clear: int = 0) -> Read:
    """Whether of all flags in ``set_`` and ``clear`` those in ``set_`` alone are set."""

    def read(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        chosen = columns.store.flags[rows.index] & np.uint16(set_ | clear)
        return segments(columns.store, rows.index) & (chosen == np.uint16(set_)), np.zeros(len(rows), np.int64)

    return read


def _flag_letters(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    return segments(columns.store, rows.index), columns.store.flags[rows.index] & np.uint16(_ALL_FLAGS)


_READERS: Final[dict[str, Read]] = {
    "frame.interface_name": _interface,
    "frame.interface_id": _of_interface("number"),
    "frame.section_number": _of_interface("section"),
    "frame.interface_description": _interface_description,
    "frame.time_delta": _since_frame_before,
    "frame.time_relative": _since_beginning,
    "tcp.srcport": _port(of_sender=True),
    "tcp.dstport": _port(of_sender=False),
    "tcp.seq": read_seq,
    "tcp.nxtseq": read_next_seq,
    "tcp.ack": read_ack,
    "tcp.completeness": _all_completeness,
    "tcp.completeness.str": _completeness_text,
    **{f"tcp.completeness.{bit.name.lower().replace('_', '')}": _completeness_bit(bit) for bit, _ in _LETTERS
       if bit.name is not None},
    "tcp.window_size": _window,
    "tcp.window_size_scalefactor": _factor,
    "tcp.stream.pnum": _number_in_stream,
    "tcp.flags.str": _flag_letters,
    "tcp.connection.syn": _connection(TcpFlag.SYN, TcpFlag.ACK),
    "tcp.connection.synack": _connection(TcpFlag.SYN | TcpFlag.ACK),
    "tcp.connection.fin": _connection(TcpFlag.FIN),
    "tcp.connection.rst": _connection(TcpFlag.RST),
    "tcp.time_relative": _since_first,
    "tcp.time_delta": _since_previous,
    "tcp.analysis": _analysis,
    "tcp.analysis.flags": _flags,
    "tcp.analysis.reused_ports": _reused_ports,
    "tcp.analysis.initial_rtt": _initial_rtt,
    "tcptui.community_id": _community_id,
    "tcptui.client": _address(of_client=True),
    "tcptui.server": _address(of_client=False),
    "tcptui.client.port": _end_port(of_client=True),
    "tcptui.server.port": _end_port(of_client=False),
    "tcptui.client.state": _state(of_client=True),
    "tcptui.server.state": _state(of_client=False),
    "tcptui.client.state_known": _is_state_proved(of_client=True),
    "tcptui.server.state_known": _is_state_proved(of_client=False),
    "tcptui.packets": _of_stream(_column("packets")),
    "tcptui.bytes": _of_stream(_column("wire_bytes")),
    "tcptui.duration": _of_stream(_column("duration_ns")),
    "tcptui.rtt": _round_trip,
    "tcptui.closed_by": _closed_by,
    "tcptui.idle_before_close": _idle_before_close,
    "tcptui.network": _budget(Part.NETWORK),
    "tcptui.server_think": _budget(Part.SERVER_THINK),
    "tcptui.client_think": _budget(Part.CLIENT_THINK),
    "tcptui.recovery": _budget(Part.RECOVERY),
    "tcptui.idle": _budget(Part.IDLE),
    "tcptui.limit": read_rate(lambda _, limits: limits.main.label),
    "tcptui.limited_by": read_rate(lambda _, limits: limits.party.label),
    "tcptui.congestion_control": read_rate(control_name),
}  # fmt: skip


@cache
def _states() -> NDArray[Any]:
    return array_of(T.STRING, [state.label.encode() for state in TcpState])


@cache
def _all_flag_letters() -> NDArray[Any]:
    return array_of(T.STRING, [flag_letters(flags).encode() for flags in range(_ALL_FLAGS + 1)])


#: Texts of which each packet has one, made when first asked for: readers give their places.
_LABELS: Final = {
    "tcptui.client.state": _states, "tcptui.server.state": _states, "tcp.flags.str": _all_flag_letters,
}  # fmt: skip
#: Fields that `read_table` knows.
TABLED: Final = frozenset(_READERS)


# ---- findings

#: Fields that `read_findings` knows.
EVIDENCE: Final = frozenset({"tcptui.finding", "tcptui.severity", "tcptui.confidence"})


def _outside(session: JudgedCapture) -> tuple[Finding, ...]:
    """The findings about what is not TCP."""
    groups = session.trouble.groups
    return tuple(group.finding for group in groups if group.is_whole and spec_of(group.finding.id).is_outside)


def read_findings(session: JudgedCapture, field: Field, rows: Rows, *, own: bool = True) -> Occurrences:
    """The id, severity or confidence of each finding that names the row's frame as evidence.

    Those about what is not TCP are found at the capture as a whole.  Without ``own``, findings that a user has defined
    are left out, and these, too: what a user defines is judged before the capture is.
    """
    store = session.store
    stream = store.stream[rows.index]
    wanted = sorted_unique(stream[stream >= 0])
    frames: list[int] = []
    values: list[bytes] = []
    each = (findings for _, findings in session.each_findings(wanted.tolist()))
    for some in chain(each, [_outside(session)] if own and (stream < 0).any() else []):
        for finding in some:
            if not own and isinstance(finding.id, OwnId):
                continue
            told = {
                "tcptui.finding": finding.id.value, "tcptui.severity": finding.severity.name.lower(),
                "tcptui.confidence": finding.confidence.value,
            }[field.name]  # fmt: skip
            frames += finding.packets
            values += [told.encode()] * len(finding.packets)
    if not frames:
        return none_of(T.STRING, len(rows))
    asked = store.frame[rows.index].astype(np.int64)
    order = np.argsort(asked, kind="stable")
    named = np.array(frames, np.int64)
    place = np.minimum(np.searchsorted(asked[order], named), len(asked) - 1)
    index = order[place]
    found = asked[index] == named
    index, kept = index[found], array_of(T.STRING, values)[found]
    by_row = np.argsort(index, kind="stable")
    return Occurrences(T.STRING, len(rows), kept[by_row], index[by_row])
