"""Which packets can have a field at all, by the family of its name: of the others no tree is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.packet_store import RowKind
from tcptui.session.filtering.columns import elsewhere

if TYPE_CHECKING:
    from tcptui.session.filtering.rows import Mask, Rows
    from tcptui.session.session import Session

_SHORTEST: Final = 20
_IN_MESSAGES: Final = ("http.", "http", "websocket", "smtp", "data-text-lines")
_OF_HTTP: Final = ("http", "websocket", "data-text-lines")
_IN_PAYLOAD: Final = ("tcp.payload", "tcp.segment", "tcp.reassembled")
_IN_OPTIONS: Final = ("tcp.options", "tcp.option_", "mptcp", "tcp.nop")


def possible(session: Session, name: str, rows: Rows) -> Mask | None:
    """Which of ``rows`` may have the field ``name``; None: all."""
    store = session.store
    is_message = name.startswith(_IN_MESSAGES)
    if not is_message and not name.startswith(("tcp.", "mptcp", "data")):
        return None
    segment: Mask = store.kind[rows.index] == RowKind.TCP
    if name.startswith("data") and not is_message:
        empty: Mask = segment & (store.length[rows.index] <= 0)
        return ~empty
    if is_message or name.startswith(_IN_PAYLOAD):
        segment &= store.length[rows.index] > 0
    elif name.startswith(_IN_OPTIONS):
        segment &= store.header_length[rows.index] > _SHORTEST
    if not is_message:
        return segment | elsewhere(store, rows)
    if segment.any() and name.startswith(_OF_HTTP):
        streams = session.application_streams()
        if len(streams) < session.streams.count:  # of a large capture, those that may have a message are known
            noted = np.zeros(session.streams.count, np.bool_)
            noted[streams] = True
            segment[segment] = noted[store.stream[rows.only(segment).index]]
    return segment
