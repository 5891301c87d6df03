"""A rule about a server program that went away, and perhaps came back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.table import StreamMark
from tcptui.findings.rules.whole_capture.capture_facts import groups, one_of
from tcptui.findings.rules.whole_capture.ignored_first import ignored_first
from tcptui.model.arrays import indexes_of
from tcptui.model.finding import Confidence, FindingId, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import CaptureFinding
    from tcptui.model.packet_store import I64

#: Connections that the server ended so long before the first refusal at most ended with the program (ns).
ENDED_BEFORE_NS: Final = 10_000_000_000
#: So many attempts of clients that the port had served were refused.
REFUSED_LEAST: Final = 2
#: A connection that goes on so long after the first refusal did not end with the program (ns).
OUTLIVED_NS: Final = 1_000_000_000

_ECHO: Final = one_of(
    FindingId.CONNECTION_REFUSED, FindingId.RST_ABORTIVE_CLOSE, FindingId.RST_UNREAD_DATA,
    FindingId.RST_DEAD_CONNECTION, FindingId.PORT_REUSED, FindingId.ACCEPT_QUEUE_FULL,
)  # fmt: skip


def server_restarted(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """`server-restarted`: a port that had served connections refused some, and perhaps serves again.

    Shape ``back``: later handshakes are complete again; else ``down``.
    """
    opened, refused = capture.opened, capture.refused
    may_have_ended = opened & (
        capture.by_server(StreamMark.RST_A, StreamMark.RST_B) | capture.by_server(StreamMark.FIN_A, StreamMark.FIN_B)
    )
    tried = indexes_of(capture.attempted)
    # Only ports that refused anything: there are few.
    for _port, places in groups(capture.target[tried], tried, REFUSED_LEAST):
        vain = places[refused[places]]
        served = places[opened[places]]
        # Of clients that it serves: others may have been refused all the time, by a firewall.
        if np.count_nonzero(np.isin(capture.client[vain], capture.client[served])) < REFUSED_LEAST:
            continue
        # When they were refused, not when they began: SYNs may have been ignored long before.
        refused_ns, _of_server = capture.first_ends(vain)
        down_ns, last_vain_ns = int(refused_ns.min()), int(refused_ns.max())
        before, after = served[capture.began_ns[served] < down_ns], served[capture.began_ns[served] > last_vain_ns]
        between = len(served) - len(before) - len(after)
        ended = before[may_have_ended[before] & (capture.latest_ns[before] >= down_ns - ENDED_BEFORE_NS)]
        ended_ns, by_server = capture.first_ends(ended)
        with_it = ended[by_server & (ended_ns <= down_ns) & (ended_ns >= down_ns - ENDED_BEFORE_NS)]
        if not len(before) or between or _outlived(capture, before, down_ns, last_vain_ns):
            continue
        lasted_ns = (int(capture.began_ns[after].min()) if len(after) else last_vain_ns) - down_ns
        hit = np.sort(np.concatenate((with_it, vain)))
        yield capture.finding(
            FindingId.SERVER_RESTARTED,
            hit,
            Severity.ERROR,
            Confidence.LIKELY,
            _ECHO,
            ("listener-closed", "load-balancer"),
            {
                "shape": "back" if len(after) else "down",
                "server": capture.host_name(int(capture.server[vain[0]])),
                "port": int(capture.port[vain[0]]),
                "refused": len(vain),
                "ended": len(with_it),
                "again": len(after),
                "down_s": lasted_ns / 1e9,
                **ignored_first(capture, vain),
            },
            packets=capture.frames(np.concatenate((vain, after[:1]))),
            since_ns=down_ns,
        )


def _outlived(capture: CaptureFacts, before: I64, down_ns: int, last_vain_ns: int) -> bool:
    """Whether a connection opened before the first refusal went on while the port refused others.

    Only the listener was closed then, or somebody else refuses.
    """
    later = before[capture.latest_ns[before] >= down_ns + OUTLIVED_NS]
    ended_ns, _by_server = capture.first_ends(later)
    going_on = later[ended_ns > last_vain_ns]
    heard = capture.answered[going_on] > 0
    return bool(heard.any())
