"""Streams in the table, as many at a time as the processor's cache holds: the same as all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import mixed

from tcptui.analysis.correction.find import may_need
from tcptui.analysis.stream import table as stream_table
from tcptui.analysis.stream.table import blocks
from tcptui.findings import annotate as annotator
from tcptui.findings.annotate import needs_attention
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("size", [1, 3, 4, 100])
def test_blocks_are_the_whole_in_order(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(stream_table, "BLOCK", size)
    every = np.arange(20, dtype=np.int32)

    assert np.concatenate([every[part] for part in blocks(slice(3, 15))]).tolist() == list(range(3, 15))
    assert np.concatenate([every[part] for part in blocks(every[::2])]).tolist() == list(range(0, 20, 2))
    assert max(len(every[part]) for part in blocks(slice(0, 20))) == min(size, 20)
    assert list(blocks(slice(0, 0))) == []


@pytest.mark.parametrize("most", [0, 2_000])
def test_a_glance_at_blocks_sees_what_one_at_all_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(annotator, "LONE_SYNS", most)
    path = tmp_path / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    streams = open_file(path).streams
    rows = np.arange(streams.count, dtype=np.int32)[::-1]
    at_once = needs_attention(streams).tolist(), may_need(streams, rows).tolist()

    monkeypatch.setattr(stream_table, "BLOCK", 1)

    assert (needs_attention(streams).tolist(), may_need(streams, rows).tolist()) == at_once
    assert needs_attention(streams, rows).tolist() == at_once[0][::-1]
    assert needs_attention(streams, slice(0)).tolist() == may_need(streams, slice(0)).tolist() == []
    assert any(at_once[0])
