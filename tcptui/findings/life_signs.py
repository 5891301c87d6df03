"""Life signs of a peer that leaves segments unanswered: its own later packets, and its answers to other connections.

A host that speaks is neither dead nor cut off, so these decide what an unanswered retransmission can mean
(rules/findings.md#life-signs).
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.arrays import first_after, last_of_each
from tcptui.model.batched import in_columns, in_each
from tcptui.model.tcp_flags import RST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.same_server import Siblings
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.packet_store import I64

#: Most other connections to the server whose packets are read.
SIBLINGS_READ: Final = 4
#: A connection with more packets than this is not read: it would cost more than it tells.
SIBLING_PACKETS: Final = 20_000
#: Connections whose siblings are looked up at once.
_AT_ONCE: Final = 4_096


def heard_after(connection: ConnectionFacts, side: int, i: int) -> int:
    """Index of the first segment, no RST, that the peer of ``side`` sent after segment ``i``; -1 without one.

    With ``i`` a retransmission by timer, the first copy is more than a round trip old: the segment left
    after that copy had, or should have, arrived.
    """
    return first_after(connection.segments(1 - side, RST), i)


def reset_after(connection: ConnectionFacts, side: int, i: int) -> int:
    """Index of the first RST that the peer of ``side`` sent after segment ``i``; -1 without one."""
    return first_after(connection.rsts_by_side[1 - side], i)


def silent_since_syn_ack(connection: ConnectionFacts) -> bool:
    """Whether the handshake is complete by the client's word, and the server sent nothing after one SYN-ACK."""
    handshake = connection.handshake
    return handshake is not None and int(connection.space.latest[1][-1]) == handshake.syn_ack


def silent_but_syn_ack(connection: ConnectionFacts, until: int) -> bool:
    """Whether the server had sent SYN-ACKs and nothing else when segment ``until`` passed: it may ignore the client."""
    latest = int(connection.space.latest[1][until])
    return latest >= 0 and connection.is_syn_ack(latest)


def heard_beside(connection: ConnectionFacts, begin_ns: int, end_ns: int) -> bool:
    """Whether the server sent anything in another connection to the same port after ``begin_ns``, up to ``end_ns``."""
    siblings = connection.context.siblings
    if siblings is None:
        return False
    in_order = not connection.context.quality.time_went_back  # else one that began later may have older packets
    heard: bool = in_columns(partial(_heard_beside, siblings, in_order), connection.view.stream, begin_ns, end_ns)
    return heard


def _heard_beside(siblings: Siblings, in_order: bool, streams: I64, begin_ns: I64, end_ns: I64) -> NDArray[np.bool_]:
    """`heard_beside` each of the connections ``streams``."""
    heard = np.zeros(len(streams), np.bool_)
    for begin in range(0, len(streams), _AT_ONCE):
        some = slice(begin, begin + _AT_ONCE)
        heard[some] = _some_heard_beside(siblings, in_order, streams[some], begin_ns[some], end_ns[some])
    return heard


def _some_heard_beside(
    siblings: Siblings, in_order: bool, streams: I64, begin_ns: I64, end_ns: I64
) -> NDArray[np.bool_]:
    near = siblings.near_each(streams, begun_before=True)
    chosen = (near.streams >= 0) & (near.last_ns > begin_ns[:, None]) & (near.packets <= SIBLING_PACKETS)
    if in_order:
        chosen &= near.began_ns <= end_ns[:, None]
    heard = np.zeros(len(streams), np.bool_)
    beside, at = last_of_each(chosen, SIBLINGS_READ).nonzero()
    others = near.streams[beside, at]
    whole, server_ns, _used_ns = siblings.first_words_each(others)
    # Its earliest words decide, unless they are too early, or evicted.
    first_heard = whole & (server_ns > begin_ns[beside]) & (server_ns <= end_ns[beside])
    heard[beside[first_heard]] = True
    unknown = ~whole | (server_ns <= begin_ns[beside])
    for place, other in zip(beside[unknown].tolist(), others[unknown].tolist(), strict=True):
        if not heard[place]:
            view = siblings.view(other)
            spoke = view.time_ns[view.from_server]
            heard[place] = ((spoke > begin_ns[place]) & (spoke <= end_ns[place])).any()
    return heard


def served_meanwhile(connection: ConnectionFacts, sent: list[int]) -> int:
    """Number of another connection that the server spoke to while the client's segments ``sent`` went unanswered.

    The server must be heard there before and after one of the later tries: heard only once, the path may have healed
    after the last try.  -1 without one.  Only for segments of the client: behind one client address, a NAT may hide
    many machines.
    """
    times = [connection.time[i] for i in sent]
    if len(times) < 2:
        return -1
    siblings = connection.context.siblings
    if siblings is None:
        return -1
    return in_each(partial(_served_meanwhile, siblings), connection.view.stream, *times)


def _served_meanwhile(siblings: Siblings, stream: int, *times: int) -> int:
    """`served_meanwhile`, of one ``stream`` whose segments were sent at ``times`` (ns)."""
    begin, end = times[0], times[-1] + (times[-1] - times[-2])
    near = siblings.near(stream, begun_before=True)
    chosen = (near.last_ns > times[1]) & (near.began_ns < times[-1]) & (near.packets <= SIBLING_PACKETS)
    others: list[int] = near.streams[chosen][-SIBLINGS_READ:].tolist()
    for other in others:
        view = siblings.view(other)
        spoke = view.time_ns[view.from_server & ((view.flags & RST) == 0)]
        spoke = np.sort(spoke[(spoke > begin) & (spoke <= end)])
        counts = np.diff(np.searchsorted(spoke, [*times, end], side="right"))
        if any(before and after for before, after in pairwise(counts.tolist())):
            return other
    return -1
