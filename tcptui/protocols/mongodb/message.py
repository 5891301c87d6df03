"""Messages of MongoDB as bytes of one direction of a connection, and what they hold, opened where it is compressed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.bounded_inflate import beginning_of
from tcptui.protocols.mongodb.bson import EMPTY, Document, Source
from tcptui.protocols.mongodb.codes import (
    ASKS,
    BODY,
    CHECKSUM,
    CHECKSUM_PRESENT,
    COMMAND,
    COMMAND_REPLY,
    COMPRESSED,
    COMPRESSED_HEAD,
    EXHAUST_ALLOWED,
    HEADER,
    LENGTH,
    MORE_TO_COME,
    MSG,
    NOOP,
    QUERY,
    REPLY,
    SEQUENCE,
    UNANSWERED,
    ZLIB,
    ZSTD,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.stream.reassembly import ByteStream

#: Sections of one message that are looked at.
_SECTIONS_MOST: Final = 100
#: Bytes of what was compressed that are opened; the rest, if there is any, is not looked at …
OPENED_MOST: Final = 1 << 20
#: … and no more than so many times the compressed bytes, beyond a first few: nobody's documents shrink more than that.
_TIMES_OPENED: Final = 64
_LEAST_OPENED: Final = 4_096
#: Largest window of zstd (RFC 9659 asks receivers for as much).
_WINDOW: Final = 8 << 20


class Content(NamedTuple):
    """What a message holds behind its header, in plain."""

    source: Source
    opcode: int
    start: int
    stop: int
    """Where it ends by its length."""

    @property
    def flags(self) -> int:
        """The first four bytes, which are flags in most messages; 0 where they are not there."""
        return int.from_bytes(self.source.read(self.start, 4), "little")


class Section(NamedTuple):
    """A part of OP_MSG."""

    kind: int
    start: int
    """Where its kind stands."""
    stop: int
    name_end: int
    """Where the zero byte behind the name of a sequence stands; 0: it is a body."""

    @property
    def documents(self) -> int:
        """Where its first document begins."""
        return self.name_end + 1 if self.name_end else self.start + 1


@dataclass(frozen=True, slots=True)
class Message:
    """A message at bytes ``start … stop`` of its direction."""

    direction: ByteStream = field(repr=False)
    start: int
    stop: int
    """At most the bytes that are known to have been sent."""
    complete: bool
    after_unread: bool
    """Bytes before it could not be read."""
    size: int
    """The length that it has in front, which counts itself."""
    id: int
    """Its number."""
    answers: int
    """The number of the message that it answers; 0, or -1, in requests."""
    opcode: int

    @property
    def frame(self) -> int:
        """The frame number of the packet that completed it."""
        return self.direction.delivered_frame(self.stop - 1)

    @property
    def end(self) -> int:
        """Where it ends by its length."""
        return self.start + self.size

    def content(self) -> Content | None:
        """What it holds; None where it is compressed and cannot be opened."""
        source = Source(self.direction.read, min(self.end, self.direction.length))
        outer = Content(source, self.opcode, self.start + HEADER, self.end)
        return opened(outer) if self.opcode == COMPRESSED else outer


def opened(outer: Content) -> Content | None:
    """What ``outer`` is compressed of; None where that cannot be opened, or is compressed again."""
    head = outer.source.read(outer.start, COMPRESSED_HEAD)
    if len(head) < COMPRESSED_HEAD:
        return None
    opcode, size = int.from_bytes(head[:4], "little"), int.from_bytes(head[4:8], "little")
    how, at = head[8], outer.start + COMPRESSED_HEAD
    if opcode == COMPRESSED:
        return None
    if how == NOOP:
        return Content(outer.source, opcode, at, outer.stop)
    if how not in (ZLIB, ZSTD):
        return None
    data = outer.source.read(at, min(outer.stop - at, OPENED_MOST))
    most = min(size, OPENED_MOST, _LEAST_OPENED + _TIMES_OPENED * len(data))
    data = beginning_of(data, most, is_zstd=how == ZSTD, window=_WINDOW)
    return Content(Source.of(data), opcode, 0, size) if data else None


def sections(content: Content) -> Iterator[Section]:
    """The sections of an OP_MSG, as far as they fit."""
    source, at = content.source, content.start + 4
    stop = content.stop - (CHECKSUM if content.flags & CHECKSUM_PRESENT else 0)
    for _ in range(_SECTIONS_MOST):
        kind, size = source.read(at, 1), source.int32(at + 1)
        if at >= stop or not kind or size is None or not EMPTY <= size <= stop - at - 1:
            return
        name_end = 0
        if kind[0] == SEQUENCE:
            name_end = source.text_end(at + 5, at + 1 + size)
            if name_end < 0:
                return
        elif kind[0] != BODY:
            return
        yield Section(kind[0], at, at + 1 + size, name_end)
        at += 1 + size


def body_of(content: Content) -> Document | None:
    """The document of a command, or of the answer to one; None where there is none."""
    source, start, stop = content.source, content.start, content.stop
    if content.opcode == MSG:
        found = next((one for one in sections(content) if one.kind == BODY), None)
        return None if found is None else Document(source, found.documents, found.stop)
    if content.opcode == QUERY:
        end = source.text_end(start + 4, stop)
        return None if end < 0 else Document(source, end + 9, stop)
    if content.opcode == REPLY:
        return Document(source, start + 20, stop) if source.int32(start + 16) else None
    if content.opcode == COMMAND:
        database = source.text_end(start, stop)
        name = source.text_end(database + 1, stop) if database >= 0 else -1
        return None if name < 0 else Document(source, name + 1, stop)
    return Document(source, start, stop) if content.opcode == COMMAND_REPLY else None


def is_answered(message: Message, content: Content | None) -> bool:
    """Whether a server answers a client's ``message``, which holds ``content``."""
    opcode = message.opcode if content is None else content.opcode
    if opcode in UNANSWERED:
        return False
    return content is None or opcode != MSG or not content.flags & MORE_TO_COME


def goes_on(content: Content | None) -> bool:
    """Whether another message follows an answer without being asked for."""
    return content is not None and content.opcode == MSG and bool(content.flags & MORE_TO_COME)


def is_sound(source: Source, start: int, opcode: int, stop: int, *, is_client: bool) -> bool:
    """Whether what stands behind a header at ``start`` is what ``opcode`` says, as far as its first bytes tell."""
    content = Content(source, opcode, start, stop)
    flags = content.flags
    if opcode == COMPRESSED:
        head = source.read(start, COMPRESSED_HEAD)
        inner = int.from_bytes(head[:4], "little")
        return len(head) == COMPRESSED_HEAD and head[8] <= ZSTD and inner != opcode and inner in (*ASKS, REPLY)
    if opcode == MSG:
        if flags & 0xFFFF & ~(CHECKSUM_PRESENT | MORE_TO_COME) or flags >> 16 & ~(EXHAUST_ALLOWED >> 16):
            return False
        return next(sections(content), None) is not None or len(source.read(start, 9)) < 9
    if opcode == REPLY:
        return flags < 1 << 4 and _begins_document(source, start + 20, stop)
    if opcode == COMMAND_REPLY:
        return _begins_document(source, start, stop)
    if not is_client or (opcode == QUERY and flags >= 1 << 8) or (opcode != QUERY and flags and opcode != COMMAND):
        return False
    return _is_name(source, start if opcode == COMMAND else start + 4, stop)


def _begins_document(source: Source, at: int, stop: int) -> bool:
    return at == stop or not Document(source, at, stop).is_wrong


def _is_name(source: Source, at: int, stop: int) -> bool:
    """Whether the name of a collection stands at ``at``, or the number of cursors."""
    end = source.text_end(at, stop)
    return end > at and source.read(at, end - at).decode("utf-8", "replace").isprintable()


def length_of(head: bytes) -> int:
    """The length that a message begins with."""
    return int.from_bytes(head[:LENGTH], "little", signed=True)
