"""A process that does nothing any more is told from one that computes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcptui.model import stall
from tcptui.model.stall import StallWatch

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def busy() -> Iterator[subprocess.Popen[bytes]]:
    """A process that computes for ever."""
    with subprocess.Popen(
        [sys.executable, "-c", "print(flush=True)\nwhile True: pass"], stdout=subprocess.PIPE
    ) as made:
        assert made.stdout is not None
        made.stdout.read(1)
        yield made
        made.kill()


def looks(watch: StallWatch, clock: list[float], most: int) -> int:
    """The looks until it has stalled, at most ``most``."""
    for number in range(1, most + 1):
        clock[0] += stall.LOOK_SECONDS
        if watch.has_stalled():
            return number
        time.sleep(0.001)
    return most


def stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().split()[13:15]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(stall.time, "monotonic", lambda: now[0])
    return now


def test_stopped_process_has_stalled_after_so_many_looks_and_not_before(
    busy: subprocess.Popen[bytes], clock: list[float]
) -> None:
    watch = StallWatch(busy.pid)
    busy.send_signal(signal.SIGSTOP)
    clock[0] += 1e6  # this process may have been stopped, too: that is one look

    assert looks(watch, clock, 1000) >= stall.LOOKS
    watch.reset()
    assert not watch.has_stalled()
    assert looks(watch, clock, 1000) == stall.LOOKS


def test_process_that_computes_never_stalls(busy: subprocess.Popen[bytes], clock: list[float]) -> None:
    watch = StallWatch(busy.pid)
    for _ in range(4):
        known = stat(busy.pid)
        while stat(busy.pid) == known:
            time.sleep(0.001)
        for _ in range(stall.LOOKS - 1):
            clock[0] += stall.LOOK_SECONDS
            assert not watch.has_stalled()


def test_process_of_which_nothing_is_known_never_stalls(clock: list[float]) -> None:
    assert looks(StallWatch(2**22 + 1), clock, 100) == 100
