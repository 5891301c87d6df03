"""Keeps up to date who ended each stream, and after how long a silence: a few columns of the stream table.

They are made from the segments with FIN, RST or payload of each batch.  With them lists and filters tell of a hundred
thousand connections at once who closed first, and rules skip streams whose end nobody can have waited beyond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.table import ENDED_BY_A, ENDED_BY_B, PEER_SPOKE_LAST
from tcptui.model.packet_store import OptionBit, RowKind
from tcptui.model.seq import SEQ_MASK, ahead
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import PacketStore

    I64 = NDArray[np.int64]

#: How many frames before a RST without ACK its sender's previous acknowledgment is searched for.
STEPS_BACK: Final = 8
#: How many frames before a FIN or RST the last payload is searched for that its sender had received, where more was
#: on its way: more than a flight has.
FLIGHT_BACK: Final = 1_024
_SACKS: Final = int(OptionBit.SACK | OptionBit.DSACK)
#: Payload that came before, or out of its place: no new message.
_AGAIN: Final = int(
    Verdict.RETRANSMISSION | Verdict.FAST_RETRANSMISSION | Verdict.SPURIOUS_RETRANSMISSION | Verdict.OUT_OF_ORDER
)
_ENDS: Final = int(TcpFlag.FIN | TcpFlag.RST)
_ENDED: Final = ENDED_BY_A | ENDED_BY_B
_SYN_OR_ACK: Final = int(TcpFlag.SYN | TcpFlag.ACK)
#: Bits of a row's place within its batch, below the stream in `_keys`.
_PLACE_BITS: Final = 32


def update_endings(store: PacketStore, table: StreamTable, first: int, count: int, leaving: I64) -> None:
    """Update ``table`` (ending, quiet time, who spoke when) with rows ``first`` to ``first + count - 1``.

    ``leaving``: places in the batch, ascending, of payloads that take leave (a TLS alert): they break no silence, and
    nobody answers them.
    """
    rows = slice(first, first + count)
    stream, flags = store.stream[rows], store.flags[rows]
    is_segment = (store.kind[rows] == RowKind.TCP) & (stream >= 0)
    speaks = is_segment & (store.length[rows] > 0) & ((flags & TcpFlag.RST) == 0)
    speaks &= (store.verdict[rows] & Verdict.KEEP_ALIVE) == 0
    speaks[leaving] = False
    spoken = np.flatnonzero(speaks)
    new = spoken[(store.verdict[first + spoken] & _AGAIN) == 0]
    ends = np.flatnonzero(is_segment & ((flags & _ENDS) != 0))
    if len(ends):
        ends = _note_ends(store, table, first, ends, new)
    if not len(spoken):
        return
    _note_unheard(store, table, first, ends, spoken)
    from_b = store.from_b[first + new]
    for side, times, numbers in (
        (0, table.spoke_ns_a, table.spoke_end_a),
        (1, table.spoke_ns_b, table.spoke_end_b),
    ):
        mine = first + new[from_b == side]
        times[store.stream[mine]] = store.time_ns[mine]
        numbers[store.stream[mine]] = _number_after(store, mine)


def _number_after(store: PacketStore, rows: I64) -> I64:
    """The number after the payload of each of ``rows``, whose segments may have a SYN."""
    syn = (store.flags[rows] & TcpFlag.SYN) != 0
    numbers: I64 = (store.seq[rows].astype(np.int64) + store.length[rows] + syn) & SEQ_MASK
    return numbers


def _keys(stream: NDArray[np.int32], place: I64) -> I64:
    """One number for a stream and a place in the batch, in the order of streams, then of places."""
    return (stream.astype(np.int64) << _PLACE_BITS) + place


def _note_ends(store: PacketStore, table: StreamTable, first: int, ends: I64, spoken: I64) -> I64:
    """Note the first of ``ends`` of each stream that has not ended, and return these: places of a FIN or RST."""
    before = store.previous[first + ends]
    answers_syn = (store.flags[first + ends] & TcpFlag.FIN) == 0
    answers_syn &= (before >= store.first) & ((store.flags[np.maximum(before, 0)] & _SYN_OR_ACK) == int(TcpFlag.SYN))
    ends = ends[~answers_syn]
    ends = ends[(table.ending[store.stream[first + ends]] & _ENDED) == 0]
    streams, at = np.unique(store.stream[first + ends], return_index=True)
    ends = ends[at]
    if not len(ends):
        return ends
    spoken = spoken[np.isin(store.stream[first + spoken], streams)]
    by_b = store.from_b[first + ends] != 0
    said = [_last_spoken(store, table, first, ends, spoken, side) for side in (0, 1)]
    own_ns, other_ns = (np.where(by_b == mine, said[1][0], said[0][0]) for mine in (True, False))
    number = np.where(by_b, said[0][1], said[1][1])
    knows, received = _received(store, first + ends)
    heard = knows & (ahead(received, number) >= 0)
    crossed = np.flatnonzero(knows & ~heard & (other_ns > own_ns))
    heard_ns = np.where(heard, other_ns, 0)
    heard_ns[crossed] = _last_received_ns(store, first + ends[crossed], received[crossed])
    quiet_since = np.maximum(own_ns, heard_ns)
    quiet_since = np.where(quiet_since > 0, quiet_since, table.began_ns[streams])
    table.quiet_ns[streams] = np.maximum(store.time_ns[first + ends] - quiet_since, 0)
    # What it had not received, perhaps as it was lost at first, may have been sent before its own last message.
    waits = (other_ns > 0) & ((other_ns >= own_ns) | (knows & ~heard))
    table.ending[streams] = np.where(by_b, ENDED_BY_B, ENDED_BY_A) | np.where(waits, PEER_SPOKE_LAST, 0)
    return ends


def _last_spoken(
    store: PacketStore, table: StreamTable, first: int, ends: I64, spoken: I64, side: int
) -> tuple[I64, I64]:
    """When *a* (``side`` 0) or *b* last spoke up to each of ``ends``, and the number after that; 0 where it never did.

    ``ends`` and ``spoken`` are places in the batch; one may be both.
    """
    stream = store.stream[first + ends]
    times, numbers = (table.spoke_ns_b, table.spoke_end_b) if side else (table.spoke_ns_a, table.spoke_end_a)
    when, number = times[stream], numbers[stream].astype(np.int64)
    mine = spoken[store.from_b[first + spoken] == side]
    if not len(mine):
        return when, number
    keys = np.sort(_keys(store.stream[first + mine], mine))
    found = np.searchsorted(keys, _keys(stream, ends), side="right") - 1
    inside = (found >= 0) & ((keys[found] >> _PLACE_BITS) == stream)
    rows = first + (keys[found[inside]] & ((1 << _PLACE_BITS) - 1))
    when[inside], number[inside] = store.time_ns[rows], _number_after(store, rows)
    return when, number


def _received(store: PacketStore, ends: I64) -> tuple[NDArray[np.bool_], I64]:
    """Up to which number the sender of each of the rows ``ends`` had its peer's bytes by then, and where it said so.

    By its last ACK, or a SACK in it above that.
    """
    knows, received = np.zeros(len(ends), np.bool_), np.zeros(len(ends), np.int64)
    unknown, row = np.arange(len(ends)), ends
    for _ in range(STEPS_BACK):
        tells = (store.from_b[row] == store.from_b[ends[unknown]]) & ((store.flags[row] & TcpFlag.ACK) != 0)
        tells &= store.kind[row] == RowKind.TCP
        told, says = unknown[tells], row[tells]
        ack, right = store.ack[says].astype(np.int64), store.sack_right[says].astype(np.int64)
        beyond = ((store.options[says] & _SACKS) == OptionBit.SACK) & (ahead(right, ack) > 0)
        knows[told], received[told] = True, np.where(beyond, right, ack)
        unknown, row = unknown[~tells], store.previous[row[~tells]].astype(np.int64)
        kept = row >= store.first
        unknown, row = unknown[kept], row[kept]
        if not len(row):
            break
    return knows, received


def _last_received_ns(store: PacketStore, ends: I64, received: I64) -> I64:
    """When the peer of each of the rows ``ends`` sent its last new payload up to number ``received``; 0: unknown.

    `tcptui.findings.unanswered.quiet_ns` asks the same of one stream.
    """
    when = np.zeros(len(ends), np.int64)
    unknown, row = np.arange(len(ends)), store.previous[ends].astype(np.int64)
    for _ in range(FLIGHT_BACK):
        kept = row >= store.first
        unknown, row = unknown[kept], row[kept]
        if not len(row):
            break
        says = (store.from_b[row] != store.from_b[ends[unknown]]) & (store.kind[row] == RowKind.TCP)
        says &= (store.length[row] > 0) & ((store.flags[row] & TcpFlag.RST) == 0)
        says &= (store.verdict[row] & (_AGAIN | Verdict.KEEP_ALIVE)) == 0
        says &= ahead(received[unknown], _number_after(store, row)) >= 0
        when[unknown[says]] = store.time_ns[row[says]]
        unknown, row = unknown[~says], store.previous[row[~says]].astype(np.int64)
    return when


def _note_unheard(store: PacketStore, table: StreamTable, first: int, ends: I64, spoken: I64) -> None:
    """Note the streams of which the other end spoke after the one that ended them.

    ``ends``: places of the FINs and RSTs with which streams ended in this batch.
    """
    ended = table.ending[store.stream[first + spoken]]
    by_b = store.from_b[first + spoken] != 0
    later = spoken[(ended & np.where(by_b, ENDED_BY_A, ENDED_BY_B)) != 0]
    if not len(later):
        return
    streams = store.stream[first + later]
    if len(ends):
        # The end of its stream lies before it in this batch, or in an earlier one.
        keys = np.sort(_keys(store.stream[first + ends], ends))
        found = np.searchsorted(keys, _keys(streams, later)) - 1
        before = (found >= 0) & ((keys[found] >> _PLACE_BITS) == streams)
        streams = streams[before | ~np.isin(streams, store.stream[first + ends])]
    table.ending[streams] |= PEER_SPOKE_LAST
