"""Segments that are one whole request of MongoDB, or answer: which connections speak it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from tcptui.protocols.command_rows import CommandRows
from tcptui.protocols.mongodb.codes import COMPRESSED, HEADER, LENGTH, LONGEST, MSG, QUERY, REPLY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64, U8
    from tcptui.protocols.payload_places import Payloads

_OPCODE_AT: Final = 12
_THIRD_AT: Final = _OPCODE_AT + 2
_OPCODES: Final = (MSG, QUERY, COMPRESSED, REPLY)


class OpeningRows(CommandRows):
    """Rows whose payload begins with a message that ends with it, or is longer, by its length and opcode."""

    least: ClassVar[int] = HEADER + 5

    def likely(self, batch: Payloads) -> I64:
        """See `CommandRows`."""
        # What begins them is a length, so that the first byte tells nothing; the third one of an opcode is 0.
        return np.flatnonzero(batch.buffer.take(batch.place + _THIRD_AT, mode="clip") == 0)

    def begins(self, buffer: U8, place: I64, length: I64) -> NDArray[np.intp]:
        """See `CommandRows`."""
        size, opcode = _number(buffer, place), _number(buffer, place + _OPCODE_AT)
        known = np.zeros(len(place), np.bool_)
        for one in _OPCODES:
            known |= opcode == one
        found: NDArray[np.intp] = np.flatnonzero(known & (size >= length) & (size <= LONGEST) & (size > HEADER))
        return found


def _number(buffer: U8, place: I64) -> I64:
    """The numbers of four bytes at ``place``, the least first."""
    value = np.zeros(len(place), np.int64)
    for at in reversed(range(LENGTH)):
        value = value << 8 | buffer[place + at]
    return value
