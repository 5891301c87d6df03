"""How another process ended, in a word for messages."""

from __future__ import annotations

import signal
from contextlib import suppress


def how_ended(status: int | None) -> str:
    """The name of the signal that ended a process of `Popen.returncode` ``status``, else that status.

    None: it has not ended, or nobody has noticed.
    """
    if status is None:
        return "not known"
    if status < 0:
        with suppress(ValueError):
            return signal.Signals(-status).name
    return str(status)
