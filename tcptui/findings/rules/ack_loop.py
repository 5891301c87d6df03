"""`challenge-ack`, shape ``loop``: each end answers the other's ACK with an ACK, for they disagree on numbers."""

from __future__ import annotations

from typing import Final

import numpy as np

from tcptui.findings.facts import SIDES, ConnectionFacts
from tcptui.model.arrays import indexes_of
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.seq import ahead
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.model.verdict import Verdict

#: So many ACKs, each the answer to the one before it, are a loop.
LOOP_LEAST: Final = 20
#: A loop that ends sooner does no harm (ns).
LOOP_NS: Final = 100_000_000
#: Each comes within this time of the one before: keep-alives and window probes are seconds apart.
LOOP_GAP_NS: Final = 500_000_000
#: A keep-alive, or a probe of a closed window, is numbered one below what its receiver expects (RFC 9293, 3.8.4).
_PROBE: Final = 1

_DUPLICATE: Final = int(Verdict.DUPLICATE_ACK)
_BARE: Final = SYN | FIN | RST | ACK


def ack_loop(connection: ConnectionFacts) -> Finding | None:
    """An end answers what it cannot accept with an ACK (RFC 9293, 3.10.7.4); where neither can, that never ends."""
    if connection.count < LOOP_LEAST or not connection.verdicts & _DUPLICATE:
        return None
    view = connection.view
    answers = np.zeros(len(view), np.bool_)
    bare = ((view.flags & _BARE) == ACK) & (view.length == 0)
    repeated = bare[2:] & bare[1:-1] & bare[:-2] & (view.from_server[2:] != view.from_server[1:-1])
    repeated &= (view.from_server[2:] == view.from_server[:-2]) & (view.seq[2:] == view.seq[:-2])
    repeated &= (view.ack[2:] == view.ack[:-2]) & (view.time_ns[2:] - view.time_ns[1:-1] <= LOOP_GAP_NS)
    answers[2:] = repeated
    ends = indexes_of(np.diff(answers.astype(np.int8), append=0, prepend=0))
    begins, stops = ends[::2], ends[1::2]
    if not len(begins):
        return None
    longest = int(np.argmax(stops - begins))
    first, last = int(begins[longest]) - 2, int(stops[longest]) - 1
    count = last - first + 1
    if count < LOOP_LEAST or connection.time[last] - connection.time[first] < LOOP_NS:
        return None
    off = [ahead(connection.seq[i], connection.ack[i + 1]) for i in (first, first + 1)]
    if all(abs(each) <= _PROBE for each in off):
        return None
    beyond = first if abs(off[0]) >= abs(off[1]) else first + 1
    side = connection.side[beyond]
    return connection.finding(
        FindingId.CHALLENGE_ACK,
        range(first, last + 1),
        Severity.WARNING,
        Confidence.CERTAIN,
        ("numbers-rewritten", "data-injected", "missed-packets"),
        shape="loop",
        sender=SIDES[1 - side],
        other=SIDES[side],
        count=count,
        first_frame=connection.frame[first],
        last_frame=connection.frame[last],
        delay_s=connection.seconds(first, last),
        off_bytes=max(map(abs, off)),
        rate=round(count / connection.seconds(first, last)),
    )
