"""The display options that the user chose; values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tcptui.ui.main.column_names import SortKey
from tcptui.words.language import Language


class TimeBase(Enum):
    """The zero point of the time column."""

    CONNECTION = "connection"
    """The connection's first packet."""
    CAPTURE = "capture"
    """The capture's first packet."""
    CLOCK = "clock"
    """No zero point: the local time of day is shown."""


class NamesChoice(Enum):
    """What the list of connections shows of an endpoint."""

    ADDRESSES = "addresses"
    """Its address and the number of its port."""
    DNS = "dns"
    """The name that its client asked for, else that of a DNS answer before the connection, or of the hosts file."""


class ThemeChoice(Enum):
    """The colours."""

    DARK = "dark"
    LIGHT = "light"
    SIXTEEN = "16"
    """The terminal's own sixteen."""


class LayoutChoice(Enum):
    """The largest layout that is used, however large the terminal is."""

    NARROW = "narrow"
    """One pane at a time."""
    MEDIUM = "medium"
    """The list above, the timeline on the left."""
    WIDE = "wide"


class TourChoice(Enum):
    """Whether the hints of the tour are shown until they are done."""

    ON = "on"
    OFF = "off"


class FirstPage(Enum):
    """What is shown once a file is judged in which there is trouble."""

    OVERVIEW = "overview"
    """The overview, unless the user has begun to look around."""
    LIST = "list"
    """The list of connections."""


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
    names: NamesChoice = NamesChoice.ADDRESSES
    theme: ThemeChoice | None = None
    """None: dark, or the terminal's sixteen where it has no more."""
    sort: SortKey | None = None
    """How the list is sorted at first; None: by problems once a file is judged and has some, else by start."""
    columns: tuple[SortKey, ...] | None = None
    """Columns of the list, by their sort keys, that are shown where there is room; None: all that there are."""
    packet_columns: tuple[str, ...] = ()
    """Columns of the user's own, of packets: fields and expressions of display filters."""
    connection_columns: tuple[str, ...] = ()
    """The same, of connections."""
    layout: LayoutChoice | None = None
    first_page: FirstPage = FirstPage.LIST
    """What the program itself chooses is the overview."""
    keys: tuple[tuple[str, str], ...] = ()
    """Names of commands of the main screen and the key that each has instead of its own, in Textual's spelling."""
    display_filter: str = ""
    """The display filter that is on at first; empty: none."""
    refresh_hz: float = 5.0
    """How often a growing capture is redrawn, per second."""
