"""How long, at worst, a process and those it has started stood still, because no processor was free."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Final, Self

from cases.recorder.stand_still import StandStill

if TYPE_CHECKING:
    from types import TracebackType

_BEAT_S: Final = 0.05


class Pulse:
    """Beats while its context is open, in a thread; a beat that comes late tells of a machine that stood still."""

    def __init__(self) -> None:
        self._still = StandStill()
        self._late_s = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat)

    @property
    def stood_s(self) -> float:
        """The longest that this process, or one of its processes by the kernel's count, waited for a processor."""
        return max(self._late_s, self._still.longest_ns / 1e9)

    def __enter__(self) -> Self:
        self._still.look([os.getpid()], time.monotonic_ns(), judged=False)
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        before = time.monotonic()
        while not self._over.wait(_BEAT_S):
            self._still.look([os.getpid()], time.monotonic_ns(), judged=True)
            now = time.monotonic()
            self._late_s = max(self._late_s, now - before - _BEAT_S)
            before = now
