"""Rows sorted by stream at once, and what is gathered with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import mixed
from other_frames import dns_query, udp

from tcptui.analysis.stream import row_order
from tcptui.analysis.stream.row_order import RowOrder
from tcptui.analysis.stream.view import gather_streams, stream_rows
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Four connections that overlap, and packets without a stream before, between and behind them."""
    tape = mixed()
    asked = udp("10.0.0.1:40000", "10.0.0.53:53", dns_query(1, "a.example"))[14:]
    for ms in (0, 3, 100, 300, 900):
        tape.records.append((tape.records[0][0] + ms * 1_000_000, asked))
    tape.records.sort(key=lambda record: record[0] % 7_000_000)
    path = tmp_path / "mixed.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


@pytest.mark.parametrize("bits", [0, 1, 3, 10])
def test_rows_of_each_stream_are_in_capture_order(session: Session, bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_order, "PIECE_BITS", bits)
    store, streams = session.store, session.streams

    order = RowOrder(store, streams.count)

    for stream in range(streams.count):
        assert order.of_each(np.array([stream])).tolist() == stream_rows(store, streams, stream).tolist()
    assert len(order.rows) == np.count_nonzero(store.stream[: store.count] >= 0) < store.count


@pytest.mark.parametrize("chosen", [[0], [2], [1, 2], [0, 3], [0, 1, 2, 3], []])
def test_streams_gathered_with_it_are_those_gathered_by_search(session: Session, chosen: list[int]) -> None:
    store, streams, numbers = session.store, session.streams, np.array(chosen, np.int64)
    order = RowOrder(store, streams.count)

    together = [
        [(view.stream, view.frame.tolist()) for some in found for view in map(some.view, range(len(some.streams)))]
        for found in (gather_streams(store, streams, numbers), gather_streams(store, streams, numbers, order))
    ]

    assert together[0] == together[1]
    assert [stream for stream, _frames in together[0]] == chosen


def test_capture_without_streams_has_no_rows(session: Session) -> None:
    store = session.store
    store.stream[: store.count] = -1

    assert not len(RowOrder(store, 0).rows)
