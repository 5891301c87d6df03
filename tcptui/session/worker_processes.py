"""Shares work out to forked worker processes, and gives back what they made in the order of the work.

A worker is a fork of this process, so it reads the capture's columns where they are: nothing is copied but the pages
that it writes to.  It takes numbers of *shares* (parts of the work) from a pipe that all workers read, and sends
*pieces* back on a pipe of its own.  When one dies, the others are ended and `WorkerError` is raised.

Only Linux forks here: on macOS a fork is unsafe once system libraries have started threads.  There all work is done in
this process.
"""

from __future__ import annotations

import fcntl
import gc
import os
import pickle
import select
import signal
import struct
import sys
import threading
import time
import warnings
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, NoReturn

from tcptui.capture.capabilities import end_with_parent
from tcptui.model.child_side import read_exactly
from tcptui.model.errors import WorkerError
from tcptui.model.how_ended import how_ended
from tcptui.model.sparse_array import map_long_arrays, trim
from tcptui.model.stall import LOOK_SECONDS, StallWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    #: The pieces of a share: bytes, which are passed on as they are, or other values, which are pickled.
    Work = Callable[[int], Iterator[Any]]

CAN_FORK: Final = sys.platform == "linux"
#: How many shares per worker may be handed out before the first of them has been consumed: bounds the pieces that wait.
SHARES_AHEAD: Final = 2
#: Bytes of pieces that may wait for those of earlier shares, per worker: one that is further ahead waits itself …
WAITING_BYTES: Final = 16 << 20
#: … as of so many at least: of two, one that ends its share as the other is amid its own is half a share ahead.
_WAITING_LEAST: Final = 3
#: How long to wait for threads that are about to end, in seconds.
ENDING_S: Final = 2.0
#: Bytes of an array whose memory a worker returns when it is freed: its shares are much alike, so that of shorter ones
#: serves the next.
_RETURNED: Final = 5 << 20
#: Size of a worker's pipe in bytes; the system's default is 64 KiB.
_PIPE_BYTES: Final = 1 << 20
#: Signals that end the parent, and a worker at once.
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SHARE: Final = struct.Struct("<I")
#: In front of each piece: share, `_Kind`, length in bytes.
_HEAD: Final = struct.Struct("<IBQ")
#: Exit status of a worker that ran out of memory; after other errors it is 1.
_OUT_OF_MEMORY: Final = 3


class _Kind(IntEnum):
    BYTES = 0
    PICKLED = 1
    END = 2
    """The share is done."""


@dataclass
class _Worker:
    pid: int
    pieces: int
    """The descriptor that its pieces are read from."""
    stall: StallWatch
    share: int = -1
    """The share that it is known to be at; -1: it has begun none, or told nothing of it yet."""


@dataclass
class _Workforce:
    """The workers that run, and the pipe that hands out shares."""

    running: dict[int, _Worker] = field(default_factory=dict)
    """By the descriptor that its pieces are read from."""
    shares: int = -1

    def dismiss(self) -> None:
        """End all workers at once; they have nothing to clean up."""
        for worker in self.running.values():
            with suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)
        for worker in self.running.values():
            os.close(worker.pieces)
            with suppress(ChildProcessError):
                os.waitpid(worker.pid, 0)
        self.running.clear()
        self.no_more()

    def no_more(self) -> None:
        """Let workers end that find no share left: their memory is then freed while others still work."""
        if self.shares >= 0:
            os.close(self.shares)
            self.shares = -1

    def reap(self, worker: _Worker) -> None:
        """Wait for ``worker``, which has ended.  Raises the WorkerError that says how, unless no share was left."""
        _, status = os.waitpid(worker.pid, 0)
        del self.running[worker.pieces]
        os.close(worker.pieces)
        code = os.waitstatus_to_exitcode(status)
        if code < 0:
            raise WorkerError("worker_killed", signal=how_ended(code))
        if code or self.shares >= 0:
            raise WorkerError("worker_memory" if code == _OUT_OF_MEMORY else "worker_failed", status=code)


def in_order(shares: int, work: Work, workers: int) -> Generator[Any]:
    """The pieces of ``work(0)``, ``work(1)`` … up to ``shares``, in this order, made by up to ``workers`` processes.

    No other thread may hold a lock that ``work`` takes (`is_alone`).  Close the iterator (`contextlib.closing`) if it
    may be left before its end.  Raises WorkerError.
    """
    workers = min(workers, shares)
    if workers > 1 and CAN_FORK:
        force = _Workforce()
        try:
            _hire(force, work, workers)
            if force.running:
                yield from _collected(force, shares)
                return
        finally:
            force.dismiss()
    for share in range(shares):
        yield from work(share)


def is_alone() -> bool:
    """Whether no other thread runs, whose locks would stay locked in a fork; waits for threads about to end."""
    deadline = time.monotonic() + ENDING_S
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(max(deadline - time.monotonic(), 0))
    return threading.active_count() == 1


def _hire(force: _Workforce, work: Work, workers: int) -> None:
    """Fork ``workers`` processes, or as many as the system allows."""
    gc.freeze()  # a collection in a worker would write to all objects, and so copy their pages
    trim()  # each worker would fill what was freed here with something of its own: the same pages once for each
    shares, force.shares = os.pipe()
    parent = os.getpid()
    try:
        for _ in range(workers):
            # A signal that came between would find a worker that its parent does not know, or a worker with the
            # parent's handlers.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
            try:
                pieces, sent = os.pipe()
                pid = _fork()
                if pid == 0:
                    _be_worker(parent, work, shares, sent, [pieces, force.shares, *force.running])
                os.close(sent)
                if pid is None:
                    os.close(pieces)
                    return
                force.running[pieces] = _Worker(pid, pieces, StallWatch(pid))
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
    finally:
        os.close(shares)


def _fork() -> int | None:
    """0 in the worker, its process number in its parent; None: the system has no process or no memory for one more."""
    with warnings.catch_warnings():
        # Python 3.12 warns of threads that it does not know; those of BLAS begin anew after a fork.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return os.fork()
        except OSError:
            return None


def _collected(force: _Workforce, shares: int) -> Iterator[Any]:
    """The pieces of all shares, in order; those of later shares wait for those of earlier ones."""
    ahead, handed, current = SHARES_AHEAD * len(force.running), 0, 0
    waiting: dict[int, list[Any]] = {}
    sizes: Counter[int] = Counter()
    """Of the pieces that wait, by share."""
    most = WAITING_BYTES * max(len(force.running), _WAITING_LEAST)
    done: set[int] = set()
    while current < shares:
        if not force.running:
            raise WorkerError("worker_failed", status=0)
        while handed < min(shares, current + ahead):
            with suppress(BrokenPipeError):  # all workers have died, which their own pipes will show
                os.write(force.shares, _SHARE.pack(handed))
            handed += 1
        if handed == shares:
            force.no_more()
        heard = (-1, current) if sizes.total() > most else None
        for worker in _readable(force, heard):
            received = _received(force, worker)
            if received is None:
                continue
            share, kind, piece, size = received
            if kind is _Kind.END:
                done.add(share)
            elif share == current:
                yield piece
            else:
                waiting.setdefault(share, []).append(piece)
                sizes[share] += size
            while current in done:
                done.remove(current)
                current += 1
                del sizes[current]
                yield from waiting.pop(current, ())


def _readable(force: _Workforce, heard: tuple[int, ...] | None) -> list[_Worker]:
    """The workers that have sent something, once there are any; only those at one of the shares ``heard``."""
    poll = select.poll()
    for worker in force.running.values():
        if heard is None or worker.share in heard:
            poll.register(worker.pieces, select.POLLIN)
    return [force.running[descriptor] for descriptor in _wait(force, poll)]


def _wait(force: _Workforce, poll: select.poll) -> list[int]:
    """The descriptors of ``poll`` that can be read, once there are any.

    Raises WorkerError when nothing comes and no worker computes: somebody has stopped one (SIGSTOP).
    """
    while not (ready := poll.poll(LOOK_SECONDS * 1000)):
        stalled = [worker.stall.has_stalled() for worker in force.running.values()]  # each is looked at
        if all(stalled):
            raise WorkerError("worker_stalled")
    for worker in force.running.values():
        worker.stall.reset()
    return [descriptor for descriptor, _event in ready]


def _received(force: _Workforce, worker: _Worker) -> tuple[int, _Kind, Any, int] | None:
    """The next piece of ``worker``: its share, kind, value and size in bytes; None: it has ended."""
    poll = select.poll()
    poll.register(worker.pieces, select.POLLIN)

    def read(length: int) -> bytes:
        _wait(force, poll)
        return os.read(worker.pieces, length)

    try:
        share, kind, length = _HEAD.unpack(read_exactly(read, _HEAD.size))
        data = read_exactly(read, length)
    except EOFError:
        force.reap(worker)
        return None
    worker.share = -1 if kind == _Kind.END else share
    return share, _Kind(kind), pickle.loads(data) if kind == _Kind.PICKLED else data, length


# -- in the worker ------------------------------------------------------------------


def _be_worker(parent: int, work: Work, shares: int, sent: int, others: list[int]) -> NoReturn:
    """What a forked process does; it never returns into its parent's code."""
    status = 1
    try:
        _end_with(parent)
        for descriptor in others:
            os.close(descriptor)
        with suppress(OSError):  # beyond the user's limit
            fcntl.fcntl(sent, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        map_long_arrays(_RETURNED)
        serve(work, shares, sent)
        status = 0
    except MemoryError:
        status = _OUT_OF_MEMORY
    except BrokenPipeError:  # the parent is gone
        pass
    except BaseException:  # noqa: BLE001 - the process's boundary: the hook saves a crash report
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    finally:
        os._exit(status)


def _end_with(parent: int) -> None:
    """Have the system end this process with its parent, and at once by the signals that the parent handles."""
    end_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    for number in _ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)


def serve(work: Work, shares: int, sent: int) -> None:
    """Take shares from the descriptor ``shares`` until it ends, and write their pieces to ``sent``."""
    while token := os.read(shares, _SHARE.size):
        (share,) = _SHARE.unpack(token)
        for piece in work(share):
            if isinstance(piece, bytes):
                _send(sent, share, _Kind.BYTES, piece)
            else:
                _send(sent, share, _Kind.PICKLED, pickle.dumps(piece, pickle.HIGHEST_PROTOCOL))
        _send(sent, share, _Kind.END, b"")


def _send(descriptor: int, share: int, kind: _Kind, data: bytes) -> None:
    head = _HEAD.pack(share, kind, len(data))
    written = os.writev(descriptor, (head, data))
    if written < len(head) + len(data):
        left = memoryview(head + data)[written:]
        while left:
            left = left[os.write(descriptor, left) :]
