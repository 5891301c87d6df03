"""HTTP/1.x messages that begin in a segment, and which response answers which request.

A message is recognised by its start line, never by a port.  Only heads are read, and only
as far as the segment that begins them holds them: a head or a body that continues in later
segments is not put together here.

The parser is our own because it must say at which byte each line stands and must survive
any bytes: dpkt and h11 give neither offsets nor anything at all for a head that breaks a rule.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

#: A head longer than this is read no further (servers accept 8 to 80 KiB).
HEAD_LIMIT: Final = 65_536
#: Requests that wait for their response; older ones are forgotten.
WAITING_LIMIT: Final = 1_000
#: Messages read in one segment (pipelining), so that hostile bytes cost nothing.
MESSAGES_IN_SEGMENT: Final = 64
_CHUNK_LIMIT: Final = 256

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST: Final = re.compile(rb"(" + _TOKEN + rb") ([^\x00-\x20]+) (HTTP/1\.[0-9])\r?\n")
_RESPONSE: Final = re.compile(rb"(HTTP/1\.[0-9]) ([0-9]{3})(?: ([^\r\n]*))?\r?\n")
_CHUNK_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[^\r\n]{0,256}\r\n")

#: Reason phrases of the IANA registry (RFC 9110, 15), for what a server left unsaid.
STATUS_PHRASES: Final[dict[int, str]] = {
    100: "Continue", 101: "Switching Protocols", 102: "Processing", 103: "Early Hints",
    200: "OK", 201: "Created", 202: "Accepted", 203: "Non-Authoritative Information", 204: "No Content",
    205: "Reset Content", 206: "Partial Content", 207: "Multi-Status", 208: "Already Reported", 226: "IM Used",
    300: "Multiple Choices", 301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
    305: "Use Proxy", 307: "Temporary Redirect", 308: "Permanent Redirect",
    400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout",
    409: "Conflict", 410: "Gone", 411: "Length Required", 412: "Precondition Failed", 413: "Content Too Large",
    414: "URI Too Long", 415: "Unsupported Media Type", 416: "Range Not Satisfiable", 417: "Expectation Failed",
    421: "Misdirected Request", 422: "Unprocessable Content", 423: "Locked", 424: "Failed Dependency",
    425: "Too Early", 426: "Upgrade Required", 428: "Precondition Required", 429: "Too Many Requests",
    431: "Request Header Fields Too Large", 451: "Unavailable For Legal Reasons",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
    504: "Gateway Timeout", 505: "HTTP Version Not Supported", 506: "Variant Also Negotiates",
    507: "Insufficient Storage", 508: "Loop Detected", 511: "Network Authentication Required",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class HeaderLine:
    """One header field; ``start`` counts from the payload, ``length`` includes the line end."""

    name: str
    value: str
    raw: bytes
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class MessageHead:
    """Start line and header fields, as they stand in one payload."""

    start: int
    start_line: bytes
    """Without its line end."""
    start_line_length: int
    """With its line end."""
    version: str
    method: str
    """Empty for a response."""
    uri: str
    """Empty for a response."""
    status: int
    """0 for a request."""
    phrase: str
    headers: tuple[HeaderLine, ...]
    end: int
    """Where the body begins, or where reading the head had to stop."""
    complete: bool
    """The empty line that ends the head was seen."""

    @property
    def is_response(self) -> bool:
        """Whether this is a response."""
        return self.status != 0

    def value(self, name: str) -> str:
        """The first field of that name (any case), or an empty string."""
        wanted = name.lower()
        return next((line.value for line in self.headers if line.name.lower() == wanted), "")

    @property
    def content_length(self) -> int | None:
        """The announced body length, None when there is none or it is no number."""
        text = self.value("Content-Length")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

    @property
    def is_chunked(self) -> bool:
        """Whether the body comes in chunks (RFC 9112, 7.1)."""
        return self.value("Transfer-Encoding").lower().endswith("chunked")


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def parse_head(payload: bytes, start: int = 0) -> MessageHead | None:
    """The message head that begins at ``start``, or None when none does."""
    request = _REQUEST.match(payload, start)
    response = None if request else _RESPONSE.match(payload, start)
    match = request or response
    if match is None:
        return None
    headers, end, complete = _header_lines(payload, match.end(), min(len(payload), start + HEAD_LIMIT))
    return MessageHead(
        start=start,
        start_line=match.group().rstrip(b"\r\n"),
        start_line_length=match.end() - start,
        version=_decode(match.group(3 if request else 1)),
        method=_decode(match.group(1)) if request else "",
        uri=_decode(match.group(2)) if request else "",
        status=0 if request else int(match.group(2)),
        phrase="" if request else _decode(match.group(3) or b""),
        headers=headers,
        end=end,
        complete=complete,
    )


def _header_lines(payload: bytes, at: int, limit: int) -> tuple[tuple[HeaderLine, ...], int, bool]:
    lines: list[HeaderLine] = []
    while at < limit:
        newline = payload.find(b"\n", at, limit)
        if newline < 0:
            break
        raw = payload[at:newline].removesuffix(b"\r")
        if not raw:
            return tuple(lines), newline + 1, True
        name, _, value = raw.partition(b":")
        lines.append(HeaderLine(_decode(name), _decode(value.strip(b" \t")), raw, at, newline + 1 - at))
        at = newline + 1
    return tuple(lines), at, False


def has_no_body(head: MessageHead) -> bool:
    """Whether the head alone says that no body follows (RFC 9112, 6.3; a HEAD request is not known here)."""
    if head.is_response:
        return head.status < 200 or head.status in (204, 304)
    return head.content_length is None and not head.is_chunked


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk of a chunked body, offsets from the payload's start."""

    start: int
    data_start: int
    size: int
    end: int
    """Behind the line end that closes it."""


def read_chunks(payload: bytes, start: int) -> tuple[tuple[Chunk, ...], bool]:
    """The whole chunks from ``start`` on, and whether the last one (size 0) is among them."""
    chunks: list[Chunk] = []
    at = start
    while len(chunks) < _CHUNK_LIMIT:
        match = _CHUNK_SIZE.match(payload, at)
        if match is None:
            break
        size = int(match.group(1), 16)
        end = match.end() + size
        if payload[end : end + 2] != b"\r\n":
            break
        chunks.append(Chunk(at, match.end(), size, end + 2))
        if size == 0:
            return tuple(chunks), True
        at = end + 2
    return tuple(chunks), False


def message_end(payload: bytes, head: MessageHead) -> int | None:
    """Where the message ends in this payload; None when it does not, or only a close tells."""
    if not head.complete:
        return None
    if has_no_body(head):
        return head.end
    if head.is_chunked:
        chunks, finished = read_chunks(payload, head.end)
        return chunks[-1].end if finished else None
    length = head.content_length
    if length is None or head.end + length > len(payload):
        return None
    return head.end + length


def heads_in(payload: bytes) -> tuple[MessageHead, ...]:
    """All messages that begin in ``payload``: the first at its start, others right behind it."""
    heads: list[MessageHead] = []
    at: int | None = 0
    while at is not None and at < len(payload) and len(heads) < MESSAGES_IN_SEGMENT:
        head = parse_head(payload, at)
        if head is None:
            break
        heads.append(head)
        at = message_end(payload, head)
    return tuple(heads)


@dataclass(frozen=True, slots=True)
class PayloadSegment:
    """One segment's payload, for `link_messages`."""

    frame: int
    time_ns: int
    from_server: bool
    payload: bytes


@dataclass(frozen=True, slots=True)
class HttpLink:
    """What is known of the exchange that one message belongs to."""

    request_frame: int | None
    response_frame: int | None
    """The final response; an interim one (1xx) only while there is no other."""
    since_request_ns: int | None
    """From request to this message; None for requests."""
    uri: str
    full_uri: str


#: Frame number to the exchanges of the messages that begin in it, in their order.
HttpLinks = Mapping[int, tuple[HttpLink, ...]]


def full_uri(head: MessageHead) -> str:
    """The request's absolute URI, empty when the head names no host."""
    if "://" in head.uri:
        return head.uri
    host = head.value("Host")
    return f"http://{host}{head.uri}" if host else ""


@dataclass(slots=True)
class _Waiting:
    frame: int
    place: int
    """Which message of its frame."""
    time_ns: int
    uri: str
    full_uri: str


def link_messages(segments: Iterable[PayloadSegment]) -> dict[int, tuple[HttpLink, ...]]:
    """Pair the requests and responses of one stream, in order (RFC 9112, 9.3.2).

    ``segments`` come in capture order without repeated bytes (leave retransmissions out).
    Keep-alive and pipelining pair first with first.  After 101 (Switching Protocols) the
    connection speaks something else and nothing more is read.
    """
    links: dict[int, list[HttpLink]] = {}
    waiting: deque[tuple[bool, _Waiting]] = deque(maxlen=WAITING_LIMIT)
    for segment in segments:
        for head in heads_in(segment.payload):
            found = links.setdefault(segment.frame, [])
            if not head.is_response:
                asked = _Waiting(segment.frame, len(found), segment.time_ns, head.uri, full_uri(head))
                waiting.append((segment.from_server, asked))
                found.append(HttpLink(segment.frame, None, None, asked.uri, asked.full_uri))
                continue
            # Only the other side's request can be answered.
            if not waiting or waiting[0][0] == segment.from_server:
                found.append(HttpLink(None, segment.frame, None, "", ""))
                continue
            asked = waiting[0][1]
            since = segment.time_ns - asked.time_ns
            found.append(HttpLink(asked.frame, segment.frame, since, asked.uri, asked.full_uri))
            request = links[asked.frame]
            request[asked.place] = replace(request[asked.place], response_frame=segment.frame)
            if head.status == 101:
                return {frame: tuple(items) for frame, items in links.items()}
            if head.status >= 200:
                waiting.popleft()
    return {frame: tuple(items) for frame, items in links.items()}
