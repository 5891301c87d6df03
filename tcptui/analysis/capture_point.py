"""Where the capture was made: at the client, at the server, between them (rules/findings.md#capture-point).

In a handshake, the time from SYN to SYN-ACK is the round trip between capture point and server, and the
time from SYN-ACK to the third packet is the round trip between capture point and client.  Where one of
them takes next to no time, the capture was made at that end.

For hosts whose handshakes tell nothing (not captured, or a part of it repeated) the smallest acknowledgment
times of both directions are used.  ACKs may be delayed, so these only ever show an end, never the middle.
Where nothing else tells, handshakes with a repeat may show an end, by the rule for a single connection
(`tcptui.findings.facts.where_captured`): they say where, and make no host that of the whole capture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.resend.resend import SUSPICIOUS
from tcptui.analysis.stream.table import StreamMark
from tcptui.model.batched import largest, smallest
from tcptui.model.capture_point import CapturePoint
from tcptui.model.endpoint import Endpoint

if TYPE_CHECKING:
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import I32, I64

SHORTEST_TELLING_NS: Final = 500_000
"""A faster handshake stayed on one host, or in one rack: it tells nothing."""
NEAR_NS: Final = 1_000_000
"""The near part of a handshake takes at most this long, or `NEAR_PERCENT` of it."""
NEAR_PERCENT: Final = 5
FIRST_ANSWER_NS: Final = 800_000_000
"""In a handshake with repeats a SYN-ACK later than this may answer an earlier SYN."""
FAR_TIMES: Final = 4
"""The far part of a handshake takes at least this many times as long as the near one."""
MIDDLE_PERCENT: Final = 10
"""For a capture in the middle, each part takes more than this share of the handshake."""
HANDSHAKES_SAMPLED: Final = 4_096
"""Most handshakes that are evaluated; more add nothing."""
STREAMS_SAMPLED: Final = 65_536
"""Acknowledgments are evaluated in this many first streams only."""

_ANYWHERE: Final = frozenset({CapturePoint.CLIENT, CapturePoint.SERVER, CapturePoint.MIDDLE})
_ENDS: Final = frozenset({CapturePoint.CLIENT, CapturePoint.SERVER})
#: Bytes of a host in a pair's key: the three words of an address in `FlowTable.addresses`.
_HOST: Final = 24


@dataclass(frozen=True, slots=True)
class CapturePlace:
    """Where a whole capture was made."""

    position: CapturePoint = CapturePoint.UNKNOWN
    """What all host pairs that tell anything agree on."""
    host: str | None = None
    """The host at which it was made, when every telling pair has it at its near end."""
    pairs: int = 0
    """Host pairs whose handshakes or acknowledgments tell something."""
    host_key: bytes = field(default=b"", compare=False, repr=False)
    """`host` as its three words in `FlowTable.addresses`, where handshakes tell of it; else empty."""

    @property
    def own_host(self) -> str | None:
        """`host`, where handshakes tell of it: streams that tell nothing themselves were captured there, too."""
        return self.host if self.host_key else None

    def roles(self, streams: StreamTable, chosen: I64) -> list[CapturePoint]:
        """For each of the streams ``chosen`` which of its ends is `own_host`; `CapturePoint.UNKNOWN`: none, or both."""
        if not self.host_key:
            return [CapturePoint.UNKNOWN] * len(chosen)
        words = np.frombuffer(self.host_key, np.uint64)
        here = (streams.flows.addresses_of(streams.flow[chosen]) == words).all(axis=2)
        is_b, one = streams.client_is_b[chosen].astype(np.int64), np.arange(len(chosen))
        which = here[one, is_b].astype(np.int64) - here[one, 1 - is_b]
        names = CapturePoint.UNKNOWN, CapturePoint.CLIENT, CapturePoint.SERVER
        return [names[place] for place in which.tolist()]


def position_of(server_wait_ns: int, client_wait_ns: int) -> CapturePoint:
    """Where one handshake shows that the capture was made, by its two parts; a part of 0 was not seen."""
    whole, shorter = server_wait_ns + client_wait_ns, smallest(server_wait_ns, client_wait_ns)
    if shorter <= 0 or whole < SHORTEST_TELLING_NS:
        return CapturePoint.UNKNOWN
    near = largest(NEAR_NS, whole * NEAR_PERCENT // 100)
    if client_wait_ns <= near and server_wait_ns >= FAR_TIMES * client_wait_ns:
        return CapturePoint.CLIENT
    if server_wait_ns <= near and client_wait_ns >= FAR_TIMES * server_wait_ns:
        return CapturePoint.SERVER
    return CapturePoint.MIDDLE if shorter * 100 > whole * MIDDLE_PERCENT else CapturePoint.UNKNOWN


def positions_of(server_wait_ns: I64, client_wait_ns: I64) -> list[CapturePoint]:
    """`position_of` for each pair of entries."""
    whole, shorter = server_wait_ns + client_wait_ns, np.minimum(server_wait_ns, client_wait_ns)
    near = np.maximum(NEAR_NS, whole * NEAR_PERCENT // 100)
    chosen = np.select(
        [
            (shorter <= 0) | (whole < SHORTEST_TELLING_NS),
            (client_wait_ns <= near) & (server_wait_ns >= FAR_TIMES * client_wait_ns),
            (server_wait_ns <= near) & (client_wait_ns >= FAR_TIMES * server_wait_ns),
            shorter * 100 > whole * MIDDLE_PERCENT,
        ],
        [0, 1, 2, 3],
        0,
    )
    names = CapturePoint.UNKNOWN, CapturePoint.CLIENT, CapturePoint.SERVER, CapturePoint.MIDDLE
    return [names[place] for place in chosen.tolist()]


def capture_place(streams: StreamTable) -> CapturePlace:
    """Where the capture was made, by the median handshake of each host pair, or else by its acknowledgments."""
    by_handshake, by_acks = _telling_pairs(streams)
    told = by_acks | by_handshake or _by_repeated(streams)
    votes = set(told.values())
    hosts = [
        {CapturePoint.CLIENT: {pair[:_HOST]}, CapturePoint.SERVER: {pair[_HOST:]}}.get(position, set())
        for pair, position in told.items()
    ]
    shared = set.intersection(*hosts) if hosts else set()
    key = shared.pop() if len(shared) == 1 else b""
    position = votes.pop() if len(votes) == 1 else CapturePoint.UNKNOWN
    return CapturePlace(position, _host(key) if key else None, len(hosts), key if by_handshake else b"")


def _telling_pairs(streams: StreamTable) -> tuple[dict[bytes, CapturePoint], dict[bytes, CapturePoint]]:
    """Where each host pair shows that the capture was made, by the pair's key; pairs that tell nothing are left out.

    By their handshakes, and by their acknowledgments.
    """
    rows = streams.listed()
    # With a repeated SYN or SYN-ACK nobody can say which one was answered.
    once = (streams.marks[rows] & StreamMark.SYN_REPEATED) == 0
    parts = streams.server_wait_ns[rows] * once, streams.client_wait_ns[rows] * once
    pairs = _Pairs(streams, rows, *parts)
    found = pairs.telling(positions_of(pairs.medians(parts[0]), pairs.medians(parts[1])), _ANYWHERE)
    rows = rows[:STREAMS_SAMPLED]
    of_a, of_b, is_b = streams.min_rtt_ns_a[rows], streams.min_rtt_ns_b[rows], streams.client_is_b[rows] != 0
    # After a retransmission it is not known which copy was acknowledged (Karn).
    once = (streams.verdicts[rows] & SUSPICIOUS) == 0
    ways = np.where(once & is_b, of_b, once * of_a), np.where(once & is_b, of_a, once * of_b)
    pairs = _Pairs(streams, rows, *ways)
    return found, pairs.telling(positions_of(pairs.least(ways[0]), pairs.least(ways[1])), _ENDS)


def _by_repeated(streams: StreamTable) -> dict[bytes, CapturePoint]:
    """Where host pairs show that the capture was made by handshakes with a repeat alone: at an end, or nothing.

    Not where acknowledgments name the other end, as in a simultaneous open.
    """
    rows = streams.listed()
    to_server, to_client = streams.server_wait_ns[rows], streams.client_wait_ns[rows]
    of_a, of_b, is_b = streams.min_rtt_ns_a[rows], streams.min_rtt_ns_b[rows], streams.client_is_b[rows] != 0
    agree = (of_a == 0) | (of_b == 0) | ((np.where(is_b, of_b < of_a, of_a < of_b)) == (to_server < to_client))
    tells = ((streams.marks[rows] & StreamMark.SYN_REPEATED) != 0) & (to_server <= FIRST_ANSWER_NS) & agree
    parts = to_server * tells, to_client * tells
    pairs = _Pairs(streams, rows, *parts)
    return pairs.telling(positions_of(pairs.medians(parts[0]), pairs.medians(parts[1])), _ENDS)


class _Pairs:
    """Streams for which both times are known, grouped by their client and server hosts."""

    def __init__(self, streams: StreamTable, rows: I32, one: I64, other: I64) -> None:
        self._places = np.flatnonzero((one > 0) & (other > 0))[:HANDSHAKES_SAMPLED]
        """Places of the streams in ``rows``."""
        asked = rows[self._places]
        hosts = streams.flows.addresses_of(streams.flow[asked])
        # The client's first.
        by_b = streams.client_is_b[asked] != 0
        hosts[by_b] = hosts[by_b, ::-1]
        flat = np.ascontiguousarray(hosts).reshape(-1).view(np.dtype((np.void, 2 * _HOST)))
        self._keys, self._which = np.unique(flat, return_inverse=True)
        self._counts = np.bincount(self._which, minlength=len(self._keys))
        self._begins = np.cumsum(self._counts) - self._counts

    def telling(self, positions: list[CapturePoint], wanted: frozenset[CapturePoint]) -> dict[bytes, CapturePoint]:
        """The pairs whose position (one of ``positions`` per pair) is among ``wanted``, by their keys."""
        told = zip(self._keys.tolist(), positions, strict=True)
        return {pair: position for pair, position in told if position in wanted}

    def medians(self, times: I64) -> I64:
        """The median of each pair's ``times`` (one for each of the rows)."""
        ordered = self._ordered(times)
        both: I64 = ordered[self._begins + (self._counts - 1) // 2] + ordered[self._begins + self._counts // 2]
        return both // 2

    def least(self, times: I64) -> I64:
        """The smallest of each pair's ``times``."""
        least: I64 = self._ordered(times)[self._begins]
        return least

    def _ordered(self, times: I64) -> I64:
        """``times`` of the streams, pair by pair, each pair's ascending."""
        mine = times[self._places]
        ordered: I64 = mine[np.lexsort((mine, self._which))]
        return ordered


def _host(words: bytes) -> str:
    """The text of an address whose words are those of `FlowTable.addresses`."""
    high, low, version = np.frombuffer(words, np.uint64).tolist()
    return Endpoint((high << 64 | low).to_bytes(16, "big")[0 if version == 6 else 12 :], 0).host
