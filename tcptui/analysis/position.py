"""Where the capture was made: at the client, at the server, between them (findings.md, section 2).

A handshake tells: the SYN-ACK follows the SYN by the way to the server and back, the third
packet follows the SYN-ACK by the way to the client and back.  A way that takes next to nothing
is no way: the capture was made there.

Of hosts whose handshakes tell nothing (not captured, or a part of it repeated) the quickest acknowledgments
both ways are asked.  Those may have been held back, so they only ever show an end, never the middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.resend import SUSPICIOUS
from tcptui.model.endpoint import Endpoint
from tcptui.model.position import Position

if TYPE_CHECKING:
    from tcptui.analysis.stream_table import StreamTable
    from tcptui.model.packet_store import I32, I64

SHORTEST_TELLING_NS: Final = 500_000
"""A faster handshake stayed on one host, or in one rack: it tells nothing."""
NEAR_NS: Final = 1_000_000
"""The near part of a handshake takes at most this long, or `NEAR_PERCENT` of it."""
NEAR_PERCENT: Final = 5
FAR_TIMES: Final = 4
"""The far part is at least so many times the near one."""
MIDDLE_PERCENT: Final = 10
"""In the middle, each part has more than this share."""
HANDSHAKES_ASKED: Final = 4_096
"""More add nothing."""
STREAMS_ASKED: Final = 65_536
"""Among so many first ones acknowledgments are looked for."""


@dataclass(frozen=True, slots=True)
class CapturePlace:
    """Where a whole capture was made."""

    position: Position = Position.UNKNOWN
    """What all host pairs that tell anything agree on."""
    host: str | None = None
    """The host at which it was made, when every telling pair has it at its near end."""
    pairs: int = 0
    """Host pairs whose handshakes tell something."""


def position_of(server_wait_ns: int, client_wait_ns: int) -> Position:
    """The rule for one handshake, by its two parts; a part of 0 was not seen."""
    whole, shorter = server_wait_ns + client_wait_ns, min(server_wait_ns, client_wait_ns)
    if shorter <= 0 or whole < SHORTEST_TELLING_NS:
        return Position.UNKNOWN
    near = max(NEAR_NS, whole * NEAR_PERCENT // 100)
    if client_wait_ns <= near and server_wait_ns >= FAR_TIMES * client_wait_ns:
        return Position.CLIENT
    if server_wait_ns <= near and client_wait_ns >= FAR_TIMES * server_wait_ns:
        return Position.SERVER
    return Position.MIDDLE if shorter * 100 > whole * MIDDLE_PERCENT else Position.UNKNOWN


def capture_place(streams: StreamTable) -> CapturePlace:
    """Where the capture was made, by the median handshake of each host pair, or else by its acknowledgments."""
    votes = set()
    hosts = []
    for (client, server), position in _telling_pairs(streams).items():
        votes.add(position)
        hosts.append({Position.CLIENT: {client}, Position.SERVER: {server}}.get(position, set()))
    shared = set.intersection(*hosts) if hosts else set()
    host = Endpoint(shared.pop(), 0).host if len(shared) == 1 else None
    return CapturePlace(votes.pop() if len(votes) == 1 else Position.UNKNOWN, host, len(hosts))


def _telling_pairs(streams: StreamTable) -> dict[tuple[bytes, bytes], Position]:
    """Host pairs, clients first, and where each of them says that the capture was made."""
    rows = streams.listed()
    parts = streams.server_wait_ns[rows], streams.client_wait_ns[rows]
    found: dict[tuple[bytes, bytes], Position] = {}
    for pair, members in _pairs(streams, rows, *parts).items():
        position = position_of(*(int(np.median(part[members])) for part in parts))
        if position is not Position.UNKNOWN:
            found[pair] = position
    rows = rows[:STREAMS_ASKED]
    of_a, of_b, is_b = streams.min_rtt_ns_a[rows], streams.min_rtt_ns_b[rows], streams.client_is_b[rows] != 0
    # Which copy of a segment was acknowledged is not known (Karn).
    once = (streams.verdicts[rows] & SUSPICIOUS) == 0
    ways = np.where(once & is_b, of_b, once * of_a), np.where(once & is_b, of_a, once * of_b)
    for pair, members in _pairs(streams, rows, *ways).items():
        position = position_of(*(int(way[members].min()) for way in ways))
        if position in {Position.CLIENT, Position.SERVER}:
            found.setdefault(pair, position)
    return found


def _pairs(streams: StreamTable, rows: I32, one: I64, other: I64) -> dict[tuple[bytes, bytes], list[int]]:
    """Places in ``rows`` of streams for which both times are known, by their client and server hosts."""
    pairs: dict[tuple[bytes, bytes], list[int]] = {}
    for place in np.flatnonzero((one > 0) & (other > 0))[:HANDSHAKES_ASKED].tolist():
        stream = int(rows[place])
        pairs.setdefault((streams.client(stream).address, streams.server(stream).address), []).append(place)
    return pairs
