"""The packets of a capture as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.api.errors import FilterError
from tcptui.model.packet_store import RowKind
from tcptui.model.safe_text import safe_text
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tcptui.model.field import Field
    from tcptui.model.packet_store import I64, PacketStore
    from tcptui.session.session import Session
    from tcptui.words.catalogue import Words

#: Rows whose printed fields are made at a time.
_AT_ONCE: Final = 4096
#: What joins several values of a field, as in tshark.
_JOINED: Final = ","


def _round_trips(store: PacketStore, rows: I64) -> I64:
    acked = store.acked[rows].astype(np.int64)
    known = acked >= 0
    times = store.time_ns[rows] - store.time_ns[np.where(known, acked, 0)]
    return np.where(known, times, -1)


#: Columns that every packet has; of what is not TCP most are 0, and ``stream`` is -1.
COLUMNS: Final[dict[str, Callable[[PacketStore, I64], NDArray[Any]]]] = {
    "frame": lambda store, rows: store.frame[rows].astype(np.int64),
    "time_ns": lambda store, rows: store.time_ns[rows].copy(),
    "stream": lambda store, rows: store.stream[rows].copy(),
    "bytes": lambda store, rows: store.wire_length[rows].astype(np.int64),
    "payload": lambda store, rows: np.where(store.kind[rows] == RowKind.TCP, np.maximum(store.length[rows], 0), 0),
    "flags": lambda store, rows: store.flags[rows].copy(),
    "seq": lambda store, rows: store.seq[rows].copy(),
    "ack": lambda store, rows: store.ack[rows].copy(),
    "window": lambda store, rows: store.window[rows].copy(),
    "verdicts": lambda store, rows: store.verdict[rows].copy(),
    "ack_rtt_ns": _round_trips,
}
#: The bit of each verdict in the column ``verdicts``, by the name of Wireshark's field after ``tcp.analysis.``.
VERDICT_BITS: Final = {verdict.field_name: int(verdict) for verdict in Verdict}


def from_client(session: Session, rows: I64) -> NDArray[np.bool_]:
    """Which of ``rows`` the client of their connection sent; False, too, for what is of none."""
    store, streams = session.store, session.streams
    stream = store.stream[rows]
    of_stream = (store.kind[rows] == RowKind.TCP) & (stream >= 0)
    sent_by_b, client_is_b = store.from_b[rows] != 0, streams.client_is_b[np.maximum(stream, 0)] != 0
    by_client: NDArray[np.bool_] = np.logical_and(of_stream, sent_by_b == client_is_b)
    return by_client


def field_named(name: str, words: Words) -> Field:
    """The field that Wireshark calls ``name``.  Raises FilterError."""
    from tcptui.dfilter.names import nearest
    from tcptui.model.fields import FIELDS
    from tcptui.session.filtering.run import is_readable

    field = FIELDS.get(name)
    if field is None:
        near = nearest(name)
        key = "cli.error.field-near" if near else "cli.error.field"
        raise FilterError(words(key, name=safe_text(name), near=", ".join(near)))
    if not is_readable(field):
        raise FilterError(words("cli.error.field-unread", name=name))
    return field


def printed(session: Session, rows: I64, fields: Sequence[Field]) -> list[NDArray[np.object_]]:
    """Each field of ``rows`` as tshark prints it, several values joined by commas; an empty text without any."""
    from tcptui.session.filtering.printed import FieldPrinter

    columns: list[list[str]] = [[] for _ in fields]
    printer = FieldPrinter(session, list(fields), deep=True)
    for at in range(0, len(rows), _AT_ONCE):
        part = rows[at : at + _AT_ONCE].astype(np.int32)
        for column, texts in zip(columns, printer.texts(part), strict=True):
            column += [_JOINED.join(values) for values in texts]
    return [np.array(column, dtype=object) for column in columns]
