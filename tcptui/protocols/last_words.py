"""What a client's message asks of its server, by its first bytes alone: an answer, nothing, or nobody knows.

A connection that its server closed may have had a request under way, or a farewell that nobody answers.  Size does
not tell them apart: ``GET / HTTP/1.1`` fits into fewer bytes than a TLS alert.  Nothing here reads more than one
payload, so that thousands of closed connections can be judged without parsing what they said before.
"""

from __future__ import annotations

import re
import struct
from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Bytes of a payload that are looked at.
LOOKED_AT: Final = 512

_TLS_HEADER: Final = 5
_CHANGE_CIPHER_SPEC, _ALERT, _HANDSHAKE, _DATA, _HEARTBEAT = range(20, 25)
#: Bytes of an alert of TLS 1.3: two, their true type, the authentication tag (RFC 8446, 5.2 and 6).
_HIDDEN_ALERT: Final = 2 + 1 + 16
_HTTP: Final = re.compile(
    rb"(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE|PROPFIND|REPORT|SEARCH|MKCOL|COPY|MOVE|LOCK|UNLOCK)"
    rb" [^\x00-\x20]+(?: HTTP/1\.[0-9]\r?\n|$)|[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40} [^\x00-\x20]+ HTTP/1\.[0-9]\r?\n"
)
_HTTP2_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HTTP2_HEADER: Final = 9
_HTTP2_DATA, _HTTP2_HEADERS, _HTTP2_GOAWAY, _HTTP2_CONTINUATION = 0, 1, 7, 9
#: Commands with which Redis is asked for the end, and those that it does not answer, …
_REDIS_LEAVES: Final = re.compile(rb"\*\d+\r\n\$\d+\r\n(?i:quit|shutdown)\r\n")
_REDIS_QUIET: Final = re.compile(
    rb"\*3\r\n\$6\r\n(?i:client)\r\n\$5\r\n(?i:reply)\r\n\$\d\r\n(?i:off|skip)\r\n"
    rb"|\*\d\r\n\$8\r\n(?i:replconf)\r\n\$3\r\n(?i:ack)"
)
#: … farewells of protocols whose messages are lines, …
_LINE_LEAVES: Final = re.compile(rb"(?:[\w.*-]{1,20} )?(?i:quit|logout|bye|exit|close|disconnect)(?: [^\r\n]*)?\r?\n?")
#: … and of memcached.
_MEMCACHED: Final = re.compile(
    rb"(?:gets?|gats?|set|add|replace|append|prepend|cas|delete|incr|decr|touch|stats|version|flush_all|m[gsdane])"
    rb"(?: [^\r\n]*)?(?:\r\n|(?<=[^\r\n]{500})$)"
)
_MEMCACHED_QUIET: Final = re.compile(rb"[a-z]+ [^\r\n]*noreply\r\n")
#: Messages of other protocols that take leave: MQTT's DISCONNECT, LDAP's unbind, a close frame of WebSocket.
_LEAVES: Final = re.compile(
    rb"\xe0[\0-\x0f][^\0]{0,15}|0\x05\x02\x01.B\0|0\x06\x02\x02..B\0|\x88[\x80-\xfd].{4,}", re.DOTALL
)
_PG_HEAD: Final = struct.Struct(">cI")
#: First messages of PostgreSQL's clients have no type: version 3, requests for encryption; a cancellation.
_PG_ASKS: Final = frozenset({196_608, 196_610, 80_877_103, 80_877_104})
_PG_CANCEL: Final = 80_877_102
_PG_TYPES: Final = b"BCDEFHPQSXcdfp"
_PG_ANSWERED: Final = b"QSFp"
_PG_LEAVES: Final = b"X"
_PG_MOST: Final = 1 << 26
_MYSQL_HEADER: Final = 4
#: COM_QUIT; COM_STMT_SEND_LONG_DATA and COM_STMT_CLOSE, which have no answer; and all others up to COM_DAEMON.
_MYSQL_QUIT: Final = 0x01
_MYSQL_QUIET: Final = frozenset({0x18, 0x19})
_MYSQL_COMMANDS: Final = frozenset({*range(0x02, 0x1F)})


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


def is_alert(payload: bytes) -> bool:
    """Whether ``payload``, all of a segment, is one TLS alert, in the open or, by its length, encrypted."""
    if len(payload) < _TLS_HEADER or payload[1] != 3 or payload[0] not in (_ALERT, _DATA):
        return False
    size = int.from_bytes(payload[3:_TLS_HEADER])
    return len(payload) == _TLS_HEADER + size and (payload[0] == _ALERT or size == _HIDDEN_ALERT)


def begins_http2(payload: bytes) -> bool:
    """Whether a client's first ``payload`` is that of HTTP/2."""
    return payload.startswith(_HTTP2_PREFACE)


def asks(payload: bytes, *, http2: bool, opening: bool) -> Asks:
    """What the message that begins with ``payload`` asks, a part of at most `LOOKED_AT` bytes.

    ``http2``: the client `begins_http2`; ``opening``: before this message it sent nothing but a TLS handshake's.
    """
    if not payload:
        return Asks.CUT
    if _HANDSHAKE <= payload[0] <= _HEARTBEAT or payload[0] in (_CHANGE_CIPHER_SPEC, _ALERT):
        found = _of_tls(payload, opening=opening)
        if found is not None:
            return found
    if http2 or begins_http2(payload):
        return _of_http2(payload)
    for read in (_of_text, _of_postgresql, _of_mysql, _of_others):
        found = read(payload)
        if found is not None:
            return found
    return Asks.UNKNOWN


def _of_tls(payload: bytes, *, opening: bool) -> Asks | None:
    """… of TLS records; None where these are none.  Before TLS 1.3's data the client has to send its Finished."""
    kinds = []
    at = 0
    while at + _TLS_HEADER <= len(payload):
        kind, size = payload[at], int.from_bytes(payload[at + 3 : at + _TLS_HEADER])
        if payload[at + 1] != 3 or not _CHANGE_CIPHER_SPEC <= kind <= _HEARTBEAT:
            return None
        at += _TLS_HEADER + size
        is_alert_ = kind == _DATA and size == _HIDDEN_ALERT
        kinds.append(_ALERT if is_alert_ else kind)
    if not kinds:
        return None
    if kinds[-1] == _ALERT:
        return Asks.LEAVE
    data = kinds.count(_DATA)
    finishes = opening or _HANDSHAKE in kinds or _CHANGE_CIPHER_SPEC in kinds
    return Asks.SEALED if data > finishes else Asks.NOTHING


def _of_http2(payload: bytes) -> Asks:
    """… of HTTP/2's frames: a request begins with HEADERS; settings, windows and pings are none."""
    at = len(_HTTP2_PREFACE) if begins_http2(payload) else 0
    kinds = set()
    while at + _HTTP2_HEADER <= len(payload):
        kinds.add(payload[at + 3])
        at += _HTTP2_HEADER + int.from_bytes(payload[at : at + 3])
    if _HTTP2_HEADERS in kinds:
        return Asks.ANSWER
    if _HTTP2_GOAWAY in kinds:
        return Asks.LEAVE
    return Asks.UNKNOWN if {_HTTP2_DATA, _HTTP2_CONTINUATION} & kinds or not kinds else Asks.NOTHING


def _of_text(payload: bytes) -> Asks | None:
    """… of HTTP/1, Redis, memcached, and of protocols whose farewells are lines."""
    if _HTTP.match(payload):
        return Asks.ANSWER
    if payload.startswith(b"*"):
        from tcptui.protocols.redis.detection import begins_redis

        if begins_redis(payload):
            if _REDIS_LEAVES.match(payload):
                return Asks.LEAVE
            return Asks.NOTHING if _REDIS_QUIET.match(payload) else Asks.ANSWER
    if _LINE_LEAVES.fullmatch(payload):
        return Asks.LEAVE
    if _MEMCACHED_QUIET.match(payload):
        return Asks.NOTHING
    return Asks.ANSWER if _MEMCACHED.match(payload) else None


def _of_postgresql(payload: bytes) -> Asks | None:
    """… of PostgreSQL's messages."""
    if len(payload) >= 8 and int.from_bytes(payload[:4]) <= _PG_MOST:
        code = int.from_bytes(payload[4:8])
        if code in _PG_ASKS:
            return Asks.ANSWER
        if code == _PG_CANCEL:
            return Asks.NOTHING  # the server closes, and that is all
    kinds = b"".join(_pg_types(payload))
    if not kinds:
        return None
    if kinds[-1:] == _PG_LEAVES:
        return Asks.LEAVE
    return Asks.ANSWER if set(kinds) & set(_PG_ANSWERED) else Asks.UNKNOWN


def _pg_types(payload: bytes) -> Iterator[bytes]:
    """The types of the messages that ``payload`` begins with; none where they are not PostgreSQL's."""
    kinds = []
    at = 0
    while at + _PG_HEAD.size <= len(payload):
        kind, size = _PG_HEAD.unpack_from(payload, at)
        if kind not in _PG_TYPES or not 4 <= size <= _PG_MOST:
            return
        kinds.append(kind)
        at += 1 + size
    yield from kinds


def _of_mysql(payload: bytes) -> Asks | None:
    """… of a command of MySQL: packet 0 of its exchange, with as many bytes as it says, if all of it is here."""
    if len(payload) <= _MYSQL_HEADER or payload[3]:
        return None
    size = int.from_bytes(payload[:3], "little")
    if size != len(payload) - _MYSQL_HEADER and (len(payload) < LOOKED_AT or size < len(payload)):
        return None
    command = payload[_MYSQL_HEADER]
    if command == _MYSQL_QUIT:
        return Asks.LEAVE
    if command in _MYSQL_QUIET:
        return Asks.NOTHING
    return Asks.ANSWER if command in _MYSQL_COMMANDS else None


def _of_others(payload: bytes) -> Asks | None:
    """… of DNS, and farewells of protocols that are not read."""
    if _LEAVES.fullmatch(payload):
        return Asks.LEAVE
    from tcptui.protocols.dns.detection import begins_dns

    return Asks.ANSWER if begins_dns(payload) else None
