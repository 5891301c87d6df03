"""How long, and with how much memory, scapy's process may read one packet.

Three clocks: a signal that raises an exception where Python's own code runs, after which the process goes on; one that
ends the process where a library does not return to Python; and one of wall time for a process that waits for something,
so that it ends even where nobody is left who would end it.
"""

from __future__ import annotations

import contextlib
import resource
import signal
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

#: Processor time, in seconds; most packets take a thousandth.
SECONDS: Final = 1.0
#: How often the exception is raised again, in seconds: scapy may catch it.
_AGAIN: Final = 0.05
#: Processor time after which the process is ended, and wall time, in seconds.
_END_BUSY, _END_WAITING = 2.0, 30.0
#: Data of the process (RLIMIT_DATA, which Linux counts), in bytes: scapy alone has a quarter of it.
MEMORY: Final = 256 << 20
#: The signals that end the process.
ENDING: Final = (signal.SIGVTALRM, signal.SIGALRM)


class TooLongError(BaseException):
    """A packet took longer than `SECONDS`; no `Exception`, which scapy catches and goes on."""


def _raise(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TooLongError


def bind() -> None:
    """Bind this process for good: memory, files, processes; call it once everything has been imported."""
    signal.signal(signal.SIGPROF, _raise)
    for what, most in (
        (resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):  # fmt: skip
        with contextlib.suppress(OSError, ValueError):  # not on this system, or less already
            resource.setrlimit(what, (most, most))


@contextlib.contextmanager
def bounded_time() -> Iterator[None]:
    """Inside, `TooLongError` is raised after `SECONDS`; it may be raised just before the end, too."""
    signal.setitimer(signal.ITIMER_REAL, _END_WAITING)
    signal.setitimer(signal.ITIMER_VIRTUAL, _END_BUSY)
    signal.setitimer(signal.ITIMER_PROF, SECONDS, _AGAIN)
    try:
        yield
    finally:
        for timer in (signal.ITIMER_PROF, signal.ITIMER_VIRTUAL, signal.ITIMER_REAL):
            signal.setitimer(timer, 0)
