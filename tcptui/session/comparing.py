"""What comparing asks of an open capture besides its tables: fields and filters, by connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.safe_text import safe_text
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.filtering.run import FilterRun

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.dfilter.compile import Compiled
    from tcptui.model.field import Field
    from tcptui.session.filtering.filtered_capture import FilteredCapture

#: Rows whose fields are printed at a time.
_AT_ONCE: Final = 4_096
#: Characters of the name of a group.
_LONGEST: Final = 200
_NO_TEXTS: Final[list[str]] = []


def values_by_stream(session: FilteredCapture, field: Field) -> NDArray[np.object_]:
    """The first value of ``field`` in each connection, as text that is safe; empty where its packets have none.

    Only the first packets are asked that a connection may show it by: those of the handshake, and the first with data.
    """
    count = session.streams.count
    found = np.full(count, "", object)
    printer = FieldPrinter(session, [field], deep=True)
    for rows in _first_rows(session):
        left = rows[found[session.store.stream[rows]] == ""]
        for begin in range(0, len(left), _AT_ONCE):
            part = left[begin : begin + _AT_ONCE]
            for stream, values in zip(session.store.stream[part].tolist(), printer.texts(part)[0], strict=True):
                if values:
                    found[stream] = safe_text(values[0][:_LONGEST])
    return found


def _first_rows(session: FilteredCapture) -> list[NDArray[np.int32]]:
    """The first row of each connection, and the first that has payload; ascending."""
    store = session.store
    rows = np.arange(store.first, store.count, dtype=np.int32)
    rows = rows[store.stream[rows] >= 0]
    firsts = []
    for some in (rows, rows[store.length[rows] > 0]):
        _, at = np.unique(store.stream[some], return_index=True)
        firsts.append(np.sort(some[at]))
    return firsts


def streams_with(session: FilteredCapture, compiled: Compiled) -> NDArray[np.bool_]:
    """Of each connection, whether a packet of it matches.  Raises FilterError."""
    store = session.store
    matching = FilterRun(session, compiled).matching(0, store.count)
    streams = store.stream[: store.count][matching]
    mask = np.zeros(session.streams.count, np.bool_)
    mask[streams[streams >= 0]] = True
    return mask
