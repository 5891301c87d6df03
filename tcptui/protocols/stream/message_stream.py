"""What the `ParsedStream`s of protocols share whose messages say how long they are, and answer each other by number."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar, cast

from tcptui.model.cached_attribute import cached_attribute
from tcptui.protocols.interface import Extent, Placed, Unit
from tcptui.protocols.stream.touching import by_frame, touched
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.parts import Part
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace


class _Message(Placed, Protocol):
    """A message, and the frame that completed it."""

    @property
    def frame(self) -> int: ...


class _Element(Protocol):
    """A message, with what others say of it."""

    @property
    def message(self) -> Any: ...


class _Sides(Protocol):
    """Both directions of a connection whose protocol was detected."""

    @property
    def server(self) -> ByteStream: ...


M = TypeVar("M", bound=_Message)
E = TypeVar("E", bound=_Element)
R = TypeVar("R")
S = TypeVar("S", bound=_Sides)


@dataclass(slots=True)
class _Read(Generic[E, R]):
    """What was read of both sides."""

    of_side: tuple[list[E], list[E]] = field(default_factory=lambda: ([], []))
    unread: list[Unread] = field(default_factory=list)
    requests: list[R] = field(default_factory=list)
    limited: bool = False


class MessageStream(Generic[M, E, R]):
    """Most of a `ParsedStream` of such a protocol: of messages ``M`` within elements ``E``, and requests ``R``."""

    HEADER: ClassVar[int] = 0
    """See `Unit.header`."""
    REQUEST: ClassVar[type[Any]]
    """The class of ``R``."""

    def __init__(self, server: ByteStream, limit: int) -> None:
        """``limit``: most messages of each side that are read."""
        self._server, self._limit = server, limit

    def _conversation(self) -> Iterator[E | R | Unread]:
        """All that both sides sent: each message as it comes, each request when it is settled."""
        raise NotImplementedError

    def _exchange(self, request: R) -> Exchange:
        raise NotImplementedError

    def _parts_of(self, one: E | Unread) -> Iterable[Part]:
        raise NotImplementedError

    @cached_attribute
    def _read(self) -> _Read[E, R]:
        read = _Read[E, R]()
        for one in self._conversation():
            if isinstance(one, self.REQUEST):
                read.requests.append(one)
            elif isinstance(one, Unread):
                read.unread.append(one)
            else:
                element = cast("E", one)
                mine = read.of_side[element.message.direction.side]
                if len(mine) >= self._limit:
                    read.limited = True
                    break
                mine.append(element)
        return read

    @cached_property
    def _shown(self) -> tuple[dict[int, list[E]], dict[int, list[E]]]:
        first, second = (by_frame(said, lambda one: one.message.frame) for said in self._read.of_side)
        return first, second

    def shown_in(self, side: int, frame: int) -> list[E]:
        """The messages of ``side`` that ``frame`` completed, in order."""
        return self._shown[side].get(frame, [])

    @cached_property
    def messages(self) -> tuple[list[M], list[M]]:
        """The messages of each side, in order, as far as they were read."""
        first, second = ([one.message for one in said] for said in self._read.of_side)
        return first, second

    def units(self, place: SegmentPlace) -> list[Unit]:
        """See `ParsedStream`."""
        found = touched(self.messages[place.direction.side], place.start, place.stop, lambda one: one.stop)
        return [Unit(one.start, one.stop, one.frame, self.HEADER) for one in found]

    @property
    def extent(self) -> Extent:
        """See `ParsedStream`."""
        return Extent(sum(map(len, self._read.of_side)), self._read.limited)

    def was_left_out(self, place: SegmentPlace) -> bool:
        """See `ParsedStream`."""
        said = self.messages[place.direction.side]
        return self._read.limited and (not said or place.start >= said[-1].stop)

    def parts(self) -> Iterator[Part]:
        """See `ParsedStream`."""
        read = self._read
        found: list[E | Unread] = [*read.of_side[0], *read.of_side[1], *read.unread]
        found.sort(key=self._readable_at)
        return (part for one in found for part in self._parts_of(one))

    def _readable_at(self, one: E | Unread) -> tuple[int, bool, int]:
        it = one if isinstance(one, Unread) else one.message
        return it.direction.delivered_ns(it.start), it.direction is self._server, it.start

    def requests(self) -> Iterator[Exchange]:
        """See `ParsedStream`."""
        found = list(map(self._exchange, self._read.requests))
        found.sort(key=lambda one: (one.carried[0].first_ns, one.carried[0].start))
        return iter(found)


class DetectedStream(MessageStream[M, E, R], Generic[M, E, R, S]):
    """A `MessageStream` of the sides ``S`` that a detection found, with what it learned of them."""

    def __init__(self, sides: S, limit: int) -> None:
        super().__init__(sides.server, limit)
        self.sides = sides
