"""Carriers of HTTP/1, and of what is spoken in its place."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from tests.campaigns.redaction.carriers import each
from tests.campaigns.redaction.wire import opened, talk, tcp4

if TYPE_CHECKING:
    from tests.campaigns.redaction.secrets_drawn import Secrets


def web(
    asked: bytes, answered: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", size: int = 1400
) -> list[bytes]:
    return talk(asked, answered, 80, size)


def _upgraded(secrets: Secrets) -> list[bytes]:
    """RFC 6455: a key and what fits it, then a message each way, and the end."""
    key = base64.b64encode(secrets.octets(16))
    fits = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    asked = b"GET /" + secrets.path() + b" HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    said = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return web(
        asked
        + b"Sec-WebSocket-Key: "
        + key
        + b"\r\n\r\n\x81\x8c\0\0\0\0"
        + secrets.word()
        + b"\x88\x82\0\0\0\0\x03\xe8",
        said + b"Sec-WebSocket-Accept: " + fits + b"\r\n\r\n\x81\x0c" + secrets.word() + b"\x88\x02\x03\xe8",
    )


GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
each(
    {
        "path, query, fragment": lambda s: web(
            b"GET /" + s.path() + b"?" + s.path() + b"=" + s.path() + b"#" + s.path() + b" HTTP/1.1\r\nHost: x\r\n\r\n"
        ),
        "method of one's own": lambda s: web(s.word().upper() + b" / HTTP/1.1\r\nHost: x\r\n\r\n"),
        "version of one's own": lambda s: web(b"GET / HTTP/1.1" + s.word() + b"\r\nHost: x\r\n\r\n"),
        "host": lambda s: web(b"GET / HTTP/1.1\r\nHost: " + s.name() + b"." + s.name() + b".com:8080\r\n\r\n"),
        "host that is an address": lambda s: web(
            b"GET / HTTP/1.1\r\nHost: " + ".".join(map(str, s.ipv4())).encode() + b":8080\r\n\r\n"
        ),
        "absolute URI": lambda s: web(
            b"GET http://"
            + s.path()
            + b":"
            + s.path()
            + b"@"
            + s.name()
            + b".com/"
            + s.path()
            + b" HTTP/1.1\r\nHost: x\r\n\r\n"
        ),
        "CONNECT": lambda s: web(
            b"CONNECT " + s.name() + b".com:443 HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n" + s.octets(40)
        ),
        "credentials": lambda s: web(
            b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic "
            + s.word(20)
            + b"\r\nCookie: "
            + s.word()
            + b"="
            + s.word()
            + b"\r\nX-Api-Key: "
            + s.word()
            + b"\r\nReferer: http://"
            + s.word()
            + b"/\r\n\r\n"
        ),
        "names of headers": lambda s: web(
            b"GET / HTTP/1.1\r\nHost: x\r\nX-" + s.word() + b": 1\r\n" + s.word() + b":2\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n" + s.word() + b": a\r\nContent-Length: 0\r\n\r\n",
        ),
        "folded, no colon, white space": lambda s: web(
            b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\t"
            + s.word()
            + b"\r\n"
            + s.word()
            + b"\r\n  "
            + s.word()
            + b" : "
            + s.word()
            + b"\r\n\r\n"
        ),
        "bare line feeds": lambda s: web(
            b"GET /" + s.path() + b" HTTP/1.0\nHost: " + s.name() + b"\nX: " + s.word() + b"\n\n"
        ),
        "values of framing headers": lambda s: web(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 12;" + s.word() + b"\r\n\r\n" + s.word(),
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, " + s.word() + b"\r\n\r\n0\r\n\r\n",
        ),
        "Connection, Upgrade, Expect": lambda s: web(
            b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close, "
            + s.word()
            + b"\r\nUpgrade: "
            + s.word()
            + b"\r\nExpect: "
            + s.word()
            + b"\r\n\r\n"
        ),
        "Content-Type, Encoding, Range, Date, Server, Keep-Alive": lambda s: web(
            GET,
            b"HTTP/1.1 206 Partial\r\nContent-Type: text/"
            + s.word()
            + b"; boundary="
            + s.word()
            + b"\r\nContent-Encoding: "
            + s.word()
            + b"\r\nContent-Range: "
            + s.word()
            + b"\r\nServer: "
            + s.word()
            + b"\r\nKeep-Alive: timeout=5, "
            + s.word()
            + b"\r\nRetry-After: "
            + s.word()
            + b"\r\nContent-Length: 0\r\n\r\n",
        ),
        "reason phrase": lambda s: web(GET, b"HTTP/1.1 200 " + s.word() + b"\r\nContent-Length: 0\r\n\r\n"),
        "status of one's own": lambda s: web(GET, b"HTTP/1.1 2x" + s.word(1) + b" OK\r\nContent-Length: 0\r\n\r\n"),
        "Location, Set-Cookie, Via": lambda s: web(
            GET,
            b"HTTP/1.1 302 Found\r\nLocation: https://"
            + s.name()
            + b".com/"
            + s.word()
            + b"\r\nSet-Cookie: "
            + s.word()
            + b"\r\nVia: 1.1 "
            + s.word()
            + b"\r\nContent-Length: 0\r\n\r\n",
        ),
        "body": lambda s: web(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n" + s.word(40),
            b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n" + s.word(40),
        ),
        "body until close": lambda s: web(GET, b"HTTP/1.0 200 OK\r\n\r\n" + s.word(90)),
        "multipart": lambda s: web(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary="
            + (b := s.word())
            + b"\r\nContent-Length: 74\r\n\r\n--"
            + b
            + b"\r\nContent-Disposition: form-data; name="
            + s.word(11)
            + b"\r\n\r\n"
            + s.word(2)
        ),
        "chunk extensions and trailers": lambda s: web(
            GET,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc;"
            + s.word()
            + b"="
            + s.word()
            + b"\r\n"
            + s.word()
            + b"\r\n0;"
            + s.word()
            + b"\r\nX-"
            + s.word()
            + b": "
            + s.word()
            + b"\r\n\r\n",
        ),
        "chunk sizes with zeros, that lie": lambda s: web(
            GET,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0000000c\r\n"
            + s.word()
            + b"\r\nfff\r\n"
            + s.word()
            + b"\r\n0\r\n\r\n",
        ),
        "content length with sign, zeros, twice": lambda s: web(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +0012\r\nContent-Length: 40\r\n\r\n" + s.word(40)
        ),
        "more than one says": lambda s: web(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n" + s.word(40)),
        "cut between segments": lambda s: web(
            b"GET /" + s.path() + b" HTTP/1.1\r\nHost: " + s.name() + b".com\r\nX: " + s.word() + b"\r\n\r\n", size=7
        ),
        "one octet a segment": lambda s: web(
            b"GET /" + s.path() + b" HTTP/1.1\r\nHost: " + s.name() + b".com\r\n\r\n", size=1
        ),
        "hole in the head": lambda s: [
            f
            for n, f in enumerate(
                web(b"GET /" + s.path(50) + b" HTTP/1.1\r\nHost: " + s.name() + b".com\r\n\r\n", size=20)
            )
            if n != 4
        ],
        "head without end": lambda s: web(b"GET /" + s.path() + b" HTTP/1.1\r\nHost: " + s.name()),
        "sent again with other content": lambda s: [
            *opened(),
            *(tcp4(b"GET /" + s.path() + b" HTTP/1.1\r\nHost: " + s.name() + b"\r\n\r\n") for _ in "ab"),
        ],
        "WebSocket": _upgraded,
        "HTTP/2": lambda s: web(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            + bytes.fromhex("000000040000000000")
            + b"\0\0\x20\1\5\0\0\0\1"
            + s.octets(32),
            b"\0\0\x28\7\0\0\0\0\0" + bytes(8) + s.word(32),
        ),
        "PROXY protocol": lambda s: (
            web(b"PROXY TCP4 " + ".".join(map(str, s.ipv4())).encode() + b" 10.0.0.1 4000 80\r\n" + GET)
            + web(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + s.ipv4() + s.ipv4() + b"\1\2\3\4" + GET)
        ),
        "forwarded": lambda s: web(
            b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: "
            + ".".join(map(str, s.ipv4())).encode()
            + b"\r\nForwarded: for="
            + s.word()
            + b"\r\n\r\n"
        ),
        "case of letters": lambda s: web(b"get / http/1.1\r\nhOsT: " + s.name() + b"\r\nCoNtEnT-LeNgTh: 0\r\n\r\n"),
        "white space before the value": lambda s: web(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length:      12\r\nHost:\t\t" + s.name() + b"  \r\n\r\n" + s.word()
        ),
    },
    "HTTP",
)
