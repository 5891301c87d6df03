"""Makes a `Side` of an open capture: from its stream table, its packets' columns and what was found, nothing judged
a second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.analysis.timing.budget_parts import Part
from tcptui.compare.side import LOSS_CAUSES, About, FoundRows, RequestRows, Side, TcpOption
from tcptui.model.finding import AnyId, Severity
from tcptui.model.packet_store import OptionBit, RowKind
from tcptui.model.safe_text import safe_text
from tcptui.model.tcp_flags import ACK, FIN, SYN, TcpFlag
from tcptui.model.verdict import Verdict
from tcptui.protocols.request_status import is_error
from tcptui.protocols.statements.statement import statement_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tcptui.access.open_capture import WholeCapture
    from tcptui.model.packet_store import I32, I64, PacketStore
    from tcptui.model.request import Request

#: A transfer has at least so many bytes; less is over within the first round trips, whatever the path gives.
BULK_BYTES: Final = 1 << 16
#: Rows of the store that are looked at together.
_AT_ONCE: Final = 1 << 20
#: Characters of a statement in the name of its measure.
_LONGEST_NAME: Final = 500

#: Parts of a connection's time in which a transfer was under way.
_UNDER_WAY: Final = (
    Part.NETWORK, Part.RECEIVE_WINDOW, Part.NETWORK_LIMITED, Part.SENDER, Part.RECOVERY, Part.FLOW_CONTROL,
)  # fmt: skip
_OPTION_BITS: Final = {
    TcpOption.SACK: OptionBit.SACK_PERMITTED,
    TcpOption.WINDOW_SCALE: OptionBit.WINDOW_SCALE,
    TcpOption.TIMESTAMPS: OptionBit.TIMESTAMPS,
    TcpOption.MPTCP: OptionBit.MPTCP,
}
_ECN_FLAGS: Final = TcpFlag.ECE | TcpFlag.CWR | TcpFlag.AE


class RequestRow(NamedTuple):
    """A request as it is compared; other processes send these."""

    stream: int
    name: str
    took_ns: int
    failed: bool


def request_row(request: Request) -> RequestRow:
    """The row of ``request``."""
    name = f"{request.protocol} {statement_of(request)}".rstrip()[:_LONGEST_NAME]
    return RequestRow(request.stream, safe_text(name), request.own_ns, is_error(request))


def gather(capture: WholeCapture, requests: Iterable[RequestRow], files: Sequence[str]) -> Side:
    """All connections of ``capture``, with their ``requests``; ``files``: what it was read from."""
    streams, store = capture.streams, capture.store
    count = streams.count
    every = np.arange(count)
    parts, found = _judged(capture, count)
    packets = _Packets(store, streams.client_is_b[:count] != 0)
    (client, _), (host, port) = streams.clients_and_servers(every)
    sent = np.maximum(streams.payload_a[:count], streams.payload_b[:count])
    under_way = parts[:, _UNDER_WAY].sum(axis=1)
    times = store.time_ns[store.first : store.count]
    return Side(
        streams=every,
        began_ns=streams.began_ns[:count].copy(),
        client=client,
        server=np.array([_endpoint(*end) for end in zip(host, port.tolist(), strict=True)], object),
        port=port.astype(np.int64),
        handshake_ns=streams.irtt_ns[:count].copy(),
        rtt_ns=_round_trips(streams.min_rtt_ns_a[:count], streams.min_rtt_ns_b[:count]),
        segments=packets.segments,
        resent=packets.resent,
        exchanges=packets.exchanges,
        server_think_ns=parts[:, Part.SERVER_THINK],
        client_think_ns=parts[:, Part.CLIENT_THINK],
        bulk_bytes=np.where((sent >= BULK_BYTES) & (under_way > 0), sent, 0),
        bulk_ns=under_way,
        opened=packets.opened,
        offered=packets.offered,
        agreed=packets.agreed,
        mss=packets.mss,
        found=found,
        requests=_request_rows(requests),
        about=About(
            files=tuple(files),
            place=capture.place,
            packets=store.count,
            truncated=capture.quality.truncated,
            dropped=capture.quality.kernel_dropped,
            begin_ns=int(times.min()) if len(times) else 0,
            end_ns=int(times.max()) if len(times) else 0,
        ),
    )


def _round_trips(of_a: I64, of_b: I64) -> I64:
    """Both halves of the path, added; 0 where one is not known, as of a connection that was refused."""
    whole: I64 = np.where((of_a > 0) & (of_b > 0), of_a + of_b, 0)
    return whole


def _endpoint(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _judged(capture: WholeCapture, count: int) -> tuple[I64, FoundRows]:
    """Time budgets, one row a connection, and what is wrong with each."""
    parts = np.zeros((count, len(Part)), np.int64)
    places: dict[AnyId, int] = {}
    worst: list[Severity] = []
    rows: list[I64] = []
    names: list[I64] = []

    def add(streams: I64, name: AnyId, severity: Severity) -> None:
        if severity <= Severity.NOTE:
            return
        place = places.setdefault(name, len(places))
        if place == len(worst):
            worst.append(severity)
        worst[place] = max(worst[place], severity)
        rows.append(streams)
        names.append(np.full(len(streams), place))

    for batch in capture.all_findings.judged():
        parts[batch.streams] = batch.parts
        for kind in batch.kinds:
            for finding in kind.findings:
                add(kind.streams, finding.id, finding.severity)
        for place, findings in batch.others.items():
            for finding in findings:
                add(batch.streams[place : place + 1], finding.id, finding.severity)
    if not rows:
        nothing = np.zeros(0, np.int64)
        return parts, FoundRows(nothing, nothing)
    # A connection counts once, however often it has the same.
    keys = np.unique(np.concatenate(rows) * len(places) + np.concatenate(names))
    return parts, FoundRows(keys // len(places), keys % len(places), tuple(places), tuple(worst))


def _request_rows(requests: Iterable[RequestRow]) -> RequestRows:
    told = list(requests)
    places: dict[str, int] = {}
    return RequestRows(
        np.array([one.stream for one in told], np.int64),
        np.array([places.setdefault(one.name, len(places)) for one in told], np.int64),
        np.array([one.took_ns for one in told], np.int64),
        np.array([one.failed for one in told], np.bool_),
        tuple(places),
    )


class _Packets:
    """Counts of packets, one entry a connection."""

    def __init__(self, store: PacketStore, client_is_b: NDArray[np.bool_]) -> None:
        count = len(client_is_b)
        self._client_is_b = client_is_b
        self.segments = np.zeros(count, np.int64)
        self.resent = np.zeros((count, len(LOSS_CAUSES)), np.int64)
        self.exchanges = np.zeros(count, np.int64)
        self._spoke = np.full(count, -1, np.int8)
        """Who spoke last: 1 the client, 0 the server, -1 nobody yet."""
        self._opening = [np.zeros((count, len(TcpOption)), np.bool_) for _ in range(2)]
        self._flags = np.zeros((2, count), np.uint16)
        self._mss = np.zeros((2, count), np.int64)
        self._seen = np.zeros((2, count), np.bool_)
        for begin in range(store.first, store.count, _AT_ONCE):
            self._add(store, np.arange(begin, min(begin + _AT_ONCE, store.count)))
        self.opened: NDArray[np.bool_] = self._seen[0] & self._seen[1]
        self.offered, answered = self._opening
        self.agreed = self.offered & answered
        self.mss = np.where(self._mss.all(axis=0), self._mss.min(axis=0), 0)

    def _add(self, store: PacketStore, rows: I64) -> None:
        rows = rows[(store.kind[rows] == RowKind.TCP) & (store.stream[rows] >= 0)]
        count, stream, flags = len(self.segments), store.stream[rows], store.flags[rows]
        takes = (store.length[rows] > 0) | ((flags & (SYN | FIN)) != 0)
        self.segments += np.bincount(stream[takes], minlength=count)
        again = np.flatnonzero((store.verdict[rows] & np.uint32(Verdict.RETRANSMISSION)) != 0)
        cause = store.cause[rows[again]]
        for place, each in enumerate(LOSS_CAUSES):
            self.resent[:, place] += np.bincount(stream[again[cause == each]], minlength=count)
        by_client = (store.from_b[rows] != 0) == self._client_is_b[stream]
        self._count_exchanges(store, rows, stream, by_client)
        syn = np.flatnonzero((flags & SYN) != 0)
        for answer in (0, 1):
            chosen = syn[((flags[syn] & ACK) != 0) == bool(answer)]
            self._open(store, rows[chosen], stream[chosen], answer)

    def _count_exchanges(self, store: PacketStore, rows: I64, stream: I32, by_client: NDArray[np.bool_]) -> None:
        new = (store.length[rows] > 0) & ((store.verdict[rows] & np.uint32(Verdict.RETRANSMISSION)) == 0)
        said = np.flatnonzero(new)
        order = said[np.argsort(stream[said], kind="stable")]
        if not len(order):
            return
        of, client = stream[order], by_client[order].astype(np.int8)
        first = np.append(True, of[1:] != of[:-1])
        before = np.append(np.int8(-1), client[:-1])
        before[first] = self._spoke[of[first]]
        self.exchanges += np.bincount(of[(client == 1) & (before != 1)], minlength=len(self.exchanges))
        last = np.append(first[1:], True)
        self._spoke[of[last]] = client[last]

    def _open(self, store: PacketStore, rows: I64, stream: I32, answer: int) -> None:
        """Note what the SYNs, or the SYN-ACKs, ``rows`` say; of several of a connection the last one counts."""
        options, flags = store.options[rows], store.flags[rows] & np.uint16(_ECN_FLAGS)
        self._seen[answer, stream] = True
        self._mss[answer, stream] = store.mss[rows]
        self._flags[answer, stream] = flags
        told = self._opening[answer]
        for place, option in enumerate(TcpOption):
            if option is TcpOption.ECN:
                # A device that sends the SYN's flags back as they were has understood nothing (RFC 3168, 6.1.1).
                told[stream, place] = (flags != 0) & ((answer == 0) | (flags != self._flags[0, stream]))
            else:
                told[stream, place] = (options & np.uint16(_OPTION_BITS[option])) != 0
