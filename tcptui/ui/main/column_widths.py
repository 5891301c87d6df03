"""How the connection list divides its width among its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.ui.main.column_names import Column, SortKey
from tcptui.ui.main.columns import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Most cells of the state column: in a list of at least `_NARROW` cells, and in a narrower one.
_STATE_WIDTH: Final = 18
_STATE_NARROW: Final = 15
_NARROW: Final = 100
#: An optional column is shown only while the note keeps this many cells.
_NOTE_LEAST: Final = 28
#: With fewer cells than this for the note, endpoints are cut.
_NOTE_CRAMPED: Final = 20
#: Most cells of an endpoint: in a narrow list those of an IPv4 address and port, more in a wider one.
_ENDPOINT_NARROW: Final = 21
_ENDPOINT_MEDIUM: Final = 30
_ENDPOINT_WIDE: Final = 47
_WIDE: Final = 150
#: Endpoints are not cut below this many cells to make room for the note.
_ENDPOINT_LEAST: Final = 17

Widths = dict[Column, int]
#: The sort keys of the columns that give way, in the order in which they come.
OPTIONAL: Final = tuple(dict.fromkeys(column.sort for column in COLUMNS if column.is_optional and column.sort))


def column_widths(
    width: int, wanted: Mapping[Column, int], key: SortKey = SortKey.START, shown: Sequence[SortKey] = OPTIONAL
) -> Widths:
    """The width of each column in a list of ``width`` cells, its blank included; 0 for one that is left out.

    ``wanted`` are the cells that the texts of client, server and state need.  The columns of ``key`` are there whatever
    the width: where the note would be cramped, they take the place of the state.  Those of ``shown`` are there where
    there is room, the first of them first.
    """
    narrow = width < _NARROW
    most = _ENDPOINT_NARROW if narrow else (_ENDPOINT_WIDE if width >= _WIDE else _ENDPOINT_MEDIUM)
    ends = [min(wanted[end], most) + 1 for end in (Column.CLIENT, Column.SERVER)]
    widths = {column.id: 0 if column.is_optional and column.sort is not key else column.width for column in COLUMNS}
    is_extra = any(column.is_optional and column.sort is key for column in COLUMNS)
    widths[Column.STATE] = min(wanted[Column.STATE], _STATE_NARROW if narrow else _STATE_WIDTH) + 1
    room = width - sum(widths.values()) - sum(ends)
    if is_extra and room + sum(ends) - 2 * _ENDPOINT_LEAST < _NOTE_CRAMPED:
        room += widths[Column.STATE]
        widths[Column.STATE] = 0
    if room < _NOTE_CRAMPED:
        # The note is more important than the beginning of an address.
        spare = min(_NOTE_CRAMPED - room, sum(ends) - 2 * _ENDPOINT_LEAST)
        if spare > 0:
            before = sum(ends)
            ends = [max(_ENDPOINT_LEAST, ends[0] - (spare + 1) // 2), max(_ENDPOINT_LEAST, ends[1] - spare // 2)]
            room += before - sum(ends)
    widths[Column.CLIENT], widths[Column.SERVER] = ends
    for column in (column for name in shown for column in COLUMNS if column.sort is name):
        if column.is_optional and not widths[column.id] and room - column.width >= _NOTE_LEAST:
            widths[column.id] = column.width
            room -= column.width
    for column in COLUMNS:
        if column.only_with is not None and not widths[column.only_with]:
            room += widths[column.id]
            widths[column.id] = 0
    widths[Column.NOTE] = max(0, room)
    return widths
