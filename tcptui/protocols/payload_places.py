"""Where the payloads of segments stand in the bytes of a batch: what `row_notes.RowNotes` test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from tcptui.model.packet_store import DecodeIssue, RowKind

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32, I64, U8, PacketStore

_ELSEWHERE: Final = np.uint16(DecodeIssue.REASSEMBLED | DecodeIssue.FRAGMENT | DecodeIssue.BAD_HEADER_LENGTH)


@dataclass(frozen=True, slots=True)
class Payloads:
    """One batch: its bytes, the frames at ``start`` in these, decoded into rows ``first`` … of ``store``, and payloads.

    Payload that does not stand in its own frame is left out.
    """

    buffer: U8
    start: I64
    store: PacketStore
    first: int
    at: I64
    """Which frames have payload, ascending."""
    place: I64
    """Where in ``buffer`` each begins."""
    captured: I64
    """How many bytes of each were captured, at least one."""
    head: U8
    """The first byte of each."""

    @classmethod
    def of(cls, buffer: U8, start: I64, store: PacketStore, first: int) -> Self:
        """The payloads of the frames at ``start``."""
        rows = slice(first, first + len(start))
        carrying = (store.length[rows] > 0) & (store.kind[rows] == RowKind.TCP)
        at = np.flatnonzero(carrying & ((store.issues[rows] & _ELSEWHERE) == 0))
        begin = store.transport_offset[rows][at].astype(np.int64) + store.header_length[rows][at]
        captured = np.minimum(store.length[rows][at], store.captured[rows][at] - begin)
        held = captured > 0
        if not held.all():
            at, begin, captured = at[held], begin[held], captured[held]
        place = start[at] + begin
        return cls(buffer, start, store, first, at, place, captured, buffer[place])

    def beginning(self, byte: int, size: int) -> tuple[I64, I64]:
        """Frames and places of the payloads that begin with ``byte``, and of which ``size`` bytes were captured."""
        chosen = self.longer(np.flatnonzero(self.head == byte), size)
        return self.at[chosen], self.place[chosen]

    def longer(self, chosen: I64, size: int) -> I64:
        """The payloads among ``chosen`` (indexes) of which at least ``size`` bytes were captured."""
        return chosen[self.captured[chosen] >= size]

    def lengths(self) -> I32:
        """How many bytes each had on the wire."""
        length: I32 = self.store.length[self.first + self.at]
        return length
