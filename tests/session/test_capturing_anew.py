"""`C`: a mark in a running capture.  No packet is missed, and nothing of before the mark is left."""

from __future__ import annotations

import asyncio
import os
import struct
import threading
import time
from typing import TYPE_CHECKING, Final

import pytest
from running_source import RunningSource

from tcptui.capture.spool.punch import allocated_bytes
from tcptui.model.errors import OutputError
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PCAP: Final = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 101)
START_S: Final = 1_700_000_000
SYN, PUSH_ACK = 0x02, 0x18


def record(ms: int, port: int, flags: int, seq: int, payload: bytes = b"") -> bytes:
    """One segment of a client at ``port``, in a raw IPv4 packet."""
    tcp = struct.pack("!HHIIHHHH", port, 80, seq, 1, 5 << 12 | flags, 64240, 0, 0)
    size = 20 + len(tcp) + len(payload)
    ip = struct.pack("!BBHHHBBHII", 0x45, 0, size, 0, 0, 64, 6, 0, 0x0A000001, 0x0A000002)
    return struct.pack("<IIII", START_S + ms // 1000, ms % 1000 * 1_000_000, size, size) + ip + tcp + payload


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 600  # only a failing test waits so long
    while time.monotonic() < end:
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never happened")


class Capture:
    """A running source, and the session that shows it now."""

    def __init__(self, directory: Path, header: bytes = PCAP, *, limit_bytes: int | None = 1 << 30) -> None:
        self.source = RunningSource(header, limit_bytes=limit_bytes, directory=directory)
        self.session = Session([self.source])
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Let the session run, until it has looked once."""
        session = self.session
        self._tasks.append(asyncio.create_task(session.run()))
        await until(lambda: session.revision > 0)

    async def read(self, packets: int) -> None:
        """Wait until so many packets of the session are analysed."""
        await until(lambda: self.session.progress.rows == packets)

    async def begin_anew(self) -> None:
        """What `C` does."""
        await self.session.leave()
        await self._tasks[-1]
        self.session = self.session.anew()
        await self.run()

    async def end(self) -> None:
        self.session.stop()
        await asyncio.gather(*self._tasks)


async def test_who_waits_for_the_end_of_a_session_may_give_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    capture = Capture(tmp_path)
    goes_on = threading.Event()
    catch_up = capture.session.catch_up.run

    def held() -> bool:
        done = catch_up()
        assert goes_on.wait(600)
        return done

    await capture.run()
    monkeypatch.setattr(capture.session.catch_up, "run", held)
    capture.source.give(record(0, 40001, SYN, 100), 1)
    await capture.read(1)
    waiting = asyncio.create_task(capture.session.leave())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    again = asyncio.create_task(capture.session.leave())
    await asyncio.sleep(0)
    goes_on.set()
    await again
    await capture.begin_anew()
    await capture.end()


async def test_what_came_before_is_gone_and_what_comes_is_numbered_from_one(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    capture.source.dropped = 3
    await capture.run()
    capture.source.give(b"".join(record(n, 40001 + n, SYN, 100) for n in range(5)), 5)
    await capture.read(5)
    await capture.begin_anew()
    empty = capture.session.progress
    capture.source.dropped = 4
    capture.source.give(record(100, 40001, PUSH_ACK, 101, b"on it goes") + record(200, 40050, SYN, 7), 2)
    await capture.read(2)
    session = capture.session
    await capture.end()

    assert (empty.rows, empty.received, empty.kernel_dropped) == (0, 0, 0)
    assert (session.progress.received, session.progress.kernel_dropped) == (2, 1)
    assert session.store.frame[:2].tolist() == [1, 2]
    assert session.streams.count == 2
    assert session.reader.packet(0).data.endswith(b"on it goes")
    assert session.live


async def test_packets_that_come_while_the_mark_is_set_are_all_there(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    await capture.run()
    numbers = 0

    def more(count: int) -> None:
        nonlocal numbers
        parts = [record(n, 40001, PUSH_ACK, n, n.to_bytes(4, "big")) for n in range(numbers, numbers + count)]
        capture.source.give(b"".join(parts), count)
        numbers += count

    more(50)
    before = 0
    for turn in range(4):
        leaving = asyncio.create_task(capture.begin_anew())
        more(20 + turn)  # before the old session has ended
        await asyncio.sleep(0)
        more(20)
        old = capture.session
        await leaving
        before += old.store.count
        more(5)
    await until(lambda: capture.session.progress.rows == numbers - before)
    session = capture.session
    saved = tmp_path / "saved.pcap"
    session.save(saved)
    await capture.end()

    seen = [int.from_bytes(session.reader.packet(row).data[-4:], "big") for row in range(session.store.count)]
    assert seen == list(range(before, numbers))
    again = await asyncio.to_thread(open_file, saved)
    assert [int.from_bytes(again.reader.packet(row).data[-4:], "big") for row in range(again.store.count)] == seen


async def test_disk_space_of_before_is_released_and_counts_no_more(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    await capture.run()
    capture.source.give(b"".join(record(n, 40001, PUSH_ACK, 1 + n, bytes(1000)) for n in range(2000)), 2000)
    await capture.read(2000)
    held = allocated_bytes(capture.source.descriptor)
    await capture.begin_anew()
    if capture.source.released.begin == 0:
        await capture.end()
        pytest.skip("this file system punches no holes")
    capture.source.give(record(9000, 40001, SYN, 1), 1)
    await capture.read(1)
    progress, now = capture.session.progress, allocated_bytes(capture.source.descriptor)
    await capture.end()

    assert held > 2_000_000
    assert now < 100_000
    assert progress.spool_stored == len(record(0, 1, SYN, 1))


async def test_nothing_is_released_while_a_copy_of_what_came_before_is_made(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    await capture.run()
    data = b"".join(record(n, 40001, PUSH_ACK, 1 + n, bytes(1000)) for n in range(500))
    capture.source.give(data, 500)
    await capture.read(500)
    first = capture.session
    with first.copying.keeping_all():  # as `w` does, for as long as it copies
        await capture.begin_anew()
        capture.source.give(record(9000, 40001, SYN, 1), 1)
        await capture.read(1)
        assert capture.source.released.begin == 0
        assert os.pread(capture.source.descriptor, len(data), len(PCAP)) == data
    second = capture.session
    await until(
        lambda: second.progress.spool_stored < len(data)
    )  # what waited for that is made up for without a packet
    await capture.end()

    assert capture.source.released.begin == len(PCAP) + len(data)


async def test_copy_of_packets_that_are_released_meanwhile_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = Capture(tmp_path)
    await capture.run()
    capture.source.give(b"".join(record(n, 40001, PUSH_ACK, 1 + n, bytes(1000)) for n in range(50)), 50)
    await capture.read(50)
    pread = os.pread

    def released_meanwhile(descriptor: int, size: int, offset: int) -> bytes:
        if size > len(PCAP):
            capture.source.release(len(PCAP) + 20 * len(record(0, 1, PUSH_ACK, 1, bytes(1000))))
        return pread(descriptor, size, offset)

    monkeypatch.setattr("tcptui.capture.spool.files.os.pread", released_meanwhile)
    with pytest.raises(OutputError) as refused:
        capture.session.save(tmp_path / "saved.pcap")
    monkeypatch.undo()
    await capture.end()

    assert refused.value.key == "messages.save_released"
    assert not (tmp_path / "saved.pcap").exists()
    assert capture.session.has_unsaved


async def test_copy_ends_without_a_file_when_the_session_is_closed(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    await capture.run()
    capture.source.give(record(0, 40001, SYN, 1), 1)
    await capture.read(1)
    await capture.end()
    capture.session.copying.end()
    with pytest.raises(OutputError) as ended:
        capture.session.save(tmp_path / "saved.pcap")

    assert ended.value.key == "messages.save_given_up"
    assert list(tmp_path.iterdir()) == []


async def test_file_of_w_keeps_everything(tmp_path: Path) -> None:
    capture = Capture(tmp_path, limit_bytes=None)
    await capture.run()
    capture.source.give(record(0, 40001, SYN, 1), 1)
    await capture.read(1)
    await capture.begin_anew()
    capture.source.give(record(1, 40002, SYN, 1), 1)
    await capture.read(1)
    await capture.end()

    assert capture.source.released.begin == 0
    whole = await asyncio.to_thread(open_file, f"/proc/self/fd/{capture.source.descriptor}")
    assert whole.store.count == 2


async def test_saved_packets_are_not_at_stake_and_new_ones_are(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    await capture.run()
    assert not capture.session.has_unsaved
    capture.source.give(record(0, 40001, SYN, 1), 1)
    await capture.read(1)
    assert capture.session.has_unsaved
    capture.session.save(tmp_path / "one.pcap")
    assert not capture.session.has_unsaved
    capture.source.give(record(1, 40001, SYN, 1), 1)
    await capture.read(2)
    assert capture.session.has_unsaved
    await capture.begin_anew()
    assert not capture.session.has_unsaved
    await capture.end()


async def test_capture_whose_records_need_other_blocks_is_not_begun_anew(tmp_path: Path) -> None:
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    interface = struct.pack("<IIHHII", 1, 20, 101, 0, 0, 20)
    capture = Capture(tmp_path, section + interface)
    await capture.run()

    assert not capture.session.may_begin_anew
    await capture.end()
    ended = Capture(tmp_path)
    await ended.run()
    assert ended.session.may_begin_anew
    await ended.end()
    assert not ended.session.may_begin_anew


async def test_count_begins_anew_at_each_mark(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    await capture.run()
    marks = []
    for packets in (5, 3):
        capture.source.give(b"".join(record(n, 40001 + n, SYN, 100) for n in range(packets)), packets)
        await capture.read(packets)
        await capture.begin_anew()
        marks.append(capture.source.counted_from)
    await capture.end()

    assert marks == [5, 8]


async def test_count_without_a_mark_stays_as_it_was(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    await capture.run()
    capture.source.give(record(0, 40001, SYN, 100), 1)
    await capture.read(1)
    await capture.end()

    assert capture.source.counted_from == 0
