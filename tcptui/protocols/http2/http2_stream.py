"""One connection parsed as HTTP/2: the `ParsedStream` of HTTP/2."""

from __future__ import annotations

import heapq
from dataclasses import replace
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from hyperframe.frame import GoAwayFrame, RstStreamFrame

from tcptui.model.cached_attribute import cached_attribute
from tcptui.protocols.http.body import body_of
from tcptui.protocols.http.message import Framing
from tcptui.protocols.http2.frames import HEADER, FrameType, error_name, parsed_frame
from tcptui.protocols.http2.grpc import grpc_messages, read_message
from tcptui.protocols.http2.index import IndexedStreams
from tcptui.protocols.http2.messages import text_of
from tcptui.protocols.http2.preface_rows import PREFACE
from tcptui.protocols.http2.protobuf import protobuf_fields, protobuf_text
from tcptui.protocols.http2.requests import exchanges
from tcptui.protocols.interface import UNIT_LIMIT, Extent, FramedStream, Unit, UpgradedStream
from tcptui.protocols.message_schema import NO_SCHEMA
from tcptui.protocols.parts import Label, Part, PartText, frame_at, once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http.body import Body
    from tcptui.protocols.http.http_stream import HttpStream
    from tcptui.protocols.http.message import HttpMessage
    from tcptui.protocols.http2.direction import Block
    from tcptui.protocols.http2.grpc import GrpcMessage
    from tcptui.protocols.http2.index import FrameIndex
    from tcptui.protocols.http2.opening import Opening
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.message_schema import MessageType, Schema
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace

    Blocks = Callable[[], Iterator[tuple[int, bytes]]]


#: gRPC messages of one side of a stream that header trees show.
_GRPC_MOST: Final = 100_000
#: Frames that take about as much memory as a message.
_FRAMES_AS_MESSAGE: Final = 40


def _begun(exchange: Exchange) -> tuple[int, int]:
    """When what was captured of it begins, and in which frame."""
    first = exchange.carried[0]
    return first.first_ns, first.first_frame


class Http2Stream(FramedStream, UpgradedStream):
    """The `ParsedStream` of HTTP/2."""

    def __init__(self, directions: tuple[ByteStream, ByteStream], opening: Opening, limit: int = UNIT_LIMIT) -> None:
        self.directions = directions
        self.opening = opening
        self.schema = NO_SCHEMA
        """What gRPC's messages mean."""
        self._limit = limit
        self._grpc: dict[tuple[int, int], list[GrpcMessage]] = {}

    @property
    def begun_by(self) -> HttpStream | None:
        """See `UpgradedStream`."""
        return self.opening.http

    @cached_attribute
    def _read(self) -> tuple[list[Exchange], tuple[FrameIndex, FrameIndex]]:
        streams = IndexedStreams(self.directions, self._limit)
        found = list(exchanges(*self.directions, self.opening, streams))
        return sorted(found, key=_begun), streams.indexes

    @property
    def exchanges(self) -> list[Exchange]:
        """The requests with their answers, in the order in which they began."""
        return self._read[0]

    @property
    def indexes(self) -> tuple[FrameIndex, FrameIndex]:
        """The frames of client and server."""
        return self._read[1]

    @cached_property
    def by_id(self) -> dict[str, Exchange]:
        """The requests by the number of their stream."""
        return {exchange.id: exchange for exchange in self.exchanges if exchange.id is not None}

    def grpc_of(self, message: HttpMessage) -> list[GrpcMessage]:
        """The gRPC messages in the body of ``message``."""
        key = message.direction.side, message.start
        found = self._grpc.get(key)
        if found is None:
            found = list(islice(grpc_messages(message), _GRPC_MOST))
            self._grpc = {key: found}  # the next packet on screen is likely to have the same
        return found

    def magic_at(self, side: int) -> int | None:
        """Where the client's preface is; None where it was not captured."""
        start = self.opening.starts[0]
        is_there = side == 0 and self.opening.from_start[0] and self.directions[0].read(start, len(PREFACE)) == PREFACE
        return start if is_there else None

    def units(self, place: SegmentPlace) -> list[Unit]:
        """See `ParsedStream`: the frames, and what was said in HTTP/1.1 before them."""
        side, direction = place.direction.side, place.direction
        found = [] if self.opening.http is None else self.opening.http.units(place)
        magic = self.magic_at(side)
        spans = [] if magic is None else [(magic, magic + len(PREFACE), 0)]
        spans += [(frame.start, frame.stop, HEADER) for frame in self.indexes[side].within(place.start, place.stop)]
        for start, stop, header in spans:
            if stop > place.start and start < place.stop:
                found.append(Unit(start, stop, direction.delivered_frame(min(stop, direction.length) - 1), header))
        return found

    @property
    def extent(self) -> Extent:
        """See `ParsedStream`."""
        before = Extent(0, limited=False) if self.opening.http is None else self.opening.http.extent
        kept = sum(len(index.blocks) + len(index) // _FRAMES_AS_MESSAGE for index in self.indexes)
        left_out = any(index.left_out is not None for index in self.indexes)
        return Extent(before.messages + kept, before.limited or left_out)

    def was_left_out(self, place: SegmentPlace) -> bool:
        """See `ParsedStream`."""
        left_out = self.indexes[place.direction.side].left_out
        return left_out is not None and place.start >= left_out

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        from tcptui.protocols.http2.tree import add_http2  # imported late: a report needs no tree

        return add_http2(dissection, place, self)

    def parts(self) -> Iterator[Part]:
        """See `ParsedStream`."""
        return _Http2Parts(self.exchanges, self.indexes, self.opening.http, self.schema).parts()

    def requests(self) -> Iterator[Exchange]:
        """See `ParsedStream`."""
        return iter(self.exchanges)


class _Http2Parts:
    """Makes the parts of a connection; each says which stream it is of."""

    def __init__(
        self,
        exchanges: Sequence[Exchange],
        indexes: tuple[FrameIndex, FrameIndex],
        before: HttpStream | None,
        schema: Schema,
    ) -> None:
        self._schema = schema
        self._exchanges = exchanges
        self._indexes = indexes
        self._before = before

    def parts(self) -> Iterator[Part]:
        """See `ParsedStream.parts`."""
        bodies = [self._body(exchange, side) for exchange in self._exchanges for side in (0, 1)]
        ends = [self._frames(index) for index in self._indexes]
        heads = [self._heads(index) for index in self._indexes]
        before = () if self._before is None else (self._upgrade(self._before),)
        return heapq.merge(*before, *heads, *bodies, *ends, key=lambda part: (part.time_ns, part.start))

    def _upgrade(self, before: HttpStream) -> Iterator[Part]:
        """What was said in HTTP/1.1; the bytes behind it, which are none to that, are the frames."""
        for part in before.parts():
            index = self._indexes[part.side]
            if part.label.name != "bytes" or not len(index) or part.stop <= index[0].start:
                yield part

    @staticmethod
    def _heads(index: FrameIndex) -> Iterator[Part]:
        """Header blocks: requests, answers, trailers, promises."""
        seen: set[int] = set()
        for block in index.blocks.values():
            name = "promise" if block.promised else "trailers" if block.stream in seen else "head"
            if not (block.promised or _is_interim(block)):
                seen.add(block.stream)
            label = Label(f"http2-{name}", {"id": block.stream, "promised": block.promised})
            made = _part(index.direction, block.start, block.stop, label, _head_blocks(block), whole=block.is_whole)
            yield replace(made, text=PartText.HEAD)

    def _body(self, exchange: Exchange, which: int) -> Iterator[Part]:
        """``which``: 0 the request's, 1 the answer's, which is made only here: all at once take some KiB each."""
        message = exchange.messages[which]
        if message is None or message.framing is not Framing.FRAMES:
            return
        direction, side = message.direction, message.direction.side
        if exchange.protocol == "grpc":
            for number, one in enumerate(grpc_messages(message), 1):
                name = "grpc-compressed" if one.compressed else "grpc"
                facts: dict[str, object] = {"id": exchange.id, "number": number, "count": f"{one.length:,}"}
                known = self._schema.message_of(exchange.operation, is_response=message.head.is_response)
                if known is not None:
                    name, facts["kind"] = f"{name}-known", known.name
                yield _grpc_part(message, one, Label(name, facts), known)
            return
        coding = ", ".join(message.codings)
        facts = {
            "id": exchange.id, "type": message.head.media_type or "?", "coding": coding,
            "count": f"{message.body_length:,}",
        }  # fmt: skip
        body = body_of(message)
        yield Part(
            side, message.body_start, message.body_end, frame_at(direction, message.body_start),
            direction.delivered_ns(message.body_start), Label("http2-body-coded" if coding else "http2-body", facts),
            lambda: _blocks(message, body),
            trouble=lambda: body.problem.value if body.problem is not None else "", text=PartText.BODY,
            id=exchange.id,
        )  # fmt: skip

    @staticmethod
    def _frames(index: FrameIndex) -> Iterator[Part]:
        """RST_STREAM and GOAWAY."""
        for at, kind in enumerate(index.kind):
            if kind not in (FrameType.RST_STREAM, FrameType.GOAWAY):
                continue
            frame = index[at]
            parsed = parsed_frame(frame, index.direction)
            facts: dict[str, object] = {"id": frame.stream, "code": "?", "last": "?"}
            data = b""
            if isinstance(parsed, RstStreamFrame | GoAwayFrame):
                facts["code"] = error_name(parsed.error_code)
            if isinstance(parsed, GoAwayFrame):
                facts["last"], data = parsed.last_stream_id, parsed.additional_data
            label = Label("http2-reset" if kind == FrameType.RST_STREAM else "http2-goaway", facts)
            stop = min(frame.stop, index.direction.length)
            made = _part(index.direction, frame.start, stop, label, once(frame.start, data), whole=True)
            yield replace(made, text=PartText.BODY)


def _part(direction: ByteStream, start: int, stop: int, label: Label, blocks: Blocks, *, whole: bool) -> Part:
    last = max(stop - 1, start)
    made = Part(
        direction.side, start, stop, direction.delivered_frame(last), direction.delivered_ns(last), label, blocks,
        id=_id_of(label),
    )  # fmt: skip
    return made if whole else _troubled(made, "gap")


def _grpc_part(message: HttpMessage, one: GrpcMessage, label: Label, message_type: MessageType | None) -> Part:
    direction, last, told = message.direction, one.stop - 1, [one.trouble]

    def blocks() -> Iterator[tuple[int, bytes]]:
        data, told[0] = read_message(message, one)
        fields = () if told[0] or message.head.media_type.endswith("json") else protobuf_fields(data, message_type)
        if data:
            yield one.start, protobuf_text(fields).encode() if fields else data

    return Part(
        direction.side, one.start, one.stop, direction.delivered_frame(last), direction.delivered_ns(last), label,
        blocks,
        trouble=lambda: told[0], text=PartText.BODY, id=_id_of(label),
    )  # fmt: skip


def _id_of(label: Label) -> str | None:
    """The stream that a label names; None for the connection."""
    return str(label.facts["id"]) if label.facts["id"] else None


def _troubled(part: Part, trouble: str) -> Part:
    return replace(part, trouble=lambda: trouble)


def _head_blocks(block: Block) -> Blocks:
    """The text of a header list, made when it is read: HPACK makes a few bytes long."""
    return lambda: iter([(block.start, _head_text(block))])


def _head_text(block: Block) -> bytes:
    lines = (f"{text_of(name)}: {text_of(value)}\n" for name, value in block.headers.entries if name != b"")
    return "".join(chain(lines)).encode("utf-8", "surrogateescape")


def _is_interim(block: Block) -> bool:
    return any(name == b":status" and (value or b"")[:1] == b"1" for name, value in block.headers.entries)


def _blocks(message: HttpMessage, body: Body) -> Iterator[tuple[int, bytes]]:
    """The chunks of a body, each with the offset where the packet begins that made it readable."""
    direction, offset, frame = message.direction, message.body_start, -1
    for piece in body.pieces():
        if not piece.data:
            continue
        if piece.frame != frame:
            frame = piece.frame
            at = int(direction.segments.frame.searchsorted(direction.segments.frame.dtype.type(frame)))
            if at < len(direction.segments.frame) and int(direction.segments.frame[at]) == frame:
                offset = max(int(direction.segments.start[at]), message.body_start)
        yield offset, piece.data
