"""ECN: congestion that routers signal instead of dropping packets (rules/findings.md#ecn-congestion).

The same three header bits mean different things by what the handshake agreed on: flags of classic ECN (RFC 3168), or a
counter of marked packets modulo 8, Accurate ECN (RFC 9768).  Without the handshake they are read as flags only where
their course is that of flags.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

import numpy as np

from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import CONGESTED
from tcptui.model.arrays import indexes_of
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.tcp_flags import ACK, CWR, ECE, RST, SYN, TcpFlag

#: Value of the two ECN bits in the IP header: congestion experienced, CE (RFC 3168, 5).
CONGESTION_EXPERIENCED: Final = 3
#: Value of these bits on segments of a sender that wants an L4S queue (RFC 9331): ECT(1).
SCALABLE: Final = 1
#: A sender says within a round trip that it slowed down; its segment may wait behind others, so in percent of one.
ANSWERED_PERCENT: Final = 150

_AE: Final = int(TcpFlag.AE)
_FIELD: Final = _AE | CWR | ECE
#: Value of AE, CWR and ECE as one number, the ACE field: the bits above those of ECE.
_SHIFT: Final = ECE.bit_length() - 1
#: SYN-ACKs that agree to Accurate ECN (RFC 9768, table 2): what the server saw of the SYN's IP header.
_AGREES: Final = frozenset((CWR, CWR | ECE, _AE, _AE | CWR))
#: Of these the one that says that the SYN arrived marked, as does the same value in the third packet (table 3).
_CAME_MARKED: Final = _AE | CWR
#: Where the counter of marked packets begins (RFC 9768, 3.2.1), and what it is counted modulo.
_COUNT_FROM: Final = 5
_COUNT_TO: Final = 8
#: Segments may be captured joined; those of full size carry at least so many bytes on the wire (RFC 9293, 3.7.1).
_SMALL_SEGMENT: Final = 536


class Agreed(Enum):
    """What the two SYNs say of ECN."""

    NOTHING = auto()
    CLASSIC = auto()
    ACCURATE = auto()
    UNKNOWN = auto()
    """One of the SYNs at least was not captured."""


def agreed(connection: ConnectionFacts) -> Agreed:
    """What the ends agreed on, by RFC 9768, table 2, of which RFC 3168, 6.1.1 is a part."""
    offer = next((i for i in connection.syns if connection.is_pure_syn(i)), -1)
    answer = next((i for i in connection.syns if connection.is_syn_ack(i)), -1)
    asked, said = (connection.flags[i] & _FIELD if i >= 0 else -1 for i in (offer, answer))
    if offer >= 0 and asked not in {_FIELD, CWR | ECE}:
        return Agreed.NOTHING
    if answer >= 0 and said & (CWR | ECE) == ECE:
        return Agreed.CLASSIC
    if answer < 0:
        return Agreed.UNKNOWN
    if asked == CWR | ECE or said not in _AGREES:
        return Agreed.NOTHING
    # A host that sends all bits of the SYN back would look like one of these where the SYN is not here.
    return Agreed.UNKNOWN if offer < 0 and said == CWR | ECE else Agreed.ACCURATE


def ecn_congestion(connection: ConnectionFacts) -> Finding | None:
    """`ecn-congestion`: routers marked packets (CE), which is here to see, or their receiver reports it.

    The one certain sign of congestion.  A note: this is how a path should signal that it is full.
    """
    mode = agreed(connection)
    if mode is Agreed.NOTHING:
        return None
    marked = indexes_of((connection.view.tos & 3) == CONGESTION_EXPERIENCED).tolist()
    if mode is Agreed.ACCURATE:
        return _accurate(connection, marked)
    echoes, cuts = _flags(connection)
    if mode is Agreed.UNKNOWN and not _are_flags(connection, echoes, cuts):
        echoes, cuts = [], []
    if not marked and not echoes:
        return None
    side = connection.side[marked[0]] if marked else 1 - connection.side[echoes[0]]
    mine = [i for i in cuts if connection.side[i] == side]
    if not marked:
        shape = "echoed" if mode is Agreed.CLASSIC else "answered"
    else:
        shape = "marked" if mode is Agreed.CLASSIC or echoes else "unread"
    return connection.finding(
        FindingId.ECN_CONGESTION,
        [*marked[:8], *echoes[:4], *mine[:8]],
        Severity.NOTE,
        Confidence.LIKELY if shape == "answered" else Confidence.CERTAIN,
        ("policer-marks",),
        shape=shape,
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=max(len(mine), len(marked)) or 1,
        marks=len(marked),
        echoes=len(echoes),
        reductions=len(mine),
        mark_frame=connection.frame[marked[0]] if marked else 0,
        echo_frame=connection.frame[echoes[0]] if echoes else 0,
        cut_frame=connection.frame[mine[0]] if mine else 0,
        segments=_data_segments(connection, side),
    )


def _data_segments(connection: ConnectionFacts, side: int) -> int:
    return int(np.count_nonzero((connection.view.length > 0) & (connection.view.from_server == bool(side))))


def _flags(connection: ConnectionFacts) -> tuple[list[int], list[int]]:
    """Segments that would be echoes of marks, and those that would say that their sender slowed down."""
    later = [i for i in connection.congestion_flags if not connection.flags[i] & (SYN | RST)]
    echoes = [i for i in later if connection.flags[i] & ECE and connection.flags[i] & ACK]
    return echoes, [i for i in later if connection.flags[i] & CWR]


def _are_flags(connection: ConnectionFacts, echoes: list[int], cuts: list[int]) -> bool:
    """Whether the bits are flags of classic ECN rather than a counter, in a stream whose handshake is not here.

    Nobody ever sets AE; the flag is seen to rise; and data with CWR, the first with it, answers the first echo within a
    round trip (`ANSWERED_PERCENT`).  Counters that stand somewhere in both directions do none of this.
    """
    if not echoes or int(np.bitwise_or.reduce(connection.view.flags)) & _AE:
        return False
    first = echoes[0]
    if all(connection.side[i] != connection.side[first] for i in range(first)):
        return False
    latest_ns = connection.time[first] + connection.path_rtt_ns * ANSWERED_PERCENT // 100
    answer = next((i for i in cuts if connection.side[i] != connection.side[first]), -1)
    return answer > first and bool(connection.length[answer]) and connection.time[answer] <= latest_ns


def _accurate(connection: ConnectionFacts, marked: list[int]) -> Finding | None:
    """The finding where the ends agreed on Accurate ECN: marks that passed here, or that a receiver counted."""
    reports = _reported(connection, 0), _reported(connection, 1)
    if marked:
        side = connection.side[marked[0]]
    elif reports[0][0] or reports[1][0]:
        side = int(reports[0][0] >= reports[1][0])
    else:
        return None
    reported, rows, from_count, to_count = reports[1 - side]
    mine = [i for i in marked if connection.side[i] == side]
    scalable = (connection.view.tos & 3 == SCALABLE) & (connection.view.from_server == bool(side))
    return connection.finding(
        FindingId.ECN_CONGESTION,
        [*mine[:8], *rows[:8]],
        Severity.NOTE,
        Confidence.CERTAIN,
        ("l4s-marks", "policer-marks") if scalable.any() else ("policer-marks",),
        shape="counted-here" if mine else "counted",
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=max(len(mine), reported),
        marks=len(mine),
        reported=reported,
        count_from=from_count,
        count_to=to_count,
        mark_frame=connection.frame[mine[0]] if mine else 0,
        echo_frame=connection.frame[rows[0]] if rows else 0,
        segments=_data_segments(connection, side),
    )


def _reported(connection: ConnectionFacts, side: int) -> tuple[int, list[int], int, int]:
    """How many marked packets ``side`` reports at least, where it does so, and its counter's first and last value.

    The counter runs modulo 8, so between two reports it is known no better.  Only segments that acknowledge more than
    all before them count: late ones have an older value.  A field that is always 0 was cleared on the way; one that
    runs ahead of the packets that could have been marked is no counter.
    """
    view = connection.view
    own = (view.from_server == bool(side)) & (view.flags & (SYN | RST | ACK) == ACK)
    third = connection.handshake.third if connection.handshake is not None else -1
    if third >= 0 and connection.side[third] == side:
        own[third] = False  # it has the handshake's own values
    rows = indexes_of(own)
    if not len(rows):
        return 0, [], 0, 0
    counters = (view.flags[rows].astype(np.int64) & _FIELD) >> _SHIFT
    if not counters.any():
        return 0, [], 0, 0
    newest = np.maximum.accumulate(np.asarray(connection.space.ack)[rows])
    fresh = np.diff(newest, prepend=newest[0] - 1) > 0
    rows, counters = rows[fresh], counters[fresh]
    begin = _first_count(connection, side, int(counters[0]))
    steps = np.diff(counters, prepend=begin) % _COUNT_TO
    carried = np.where((view.from_server != bool(side)) & (view.length > 0), 1 + view.length // _SMALL_SEGMENT, 0)
    if (steps.cumsum() > carried.cumsum()[rows]).any():
        return 0, [], 0, 0
    return int(steps.sum()), rows[steps > 0].tolist(), begin, int(counters[-1])


def _first_count(connection: ConnectionFacts, side: int, seen: int) -> int:
    """The value at which the counter of ``side`` began: one more where the peer's SYN arrived marked.

    Where the handshake is not whole it is the first value ``seen``.
    """
    handshake = connection.handshake
    if handshake is None:
        return seen
    says = connection.flags[handshake.syn_ack if side else handshake.third] & _FIELD
    return _COUNT_FROM + (says == _CAME_MARKED)


RULES: Final = ((CONGESTED, ecn_congestion),)
