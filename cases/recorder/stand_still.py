"""How long programs waited for a processor: on a busy machine one stands still, and its peer sees a slow application.

The kernel counts, for each thread, the time in which it could have run and did not (the second number of
``/proc/PID/task/TID/schedstat``).  Who sleeps, waits for packets or was stopped by a signal does not wait so.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
LOOK_NS: Final = 10_000_000
"""Between two looks: waits that are shorter, one after the other, are not taken for a long one."""


class StandStill:
    """The longest wait of some programs, of their threads and of what they have started."""

    def __init__(self, proc: Path = PROC) -> None:
        """``proc``: where proc(5) is."""
        self._proc = proc
        self.longest_ns = 0
        """Between two looks; of what was waited before they are judged, nothing."""
        self._waited_ns: dict[Path, int] = {}
        self._looked_ns = 0

    def look(self, programs: list[int], now: int, judged: bool) -> None:
        """Look at the process ids ``programs`` at the monotonic time ``now``, unless that was just done.

        What they waited since then counts where it is ``judged``.
        """
        if now - self._looked_ns >= LOOK_NS:
            self._looked_ns = now
            for program in programs:
                self.last_look(program, judged)

    def last_look(self, program: int, judged: bool) -> None:
        """Look at one, which may have ended and not been waited for."""
        for task in self._tasks(program):
            with contextlib.suppress(OSError, ValueError, IndexError):  # it has just ended; or a kernel does not count
                waited = int((task / "schedstat").read_text().split()[1])
                if judged:
                    self.longest_ns = max(self.longest_ns, waited - self._waited_ns.get(task, 0))
                self._waited_ns[task] = waited

    def _tasks(self, process: int) -> list[Path]:
        """Folders of the threads of ``process`` and of its descendants."""
        found: list[Path] = []
        ahead = [process]
        while ahead:
            with contextlib.suppress(OSError):
                for thread in (self._proc / str(ahead.pop()) / "task").iterdir():
                    found.append(thread)
                    ahead += map(int, (thread / "children").read_text().split())
        return found
