"""The decoded parts of an HTTP/2 connection: heads, bodies, gRPC messages, trailers, and what ends a stream or all."""

from __future__ import annotations

import heapq
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from hyperframe.frame import GoAwayFrame, RstStreamFrame

from tcptui.protocols.http.body import body_of
from tcptui.protocols.http.message import Framing
from tcptui.protocols.http2.frames import FrameType, error_name, parsed_frame
from tcptui.protocols.http2.grpc import grpc_messages, read_message
from tcptui.protocols.http2.messages import text_of
from tcptui.protocols.http2.protobuf import protobuf_fields, protobuf_text
from tcptui.protocols.parts import Label, Part, PartText, frame_at, once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcptui.protocols.http.body import Body
    from tcptui.protocols.http.http_stream import HttpStream
    from tcptui.protocols.http.message import HttpMessage
    from tcptui.protocols.http2.direction import Block
    from tcptui.protocols.http2.grpc import GrpcMessage
    from tcptui.protocols.http2.index import FrameIndex
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.message_schema import MessageType, Schema
    from tcptui.protocols.stream.reassembly import ByteStream

    Blocks = Callable[[], Iterator[tuple[int, bytes]]]


class Http2Parts:
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
