"""Segments that begin with a command of Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tcptui.protocols.command_rows import CommandRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64, U8

_STAR, _CR, _DOLLAR, _NINE, _ONE = 0x2A, 0x0D, 0x24, 0x39, 0x31


class RedisRows(CommandRows):
    """Rows whose payload begins with an array of at most 99 elements, the first of them a bulk string."""

    #: ``*1 CR LF $`` and ``*12 CR LF $``: fewest bytes of a command of either length.
    least: ClassVar[int] = 8

    def begins(self, buffer: U8, place: I64, _length: I64) -> NDArray[np.intp]:
        """See `CommandRows`."""
        likely = np.flatnonzero(buffer[place] == _STAR)
        place = place[likely]
        digit = buffer[place + 1]
        longer = buffer[place + 2] != _CR  # by one digit
        fits = (digit >= _ONE) & (digit <= _NINE) & (buffer[place + 2 + longer] == _CR)
        found: NDArray[np.intp] = likely[fits & (buffer[place + 4 + longer] == _DOLLAR)]
        return found
