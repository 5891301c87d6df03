"""How long the way from the capture point to either end and back takes (rules/findings.md#path-delays)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.view import StreamView
from tcptui.model.arrays import indexes_of
from tcptui.model.batched import largest, smallest
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64

#: The capture was made at an end to which the way there and back takes at most this long …
HERE_NS: Final = 1_000_000
#: … or at most this share of the whole round trip.
HERE_PERCENT: Final = 5

#: An opening that takes more than this many times as long as the quickest acknowledgment …
PROXY_TIMES: Final = 8
#: … and longer than this was answered by another host than the acknowledgments, which a proxy sends.
PROXY_NS: Final = 20_000_000

#: A request instead of the bare ACK of the SYN-ACK is late from this on: longer than most ways.
LATE_REQUEST_NS: Final = 500_000_000


#: No stack's timer sends a SYN or SYN-ACK again sooner (Linux' least time-out, TCP_RTO_MIN): what does is a copy.
REPEAT_NS: Final = 200_000_000


@dataclass(frozen=True, slots=True)
class PathDelays:
    """The opening of a stream, and the two halves of its round trip; nanoseconds, 0 where nothing tells."""

    to_client_ns: int
    """From the capture point to the client and back."""
    to_server_ns: int
    opened: int
    """Index of the segment that completes the opening; -1 when none does."""
    mid_stream: bool
    """No SYN was captured."""

    @property
    def rtt_ns(self) -> int:
        """The whole round trip: the sum of both halves, of which one that is not known counts as 0."""
        return self.to_client_ns + self.to_server_ns

    def to_end_ns(self, side: int) -> int:
        """The half of ``side``: 0 the client, 1 the server."""
        return self.to_server_ns if side else self.to_client_ns

    def captured_at(self, side: int) -> bool:
        """Whether times show that the capture was made at ``side`` itself; they do not where its half is not known."""
        return self.to_end_ns(side) > 0 and self.may_be_at(side)

    def may_be_at(self, side: int) -> bool:
        """`captured_at`, or nothing tells how far ``side`` is."""
        return is_here(self.to_end_ns(side), self.rtt_ns)


def path_delays(view: StreamView) -> PathDelays:
    """The smallest times that the handshake and the acknowledgments of ``view`` show."""
    special = indexes_of((view.flags & (SYN | RST | ACK)) != ACK)
    syns = special[(view.flags[special] & SYN) != 0]
    if not len(syns):
        return PathDelays(view.min_rtt_from_server_ns, view.min_rtt_from_client_ns, 0, mid_stream=True)
    first = int(syns[0])
    opened, place = first, int(special.searchsorted(first))
    while place < len(special) and special[place] == opened:
        opened, place = opened + 1, place + 1
    opened = opened if opened < len(view) else -1
    server_ns, client_ns = view.min_rtt_from_client_ns, view.min_rtt_from_server_ns
    if len(syns) == 2 and opened == int(syns[1]) + 1 and not view.from_server[first]:
        # An unrepeated SYN, its SYN-ACK, and what the client sent next.
        syn_ack = int(syns[1])
        if view.from_server[syn_ack] and not view.from_server[opened]:
            by_opening_ns = view.time_ns.item(opened) - view.time_ns.item(syn_ack)
            # A request, or FIN, that comes instead of the bare ACK may have been waited for.
            asks_late = _is_more_than_ack(view, opened) and by_opening_ns >= LATE_REQUEST_NS
            if not asks_late:
                client_ns = way_ns(client_ns, by_opening_ns)
            elif client_ns >= by_opening_ns:
                client_ns = 0  # nothing else measured it
            server_ns = way_ns(server_ns, view.time_ns.item(syn_ack) - view.time_ns.item(first))
    elif len(syns) > 2 and opened >= 0:
        halves = repeated_halves(view, syns.tolist(), opened)
        client_ns, server_ns = (
            half.known_ns or half.least_ns or given for half, given in zip(halves, (client_ns, server_ns), strict=True)
        )
    return PathDelays(client_ns, server_ns, opened, mid_stream=False)


def _is_more_than_ack(view: StreamView, at: int) -> bool:
    """Whether segment ``at`` does what its program may have waited with: it brings payload, or closes."""
    return bool(view.length[at]) or bool(int(view.flags[at]) & FIN)


def late_request_ns(view: StreamView, delays: PathDelays) -> int:
    """How long the client waited with a request, or FIN, that came instead of its bare ACK, less the way; else 0."""
    opened = delays.opened
    if opened < 1 or not _is_more_than_ack(view, opened) or view.from_server[opened]:
        return 0
    answers = indexes_of(((view.flags[:opened] & SYN) != 0) & view.from_server[:opened])
    if not len(answers):
        return 0
    passed = view.time_ns.item(opened) - view.time_ns.item(answers[-1])
    return largest(passed - delays.to_client_ns, 0) if passed >= LATE_REQUEST_NS else 0


@dataclass(frozen=True, slots=True)
class Half:
    """The way to one end and back, where a handshake has repeats; nanoseconds, 0 where nothing tells."""

    known_ns: int
    """What is measured without doubt (Karn: an answer does not say which copy it answers)."""
    least_ns: int
    """From the last copy to the answer."""


def repeated_halves(view: StreamView, syns: list[int], opened: int) -> tuple[Half, Half]:
    """The ways to client and to server, where ``syns`` hold repeats and ``opened`` completes the handshake.

    An acknowledgment's time counts where it is shorter than that of the first copy, which is among them.
    """
    answers = [i for i in syns if view.from_server[i] and view.flags[i] & ACK and i < opened]
    asked = [i for i in syns if not view.from_server[i] and answers and i < answers[0]]
    to_client = to_server = Half(0, 0)
    if answers and not view.from_server[opened]:
        to_client = _half(view, answers, opened, view.min_rtt_from_server_ns)
    if asked:
        to_server = _half(view, asked, answers[0], view.min_rtt_from_client_ns)
    return to_client, to_server


def _half(view: StreamView, copies: list[int], answer: int, by_ack_ns: int) -> Half:
    first, last, end = (view.time_ns.item(i) for i in (copies[0], copies[-1], answer))
    if last - first < REPEAT_NS:
        once = way_ns(by_ack_ns, end - last)
        return Half(once, once)
    return Half(by_ack_ns if 0 < by_ack_ns < end - first else 0, largest(0, end - last))


def is_here(own_ns: int, rtt_ns: int) -> bool:
    """Whether the capture may have been made at the end whose half of ``rtt_ns`` is ``own_ns`` (0: not known).

    `are_here` is for arrays.
    """
    return own_ns <= largest(HERE_NS, rtt_ns * HERE_PERCENT // 100)


def are_here(own_ns: I64, rtt_ns: I64) -> NDArray[np.bool_]:
    """`is_here` for each pair of entries."""
    here: NDArray[np.bool_] = own_ns <= np.maximum(HERE_NS, rtt_ns * HERE_PERCENT // 100)
    return here


def way_ns(by_ack_ns: int, by_opening_ns: int) -> int:
    """The smaller of two times of the way there and back, of which 0 or less is unknown.

    Where a proxy sends the acknowledgments, these measure the way to the proxy, so the opening's time counts.
    `ways_ns` is for arrays.
    """
    if by_ack_ns <= 0 or by_opening_ns <= 0:
        return largest(by_ack_ns, by_opening_ns, 0)
    proxied = by_opening_ns > PROXY_TIMES * by_ack_ns and by_opening_ns > PROXY_NS
    return by_opening_ns if proxied else smallest(by_ack_ns, by_opening_ns)


def ways_ns(by_ack_ns: I64, by_opening_ns: I64) -> I64:
    """`way_ns` for each pair of entries."""
    either = np.maximum(np.maximum(by_ack_ns, by_opening_ns), 0)
    proxied = (by_opening_ns > PROXY_TIMES * by_ack_ns) & (by_opening_ns > PROXY_NS)
    both = np.where(proxied, by_opening_ns, np.minimum(by_ack_ns, by_opening_ns))
    return np.where((by_ack_ns <= 0) | (by_opening_ns <= 0), either, both)
