"""Cutting the input anywhere, or compiling the kernel, changes no column."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tcptui.capture.spool.reader as reader
import tcptui.model.packet_store as packet_store
import tcptui.session.pipeline as pipeline_module
import tcptui.wire.records as records
from tcptui.analysis.analyzer import Analyzer, compiled_kernel
from tcptui.analysis.kernel import tables as kernel_tables
from tcptui.analysis.stream.table import STREAM_COLUMNS
from tcptui.model.packet_store import COLUMNS
from tcptui.model.prefetch import Prefetch
from tcptui.session.pipeline import Pipeline
from tcptui.wire.numba_compile import compiler_available

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.analysis.kernel.tables import Moved

pytestmark = pytest.mark.uncounted

#: Busy captures: loss, zero windows, reuse, mid-stream starts, one-sided flows, fragments.
CAPTURES = (
    "tcptrace-6syns.pcap", "tcptrace-fast_reuse.pcap", "nDPI-KakaoTalk_chat.pcap", "zeek-erspan.pcap",
    "packetlife-backup-gmail-pcapng.pcapng", "tcpreplay-test-rewrite_efcs.pcap",
    "suricata-verify-tcp-async-01.pcap", "PcapPlusPlus-frag_http_req.pcap",
)  # fmt: skip


def _columns(
    path: Path,
    ends: list[int],
    batch: int,
    monkeypatch: pytest.MonkeyPatch,
    compiled: bool = False,
    ahead: bool = False,
) -> dict[str, list[Any]]:  # fmt: skip
    """All columns after feeding the file up to each of ``ends`` in turn, ``batch`` records at a time."""
    monkeypatch.setattr(records, "BATCH_RECORDS", batch)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        pipeline = Pipeline([(descriptor, path.name)])
        if compiled:
            pipeline.compile(compiled_kernel())
        if ahead:
            pipeline.go_ahead()
        size = path.stat().st_size
        for end in [*sorted(ends), size]:
            while pipeline.advance([end], [end == size]):
                pass
    finally:
        os.close(descriptor)
    store, streams = pipeline.store, pipeline.analyzer.streams
    found: dict[str, list[Any]] = {
        name: getattr(store, name)[: store.count].tolist() for name in COLUMNS if name != "flow"
    }
    found |= {
        f"stream.{name}": getattr(streams, name)[: streams.count].tolist() for name in STREAM_COLUMNS if name != "flow"
    }
    # Flow numbers are only names; which rows share one is what counts.
    found["endpoints"] = [
        [str(end) for end in pipeline.flows.endpoints(flow)] for flow in streams.flow[: streams.count].tolist()
    ]
    return found


@pytest.fixture(params=CAPTURES)
def capture(corpus: Path, request: pytest.FixtureRequest) -> Path:
    return corpus / "dev" / str(request.param)


def test_packet_by_packet_gives_the_same_columns(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _columns(capture, [], 16_384, monkeypatch)

    assert _columns(capture, [], 1, monkeypatch) == whole


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_cuts_give_the_same_columns(capture: Path, monkeypatch: pytest.MonkeyPatch, data: st.DataObject) -> None:
    size = capture.stat().st_size
    ends = data.draw(st.lists(st.integers(1, size), max_size=8))
    batch = data.draw(st.integers(1, 97))

    assert _columns(capture, ends, batch, monkeypatch) == _columns(capture, [], 16_384, monkeypatch)


@pytest.mark.skipif(not compiler_available(), reason="needs numba, the extra [fast]")
def test_compiled_kernel_gives_the_same_columns(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = _columns(capture, [], 100, monkeypatch)

    assert _columns(capture, [], 100, monkeypatch, compiled=True) == plain


@pytest.mark.skipif(not compiler_available(), reason="needs numba, the extra [fast]")
def test_switching_to_machine_code_halfway_changes_nothing(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = _columns(capture, [], 16_384, monkeypatch)
    monkeypatch.setattr(records, "BATCH_RECORDS", 7)
    descriptor = os.open(capture, os.O_RDONLY)
    try:
        pipeline = Pipeline([(descriptor, "x")])
        size = capture.stat().st_size
        for _ in range(5):
            pipeline.advance([size], [True])
        pipeline.compile(compiled_kernel())
        while pipeline.advance([size], [True]):
            pass
    finally:
        os.close(descriptor)

    assert pipeline.store.verdict[: pipeline.store.count].tolist() == plain["verdict"]
    assert pipeline.store.state_a[: pipeline.store.count].tolist() == plain["state_a"]
    assert np.array_equal(pipeline.store.stream[: pipeline.store.count], plain["stream"])


@pytest.mark.skipif(not compiler_available(), reason="needs numba, the extra [fast]")
@pytest.mark.parametrize(
    ("block", "worth", "rows"),
    [(1 << 24, 1 << 25, 20_000_000), (4_000, 8_000, 20_000_000), (4_000, 1 << 30, 20_000_000), (9_000, 18_000, 64)],
    ids=["one block", "blocks read ahead", "blocks read in turn", "rows that were not reserved"],
)
def test_decoding_ahead_changes_no_column(
    capture: Path, monkeypatch: pytest.MonkeyPatch, block: int, worth: int, rows: int
) -> None:
    plain = _columns(capture, [], 100, monkeypatch, compiled=True)
    decoded: list[bool] = []

    class Watched(Prefetch[Any]):
        def take(self) -> Any:
            batch = super().take()
            if batch is not None:
                decoded.append(batch.first >= 0)
            return batch

    monkeypatch.setattr(pipeline_module, "Prefetch", Watched)
    monkeypatch.setattr(pipeline_module, "FIRST_BLOCK", 300)
    monkeypatch.setattr(pipeline_module, "_FORESEEN_ROWS", rows)
    monkeypatch.setattr(packet_store, "FIRST_CAPACITY", 64)
    for name, value in (("FIRST_BLOCK", 500), ("BLOCK", block), ("_LEFT", 2_000), ("_PREFETCH_FROM", worth)):
        monkeypatch.setattr(reader, name, value)

    assert _columns(capture, [], 13, monkeypatch, compiled=True, ahead=True) == plain
    if len(plain["frame"]) > 100:  # one of them is ten frames: fragments, and no second batch
        assert any(decoded)
        assert all(decoded) == (rows > 64)


@pytest.mark.skipif(not compiler_available(), reason="needs numba, the extra [fast]")
def test_what_cannot_be_read_ahead_is_said_by_the_thread_that_asks(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = corpus / "dev" / CAPTURES[0]
    monkeypatch.setattr(records, "BATCH_RECORDS", 5)
    monkeypatch.setattr(pipeline_module, "FIRST_BLOCK", 300)
    descriptor, size = os.open(path, os.O_RDONLY), path.stat().st_size
    pipeline = Pipeline([(descriptor, "x")])
    pipeline.compile(compiled_kernel())
    pipeline.go_ahead()
    monkeypatch.setattr(reader, "BLOCK", 4_000)
    monkeypatch.setattr(reader, "FIRST_BLOCK", 2_000)
    assert pipeline.advance([size], [True])
    os.close(descriptor)

    def read_all() -> None:
        while pipeline.advance([size], [True]):
            pass

    with pytest.raises(OSError, match="Bad file descriptor"):
        read_all()


def test_packed_capture_gives_the_columns_of_the_plain_one(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tcptui.session.session import open_file

    plain = corpus / "dev" / CAPTURES[0]
    packed = tmp_path / "capture.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    session = open_file(packed)

    assert session.store.verdict[: session.store.count].tolist() == _columns(plain, [], 16_384, monkeypatch)["verdict"]
    session.close()


@pytest.mark.each_value
@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.skipif(
    not compiler_available(), reason="needs numba, the extra [fast]"))])  # fmt: skip
def test_putting_away_what_rests_changes_no_column(
    capture: Path, monkeypatch: pytest.MonkeyPatch, compiled: bool
) -> None:
    whole = _columns(capture, [], 16_384, monkeypatch)
    moved: list[int] = []

    def note(analyzer: Analyzer, moves: Moved) -> None:
        moved.extend(moves.slots.tolist())
        analyzer.streams.slot[moves.numbers] = moves.slots

    monkeypatch.setattr(Analyzer, "_note_slots", note)
    monkeypatch.setattr(kernel_tables, "AWAKE", 0)

    parked = _columns(capture, [], 1, monkeypatch, compiled=compiled)

    assert min(moved) < 0
    assert (max(moved) >= 0) == (max(whole["stream.packets"]) > 1)  # there and back again
    del parked["stream.slot"], whole["stream.slot"]
    assert parked == whole


def test_after_the_end_nothing_of_the_engines_own_state_is_left(capture: Path) -> None:
    descriptor = os.open(capture, os.O_RDONLY)
    try:
        pipeline = Pipeline([(descriptor, "x")])
        while pipeline.advance([capture.stat().st_size], [True]):
            pass
    finally:
        os.close(descriptor)

    assert pipeline.analyzer.finished
    pipeline.analyzer.evict(np.arange(pipeline.analyzer.streams.count))
    assert not len(pipeline.analyzer.streams.listed())
    with pytest.raises(RuntimeError):
        pipeline.analyzer.analyse(0, 1)
