"""A capture that may hold little: the oldest packets leave the spool while the child writes on."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tcptui.access.progress import Phase
from tcptui.capture.child.client import CaptureChild
from tcptui.capture.live_source import LiveSource
from tcptui.capture.spool.punch import allocated_bytes, released_until
from tcptui.capture.spool.reader import SpoolReader
from tcptui.session.catch_up import Compile
from tcptui.session.session import Session
from tcptui.wire.record_scanner import Scanner

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not sys.platform.startswith("linux") or os.geteuid() != 0, reason="needs root on Linux"),
]

LIMIT = 2 << 20
SIZE = 1_000
ROUND = 100


def _wait_for_rows(session: Session, rows: int) -> None:
    deadline = time.monotonic() + 600
    while session.progress.rows < rows and time.monotonic() < deadline and session.progress.phase is Phase.LIVE:
        threading.Event().wait(0.01)
    assert session.progress.rows >= rows


def test_capture_goes_on_far_beyond_its_limit(wire: Any, child: CaptureChild, tmp_path: Path) -> None:
    source = LiveSource(child, wire.datagrams(limit_bytes=LIMIT))
    session = Session([source], compile_when=Compile.NEVER, memory=64 << 20)
    runner = threading.Thread(target=lambda: asyncio.run(session.run()))
    runner.start()
    held = []
    rounds = 3 * LIMIT // (ROUND * SIZE)
    try:
        for number in range(rounds):
            wire.send(ROUND, SIZE, first=number * ROUND)
            _wait_for_rows(session, (number + 1) * ROUND)
            held.append(allocated_bytes(source.descriptor))
    finally:
        session.stop()
        runner.join(600)
    progress, count = session.progress, rounds * ROUND

    assert progress.phase is Phase.DONE
    assert progress.notice is None
    assert progress.rows == count
    assert progress.evicted > count // 2
    if not released_until(source.descriptor):
        pytest.skip("no holes in files here")
    assert max(held) <= LIMIT + (256 << 10)
    numbers = [
        int.from_bytes(session.reader.packet(row).data[42:46], "big") for row in range(session.store.first, count)
    ]
    assert numbers == list(range(progress.evicted, count))

    size = session.save(tmp_path / "saved.pcap")
    descriptor = os.open(tmp_path / "saved.pcap", os.O_RDONLY)
    reader, saved = SpoolReader(descriptor, Scanner()), 0
    while (batch := reader.next_batch(size)) is not None:
        saved += len(batch.records.start)
    os.close(descriptor)
    session.close()
    assert saved == count - progress.evicted
