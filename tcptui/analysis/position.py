"""Where the capture was made: at the client, at the server, between them (findings.md, section 2).

A handshake tells: the SYN-ACK follows the SYN by the way to the server and back, the third
packet follows the SYN-ACK by the way to the client and back.  A way that takes next to nothing
is no way: the capture was made there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.endpoint import Endpoint
from tcptui.model.position import Position

if TYPE_CHECKING:
    from tcptui.analysis.stream_table import StreamTable

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
    """Where the capture was made, by the median handshake of each host pair."""
    seen = np.flatnonzero((streams.server_wait_ns[: streams.count] > 0) & (streams.client_wait_ns[: streams.count] > 0))
    seen = seen[:HANDSHAKES_ASKED]
    if not len(seen):
        return CapturePlace()
    pairs: dict[tuple[bytes, bytes], list[int]] = {}
    for stream in seen.tolist():
        pairs.setdefault((streams.client(stream).address, streams.server(stream).address), []).append(stream)
    votes = set()
    hosts = []
    for (client, server), members in pairs.items():
        waits = (np.median(column[members]) for column in (streams.server_wait_ns, streams.client_wait_ns))
        position = position_of(*(int(wait) for wait in waits))
        if position is not Position.UNKNOWN:
            votes.add(position)
            hosts.append({Position.CLIENT: {client}, Position.SERVER: {server}}.get(position, set()))
    shared = set.intersection(*hosts) if hosts else set()
    host = Endpoint(shared.pop(), 0).host if len(shared) == 1 else None
    return CapturePlace(votes.pop() if len(votes) == 1 else Position.UNKNOWN, host, len(hosts))
