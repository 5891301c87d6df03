"""What may be said of a stream whose first packets have left a bounded capture.

Such a stream is judged twice: once while all its rows are still there (what is *past* then, stays said), and again
by the rows that are kept.  Those look like a capture that began amid the stream, but it did not, so
nothing is said that a beginning could overturn: only what the kept packets prove by themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.explain.annotator import annotate, by_weight
from tcptui.model.finding import FindingId

if TYPE_CHECKING:
    from tcptui.analysis.stream_view import StreamView
    from tcptui.explain.reading import Context
    from tcptui.model.finding import Finding

#: What later packets may yet take back while a capture runs: said of all rows or not at all.
_MAY_CHANGE: Final = frozenset(
    {
        FindingId.STILL_OPEN,
        FindingId.SYN_TIMEOUT,
        FindingId.HALF_CLOSE,
        FindingId.CLOSE_WAIT_LEAK,
        FindingId.FIN_WAIT_2_TIMEOUT,
        FindingId.ONE_SIDED_CAPTURE,
        FindingId.CAPTURE_MISSED_PACKETS,
        FindingId.PATH_LOST,
        FindingId.RETRANSMISSION_UNEXPLAINED,
        FindingId.TAIL_LOSS,
    }
)
#: What packets prove wherever one begins to look: each names a few segments and what lies between them.
_LOCAL: Final = frozenset(
    {
        FindingId.FOUR_PACKET_CLOSE,
        FindingId.THREE_PACKET_CLOSE,
        FindingId.SIMULTANEOUS_CLOSE,
        FindingId.DATA_AFTER_CLOSE,
        FindingId.RST_ABORTIVE_CLOSE,
        FindingId.RST_UNREAD_DATA,
        FindingId.RST_INJECTED,
        FindingId.RST_DEAD_CONNECTION,
        FindingId.KEEP_ALIVE,
        FindingId.KEEP_ALIVE_TIMEOUT,
        FindingId.PATH_LOST,
        FindingId.FAST_RETRANSMISSION,
        FindingId.RETRANSMISSION_TIMEOUT,
        FindingId.TAIL_LOSS,
        FindingId.LOST_RETRANSMISSION,
        FindingId.SPURIOUS_RETRANSMISSION,
        FindingId.OUT_OF_ORDER,
        FindingId.DUPLICATED_BY_NETWORK,
        FindingId.CHECKSUM_ERROR,
        FindingId.ECN_CONGESTION,
        FindingId.SERVER_THINK_TIME,
        FindingId.CLIENT_THINK_TIME,
        FindingId.ZERO_WINDOW,
        FindingId.WINDOW_SHRUNK,
        FindingId.SLOW_RECEIVER,
    }
)


def lasting(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Of ``findings``, made while more may come, those that stay true whatever comes."""
    return tuple(finding for finding in findings if finding.id not in _MAY_CHANGE)


def of_the_rest(view: StreamView, context: Context) -> tuple[Finding, ...]:
    """What the kept segments of a stream prove by themselves; ``context`` must not read its bytes."""
    return tuple(finding for finding in annotate(view, context) if finding.id in _LOCAL)


def joined(before: tuple[Finding, ...], later: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Both, each id once: the later one where it rests on newer packets and weighs no less."""
    found = {finding.id: finding for finding in before}
    for finding in later:
        known = found.get(finding.id)
        if known is None or (finding.packets[-1:] > known.packets[-1:] and finding.severity >= known.severity):
            found[finding.id] = finding
    return by_weight(found.values())
