"""Fields of whose connection it is: all packets of a connection have those of both ends that are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.owners import owners_of
from tcptui.dfilter import types
from tcptui.session.filtering.occurrences import Occurrences, array_of, none_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.field import Field
    from tcptui.model.socket_owner import SocketOwner
    from tcptui.session.filtering.rows import Rows


def read_owners(session: OpenCapture, field: Field, rows: Rows) -> Occurrences:
    """The values of ``field`` in ``rows``: the client's, then the server's unless it is the same."""
    kind, table, value = types.type_of(field), owners_of(session), _VALUES[field.name]
    if not table:
        return none_of(kind, len(rows))
    streams = session.store.stream[rows.index]
    owned = np.flatnonzero(table.owned(streams))
    if not len(owned):
        return none_of(kind, len(rows))
    distinct, which = np.unique(streams[owned], return_inverse=True)
    by_stream = [
        [*dict.fromkeys(found for owner in table.of(stream) if owner is not None and (found := value(owner)))]
        for stream in distinct.tolist()
    ]
    counts = np.array([len(values) for values in by_stream])[which]
    values = [one for place in which.tolist() for one in by_stream[place]]
    return Occurrences(kind, len(rows), array_of(kind, values), np.repeat(owned, counts))


_VALUES: Final[dict[str, Callable[[SocketOwner], int | bytes]]] = {
    "tcptui.process": lambda owner: owner.program.encode(),
    "tcptui.pid": lambda owner: owner.pid,
    "tcptui.user": lambda owner: owner.user.encode(),
    "tcptui.unit": lambda owner: owner.unit.encode(),
    "tcptui.container": lambda owner: owner.container.encode(),
    "tcptui.pod": lambda owner: owner.pod.encode(),
}
#: Fields that `read_owners` knows.
OWNER_FIELDS: Final = frozenset(_VALUES)
