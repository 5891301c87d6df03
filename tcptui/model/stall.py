"""`StallWatch`: notices a process from which nothing will come any more, because somebody stopped it for example."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

#: A look that counts comes so long after the one before, in seconds.
LOOK_SECONDS: Final = 1.0
#: So many looks in a row at which the process has used no processor: on a busy machine it gets some in that time.
LOOKS: Final = 20
#: Fields of /proc/PID/stat behind the program's name: state, user time, system time (proc_pid_stat(5)).
_STATE, _USER, _SYSTEM = 0, 11, 12
#: It waits for a disk, which no signal ends either.
_DISK: Final = "D"


class StallWatch:
    """Looks whether the process ``pid`` uses a processor, while somebody waits for it in vain.

    Looks are counted and not the time: this process may have been stopped itself (Ctrl-Z), and the other one with it.
    Without /proc nothing is known, and no process ever has stalled.
    """

    def __init__(self, pid: int) -> None:
        self._stat = Path(f"/proc/{pid}/stat")
        self._used: tuple[str, ...] = ()
        self._looked_at = time.monotonic()
        self._idle = 0

    def reset(self) -> None:
        """Note that something came from the process."""
        self._idle = 0

    def has_stalled(self) -> bool:
        """Whether it has done nothing for `LOOKS` looks; call it while nothing comes from the process."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_SECONDS:
            return False
        self._looked_at = now
        try:
            fields = self._stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            return False
        used = (fields[_USER], fields[_SYSTEM])
        idle = used == self._used and fields[_STATE] != _DISK
        self._used = used
        self._idle = self._idle + 1 if idle else 0
        return self._idle >= LOOKS
