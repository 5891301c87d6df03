"""Fields of what this host's kernel said about packets while they were captured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.kernel_events.tied_events import CAUSED, KernelEvents
from tcptui.dfilter import types
from tcptui.model.arrays import sorted_unique
from tcptui.session.filtering.occurrences import Occurrences, array_of, none_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.access.kernel_events.tied_events import TiedEvent
    from tcptui.model.field import Field
    from tcptui.session.filtering.filtered_capture import FilteredCapture
    from tcptui.session.filtering.rows import Rows


def read_kernel(session: FilteredCapture, field: Field, rows: Rows) -> Occurrences:
    """The values of ``field`` in ``rows``, of each event about a packet that has one."""
    kind, word = types.type_of(field), KernelEvents.of(session)
    if word.log is None:
        return none_of(kind, len(rows))
    said: dict[int, tuple[TiedEvent, ...]] = {}
    for stream in word.streams_with_events(session, sorted_unique(session.store.stream[rows.index]).tolist()):
        said |= word.about(session, stream).by_row
    values: list[int | bytes] = []
    numbers = rows.numbers
    index: list[int] = []
    for place in np.flatnonzero(np.isin(numbers, [*said])).tolist():
        found = [_VALUES[field.name](saying) for saying in said[int(numbers[place])]]
        own: list[int | bytes] = [value.encode("ascii") for value in found if value]
        values += own
        index += [place] * len(own)
    return Occurrences(kind, len(rows), array_of(kind, values), np.array(index, np.int64))


_VALUES: Final[dict[str, Callable[[TiedEvent], str]]] = {
    "tcptui.kernel.event": lambda saying: saying.kind.label,
    "tcptui.kernel.cause": lambda saying: saying.cause.label if saying.kind in CAUSED else "",
    "tcptui.kernel.reason": lambda saying: saying.reason,
}
#: Fields that `read_kernel` knows.
KERNEL_FIELDS: Final = frozenset(_VALUES)
