"""Segments that begin with a greeting of MySQL, or with a refusal instead; with a login, or with a command of SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from tcptui.protocols.command_rows import CommandRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I64, U8
    from tcptui.protocols.payload_places import Payloads

#: A packet: three bytes of length, its number, the bytes.
_HEADER: Final = 4
_QUERY, _PREPARE = 0x03, 0x16
#: A refusal has more bytes than this; errors have the numbers 768 … 5,119.
_REFUSAL_LEAST: Final = 9
_NUMBERS: Final = 0x11
#: Bytes of a login before its user name; the last 23 are 0, but for the last four of MariaDB's.
_LOGIN: Final = 32
_RESERVED: Final = range(13, 32)


#: What a server's first packet is: protocol 10 and its version, which is at least one digit, or an error.
_PROTOCOL, _ERROR, _DIGITS = 0x0A, 0xFF, (0x30, 0x39)


class MysqlRows(CommandRows):
    """Rows whose payload is one packet: a server's first, a login of protocol 4.1, or a statement of SQL."""

    least: ClassVar[int] = _HEADER + 3

    def likely(self, batch: Payloads) -> I64:
        """See `CommandRows`."""
        says = (batch.lengths() - _HEADER).astype(np.uint8)  # the lowest byte of a packet's length
        return np.flatnonzero(batch.head == says)

    def begins(self, buffer: U8, place: I64, length: I64) -> NDArray[np.intp]:
        """See `CommandRows`."""
        likely = np.flatnonzero((buffer[place + 2] == 0) & (buffer[place + 3] <= 1))  # short, a client's first
        place, length = place[likely], length[likely]
        says = buffer[place].astype(np.int64) | buffer[place + 1].astype(np.int64) << 8
        whole = says == length - _HEADER
        kind, behind = buffer[place + _HEADER], buffer[place + _HEADER + 1]
        greets = (kind == _PROTOCOL) & (behind >= _DIGITS[0]) & (behind <= _DIGITS[1])
        refuses = (kind == _ERROR) & (says > _REFUSAL_LEAST) & (buffer[place + 2 + _HEADER] - np.uint8(3) < _NUMBERS)
        begins = whole & (buffer[place + 3] == 0) & ((kind == _QUERY) | (kind == _PREPARE) | greets | refuses)
        logs_in = np.flatnonzero(whole & (buffer[place + 3] == 1) & (says >= _LOGIN))
        if len(logs_in):
            # What is cut from a frame is not 0 but by chance; what lies behind the buffer cannot be looked at.
            inside = logs_in[place[logs_in] + _HEADER + _LOGIN <= len(buffer)]
            empty = [buffer[place[inside] + at] == 0 for at in _RESERVED]
            begins[inside] = np.logical_and.reduce(empty)
        found: NDArray[np.intp] = likely[begins]
        return found
