"""One connection parsed as HTTP/2: the `ParsedStream` of HTTP/2."""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Final

from tcptui.model.cached_attribute import cached_attribute
from tcptui.protocols.http2.frames import HEADER
from tcptui.protocols.http2.grpc import grpc_messages
from tcptui.protocols.http2.index import IndexedStreams
from tcptui.protocols.http2.parts import Http2Parts
from tcptui.protocols.http2.preface_rows import PREFACE
from tcptui.protocols.http2.requests import exchanges
from tcptui.protocols.interface import UNIT_LIMIT, Extent, FramedStream, Unit, UpgradedStream
from tcptui.protocols.message_schema import NO_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http.http_stream import HttpStream
    from tcptui.protocols.http.message import HttpMessage
    from tcptui.protocols.http2.grpc import GrpcMessage
    from tcptui.protocols.http2.index import FrameIndex
    from tcptui.protocols.http2.opening import Opening
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.parts import Part
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace


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
        return Http2Parts(self.exchanges, self.indexes, self.opening.http, self.schema).parts()

    def requests(self) -> Iterator[Exchange]:
        """See `ParsedStream`."""
        return iter(self.exchanges)
