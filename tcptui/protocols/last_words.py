"""What a client's message asks of its server, by its first bytes alone: an answer, nothing, or nobody knows.

A connection that its server closed may have had a request under way, or a farewell that nobody answers.  Size does
not tell them apart: ``GET / HTTP/1.1`` fits into fewer bytes than a TLS alert.  Nothing here reads more than one
payload, so that thousands of closed connections can be judged without parsing what they said before.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final, NamedTuple

from tcptui.protocols.registry import PROTOCOLS

#: Bytes of a payload that are looked at.
LOOKED_AT: Final = 512

#: Farewells of protocols whose messages are lines.
_LINE_LEAVES: Final = re.compile(rb"(?:[\w.*-]{1,20} )?(?i:quit|logout|bye|exit|close|disconnect)(?: [^\r\n]*)?\r?\n?")
#: Messages of other protocols that take leave: LDAP's unbind, a close frame of WebSocket.
_LEAVES: Final = re.compile(rb"0\x05\x02\x01.B\0|0\x06\x02\x02..B\0|\x88[\x80-\xfd].{4,}", re.DOTALL)


class Asks(IntEnum):
    """What a message asks."""

    LEAVE = -1
    """It says goodbye: its sender wants the end of the connection, or foresees it."""
    NOTHING = 0
    """Its protocol has no answer to it."""
    UNKNOWN = 1
    """Nothing is known of its protocol."""
    CUT = 2
    """None of its bytes was captured."""
    SEALED = 3
    """It is encrypted: data of TLS, most likely a request."""
    ANSWER = 4
    """A request."""


class Before(NamedTuple):
    """What the client has said before a message."""

    prefaced: bool = False
    """Its first payload is one behind which all others are of that protocol (`begins_with_preface`)."""
    handshake: bool = False
    """It sent nothing but a TLS handshake's."""
    early: bool = False
    """Its handshake of TLS let data come at once (`tcptui.protocols.tls.last_words.offers_early_data`)."""


#: Nothing.
AT_FIRST: Final = Before()


def begins_with_preface(payload: bytes) -> bool:
    """Whether a client's first ``payload`` says of all that follow which protocol they are of."""
    return any(row.has_preface and row.begins(payload) for row in PROTOCOLS)


def asks(payload: bytes, before: Before = AT_FIRST) -> Asks:
    """What the message that begins with ``payload`` asks, a part of at most `LOOKED_AT` bytes."""
    if not payload:
        return Asks.CUT
    for row in PROTOCOLS:
        if row.asks is not None:
            found = row.asks(payload, before)
            if found is not None:
                return found
    return _of_others(payload)


def _of_others(payload: bytes) -> Asks:
    """What a message of a protocol asks that is not read."""
    if _LINE_LEAVES.fullmatch(payload) or _LEAVES.fullmatch(payload):
        return Asks.LEAVE
    return Asks.UNKNOWN
