"""What a client's message asks of its server, of Redis: see `tcptui.protocols.last_words`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.protocols.last_words import Asks
from tcptui.protocols.redis.detection import begins_redis

if TYPE_CHECKING:
    from tcptui.protocols.last_words import Before

#: Commands that ask for the end, and those that are not answered.
_LEAVES: Final = re.compile(rb"\*\d+\r\n\$\d+\r\n(?i:quit|shutdown)\r\n")
_QUIET: Final = re.compile(
    rb"\*3\r\n\$6\r\n(?i:client)\r\n\$5\r\n(?i:reply)\r\n\$\d\r\n(?i:off|skip)\r\n"
    rb"|\*\d\r\n\$8\r\n(?i:replconf)\r\n\$3\r\n(?i:ack)"
)


def redis_asks(payload: bytes, _before: Before) -> Asks | None:
    """What a command asks; None where ``payload`` does not begin with one that is an array."""
    if not payload.startswith(b"*") or not begins_redis(payload):
        return None
    if _LEAVES.match(payload):
        return Asks.LEAVE
    return Asks.NOTHING if _QUIET.match(payload) else Asks.ANSWER
