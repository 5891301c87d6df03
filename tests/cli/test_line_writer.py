"""Lines for a reader who is slow, gone, or not there at all."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest
from tmux_terminal import until

from tcptui.cli.line_writer import LineWriter
from tcptui.model.errors import StandardOutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LINE = "x" * 999
#: Linux keeps so much in a pipe.
PIPE = 65_536


class Target:
    """A pipe in a descriptor's place; or something that fails."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        self.error: Exception | None = None
        self._lock = threading.Lock()

    def write(self, data: memoryview, /) -> int:
        with self._lock:
            if self.error is not None:
                raise self.error
            return os.write(self._writer, data)

    def close(self) -> None:
        """End what still waits in a thread."""
        os.close(self.reader)
        with self._lock:
            self.error = BrokenPipeError()
            os.close(self._writer)

    def read(self, size: int) -> bytes:
        parts = []
        while size:
            parts.append(os.read(self.reader, size))
            size -= len(parts[-1])
        return b"".join(parts)


@pytest.fixture
def target() -> Iterator[Target]:
    opened = Target()
    yield opened
    opened.close()


@pytest.fixture
def writing(target: Target) -> Callable[..., LineWriter]:
    return lambda **more: LineWriter(target, **more)  # type: ignore[arg-type]


def test_each_line_is_there_at_once_and_in_its_order(target: Target, writing: Callable[..., LineWriter]) -> None:
    writer = writing()
    writer.write("first é \ud800")
    assert target.read(len("first é ?\n".encode())) == "first é ?\n".encode()
    for number in range(1000):
        writer.write(str(number))
    assert target.read(3890).split() == [str(number).encode() for number in range(1000)]
    assert writer.finish() == 0


def test_nobody_waits_for_a_reader_but_the_thread(writing: Callable[..., LineWriter]) -> None:
    writer = writing()
    for _ in range(1000):
        writer.write(LINE)
    until(lambda: writer.finish(time.monotonic()) < 1000, "the first line, which the thread writes")
    assert writer.finish(time.monotonic() + 0.05) >= 1000 - PIPE // 1000


def test_end_waits_for_a_reader_that_may_take_its_time(target: Target, writing: Callable[..., LineWriter]) -> None:
    writer = writing()
    for _ in range(1000):
        writer.write(LINE)
    ended: list[int] = []
    thread = threading.Thread(target=lambda: ended.append(writer.finish()))
    thread.start()
    assert target.read(500_000) == (LINE + "\n").encode() * 500
    assert not ended
    target.read(500_000)
    thread.join(600)
    assert ended == [0]


def test_memory_is_bounded_until_nobody_waits_any_more(target: Target, writing: Callable[..., LineWriter]) -> None:
    writer = writing(most_waiting=10_000)
    brought: list[int] = []

    def bring() -> None:
        for number in range(1000):
            writer.write(LINE)
            brought.append(number)

    thread = threading.Thread(target=bring)
    thread.start()
    until(lambda: len(brought) >= PIPE // 1000, "the pipe to be full")
    thread.join(0.2)
    assert thread.is_alive()
    assert len(brought) <= (PIPE + 2 * 10_000) // 1000 + 1
    target.read(50_000)
    until(lambda: len(brought) > PIPE // 1000 + 45, "more to be taken")
    writer.give_up()
    thread.join(600)
    assert len(brought) == 1000


@pytest.mark.parametrize("error", [BrokenPipeError(), StandardOutputError("stdout_failed", reason="full")])
def test_failure_reaches_who_writes_and_who_ends(
    target: Target, writing: Callable[..., LineWriter], error: Exception
) -> None:
    target.error = error
    writer = writing()
    writer.write(LINE)
    with pytest.raises(type(error)):
        writer.finish()
    with pytest.raises(type(error)):
        writer.write(LINE)


def test_failure_wakes_who_waits_for_room(target: Target, writing: Callable[..., LineWriter]) -> None:
    writer = writing(most_waiting=1)
    release = threading.Event()

    def fail(_data: memoryview, /) -> int:
        release.wait(600)
        raise BrokenPipeError

    target.write = fail  # type: ignore[method-assign]
    writer.write(LINE)
    threading.Timer(0.1, release.set).start()
    with pytest.raises(BrokenPipeError):
        writer.write(LINE)
