"""Segments that begin with what a client of AMQP says first, or with a close: which connections are worth reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from tcptui.protocols.amqp.methods import CHANNEL_CLOSE, CONNECTION_CLOSE, FRAME_HEAD, METHOD, PROTOCOL
from tcptui.protocols.command_rows import CommandRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64, U8
    from tcptui.protocols.payload_places import Payloads

#: Fewest bytes of a close: class and method, code, an empty text, two numbers, the frame's end.
_CLOSE: Final = FRAME_HEAD + 4 + 2 + 1 + 4 + 1


class OpeningRows(CommandRows):
    """Rows whose payload begins with ``AMQP 0 0 9 1``, or with a method that closes a channel or a connection."""

    least: ClassVar[int] = len(PROTOCOL)

    def likely(self, batch: Payloads) -> I64:
        """See `CommandRows`."""
        return np.flatnonzero((batch.head == PROTOCOL[0]) | (batch.head == METHOD))

    def begins(self, buffer: U8, place: I64, length: I64) -> NDArray[np.intp]:
        """See `CommandRows`."""
        opens = np.ones(len(place), np.bool_)
        for at, byte in enumerate(PROTOCOL):
            opens &= buffer[place + at] == byte
        # Of what was cut other packets' bytes are compared: at worst a connection is read for nothing.
        closes = np.zeros(len(place), np.bool_)
        for one, number in (CONNECTION_CLOSE, CHANNEL_CLOSE):
            is_one = length >= _CLOSE
            for at, byte in ((0, METHOD), (3, 0), (4, 0), (7, 0), (8, one), (9, 0), (10, number)):
                is_one &= buffer[np.minimum(place + at, len(buffer) - 1)] == byte
            closes |= is_one
        found: NDArray[np.intp] = np.flatnonzero(opens | closes)
        return found
