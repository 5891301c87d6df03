"""The list of the connections of two captures, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

import numpy as np
from rich.segment import Segment

from tcptui.model.finding import Severity
from tcptui.points.ladder import ABSENT
from tcptui.points.listing import Kind, Listing
from tcptui.ui.cell_text import amount, fit, fit_ends, span
from tcptui.ui.widgets.virtual_list import HEADING, MOVING_KEYS, VirtualList

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.binding import BindingType
    from textual.strip import Strip

    from tcptui.ui.merged.base_screen import Identity
    from tcptui.ui.merged.merging import Merged
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Cells of the cursor's and the severity's glyph and a blank.
_MARKS: Final = 3
#: Columns give way, the least important first, while both ends of the connection have less room than this.
_NAMED_LEAST: Final = 30
#: From this width (cells) on, what *other* sums up has columns of its own.
_WIDE: Final = 110


class _Column(NamedTuple):
    """A column right of the connection."""

    heading: str
    """Last part of the catalogue key."""
    width: int
    weight: int
    """Those with the least give way first."""
    text: Callable[[Listing, int, Glyphs], str]


def _count(*names: str) -> Callable[[Listing, int, Glyphs], str]:
    def text(listing: Listing, row: int, _glyphs: Glyphs) -> str:
        total = sum(int(getattr(listing, name)[row]) for name in names)
        return amount(total) if total else ""

    return text


def _least(name: str) -> Callable[[Listing, int, Glyphs], str]:
    def text(listing: Listing, row: int, glyphs: Glyphs) -> str:
        value = float(getattr(listing, name)[row])
        return span(round(value), glyphs.micro) if np.isfinite(value) else ""

    return text


_PACKETS: Final = (
    _Column("packets-a", 7, 4, _count("packets_a")),
    _Column("packets-b", 7, 3, _count("packets_b")),
    _Column("lost-ab", 7, 9, _count("lost_ab")),
    _Column("lost-ba", 7, 8, _count("lost_ba")),
    _Column("missed", 7, 7, _count("missed_a", "missed_b")),
)
_NARROW: Final = (*_PACKETS, _Column("other", 6, 5, _count("duplicated", "reordered", "unknown")))
_BROAD: Final = (
    *_PACKETS,
    _Column("duplicated", 7, 6, _count("duplicated")),
    _Column("reordered", 10, 5, _count("reordered")),
    _Column("unknown", 8, 5, _count("unknown")),
    _Column("least-ab", 8, 2, _least("least_ab_ns")),
    _Column("least-ba", 8, 1, _least("least_ba_ns")),
)


class PairList(VirtualList):
    """Draws a `Listing`."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVING_KEYS]

    def __init__(self, glyphs: Glyphs, words: Words) -> None:
        super().__init__(glyphs, id="merged-pairs")
        self.words = words
        self.merged: Merged | None = None
        """None: not paired yet."""
        self.waiting = ""
        """What goes on until then."""

    def show(self, merged: Merged) -> None:
        """Show the connections of ``merged``, the cursor on the one where it was."""
        before = identity_of(self.merged.listing, self.cursor) if self.merged is not None and self.cursor else None
        self.merged = merged
        self.set_row_count(len(merged.listing))
        if before is not None:
            self.put_on(before)
        self.refresh()

    def put_on(self, identity: Identity) -> None:
        """Put the cursor on the connection with that `identity_of`."""
        if self.merged is not None:
            listing = self.merged.listing
            same = (listing.kind == identity[0]) & (listing.a == identity[1]) & (listing.b == identity[2])
            self.put_cursor(int(np.flatnonzero(same)[0]))

    def wait(self, text: str) -> None:
        """Say what goes on."""
        if text != self.waiting:
            self.waiting = text
            self.refresh()

    def _columns(self, width: int, numbers: int) -> tuple[list[_Column], int]:
        """The columns for which there is room, and the cells of the connection."""
        columns = list(_BROAD if width >= _WIDE else _NARROW)

        def left() -> int:
            return width - _MARKS - numbers - sum(column.width for column in columns)

        while columns and left() < _NAMED_LEAST:
            columns.remove(min(columns, key=lambda column: column.weight))
        return columns, left()

    def _digits(self) -> tuple[int, int]:
        assert self.merged is not None
        listing = self.merged.listing
        sizes = [max(2, len(str(int(column.max(initial=0))))) for column in (listing.a, listing.b)]
        return sizes[0], sizes[1]

    def heading(self, width: int) -> list[Segment]:
        """The titles of the columns."""
        if self.merged is None:
            return []
        (of_a, of_b), words, ellipsis = self._digits(), self.words, self.glyphs.ellipsis
        columns, room = self._columns(width, of_a + of_b + 2)
        cells = " " * _MARKS + fit(words("merged.column.a"), of_a, ellipsis, right=True) + " "
        cells += fit(words("merged.column.b"), of_b, ellipsis, right=True) + " "
        cells += fit(words("merged.column.connection"), room, ellipsis)
        for column in columns:
            text = words(f"merged.column.{column.heading}", right=self.glyphs.right, left=self.glyphs.left)
            cells += fit(text, column.width, ellipsis, right=True)
        return [Segment(cells, self.palette.head)]

    def row(self, position: int, width: int) -> list[Segment]:
        """One connection."""
        assert self.merged is not None
        listing, palette, glyphs = self.merged.listing, self.palette, self.glyphs
        of_a, of_b = self._digits()
        columns, room = self._columns(width, of_a + of_b + 2)
        severity = severity_of(listing, position)
        mark = glyphs.cursor if position == self.cursor else " "
        numbers = "".join(
            fit("" if number == ABSENT else str(number), size, "", right=True) + " "
            for number, size in ((int(listing.a[position]), of_a), (int(listing.b[position]), of_b))
        )
        client, server = ends_of(self.merged, position)
        name = fit_ends(client, server, f" {glyphs.right} ", room - 1, glyphs.ellipsis)
        cells = [
            Segment(f"{mark}{glyphs.severity(severity)} ", palette.severity(severity)),
            Segment(numbers, palette.faint), Segment(fit(name, room, glyphs.ellipsis), palette.plain),
        ]  # fmt: skip
        for column in columns:
            text = fit(column.text(listing, position, glyphs), column.width, "", right=True)
            is_lost = column.heading.startswith("lost") and bool(text.strip())
            cells.append(Segment(text, palette.error if is_lost else palette.plain))
        return cells

    def paint_line(self, y: int) -> Strip:
        """A line of the list; before there are any, what goes on."""
        if y >= HEADING and not self.row_count:
            return self.empty_line(self.waiting, y)
        return super().paint_line(y)


def identity_of(listing: Listing, row: int) -> Identity:
    """Which connection a row is, however the rows are ordered."""
    return int(listing.kind[row]), int(listing.a[row]), int(listing.b[row])


def severity_of(listing: Listing, row: int) -> int:
    """The severity with which a row is marked; 0: all of its packets passed both points."""
    if listing.lost_ab[row] or listing.lost_ba[row]:
        return int(Severity.ERROR)
    names = "missed_a", "missed_b", "duplicated", "reordered", "unknown"
    if any(getattr(listing, name)[row] for name in names):
        return int(Severity.WARNING)
    return int(Severity.NOTE) if Kind(int(listing.kind[row])) is not Kind.SAME else 0


def ends_of(merged: Merged, row: int) -> tuple[str, str]:
    """Client and server of a row, as A has them, or else B."""
    listing, hop = merged.listing, merged.hop
    a, b = int(listing.a[row]), int(listing.b[row])
    client, server = hop.b.streams.ends(b) if a == ABSENT else hop.a.streams.ends(a)
    return str(client), str(server)
