"""The files that a capture carried over HTTP: found message by message, with ranges of one resource joined.

A file is known by the position of its message; its bytes are read from the spool on demand, so a list
takes a few hundred bytes a file and an export holds no more than one block at a time.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from tcptui.protocols.export.names import Names, name_of
from tcptui.protocols.http.body import DECODED_LIMIT, BodyProblem, body_of, body_ranges
from tcptui.protocols.http.content_coding import CodingError, Decoders, UnknownCodingError
from tcptui.protocols.http.conversation import Cut, Framing, HttpMessage, messages
from tcptui.protocols.http.read_window import Window
from tcptui.protocols.http.scanner import MessageScanner
from tcptui.protocols.http2.messages import FramedBody
from tcptui.protocols.http2.parse import http2_requests, http2_requests_amid
from tcptui.protocols.tls.parse import plain_streams

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Most files listed of one capture.
FILES_LIMIT: Final = 100_000
#: From a stream number to the byte streams of client and server, as `Session.halves` gives them.
HalvesOf = Callable[[int], "tuple[ByteStream, ByteStream]"]

_RANGE: Final = re.compile(r"bytes\s+(\d{1,18})-(\d{1,18})/(\d{1,18})", re.IGNORECASE)


class Shortfall(Enum):
    """Why a file is incomplete."""

    CLOSED = "closed"
    """The connection ended before the body did."""
    CAPTURE_END = "capture-end"
    """The capture ended before the body did, or is still running."""
    GAP = "gap"
    """Bytes were not captured."""
    BROKEN = "broken"
    """The message contradicts itself."""
    CODING = "coding"
    """Its content coding cannot be decoded."""
    LIMIT = "limit"
    """Decoded, it is longer than the limit."""
    PART = "part"
    """One range of a resource whose other ranges were not captured."""


@dataclass(frozen=True, slots=True)
class Part:
    """A message's body, or a range of it: ``length`` bytes from ``skip`` on, as sent; None: to its end."""

    stream: int
    from_server: bool
    start: int
    """Offset of the message in its direction."""
    skip: int = 0
    length: int | None = None
    framed: FramedBody | None = None
    """Where the body is, if it is in frames of HTTP/2: those before it need not be read again to find it."""


@dataclass(slots=True)
class CarriedFile:
    """One file; texts are as received and not safe to print, but ``name`` is safe and unique in its list."""

    stream: int
    frame: int
    """The frame whose header tree shows the message; of joined ranges, the last one."""
    host: str
    uri: str
    name: str
    media_type: str
    codings: tuple[str, ...]
    sent: int
    """Bytes of the body as it was sent and captured, without chunk sizes."""
    upload: bool
    """It was sent from client to server."""
    method: str
    """Of the request that it answers or is part of; empty where that was not captured."""
    status: int
    """Of the response that it is part of; 0 for an upload."""
    parts: tuple[Part, ...]
    shortfall: Shortfall | None
    size: int | None = None
    """Bytes of the file; of a coded one None until it was read."""
    sha256: str = ""
    """Empty until it was read."""

    @property
    def complete(self) -> bool:
        """Whether all of the file was captured."""
        return self.shortfall is None


@dataclass(slots=True)
class _Range:
    """The range of a longer resource that one response carries."""

    start: int
    stop: int
    """Offset behind the last captured byte."""
    file: CarriedFile
    partial: bool
    """The response has status 206."""


@dataclass(slots=True)
class Found:
    """What some streams carried: parts of a `FileCollector`, which another process may have found."""

    files: list[CarriedFile]
    ranges: dict[tuple[str, ...], list[_Range]]
    left_out: int
    uncaptured: int


@dataclass(slots=True)
class FileCollector:
    """Finds the files of streams given one after the other."""

    halves_of: HalvesOf
    files: list[CarriedFile] = field(default_factory=list)
    left_out: int = 0
    """Number of files beyond `FILES_LIMIT`."""
    uncaptured: int = 0
    """Number of files of which not one byte was captured; they are not listed."""
    _ranges: dict[tuple[str, ...], list[_Range]] = field(default_factory=dict)

    def add_stream(self, stream: int) -> None:
        """Find the files of ``stream``."""
        client, server = self.halves_of(stream)
        for message in _messages(client, server):
            if not message.has_body or message.framing is Framing.UNKNOWN or not message.body_length:
                continue
            if not _captured(message):
                self.uncaptured += 1
                continue
            if len(self.files) >= FILES_LIMIT:
                self.left_out += 1
                continue
            self._add(stream, message)

    @property
    def found(self) -> Found:
        """What the streams carried so far."""
        return Found(self.files, self._ranges, self.left_out, self.uncaptured)

    def add(self, found: Found) -> None:
        """Take in what later streams carried, as if they had been given to `add_stream`."""
        kept = found.files[: max(FILES_LIMIT - len(self.files), 0)]
        self.files += kept
        self.left_out += found.left_out + len(found.files) - len(kept)
        self.uncaptured += found.uncaptured
        mine = set(map(id, kept))
        for key, ranges in found.ranges.items():
            if some := [one for one in ranges if id(one.file) in mine]:
                self._ranges.setdefault(key, []).extend(some)

    def _add(self, stream: int, message: HttpMessage) -> None:
        asked = message.request.head if message.request is not None else message.head
        head = message.head
        uri = asked.uri if not asked.is_response else ""
        file = CarriedFile(
            stream=stream,
            frame=message.shown_frame,
            host=asked.value("Host"),
            uri=uri,
            name=name_of(message, uri),
            media_type=head.media_type,
            codings=(*head.content_codings, *head.transfer_codings[:-1]),
            sent=_captured(message),
            upload=not head.is_response,
            method=asked.method,
            status=head.status,
            parts=(Part(stream, message.from_server, message.start, framed=FramedBody.of(message)),),
            shortfall=shortfall_of(message),
        )
        if not file.codings:
            file.size = file.sent
        self.files.append(file)
        self._note_range(message, file)

    def _note_range(self, message: HttpMessage, file: CarriedFile) -> None:
        head = message.head
        if head.status == 206:
            match = _RANGE.fullmatch(head.value("Content-Range").strip())
            if match is None:
                return  # a body with several ranges is exported as it was sent
            start, last, total = (int(number) for number in match.groups())
            if last < start or last >= total:
                return
            stop = start + min(file.sent, last + 1 - start)
            if (start, stop) != (0, total):
                file.shortfall = Shortfall.PART
        elif head.status == 200 and message.framing is Framing.LENGTH and not message.complete:
            start, stop, total = 0, file.sent, message.body_length
        else:
            return
        validator = head.value("ETag") or head.value("Last-Modified")
        key = (file.host, file.uri, validator, str(total), *head.content_codings)
        self._ranges.setdefault(key, []).append(_Range(start, stop, file, head.status == 206))

    def result(self) -> list[CarriedFile]:
        """All files so far in packet order, with ranges that cover a whole resource joined, and with unique names."""
        gone: set[int] = set()
        joined: list[CarriedFile] = []
        for key, ranges in self._ranges.items():
            if any(one.partial for one in ranges):
                whole = _join(ranges, int(key[3]))
                if whole is not None:
                    joined.append(whole)
                    gone.update(id(one.file) for one in ranges)
        listed = [file for file in self.files if id(file) not in gone] + joined
        listed.sort(key=lambda file: (file.frame, file.stream, file.parts[0].start))
        names = Names()
        for file in listed:
            file.name = names.give(file.name)
        return listed


def _messages(client: ByteStream, server: ByteStream) -> Iterator[HttpMessage]:
    """The messages of HTTP/1 or HTTP/2; gRPC carries no files."""
    client, server = plain_streams(client, server) or (client, server)
    exchanges = http2_requests(client, server)
    found = messages(client, server) if exchanges is None else iter(())
    first = next(found, None)
    if first is None and exchanges is None:
        exchanges = http2_requests_amid(client, server)
    if first is not None:
        yield first
        yield from found
    for exchange in exchanges or ():
        if exchange.protocol != "grpc":
            yield from (message for message in exchange.messages if message is not None)


def _captured(message: HttpMessage) -> int:
    """How many bytes of the body were captured before the first missing one; of a chunked body, those of all chunks."""
    if message.framing is Framing.CHUNKED:
        return message.body_length
    window, captured = Window(message.half), 0
    for start, stop in body_ranges(message):
        behind = window.missing(start, min(stop, message.half.length))[0]
        captured += behind - start
        if behind < stop:
            break
    return captured


def _join(ranges: list[_Range], total: int) -> CarriedFile | None:
    """One file made of ``ranges`` that cover all ``total`` bytes; None when they do not, or one range is enough."""
    parts: list[Part] = []
    position = 0
    for one in sorted(ranges, key=lambda each: (each.start, -each.stop)):
        if one.start > position:
            return None
        if one.stop <= position:
            continue
        part = one.file.parts[0]
        parts.append(replace(part, skip=position - one.start, length=one.stop - position))
        position = one.stop
    if position != total or len(parts) < 2:
        return None
    first = ranges[0].file
    last = max(ranges, key=lambda each: each.file.frame).file
    return CarriedFile(
        stream=first.stream, frame=last.frame, host=first.host, uri=first.uri, name=first.name,
        media_type=first.media_type, codings=first.codings, sent=total, upload=False,
        method=first.method, status=first.status,
        parts=tuple(parts), shortfall=None, size=None if first.codings else total,
    )  # fmt: skip


def shortfall_of(message: HttpMessage) -> Shortfall | None:
    """Why the body of ``message`` is incomplete, by its framing alone; None when it is complete."""
    if message.complete:
        return None
    cuts = {fault.cut for fault in message.faults}
    if Cut.GAP in cuts:
        return Shortfall.GAP
    if Cut.CLOSED in cuts:
        return Shortfall.CLOSED
    return Shortfall.CAPTURE_END if Cut.CAPTURE_END in cuts else Shortfall.BROKEN


_SHORTFALLS: Final = {
    BodyProblem.GAP: Shortfall.GAP,
    BodyProblem.CUT: Shortfall.CLOSED,
    BodyProblem.CODING_BROKEN: Shortfall.CODING,
    BodyProblem.CODING_SHORT: Shortfall.CODING,
    BodyProblem.CODING_UNKNOWN: Shortfall.CODING,
    BodyProblem.LIMIT: Shortfall.LIMIT,
}


class MessageFinder:
    """Finds messages again by their offsets; parses only the message itself, not what precedes it."""

    def __init__(self, halves_of: HalvesOf) -> None:
        self._halves_of = halves_of
        self._last: tuple[ByteStream, tuple[ByteStream, ByteStream]] | None = None
        """The client's bytes of the connection asked for last, and both directions, decrypted where they were."""

    def find(self, part: Part) -> HttpMessage | None:
        """The message of ``part``; None when it can no longer be read."""
        client, server = self._halves_of(part.stream)
        if self._last is None or self._last[0] is not client:
            self._last = client, plain_streams(client, server) or (client, server)
        half = self._last[1][part.from_server]
        if part.framed is not None:
            return part.framed.message(half, part.start)
        return MessageScanner(half).message_at(part.start)


class FileReader:
    """Reads a file once; afterwards its size, hash and completeness are known."""

    def __init__(self, file: CarriedFile, finder: MessageFinder, limit: int = DECODED_LIMIT) -> None:
        self._file = file
        self._finder = finder
        self._limit = limit
        self._shortfall = file.shortfall
        self.over = False

    def __iter__(self) -> Iterator[bytes]:
        """The file's bytes in blocks.  At the end size, hash and shortfall are written into the `CarriedFile`."""
        digest, size = hashlib.sha256(), 0
        for block in self._blocks():
            digest.update(block)
            size += len(block)
            yield block
        file = self._file
        file.size, file.sha256, file.shortfall = size, digest.hexdigest(), self._shortfall
        self.over = True

    def _blocks(self) -> Iterator[bytes]:
        parts = self._file.parts
        if len(parts) == 1 and parts[0].length is None:
            message = self._finder.find(parts[0])
            if message is None:
                self._shortfall = Shortfall.GAP
                return
            body = body_of(message, limit=self._limit)
            yield from body
            if body.problem is not None and self._shortfall is None:
                self._shortfall = _SHORTFALLS[body.problem]
            return
        yield from self._decoded(self._joined(parts))

    def _joined(self, parts: tuple[Part, ...]) -> Iterator[bytes]:
        for part in parts:
            message = self._finder.find(part)
            left = part.length or 0
            skip = part.skip
            for block in body_of(message, decoded=False) if message is not None else ():
                wanted = block[skip : skip + left]
                skip = max(skip - len(block), 0)
                left -= len(wanted)
                if wanted:
                    yield wanted
                if not left:
                    break
            if left:
                self._shortfall = Shortfall.GAP
                return

    def _decoded(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        if not self._file.codings:
            yield from blocks
            return
        given = 0
        try:
            decoders = Decoders(self._file.codings)
            for block in blocks:
                for piece in decoders.feed(block):
                    yield piece[: self._limit - given]
                    given += len(piece)
                    if given >= self._limit:
                        self._shortfall = Shortfall.LIMIT
                        return
            if not decoders.ended:
                self._shortfall = Shortfall.CODING
        except (CodingError, UnknownCodingError):
            self._shortfall = Shortfall.CODING
