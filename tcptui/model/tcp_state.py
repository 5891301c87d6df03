"""Names of the TCP states as RFC 9293, 3.3.2 prints them."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class TcpState(IntEnum):
    """State of one endpoint.  ``UNSEEN``: no captured packet tells the state, and none is guessed."""

    UNSEEN = 0
    CLOSED = 1
    LISTEN = 2
    SYN_SENT = 3
    SYN_RECEIVED = 4
    ESTABLISHED = 5
    FIN_WAIT_1 = 6
    FIN_WAIT_2 = 7
    CLOSE_WAIT = 8
    CLOSING = 9
    LAST_ACK = 10
    TIME_WAIT = 11

    @property
    def label(self) -> str:
        """The RFC's spelling: ``SYN-SENT``; ``?`` for `UNSEEN`."""
        return "?" if self is TcpState.UNSEEN else self.name.replace("_", "-")


#: In state columns: this bit is set when the state is *known* (proved), clear when assumed.
STATE_PROVED: Final = 0x80
STATE_MASK: Final = 0x7F


def state_of(cell: int) -> tuple[TcpState, bool]:
    """A state column's cell as (state, known)."""
    return TcpState(cell & STATE_MASK), bool(cell & STATE_PROVED)
