"""The body of an HTTP message as a stream: without chunk framing, decoded, packet by packet."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.http.content_coding import CodingError, Decoders, UnsupportedCodingError
from tcptui.protocols.http.framing import ChunkWalk
from tcptui.protocols.http.message import Framing
from tcptui.protocols.http.read_window import Window
from tcptui.protocols.stream.reassembly import Gap, Piece

if TYPE_CHECKING:
    from tcptui.protocols.http.message import HttpMessage

#: Most decoded bytes of one compressed body; an uncompressed one is bounded by the capture itself.
DECODED_LIMIT: Final = 1 << 30


class BodyProblem(Enum):
    """Why the bytes of a body end before the body does."""

    CUT = "cut"
    """The message ends early; its faults say why."""
    GAP = "gap"
    """Bytes were not captured."""
    CODING_BROKEN = "coding-broken"
    """The bytes are invalid for the content coding."""
    CODING_SHORT = "coding-short"
    """The body is complete, but its coded data is not."""
    CODING_UNKNOWN = "coding-unknown"
    """A content coding that cannot be decoded here."""
    LIMIT = "limit"
    """Decoded, it is longer than the limit."""


class DecodedPiece(NamedTuple):
    """Decoded bytes that became readable with one packet; a packet may have several pieces."""

    frame: int
    """The frame with which these bytes and all before them had arrived."""
    time_ns: int
    data: bytes
    """Empty when nothing could be decoded with this packet."""


def body_ranges(message: HttpMessage) -> Iterator[tuple[int, int]]:
    """Start and stop of the stretches of the body's bytes, without chunk framing, as far as they were sent."""
    direction = message.direction
    if not message.has_body:
        return
    if message.framing is Framing.FRAMES:
        for at in range(0, len(message.spans), 2):
            yield message.spans[at], min(message.spans[at + 1], direction.length)
    elif message.framing is Framing.CHUNKED:
        for chunk in ChunkWalk(Window(direction), message.body_start):
            yield chunk.data_start, chunk.data_start + chunk.size
    else:
        yield message.body_start, min(message.body_end, direction.length)


def body_pieces(message: HttpMessage) -> Iterator[Piece | Gap]:
    """The body's bytes as the packets carried them, without chunk framing, still coded; with gaps."""
    for start, stop in body_ranges(message):
        yield from message.direction.pieces(start, stop)


class Body:
    """Reads one body once; afterwards its attributes say whether and why it ended early."""

    def __init__(self, message: HttpMessage, *, decoded: bool = True, limit: int = DECODED_LIMIT) -> None:
        head = message.head
        self._message = message
        self._codings = (*head.content_codings, *head.transfer_codings[:-1]) if decoded else ()
        self._limit = limit if self._codings else None
        self.encoded = 0
        """Bytes read of the body as it was sent, without chunk framing."""
        self.decoded = 0
        """Bytes output so far."""
        self.problem: BodyProblem | None = None
        self.problem_offset = 0
        """Offset in the byte stream at which the problem showed."""
        self.reason = ""
        """The decoder's message, for `BodyProblem.CODING_BROKEN` and `CODING_UNKNOWN`; not safe to print."""

    def __iter__(self) -> Iterator[bytes]:
        """The body in blocks of bounded size."""
        return (piece.data for piece in self.pieces() if piece.data)

    def pieces(self) -> Iterator[DecodedPiece]:
        """The body as it became readable; at least one piece for each packet of it."""
        try:
            decoders = Decoders(self._codings)
        except UnsupportedCodingError as error:
            self._end(BodyProblem.CODING_UNKNOWN, self._message.body_start, error.coding)
            return
        latest_row, frame, time_ns = -1, 0, 0
        stop = self._message.body_start
        for piece in body_pieces(self._message):
            if isinstance(piece, Gap):
                self._end(BodyProblem.GAP, piece.start)
                return
            self.encoded += len(piece.data)
            stop = piece.stop
            if piece.row > latest_row:
                latest_row, frame = piece.row, piece.frame
            time_ns = max(time_ns, piece.time_ns)
            given = False
            try:
                for block in decoders.feed(piece.data):
                    given = True
                    yield DecodedPiece(frame, time_ns, self._within_limit(block))
                    if self._limit is not None and self.decoded >= self._limit:
                        self._end(BodyProblem.LIMIT, piece.start)
                        return
            except CodingError as error:
                self._end(BodyProblem.CODING_BROKEN, piece.start, error.reason)
                return
            if not given:
                yield DecodedPiece(frame, time_ns, b"")
        if not self._message.complete:
            self._end(BodyProblem.CUT, stop)
        elif not decoders.ended and self.encoded:
            self._end(BodyProblem.CODING_SHORT, stop)

    def _within_limit(self, block: bytes) -> bytes:
        if self._limit is not None:
            block = block[: self._limit - self.decoded]
        self.decoded += len(block)
        return block

    def _end(self, problem: BodyProblem, offset: int, reason: str = "") -> None:
        self.problem, self.problem_offset, self.reason = problem, offset, reason


def body_of(message: HttpMessage, *, decoded: bool = True, limit: int = DECODED_LIMIT) -> Body:
    """The body of ``message`` in blocks, dechunked and, if ``decoded``, without its content codings.

    ``limit``: most bytes of a coded body; an uncoded one has no limit.
    """
    return Body(message, decoded=decoded, limit=limit)


def decoded_pieces(message: HttpMessage, limit: int = DECODED_LIMIT) -> Iterator[DecodedPiece]:
    """The decoded body in pieces, each with the packet and time at which it became readable (see `Body.pieces`)."""
    return body_of(message, limit=limit).pieces()
