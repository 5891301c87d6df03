"""Workers of a scan: one does many tasks, and a task that ends its worker, or swells it, takes nothing with it."""

from __future__ import annotations

import os
import signal
import time
from typing import Any, Final

import pytest

from tcptui.model.errors import OutputError
from tcptui.scan import processes
from tcptui.scan.processes import Bounds, Ended, Processes

MIB: Final = 1 << 20
kept: Final[list[bytearray]] = []


def work(task: str) -> tuple[str, int]:
    """What became of ``task``, and in which process."""
    match task.rstrip("0123456789"):
        case "memory":
            _ = bytearray(1 << 30)
        case "time":
            while True:
                pass
        case "died":
            os.kill(os.getpid(), signal.SIGKILL)
        case "left":
            os._exit(7)
        case "keep":
            kept.append(bytearray(os.urandom(MIB)) * 40)
        case "busy":
            until = time.process_time() + 0.8
            while time.process_time() < until:
                pass
        case "full":
            raise OutputError("output_failed", path="x", reason="no room")
    return task, os.getpid()


def done(tasks: list[str], workers: int = 1) -> dict[str, Any]:
    """The result of each task, 64 MiB and a second of processor time each."""
    bounds = Bounds(64 * MIB, 1, 20)
    return dict(Processes(workers, work, lambda _: bounds).run(tasks, lambda: None))


def pids(results: dict[str, Any]) -> list[int]:
    return [pid for _, pid in results.values()]


def test_a_worker_does_many_tasks() -> None:
    assert len(set(pids(done([f"good{at}" for at in range(50)])))) == 1
    assert len(set(pids(done([f"good{at}" for at in range(50)], 3)))) <= 3


@pytest.mark.parametrize("workers", [1, 2])
def test_a_poisoned_task_takes_nothing_with_it(workers: int) -> None:
    told = done(["good", "memory", "fine", "died", "well", "time", "sound", "left", "last"], workers)
    ended = {task: told.pop(task) for task in ("memory", "died", "time", "left")}
    assert ended == {
        "memory": Ended("memory"), "died": Ended("died", "SIGKILL"), "time": Ended("time"), "left": Ended("died", "7"),
    }  # fmt: skip
    assert {task: result[0] for task, result in told.items()} == {
        task: task for task in ("good", "fine", "well", "sound", "last")
    }


def test_bounds_are_of_a_task_not_of_all_before_it() -> None:
    told = done(["busy1", "keep1", "busy2", "keep2", "busy3", "keep3"])
    assert len(set(pids(told))) == 1  # 2.4 seconds, 120 MiB


def test_a_worker_that_keeps_much_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "GROWN_MOST", 60 * MIB)
    told = pids(done(["good1", "keep1", "good2", "keep2", "good3", "keep3", "good4"]))
    assert told == [told[0]] * 4 + [told[4]] * 3
    assert told[0] != told[4]


def test_what_is_not_about_the_task_ends_all() -> None:
    with pytest.raises(OutputError):
        done(["good", "full", "never"])


def test_who_leaves_early_leaves_no_worker() -> None:
    found = Processes(2, work, lambda _: Bounds(64 * MIB, 1, 20)).run([f"good{at}" for at in range(9)], lambda: None)
    _, (_, pid) = next(found)
    found.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
