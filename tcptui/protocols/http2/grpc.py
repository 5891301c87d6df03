"""gRPC over HTTP/2: length-prefixed messages and the status in trailers (grpc.io, PROTOCOL-HTTP2)."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from tcptui.model.request import UNKNOWN
from tcptui.protocols.http.body import body_pieces
from tcptui.protocols.http.content_coding import CodingError, Decoders, UnsupportedCodingError
from tcptui.protocols.http2.messages import text_of, trailers_of, value_in
from tcptui.protocols.stream.reassembly import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.http.message import HttpMessage
    from tcptui.protocols.http2.direction import Block
    from tcptui.protocols.http2.streams import SentOnStream

#: Bytes before each message: whether it is compressed, and its length.
PREFIX: Final = 5
#: Most bytes of a message that are read, compressed or not; gRPC's own default is 4 MiB.
MESSAGE_MOST: Final = 16 << 20
_MEDIA: Final = re.compile(r"application/grpc(?:\+[\w.-]+)?(?:$|;)", re.IGNORECASE)
#: Bytes of the longest media type that is looked at once and cached.
_SHORT: Final = 64
#: Names of the status codes, by number.
STATUS_NAMES: Final = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip


def is_grpc(block: Block | None) -> bool:
    """Whether a header block says that its stream is gRPC's: by its media type, or by a field that only gRPC has."""
    if block is None:
        return False
    values = block.headers.values
    media = values.get(b"content-type")
    if media and (_is_short_media(media) if len(media) <= _SHORT else _is_media(media)):
        return True
    return (
        b"grpc-status" in values
        or b"grpc-timeout" in values
        or b"grpc-encoding" in values
        or b"grpc-accept-encoding" in values
    )


def _is_media(raw: bytes) -> bool:
    """Whether a media type is gRPC's."""
    return _MEDIA.match(text_of(raw).strip()) is not None


_is_short_media: Final = lru_cache(maxsize=256)(_is_media)


def status_text(sent: SentOnStream, head: Block | None) -> str:
    """The name of the status, or its number; empty where none was captured."""
    trailers = trailers_of(sent, head)
    text = value_in(trailers, b"grpc-status") or value_in(head, b"grpc-status")
    if text.isascii() and text.isdigit() and len(text) < 3 and int(text) < len(STATUS_NAMES):
        return STATUS_NAMES[int(text)]
    return text


@dataclass(frozen=True, slots=True)
class GrpcMessage:
    """The place of one length-prefixed message in the DATA frames of its stream."""

    start: int
    """Offset of its prefix in the direction."""
    stop: int
    """Offset behind its last captured byte."""
    length: int
    """As announced."""
    compressed: bool
    trouble: str = ""
    """Why it ends early, as in ``follow.trouble.<name>``."""


def grpc_messages(message: HttpMessage) -> Iterator[GrpcMessage]:
    """The messages in the body of ``message``, in order; the last may be cut."""
    prefix, start, stop, left = b"", -1, -1, 0
    for piece in body_pieces(message):
        if isinstance(piece, Gap):
            if start >= 0:
                yield _message(prefix, start, stop, "gap")
            return
        at = 0
        while at < len(piece.data):
            if start < 0:
                start, prefix, left = piece.start + at, b"", 0
            if len(prefix) < PREFIX:
                taken = min(PREFIX - len(prefix), len(piece.data) - at)
                prefix += piece.data[at : at + taken]
                left = int.from_bytes(prefix[1:])
            else:
                taken = min(left, len(piece.data) - at)
                left -= taken
            at += taken
            stop = piece.start + at
            if len(prefix) == PREFIX and not left:
                yield _message(prefix, start, stop)
                start = -1
    if start >= 0:
        yield _message(prefix, start, stop, "cut")


def _message(prefix: bytes, start: int, stop: int, trouble: str = "") -> GrpcMessage:
    return GrpcMessage(start, stop, int.from_bytes(prefix[1:PREFIX]), prefix[:1] > b"\0", trouble)


def spans_of(message: HttpMessage, one: GrpcMessage) -> Iterator[tuple[int, int]]:
    """Where the bytes of ``one`` are, a DATA frame at a time."""
    spans = message.spans
    first = bisect_right(range(len(spans) // 2), one.start, key=lambda at: spans[2 * at]) - 1
    for at in range(2 * max(first, 0), len(spans), 2):
        if spans[at] >= one.stop:
            return
        yield max(spans[at], one.start), min(spans[at + 1], one.stop)


def read_message(message: HttpMessage, one: GrpcMessage) -> tuple[bytes, str]:
    """The bytes of ``one``, decompressed where that is possible, and why they are not all: as `GrpcMessage.trouble`."""
    parts, size = [], 0
    for begin, end in spans_of(message, one):
        if size > PREFIX + MESSAGE_MOST:
            break
        data = message.direction.read(begin, end - begin)
        parts.append(data)
        size += len(data)
    held, trouble = b"".join(parts)[PREFIX:], one.trouble
    if len(held) > MESSAGE_MOST:
        held, trouble = held[:MESSAGE_MOST], "limit"
    if one.compressed and not trouble:
        return _decompressed(held, message.head.value("grpc-encoding").strip().lower())
    return held, trouble


def _decompressed(data: bytes, coding: str) -> tuple[bytes, str]:
    """``data`` without its coding, and what prevented that."""
    if coding in ("", "identity", UNKNOWN):
        return data, "coding-unknown"
    parts, size = [], 0
    try:
        decoders = Decoders((coding,))
        for block in decoders.feed(data):
            parts.append(block)
            size += len(block)
            if size >= MESSAGE_MOST:
                return b"".join(parts)[:MESSAGE_MOST], "limit"
    except UnsupportedCodingError:
        return data, "coding-unknown"
    except CodingError:
        return b"".join(parts), "coding-broken"
    return b"".join(parts), "" if decoders.ended else "coding-short"
