"""What ``--no-screen``, ``--stop-on``, ``--keep-around`` and ``--only`` ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tcptui.findings.finding_filter import NOTHING, FindingFilter

#: ``--keep-seconds`` unless given.
KEEP_BEFORE: Final = 10.0
KEEP_AFTER: Final = 5.0


@dataclass(frozen=True, slots=True)
class Watch:
    """What findings set off, and whether they are all there is to see."""

    no_screen: bool = False
    """``--no-screen``: findings as JSON lines."""
    stop_on: FindingFilter = NOTHING
    """``--stop-on``: the capture ends with the first of these."""
    keep_around: FindingFilter = NOTHING
    """``--keep-around``: the packets around each of these are written to files."""
    before: float = KEEP_BEFORE
    """``--keep-seconds``: so much before a packet that proves one of them …"""
    after: float = KEEP_AFTER
    """… and so much behind it; seconds."""
    only: FindingFilter = NOTHING
    """``--only``: no other findings are written as JSON lines; `NOTHING`: all."""


NO_WATCH: Final = Watch()
