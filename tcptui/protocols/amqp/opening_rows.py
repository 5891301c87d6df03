"""Segments that begin with what a client of AMQP says first: which connections speak it from their start."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tcptui.protocols.amqp.methods import PROTOCOL
from tcptui.protocols.command_rows import CommandRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64, U8
    from tcptui.protocols.payload_places import Payloads


class OpeningRows(CommandRows):
    """Rows whose payload begins with ``AMQP 0 0 9 1``."""

    least: ClassVar[int] = len(PROTOCOL)

    def likely(self, batch: Payloads) -> I64:
        """See `CommandRows`."""
        return np.flatnonzero(batch.head == PROTOCOL[0])

    def begins(self, buffer: U8, place: I64, _length: I64) -> NDArray[np.intp]:
        """See `CommandRows`."""
        fits = np.ones(len(place), np.bool_)
        for at, byte in enumerate(PROTOCOL):
            fits &= buffer[place + at] == byte
        found: NDArray[np.intp] = np.flatnonzero(fits)
        return found
