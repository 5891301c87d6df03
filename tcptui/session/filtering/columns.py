"""Fields that are columns of the packet store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.dfilter import types
from tcptui.model.field import FieldType as T
from tcptui.model.packet_store import DecodeIssue, RowKind
from tcptui.session.filtering.occurrences import Cells, array_of

if TYPE_CHECKING:
    from tcptui.model.field import Column, Field
    from tcptui.model.packet_store import PacketStore
    from tcptui.session.filtering.rows import Mask, Rows

_ICMP: Final = (1, 58)


def read_column(store: PacketStore, field: Field, column: Column, rows: Rows) -> Cells:
    """The values of ``field`` by the columns; headers that are only quoted are not in them (`elsewhere`)."""
    kind = types.type_of(field)
    present = column.present(store, rows.index)
    if kind is T.NONE:
        return Cells(kind, present, np.zeros(len(rows), np.int64))
    values = column.numbers(store, rows.index)
    if column.labels:
        return Cells(kind, present, values, array_of(kind, [label.encode() for label in column.labels]))
    if kind is T.BOOLEAN:
        values = (values != 0).astype(np.int64)
    elif values.dtype != np.int64:
        values = values.astype(np.int64)
    return Cells(kind, present, values)


def elsewhere(store: PacketStore, rows: Rows) -> Mask:
    """Mask of the ``rows`` that may have a TCP header outside the columns: cut, quoted, or below a bad header."""
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
