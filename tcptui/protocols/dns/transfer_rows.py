"""Segments that ask for the transfer of a zone over TCP: AXFR, IXFR (RFC 5936, RFC 1995)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from tcptui.protocols.command_rows import CommandRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64, U8
    from tcptui.protocols.payload_places import Payloads

#: Bytes of the length and the header before the name asked for.
_NAME: Final = 2 + 12
#: Labels of a name at most that are walked, and the longest.
_LABELS_MOST: Final = 32
_LABEL_MOST: Final = 63
#: What stands behind the name: the type, the class.
_TYPES: Final = (251, 252)


class TransferRows(CommandRows):
    """Rows whose payload is one question for a transfer."""

    may_have_files: ClassVar[bool] = True
    #: The root's.
    least: ClassVar[int] = _NAME + 1 + 4

    def likely(self, batch: Payloads) -> I64:
        """See `CommandRows`: the length is below 256."""
        return np.flatnonzero(batch.head == 0)

    def begins(self, buffer: U8, place: I64, length: I64) -> NDArray[np.intp]:
        """See `CommandRows`."""
        is_question = (buffer[place + 1] == length - 2) & (buffer[place + 4] & 0xF8 == 0)
        is_question &= (buffer[place + 6] == 0) & (buffer[place + 7] == 1) & (buffer[place + 9] == 0)
        found = np.flatnonzero(is_question)
        at, end = place[found] + _NAME, place[found] + length[found] - 4
        for _ in range(_LABELS_MOST):
            size = buffer[at].astype(np.int64)
            going = (size > 0) & (size <= _LABEL_MOST) & (at + size + 1 < end)
            if not going.any():
                break
            at = np.where(going, at + size + 1, at)
        asks = (buffer[at] == 0) & (buffer[at + 1] == 0) & np.isin(buffer[at + 2], _TYPES)
        transfers: NDArray[np.intp] = found[asks & (buffer[at + 3] == 0) & (buffer[at + 4] == 1)]
        return transfers
