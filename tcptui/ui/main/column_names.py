"""The names of the connection list's columns and sort orders.

Apart from `columns`, because settings name them and are read before NumPy is imported.
"""

from __future__ import annotations

from enum import Enum


class SortKey(Enum):
    """The sort orders of the list; those by the values of a column put the largest first, unless they are reversed."""

    START = "start"
    """By start time, the earliest first; it belongs to no column."""
    PROBLEMS = "problems"
    """By severity, then by seconds lost, then by troubled packets."""
    LOST = "lost"
    PACKETS = "packets"
    BYTES = "bytes"
    RTT = "rtt"
    DURATION = "duration"
    RATE = "bit-rate"
    PACKET_RATE = "packet-rate"


class Column(Enum):
    """The columns, by the end of their heading's catalogue key."""

    MARK = "mark"
    CLIENT = "client"
    SERVER = "server"
    STATE = "state"
    OWNER = "owner"
    LOST = "lost"
    PACKETS = "packets"
    SENT = "sent"
    RECEIVED = "received"
    RTT = "rtt"
    DURATION = "duration"
    TRAFFIC = "traffic"
    RATE = "bit-rate"
    PACKET_RATE = "packet-rate"
    NOTE = "note"
