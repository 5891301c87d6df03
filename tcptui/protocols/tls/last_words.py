"""What a client's message asks of its server, of TLS: see `tcptui.protocols.last_words`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.last_words import Asks
from tcptui.protocols.tls.alert_rows import HIDDEN_ALERTS, MOST_ALERT
from tcptui.protocols.tls.codes import ContentType, Extension
from tcptui.protocols.tls.records import HEADER

if TYPE_CHECKING:
    from tcptui.protocols.last_words import Before

_KINDS: Final = frozenset({*map(int, ContentType)})
#: Bytes of the records with EndOfEarlyData and Finished: header, hash, their true type, the tag (RFC 8446, 4.4.4, 4.5).
_END_OF_EARLY_DATA: Final = frozenset({4 + 1 + 16, 4 + 1 + 8})
_FINISHED: Final = frozenset({4 + 32 + 1 + 16, 4 + 48 + 1 + 16, 4 + 32 + 1 + 8})
#: Most bytes of a record with a frame of HTTP/2 that opens a window, takes a stream back, says goodbye or asks whether
#: its peer is alive: header, eight octets, nonce or true type, tag (RFC 9113, 6.4, 6.7-6.9).
_SHORT_FRAME: Final = 9 + 8 + 8 + 16
#: Bytes before the session id of a ClientHello's record: headers, version, random.
_SESSION: Final = HEADER + 4 + 2 + 32


def is_alert(payload: bytes) -> bool:
    """Whether ``payload``, all of a segment, is one alert, in the open or, by its length, encrypted."""
    if len(payload) < HEADER or payload[1] != 3 or payload[0] not in (ContentType.ALERT, ContentType.APPLICATION_DATA):
        return False
    size = int.from_bytes(payload[3:HEADER])
    return len(payload) == HEADER + size and (payload[0] == ContentType.ALERT or size in HIDDEN_ALERTS)


def ends_with_alert(payload: bytes) -> bool:
    """Whether the last bytes of ``payload``, which begins anywhere in a record, are a record with one alert."""
    return any(is_alert(payload[-HEADER - size :]) for size in range(2, min(MOST_ALERT, len(payload)) - HEADER + 1))


def has_short_records(payload: bytes) -> bool:
    """Whether ``payload`` is whole records, each of which has room for a frame of HTTP/2 without HEADERS or DATA."""
    at = 0
    while at + HEADER <= len(payload) and payload[at + 1] == 3 and payload[at] in _KINDS:
        size = int.from_bytes(payload[at + 3 : at + HEADER])
        if size > _SHORT_FRAME:
            return False
        at += HEADER + size
    return at == len(payload) > 0


def offers_early_data(payload: bytes) -> bool:
    """Whether ``payload`` begins with a ClientHello behind which data come at once (RFC 8446, 4.2.10)."""
    if payload[:2] != b"\x16\x03" or payload[HEADER : HEADER + 1] != b"\1":
        return False
    at = _SESSION
    for size in (1, 2, 1):  # session id, suites, compression methods
        at += size + int.from_bytes(payload[at : at + size])
    at += 2
    while at + 4 <= len(payload):
        if int.from_bytes(payload[at : at + 2]) == Extension.EARLY_DATA:
            return True
        at += 4 + int.from_bytes(payload[at + 2 : at + 4])
    return False


def tls_asks(payload: bytes, before: Before) -> Asks | None:
    """What the records in ``payload`` ask; None where these are none.

    Before TLS 1.3's data the client has to send its Finished; behind early data EndOfEarlyData, too.
    """
    kinds: list[int] = []
    data: list[int] = []
    at = 0
    while at + HEADER <= len(payload):
        kind, size = payload[at], int.from_bytes(payload[at + 3 : at + HEADER])
        if payload[at + 1] != 3 or kind not in _KINDS:
            return None
        at += HEADER + size
        is_hidden = kind == ContentType.APPLICATION_DATA and size in HIDDEN_ALERTS
        kinds.append(ContentType.ALERT if is_hidden else kind)
        if kinds[-1] == ContentType.APPLICATION_DATA:
            data.append(size)
    if not kinds:
        return None
    if kinds[-1] == ContentType.ALERT:
        return Asks.LEAVE
    if before.early:
        data = _behind_early_data(data)
        return Asks.SEALED if data else Asks.NOTHING
    finishes = before.handshake or ContentType.HANDSHAKE in kinds or ContentType.CHANGE_CIPHER_SPEC in kinds
    return Asks.SEALED if len(data) > finishes else Asks.NOTHING


def _behind_early_data(sizes: list[int]) -> list[int]:
    """Those of ``sizes``, of records with data in one segment, which are not the rest of the client's handshake."""
    ended = [size for n, size in enumerate(sizes) if n or size not in _END_OF_EARLY_DATA]
    is_rest = len(ended) < len(sizes) or len(sizes) == 1
    return ended[1:] if ended and is_rest and ended[0] in _FINISHED else ended
