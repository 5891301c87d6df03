"""Columns of views are made when asked for, are the same however many streams lie in a block, and cost no copy where
the store's own will do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import mixed
from traces import write_trace

from tcptui.analysis.stream.view import StreamView, view_streams
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = [name for name, value in vars(StreamView).items() if hasattr(value, "__get__") and hasattr(value, "_name")]
WINDOWS = ["0 C S 0 0 scale=7 sackok=1", "1 S SA 0 1 scale=2 sackok=1", "2 C A 1 1 win=100", "3 S A 1 1 win=9 sack=5:9"]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    path = tmp_path / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    return open_file(path)


def test_columns_of_many_streams_together_are_those_of_each_alone(session: Session) -> None:
    together = list(view_streams(session.store, session.streams, np.arange(session.streams.count)))

    assert len(COLUMNS) > 25
    for view in together:
        alone = session.view(view.stream)
        for name in COLUMNS:
            np.testing.assert_array_equal(getattr(view, name), getattr(alone, name), err_msg=name)


def test_rows_that_follow_one_another_need_no_copy(tmp_path: Path) -> None:
    session = open_file(write_trace(tmp_path / "one.pcap", WINDOWS))

    assert np.shares_memory(session.view(0).time_ns, session.store.time_ns)


def test_windows_are_scaled_but_in_syns_and_sack_blocks_count_from_the_other_ends_first(tmp_path: Path) -> None:
    view = open_file(write_trace(tmp_path / "one.pcap", WINDOWS)).view(0)

    assert view.window.tolist()[2:] == [100 << 7, 9 << 2]
    assert view.window[0] == open_file(tmp_path / "one.pcap").store.window[0]
    assert (view.sack_left.tolist(), view.sack_right.tolist()) == ([0, 0, 0, 5], [0, 0, 0, 9])


def test_numbers_before_the_first_one_stay_within_32_bits(tmp_path: Path) -> None:
    view = open_file(write_trace(tmp_path / "one.pcap", [*WINDOWS, "9 C A -1 1 1"])).view(0)

    assert view.seq.tolist()[-1] == 2**32 - 1
    assert view.end.tolist()[-1] == 0
