"""Segments that begin with HTTP/2's preface, found while a batch is decoded: which streams speak it from the start."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32
    from tcptui.protocols.payload_places import Payloads

#: What a client sends first (RFC 9113, 3.4).
PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#: Its bytes that are looked at: no request of HTTP/1 begins so.
_BEGINS: Final = np.frombuffer(PREFACE[:16], np.uint8)
#: Rows that are kept, the newest.
_MOST_ROWS: Final = 1 << 20


class PrefaceRows:
    """Rows of segments that begin with the preface, in capture order."""

    may_have_files: ClassVar[bool] = True

    def __init__(self) -> None:
        self.rows: I32 = np.zeros(0, np.int32)
        """Store rows, ascending."""

    def add(self, batch: Payloads) -> None:
        """Test the payloads of a batch."""
        at, place = batch.beginning(_BEGINS[0], len(_BEGINS))
        if not len(at):
            return
        whole = (batch.buffer[place[:, None] + np.arange(len(_BEGINS))] == _BEGINS).all(axis=1)
        found = (batch.first + at[whole]).astype(np.int32)
        if len(found):
            self.rows = np.concatenate((self.rows, found))[-_MOST_ROWS:]

    def evict(self, first: int) -> None:
        """Drop the rows before ``first``, which are evicted."""
        gone = int(np.searchsorted(self.rows, first))
        if gone:
            self.rows = self.rows[gone:].copy()
