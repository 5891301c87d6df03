"""A filter over a capture that grows gives what one over the whole gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from captures import mixed
from growing_source import GrowingSource

from tcptui.dfilter.compile import compile_filter
from tcptui.model.fields import FIELDS
from tcptui.session.catch_up import Compile
from tcptui.session.filtering.live import LiveFilter, may_change
from tcptui.session.filtering.run import FilterRun
from tcptui.session.retention import Bounds
from tcptui.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

FILTERS: Final = (
    "tcp.len > 0", "tcp.analysis.flags", "tcptui.finding", 'tcptui.client.state == "ESTABLISHED"', "http.response_in",
    "icmp or not tcp.port == 80", "tcp.completeness > 7", "tcptui.duration > 0.001", "",
    "ip.ttl == 64 and http.request.method",
)  # fmt: skip


def growing(pieces: int, bounds: Bounds | None = None) -> Iterator[Session]:
    """The session after each piece of the capture."""
    tape = mixed()
    tape.clean(
        9_000, "10.0.0.9:5000", "10.0.0.8:80", b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n"
    )
    data = tape.pcap()
    ends = [len(data) * piece // pieces for piece in range(1, pieces)]
    session = Session([GrowingSource(data, ends, limit_bytes=1 << 30)], compile_when=Compile.NEVER)
    if bounds is not None:
        session.ring.bounds = bounds
    while not session.catch_up.run():
        yield session
    yield session


@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("pieces", [1, 2, 7, 40])
def test_piece_by_piece_it_is_as_at_once(text: str, pieces: int) -> None:
    compiled = compile_filter(text)
    live: LiveFilter | None = None
    for session in growing(pieces):
        live = live or LiveFilter(session, compiled)
        live.update()
        assert live.stop == session.store.count
    assert live is not None

    whole = FilterRun(session, compiled).matching(0, session.store.count)

    assert live.mask.tolist() == whole.tolist()
    assert live.count == int(whole.sum()) > 0
    streams = session.store.stream[: session.store.count][whole]
    assert live.counts().tolist() == np.bincount(streams[streams >= 0], minlength=session.streams.count).tolist()


def test_evicted_packets_are_left_out() -> None:
    compiled = compile_filter("tcp or udp or icmp or arp or frame")
    live: LiveFilter | None = None
    for session in growing(40, Bounds(rows=20)):
        live = live or LiveFilter(session, compiled)
        live.update()
        assert live.first == session.store.first
        assert live.count == session.store.count - session.store.first
    assert session.store.first > 0


def test_what_was_read_from_a_packet_never_changes_and_what_is_concluded_may() -> None:
    assert not any(may_change(FIELDS[name]) for name in ("tcp.flags.syn", "tcp.port", "ip.src", "frame.len"))
    assert all(may_change(FIELDS[name]) for name in ("tcptui.cause", "tcptui.finding", "http.response_in", "tcp.seq"))
