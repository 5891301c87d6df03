"""Termination signals, for as long as no event loop handles them."""

from __future__ import annotations

import math
import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)
#: The signals that end a capture as ``-c`` does.
STOPPING: Final = (signal.SIGINT, *_ENDING)
#: Signals this close together, in seconds, are one request: timeout(1) signals its child and its group.
SAME_SECONDS: Final = 0.2
#: How long after a signal the main thread has begun to unwind, in seconds; if not, the exception was lost.
AGAIN_S: Final = 0.1


class _Unwinding:
    """Handlers that raise an exception for the first signal, and again while the main thread goes on all the same.

    An exception of a handler is raised amid whatever runs, and C code may drop it: numpy clears whatever is raised when
    it asks an object, such as a member of an enum, for ``__array_ufunc__``.
    """

    def __init__(self) -> None:
        self.raised: KeyboardInterrupt | SystemExit | None = None

    def begin(self, number: int, _frame: FrameType | None) -> NoReturn:
        """Handle the signal ``number``."""
        if number == signal.SIGINT:
            self.raised = KeyboardInterrupt()
        else:
            signal.signal(number, signal.SIG_DFL)  # a second signal ends the process at once
            self.raised = SystemExit(128 + number)
        signal.setitimer(signal.ITIMER_REAL, AGAIN_S, AGAIN_S)
        raise self.raised

    def go_on(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Raise it again, unless it is on its way: amid the cleanup it is, or led to, what is handled there."""
        if self.raised is None:
            return
        handled = sys.exc_info()[1]
        while handled is not None and handled is not self.raised:
            handled = handled.__context__
        if handled is None:
            raise self.raised


def heeded(number: signal.Signals) -> bool:
    """Whether to handle signal ``number``: not a SIGHUP that is ignored, as under nohup(1).

    SIGINT is handled even if ignored, as a shell does for commands started with ``&``: as in tcpdump, an explicit
    SIGINT is intended.
    """
    return number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN


@contextmanager
def signals_unwind(*, captures: bool = False) -> Iterator[None]:
    """Inside, SIGTERM and SIGHUP raise SystemExit(128 + number), so that files are closed and temporary ones removed.

    By default they would end the process without cleanup.  SIGINT raises KeyboardInterrupt where it did before, but is
    not lost either; while a capture begins (``captures``), also where it was ignored.  For the main thread.  SIGALRM is
    used meanwhile.
    """
    unwinding = _Unwinding()
    raises = captures or signal.getsignal(signal.SIGINT) is signal.default_int_handler
    numbers = (signal.SIGINT, *_ENDING) if raises else _ENDING
    with _handled((signal.SIGALRM,), unwinding.go_on), _handled(numbers, unwinding.begin):
        try:
            yield
        finally:
            if unwinding.raised is not None:
                signal.setitimer(signal.ITIMER_REAL, 0)
        unwinding.go_on()


@contextmanager
def signals_stop(stop: Callable[[], None]) -> Iterator[None]:
    """Inside, the first of SIGINT, SIGTERM and SIGHUP calls ``stop``, and a second one raises SystemExit.

    For the main thread; ``stop`` is called amid whatever that does.
    """
    stopped_at = -math.inf

    def stop_or_leave(number: int, _frame: FrameType | None) -> None:
        nonlocal stopped_at
        before, stopped_at = stopped_at, time.monotonic()
        if before == -math.inf:
            stop()
        elif stopped_at - before >= SAME_SECONDS:
            raise SystemExit(128 + number)

    with _handled(STOPPING, stop_or_leave):
        yield


@contextmanager
def _handled(numbers: Iterable[signal.Signals], handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Inside, ``handler`` gets those of the signals ``numbers`` that are `heeded`."""
    before = {number: signal.signal(number, handler) for number in numbers if heeded(number)}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
