"""What the payload of one packet says, in a line, where its bytes as they stand do not: one row for each protocol.

Asked for while the first rows are painted: nothing here may import a parser before such a payload is met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable


def _tls(payload: bytes) -> str:
    from tcptui.protocols.tls.summary import tls_summary

    return tls_summary(payload)


def _http2(payload: bytes) -> str:
    from tcptui.protocols.http2.summary import http2_summary

    return http2_summary(payload)


def _redis(payload: bytes) -> str:
    from tcptui.protocols.redis.summary import redis_summary

    return redis_summary(payload)


def _mysql(payload: bytes) -> str:
    from tcptui.protocols.mysql.summary import mysql_summary

    return mysql_summary(payload)


def _postgresql(payload: bytes) -> str:
    from tcptui.protocols.postgresql.summary import postgresql_summary

    return postgresql_summary(payload)


def _dns(payload: bytes) -> str:
    from tcptui.protocols.dns.summary import dns_summary

    return dns_summary(payload)


def _credentials(payload: bytes) -> str:
    """AUTH of several protocols, whose credentials stand in the same line."""
    from tcptui.protocols.secrets_out import LEFT_OUT

    return f"AUTH {LEFT_OUT}" if payload[:5].upper() == b"AUTH " else ""


#: By the first two bytes of a payload: what may tell it in a line.  Records of TLS: type, major version;
#: commands of Redis: an array, how many words it has;
#: messages of PostgreSQL: type, first byte of a length below 16 MiB; credentials in a line.
_BY_BEGINNING: Final[dict[bytes, Callable[[bytes], str]]] = {
    **{bytes((kind, 3)): _tls for kind in range(20, 25)},
    **{b"*%d" % digit: _redis for digit in range(1, 10)},
    **{bytes((letter, 0)): _postgresql for letter in b"\0pQPBEDCHSFdcfXRK123tTInNsZAVGWv"},
    b"PR": _http2,
    b"AU": _credentials,
    b"au": _credentials,
    b"Au": _credentials,
}


#: By its fourth and fifth byte: number and command of a packet of MySQL, whose length comes before; number 0, and the
#: server's greeting; or another, up to 15 behind a login, and what an answer begins with: OK, an error, how many
#: columns.
_BY_COMMAND: Final[dict[bytes, Callable[[bytes], str]]] = {
    **dict.fromkeys((b"\x00\x01", b"\x00\x03", b"\x00\x0a", b"\x00\x16", b"\x00\xff"), _mysql),
    **{bytes((1, first)): _mysql for first in range(251)},
    **{bytes((number, first)): _mysql for number in range(1, 16) for first in (0, 0xFF)},
}


#: Where these find nothing, by its fourth byte: the types of HTTP/2's frames.
_FRAME_TYPES: Final = frozenset(bytes((kind,)) for kind in range(10))
#: Fewest bytes of a question of DNS over TCP: length, header, the root, type and class.
_DNS_LEAST: Final = 19
#: By its fifth byte: the flags of a message of DNS, whose length and number come before: OPCODE 0, 4 and 5, its bits
#: QR, AA, TC and RD.
_BY_FLAGS: Final = frozenset(qr | opcode << 3 | bits for qr in (0, 0x80) for opcode in (0, 4, 5) for bits in range(8))


def summary_of(payload: bytes) -> str:
    """What the payload of one packet says, in text not yet safe to print; empty where its bytes say it themselves."""
    said = ""
    for read in (_BY_BEGINNING.get(payload[:2]), _BY_COMMAND.get(payload[3:5])):
        said = said or ("" if read is None else read(payload))
    if not said and len(payload) >= _DNS_LEAST and payload[4] in _BY_FLAGS:
        said = _dns(payload)
    return said or (_http2(payload) if payload[3:4] in _FRAME_TYPES else "")
