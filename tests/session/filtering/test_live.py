"""A filter over a capture that grows gives what one over the whole gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from captures import mixed

from tcptui.dfilter.compile import compile_filter
from tcptui.session.filtering.live import LiveFilter
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("text", ["tcp.len > 0", "tcp.analysis.flags", "tcptui.finding", "tcptui.client.state", "udp"])
def test_whole_capture_at_once(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    session, compiled = open_file(path), compile_filter(text)
    live = LiveFilter(session, compiled)
    live.update()

    whole = FilterRun(session, compiled).matching(0, session.store.count)

    assert live.mask.tolist() == whole.tolist()
    assert live.count == int(whole.sum())
    assert live.counts().tolist() == [
        int((whole & (session.store.stream[: session.store.count] == stream)).sum())
        for stream in range(session.streams.count)
    ]
