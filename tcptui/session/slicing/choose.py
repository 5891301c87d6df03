"""The choice of a slice's packets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.packet_store import DecodeIssue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.findings.finding_filter import FindingFilter
    from tcptui.model.packet_store import I64, PacketStore

    Mask = NDArray[np.bool_]


def rows_of_packets(store: PacketStore, ranges: Iterable[tuple[int, int]]) -> Mask:
    """The rows whose frame numbers lie in one of ``ranges``, both ends included."""
    chosen = np.zeros(store.count, np.bool_)
    frames = store.frame[: store.count]
    for low, high in ranges:
        first, stop = np.searchsorted(frames, np.array([low, high + 1], np.int64))
        chosen[first:stop] = True
    return chosen


def rows_of_streams(store: PacketStore, streams: Sequence[int] | I64) -> Mask:
    """All rows of ``streams``, ICMP errors about them included."""
    return np.isin(store.stream[: store.count], streams)


def rows_of_findings(session: JudgedCapture, wanted: FindingFilter) -> Mask:
    """The rows that are evidence of a finding that is ``wanted``, in any connection."""
    frames: list[int] = []
    for _stream, findings in session.each_findings(range(session.streams.count)):
        frames += [frame for found in findings if found in wanted for frame in found.packets]
    store = session.store
    return np.isin(store.frame[: store.count], frames)


def around(store: PacketStore, chosen: Mask, nanoseconds: int) -> Mask:
    """``chosen`` and every row that is at most ``nanoseconds`` from the time of one of them."""
    times = store.time_ns[: store.count]
    known = np.sort(times[chosen])
    if not len(known):
        return chosen
    after = np.searchsorted(known, times)
    since = times - known[np.maximum(after - 1, 0)]
    until = known[np.minimum(after, len(known) - 1)] - times
    near: Mask = ((after > 0) & (since <= nanoseconds)) | ((after < len(known)) & (until <= nanoseconds))
    return near


def whole_streams(session: JudgedCapture, chosen: Mask) -> Mask:
    """``chosen`` and all rows of the connections that they belong to, IP fragments of their segments included."""
    store = session.store
    of_streams = store.stream[: store.count]
    return with_fragments(store, chosen | (np.isin(of_streams, np.unique(of_streams[chosen])) & (of_streams >= 0)))


def with_fragments(store: PacketStore, chosen: Mask) -> Mask:
    """``chosen``, and the IP fragments of the segments that they complete: without them nobody reads these again."""
    wanted = chosen.copy()
    segments = chosen & ((store.issues[: store.count] & DecodeIssue.REASSEMBLED) != 0)
    completing, carriers = store.fragments.pairs()
    known = int(completing.searchsorted(np.int32(store.count)))
    carriers = carriers[:known][segments[completing[:known]]]
    wanted[carriers[carriers >= store.first]] = True
    return wanted
