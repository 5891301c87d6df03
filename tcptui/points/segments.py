"""The TCP segments of one capture as columns, for pairing with those of another."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from tcptui.model.packet_store import DecodeIssue, OptionBit, RowKind
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.points.keys import U64, mixed

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.packet_store import I32, I64

Mask = NDArray[np.bool_]

#: First bytes of a payload that stand for all of it; a multiple of 8.
_HEAD: Final = 64
#: A shorter payload is found in too many connections.
_LEAST: Final = 8
#: Bytes of the spool that are read at once.
_BLOCK: Final = 1 << 20
#: Payload heads that are gathered at once: 4 MB of indexes.
_AT_ONCE: Final = 1 << 13
#: Flags that are not changed on the way, and tell a segment from others with the same numbers.
_LASTING: Final = SYN | FIN | RST


@dataclass(frozen=True, slots=True)
class Segments:
    """The segments of one capture that belong to a connection, in capture order; a place is an index into them."""

    capture: OpenCapture
    rows: I64
    """Of the packet store."""
    stream: I32
    start: int = -1
    """The first row, where each is the one behind the one before it: then whole columns are not copied."""

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str, places: I64 | None = None) -> NDArray[Any]:
        """The cells of a column of the store, at ``places`` or at all; not to be written to."""
        cells: NDArray[Any] = getattr(self.capture.store, name)
        if self.start >= 0:
            cells = cells[self.start : self.start + len(self.rows)]
            return cells if places is None else cells[places]
        return cells[self.rows if places is None else self.rows[places]]

    def from_b(self, places: I64 | None = None) -> Mask:
        """Whether endpoint *b* of the flow sent each."""
        sent: Mask = self.column("from_b", places) != 0
        return sent

    def lasting_flags(self, places: I64 | None = None) -> NDArray[Any]:
        """SYN, FIN and RST of each."""
        return self.column("flags", places) & np.uint16(_LASTING)

    def acks(self, places: I64 | None = None) -> NDArray[Any]:
        """The ACK number of each, 0 without one."""
        return np.where(self.column("flags", places) & np.uint16(ACK), self.column("ack", places), np.uint32(0))

    def has_stamps(self, places: I64 | None = None) -> Mask:
        """Whether each has TCP timestamps."""
        found: Mask = (self.column("options", places) & np.uint16(OptionBit.TIMESTAMPS)) != 0
        return found

    def endpoints_key(self, places: I64) -> U64:
        """A key of both addresses and ports, and of the direction."""
        streams, which = np.unique(self.stream[places], return_inverse=True)
        keys = self.capture.flows.keys(self.capture.streams.flow[streams].astype(np.int64))
        return mixed(mixed(*keys.T)[which], self.from_b(places))

    def heads(self, places: I64) -> tuple[I64, U64]:
        """Those of ``places`` whose payload tells connections apart, and a key of its first bytes."""
        store, rows = self.capture.store, self.rows[places]
        length = store.length[rows].astype(np.int64)
        begin = store.transport_offset[rows].astype(np.int64) + store.header_length[rows]
        wanted = np.minimum(length, _HEAD)
        kept = (length >= _LEAST) & (begin + wanted <= store.captured[rows])
        kept &= (store.issues[rows] & np.uint16(DecodeIssue.REASSEMBLED | DecodeIssue.MALFORMED)) == 0
        places, begin, wanted = places[kept], (store.offset[rows] + begin)[kept], wanted[kept]
        spools = np.array([source.spool for source in self.capture.reader.sources])[store.source[rows[kept]]]
        keys = np.zeros(len(places), np.uint64)
        for spool in np.unique(spools).tolist():
            mine = np.flatnonzero(spools == spool)
            mine = mine[np.argsort(begin[mine], kind="stable")]
            keys[mine] = _head_keys(self.capture.reader.descriptors[spool], begin[mine], wanted[mine])
        return places, keys


def segments_of(capture: OpenCapture) -> Segments:
    """All segments of ``capture`` that belong to a connection."""
    store = capture.store
    kept = slice(store.first, store.count)
    chosen = np.flatnonzero((store.kind[kept] == RowKind.TCP) & (store.stream[kept] >= 0)) + store.first
    together = len(chosen) and int(chosen[-1]) - int(chosen[0]) + 1 == len(chosen)
    return Segments(capture, chosen, store.stream[chosen], int(chosen[0]) if together else -1)


def _head_keys(descriptor: int, begin: I64, wanted: I64) -> U64:
    """Keys of ``wanted`` bytes from each of ``begin`` (ascending) on."""
    keys = np.zeros(len(begin), np.uint64)
    done = 0
    while done < len(begin):
        start = int(begin[done])
        end = int(np.searchsorted(begin, start + _BLOCK))
        end = max(done + 1, min(end, done + _AT_ONCE))
        span = int(begin[end - 1]) - start + _HEAD
        block = np.zeros(span, np.uint8)
        read = os.pread(descriptor, span, start)
        block[: len(read)] = np.frombuffer(read, np.uint8)
        here = slice(done, end)
        heads = block[(begin[here] - start)[:, None] + np.arange(_HEAD)]
        heads[np.arange(_HEAD) >= wanted[here, None]] = 0
        keys[here] = mixed(*heads.view(np.uint64).T, wanted[here])
        done = end
    return keys
