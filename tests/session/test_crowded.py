"""More connections than memory should hold: those without packets leave, the real ones are explained still."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from captures import SERVER, Tape
from growing_source import GrowingSource

from tcptui.analysis.analyzer import compiled_kernel
from tcptui.ring import Bounds
from tcptui.session import Compile, Session
from tcptui.wire.compiled import compiler_available

ENDS = "10.9.9.9:50000", f"{SERVER}:5432"


def _ends(data: bytes, step: int) -> list[int]:
    ends, at = [], 24
    while at < len(data):
        at += 16 + int.from_bytes(data[at + 8 : at + 12], "little")
        ends.append(at)
    return ends[step - 1 :: step]


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
    session = Session([GrowingSource(data, _ends(data, 16))], compile_when=Compile.NEVER)
    session.ring.bounds = bounds
    if compiled:
        session._pipeline.compile(compiled_kernel())
    asyncio.run(asyncio.wait_for(session.run(), 60))
    return session


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.skipif(
    not compiler_available(), reason="without the compiler"))])  # fmt: skip
def test_flood_of_syns_leaves_and_real_connections_stay(compiled: bool) -> None:
    session = _watch(Bounds(400, streams=256), compiled=compiled)
    streams = session.streams
    listed = streams.listed().tolist()

    assert streams.count == 3_002
    assert streams.count - streams.left == len(listed) <= 256 + 16
    assert session.progress.streams_left == streams.left
    assert listed[0] == 0  # the one that lives on
    assert int(streams.packets[0]) == 603
    assert str(streams.client(0)) == ENDS[0]
    lossy = streams.count - 1
    assert any("retransmission" in finding.id.value for finding in session.findings(lossy))
    assert session.severity[lossy] > 0
    assert len(session.flows._by_hash) == len(listed)


def test_what_has_left_is_asked_for_in_peace() -> None:
    session = _watch(Bounds(400, streams=256))
    gone = int(np.flatnonzero(session.streams.gone)[0])

    assert session.findings(gone) == ()
    assert not len(session.rows_of(gone))
    assert not len(session.view(gone))
    assert session.halves(gone)[0].length == 0
    assert session.headline(gone) is None
    told = [stream for stream, _ in session.each_findings(range(session.streams.count))]
    assert told == session.streams.listed().tolist()


def test_connection_that_comes_again_is_another_one() -> None:
    tape = _flood()
    first = "172.16.0.0:1024", f"{SERVER}:80"
    tape.tcp(5_000, *first, 2, 99)
    tape.tcp(5_040, *first[::-1], 0x14, 0, 100)
    data = tape.pcap()
    session = Session([GrowingSource(data, _ends(data, 16))], compile_when=Compile.NEVER)
    session.ring.bounds = Bounds(400, streams=256)
    asyncio.run(asyncio.wait_for(session.run(), 60))
    again = session.streams.count - 1

    assert str(session.streams.client(again)) == first[0]
    assert int(session.streams.packets[again]) == 2
    assert "connection-refused" in {finding.id.value for finding in session.findings(again)}


def test_verdicts_of_those_that_stay_are_the_same() -> None:
    everything, crowded = _watch(Bounds(10_000)), _watch(Bounds(400, streams=256))
    kept = slice(crowded.store.first, crowded.store.count)

    for name in ("verdict", "stream", "bytes_in_flight", "dup_ack_number"):
        assert (getattr(everything.store, name)[kept] == getattr(crowded.store, name)[kept]).all()
