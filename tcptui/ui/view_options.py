"""How the user asked the screens to look; values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tcptui.words.language import Language


class TimeBase(Enum):
    """What the time column counts from."""

    CONNECTION = "connection"
    """The connection's first packet."""
    CAPTURE = "capture"
    """The capture's first packet."""
    CLOCK = "clock"
    """Time of day where the program runs."""


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """Options that change how things are shown, never what they mean."""

    language: Language = Language.EN
    ascii: bool = False
    """Only ASCII glyphs: for terminals that cannot draw or align the others."""
    hide_times: bool = False
    """As tcpdump's ``-t``: no time columns."""
    numeric: bool = False
    """As tcpdump's ``-n``: numbers, never names from the hosts and services files."""
    time_base: TimeBase = TimeBase.CONNECTION
    refresh_hz: float = 5.0
    """How often a growing capture is redrawn."""
