"""Nice values: analysis runs below the capture and the host's other work, the capture process above."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import Final

#: Added to the nice value of analysis: about a third of an ordinary thread's share of a contended processor.
STEPS: Final = 5
#: Subtracted from the nice value of the process that empties the kernel's ring: about three times an ordinary share.
#: The time it needs depends on the packets alone, about a microsecond each; when it runs late, packets are dropped.
STEPS_AHEAD: Final = 5
#: The nice value of this process's session, where the kernel schedules by session (autogroup).
_SESSION: Final = Path("/proc/self/autogroup")


def lower_priority() -> None:
    """Lower the priority of the calling thread; needs no privilege, but raising it again would.

    On Linux only, where a nice value belongs to a thread (sched(7)); elsewhere it would slow down the screen too.
    """
    if sys.platform.startswith("linux"):
        thread = threading.get_native_id()
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + STEPS)


def raise_priority() -> None:
    """Raise the priority of this process where permitted (CAP_SYS_NICE; root has it), else leave it as it is.

    Also raises the session's if this process leads it: where the kernel divides processor time by session
    (sched(7), "The autogroup feature"), nice values count within one session only, and the app is in another.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0) - STEPS_AHEAD)
            if os.getsid(0) == os.getpid():
                _SESSION.write_text(str(-STEPS_AHEAD))
