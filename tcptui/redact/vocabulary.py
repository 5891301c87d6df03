"""Words of protocols that say nothing of who speaks: what may stay in text, and what is no leak where it is found."""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import Final

METHODS: Final = frozenset(
    b"GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PROPFIND REPORT MKCOL COPY MOVE LOCK UNLOCK".split()
)
#: What servers say behind a status (RFC 9110, 15; RFC 7231).
PHRASES: Final = frozenset(one.phrase.encode() for one in HTTPStatus) | frozenset((
    b"", b"Connection established", b"Connection Established", b"Moved Temporarily", b"Request Entity Too Large",
    b"Service Temporarily Unavailable", b"Request Timeout", b"Request Time-out", b"Gateway Time-out",
    b"Payload Too Large", b"Unprocessable Content", b"Range Not Satisfiable",
))  # fmt: skip
#: Fields of HTTP whose values say how a message is framed or handled.
FRAMING_FIELDS: Final = frozenset(
    b"content-length transfer-encoding content-encoding accept-encoding connection proxy-connection cache-control "
    b"keep-alive upgrade expect accept-ranges range content-range sec-websocket-version x-accel-buffering "
    b"retry-after".split()
)
#: Fields whose names say nothing of their user.
FIELDS: Final = FRAMING_FIELDS | frozenset(
    b"host user-agent accept accept-language accept-charset referer origin cookie set-cookie authorization date server "
    b"last-modified etag expires age vary via location content-type content-disposition content-language pragma "
    b"if-modified-since if-none-match if-range if-match if-unmodified-since allow link www-authenticate "
    b"proxy-authorization proxy-authenticate te trailer warning sec-websocket-key sec-websocket-accept "
    b"sec-websocket-protocol sec-websocket-extensions upgrade-insecure-requests strict-transport-security "
    b"x-forwarded-for x-forwarded-proto x-requested-with x-content-type-options x-frame-options x-powered-by "
    b"access-control-allow-origin access-control-allow-methods access-control-allow-headers content-md5 dnt p3p "
    b"x-request-id traceparent x-cache status x-xss-protection alt-svc content-location content-security-policy "
    b"last-event-id max-forwards forwarded mime-version from".split()
)
CODINGS: Final = frozenset(b"chunked gzip deflate compress identity br zstd x-gzip".split())
TOKENS: Final = frozenset(
    b"keep-alive close upgrade te http2-settings transfer-encoding no-cache no-store no-transform private public "
    b"must-revalidate websocket attachment inline h2c http/2.0 100-continue bytes none yes no".split()
)
MEDIA: Final = frozenset(
    b"text/html text/plain text/css text/csv text/javascript text/xml text/event-stream application/json "
    b"application/javascript application/xml application/octet-stream application/pdf application/zip application/gzip "
    b"application/x-www-form-urlencoded application/grpc application/problem+json application/x-ndjson "
    b"application/wasm image/png image/jpeg image/gif image/webp image/svg+xml image/x-icon audio/mpeg audio/ogg "
    b"audio/wav video/mp4 video/webm video/ogg font/woff font/woff2 font/ttf multipart/form-data multipart/mixed "
    b"multipart/byteranges".split()
)
#: Fields of a stream of events (HTML, 9.2.5).
EVENT_FIELDS: Final = frozenset((b"data", b"event", b"id", b"retry"))
CHARSETS: Final = frozenset((b"utf-8", b"iso-8859-1", b"us-ascii"))
#: Protocols that a TLS client offers (the registry of ALPN).
TLS_PROTOCOLS: Final = frozenset(b"h2 http/1.1 http/1.0 h3 spdy/3.1 dot mqtt imap pop3 postgresql".split())
#: Labels of names that name no host: of reverse look-ups, of local names, of services.
LABELS: Final = frozenset(b"arpa in-addr ip6 local localhost _tcp _udp".split())

#: In place of every key of WebSocket, and of what answers it, those of the example of RFC 6455, 1.3: they fit.
HANDSHAKE: Final = {
    b"sec-websocket-key": b"dGhlIHNhbXBsZSBub25jZQ==",
    b"sec-websocket-accept": b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
}

#: All of them, to see whether a piece of text is a piece of one.
_TABLES: Final = (METHODS, PHRASES, FIELDS, CODINGS, TOKENS, MEDIA, CHARSETS, TLS_PROTOCOLS, LABELS, EVENT_FIELDS)
_PHRASED: Final = (b"http/1.1 200", b"http/1.0", b"charset=utf-8", b"filename=", b"http://", b"https://")
#: What base64 that is read from any place on makes of the example.
_DECODED: Final = tuple(
    base64.b64decode(word[shift : shift + (len(word) - shift) // 4 * 4])
    for word in HANDSHAKE.values()
    for shift in range(4)
)
PUBLIC: Final = b"\n".join(
    (
        *sorted(word.lower() for table in _TABLES for word in table),
        *_PHRASED,
        *(word.lower() for word in (*HANDSHAKE.values(), *_DECODED)),
    )
)
