"""Signals that end a program, while it is not yet in the hands of a loop that sees to them."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


def _unwind(number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)  # whoever asks twice does not want to wait
    raise SystemExit(128 + number)


def heeded(number: signal.Signals) -> bool:
    """Whether ``number`` is meant for this program: nohup(1) ignores SIGHUP.

    A shell ignores SIGINT for what it starts with ``&``; as with tcpdump, whoever sends it all the same means it.
    """
    return number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN


@contextmanager
def signals_unwind() -> Iterator[None]:
    """Inside, SIGTERM and SIGHUP raise SystemExit(128 + number): what is open is closed, temporary files go.

    By default they would end the program where it stands.  For the main thread.
    """
    before = {number: signal.signal(number, _unwind) for number in _ENDING if heeded(number)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
