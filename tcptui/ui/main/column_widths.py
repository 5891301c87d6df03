"""How the connection list divides its width among its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.ui.main.column_names import Column, SortKey
from tcptui.ui.main.columns import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A list of fewer cells shows the states as one word.
NARROW: Final = 100
#: Most cells of the state column, its blank not counted.
_STATE_MOST: Final = 18
#: The columns that give way come only while the note keeps what it needs, at least and at most so many cells.
_NOTE_LEAST: Final = 26
_NOTE_MOST: Final = 44
#: With fewer cells than this for the note, endpoints are cut.
_NOTE_CRAMPED: Final = 20
#: The cells of an IPv4 address and port: longer endpoints are cut to that, so that the note keeps `_NOTE_LEAST`.
_ENDPOINT_SOON: Final = 21
#: Endpoints are not cut below this many cells to make room for the note.
_ENDPOINT_LEAST: Final = 17

Widths = dict[Column, int]
#: The sort keys of the columns that give way, in the order in which they come.
OPTIONAL: Final = tuple(dict.fromkeys(column.sort for column in COLUMNS if column.is_optional and column.sort))


@dataclass(frozen=True, slots=True)
class Needs:
    """The cells that the texts of the columns need whose width follows from their texts, no blank counted."""

    mark: int
    client: int
    server: int
    client_short: int
    """Cells without the beginning that the addresses of all clients share."""
    server_short: int
    state: int
    note: int
    has_owners: bool = False
    """Whether it is known of some connections whose they are."""
    packets: int = 0
    """Cells of the packets' column, its blank included; 0: as in the table."""
    heading: int = 0
    """Cells of the longest heading that is marked as what the list is sorted by, with its mark."""


def column_widths(
    width: int, needs: Needs, key: SortKey = SortKey.START, shown: Sequence[SortKey] = OPTIONAL
) -> tuple[Widths, bool]:
    """The width of each column in a list of ``width`` cells, its blank included; 0 for one that is left out.

    Also whether the endpoints are shown short, without the beginning that they share.

    The columns of ``key`` are there whatever the width: where the note would be cramped, they take the place of the
    state.  Those of ``shown`` are there where there is room, the first of them first.
    """
    size = {column.id: column.width for column in COLUMNS}
    size[Column.PACKETS] = needs.packets or size[Column.PACKETS]
    marked = [column.id for column in COLUMNS if column.is_optional and column.sort is key]
    size |= {column: max(size[column], needs.heading + 1) for column in marked}
    widths = {column.id: 0 if column.is_optional and column.sort is not key else size[column.id] for column in COLUMNS}
    widths[Column.MARK] = needs.mark + 1
    widths[Column.STATE] = min(needs.state, _STATE_MOST) + 1
    note = max(_NOTE_LEAST, min(needs.note + 1, _NOTE_MOST))
    ends = [needs.client + 1, needs.server + 1]
    room = width - sum(widths.values())
    is_short = room - sum(ends) < note
    if is_short:
        ends = [needs.client_short + 1, needs.server_short + 1]
        ends = _cut(ends, _NOTE_LEAST - (room - sum(ends)), _ENDPOINT_SOON + 1)
    if marked and room - sum(_cut(ends, width, _ENDPOINT_LEAST)) < _NOTE_CRAMPED:
        room += widths[Column.STATE]
        widths[Column.STATE] = 0
    # The note is more important than the beginning of an address.
    ends = _cut(ends, _NOTE_CRAMPED - (room - sum(ends)), _ENDPOINT_LEAST)
    room -= sum(ends)
    widths[Column.CLIENT], widths[Column.SERVER] = ends
    for column in (column for name in shown for column in COLUMNS if name in (column.sort, column.comes_with)):
        if column.id is Column.OWNER and not needs.has_owners:
            continue
        if column.is_optional and not widths[column.id] and room - size[column.id] >= note:
            widths[column.id] = size[column.id]
            room -= size[column.id]
    for column in COLUMNS:
        if column.only_with is not None and not widths[column.only_with]:
            room += widths[column.id]
            widths[column.id] = 0
    widths[Column.NOTE] = max(0, room)
    return widths, is_short


def _cut(ends: list[int], lacking: int, least: int) -> list[int]:
    """``ends`` made narrower by ``lacking`` cells together, the wider one first, neither below ``least``."""
    client, server = ends
    while lacking > 0 and max(client, server) > least:
        if client >= server:
            client -= 1
        else:
            server -= 1
        lacking -= 1
    return [client, server]
