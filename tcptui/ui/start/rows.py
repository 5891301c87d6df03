"""The rows of the start screen's list: their kinds, their cells, the text by which they are found."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.capture.interfaces import ANY
from tcptui.lessons.listing import searched_text
from tcptui.model.safe_text import safe_text
from tcptui.ui.cell_text import amount, fit, fit_name
from tcptui.ui.prose import Span
from tcptui.ui.start.rates import bars
from tcptui.ui.theme import ASCII
from tcptui.userdirs.places import with_tilde

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tcptui.capture.interfaces import Interface
    from tcptui.capture.spool.recover import Leftover
    from tcptui.lessons.case import Case
    from tcptui.ui.main.prompt_line import PathEntry
    from tcptui.ui.prose import Line
    from tcptui.ui.start.rates import Rate
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Widths of the columns in cells.
_NAME: Final = 16
_RATE: Final = 14
_BITS: Final = 10
_GRAPH: Final = 9
#: From this width on there is room for the graph beside an IPv4 address; in a terminal of 120 cells the list has 68.
_GRAPH_FROM: Final = 66
_SIZE: Final = 9
_DATE: Final = 18
#: The date alone, below this width of a list: there the names need the cells of the time, which is beside the list.
_DATE_ALONE: Final = 12
_TIME_FROM: Final = 64
_FILE: Final = 40
#: Cells of a folder that a long name leaves it.
_FOLDER_LEAST: Final = 6
_NUMBER: Final = 5
#: Cells of what a newcomer can begin with that say something of it: the first letters of a title do not.
_TARGET_LEAST: Final = 16


@dataclass(frozen=True, slots=True)
class HeadingRow:
    """The title of a group; the cursor skips it."""

    text: str
    counts_packets: bool = False
    """Whether the rows below it end in numbers of packets."""


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note, in place of an empty group for example; the cursor skips it."""

    text: str


@dataclass(frozen=True, slots=True)
class InterfaceRow:
    """An interface and its traffic rate (None: not measured yet)."""

    interface: Interface
    rate: Rate | None = None


@dataclass(frozen=True, slots=True)
class FileRow:
    """A capture that was opened recently: size in bytes, time of its last change in seconds since the epoch."""

    path: Path
    size: int
    modified: float


@dataclass(frozen=True, slots=True)
class LeftoverRow:
    """A capture that was interrupted before it was saved; the newest is number 1."""

    leftover: Leftover
    number: int


@dataclass(frozen=True, slots=True)
class LeftoversRow:
    """Several captures that were interrupted, the newest first, folded into one row."""

    leftovers: tuple[Leftover, ...]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A bundled case, and whether every answer of it has been seen."""

    case: Case
    done: bool = False


class Welcome(Enum):
    """What a newcomer can begin with; the value is its key."""

    LESSON = 1
    LIVE = 2
    FILE = 3

    @property
    def word(self) -> str:
        """Beginning of its catalogue keys."""
        return f"guide.start.welcome.{self.name.lower()}"


@dataclass(frozen=True, slots=True)
class WelcomeRow:
    """One of them, for somebody who has opened nothing yet."""

    way: Welcome
    target: str = ""
    """The title of the lesson or the name of the interface, as safe text; empty where there is none."""


@dataclass(frozen=True, slots=True)
class PathRow:
    """A directory or file that matches the path typed so far."""

    entry: PathEntry


StartRow = HeadingRow | NoteRow | InterfaceRow | LeftoverRow | LeftoversRow | FileRow | CaseRow | PathRow | WelcomeRow


def is_choice(row: StartRow) -> bool:
    """Whether ``row`` can be chosen: the cursor stops on such rows only."""
    return not isinstance(row, HeadingRow | NoteRow)


def key_of(row: StartRow) -> object:
    """The identity of ``row``, by which it is found again when the list is built again."""
    match row:
        case InterfaceRow():
            return ("interface", row.interface.name)
        case LeftoverRow():
            return ("leftover", row.leftover.path)
        case LeftoversRow():
            return ("leftovers",)
        case FileRow():
            return ("file", row.path)
        case CaseRow():
            return ("case", row.case.id)
        case PathRow():
            return ("path", row.entry.path)
        case WelcomeRow():
            return ("welcome", row.way)
    return row


def searched(row: StartRow) -> str:
    """The text, in lower case, in which the search looks for words; empty for rows that are not searched."""
    match row:
        case InterfaceRow():
            return " ".join((row.interface.label, *row.interface.addresses)).casefold()
        case LeftoverRow():
            return safe_text(str(row.leftover.path)).casefold()
        case FileRow():
            return safe_text(str(row.path)).casefold()
        case CaseRow():
            return searched_text(row.case)
    return ""


def home_short(path: Path) -> str:
    """``path`` as safe text, with ``~`` for the home directory."""
    return safe_text(with_tilde(path, os.environ))


def date_text(modified: float) -> str:
    """Local date and time without seconds; the same in every language."""
    return f"{_local(modified):%Y-%m-%d %H:%M}"


def day_text(modified: float) -> str:
    """The local date alone."""
    return f"{_local(modified):%Y-%m-%d}"


def _local(modified: float) -> datetime:
    return datetime.fromtimestamp(modified, UTC).astimezone()


def counts_have_unit(rows: Sequence[StartRow], width: int, words: Words) -> bool:
    """Whether in ``width`` cells each case of ``rows`` has room for its count of packets with its unit.

    One for all of a list: else a column has numbers of two kinds, and the unit stands above it.
    """
    return all(
        cell_len(row.case.title[words.language]) + 1 + cell_len(_packets_of(row, words)) <= _title_room(width)
        for row in rows
        if isinstance(row, CaseRow)
    )


def cells_of(row: StartRow, width: int, words: Words, glyphs: Glyphs, *, has_unit: bool = True) -> Line:
    """``row`` drawn in ``width`` cells; an interface's graph is left out where it does not fit.

    ``has_unit``: what `counts_have_unit` says of the list.
    """
    match row:
        case HeadingRow():
            unit = "" if has_unit or not row.counts_packets else " " + words("screen.column.packets")
            rule = glyphs.rule * max(0, width - cell_len(row.text) - 1 - cell_len(unit))
            return (Span(f"{row.text} ", "head"), Span(rule, "faint"), Span(unit, "faint"))
        case NoteRow():
            return (Span(f"   {row.text}", "faint"),)
        case InterfaceRow():
            return _interface(row, width, words, glyphs)
        case LeftoverRow():
            text = words("guide.start.leftover", date=date_text(row.leftover.modified))
            return _leftover("   ", text, row.leftover.size, width, glyphs)
        case LeftoversRow():
            facts = {"count": len(row.leftovers), "date": date_text(row.leftovers[0].modified)}
            size = sum(leftover.size for leftover in row.leftovers)
            return _leftover(f" {glyphs.shut} ", words("guide.start.leftovers_folded", **facts), size, width, glyphs)
        case FileRow():
            return _file(row, width, glyphs)
        case CaseRow():
            return _case(row, width, words, glyphs, has_unit=has_unit)
        case PathRow():
            return _path(row.entry, width, glyphs)
        case WelcomeRow():
            return _welcome(row, width, words, glyphs)


def interface_state(interface: Interface) -> str:
    """The state of ``interface`` as the end of a catalogue key: ``up``, ``down`` or ``unplugged``."""
    if not interface.is_up:
        return "down"
    return "unplugged" if interface.is_connected is False else "up"


def _interface(row: InterfaceRow, width: int, words: Words, glyphs: Glyphs) -> Line:
    interface, rate = row.interface, row.rate
    graph = _GRAPH if width >= _GRAPH_FROM else 0
    name = _NAME
    room = width - 3 - name - (0 if rate is None else _RATE + _BITS + graph)
    known = sorted(interface.addresses, key=lambda address: ":" in address)
    state = "any" if interface.name == ANY else interface_state(interface)
    # A short name leaves its blanks to what needs them.
    spare = max(0, name - cell_len(interface.label) - 2)
    addresses = _whole(known, room + spare, glyphs) if known else words(f"guide.start.state.{state}")
    lacking = max(0, min(cell_len(addresses) + 1 - room, spare))
    name, room = name - lacking, room + lacking
    packets = words("guide.start.rate", count=amount(rate.packets)) if rate is not None else ""
    bits = f"{amount(rate.bits)}bit/s" if rate is not None else ""
    busy = "plain" if rate is not None and rate.packets else "faint"
    live = interface.is_up and interface.is_connected is not False
    lamp = Span(f" {glyphs.live if live else glyphs.note} ", "good" if live and busy == "plain" else "faint")
    cells = [
        lamp,
        Span(fit(interface.label, name - 1, glyphs.ellipsis) + " ", "strong" if live else "faint"),
        Span(fit(addresses, room, glyphs.ellipsis), "plain" if live else "faint"),
    ]
    if rate is not None:
        cells.append(Span(fit(packets, _RATE, glyphs.ellipsis, right=True), busy))
        cells.append(Span(fit(bits, _BITS, glyphs.ellipsis, right=True), busy))
    if graph and rate is not None:
        cells.append(Span(" " + bars(rate.history, graph - 1, ascii_only=glyphs is ASCII), "good"))
    return tuple(cells)


def _whole(addresses: Sequence[str], room: int, glyphs: Glyphs) -> str:
    """As many of ``addresses`` as fit whole, then a sign that there are more: no address without its end tells much."""
    for count in range(len(addresses), 0, -1):
        text = ", ".join(addresses[:count]) + (f" {glyphs.ellipsis}" if count < len(addresses) else "")
        if cell_len(text) <= room:
            return text
    return ", ".join(addresses)


def _leftover(lead: str, text: str, size: int, width: int, glyphs: Glyphs) -> Line:
    return (
        Span(lead),
        Span(fit(text, max(width - 3 - _SIZE, 0), glyphs.ellipsis), "strong"),
        Span(fit(amount(size) + "B", _SIZE, right=True), "plain"),
    )


def _file(row: FileRow, width: int, glyphs: Glyphs) -> Line:
    title, where = safe_text(row.path.name), home_short(row.path.parent)
    is_wide = width >= _TIME_FROM
    date, date_width = (date_text(row.modified), _DATE) if is_wide else (day_text(row.modified), _DATE_ALONE)
    name = min(_FILE, width * 2 // 5)
    rest = max(width - 3 - name - _SIZE - date_width, 0)
    # A short name leaves its blanks to a long path.  A long name takes of the path what it needs: it tells files apart.
    to_name = cell_len(title) + 1 - name
    to_path = cell_len(where) - rest
    spare = max(rest - min(cell_len(where), _FOLDER_LEAST), 0)
    moved = min(to_name, spare) if to_name > 0 else -min(max(to_path, 0), -to_name)
    name, rest = name + moved, rest - moved
    if cell_len(where) > rest:
        # Cut at the left: the nearest directories are more telling than the root.
        while where and cell_len(where) > rest - len(glyphs.ellipsis):
            where = where[1:]
        where = glyphs.ellipsis + where
    return (
        Span("   "),
        Span(fit_name(title, name - 1, glyphs.ellipsis) + " ", "strong"),
        Span(fit(where, rest, glyphs.ellipsis), "faint"),
        Span(fit(amount(row.size) + "B", _SIZE, right=True), "plain"),
        Span(fit(date, date_width, right=True), "faint"),
    )


def _title_room(width: int) -> int:
    return max(0, width - 3 - _NUMBER)


def _packets_of(row: CaseRow, words: Words) -> str:
    return words("guide.start.packets", count=row.case.packets)


def _case(row: CaseRow, width: int, words: Words, glyphs: Glyphs, *, has_unit: bool) -> Line:
    case = row.case
    title, room = case.title[words.language], _title_room(width)
    # The end of a title tells cases apart: the count behind it gives way.
    count = _packets_of(row, words) if has_unit else str(case.packets)
    if cell_len(title) + 1 + cell_len(count) > room:
        count = ""
    left = max(0, room - cell_len(count))
    return (
        Span(f" {glyphs.live} " if row.done else "   ", "good"),
        Span(fit(f"{case.number:02}", _NUMBER), "faint"),
        Span(fit(title, left, glyphs.ellipsis), "strong"),
        Span(count, "faint"),
    )


def _welcome(row: WelcomeRow, width: int, words: Words, glyphs: Glyphs) -> Line:
    lead, does = f" {row.way.value} ", words(f"{row.way.word}.does")
    target = f"  {row.target}" if row.target else ""
    room = max(0, width - len(lead) - cell_len(does))
    return (
        Span(lead, "key"),
        Span(fit(does, min(cell_len(does), max(0, width - len(lead))), glyphs.ellipsis), "strong"),
        Span(fit(target if room >= min(cell_len(target), _TARGET_LEAST) else "", room, glyphs.ellipsis), "faint"),
    )


def _path(entry: PathEntry, width: int, glyphs: Glyphs) -> Line:
    name = safe_text(entry.path.name) + ("/" if entry.is_directory else "")
    style = "client" if entry.is_directory else "strong" if entry.is_capture else "faint"
    size = "" if entry.is_directory else amount(entry.size) + "B"
    return (
        Span("   "),
        Span(fit_name(name, max(width - 3 - _SIZE - _DATE, 0), glyphs.ellipsis), style),
        Span(fit(size, _SIZE, right=True), "plain"),
        Span(fit(date_text(entry.modified), _DATE, right=True), "faint"),
    )
