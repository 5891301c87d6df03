"""What a client's message asks of its server, of HTTP/2: see `tcptui.protocols.last_words`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.http2.frames import FrameType
from tcptui.protocols.http2.preface_rows import PREFACE
from tcptui.protocols.last_words import Asks

if TYPE_CHECKING:
    from tcptui.protocols.last_words import Before

_HEADER: Final = 9
#: Parts of messages whose beginning is elsewhere.
_PARTS: Final = frozenset({int(FrameType.DATA), int(FrameType.CONTINUATION)})


def http2_asks(payload: bytes, before: Before) -> Asks | None:
    """What frames ask: a request begins with HEADERS; settings, windows and pings are none.

    None where neither ``payload`` nor the client's first one begins with the preface.
    """
    begins = payload.startswith(PREFACE)
    if not begins and not before.prefaced:
        return None
    at = len(PREFACE) if begins else 0
    kinds = set()
    while at + _HEADER <= len(payload):
        kinds.add(payload[at + 3])
        at += _HEADER + int.from_bytes(payload[at : at + 3])
    if FrameType.HEADERS in kinds:
        return Asks.ANSWER
    if FrameType.GOAWAY in kinds:
        return Asks.LEAVE
    return Asks.UNKNOWN if _PARTS & kinds or not kinds else Asks.NOTHING
