"""Caches a stream's SYN-ACKs and ICMP quotes, for relative sequence numbers and packet numbers.

Without the cache, millions of rows would be scanned for each packet shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.access.stream_rows import place_of
from tcptui.model.lru import LruCache
from tcptui.model.packet_store import RowKind, RowMark
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import I32, I64, PacketStore

#: LRU size: pairs of a column and a stream whose matching rows are cached.
_CACHED: Final = 16
#: A stream that has at least one row in this many of a range is scanned by reading the whole range.
_DENSE: Final = 8
_SYN_ACK: Final = int(TcpFlag.SYN | TcpFlag.ACK)
_NONE: Final = np.zeros(0, np.int32)


class SeqBases:
    """The SYN-ACKs and ICMP quotes of the streams used last; thread-safe."""

    def __init__(self, store: PacketStore, streams: StreamTable, rows_of: Callable[[int], I32]) -> None:
        self._store = store
        self._streams = streams
        self._rows_of = rows_of
        self._known: LruCache[tuple[str, int], tuple[int, I32]] = LruCache(_CACHED, locked=True)
        """Per column and stream: the last row scanned, and the matching rows."""

    def base(self, stream: int, row: int, of_b: bool) -> int:
        """The sequence number that is relative 0 for one endpoint of ``stream`` at ``row`` (`StreamTable.bases`)."""
        return int(self.bases(stream, np.array([row], np.int32), np.array([of_b]))[0])

    def bases(self, stream: int, rows: I32, of_b: NDArray[np.bool_]) -> I64:
        """The bases at each of ``rows`` (in any order), of endpoint *b* where ``of_b``."""
        store, streams = self._store, self._streams
        bases: I64 = np.where(of_b, streams.base_b[stream], streams.base_a[stream])
        if not int(streams.verdicts[stream]) & Verdict.REUSED_PORTS:
            return bases
        answers = self._matching_rows("flags", stream, _answers)
        if not (store.marks[answers] & RowMark.REBASED).any():
            return bases
        from_b = store.from_b[answers] != 0
        for moved, mine in ((answers[~from_b], ~of_b), (answers[from_b], of_b)):
            before = moved.searchsorted(rows, "right")
            counted = mine & (before > 0)
            bases[counted] = store.seq[moved[before[counted] - 1]]
        return bases

    def moves_later(self, stream: int, row: int) -> bool:
        """Whether ``row`` is its end's first SYN-ACK, and a later one has another number.

        tshark's second pass begins with the number of the last one: it flags the first one, too (`reused_ports`).
        """
        store, from_b = self._store, self._store.from_b[row]
        newest = int((self._streams.base_b if from_b else self._streams.base_a)[stream])
        if int(store.flags[row]) & _SYN_ACK != _SYN_ACK or int(store.seq[row]) == newest:
            return False
        answers = self._matching_rows("flags", stream, _answers)
        mine = answers[store.from_b[answers] == from_b]
        return len(mine) > 0 and int(mine[0]) == row

    def position(self, stream: int, row: int) -> int:
        """The number, from 1, of the segment in ``row`` among the kept ones of ``stream``.

        An ICMP quote has the number of the segment before it.
        """
        quotes = self._matching_rows("kind", stream, _is_quote)
        return place_of(self._rows_of(stream), row, after=True) - place_of(quotes, row, after=True)

    def _matching_rows(self, name: str, stream: int, test: Callable[[NDArray[Any]], NDArray[np.bool_]]) -> I32:
        """Kept rows of ``stream`` whose value in the column ``name`` passes ``test``."""

        def brought_up(known: tuple[int, I32] | None) -> tuple[int, I32]:
            rows = self._rows_of(stream)
            last, found = (-1, _NONE) if known is None else known
            new = rows[place_of(rows, last, after=True) :]
            if len(new):
                last = int(new[-1])
                found = np.concatenate((found, self._among(new, stream, getattr(self._store, name), test)))
            if len(rows):  # the oldest may have been evicted
                found = found[place_of(found, int(rows[0])) :]
            return last, found

        return self._known.renew((name, stream), brought_up)[1]

    def _among(
        self, rows: I32, stream: int, column: NDArray[Any], test: Callable[[NDArray[Any]], NDArray[np.bool_]]
    ) -> I32:
        first, stop = int(rows[0]), int(rows[-1]) + 1
        if len(rows) * _DENSE < stop - first:
            picked: I32 = rows[test(column[rows])]
            return picked
        # The stream has many of the rows in the range: reading the whole column slice is faster than indexing.
        found: I32 = (np.flatnonzero(test(column[first:stop])) + first).astype(np.int32)
        mine: I32 = found[self._store.stream[found] == stream]
        return mine


def _answers(flags: NDArray[Any]) -> NDArray[np.bool_]:
    both: NDArray[np.bool_] = (flags & _SYN_ACK) == _SYN_ACK
    return both


def _is_quote(kind: NDArray[Any]) -> NDArray[np.bool_]:
    quoted: NDArray[np.bool_] = kind == RowKind.ICMP_QUOTE
    return quoted
