"""Fields of what a user left on packets and connections: marks and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.notes.format import NotesError
from tcptui.dfilter import types
from tcptui.session.filtering.occurrences import Occurrences, array_of, none_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcptui.model.field import Field
    from tcptui.model.notes import Note
    from tcptui.session.filtering.filtered_capture import FilteredCapture
    from tcptui.session.filtering.rows import Rows


def read_notes(session: FilteredCapture, field: Field, rows: Rows) -> Occurrences:
    """The values of ``field`` in ``rows``: of the packet, then of its connection, whose packets all have them.

    Raises NotesError where there are notes that cannot be used, or cannot be told apart.
    """
    kind, notebook = types.type_of(field), session.notebook
    if notebook is None:
        if len(session.reader.descriptors) > 1:
            raise NotesError("notes_several", name=field.name)
        return none_of(kind, len(rows))
    notes = notebook.notes
    if not notes:
        return none_of(kind, len(rows))
    store, streams = session.store, session.store.stream[rows.index]
    packets = store.frame[rows.index].astype(np.int64)
    # An ICMP error of no connection has stream -1, and no number here.
    openers = np.where(streams >= 0, store.frame[session.streams.first_row[streams]], 0).astype(np.int64)
    noted = np.isin(packets, [*notes.packets]) | np.isin(openers, [*notes.connections])
    values: list[int | bytes] = []
    index: list[int] = []
    for place in np.flatnonzero(noted).tolist():
        found = (notebook.packet(int(packets[place])), notebook.connection(int(openers[place])))
        own = _VALUES[field.name](found)
        values += own
        index += [place] * len(own)
    return Occurrences(kind, len(rows), array_of(kind, values), np.array(index, np.int64))


def _marks(notes: Iterable[Note]) -> list[int | bytes]:
    return [1] if any(note.marked for note in notes) else []


def _texts(notes: Iterable[Note]) -> list[int | bytes]:
    return [note.text.encode() for note in notes if note.text]


_VALUES: Final[dict[str, Callable[[Iterable[Note]], list[int | bytes]]]] = {
    "tcptui.marked": _marks, "tcptui.note": _texts,
}  # fmt: skip
#: Fields that `read_notes` knows.
NOTED: Final = frozenset(_VALUES)
