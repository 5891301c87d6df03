"""What a client's message asks of its server, of TLS: see `tcptui.protocols.last_words`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.last_words import Asks
from tcptui.protocols.tls.alert_rows import HIDDEN_ALERT
from tcptui.protocols.tls.codes import ContentType
from tcptui.protocols.tls.records import HEADER

if TYPE_CHECKING:
    from tcptui.protocols.last_words import Before

_KINDS: Final = frozenset({*map(int, ContentType)})


def is_alert(payload: bytes) -> bool:
    """Whether ``payload``, all of a segment, is one alert, in the open or, by its length, encrypted."""
    if len(payload) < HEADER or payload[1] != 3 or payload[0] not in (ContentType.ALERT, ContentType.APPLICATION_DATA):
        return False
    size = int.from_bytes(payload[3:HEADER])
    return len(payload) == HEADER + size and (payload[0] == ContentType.ALERT or size == HIDDEN_ALERT)


def tls_asks(payload: bytes, before: Before) -> Asks | None:
    """What the records in ``payload`` ask; None where these are none.

    Before TLS 1.3's data the client has to send its Finished.
    """
    kinds: list[int] = []
    at = 0
    while at + HEADER <= len(payload):
        kind, size = payload[at], int.from_bytes(payload[at + 3 : at + HEADER])
        if payload[at + 1] != 3 or kind not in _KINDS:
            return None
        at += HEADER + size
        is_hidden = kind == ContentType.APPLICATION_DATA and size == HIDDEN_ALERT
        kinds.append(ContentType.ALERT if is_hidden else kind)
    if not kinds:
        return None
    if kinds[-1] == ContentType.ALERT:
        return Asks.LEAVE
    finishes = before.handshake or ContentType.HANDSHAKE in kinds or ContentType.CHANGE_CIPHER_SPEC in kinds
    return Asks.SEALED if kinds.count(ContentType.APPLICATION_DATA) > finishes else Asks.NOTHING
