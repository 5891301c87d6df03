"""Segments that begin with CONNECT, found while a batch is decoded: which connections speak MQTT from their start."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from tcptui.protocols.command_rows import CommandRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64, U8
    from tcptui.protocols.payload_places import Payloads

_CONNECT: Final = 0x10
_M, _Q = b"MQ"
_MORE: Final = 0x80
_LENGTH_MOST: Final = 4


class ConnectRows(CommandRows):
    """Rows whose payload begins with CONNECT: its length, then ``MQTT`` or ``MQIsdp``."""

    least: ClassVar[int] = 12

    def likely(self, batch: Payloads) -> I64:
        """See `CommandRows`."""
        return np.flatnonzero(batch.head == _CONNECT)

    def begins(self, buffer: U8, place: I64, _length: I64) -> NDArray[np.intp]:
        """See `CommandRows`."""
        at = place + 1
        for _ in range(_LENGTH_MOST - 1):
            at = at + (buffer[at] >= _MORE)
        name = at + 1
        found: NDArray[np.intp] = np.flatnonzero(
            (buffer[name] == 0) & (buffer[name + 2] == _M) & (buffer[name + 3] == _Q)
        )
        return found
