"""Which packets a slice has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.packet_store import DecodeIssue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tcptui.findings.finding_filter import FindingFilter
    from tcptui.model.packet_store import I64, PacketStore
    from tcptui.session.session import Session

    Mask = NDArray[np.bool_]

#: How many rows back to search for the earlier fragments of an IP datagram, as `PacketReader` does.
_FRAGMENTS_BEFORE: Final = 4096
#: Where an IP header has both addresses, by version.
_ADDRESSES: Final = {4: slice(12, 20), 6: slice(8, 40)}


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


def rows_of_findings(session: Session, wanted: FindingFilter) -> Mask:
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


def whole_streams(session: Session, chosen: Mask) -> Mask:
    """``chosen`` and all rows of the connections that they belong to, IP fragments of their segments included."""
    store = session.store
    of_streams = store.stream[: store.count]
    wanted: Mask = chosen | (np.isin(of_streams, np.unique(of_streams[chosen])) & (of_streams >= 0))
    issues = store.issues[: store.count]
    fragments = np.flatnonzero(issues & DecodeIssue.FRAGMENT)
    for row in np.flatnonzero(wanted & ((issues & DecodeIssue.REASSEMBLED) != 0)).tolist():
        near = fragments[(fragments < row) & (fragments >= row - _FRAGMENTS_BEFORE)]
        ends = _addresses(session, row)
        wanted[[earlier for earlier in near.tolist() if _addresses(session, earlier) == ends]] = True
    return wanted


def _addresses(session: Session, row: int) -> bytes:
    header = session.data(row)[int(session.store.network_offset[row]) :]
    return header[_ADDRESSES.get(header[0] >> 4, slice(0))] if header else b""
