"""What a client's message asks of its server, of memcached: see `tcptui.protocols.last_words`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.protocols.last_words import Asks
from tcptui.protocols.memcached.codes import OPCODES, QUIT, QUIT_Q
from tcptui.protocols.memcached.detection import is_binary_command

if TYPE_CHECKING:
    from tcptui.protocols.last_words import Before

#: What memcached answers, and what it does not.
_ANSWERED: Final = re.compile(
    rb"(?:gets?|gats?|set|add|replace|append|prepend|cas|delete|incr|decr|touch|stats|version|flush_all|m[gsdane])"
    rb"(?: [^\r\n]*)?(?:\r\n|(?<=[^\r\n]{500})$)"
)
_QUIET: Final = re.compile(rb"[a-z]+ [^\r\n]*noreply\r\n")


def memcached_asks(payload: bytes, _before: Before) -> Asks | None:
    """What a command asks; None where ``payload`` does not begin with one."""
    if is_binary_command(payload):
        if payload[1] in (QUIT, QUIT_Q):
            return Asks.LEAVE
        return Asks.NOTHING if OPCODES[payload[1]].is_quiet else Asks.ANSWER
    if _QUIET.match(payload):
        return Asks.NOTHING
    return Asks.ANSWER if _ANSWERED.match(payload) else None
