"""ECN: congestion that routers signal instead of dropping packets (RFC 3168; rules/findings.md#ecn-congestion)."""

from __future__ import annotations

from typing import Final

import numpy as np

from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.findings.gates import CONGESTED
from tcptui.model.arrays import indexes_of
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.tcp_flags import ACK, CWR, ECE, RST, SYN

#: Value of the two ECN bits in the IP header: congestion experienced, CE (RFC 3168, 5).
CONGESTION_EXPERIENCED: Final = 3


def ecn_congestion(connection: ConnectionFacts) -> Finding | None:
    """`ecn-congestion`: marked by a router (CE), echoed by the receiver (ECE), answered by the sender (CWR).

    The one certain sign of congestion.  On a SYN the flags ECE and CWR only offer ECN, and ECE on a SYN-ACK
    only agrees to it (RFC 3168, 6.1.1); without that agreement they mean nothing.  A note: this is how
    a path should signal that it is full.
    """
    view = connection.view
    offer = next((i for i in connection.syns if connection.is_pure_syn(i)), -1)
    answer = next((i for i in connection.syns if connection.is_syn_ack(i)), -1)
    for i, wanted in ((offer, ECE | CWR), (answer, ECE)):
        if i >= 0 and connection.flags[i] & (ECE | CWR) != wanted:
            return None
    later = [i for i in connection.congestion_flags if not connection.flags[i] & (SYN | RST)]
    echoes = [i for i in later if connection.flags[i] & ECE and connection.flags[i] & ACK]
    cuts = [i for i in later if connection.flags[i] & CWR]
    marked = indexes_of((view.tos & 3) == CONGESTION_EXPERIENCED).tolist()
    if not marked and not echoes:
        return None
    if not marked and connection.mid_stream and not cuts:
        return None  # without the handshake it is unknown whether ECN was negotiated
    side = connection.side[marked[0]] if marked else 1 - connection.side[echoes[0]]
    mine = [i for i in cuts if connection.side[i] == side]
    events = max(len(mine), len(marked))
    shape = "marked" if marked else "echoed"
    return connection.finding(
        FindingId.ECN_CONGESTION,
        [*marked[:8], *echoes[:4], *mine[:8]],
        Severity.NOTE,
        Confidence.CERTAIN,
        ("policer-marks",),
        shape=shape,
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=events or 1,
        marks=len(marked),
        echoes=len(echoes),
        reductions=len(mine),
        mark_frame=connection.frame[marked[0]] if marked else 0,
        echo_frame=connection.frame[echoes[0]] if echoes else 0,
        cut_frame=connection.frame[mine[0]] if mine else 0,
        segments=int(np.count_nonzero((view.length > 0) & (view.from_server == bool(side)))),
    )


RULES: Final = ((CONGESTED, ecn_congestion),)
