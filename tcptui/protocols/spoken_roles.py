"""Segments that only a client, or only a server, sends: which end is which where no SYN was captured.

A request of HTTP or SMTP and TLS's ClientHello are a client's, whatever its port; a status line of HTTP and TLS's
ServerHello are a server's.  Only their first bytes are read, and only in streams that began before the capture.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.packet_store import DecodeIssue
from tcptui.protocols.registry import PROTOCOLS

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32, I64, U8, PacketStore

#: Payload bytes that are read.
READ: Final = 8


class Speaker(IntEnum):
    """Who sends such a segment; `UNKNOWN`: either end may."""

    UNKNOWN = 0
    CLIENT = 1
    SERVER = 2


#: Beginnings of payloads, by the rows of the registry; None stands for any byte.
_BEGINS: Final = tuple(
    (first, speaker)
    for row in PROTOCOLS
    for each, speaker in ((row.client_begins, Speaker.CLIENT), (row.server_begins, Speaker.SERVER))
    for first in each
)
#: Where the payload is not in the frame as it is, or begins elsewhere.
_ELSEWHERE: Final = int(DecodeIssue.REASSEMBLED | DecodeIssue.FRAGMENT | DecodeIssue.BAD_HEADER_LENGTH)


def _speakers(heads: U8) -> U8:
    """The `Speaker` of each payload of which the rows of ``heads`` hold the first `READ` bytes."""
    found = np.zeros(len(heads), np.uint8)
    for first, speaker in _BEGINS:
        columns = [place for place, byte in enumerate(first) if byte is not None]
        wanted = np.array([byte for byte in first if byte is not None], np.uint8)
        found[(heads[:, columns] == wanted).all(axis=1)] = speaker
    return found


def spoken_by(buffer: U8, start: I64, store: PacketStore, rows: I32 | I64) -> U8:
    """The `Speaker` of each of ``rows``, whose frames lie at offsets ``start`` in ``buffer`` (parallel to ``rows``)."""
    begin = store.transport_offset[rows].astype(np.int64) + store.header_length[rows]
    fits = (store.length[rows] >= READ) & (begin + READ <= store.captured[rows])
    at = np.flatnonzero(fits & ((store.issues[rows] & _ELSEWHERE) == 0))
    found = np.zeros(len(rows), np.uint8)
    found[at] = _speakers(buffer[(start + begin)[at][:, None] + np.arange(READ)])
    return found
