"""The options ``--no-screen``, ``--stop-on``, ``--keep-around`` and ``--only`` as a dataclass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tcptui.findings.finding_filter import NOTHING, FindingFilter

#: Defaults of ``--keep-seconds``, in seconds.
KEEP_BEFORE: Final = 10.0
KEEP_AFTER: Final = 5.0


@dataclass(frozen=True, slots=True)
class Watch:
    """The options that act on findings as they are made."""

    no_screen: bool = False
    """``--no-screen``: findings as JSON lines."""
    stop_on: FindingFilter = NOTHING
    """``--stop-on``: the capture ends with the first of these."""
    keep_around: FindingFilter = NOTHING
    """``--keep-around``: the packets around each of these are written to files."""
    before: float = KEEP_BEFORE
    """``--keep-seconds``: seconds before each packet of such a finding's evidence …"""
    after: float = KEEP_AFTER
    """… and seconds after it."""
    only: FindingFilter = NOTHING
    """``--only``: only these, and those of ``--stop-on`` and ``--keep-around``, become JSON lines; `NOTHING`: all."""

    @property
    def filters(self) -> dict[str, FindingFilter]:
        """The filter that each option names, by the option."""
        return {"--stop-on": self.stop_on, "--keep-around": self.keep_around, "--only": self.only}


NO_WATCH: Final = Watch()
