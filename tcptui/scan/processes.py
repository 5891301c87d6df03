"""Runs tasks in workers, forks of this process, so that one that takes too much or dies takes nothing with it.

A fork has all modules and the compiled kernel already, and it does one task after the other: a small file waits for
nothing.  For each task it is bounded in memory (RLIMIT_DATA) and in processor time (RLIMIT_CPU).  A task that ends its
worker ends nothing else: the next one gets a new fork.  Workers end with this process.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from multiprocessing.connection import Connection, Pipe, wait
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn, Self

from tcptui.capture.capabilities import end_with_parent
from tcptui.model.errors import TcptuiError, WorkerError
from tcptui.model.spilled_memory import spill

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

#: Processor time of a task: so many seconds, and for each MiB of its files so many more.  Hostile captures take a
#: second a MiB; unpacked they may have a hundred times as many bytes.
CPU_S: Final = 120
CPU_S_A_MIB: Final = 8
#: So many times as long may pass until it ends: it waits for disks and for others.
PATIENCE: Final = 10
#: Memory of a task beyond what its worker has before it, at least.
MEMORY_LEAST: Final = 1 << 30
#: A worker that keeps so many bytes more than it was forked with ends after its task.
GROWN_MOST: Final = 256 << 20
_OUT_OF_MEMORY: Final = 3
#: Seconds between two calls of ``tick``, at most.
_TICK_S: Final = 0.5
#: What begins the keys of all errors; an exception with keywords is not pickled as it is.
_MESSAGES: Final = "messages."
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Bounds(NamedTuple):
    """Limits of a task."""

    memory: int
    """Bytes, beyond what its worker has before it."""
    cpu_s: int
    patience: int = PATIENCE

    @classmethod
    def of(cls, size: int, available: int, workers: int) -> Bounds:
        """For files of ``size`` bytes, where ``workers`` share ``available`` bytes of memory (0: unknown)."""
        memory = max(available // workers, MEMORY_LEAST) if available else 1 << 62
        return cls(memory, CPU_S + CPU_S_A_MIB * (size >> 20))


class Ended(NamedTuple):
    """A worker ended without a result."""

    why: str
    """``memory``, ``time`` or ``died``."""
    signal: str = ""
    """The signal that ended one that died, or its exit status."""


class _Answer(NamedTuple):
    """The reply of a worker to a task: its result, or the error that it raised."""

    result: Any
    failure: tuple[type[TcptuiError], str, Any] | None
    """Class, key and facts of the error that was raised."""
    is_last: bool
    """The worker takes no other task."""


@dataclass(slots=True)
class _Worker:
    pid: int
    connection: Connection
    task: Any = None
    deadline: float = 0


class Processes:
    """At most ``workers`` forks at a time."""

    def __init__(self, workers: int, work: Callable[[Any], Any], bounds: Callable[[Any], Bounds]) -> None:
        """``work`` makes a result of a task, in a worker, within ``bounds`` of it; tasks and results can be pickled.

        A TcptuiError that it raises is raised here, by `run`: it is not about the task.
        """
        self._most, self._work, self._bounds = workers, work, bounds
        self._busy: list[_Worker] = []

    def run(self, tasks: Iterable[Any], tick: Callable[[], None]) -> Generator[tuple[Any, Any]]:
        """Each task with its result, or `Ended`, as they end; ``tick`` is called about twice a second.

        No other thread may run.  Close the iterator if it may be left before its end.
        """
        waiting = iter(tasks)
        next_tick = time.monotonic() + _TICK_S
        try:
            while True:
                while len(self._busy) < self._most and (task := next(waiting, None)) is not None:
                    self._give(self._forked(), task)
                if not self._busy:
                    return
                yield from self._results(waiting, next_tick - time.monotonic())
                if time.monotonic() >= next_tick:
                    tick()
                    next_tick = time.monotonic() + _TICK_S
        finally:
            for worker in self._busy:
                os.kill(worker.pid, signal.SIGKILL)
                _reaped(worker)
            self._busy.clear()

    def _forked(self) -> _Worker:
        sys.stdout.flush()
        parent = os.getpid()
        ours, theirs = Pipe()
        pid = os.fork()
        if not pid:
            ours.close()
            _be_worker(parent, self._work, theirs)
        theirs.close()
        return _Worker(pid, ours)

    def _give(self, worker: _Worker, task: Any) -> None:
        bounds = self._bounds(task)
        worker.task, worker.deadline = task, time.monotonic() + bounds.patience * bounds.cpu_s
        self._busy.append(worker)
        with suppress(BrokenPipeError):  # it has died: `_results` finds that
            worker.connection.send((task, bounds))

    def _results(self, waiting: Iterator[Any], patience_s: float) -> Iterator[tuple[Any, Any]]:
        """Each task that has ended within ``patience_s``; who is done is given one of those that are ``waiting``."""
        ready = wait([one.connection for one in self._busy], max(patience_s, 0))
        for worker in [one for one in self._busy if one.connection in ready]:
            task = worker.task
            try:
                answer: _Answer = worker.connection.recv()
            except (EOFError, ConnectionError):
                self._busy.remove(worker)
                yield task, _why(_reaped(worker))
                continue
            if answer.failure is not None:
                kind, key, facts = answer.failure
                raise kind(key, **facts)
            self._busy.remove(worker)
            # Before anybody looks at the result: the worker is not to wait for that.
            following = None if answer.is_last else next(waiting, None)
            if following is None:
                _dismiss(worker)
            else:
                self._give(worker, following)
            yield task, answer.result
        now = time.monotonic()
        for worker in [one for one in self._busy if one.deadline < now]:
            self._busy.remove(worker)
            os.kill(worker.pid, signal.SIGKILL)
            _reaped(worker)
            yield worker.task, Ended("time")


def _dismiss(worker: _Worker) -> None:
    """Let ``worker``, which is done, end."""
    with suppress(BrokenPipeError):
        worker.connection.send(None)
    _reaped(worker)


def _reaped(worker: _Worker) -> int:
    """The exit code of ``worker``, which ends."""
    _, status = os.waitpid(worker.pid, 0)
    worker.connection.close()
    return os.waitstatus_to_exitcode(status)


def _why(code: int) -> Ended:
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


def _be_worker(parent: int, work: Callable[[Any], Any], connection: Connection) -> NoReturn:
    """The work of a fork; it never returns into its parent's code."""
    status = 1
    try:
        for number in _ENDING:
            signal.signal(number, signal.SIG_DFL)
        end_with_parent(signal.SIGKILL)
        if os.getppid() == parent:
            _serve(work, connection)
            status = 0
    except MemoryError:
        status = _OUT_OF_MEMORY
    except (BrokenPipeError, EOFError):  # the parent is gone
        pass
    except BaseException:  # noqa: BLE001 - the same: the hook saves a crash report
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    finally:
        os._exit(status)


def _serve(work: Callable[[Any], Any], connection: Connection) -> None:
    """Answer task after task, until there is none or this process is no longer as it was forked."""
    gc.freeze()  # what it was forked with is not to be taken apart here: threads that some of it relies on are not here
    before = now = _Memory.of_this_process()
    while (received := connection.recv()) is not None:
        task, bounds = received
        _bound(bounds, now)
        result, failure = None, None
        try:
            result = work(task)
        except TcptuiError as error:
            failure = type(error), error.key.removeprefix(_MESSAGES), error.facts
        gc.collect()  # there is little to visit: the rest is frozen
        now = _Memory.of_this_process()
        is_last = now.resident - before.resident > GROWN_MOST or spill.folder is not None
        connection.send(_Answer(result, failure, is_last))


def _bound(bounds: Bounds, now: _Memory) -> None:
    """Bound this process, which has ``now``, in what it takes from now on."""
    cpu_s = ceil(time.process_time()) + bounds.cpu_s
    for what, most in ((resource.RLIMIT_DATA, now.data + bounds.memory), (resource.RLIMIT_CPU, cpu_s)):
        _, hard = resource.getrlimit(what)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(what, (most, hard))


class _Memory(NamedTuple):
    """Bytes of memory that a process has; 0 where the system does not tell."""

    data: int
    """What RLIMIT_DATA counts; allocators reserve a GiB of it that they never touch."""
    resident: int
    """What is in memory, and not for the sake of a file."""

    @classmethod
    def of_this_process(cls) -> Self:
        """By now (proc_pid_status(5))."""
        found = {}
        with suppress(OSError), open("/proc/self/status", encoding="ascii") as lines:  # noqa: PTH123  # no path of anybody's
            found = {name: rest.split() for name, _, rest in (line.partition(":") for line in lines)}
        data, resident = (int(found[name][0]) << 10 if name in found else 0 for name in ("VmData", "RssAnon"))
        return cls(data, resident)
