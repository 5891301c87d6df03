"""`BackgroundJudge`: has a process of its own judge the connections of a file that the screen shows.

Judging is Python: in a thread of the screen's process it has the interpreter half of the time, and a key waits for it.
A fork is no way out, since a fork copies the locks of all threads and none of the threads.  So another interpreter is
started (as `analysis.compile_ahead` does), which has no thread but its own.  When the file has been read and analysed,
it is handed the columns where they are, in memory that both processes map (`model.shared_memory`), and a `Task`: which
connections are due, and what the rules know beyond them.  It reads payload with descriptors of its own, writes causes
and corrected states into the shared columns, and sends back what `FindingsCache` keeps of each connection, in the order
of their numbers.  Rules, their input and their results are those of `Judging.refresh`, whoever runs them.

What is read later never changes the columns of a file, so nothing is locked.  A capture that grows is judged by the
worker thread: its columns move and its rows leave while a judgement would be under way, and there is little to judge
at a time.  The process ends with this one, or when the session is closed; when it dies with its task, a notice says so,
and the worker thread judges what is left.  A process that cannot even begin is nobody's concern: the worker judges all.
"""

from __future__ import annotations

import errno
import gc
import os
import pickle
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tcptui.access.progress import Notice
from tcptui.model.child_process import Child
from tcptui.model.child_side import be_ended_first, end_with_parent, framed, read_exactly
from tcptui.model.how_ended import how_ended
from tcptui.model.packet_store import CORRECTED_COLUMNS
from tcptui.model.safe_text import safe_text
from tcptui.model.shared_memory import CAN_SHARE, is_shared, pack, unpack
from tcptui.model.stall import StallWatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tcptui.access.packet_reader import PacketReader
    from tcptui.access.source_info import SourceInfo
    from tcptui.analysis.capture_point import CapturePlace
    from tcptui.analysis.capture_quality import CaptureQuality
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import PacketStore
    from tcptui.model.sparse_mask import SparseMask
    from tcptui.protocols.decode_as import Decoding
    from tcptui.protocols.keylog import KeyLog
    from tcptui.protocols.row_notes import NotedRows
    from tcptui.session.judgement import Judgement
    from tcptui.session.judging import Judging
    from tcptui.session.pipeline import Pipeline

#: Packets of a file from which on the process is started while the rest is read: to start takes it half a second.
FORESEEN_ROWS: Final = 200_000
#: Due connections from which on the process judges; the worker has judged fewer before it would have begun.
WORTH_JUDGING: Final = 400
#: How long judgements are collected before they are sent, in seconds: the screen shows how far judging is.
_SENT_EVERY: Final = 0.1
#: Steps of nice(2) behind the screen: where there is one processor for both, keys go first.
_NICE: Final = 5
#: How long is waited for the end of a process whose channel failed, in seconds, before it is ended.
_DYING: Final = 1.0
#: How long the process may take to receive one part of its task, in seconds: it may still import.
_HANDING_OVER: Final = 60.0
#: SCM_MAX_FD of Linux: that many descriptors go in one message.
_DESCRIPTORS: Final = 253
#: In front of a task: its length in bytes, and how many descriptors of shared memory and of spools come with it.
_TASK: Final = struct.Struct("<QII")
#: How long is waited for the end of a process that was killed, in seconds: it may wait for a disk.
_ENDING: Final = 2.0
#: What the process runs (`start_interpreter`).
_PROGRAM: Final = """\
from tcptui.session.judge_process import judge_here
judge_here(int(sys.argv[3]), int(sys.argv[2]))
"""


@dataclass(frozen=True, slots=True)
class Task:
    """A job for a judging process: the streams, and the knowledge to judge them with."""

    store: PacketStore
    streams: StreamTable
    noted: NotedRows
    sources: list[SourceInfo]
    quality: CaptureQuality
    place: CapturePlace
    due: NDArray[np.int64]
    """The streams to judge, ascending."""
    read: SparseMask
    """Those whose payload is judged, too."""
    keys: KeyLog
    """Secrets of TLS connections: they go through the socket alone, to no disk and no argument."""
    decoding: Decoding
    """What is read on which port."""
    compiled: bool
    """Whether the kernel is to be machine code when states are corrected."""


class BackgroundJudge:
    """The process that judges for one session, from the worker's side; one thread calls all but `close`."""

    def __init__(self, pipeline: Pipeline, descriptors: Sequence[int], access: PacketReader) -> None:
        """``descriptors``: of the spools."""
        self._pipeline, self._access = pipeline, access
        self._spools = list(descriptors)
        self._process: Child | None = None
        self._stall: StallWatch | None = None
        self._due: NDArray[np.int64] | None = None
        """The streams handed over; None: none yet."""
        self._done = 0
        """How many of these have been judged."""
        self._took_task = False
        """Whether the process has said that it has its task: then its end is told."""
        self._over = not CAN_SHARE
        self._lock = threading.Lock()
        """Of `_process`, which another thread may end."""
        self.notice: Notice | None = None
        """What is said of a process that died; None: none did."""

    def foresee(self) -> None:
        """Start the process once so many packets have been read that there will probably be enough to judge."""
        store = self._pipeline.store
        if self._over or self._process is not None or store.count < FORESEEN_ROWS:
            return
        if is_shared(store.frame):  # else nothing can be handed over
            try:
                self._start()
            except OSError:  # no process or no memory for one more, or this one may not read the interpreter any more
                self.close()

    def judges(self, judging: Judging, seconds: float) -> bool:
        """Whether the process judges what is due; waits ``seconds`` at most for judgements, which ``judging`` caches.

        Call it once the file has been read and analysed.  After False, `Judging.refresh` judges what is left.
        """
        if self._over:
            return False
        try:
            if self._due is None and not self._hand_over(judging):
                self.close()
                return False
            if self._take(judging, seconds):
                return True
        except (OSError, EOFError, MemoryError, pickle.PickleError) as error:
            self._note_end(error)
        self.close()
        return False

    def close(self) -> None:
        """End the process; no further one is started.  Idempotent, from any thread."""
        self._over = True
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.end(_ENDING)

    def _start(self) -> None:
        with self._lock:
            if not self._over:
                self._process = Child(_PROGRAM)  # which `close` ends
                self._stall = StallWatch(self._process.pid)

    def _hand_over(self, judging: Judging) -> bool:
        """Give the process its task; False where it is not worth that, or impossible."""
        pipeline, store = self._pipeline, self._pipeline.store
        written = [getattr(store, name) for name in CORRECTED_COLUMNS]
        if not all(map(is_shared, written)):
            return False
        self._due, read = judging.due_at_end()
        if len(self._due) < WORTH_JUDGING:
            return False
        if self._process is None:
            self._start()
        process = self._process
        if process is None:  # it was ended by `close`
            return False
        context, analyzer = judging.context, pipeline.analyzer
        task = Task(
            store, analyzer.streams, pipeline.noted, pipeline.sources, context.quality, context.place, self._due, read,
            self._access.keys, self._access.decoding, analyzer.compiled,
        )  # fmt: skip
        data, shared = pack(task, written)
        descriptors = shared + self._spools
        process.socket.settimeout(_HANDING_OVER)
        process.socket.sendall(_TASK.pack(len(data), len(shared), len(self._spools)))
        for begin in range(0, len(descriptors), _DESCRIPTORS):
            socket.send_fds(process.socket, [b"\0"], descriptors[begin : begin + _DESCRIPTORS])
        process.socket.sendall(data)
        judging.note_left(self._due)  # so that the screen says how many are being judged
        return True

    def _take(self, judging: Judging, seconds: float) -> bool:
        """Cache what has been judged; False when that is all.  Raises EOFError when the process has ended before.

        A frame is a list of judgements: a first one, without any, says that the process has its task; an empty frame
        that there are no more.
        """
        from tcptui.session.shared_judging import merge_judgements  # imports the rules

        process, deadline = self._process, time.monotonic() + seconds
        if process is None or self._due is None:  # closed, from another thread
            raise EOFError
        while process.receive(deadline - time.monotonic()):
            if self._stall is not None:
                self._stall.reset()
            for piece in process.frames():
                if not piece:
                    return False
                self._took_task = True
                judged = _read_judgements(piece)
                self._done += len(judged)
                merge_judgements(judging, judged, self._due[self._done :])
        if self._stall is not None and self._stall.has_stalled():
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        return True

    def _note_end(self, error: Exception) -> None:
        """Say how the process ended that failed with ``error``, or why it is ended.

        Not where it never began: without a task, only a signal is no reason of our own.
        """
        process = self._process
        if process is None:  # it was ended by `close`
            return
        # The socket may have failed while the process lives; without the lock: the event loop may want to close.
        status = process.wait(_DYING)
        with self._lock:
            was_killed = status is not None and status < 0
            if self._process is None or not (self._took_task or was_killed):
                return
        how = safe_text(getattr(error, "strerror", None) or type(error).__name__)
        self.notice = Notice("session.judge-died", {"how": how if status is None else how_ended(status)})


def _read_judgements(piece: bytes) -> list[Judgement]:
    """The judgements in ``piece``.  Raises UnpicklingError."""
    try:
        judged: list[Judgement] = pickle.loads(piece)
    except (AttributeError, ImportError, IndexError, ValueError) as error:  # as the documentation of pickle warns
        raise pickle.UnpicklingError(str(error)) from error
    return judged


# -- in the process -----------------------------------------------------------------


def judge_here(parent: int, descriptor: int) -> None:
    """Judge what comes from ``descriptor``, a socket, and write the judgements to it; ends with the process ``parent``.

    Returns without a task when the socket ends.
    """
    end_with_parent(parent)
    os.nice(_NICE)
    be_ended_first()
    # Imported while the file is still being read.
    import tcptui.findings.annotate
    import tcptui.session.lazy_annotator  # noqa: F401

    with socket.socket(fileno=descriptor) as channel, suppress(BrokenPipeError, EOFError):
        task, spools = _task_from(channel)
        gc.freeze()
        _send(channel, [])
        for judged in _collected(_judgements(task, spools)):
            _send(channel, judged)
        channel.sendall(framed(b""))


def _send(channel: socket.socket, judged: list[Judgement]) -> None:
    channel.sendall(framed(pickle.dumps(judged, pickle.HIGHEST_PROTOCOL)))


def _task_from(channel: socket.socket) -> tuple[Task, list[int]]:
    """The task, and the descriptors of the spools."""
    length, shared, spools = _TASK.unpack(read_exactly(channel.recv, _TASK.size))
    descriptors: list[int] = []
    while len(descriptors) < shared + spools:
        _data, more, flags, _address = socket.recv_fds(channel, 1, _DESCRIPTORS)
        if not more or flags & socket.MSG_CTRUNC:  # the channel ended, or this process may not open so many
            raise EOFError
        descriptors += more
    task: Task = unpack(read_exactly(channel.recv, length), descriptors[:shared])
    for descriptor in descriptors[:shared]:
        os.close(descriptor)
    return task, descriptors[shared:]


def _judgements(task: Task, spools: Sequence[int]) -> Iterator[Judgement]:
    from tcptui.access.packet_reader import PacketReader
    from tcptui.access.stream_rows import StreamRows
    from tcptui.analysis.analyzer import Analyzer, compiled_kernel, kernel_is_cached
    from tcptui.analysis.stream.row_order import RowOrder
    from tcptui.session.lazy_annotator import new_judging
    from tcptui.session.shared_judging import judgements

    store, streams = task.store, task.streams
    rows_of = StreamRows(store, streams).of
    analyzer = Analyzer(store, streams.flows)
    if task.compiled and kernel_is_cached():
        analyzer.compile(compiled_kernel())
    access = PacketReader(store, streams, task.sources, spools, rows_of, task.keys, decoding=task.decoding)
    judging = new_judging(store, streams, task.noted, analyzer.replay, access, rows_of)
    judging.context = replace(judging.context, quality=task.quality, place=task.place, live=False)
    if judging.screening is not None:
        judging.screening.update()
    for judged in judgements(judging, task.due, task.read, RowOrder(store, streams.count)):
        yield from judged


def _collected(judged: Iterator[Judgement]) -> Iterator[list[Judgement]]:
    """``judged`` in lists that take `_SENT_EVERY` to make."""
    found: list[Judgement] = []
    until = time.monotonic() + _SENT_EVERY
    for judgement in judged:
        found.append(judgement)
        if time.monotonic() >= until:
            yield found
            found, until = [], time.monotonic() + _SENT_EVERY
    if found:
        yield found
