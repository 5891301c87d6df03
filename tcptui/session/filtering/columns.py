"""Fields that are columns of the packet store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.dfilter import types
from tcptui.model.field import FieldType as T
from tcptui.model.packet_store import DecodeIssue, RowKind
from tcptui.session.filtering.occurrences import array_of, from_columns

if TYPE_CHECKING:
    from tcptui.model.field import Column, Field
    from tcptui.model.packet_store import PacketStore
    from tcptui.session.filtering.occurrences import Occurrences
    from tcptui.session.filtering.rows import Mask, Rows

_ICMP: Final = (1, 58)


def read_column(store: PacketStore, field: Field, column: Column, rows: Rows) -> Occurrences:
    """What the columns say; headers that are only quoted are not in them (`elsewhere`)."""
    kind = types.type_of(field)
    present = column.present(store, rows.index)
    if kind is T.NONE:
        return from_columns(kind, present, np.zeros(len(rows), np.int64))
    values = column.values(store, rows.index)
    if kind is T.STRING:
        values = array_of(kind, [str(value).encode() for value in values.tolist()])
    elif kind is T.BOOLEAN:
        values = (values != 0).astype(np.int64)
    elif values.dtype != np.int64:
        values = values.astype(np.int64)
    return from_columns(kind, present, values)


def elsewhere(store: PacketStore, rows: Rows) -> Mask:
    """Which of ``rows`` may have a TCP header that is not in the columns: cut, quoted, or below a bad header."""
    kind = store.kind[rows.index]
    odd: Mask = kind != RowKind.TCP
    if not odd.any():
        return odd
    other = kind == RowKind.OTHER
    protocol = store.protocol[rows.index]
    quotes = (protocol == _ICMP[0]) | (protocol == _ICMP[1])
    # A quoted header that is cut is in the columns as TCP, not as ICMP.
    malformed = (store.issues[rows.index] & (DecodeIssue.MALFORMED | DecodeIssue.HEADER_CUT)) != 0
    odd &= ~other | quotes | malformed
    return odd
