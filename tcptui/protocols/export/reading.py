"""Reads a carried file: its message is found again by its place, and its body decoded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from tcptui.protocols.export.files import CarriedFile, Part, Shortfall
from tcptui.protocols.http.body import DECODED_LIMIT, BodyProblem, body_of
from tcptui.protocols.http.content_coding import CodingError, Decoders, UnsupportedCodingError
from tcptui.protocols.http.scanner import MessageScanner
from tcptui.protocols.http.tunnel import opened_streams
from tcptui.protocols.http2.grpc import read_message

if TYPE_CHECKING:
    from tcptui.protocols.http.conversation import HttpMessage
    from tcptui.protocols.http2.grpc import GrpcMessage
    from tcptui.protocols.stream.reassembly import ByteStream

#: From a stream number to the byte streams of client and server, as `Session.directions` gives them.
DirectionsOf = Callable[[int], "tuple[ByteStream, ByteStream]"]

_SHORTFALLS: Final = {
    BodyProblem.GAP: Shortfall.GAP,
    BodyProblem.CUT: Shortfall.CLOSED,
    BodyProblem.CODING_BROKEN: Shortfall.CODING,
    BodyProblem.CODING_SHORT: Shortfall.CODING,
    BodyProblem.CODING_UNKNOWN: Shortfall.CODING,
    BodyProblem.LIMIT: Shortfall.LIMIT,
}
#: Why a message of gRPC is not read whole, beside what is known of it as it was found (`read_message`).
_CALL_SHORTFALLS: Final = {
    "limit": Shortfall.LIMIT,
    "coding-unknown": Shortfall.CODING,
    "coding-broken": Shortfall.CODING,
    "coding-short": Shortfall.CODING,
}


class MessageFinder:
    """Finds messages again by their offsets; parses only the message itself, not what precedes it."""

    def __init__(self, directions_of: DirectionsOf) -> None:
        self._directions_of = directions_of
        self._last: tuple[ByteStream, tuple[ByteStream, ByteStream]] | None = None
        """The client's bytes of the connection asked for last, and both directions, decrypted where they were."""

    def find(self, part: Part) -> HttpMessage | None:
        """The message of ``part``; None when it can no longer be read."""
        client, server = self._directions_of(part.stream)
        if self._last is None or self._last[0] is not client:
            self._last = client, opened_streams(client, server)
        direction = self._last[1][part.from_server]
        if part.framed is not None:
            return part.framed.message(direction, part.start)
        return MessageScanner(direction).message_at(part.start)


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
            if parts[0].call is not None:
                yield self._called(message, parts[0].call)
                return
            body = body_of(message, limit=self._limit)
            yield from body
            if body.problem is not None and self._shortfall is None:
                self._shortfall = _SHORTFALLS[body.problem]
            return
        yield from self._decoded(self._joined(parts))

    def _called(self, message: HttpMessage, one: GrpcMessage) -> bytes:
        """A message of gRPC, decompressed where that is possible."""
        data, trouble = read_message(message, one)
        self._shortfall = self._shortfall or _CALL_SHORTFALLS.get(trouble)
        return data

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
        except (CodingError, UnsupportedCodingError):
            self._shortfall = Shortfall.CODING
