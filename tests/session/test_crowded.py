"""More connections than memory should hold: those without packets leave, the real ones are explained still."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from captures import SERVER, Tape
from forgetting import ends_of
from growing_source import GrowingSource

from tcptui.access.open_capture import view_of
from tcptui.analysis.analyzer import compiled_kernel
from tcptui.analysis.kernel import tables as kernel_tables
from tcptui.analysis.stream.table import STREAM_COLUMNS
from tcptui.model import sparse_array as paged
from tcptui.session.catch_up import Compile
from tcptui.session.retention import Bounds
from tcptui.session.session import Session
from tcptui.wire.numba_compile import compiler_available

pytestmark = pytest.mark.uncounted

ENDS = "10.9.9.9:50000", f"{SERVER}:5432"


def _flood() -> Tape:
    """SYNs from 3,000 made-up addresses; amid them one connection that lives on, and one with a loss at the end."""
    tape = Tape()
    tape.handshake(0, *ENDS)
    for number in range(3_000):
        source = f"172.{16 + (number >> 16)}.{number >> 8 & 255}.{number & 255}:{1024 + number}"
        tape.tcp(100 + number, source, f"{SERVER}:80", 2, 7 * number + 1)
        if number % 10 == 0:
            sent, answered = 1001 + number, 9001 + number
            tape.tcp(100 + number, *ENDS, 0x18, sent, answered, b"q" * 10)
            tape.tcp(100 + number, *ENDS[::-1], 0x18, answered, sent + 10, b"a" * 10)
    tape.lossy(4_000, "10.1.1.1:41000", f"{SERVER}:80")
    return tape


def _watch(bounds: Bounds, *, compiled: bool = False) -> Session:
    data = _flood().pcap()
    session = Session([GrowingSource(data, ends_of(data)[63::64])], compile_when=Compile.NEVER)
    session.ring.bounds = bounds
    if compiled:
        session._pipeline.compile(compiled_kernel())
    asyncio.run(asyncio.wait_for(session.run(), 600))
    return session


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.skipif(
    not compiler_available(), reason="without the compiler"))])  # fmt: skip
def test_flood_of_syns_leaves_and_real_connections_stay(compiled: bool) -> None:
    session = _watch(Bounds(400, streams=256), compiled=compiled)
    streams = session.streams
    listed = streams.listed().tolist()

    assert streams.count == 3_002
    assert streams.count - streams.evicted_streams == len(listed) <= 256 + 16
    assert session.progress.streams_evicted == streams.evicted_streams
    assert listed[0] == 0  # the one that lives on
    assert int(streams.packets[0]) == 603
    assert str(streams.client(0)) == ENDS[0]
    lossy = streams.count - 1
    assert any("retransmission" in finding.id.value for finding in session.findings(lossy))
    assert session.severity[lossy] > 0
    assert len(session.flows._by_hash) == len(listed)


def test_what_has_left_is_asked_for_in_peace() -> None:
    session = _watch(Bounds(400, streams=256))
    gone = int(np.setdiff1d(np.arange(session.streams.count), session.streams.listed())[0])

    assert session.findings(gone) == ()
    assert not len(session.rows_of(gone))
    assert not len(view_of(session, gone))
    assert session.directions(gone)[0].length == 0
    assert session.headline(gone) is None
    told = [stream for stream, _ in session.each_findings(range(session.streams.count))]
    assert told == session.streams.listed().tolist()


def test_connection_that_comes_again_is_another_one() -> None:
    tape = _flood()
    first = "172.16.0.0:1024", f"{SERVER}:80"
    tape.tcp(5_000, *first, 2, 99)
    tape.tcp(5_040, *first[::-1], 0x14, 0, 100)
    data = tape.pcap()
    session = Session([GrowingSource(data, ends_of(data)[63::64])], compile_when=Compile.NEVER)
    session.ring.bounds = Bounds(400, streams=256)
    asyncio.run(asyncio.wait_for(session.run(), 600))
    again = session.streams.count - 1

    assert str(session.streams.client(again)) == first[0]
    assert int(session.streams.packets[again]) == 2
    assert "connection-refused" in {finding.id.value for finding in session.findings(again)}


@pytest.mark.parametrize("worn", [False, True])
def test_verdicts_of_those_that_stay_are_the_same(worn: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if worn:  # arrays are made anew at every opportunity
        monkeypatch.setattr(paged, "_WORN_TIMES", 0)
        monkeypatch.setattr(paged, "_WORN_AT_LEAST", 10)
    everything, crowded = _watch(Bounds(10_000)), _watch(Bounds(400, streams=256))
    kept = slice(crowded.store.first, crowded.store.count)

    for name in ("verdict", "stream", "bytes_in_flight", "dup_ack_number"):
        assert (getattr(everything.store, name)[kept] == getattr(crowded.store, name)[kept]).all()
    assert (crowded.streams.renewed > 0) is worn
    assert (crowded.store._renewed > 0) is worn
    listed = crowded.streams.listed()
    for name in ("packets", "latest_ns", "marks", "payload_a"):
        assert (getattr(everything.streams, name)[listed] == getattr(crowded.streams, name)[listed]).all()
    annotations = crowded._judging.annotations
    gone = np.setdiff1d(np.arange(crowded.streams.count), listed)
    assert annotations.cache.judged[listed].any()
    assert not annotations.cache.judged[gone].any()
    assert not crowded.streams.packets[gone].any()


def _scan(streams: int) -> bytes:
    """So many connections of one SYN, and between them packets cut amid the ports and errors about nobody's packets."""
    tape = Tape()
    for number in range(streams):
        source = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}:{1024 + number % 60_000}"
        tape.tcp(number, source, f"{SERVER}:80", 2, 7 * number + 1)
        tape.ip(number, f"10.200.{number >> 8 & 255}.{number & 255}", SERVER, 6, b"\x10\x00\x00\x50" + bytes(8))
    return tape.pcap()


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.skipif(
    not compiler_available(), reason="without the compiler"))])  # fmt: skip
def test_nothing_is_as_long_as_all_there_ever_was(compiled: bool) -> None:
    data = _scan(3_000)
    session = Session([GrowingSource(data, ends_of(data)[63::64])], compile_when=Compile.NEVER)
    session.ring.bounds = Bounds(400, streams=256)
    if compiled:
        session._pipeline.compile(compiled_kernel())
    asyncio.run(asyncio.wait_for(session.run(), 600))
    tables = session._pipeline.analyzer._tables
    kept = session.streams.count - session.streams.evicted_streams

    assert session.streams.count == 3_000
    assert kept <= 256 + 64
    assert len(session.flows) < 2_500
    assert len(session.flows._by_hash) < 1_000
    assert len(tables.streams.data) < 1_500
    assert len(tables.directions.data) == 2 * len(tables.streams.data)
    assert len(session._judging.annotations.cache._findings) <= kept
    assert len(np.unique(session.streams.slot[session.streams.listed()])) == kept


def test_streams_whose_state_was_put_away_leave_like_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_tables, "AWAKE", 16)
    crowded = _watch(Bounds(400, streams=256))
    slots = crowded.streams.slot[crowded.streams.listed()]
    monkeypatch.undo()
    plain = _watch(Bounds(400, streams=256))
    listed = plain.streams.listed()

    assert np.count_nonzero(slots < 0) > 100
    assert len(np.unique(slots)) == len(slots)
    assert crowded.streams.listed().tolist() == listed.tolist()
    for name in STREAM_COLUMNS.keys() - {"slot", "flow"}:
        assert getattr(crowded.streams, name)[listed].tolist() == getattr(plain.streams, name)[listed].tolist(), name


def test_stream_that_takes_the_place_of_another_is_as_new() -> None:
    """Whatever was noted under the slot and the flow of streams that have left is not found in those that follow."""
    tape = _flood()
    for number in range(40):
        tape.clean(6_000 + 200 * number, f"10.3.0.{number}:4{number:04}", f"{SERVER}:80", b"x" * (number + 1), b"y")
    data = tape.pcap()
    crowded = Session([GrowingSource(data, ends_of(data)[63::64])], compile_when=Compile.NEVER)
    crowded.ring.bounds = Bounds(400, streams=128)
    everything = Session([GrowingSource(data, ends_of(data)[63::64])], compile_when=Compile.NEVER)
    for session in (crowded, everything):
        asyncio.run(asyncio.wait_for(session.run(), 600))
    kept = crowded.streams.listed()
    newest = kept[kept >= crowded.streams.count - 40]

    assert len(newest) >= 30
    for name in STREAM_COLUMNS:
        if name not in ("flow", "slot", "forgotten", "last_state_a", "last_state_b"):
            ours, theirs = getattr(crowded.streams, name)[newest], getattr(everything.streams, name)[newest]
            assert (ours == theirs).all(), name
    for stream in newest.tolist():
        assert str(crowded.streams.client(stream)) == str(everything.streams.client(stream))
