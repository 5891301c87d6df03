"""TLS: records, and the messages of a handshake in plain sight, keep their kinds and lengths (RFC 8446, RFC 5246).

Of the hellos there stay versions, cipher suites, names of protocols and which extensions there are; the server's name
is mapped.  Certificates, keys, random numbers, tickets and all that is encrypted become filler.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.redact.filler import filler
from tcptui.redact.vocabulary import TLS_PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.redact.mapping import Mapping

_HEADER: Final = 5
_CHANGE, _ALERT, _HANDSHAKE, _LAST_TYPE = 20, 21, 22, 24
_LONGEST: Final = (1 << 14) + 2048
_CLIENT_HELLO, _SERVER_HELLO, _TICKET, _CERTIFICATE = 1, 2, 4, 11
#: The random number that makes a ServerHello a HelloRetryRequest (RFC 8446, 4.1.3).
_RETRY: Final = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
_SERVER_NAME, _ALPN, _SESSION_TICKET, _PRE_SHARED, _VERSIONS, _SHARE = 0, 16, 35, 41, 43, 51
#: Bytes of cipher suites, and compression methods, that a hello has at most.
_MOST_SUITES: Final = 512
_MOST_METHODS: Final = 4
#: Versions that a client offers, or the one that a server chose: those of TLS, its drafts, and GREASE (RFC 8701).
_VERSION_LIST: Final = re.compile(
    rb"[\x02-\x20]?(?:[\x03\x7e\x7f].|[\x0a\x1a\x2a\x3a\x4a\x5a\x6a\x7a\x8a\x9a\xaa\xba\xca\xda\xea\xfa]{2}){1,16}",
    re.DOTALL,
)
_SUITE: Final = re.compile(rb"..", re.DOTALL)
#: Cipher suites of the registry of IANA, by their first byte up to which second one; GREASE is known by its pattern.
_SUITES: Final = {0x00: 0xFF, 0x13: 0x07, 0x56: 0x00, 0xC0: 0xFF, 0xC1: 0x06, 0xCC: 0xAE, 0xD0: 0x05}
#: Handshake bytes that are put together at most; hellos have some hundred.
_MOST_HANDSHAKE: Final = 1 << 17
_MOST_RECORDS: Final = 1 << 20


def begins_tls(data: bytes) -> bool:
    """True if ``data`` begins with the header of a record."""
    return (
        len(data) >= _HEADER
        and _CHANGE <= data[0] <= _LAST_TYPE
        and data[1] == 3
        and data[2] <= 4
        and int.from_bytes(data[3:5]) <= _LONGEST
    )


class TlsKeeper:
    """Replaces directions under one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping

    def patches(self, direction: ByteStream, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """The parts of the records from ``start`` on that are no filler; up to the first gap."""
        at, plain = start, True
        waiting, places = bytearray(), []
        for _ in range(_MOST_RECORDS):
            head = direction.read(at, _HEADER)
            if not begins_tls(head):
                break
            length = int.from_bytes(head[3:])
            yield at, head
            body = at + _HEADER
            if head[0] == _CHANGE and length == 1:
                yield body, direction.read(body, 1)
                plain = False
            elif head[0] == _ALERT and length == 2:
                yield body, direction.read(body, 2)
            elif head[0] == _HANDSHAKE and plain and len(waiting) < _MOST_HANDSHAKE:
                found = direction.read(body, length)
                places.append((body, len(waiting), len(found)))
                waiting += found
                if len(found) < length:
                    break
            elif head[0] == _LAST_TYPE - 1:
                plain = False
            at = body + length
        told = self._handshake(bytes(waiting))
        for body, first, size in places:
            yield body, told[first : first + size]

    def _handshake(self, data: bytes) -> bytes:
        """Messages one behind the other; what is no message any more, filler."""
        out, at = b"", 0
        while at + 4 <= len(data):
            kind, size = data[at], int.from_bytes(data[at + 1 : at + 4])
            if kind > 24 and kind != 254:  # none that is said in plain sight: it is encrypted
                break
            body = data[at + 4 : at + 4 + size]
            out += data[at : at + 4] + self._message(kind, body)
            at += 4 + size
        return (out + filler(len(data)))[: len(data)]

    def _message(self, kind: int, body: bytes) -> bytes:
        if kind in (_CLIENT_HELLO, _SERVER_HELLO):
            out = self._hello(kind, body)
        elif kind == _TICKET:
            out = body[:6]
        elif kind == _CERTIFICATE:
            out = _certificates(body)
        else:
            out = b""
        return (out[: len(body)] + filler(len(body)))[: len(body)]

    def _hello(self, kind: int, body: bytes) -> bytes:
        """RFC 8446, 4.1.2 and 4.1.3."""
        random = body[2:34]
        out = body[:2] + (random if random == _RETRY else filler(len(random))) + body[34:35]
        size = body[34] if len(body) > 34 else 0
        session = body[35 : 35 + size]
        out += self._mapping.octets(b"session", session, len(session)) if session else b""
        if kind == _CLIENT_HELLO:
            suites = int.from_bytes(body[len(out) : len(out) + 2])
            if suites % 2 or suites > _MOST_SUITES:
                return out
            offered = body[len(out) : len(out) + 2 + suites]
            out += offered[:2] + _SUITE.sub(_known_suite, offered[2:])
            methods = body[len(out)] if len(out) < len(body) else 0
            if methods > _MOST_METHODS:
                return out
            out += body[len(out) : len(out) + 1 + methods]
        else:
            out += body[len(out) : len(out) + 3]
        stop = len(out) + 2 + int.from_bytes(body[len(out) : len(out) + 2])
        out += body[len(out) : len(out) + 2]
        while len(out) + 4 <= min(stop, len(body)):
            head = body[len(out) : len(out) + 4]
            of, length = int.from_bytes(head[:2]), int.from_bytes(head[2:])
            if len(out) + 4 + length > stop:
                break
            found = body[len(out) + 4 : len(out) + 4 + length]
            new = self._extension(kind, of, found)
            out += body[len(out) : len(out) + 4] + (new[: len(found)] + filler(len(found)))[: len(found)]
        return out

    def _extension(self, kind: int, of: int, found: bytes) -> bytes:
        """The part of an extension that stays, up to where filler begins."""
        if of == _VERSIONS:
            return found if _VERSION_LIST.fullmatch(found) else b""
        if of == _SERVER_NAME and len(found) > 5:
            size = int.from_bytes(found[3:5])
            return found[:5] + self._mapping.name(found[5 : 5 + size])
        if of == _ALPN and len(found) > 2:
            out = found[:2]
            while len(out) < len(found):
                name = found[len(out) + 1 : len(out) + 1 + found[len(out)]]
                out += found[len(out) : len(out) + 1] + (name if name in TLS_PROTOCOLS else filler(len(name)))
            return out
        if of == _SHARE:
            out = found[:2] if kind == _CLIENT_HELLO else b""
            while len(out) + 4 <= len(found):
                size = int.from_bytes(found[len(out) + 2 : len(out) + 4])
                out += found[len(out) : len(out) + 4] + filler(size)
            return out or found[:2]
        if of == _PRE_SHARED and kind == _SERVER_HELLO:
            return found[:2]
        if of == _PRE_SHARED:
            return _pre_shared(found)
        return b""


def _known_suite(suite: re.Match[bytes]) -> bytes:
    """The suite, if many offer it; filler for one of the client's own."""
    first, second = suite.group()
    is_grease = first == second and first & 15 == 10
    return suite.group() if is_grease or second <= _SUITES.get(first, -1) else filler(2)


def _pre_shared(found: bytes) -> bytes:
    """Identities and binders (RFC 8446, 4.2.11): how many, and how long."""
    identities, out = 2 + int.from_bytes(found[:2]), found[:2]
    while len(out) + 2 <= min(identities, len(found)):
        size = int.from_bytes(found[len(out) : len(out) + 2])
        out += found[len(out) : len(out) + 2] + filler(size) + bytes(4)
    out += found[len(out) : len(out) + 2]
    while len(out) < len(found):
        out += found[len(out) : len(out) + 1] + filler(found[len(out)])
    return out


def _certificates(body: bytes) -> bytes:
    """The lengths of the certificates of a chain up to TLS 1.2; later ones are encrypted."""
    out = body[:3]
    while len(out) + 3 <= len(body):
        size = int.from_bytes(body[len(out) : len(out) + 3])
        out += body[len(out) : len(out) + 3] + filler(size)
    return out
