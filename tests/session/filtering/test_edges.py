"""Slices that are too short, what cannot be computed, numbers that do not fit: as tshark, where there is no tshark."""

from __future__ import annotations

import pytest
from filter_edges import PASSING, edges

from tcptui.dfilter.compile import compile_filter
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import Session, open_file


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    path = tmp_path_factory.mktemp("edges") / "edges.pcap"
    path.write_bytes(edges().pcap())
    return open_file(path)


@pytest.mark.parametrize(("text", "frames"), PASSING.items())
def test_frames_that_pass(session: Session, text: str, frames: tuple[int, ...]) -> None:
    found = FilterRun(session, compile_filter(text)).matching(0, session.store.count)

    assert tuple(session.store.frame[: session.store.count][found].tolist()) == frames
