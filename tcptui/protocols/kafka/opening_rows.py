"""Segments that are one whole request of Kafka: which connections speak it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from tcptui.protocols.command_rows import CommandRows
from tcptui.protocols.kafka.apis import APIS, LENGTH, REQUEST_HEAD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64, U8
    from tcptui.protocols.payload_places import Payloads

_HIGHEST: Final = np.array([one.most for one in APIS], np.int64)


class OpeningRows(CommandRows):
    """Rows whose payload is a request of at most 16 MiB, by its length, kind, version, and its client's name."""

    least: ClassVar[int] = REQUEST_HEAD + 1

    def likely(self, batch: Payloads) -> I64:
        """See `CommandRows`."""
        return np.flatnonzero(batch.head == 0)

    def begins(self, buffer: U8, place: I64, length: I64) -> NDArray[np.intp]:
        """See `CommandRows`."""
        size = np.zeros(len(place), np.int64)
        for at in range(1, LENGTH):
            size = size << 8 | buffer[place + at]
        api = buffer[place + 5].astype(np.int64)
        named = buffer[place + 13].astype(np.int64)
        known = np.minimum(api, len(APIS) - 1)
        fits = (size + LENGTH == length) & (buffer[place + 4] == 0) & (api == known) & (buffer[place + 6] == 0)
        fits &= (buffer[place + 7] <= _HIGHEST[known]) & (buffer[place + 12] == 0)
        fits &= (named > 0) & (REQUEST_HEAD + named <= length) & (buffer[place + 14] > 0x20)
        found: NDArray[np.intp] = np.flatnonzero(fits)
        return found
