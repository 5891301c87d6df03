"""Segments that begin with the opening of a session of PostgreSQL, or with a statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from tcptui.protocols.command_rows import CommandRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64, U8
    from tcptui.protocols.payload_places import Payloads

_QUERY, _PARSE = ord("Q"), ord("P")
#: Major version 3 in front of a minor one, as the startup message has it.
_THREE: Final = 3
#: What stands there in a request to cancel, or for encryption.
_REQUESTS: Final = 1234


class PostgresqlRows(CommandRows):
    """Rows whose payload is a startup message, a request before one, or a query, or begins with a statement."""

    least: ClassVar[int] = 8

    def likely(self, batch: Payloads) -> I64:
        """See `CommandRows`."""
        return np.flatnonzero((batch.head == 0) | (batch.head == _QUERY) | (batch.head == _PARSE))

    def begins(self, buffer: U8, place: I64, length: I64) -> NDArray[np.intp]:
        """See `CommandRows`."""
        first = buffer[place]
        startup = (first == 0) & (_number(buffer, place) == length)
        major = buffer[place + 4].astype(np.int64) << 8 | buffer[place + 5]
        startup &= ((major == _THREE) & (buffer[place + 6] == 0)) | (major == _REQUESTS)
        says = _number(buffer, place + 1) + 1
        query = (first == _QUERY) & (says == length)
        parse = (first == _PARSE) & (buffer[place + 1] == 0) & (says < length)
        found: NDArray[np.intp] = np.flatnonzero(startup | query | parse)
        return found


def _number(buffer: U8, place: I64) -> I64:
    """The numbers of four bytes, most significant first, at ``place``."""
    number = np.zeros(len(place), np.int64)
    for at in range(4):
        number = number << 8 | buffer[place + at]
    return number
