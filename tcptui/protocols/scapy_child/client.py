"""The program's side of scapy's process: asks it, and starts it again after its end.

It is started by who foresees a question (`ScapyChild.start`), at the latest by the first one, and ends when the
program does, in whatever way: its socket ends.  A question that it dies of, or takes too long for, is answered by
saying so; the next one is asked of a new process, which imports scapy meanwhile.  Where none can be started, questions
are answered at once by saying that, and now and then it is tried anew.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from tcptui.model.how_ended import how_ended
from tcptui.protocols.scapy_child.channel import BOOT, Channel, took_too_long
from tcptui.protocols.scapy_child.limits import MEMORY, SECONDS
from tcptui.protocols.scapy_child.messages import (
    BATCH_SIZE,
    Answer,
    MessageError,
    Next,
    Question,
    Vendor,
    dissect_request,
    load_request,
    read_answer,
    read_vendor,
    vendor_request,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")

#: Processes that end before they can answer, one after the other, until none is started any more …
_TRIES: Final = 3
#: … for so long, in seconds.
_PAUSE: Final = 30.0
_NOTHING: Final = Answer((), Next.DATA, 0)
_TOO_LONG: Final = f"it took longer than {SECONDS:g} s"
#: By the name of the exception that the process tells.
_BEYOND_LIMITS: Final = {"TooLongError": _TOO_LONG, "MemoryError": f"it took more than {MEMORY >> 20} MB of memory"}


class NoAnswerError(Exception):
    """scapy's process cannot be asked."""


class Reply(NamedTuple):
    """What became of one question."""

    answer: Answer
    stopped: str = ""
    """Why the answer ends early, or is empty, where that was not for the packet's bytes alone."""
    was_asked: bool = True
    """Whether there was a process to ask."""


class ScapyChild:
    """scapy's process, whichever it is now; for any thread.

    A thread that asks many questions (a filter) asks few at a time, and lets others (the screen) ask in between.
    """

    def __init__(self, boot: str = BOOT) -> None:
        self._boot = boot
        self._channel: Channel | None = None
        self._owner = os.getpid()
        self._failed = 0
        """How many processes ended, one after the other, before they could answer."""
        self._not_before = 0.0
        self._is_closed = False
        self._lock = threading.Lock()
        """Of who asks."""
        self._next = threading.Lock()
        """Of who is the next to ask: without it, who has just asked would take `_lock` again before anybody else."""

    @property
    def pid(self) -> int:
        """The number of the process that runs; 0: none was started."""
        return 0 if self._channel is None else self._channel.pid

    def start(self, *, as_root: bool = False) -> None:
        """Start the process unless it runs; does not wait for it, and does not fail.

        ``as_root``: this process can read its files only until it gives root up.  Then the other one imports all that
        it needs and gives root up, too; it cannot be started again.
        """
        with self._turn(), suppress(NoAnswerError):
            self._running(as_root=as_root)

    def load(self) -> None:
        """Have the process import scapy, which the first packet would wait for; does not wait for it."""
        with self._turn(), suppress(NoAnswerError, OSError):
            self._running().send(load_request(), needs_scapy=True)

    def vendor(self, address: bytes) -> Vendor | None:
        """The vendor of an Ethernet address; raises NoAnswerError."""
        with self._turn():
            while True:
                answers, problem = self._exchange(vendor_request(address), 1, read_vendor, needs_scapy=False)
                if answers:
                    return answers[0]
                if problem:
                    raise NoAnswerError(problem)

    def dissect(self, questions: Sequence[Question]) -> list[Reply]:
        """What became of each of ``questions``."""
        replies: list[Reply] = []
        while rest := list(questions[len(replies) : len(replies) + BATCH_SIZE]):
            with self._turn():
                try:
                    answers, problem = self._exchange(dissect_request(rest), len(rest), read_answer, needs_scapy=True)
                except NoAnswerError:
                    replies += [Reply(_NOTHING, "scapy cannot be started", was_asked=False)] * len(rest)
                    continue
            replies += [Reply(answer, _BEYOND_LIMITS.get(answer.problem, "")) for answer in answers]
            if problem:
                replies.append(Reply(_NOTHING, problem))
        return replies

    def close(self) -> None:
        """End the process; no further one is started.  Idempotent, from any thread."""
        self._is_closed = True
        atexit.unregister(self.close)
        channel = self._channel
        if channel is not None and self._owner == os.getpid():
            channel.end()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._next:
            self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    def _exchange(
        self, request: bytes, count: int, read: Callable[[bytes], T], *, needs_scapy: bool
    ) -> tuple[list[T], str]:
        """The answers to a request of ``count`` questions, and what became of the one behind them, if anything.

        Neither, where the process ended before it could answer anything.  Raises NoAnswerError.
        """
        channel = self._running()
        answers: list[T] = []
        try:
            channel.send(request, needs_scapy=needs_scapy)
            while len(answers) < count:
                answers.append(read(channel.receive()))
        except TimeoutError:
            channel.end()
            problem = _TOO_LONG
        except MessageError:
            channel.end()
            problem = "the process of scapy gave no valid answer"
        except (EOFError, OSError):
            status = channel.wait()
            problem = _TOO_LONG if took_too_long(status) else f"the process of scapy ended ({how_ended(status)})"
        else:
            self._failed = 0
            return answers, ""
        self._channel = None
        if not channel.is_ready:
            self._note_failure()
            return answers, ""
        with suppress(NoAnswerError, OSError):  # the next packet shall not wait for it
            self._running().send(load_request(), needs_scapy=True)
        return answers, problem

    def _note_failure(self) -> None:
        self._failed += 1
        self._not_before = time.monotonic() + _PAUSE

    def _running(self, *, as_root: bool = False) -> Channel:
        """The process, started where there is none; raises NoAnswerError."""
        if self._owner != os.getpid():  # this process is a fork of the one that asks it
            self._owner = os.getpid()
            if self._channel is not None:
                self._channel.forget()
                self._channel = None
        if self._is_closed:
            raise NoAnswerError
        if self._channel is not None:
            if self._channel.is_alive():
                return self._channel
            self._channel.end()
            if not self._channel.is_ready:
                self._note_failure()
            self._channel = None
        if self._failed >= _TRIES and time.monotonic() < self._not_before:
            raise NoAnswerError
        try:
            channel = Channel(self._boot, as_root=as_root)
        except OSError as error:
            self._failed = _TRIES
            self._not_before = time.monotonic() + _PAUSE
            raise NoAnswerError from error
        self._channel = channel
        atexit.register(self.close)
        if self._is_closed:  # meanwhile
            channel.end()
            raise NoAnswerError
        return channel


#: The one of this process.
scapy_child: Final = ScapyChild()
