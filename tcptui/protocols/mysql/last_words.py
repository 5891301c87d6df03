"""What a client's message asks of its server, of MySQL: see `tcptui.protocols.last_words`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.last_words import LOOKED_AT, Asks

if TYPE_CHECKING:
    from tcptui.protocols.last_words import Before

_HEADER: Final = 4
#: COM_QUIT; COM_STMT_SEND_LONG_DATA and COM_STMT_CLOSE, which have no answer; and all others up to COM_DAEMON.
_QUIT: Final = 0x01
_QUIET: Final = frozenset({0x18, 0x19})
_COMMANDS: Final = frozenset({*range(0x02, 0x1F)})


def mysql_asks(payload: bytes, _before: Before) -> Asks | None:
    """What a command asks: packet 0 of its exchange, with as many bytes as it says, if all of it is here; else None."""
    if len(payload) <= _HEADER or payload[3]:
        return None
    size = int.from_bytes(payload[:3], "little")
    if size != len(payload) - _HEADER and (len(payload) < LOOKED_AT or size < len(payload)):
        return None
    command = payload[_HEADER]
    if command == _QUIT:
        return Asks.LEAVE
    if command in _QUIET:
        return Asks.NOTHING
    return Asks.ANSWER if command in _COMMANDS else None
