"""A rule about connections of one client with one server that end in a RST again and again, by the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.stream.table import StreamMark
from tcptui.findings.facts import SIDES
from tcptui.findings.rules.whole_capture.capture_facts import EVIDENCE_MOST, groups, one_of
from tcptui.model.arrays import indexes_of
from tcptui.model.finding import Confidence, FindingId, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import CaptureFinding
    from tcptui.model.packet_store import I64

#: Fewest resets that show a rhythm.
RESETS_LEAST: Final = 6
#: A rhythm is no faster than this (ns): a client that tries again at once has no clock.
PERIOD_LEAST_NS: Final = 2_000_000_000
#: So much of the median interval the others may be off, in percent, …
PERIOD_TOLERANCE_PERCENT: Final = 10
#: … and this share of the intervals is that regular, in percent.
REGULAR_PERCENT: Final = 80
#: A client that connects again within this time of a RST (ns) wanted to stay connected.
AGAIN_NS: Final = 1_000_000_000
#: It does so after at least this share of the resets, in percent.
AGAIN_PERCENT: Final = 80

_RESETS: Final = (
    FindingId.RST_ABORTIVE_CLOSE, FindingId.RST_UNREAD_DATA, FindingId.RST_DEAD_CONNECTION, FindingId.RST_INJECTED
)  # fmt: skip
_RESET: Final = one_of(*_RESETS)


def repeated_resets(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """`repeated-resets`: one end resets one connection of a client after the other, at regular intervals.

    Only where it matters: the resets cost something by the connections' own findings, or the server sends them and the
    client connects again at once.  A health check that ends its connections with a RST does neither.
    """
    used = (capture.asked > 0) | (capture.answered > 0)
    unclosed = ~capture.by_client(StreamMark.FIN_A, StreamMark.FIN_B)
    unclosed &= ~capture.by_server(StreamMark.FIN_A, StreamMark.FIN_B)
    by_client = capture.by_client(StreamMark.RST_A, StreamMark.RST_B)
    by_server = capture.by_server(StreamMark.RST_A, StreamMark.RST_B)
    reset = indexes_of(used & unclosed & (by_client != by_server))
    if len(reset) < RESETS_LEAST:
        return
    pair = capture.client * (int(capture.target.max()) + 1) + capture.target
    costly = capture.having(*_RESETS)
    key = pair * 2 + by_server
    for _key, places in groups(key[reset], reset, RESETS_LEAST):
        ended_ns, _by_server = capture.first_ends(places)
        order = np.argsort(ended_ns, kind="stable")
        places, ended_ns = places[order], ended_ns[order]
        period_ns = _period_ns(ended_ns)
        begun_ns = np.sort(capture.began_ns[pair == pair[places[0]]])
        again = _again(ended_ns, begun_ns)
        of_server = bool(by_server[places[0]])
        reconnects = of_server and int(again.sum()) * 100 >= AGAIN_PERCENT * (len(places) - 1)
        if not period_ns or not (reconnects or int(costly[places].sum()) >= RESETS_LEAST):
            continue
        first = int(places[0])
        yield capture.finding(
            FindingId.REPEATED_RESETS,
            np.sort(places),
            Severity.WARNING,
            Confidence.CERTAIN,
            _RESET,
            ("timer-there", "middlebox", "linger-zero"),
            {
                "shape": "again" if reconnects else "",
                "client": capture.host_name(int(capture.client[first])),
                "server": capture.host_name(int(capture.server[first])),
                "port": int(capture.port[first]),
                "sender": SIDES[of_server],
                "period_s": period_ns / 1e9,
                "again": int(again.sum()),
                "took_s": int(ended_ns[-1] - ended_ns[0]) / 1e9,
            },
            packets=_last_frames(capture, places[:EVIDENCE_MOST]),
            since_ns=int(ended_ns[0]),
        )


def _last_frames(capture: CaptureFacts, places: I64) -> tuple[int, ...]:
    """The newest frame of each of ``places``, its RST or an echo of it, as far as they are not evicted."""
    rows = capture.streams.last_row[capture.number[places]]
    return tuple(capture.store.frame[rows[rows >= capture.rows.start]].tolist())


def _period_ns(ended_ns: I64) -> int:
    """The median interval between times (ascending) that come by the clock; 0 where they do not."""
    gaps = np.diff(ended_ns)
    period_ns = int(np.median(gaps))
    regular = int(np.count_nonzero(np.abs(gaps - period_ns) * 100 <= PERIOD_TOLERANCE_PERCENT * period_ns))
    return period_ns if period_ns >= PERIOD_LEAST_NS and regular * 100 >= REGULAR_PERCENT * len(gaps) else 0


def _again(ended_ns: I64, begun_ns: I64) -> NDArray[np.bool_]:
    """After which of the times ``ended_ns`` a connection begins at one of ``begun_ns`` (ascending) at once."""
    place = np.searchsorted(begun_ns, ended_ns)
    next_ns = begun_ns[np.minimum(place, len(begun_ns) - 1)]
    soon: NDArray[np.bool_] = (place < len(begun_ns)) & (next_ns - ended_ns <= AGAIN_NS)
    return soon
