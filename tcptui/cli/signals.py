"""Termination signals, for as long as no event loop handles them."""

from __future__ import annotations

import math
import signal
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


def _unwind(number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)  # a second signal ends the process at once
    raise SystemExit(128 + number)


def heeded(number: signal.Signals) -> bool:
    """Whether to handle signal ``number``: not a SIGHUP that is ignored, as under nohup(1).

    SIGINT is handled even if ignored, as a shell does for commands started with ``&``: as in tcpdump, an explicit
    SIGINT is intended.
    """
    return number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN


@contextmanager
def signals_unwind() -> Iterator[None]:
    """Inside, SIGTERM and SIGHUP raise SystemExit(128 + number), so that files are closed and temporary ones removed.

    By default they would end the process without cleanup.  For the main thread.
    """
    with _handled(_ENDING, _unwind):
        yield


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
