"""Sequence numbers as they are counted from a connection's first, and what a moved base makes tshark say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.analysis.stream.table import NO_BASE
from tcptui.model.arrays import sorted_unique
from tcptui.model.field import segments, whole_headers
from tcptui.model.packet_store import RowKind, RowMark
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.packet_store import I32
    from tcptui.session.filtering.rows import Mask, Rows
    from tcptui.session.filtering.stream_columns import StreamColumns

_SYN_ACK: Final = int(TcpFlag.SYN | TcpFlag.ACK)
#: Connections with reused ports, of which those whose base moved are looked for one by one.
_FEW: Final = 16


def read_seq(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    """``tcp.seq``."""
    return segments(columns.store, rows.index), _relative_seq(columns, rows)


def read_next_seq(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    """``tcp.nxtseq``."""
    store = columns.store
    length = store.length[rows.index]
    phantom = (store.flags[rows.index] & (TcpFlag.SYN | TcpFlag.FIN)) != 0
    present = whole_headers(store, rows.index) & (length >= 0)
    return present, _relative_seq(columns, rows) + length.astype(np.uint32) + phantom


def read_ack(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
    """``tcp.ack``."""
    store = columns.store
    bases = _bases(columns, rows, of_sender=False)
    bases *= (store.flags[rows.index] & TcpFlag.ACK) != 0
    return whole_headers(store, rows.index), store.ack[rows.index] - bases


def verdicts(columns: StreamColumns, rows: Rows) -> NDArray[np.uint32]:
    """The verdicts of ``rows``, and what tshark adds in its second pass."""
    session, store, at = columns.session, columns.store, rows.index
    said: NDArray[np.uint32] = store.verdict[at]
    stream = store.stream[at]
    reused = columns.are(_reused, stream)
    if reused is None:
        return said
    streams = session.streams
    answers = (store.flags[at] & _SYN_ACK) == _SYN_ACK
    answers &= (store.kind[at] == RowKind.TCP) & reused & ((said & Verdict.REUSED_PORTS) == 0)
    places = np.flatnonzero(answers)
    mine, of_b = stream[places], store.from_b[at][places] != 0
    moved = np.where(of_b, streams.base_b[mine], streams.base_a[mine]) != store.seq[at][places]
    numbers, said = rows.numbers, said.copy()
    # Only an end's first SYN-ACK can be one: a flood of them is not asked about one by one.
    first = np.unique(mine[moved].astype(np.int64) << 1 | of_b[moved], return_index=True)[1]
    for place in places[moved][first].tolist():
        if session.reader.landmarks.moves_later(int(stream[place]), int(numbers[place])):
            said[place] |= Verdict.REUSED_PORTS
    return said


def _relative_seq(columns: StreamColumns, rows: Rows) -> NDArray[np.uint32]:
    relative: NDArray[np.uint32] = columns.store.seq[rows.index] - _bases(columns, rows, of_sender=True)
    return relative


def _bases(columns: StreamColumns, rows: Rows, *, of_sender: bool) -> NDArray[np.uint32]:
    """What relative numbers of the sender, or of the other end, count from at each row; 0 where none is known."""
    store = columns.store
    stream, of_b = store.stream[rows.index], store.from_b[rows.index] ^ (not of_sender)
    bases: NDArray[np.uint32] = columns.of_end(_newest_bases, stream, of_b)
    reused = columns.are(_reused, stream)
    if reused is not None:
        _count_from_then(columns, rows.numbers, stream, of_b, reused, bases)
    uncounted = store.length[rows.index] < 0
    if uncounted.any():
        bases[uncounted] = 0
    return bases


def _count_from_then(
    columns: StreamColumns, numbers: I32, stream: I32, of_b: NDArray[np.uint8], reused: Mask, bases: NDArray[np.uint32]
) -> None:
    """Put right the ``bases`` of ``reused`` rows, which may have counted from another number than the newest."""
    places = np.flatnonzero(reused)
    wanted = sorted_unique(stream[places])
    if len(wanted) > _FEW:
        # Most began anew on ports that were in use before, and none of their own numbers moved.
        wanted = wanted[columns.of(_rebased, wanted)]
        places = places[np.isin(stream[places], wanted)]
    mine = stream[places]
    for one in wanted.tolist():
        at = places[mine == one]
        found = columns.session.reader.landmarks.bases(one, numbers[at], of_b[at] != 0)
        bases[at] = np.where(found == NO_BASE, 0, found).astype(np.uint32)


def _newest_bases(session: OpenCapture, chosen: slice | I32) -> NDArray[np.uint32]:
    streams = session.streams
    both = np.stack((streams.base_a[chosen], streams.base_b[chosen]), axis=1)
    return np.where(both == NO_BASE, 0, both).astype(np.uint32)


def _reused(session: OpenCapture, chosen: slice | I32) -> Mask:
    """Whether tshark noticed that the stream's ports were in use before."""
    mask: Mask = (session.streams.verdicts[chosen] & Verdict.REUSED_PORTS) != 0
    return mask


def _rebased(session: OpenCapture, chosen: slice | I32) -> Mask:
    """Whether a kept segment of the stream moved the number that others count from."""
    store = session.store
    moving = np.flatnonzero(store.marks[store.first : store.count] & RowMark.REBASED) + store.first
    numbers = np.arange(chosen.start or 0, chosen.stop) if isinstance(chosen, slice) else chosen
    return np.isin(numbers, sorted_unique(store.stream[moving]))
