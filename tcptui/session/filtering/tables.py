"""Fields that tables know: the flow table, the stream table, time budgets, findings.

The rules are those of ``verdicts --jsonl`` (`tcptui.cli.report.verdicts`), which the corpus holds against tshark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.analysis.stream.table import NO_BASE, Completeness
from tcptui.analysis.timing.budget_parts import Part
from tcptui.analysis.timing.budget_short import time_parts
from tcptui.dfilter import types
from tcptui.model.arrays import sorted_unique
from tcptui.model.field import FieldType as T
from tcptui.model.field import every, in_stream, segments, whole_headers
from tcptui.model.finding import OwnId
from tcptui.model.packet_store import DecodeIssue, RowKind, RowMark
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.tcp_state import STATE_KNOWN, STATE_MASK, TcpState
from tcptui.model.verdict import Verdict
from tcptui.session.filtering.occurrences import Occurrences, array_of, from_columns, none_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.model.field import Field
    from tcptui.model.packet_store import I32, I64
    from tcptui.session.filtering.rows import Mask, Rows
    from tcptui.session.session import Session

    #: Which rows have the field, and their values.
    Read = Callable[[Session, Rows], tuple[Mask, NDArray[Any]]]

#: Verdicts that tshark attaches to the SYN itself, outside the SEQ/ACK analysis.
_OUTSIDE: Final = np.uint32(Verdict.TFO_SYN | Verdict.TFO_ACK | Verdict.TFO_IGNORED)
_FULL_HEADER: Final = 20
_SYN_ACK: Final = int(TcpFlag.SYN | TcpFlag.ACK)
#: Streams for each row asked about, up to which a table of all streams is cheaper than what it spares.
_STREAMS_A_ROW: Final = 2


def read_table(session: Session, field: Field, rows: Rows, *, own: bool = True) -> Occurrences | None:
    """What tables say of ``field``; None: they do not know it.  Quoted headers are not in them.

    Without ``own``, findings that a user has defined are left out.
    """
    if field.name in _EVIDENCE:
        return _findings(session, field, rows, own=own)
    read = _READERS.get(field.name)
    if read is None:
        return None
    kind = types.type_of(field)
    present, values = read(session, rows)
    if values.dtype != object and values.dtype != np.int64:
        values = values.astype(np.int64)
    return from_columns(kind, present, values)


# ---- the flow table


def _port(*, of_sender: bool) -> Read:
    def read(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        store = session.store
        ports = session.flows.word(-1, store.flow[rows.index]).view(np.int64)  # that of a is above that of b
        of_a = (store.from_b[rows.index] != 0) != of_sender
        ports >>= of_a.view(np.int8) << np.int8(4)
        ports &= 0xFFFF
        mask: Mask = store.kind[rows.index] == RowKind.TCP
        return mask, ports

    return read


# ---- the stream table


def _bases(session: Session, rows: Rows, *, of_sender: bool) -> NDArray[np.uint32]:
    """What relative numbers of the sender, or of the other end, count from at each row; 0 where none is known."""
    store, streams = session.store, session.streams
    stream, of_b = store.stream[rows.index], store.from_b[rows.index] ^ (not of_sender)
    bases = _of_end(streams.base_a[: streams.count], streams.base_b[: streams.count], stream, of_b)
    if _any_reused(session):
        reused = (stream >= 0) & ((streams.verdicts[stream] & Verdict.REUSED_PORTS) != 0)
        numbers = rows.numbers
        for place in np.flatnonzero(reused).tolist():
            bases[place] = _number(session.base(int(stream[place]), int(numbers[place]), bool(of_b[place])))
    uncounted = store.length[rows.index] < 0
    if uncounted.any():
        bases[uncounted] = 0
    return bases


def _number(base: int) -> int:
    return 0 if base == NO_BASE else base


def _of_end(a: I64, b: I64, stream: I32, of_b: NDArray[np.integer[Any]]) -> NDArray[np.uint32]:
    """The base of each of ``stream``, that of its end b where ``of_b`` is 1; of no stream, any."""
    # The packets of a stretch are of few streams, mostly neighbours: the table need not hold the others.
    highest = int(stream.max(initial=-1))
    lowest = max(int(stream.min(initial=highest)), 0)
    a, b = a[lowest : highest + 1], b[lowest : highest + 1]
    if not len(a):  # no packet is of a stream
        return np.zeros(len(stream), np.uint32)
    stream = stream - np.int32(lowest)
    if len(a) > _STREAMS_A_ROW * len(stream):
        found = np.where(of_b != 0, b.take(stream, mode="clip"), a.take(stream, mode="clip"))
        return np.where(found == NO_BASE, 0, found).astype(np.uint32)
    # Both ends of a stream side by side: one look-up for each row instead of two and a choice.
    both = np.stack((a, b), axis=1).ravel()
    table = np.where(both == NO_BASE, 0, both).astype(np.uint32)
    place = stream.astype(np.int64) << 1
    place |= of_b
    return table.take(place, mode="clip")


def _any_reused(session: Session) -> bool:
    """Whether ports were reused in any connection: most captures spare looking at each packet's."""
    streams = session.streams
    return bool((streams.verdicts[: streams.count] & Verdict.REUSED_PORTS).any())


def _relative_seq(session: Session, rows: Rows) -> NDArray[np.uint32]:
    relative: NDArray[np.uint32] = session.store.seq[rows.index] - _bases(session, rows, of_sender=True)
    return relative


def _seq(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    return segments(session.store, rows.index), _relative_seq(session, rows)


def _next_seq(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    store = session.store
    length = store.length[rows.index]
    phantom = (store.flags[rows.index] & (TcpFlag.SYN | TcpFlag.FIN)) != 0
    present = whole_headers(store, rows.index) & (length >= 0)
    return present, _relative_seq(session, rows) + length.astype(np.uint32) + phantom


def _ack(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    store = session.store
    bases = _bases(session, rows, of_sender=False)
    bases *= (store.flags[rows.index] & TcpFlag.ACK) != 0
    return whole_headers(store, rows.index), store.ack[rows.index] - bases


def _completeness(session: Session, rows: Rows) -> NDArray[Any]:
    store, streams = session.store, session.streams
    stream = store.stream[rows.index]
    first = rows.numbers == streams.first_row[stream]
    bits: NDArray[Any] = np.where(first, streams.completeness_first[stream], streams.completeness[stream])
    return bits


def _all_completeness(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    return segments(session.store, rows.index), _completeness(session, rows)


def _completeness_bit(bit: Completeness) -> Read:
    def read(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        return segments(session.store, rows.index), (_completeness(session, rows) & bit) != 0

    return read


#: Each part's bit and letter, in Wireshark's order.
_LETTERS: Final = (
    (Completeness.RST, "R"), (Completeness.FIN, "F"), (Completeness.DATA, "D"), (Completeness.ACK, "A"),
    (Completeness.SYN_ACK, "S"), (Completeness.SYN, "S"),
)  # fmt: skip


def _completeness_text(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    texts = [
        "".join(letter if bits & bit else "·" for bit, letter in _LETTERS) if bits else "[ Null ]" for bits in range(64)
    ]
    found = [texts[bits & 63].encode() for bits in _completeness(session, rows).tolist()]
    return segments(session.store, rows.index), array_of(T.STRING, found)


def _scale(session: Session, rows: Rows) -> NDArray[Any]:
    store, streams = session.store, session.streams
    stream = store.stream[rows.index]
    from_b = store.from_b[rows.index] != 0
    return np.where(from_b, streams.scale_b[stream], streams.scale_a[stream]).astype(np.int64)


def _window(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    store = session.store
    raw = ((store.flags[rows.index] & TcpFlag.SYN) != 0) | (store.length[rows.index] < 0)
    shift = np.where(raw, 0, np.maximum(_scale(session, rows), 0))
    return whole_headers(store, rows.index), store.window[rows.index].astype(np.int64) << shift


def _factor(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    store, scale = session.store, _scale(session, rows)
    present = whole_headers(store, rows.index) & ((store.flags[rows.index] & TcpFlag.SYN) == 0)
    return present, np.where(scale >= 0, 1 << np.maximum(scale, 0), scale)


def _number_in_stream(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    store, streams = session.store, session.streams
    stream, numbers = store.stream[rows.index], rows.numbers
    present = segments(store, rows.index)
    found = np.zeros(len(rows), np.int64)
    order = np.flatnonzero(present)
    order = order[np.argsort(stream[order], kind="stable")]
    borders = np.flatnonzero(np.diff(stream[order])) + 1
    for places in np.split(order, borders):
        if len(places):
            one = int(stream[places[0]])
            all_rows = session.rows_of(one)
            counted = np.cumsum(store.kind[all_rows] == RowKind.TCP) + int(streams.evicted[one])
            found[places] = counted[np.searchsorted(all_rows, numbers[places])]
    return present, found


def _timed(session: Session, rows: Rows) -> Mask:
    """Rows in which tshark shows times within the stream: it must have read the header to its end."""
    store = session.store
    present = whole_headers(store, rows.index)
    cut = (store.issues[rows.index] & DecodeIssue.HEADER_CUT) != 0
    if cut.any():
        length = store.length[rows.index].astype(np.int64)
        ends = np.where(length < 0, store.header_length[rows.index] + length, _FULL_HEADER)
        ends[(store.issues[rows.index] & DecodeIssue.FRAGMENT) != 0] = _FULL_HEADER
        captured = store.captured[rows.index].astype(np.int64) - store.transport_offset[rows.index]
        present = present & ~(cut & (np.minimum(captured, ends) < _FULL_HEADER))
    return present


def _since_first(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    store = session.store
    began = session.streams.began_ns[store.stream[rows.index]]
    return _timed(session, rows), store.time_ns[rows.index] - began


def _since_previous(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    store = session.store
    previous, here = store.previous[rows.index], store.time_ns[rows.index]
    return _timed(session, rows), np.where(previous >= 0, here - store.time_ns[previous], 0)


def _verdicts(session: Session, rows: Rows) -> NDArray[np.uint32]:
    """The verdicts of ``rows``, and what tshark adds in its second pass."""
    store, streams, at = session.store, session.streams, rows.index
    verdicts: NDArray[np.uint32] = store.verdict[at]
    if not _any_reused(session):
        return verdicts
    stream = store.stream[at]
    answers = (store.flags[at] & _SYN_ACK) == _SYN_ACK
    answers &= (store.kind[at] == RowKind.TCP) & (stream >= 0) & ((verdicts & Verdict.REUSED_PORTS) == 0)
    places = np.flatnonzero(answers)
    mine, of_b = stream[places], store.from_b[at][places] != 0
    newest = np.where(of_b, streams.base_b[mine], streams.base_a[mine])
    moved = ((streams.verdicts[mine] & Verdict.REUSED_PORTS) != 0) & (newest != store.seq[at][places])
    numbers, verdicts = rows.numbers, verdicts.copy()
    # Only an end's first SYN-ACK can be one: a flood of them is not asked about one by one.
    first = np.unique(mine[moved].astype(np.int64) << 1 | of_b[moved], return_index=True)[1]
    for place in places[moved][first].tolist():
        if session.base_moves_later(int(stream[place]), int(numbers[place])):
            verdicts[place] |= Verdict.REUSED_PORTS
    return verdicts


def _reused_ports(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    reused = (_verdicts(session, rows) & Verdict.REUSED_PORTS) != 0
    return whole_headers(session.store, rows.index) & reused, np.zeros(len(rows), np.int64)


def _concluded(session: Session, rows: Rows) -> Mask:
    """Rows with a SEQ/ACK analysis."""
    store, at = session.store, rows.index
    bare = (store.marks[at] & RowMark.ANALYSED) != 0
    said = ((_verdicts(session, rows) & ~_OUTSIDE) != 0) | (store.acked[at] >= 0) | (store.bytes_in_flight[at] > 0)
    mask: Mask = whole_headers(store, at) & (said | bare)
    return mask


def _analysis(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    return _concluded(session, rows), np.zeros(len(rows), np.int64)


def _flags(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    said = (_verdicts(session, rows) & ~_OUTSIDE) != 0
    return whole_headers(session.store, rows.index) & said, np.zeros(len(rows), np.int64)


def _initial_rtt(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    irtt = session.streams.irtt_ns[session.store.stream[rows.index]]
    return _concluded(session, rows) & (irtt != 0), irtt


# ---- what tcptui concludes


def _address(*, of_client: bool) -> Read:
    def read(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        stream = session.store.stream[rows.index]
        present = in_stream(session.store, rows.index)
        distinct, place = np.unique(stream, return_inverse=True)
        end = session.streams.client if of_client else session.streams.server
        return present, array_of(T.ADDRESS, [b"" if one < 0 else end(one).address for one in distinct.tolist()])[place]

    return read


def _end_port(*, of_client: bool) -> Read:
    def read(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        streams, stream = session.streams, session.store.stream[rows.index]
        ports_a, ports_b = streams.flows.ports(streams.flow[stream])
        is_b = (streams.client_is_b[stream] != 0) == of_client
        return in_stream(session.store, rows.index), np.where(is_b, ports_b, ports_a)

    return read


def _cells(session: Session, rows: Rows, *, of_client: bool) -> NDArray[Any]:
    store = session.store
    client_is_b = session.streams.client_is_b[store.stream[rows.index]] != 0
    return np.where(client_is_b == of_client, store.state_b[rows.index], store.state_a[rows.index])


def _state(*, of_client: bool) -> Read:
    labels = array_of(T.STRING, [state.label.encode() for state in TcpState])

    def read(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        cells = _cells(session, rows, of_client=of_client)
        return segments(session.store, rows.index), labels[cells & STATE_MASK]

    return read


def _state_known(*, of_client: bool) -> Read:
    def read(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        cells = _cells(session, rows, of_client=of_client)
        return segments(session.store, rows.index), (cells & STATE_KNOWN) != 0

    return read


def _of_stream(name: str) -> Read:
    def read(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        stream = session.store.stream[rows.index]
        return in_stream(session.store, rows.index), getattr(session.streams, name)[stream]

    return read


def _round_trip(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    """As the connection list shows it."""
    streams, stream = session.streams, session.store.stream[rows.index]
    first = streams.irtt_ns[stream]
    known = np.where(first > 0, first, streams.min_rtt_ns_a[stream] + streams.min_rtt_ns_b[stream])
    return in_stream(session.store, rows.index) & (known > 0), known


def _budget(part: Part) -> Read:
    def read(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        stream = session.store.stream[rows.index]
        distinct, place = np.unique(stream, return_inverse=True)
        parts = [0 if one < 0 else time_parts(session.view(one))[part] for one in distinct.tolist()]
        return in_stream(session.store, rows.index), np.array(parts, np.int64)[place]

    return read


def _since_frame_before(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    store, numbers = session.store, rows.numbers
    before = np.maximum(numbers - 1, store.first)
    return every(store, rows.index), store.time_ns[numbers] - store.time_ns[before]


def _since_beginning(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    store = session.store
    return every(store, rows.index), store.time_ns[rows.index] - store.began_ns


def _interface(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    source = session.store.source[rows.index]
    # tshark calls an interface of a pcapng file that has no name "unknown".
    unnamed = ["unknown" if session.is_pcapng(number) else None for number in range(len(session.sources))]
    names = [info.interface or other for info, other in zip(session.sources, unnamed, strict=True)]
    has = np.array([name is not None for name in names], np.bool_)
    return has[source], array_of(T.STRING, [(name or "").encode() for name in names])[source]


def _of_interface(name: str) -> Read:
    """What a pcapng file numbers."""

    def read(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        source = session.store.source[rows.index]
        has = np.array([info.number >= 0 for info in session.sources], np.bool_)
        numbers = np.array([getattr(info, name) for info in session.sources], np.int64)
        return has[source], numbers[source]

    return read


def _interface_description(session: Session, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    texts = [info.description.encode() for info in session.sources]
    source = session.store.source[rows.index]
    return np.array([bool(text) for text in texts], np.bool_)[source], array_of(T.STRING, texts)[source]


_READERS: Final[dict[str, Read]] = {
    "frame.interface_name": _interface,
    "frame.interface_id": _of_interface("number"),
    "frame.section_number": _of_interface("section"),
    "frame.interface_description": _interface_description,
    "frame.time_delta": _since_frame_before,
    "frame.time_relative": _since_beginning,
    "tcp.srcport": _port(of_sender=True),
    "tcp.dstport": _port(of_sender=False),
    "tcp.seq": _seq,
    "tcp.nxtseq": _next_seq,
    "tcp.ack": _ack,
    "tcp.completeness": _all_completeness,
    "tcp.completeness.str": _completeness_text,
    **{f"tcp.completeness.{bit.name.lower().replace('_', '')}": _completeness_bit(bit) for bit, _ in _LETTERS
       if bit.name is not None},
    "tcp.window_size": _window,
    "tcp.window_size_scalefactor": _factor,
    "tcp.stream.pnum": _number_in_stream,
    "tcp.time_relative": _since_first,
    "tcp.time_delta": _since_previous,
    "tcp.analysis": _analysis,
    "tcp.analysis.flags": _flags,
    "tcp.analysis.reused_ports": _reused_ports,
    "tcp.analysis.initial_rtt": _initial_rtt,
    "tcptui.client": _address(of_client=True),
    "tcptui.server": _address(of_client=False),
    "tcptui.client.port": _end_port(of_client=True),
    "tcptui.server.port": _end_port(of_client=False),
    "tcptui.client.state": _state(of_client=True),
    "tcptui.server.state": _state(of_client=False),
    "tcptui.client.state_known": _state_known(of_client=True),
    "tcptui.server.state_known": _state_known(of_client=False),
    "tcptui.packets": _of_stream("packets"),
    "tcptui.bytes": _of_stream("wire_bytes"),
    "tcptui.duration": _of_stream("duration_ns"),
    "tcptui.rtt": _round_trip,
    "tcptui.network": _budget(Part.NETWORK),
    "tcptui.server_think": _budget(Part.SERVER_THINK),
    "tcptui.client_think": _budget(Part.CLIENT_THINK),
    "tcptui.recovery": _budget(Part.RECOVERY),
    "tcptui.idle": _budget(Part.IDLE),
}  # fmt: skip


# ---- findings

_EVIDENCE: Final = frozenset({"tcptui.finding", "tcptui.severity", "tcptui.confidence"})


def _findings(session: Session, field: Field, rows: Rows, *, own: bool) -> Occurrences:
    """Of each finding that names the row's frame as evidence: its id, severity or confidence."""
    store = session.store
    stream = store.stream[rows.index]
    wanted = sorted_unique(stream[stream >= 0])
    frames: list[int] = []
    values: list[bytes] = []
    for _, findings in session.each_findings(wanted.tolist()):
        for finding in findings:
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


#: Fields that `read_table` knows.
TABLED: Final = frozenset(_READERS) | _EVIDENCE
