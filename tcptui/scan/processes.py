"""Runs each task in a process of its own, a fork, so that one that takes too much or dies takes nothing with it.

A fork has all modules and the compiled kernel already: a small file waits for nothing.  It is bounded in memory
(RLIMIT_DATA) and in processor time (RLIMIT_CPU), and ends with this process.
"""

from __future__ import annotations

import os
import pickle
import resource
import select
import signal
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from tcptui.capture.capabilities import end_with_parent
from tcptui.model.errors import TcptuiError, WorkerError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

#: Processor time of a task: so many seconds, and for each MiB of its files so many more.  Hostile captures take a
#: second a MiB; unpacked they may have a hundred times as many bytes.
CPU_S: Final = 120
CPU_S_A_MIB: Final = 8
#: So many times as long may pass until it ends: it waits for disks and for others.
PATIENCE: Final = 10
#: Memory of a task beyond what it is forked with, at least.
MEMORY_LEAST: Final = 1 << 30
_OUT_OF_MEMORY: Final = 3
_READ_BYTES: Final = 1 << 16
#: What begins the keys of all errors; an exception with keywords is not pickled as it is.
_MESSAGES: Final = "messages."
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Bounds(NamedTuple):
    """Limits of a process."""

    memory: int
    """Bytes, beyond what it is forked with."""
    cpu_s: int
    patience: int = PATIENCE

    @classmethod
    def of(cls, size: int, available: int, workers: int) -> Bounds:
        """For files of ``size`` bytes, where ``workers`` share ``available`` bytes of memory (0: unknown)."""
        memory = max(available // workers, MEMORY_LEAST) if available else 1 << 62
        return cls(memory, CPU_S + CPU_S_A_MIB * (size >> 20))


class Ended(NamedTuple):
    """A process ended without a result."""

    why: str
    """``memory``, ``time`` or ``died``."""
    signal: str = ""
    """The signal that ended one that died, or its exit status."""


@dataclass
class _Process:
    task: Any
    pid: int
    descriptor: int
    deadline: float
    received: bytearray = field(default_factory=bytearray)


class Processes:
    """At most ``workers`` forks at a time."""

    def __init__(self, workers: int, work: Callable[[Any], Any], bounds: Callable[[Any], Bounds]) -> None:
        """``work`` makes a result of a task, in a process of its own, within ``bounds`` of it.

        A TcptuiError that it raises is raised here, by `run`: it is not about the task.
        """
        self._workers, self._work, self._bounds = workers, work, bounds
        self._running: dict[int, _Process] = {}

    def run(self, tasks: Iterable[Any], tick: Callable[[], None]) -> Generator[tuple[Any, Any]]:
        """Each task with its result, or `Ended`, as they end; ``tick`` is called about twice a second.

        No other thread may run.  Close the iterator if it may be left before its end.
        """
        waiting = iter(tasks)
        try:
            while True:
                while len(self._running) < self._workers and (task := next(waiting, None)) is not None:
                    self._start(task)
                if not self._running:
                    return
                yield from self._results()
                tick()
        finally:
            for process in self._running.values():
                os.kill(process.pid, signal.SIGKILL)
                os.waitpid(process.pid, 0)
                os.close(process.descriptor)
            self._running.clear()

    def _start(self, task: Any) -> None:
        sys.stdout.flush()
        bounds, parent = self._bounds(task), os.getpid()
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:
            _be_worker(parent, self._work, task, bounds, writer)
        os.close(writer)
        patience = time.monotonic() + bounds.patience * bounds.cpu_s
        self._running[reader] = _Process(task, pid, reader, patience)

    def _results(self) -> Iterator[tuple[Any, Any]]:
        poll = select.poll()
        for descriptor in self._running:
            poll.register(descriptor, select.POLLIN)
        ready = [descriptor for descriptor, _ in poll.poll(500)]
        for descriptor in ready:
            process = self._running[descriptor]
            if data := os.read(descriptor, _READ_BYTES):
                process.received += data
            else:
                yield process.task, self._reaped(process)
        now = time.monotonic()
        for process in [one for one in self._running.values() if one.deadline < now]:
            os.kill(process.pid, signal.SIGKILL)
            self._reaped(process)
            yield process.task, Ended("time")

    def _reaped(self, process: _Process) -> Any:
        _, status = os.waitpid(process.pid, 0)
        del self._running[process.descriptor]
        os.close(process.descriptor)
        code = os.waitstatus_to_exitcode(status)
        if not code:
            result, failure = pickle.loads(process.received)  # of our own fork
            if failure is not None:
                kind, key, facts = failure
                raise kind(key, **facts)
            return result
        if code == _OUT_OF_MEMORY:
            return Ended("memory")
        if code == -signal.SIGXCPU:
            return Ended("time")
        return Ended("died", signal.Signals(-code).name if code < 0 else str(code))


def alone(work: Callable[[], Any]) -> Any:
    """The result of ``work``, done in a fork: what it imports and the threads that it starts end with it.

    Raises the TcptuiError that it raises, and WorkerError where the fork ends.
    """
    unbounded = Bounds(1 << 62, 1 << 30, 1 << 10)
    ((_, result),) = Processes(1, lambda _: work(), lambda _: unbounded).run([True], lambda: None)
    if isinstance(result, Ended):
        raise WorkerError("worker_failed", status=result.signal or result.why)
    return result


def _be_worker(parent: int, work: Callable[[Any], Any], task: Any, bounds: Bounds, writer: int) -> NoReturn:
    """The work of a fork; it never returns into its parent's code."""
    status = 1
    try:
        for number in _ENDING:
            signal.signal(number, signal.SIG_DFL)
        end_with_parent(signal.SIGKILL)
        if os.getppid() == parent:
            _bound(bounds)
            answer: tuple[Any, Any] = None, None
            try:
                answer = work(task), None
            except TcptuiError as error:
                answer = None, (type(error), error.key.removeprefix(_MESSAGES), error.facts)
            left = memoryview(pickle.dumps(answer))
            while left:
                left = left[os.write(writer, left) :]
            status = 0
    except MemoryError:
        status = _OUT_OF_MEMORY
    except BrokenPipeError:  # the parent is gone
        pass
    except BaseException:  # noqa: BLE001 - the same: the hook saves a crash report
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    finally:
        os._exit(status)


def _bound(bounds: Bounds) -> None:
    used = _data_bytes()
    for what, most in ((resource.RLIMIT_DATA, used + bounds.memory), (resource.RLIMIT_CPU, bounds.cpu_s)):
        _, hard = resource.getrlimit(what)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(what, (most, hard))


def _data_bytes() -> int:
    """Bytes that RLIMIT_DATA counts of this process by now; 0 where the system does not tell."""
    try:
        with open("/proc/self/status", encoding="ascii") as lines:  # noqa: PTH123  # no path of anybody's
            return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmData")), 0)
    except OSError:
        return 0
