"""Segments that begin with a command of Redis, or with an error of its own that needs none."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from tcptui.model.arrays import merged
from tcptui.protocols.command_rows import CommandRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64, U8
    from tcptui.protocols.payload_places import Payloads

#: An error without a name, as a server says that is full, or does not understand.
_ERROR: Final = tuple(b"-ERR ")
_STAR, _CR, _DOLLAR, _NINE, _ONE = 0x2A, 0x0D, 0x24, 0x39, 0x31


class RedisRows(CommandRows):
    """Rows whose payload begins with an array of at most 99 elements, the first a bulk string, or with an error."""

    #: ``*1 CR LF $`` and ``*12 CR LF $``: fewest bytes of a command of either length.
    least: ClassVar[int] = 8

    def likely(self, batch: Payloads) -> I64:
        """See `CommandRows`."""
        return np.flatnonzero((batch.head == _STAR) | (batch.head == _ERROR[0]))

    def begins(self, buffer: U8, place: I64, _length: I64) -> NDArray[np.intp]:
        """See `CommandRows`."""
        first = buffer[place]
        errors = np.flatnonzero(first == _ERROR[0])
        for at, byte in enumerate(_ERROR[1:], 1):
            errors = errors[buffer[place[errors] + at] == byte]
        likely = np.flatnonzero(first == _STAR)
        place = place[likely]
        digit = buffer[place + 1]
        longer = buffer[place + 2] != _CR  # by one digit
        fits = (digit >= _ONE) & (digit <= _NINE) & (buffer[place + 2 + longer] == _CR)
        found: NDArray[np.intp] = likely[fits & (buffer[place + 4 + longer] == _DOLLAR)]
        return merged(found, errors) if len(errors) else found
