"""Segments that only a client, or only a server, sends: which end is which where no SYN was captured.

A request of HTTP or SMTP and TLS's ClientHello are a client's, whatever its port; a status line of HTTP and TLS's
ServerHello are a server's.  Only their first bytes are read, and only in streams that began before the capture.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.packet_store import DecodeIssue

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32, I64, U8, PacketStore

#: Payload bytes that are read.
READ: Final = 8


class Speaker(IntEnum):
    """Who sends such a segment; `UNKNOWN`: either end may."""

    UNKNOWN = 0
    CLIENT = 1
    SERVER = 2


#: What a payload begins with; a dot stands for any byte.
_BEGINS: Final = (
    *((text, Speaker.CLIENT) for text in (b"GET /", b"HEAD /", b"POST /", b"PUT /", b"GET http", b"POST htt")),
    *((text, Speaker.CLIENT) for text in (b"CONNECT ", b"OPTIONS ", b"PRI * HT", b"EHLO ", b"HELO ")),
    (b"HTTP/1.", Speaker.SERVER),
    # A handshake record that begins with ClientHello or ServerHello of less than 64 KiB (RFC 8446, 4, 5.1).
    (b"\x16\x03...\x01\x00", Speaker.CLIENT),
    (b"\x16\x03...\x02\x00", Speaker.SERVER),
)
_ANY: Final = ord(".")
#: Where the payload is not in the frame as it is, or begins elsewhere.
_ELSEWHERE: Final = int(DecodeIssue.REASSEMBLED | DecodeIssue.FRAGMENT | DecodeIssue.BAD_HEADER_LENGTH)


def _speakers(heads: U8) -> U8:
    """The `Speaker` of each payload of which the rows of ``heads`` hold the first `READ` bytes."""
    found = np.zeros(len(heads), np.uint8)
    for text, speaker in _BEGINS:
        columns = [place for place, byte in enumerate(text) if byte != _ANY or text[0] != 0x16]
        wanted = np.frombuffer(text, np.uint8)[columns]
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
