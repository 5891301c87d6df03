"""What a client's message asks of its server, of MySQL: see `tcptui.protocols.last_words`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.last_words import LOOKED_AT, Asks
from tcptui.protocols.mysql.codes import UNANSWERED, Command

if TYPE_CHECKING:
    from tcptui.protocols.last_words import Before

_HEADER: Final = 4


def mysql_asks(payload: bytes, _before: Before) -> Asks | None:
    """What a command asks: packet 0 of its exchange, with as many bytes as it says, if all of it is here; else None."""
    if len(payload) <= _HEADER or payload[3]:
        return None
    size = int.from_bytes(payload[:3], "little")
    if size != len(payload) - _HEADER and (len(payload) < LOOKED_AT or size < len(payload)):
        return None
    command = payload[_HEADER]
    if command == Command.QUIT:
        return Asks.LEAVE
    if command in UNANSWERED:
        return Asks.NOTHING
    return Asks.ANSWER if Command.INIT_DB <= command <= Command.BINLOG_DUMP_GTID else None
