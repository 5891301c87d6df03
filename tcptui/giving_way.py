"""Analysis gives way to the capture, and to what else the host has to do."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import Final

#: Steps of nice(2) below the rest: about a third of the processor time where there is not enough for all.
STEPS: Final = 5


def give_way() -> None:
    """Lower the priority of the calling thread; needs no right, and cannot be taken back without one.

    On Linux only, where priorities are the threads' own (sched(7)); elsewhere the screen would slow down too.
    """
    if sys.platform.startswith("linux"):
        thread = threading.get_native_id()
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + STEPS)
