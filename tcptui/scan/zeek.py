"""``conn_state`` and ``history`` of connections, as Zeek's conn.log has them.

Zeek keeps a state of each end, which flags move, and notes a letter the first time that something happens, in capitals
for the originator.  Only packets that can do either are looked at: those with SYN, FIN or RST, the first with payload
and the first without of each end, zero windows, resends, ACKs of what was not captured.  Not known here: bad checksums
(``C``), for offloading leaves them to most captures, and Zeek's timers, which cut a long silence into two connections.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.model.packet_store import RowKind
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import I64, PacketStore

_SYN, _FIN, _RST, _ACK = int(TcpFlag.SYN), int(TcpFlag.FIN), int(TcpFlag.RST), int(TcpFlag.ACK)
_CONTROL: Final = _SYN | _FIN | _RST
_GAP: Final = int(Verdict.ACK_LOST_SEGMENT)
#: Something that repeats is noted at its first, tenth, hundredth … time.
_STEP: Final = 10
_MOD: Final = 1 << 32
#: Bits of the distance that an end's sequence numbers may go.
_FAR: Final = 40


class _State(Enum):
    INACTIVE = auto()
    SYN_SENT = auto()
    SYN_ACK_SENT = auto()
    PARTIAL = auto()
    ESTABLISHED = auto()
    CLOSED = auto()
    RESET = auto()


class ZeekView(NamedTuple):
    """A connection as Zeek describes it."""

    conn_state: str
    history: str


@dataclass(slots=True)
class _End:
    is_client: bool
    state: _State = _State.INACTIVE
    before: _State = _State.INACTIVE
    noted: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    """By letter the sequence number of the last SYN, FIN or RST."""
    has_sent: bool = False
    """Any payload."""

    def become(self, state: _State) -> None:
        self.before, self.state = self.state, state

    def letter(self, code: str) -> str:
        return code if self.is_client else code.lower()

    def once(self, key: str, code: str) -> str:
        if key in self.noted:
            return ""
        self.noted.add(key)
        return self.letter(code)

    def again(self, key: str, code: str, number: int) -> str:
        """As `once`, and whenever ``number`` is another one than last time."""
        told = self.once(key, code)
        if not told and self.last.get(key) != number:
            told = self.letter(code)
        self.last[key] = number
        return told

    def scaled(self, code: str) -> str:
        count = self.counts.get(code, 0) + 1
        self.counts[code] = count
        while count % _STEP == 0:
            count //= _STEP
        return self.letter(code) if count == 1 else ""


def zeek_views(store: PacketStore, streams: StreamTable, chosen: I64) -> Iterator[ZeekView]:
    """Zeek's description of each of the streams ``chosen`` (ascending)."""
    rows, resent = _telling_rows(store, chosen)
    of_stream = store.stream[rows]
    begin, end = np.searchsorted(of_stream, chosen), np.searchsorted(of_stream, chosen, side="right")
    is_b, opener = streams.client_is_b[chosen] != 0, streams.opener_is_b[chosen] != 0
    from_client = (store.from_b[rows] != 0) == (streams.client_is_b[of_stream] != 0)
    columns = (
        from_client, store.flags[rows], store.length[rows], store.seq[rows], store.window[rows], store.verdict[rows],
        resent,
    )  # fmt: skip
    for first, stop, flipped in zip(begin.tolist(), end.tolist(), (is_b != opener).tolist(), strict=True):
        yield _told(zip(*(column[first:stop].tolist() for column in columns), strict=True), flipped=flipped)


def _telling_rows(store: PacketStore, chosen: I64) -> tuple[I64, NDArray[np.bool_]]:
    """The rows of ``chosen`` that can change anything, by stream, then in capture order; and which send again."""
    count = store.count
    ours: NDArray[np.bool_] = (store.kind[:count] == RowKind.TCP) & (store.stream[:count] >= chosen[0])
    ours &= store.stream[:count] <= chosen[-1]
    rows = np.flatnonzero(ours)
    rows = rows[np.argsort(store.stream[rows], kind="stable")]
    flags, payload, verdict = store.flags[rows], store.length[rows] > 0, store.verdict[rows]
    control = (flags & _CONTROL) != 0
    key = (store.stream[rows].astype(np.int64) << 1) | (store.from_b[rows] != 0)
    resent = _resent(key, store.seq[rows], _taken(flags, store.length[rows])) & payload & ((flags & _RST) == 0)
    telling = control | (store.window[rows] == 0) | ((verdict & _GAP) != 0) | resent
    # Of the others the first of each stream, end and kind.
    plain = np.flatnonzero(~control)
    telling[plain[np.unique(key[plain] << 1 | payload[plain], return_index=True)[1]]] = True
    return rows[telling], resent[telling]


def _taken(flags: NDArray[np.uint16], length: NDArray[np.int32]) -> I64:
    """Sequence numbers that each segment takes; a RST takes none."""
    taken = np.maximum(length, 0).astype(np.int64) + ((flags & _SYN) != 0) + ((flags & _FIN) != 0)
    return np.where((flags & _RST) != 0, 0, taken)


def _resent(key: I64, seq: NDArray[np.uint32], taken: I64) -> NDArray[np.bool_]:
    """Which segments end no higher than one before them of the same end, which ``key`` tells."""
    order = np.argsort(key, kind="stable")
    first = np.diff(key[order], prepend=-1) != 0
    # Steps, not numbers: they wrap.  Ends lie so far apart that no step leads from one to the next.
    steps = np.diff(seq[order].astype(np.int64), prepend=0).astype(np.int32).astype(np.int64)
    steps[first] = 0
    place = np.cumsum(steps)
    group = np.cumsum(first) - 1
    end = place - place[first][group] + taken[order] + (group << _FAR)
    highest = np.maximum.accumulate(end)
    found = np.zeros(len(key), np.bool_)
    found[order[1:]] = (end[1:] <= highest[:-1]) & ~first[1:]
    return found


def _told(packets: Iterator[tuple[bool, int, int, int, int, int, bool]], *, flipped: bool) -> ZeekView:
    client, server = _End(is_client=True), _End(is_client=False)
    history = "^" if flipped else ""
    for from_client, flags, length, seq, window, verdict, resent in packets:
        end, peer = (client, server) if from_client else (server, client)
        payload = max(length, 0)
        history += _flags_noted(end, flags, payload, seq)
        if not window and not flags & _RST and peer.state is not _State.CLOSED and end.state is not _State.RESET:
            history += end.scaled("W")
        if resent and end.state is not _State.RESET:
            history += end.scaled("T")
        end.has_sent |= payload > 0 and not flags & _RST
        _move(end, peer, flags, payload)
        if verdict & _GAP and not flags & (_FIN | _RST):
            history += peer.scaled("G")
    return ZeekView(_conn_state(client, server), history)


def _flags_noted(end: _End, flags: int, payload: int, seq: int) -> str:
    control = flags & _CONTROL
    if control & (control - 1):
        return end.once("I", "I") if control & _FIN and control & _RST else end.once("Q", "Q")
    if control == _SYN:
        return end.again("S", "H" if flags & _ACK else "S", seq)
    if control == _FIN:
        return end.again("F", "F", (seq + payload) % _MOD)
    if control == _RST:
        return end.again("R", "R", seq)
    if payload:
        return end.once("D", "D")
    return end.once("A", "A") if flags & _ACK else ""


def _move(end: _End, peer: _End, flags: int, payload: int) -> None:
    """Move the states of both ends by a packet of ``end``."""
    match end.state:
        case _State.INACTIVE:
            _move_inactive(end, peer, flags, payload)
        case _State.SYN_SENT | _State.SYN_ACK_SENT:
            if flags & _FIN:
                end.become(_State.CLOSED)
            if flags & _RST:
                end.become(_State.RESET)
        case _State.ESTABLISHED | _State.PARTIAL:
            _move_open(end, peer, flags)
        case _State.CLOSED:
            if flags & _RST and peer.state is not _State.CLOSED:
                end.become(_State.RESET)
        case _State.RESET:
            pass


def _move_inactive(end: _End, peer: _End, flags: int, payload: int) -> None:
    if flags & _SYN:
        if end.is_client:
            end.become(_State.SYN_ACK_SENT if flags & _ACK else _State.SYN_SENT)
        else:
            if peer.state is _State.SYN_SENT:
                peer.become(_State.ESTABLISHED)
            end.become(_State.ESTABLISHED)
    if flags & _FIN:
        end.become(_State.CLOSED)
    if flags & _RST:
        end.become(_State.RESET)
    if end.state is not _State.INACTIVE:
        return
    if not end.is_client and not payload and peer.state is _State.SYN_SENT:
        return  # some acknowledge a SYN before they answer it
    end.become(_State.ESTABLISHED if flags & _ACK and peer.state is _State.ESTABLISHED else _State.PARTIAL)


def _move_open(end: _End, peer: _End, flags: int) -> None:
    if flags & _SYN and not flags & _ACK and end.state is _State.PARTIAL and peer.state is _State.INACTIVE:
        end.become(_State.SYN_SENT)
    if flags & _FIN and not flags & _RST:
        end.become(_State.CLOSED)
        if peer.state is _State.RESET and peer.before is _State.CLOSED:
            peer.become(_State.CLOSED)  # FIN, then RST, of the peer: both have said that they are done
    if flags & _RST:
        end.become(_State.RESET)


def _conn_state(client: _End, server: _End) -> str:
    """By the table of Zeek's base/protocols/conn."""
    of_client, of_server = client.state, server.state
    no_client, no_server = (one in (_State.INACTIVE, _State.PARTIAL) for one in (of_client, of_server))
    if of_server is _State.RESET:
        refused = of_client in (_State.SYN_SENT, _State.SYN_ACK_SENT)
        if refused or (of_client is _State.RESET and not (client.has_sent or server.has_sent)):
            return "REJ"
        return "RSTRH" if no_client else "RSTR"
    if of_client is _State.RESET:
        return "RSTOS0" if no_server else "RSTO"
    if of_client is of_server is _State.CLOSED:
        return "SF"
    if of_client is _State.CLOSED:
        return "SH" if no_server else "S2"
    if of_server is _State.CLOSED:
        return "SHR" if no_client else "S3"
    if of_client is _State.SYN_SENT and of_server is _State.INACTIVE:
        return "S0"
    return "S1" if of_client is of_server is _State.ESTABLISHED else "OTH"
