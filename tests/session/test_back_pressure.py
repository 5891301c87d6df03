"""A pipe that is faster than the analysis waits for it: nothing is lost, and the spool stays within its bound."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest
from captures import SERVER, many
from forgetting import ends_of
from running_source import RunningSource

from tcptui.capture.byte_reader import READ_BYTES
from tcptui.capture.output_files import OutputFiles
from tcptui.capture.rotation import Rotation
from tcptui.capture.spool.punch import SpoolRelease
from tcptui.capture.ssh_source import RemoteOptions, RemoteSource, RemoteTarget
from tcptui.capture.stream_source import BUFFERED_SHARE, StreamSource
from tcptui.capture.tee_source import TeeSource
from tcptui.model.errors import OutputError
from tcptui.session.catch_up import Compile
from tcptui.session.retention import Bounds
from tcptui.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tcptui.capture.source import Source

CONNECTIONS: Final = 600
LIMIT: Final = 96 << 10


class Measured(StreamSource):
    """A stream whose spool's largest size is noted, as released bytes do not count."""

    most_held = 0

    def _append(self, rest: memoryview) -> None:
        super()._append(rest)
        self.most_held = max(self.most_held, self._status.end - self._release.begin)


@contextmanager
def piped(data: bytes, limit: int = LIMIT) -> Iterator[Measured]:
    """A source that reads ``data``, which a thread writes as fast as it is taken."""
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb", buffering=0) as pipe:
            rest = memoryview(data)
            try:
                while rest:
                    rest = rest[pipe.write(rest) :]
            except BrokenPipeError:
                return

    source = Measured(reading, "-", limit_bytes=limit)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield source
    finally:
        source.close()
        writer.join()


def until(reached: Callable[[], bool]) -> None:
    """Wait until ``reached``, of which nobody tells."""
    pause, deadline = threading.Event(), time.monotonic() + 600
    while not reached():
        assert time.monotonic() < deadline
        pause.wait(0.001)


def analysed(source: Source, limit: int = LIMIT) -> Session:
    """A session that has analysed all that came, of which it keeps little."""
    session = Session([source], compile_when=Compile.NEVER, memory=1 << 20)
    session.ring.bounds = Bounds(500, limit)
    asyncio.run(asyncio.wait_for(session.run(), 600))
    return session


def test_everything_in_a_fast_pipe_is_analysed_and_the_spool_stays_within_its_bound() -> None:
    tape = many(CONNECTIONS)
    with piped(tape.pcap()) as source:
        session = analysed(source)

    assert len(tape.pcap()) > 2 * LIMIT
    assert session.progress.rows == len(tape.records)
    assert session.streams.count == CONNECTIONS
    assert source.status().error is None
    assert LIMIT // BUFFERED_SHARE < source.most_held <= LIMIT


def test_files_that_are_written_meanwhile_hold_everything_too(tmp_path: Path) -> None:
    tape = many(CONNECTIONS)
    with piped(tape.pcap()) as source:
        kept = TeeSource(source, OutputFiles(str(tmp_path / "all.pcap"), Rotation()))
        session = analysed(kept)
        kept.close()

    assert session.progress.rows == len(tape.records)
    assert (tmp_path / "all.pcap").read_bytes() == tape.pcap()
    assert source.status().error is None
    assert source.most_held <= LIMIT


def test_files_that_are_slower_than_the_analysis_are_waited_for(tmp_path: Path) -> None:
    tape = many(CONNECTIONS)
    with piped(tape.pcap()) as source:
        kept = TeeSource(source, OutputFiles(str(tmp_path / "all.pcap"), Rotation()))
        kept.analysed(1 << 30)
        source.start(lambda: None)
        until(lambda: source._room() is None)
        assert source.status().end <= LIMIT // BUFFERED_SHARE + READ_BYTES

        kept.start(lambda: None)
        source._thread.join(600)
        kept.close()

    assert isinstance(source.status().error, OutputError)  # nobody released anything
    assert tape.pcap().startswith((tmp_path / "all.pcap").read_bytes())
    assert (tmp_path / "all.pcap").stat().st_size > 0.9 * LIMIT


def test_packet_longer_than_the_bound_ahead_is_waited_for() -> None:
    tape = many(40)
    tape.tcp(9_000, "10.0.0.1:50000", f"{SERVER}:80", 0x18, 1, 1, b"x" * 30_000)
    tape.records += many(40).records
    with piped(tape.pcap()) as source:
        session = analysed(source)

    assert LIMIT // BUFFERED_SHARE < 30_000
    assert session.progress.rows == len(tape.records)
    assert source.status().error is None


def test_spool_of_which_nothing_can_be_released_ends_the_capture_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SpoolRelease, "release", lambda _self, _offset: False)
    tape = many(CONNECTIONS)
    with piped(tape.pcap()) as source:
        session = analysed(source)

    error = source.status().error
    assert isinstance(error, OutputError)
    assert error.key == "messages.spool_limit"
    assert source.status().end == LIMIT
    assert 0 < session.progress.rows < len(tape.records)


def test_stream_that_nobody_analyses_is_read_as_fast_as_it_comes() -> None:
    data = many(CONNECTIONS).pcap()
    with piped(data, 2 * len(data)) as source:
        source.start(lambda: None)
        source._thread.join(600)

    assert source.status().complete
    assert source.most_held == len(data)


@pytest.mark.parametrize("at_packet", [False, True])
def test_pipe_waits_while_the_spool_is_saved_and_goes_on_after_that(at_packet: bool) -> None:
    tape = many(CONNECTIONS)
    limit = max(end for end in ends_of(tape.pcap()) if end < LIMIT) if at_packet else LIMIT

    async def run(session: Session) -> None:
        running = asyncio.create_task(session.run())
        with session.ring.eviction_lock:
            while source.most_held < limit:
                await asyncio.sleep(0)
            for _ in range(3):  # rounds in which nothing may be evicted end no capture
                revision = session.revision
                session.copying.wake()
                while session.revision == revision:
                    await asyncio.sleep(0)
        assert not source.status().complete
        session.copying.wake()
        await running

    with piped(tape.pcap(), limit) as source:
        session = Session([source], compile_when=Compile.NEVER, memory=1 << 20)
        session.ring.bounds = Bounds(500, limit)
        asyncio.run(asyncio.wait_for(run(session), 600))

    assert session.progress.rows == len(tape.records)
    assert source.status().error is None


@pytest.mark.parametrize("fails", [False, True], ids=["saved", "disk-full"])
def test_pipe_goes_on_after_a_save_whether_it_failed_or_not(
    fails: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = many(CONNECTIONS)

    def copied(*_arguments: object, **_how: object) -> int:
        until(lambda: source.most_held == LIMIT)
        for _ in range(3):  # then all that came is analysed, and nobody but `save` wakes the worker
            before = len(rounds)
            session.copying.wake()
            until(partial(lambda before: len(rounds) > before, before))
        if fails:
            raise OutputError("output_failed", path="x", reason="No space left on device")
        return 0

    def noted() -> bool:
        rounds.append(whole())
        return rounds[-1]

    async def run() -> None:
        running = asyncio.create_task(session.run())
        try:
            await asyncio.to_thread(session.save, tmp_path / "saved.pcap")
        except OutputError:
            assert fails
        await asyncio.wait_for(running, 600)

    monkeypatch.setattr("tcptui.session.session.save_copy", copied)
    with piped(tape.pcap()) as source:
        session = Session([source], compile_when=Compile.NEVER, memory=1 << 20)
        session.ring.bounds = Bounds(500, LIMIT)
        rounds: list[bool] = []
        whole = session.catch_up.run
        monkeypatch.setattr(session.catch_up, "run", noted)
        asyncio.run(run())

    assert session.progress.rows == len(tape.records)
    assert source.status().error is None


def test_live_capture_that_cannot_wait_says_what_the_kernel_dropped(tmp_path: Path) -> None:
    tape = many(CONNECTIONS)
    data = tape.pcap()
    source = RunningSource(data[:24], limit_bytes=LIMIT, directory=tmp_path)
    session = Session([source], compile_when=Compile.NEVER, memory=1 << 20)
    session.ring.bounds = Bounds(500, LIMIT)

    async def run() -> None:
        running = asyncio.create_task(session.run())
        half = ends_of(data)[len(tape.records) // 2 - 1]
        source.give(data[24:half], len(tape.records) // 2)
        source.dropped = 7  # while the first half was analysed
        source.give(data[half:], len(tape.records) - len(tape.records) // 2)
        source.stop()
        await running

    asyncio.run(asyncio.wait_for(run(), 600))
    session.close()

    assert session.progress.rows == session.progress.received == len(tape.records)
    assert session.progress.kernel_dropped == 7


def test_stream_that_waits_can_be_stopped() -> None:
    with piped(many(CONNECTIONS).pcap()) as source:
        source.analysed(0)
        source.start(lambda: None)
        until(lambda: source._room() is None)
        source.stop()

        assert source.status().complete
        assert source.status().stopped
        assert source.status().error is None


def test_stream_whose_end_is_near_waits_no_more_though_the_analysis_tells_where_it_is() -> None:
    data = many(CONNECTIONS).pcap()
    with piped(data, 2 * len(data)) as source:
        source.analysed(0)
        source.start(lambda: None)
        until(lambda: source._room() is None)
        source.read_on()
        source.analysed(1)  # the worker's next round

        assert source._room() is not None
        source._thread.join(600)

    assert source.status().complete
    assert source.most_held == len(data)


def test_full_spool_waits_while_nothing_may_be_released_though_all_of_it_is_analysed() -> None:
    """As where a spool that is being saved is filled exactly up to the end of a packet."""
    with piped(many(CONNECTIONS).pcap()) as source:
        source.analysed(0)
        source.start(lambda: None)
        while source.status().end < LIMIT:
            source.analysed(source.status().end, held=True)
        source.analysed(LIMIT, held=True)
        until(lambda: source._thread.is_alive() and source._room() is None)
        assert source.status().error is None

        source.read_on()  # nor does it end because somebody would have the rest
        assert source._room() is None

        source.analysed(LIMIT)
        source._thread.join(600)

    assert isinstance(source.status().error, OutputError)  # all is analysed, and nobody released anything


def test_other_host_is_let_finish_though_nothing_is_analysed(tmp_path: Path) -> None:
    capture = tmp_path / "far.pcap"
    capture.write_bytes(many(2_000).pcap())
    size = capture.stat().st_size
    source = RemoteSource(
        RemoteTarget("far", "eth0"), RemoteOptions(limit_bytes=2 * size),
        ["sh", "-c", 'cat "$1"; read -r line', "sh", str(capture)],
    )  # fmt: skip
    source.analysed(0)
    source.start(lambda: None)
    stream = source._stream
    until(lambda: stream._room() is None)
    assert source.status().end < size

    source.stop()

    assert source.status().end == size
    source.close()


def test_what_the_other_host_sends_last_is_read_though_ssh_has_ended(tmp_path: Path) -> None:
    capture = tmp_path / "far.pcap"
    capture.write_bytes(many(2_000).pcap())
    size = capture.stat().st_size
    source = RemoteSource(
        RemoteTarget("far", "eth0"), RemoteOptions(limit_bytes=2 * size),
        ["sh", "-c", 'head -c 5000 "$1"; read -r line; tail -c +5001 "$1" | head -c 60000', "sh", str(capture)],
    )  # fmt: skip
    stream, append = source._stream, source._stream._append

    def slow_disk(rest: memoryview) -> None:
        append(rest)
        if stream._reads_on:
            source._process.wait()
            time.sleep(0.2)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tcptui.capture.byte_reader.READ_BYTES", 15_000)
        patched.setattr(stream, "_append", slow_disk)
        source.start(lambda: None)
        until(lambda: source.status().end == 5000)

        source.stop()

    assert source.status().end == 65_000
    source.close()


def test_damage_ends_the_stream_and_its_writer() -> None:
    """What comes behind it can never be read, and would only fill the disk."""
    data = many(3).pcap() + b"\xff" * 64
    reading, writing = os.pipe()
    source = StreamSource(reading, "-", limit_bytes=64 << 20)
    os.write(writing, data)  # and it stays open

    session = Session([source], compile_when=Compile.NEVER)
    try:
        asyncio.run(asyncio.wait_for(session.run(), 600))

        with pytest.raises(BrokenPipeError):
            os.write(writing, b"x")
        notice = session.progress.notice
        assert notice is not None
        assert notice.key == "session.record-too-large"
        assert notice.facts["position"] == len(data) - 64
        assert session.progress.rows > 0
    finally:
        session.close()
        os.close(writing)
