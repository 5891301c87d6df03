"""Termination signals, for as long as no event loop handles them."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


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
    before = {number: signal.signal(number, _unwind) for number in _ENDING if heeded(number)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
