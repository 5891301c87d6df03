"""The display options that the user chose; values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tcptui.words.language import Language


class TimeBase(Enum):
    """The zero point of the time column."""

    CONNECTION = "connection"
    """The connection's first packet."""
    CAPTURE = "capture"
    """The capture's first packet."""
    CLOCK = "clock"
    """No zero point: the local time of day is shown."""


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """Options that change how results are shown, never the results."""

    language: Language = Language.EN
    ascii: bool = False
    """Only ASCII glyphs: for terminals that cannot draw or align the others."""
    hide_times: bool = False
    """No time columns, as with tcpdump's ``-t``."""
    numeric: bool = False
    """Numeric addresses and ports, as with tcpdump's ``-n``: no names from the hosts and services files."""
    time_base: TimeBase = TimeBase.CONNECTION
    refresh_hz: float = 5.0
    """How often a growing capture is redrawn, per second."""
