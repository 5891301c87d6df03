"""Frames that came from UDP port 53, found while a batch is decoded; they are parsed only when a rule asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from tcptui.model.other_protocol import DNS_PORT
from tcptui.model.packet_store import RowKind
from tcptui.wire.ip import PROTOCOL_UDP

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32
    from tcptui.protocols.payload_places import Payloads

#: Rows that are kept, the newest: a client has fewer, and of a name server all look alike.
MOST_ROWS: Final = 65_536
_IPV6_HEADER: Final = 40


class DnsRows:
    """Rows of frames from UDP port 53, in capture order; IPv6 extension headers are not followed."""

    may_have_files: ClassVar[bool] = True

    def __init__(self) -> None:
        self.rows: I32 = np.zeros(0, np.int32)
        """Store rows, ascending."""

    def add(self, batch: Payloads) -> None:
        """Test the frames of a batch."""
        buffer, start, store, first = batch.buffer, batch.start, batch.store, batch.first
        rows = slice(first, first + len(start))
        datagrams = (store.kind[rows] == RowKind.OTHER) & (store.protocol[rows] == PROTOCOL_UDP)
        at = np.flatnonzero(datagrams)
        if not len(at):
            return
        network, held = (column[rows][at].astype(np.int64) for column in (store.network_offset, store.captured))
        fits = network < held
        at, network, held = at[fits], network[fits], held[fits]
        begins = buffer[start[at] + network]
        header = np.where(begins >> 4 == 4, (begins & 0xF).astype(np.int64) * 4, _IPV6_HEADER)
        fits = network + header + 2 <= held
        at, place = at[fits], (start[at] + network + header)[fits]
        from_dns = (buffer[place] == 0) & (buffer[place + 1] == DNS_PORT)
        found = (first + at[from_dns]).astype(np.int32)
        if len(found):
            self.rows = np.concatenate((self.rows, found))[-MOST_ROWS:]

    def evict(self, first: int) -> None:
        """Drop the rows before ``first``, which are evicted."""
        gone = int(np.searchsorted(self.rows, first))
        if gone:
            self.rows = self.rows[gone:].copy()
