"""Analysis gives way to the capture, and to what else the host has to do; the capture itself goes first."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import Final

#: Steps of nice(2) below the rest: about a third of the processor time where there is not enough for all.
STEPS: Final = 5
#: … above the rest, for the process that empties the kernel's ring: some three times its share.  What it
#: needs is set by the packets alone, about a microsecond each; late, it loses them.
STEPS_AHEAD: Final = 5
_SESSION: Final = Path("/proc/self/autogroup")


def give_way() -> None:
    """Lower the priority of the calling thread; needs no right, and cannot be taken back without one.

    On Linux only, where priorities are the threads' own (sched(7)); elsewhere the screen would slow down too.
    """
    if sys.platform.startswith("linux"):
        thread = threading.get_native_id()
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + STEPS)


def go_first() -> None:
    """Raise the priority of this process where it has the right (CAP_SYS_NICE; root has), else leave it as it is.

    The session's too if this process leads it: where the kernel shares the processors out by session
    (sched(7), "The autogroup feature"), priorities count within one only, and the app is in another.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0) - STEPS_AHEAD)
            if os.getsid(0) == os.getpid():
                _SESSION.write_text(str(-STEPS_AHEAD))
