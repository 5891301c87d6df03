"""What an application protocol offers the rest of the program; `tcptui.protocols.registry` lists the protocols.

Its row (`tcptui.protocols.row`) names what is made of both directions, from wherever the capture began, a
`ParsedStream`:

units         which bytes make up each message, and which packet's tree shows it
add_layers    the header tree of one packet
parts         the decoded text of *follow stream*
requests      what was requested, how it was answered, and when
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from tcptui.protocols.result_set import no_result_sets

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.model.packet_store import PacketStore
    from tcptui.model.request import TransactionState
    from tcptui.model.sparse_mask import SparseMask
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http.message import HttpMessage
    from tcptui.protocols.message_schema import Schema
    from tcptui.protocols.parts import Part
    from tcptui.protocols.result_set import Result
    from tcptui.protocols.row_notes import NotedRows
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace

    HttpMessages = tuple[HttpMessage | None, HttpMessage | None]

#: Within which time beyond the path's a sender goes on that had waited for a window.
_PROMPT_NS: Final = 50_000_000
#: Most messages read of one connection; each takes a few KiB of memory.
UNIT_LIMIT: Final = 5_000
#: The same for whoever looks at all packets of a connection, as display filters do: a minute's wait is worth an answer,
#: and of such connections few are kept at a time.
DEEP_LIMIT: Final = 50_000


@dataclass(frozen=True, slots=True)
class Unit:
    """A message, or another unit that the protocol delimits: bytes ``start … stop`` of one direction."""

    start: int
    stop: int
    frame: int
    """The frame whose header tree shows it: that which completed it (0: none was captured)."""
    header: int = 0
    """How many of its first bytes Wireshark needs to know its length (0: it finds its end otherwise)."""


class Placed(Protocol):
    """A message, or what else is bytes ``start … stop`` of one direction."""

    @property
    def direction(self) -> ByteStream:
        """The bytes of the direction."""

    @property
    def start(self) -> int:
        """Offset of the first byte, …"""

    @property
    def stop(self) -> int:
        """… and of the one behind the last."""


class _Message(Placed, Protocol):
    @property
    def complete(self) -> bool: ...


# As `Exchange`, not frozen: there are as many as messages in a capture, and a frozen one takes three times as long.
@dataclass(slots=True, eq=False)
class Carried:
    """A message as bytes ``start … stop`` of one direction, with the packets that carried them."""

    direction: ByteStream = field(repr=False)
    start: int
    stop: int
    """At most the bytes that are known to have been sent."""
    complete: bool
    """All of it was captured."""
    spans: Sequence[int] = field(default=(), repr=False)
    """Start and stop of its stretches, one after the other, where bytes of others lie between them; else empty."""

    @classmethod
    def of(cls, message: _Message) -> Carried:
        """The whole of ``message``."""
        return cls(message.direction, message.start, message.stop, message.complete)

    @property
    def stretches(self) -> list[tuple[int, int]]:
        """Start and stop of each of its stretches."""
        return list(zip(self.spans[::2], self.spans[1::2], strict=True)) or [(self.start, self.stop)]

    @property
    def bytes(self) -> int:
        """How many bytes it has."""
        if not self.spans:
            return max(self.stop - self.start, 0)
        return sum(max(stop - start, 0) for start, stop in self.stretches)

    @property
    def first_frame(self) -> int:
        """The frame that first carried its first byte; 0 unknown."""
        frames = self.direction.frames_of(self.start, self.start + 1)
        return frames[0] if frames else 0

    @property
    def last_frame(self) -> int:
        """The frame with which all of it had passed the capture point; 0 unknown."""
        return self.direction.delivered_frame(max(self.stop - 1, self.start))

    @property
    def first_ns(self) -> int:
        """When its first byte first passed, in ns since the epoch; 0 unknown."""
        return self.direction.first_ns(self.start)

    @property
    def last_ns(self) -> int:
        """When all of it had passed, in ns since the epoch; 0 unknown."""
        return self.direction.delivered_ns(max(self.stop - 1, self.start))


class HeldBack(NamedTuple):
    """A time in which a message could not go on, because its receiver's program had not made room for it (ns)."""

    begin_ns: int
    """When what filled the room had passed."""
    open_ns: int
    """When the word that there is room again was known, as seen from here."""
    next_ns: int
    """When the message went on."""

    @staticmethod
    def reach_ns(way_ns: int) -> int:
        """Within which time behind the word that there is room a message goes on that waited for it, over that path."""
        return way_ns // 4 + _PROMPT_NS

    def went_on_at_once(self, way_ns: int) -> bool:
        """Whether it went on as soon as a path of ``way_ns`` lets it: else it waited for something else."""
        return self.next_ns - self.open_ns <= self.reach_ns(way_ns)


class MessageWindows(Protocol):
    """The windows that a protocol has of its own, of the messages of one connection."""

    def held_back(self, exchange: str | None, side: int, lag_ns: int) -> Sequence[HeldBack]:
        """As `Exchange.held_back`, of the exchange with that id."""
        ...

    def known_until_ns(self, side: int) -> int:
        """Up to when it is known whether they held back what ``side`` sends: a byte is missing then (ns)."""
        ...

    def may_have_held(self, side: int, until_ns: int, reach_ns: int) -> bool:
        """As `Exchange.may_have_been_held`."""
        ...


@dataclass(slots=True, eq=False)
class Exchange:
    """One operation that the client requested, with the answer as far as it was captured."""

    protocol: str
    """As in `tcptui.model.request.Request`."""
    operation: str
    """Text from the packets, not yet safe to print; secrets are left out.  Empty without the request."""
    status: str
    """The answer's code; empty without an answer."""
    request: Carried | None
    """None: only the answer was captured."""
    response: Carried | None
    id: str | None = None
    read_messages: Callable[[], HttpMessages] = lambda: (None, None)
    """What `messages` gives: they take some KiB, and most who list requests do without."""
    is_counted: bool = False
    """Its answer was found by counting, though its kind `is_numbered`: there is no number in it."""
    interim: tuple[Carried, ...] = ()
    """Answers before the final one: `100 Continue`, or that to `DATA`."""
    is_reset: bool = False
    """One side ended it early by the protocol's own means: nobody waits for an answer any more."""
    given_up: Carried | None = None
    """With what the client did so that had sent its request to the end."""
    rows: int | None = None
    """How many rows or elements the answer has; None where that is no question."""
    waits: bool = False
    """The answer waits for something to happen, as the client asked: the wait is nobody's."""
    lead: int = 0
    """Where the request begins in its direction, if only what the protocol itself needs to begin came before."""
    statement: str = ""
    """As in `tcptui.model.request.Request`, but not yet safe to print."""
    transaction: TransactionState | None = None
    """As there."""
    later_ns: int = 0
    """None that comes behind it began before; 0: that is not known."""
    windows: MessageWindows | None = None
    """None: the protocol has none of its own."""
    session: bytes = b""
    """What names the session that it opens: a secret, as whoever knows it may cancel; empty where nothing does …"""
    cancels: bytes = b""
    """… and that of the session whose request it asks to be cancelled."""
    result_sets: Callable[[], Iterator[Result]] = no_result_sets
    """Reads the rows of its answer, for whoever exports them; may raise OSError."""
    may_hold_secrets: Callable[[], bool] = bool
    """Whether its rows may hold secrets: its statement names one, or nothing tells that it does not."""
    one_reading: bool = False
    """As in `tcptui.model.request.Request`."""

    @property
    def messages(self) -> HttpMessages:
        """Request and answer as HTTP, for whoever exports them."""
        return self.read_messages()

    def held_back(self, side: int, lag_ns: int) -> Sequence[HeldBack]:
        """When its message of ``side`` was, in order; room that is seen to be made is known there ``lag_ns`` later.

        Raises OSError when the spool is gone.
        """
        return () if self.windows is None else self.windows.held_back(self.id, side, lag_ns)

    def windows_known_ns(self, side: int) -> int | None:
        """Up to when it is known whether `held_back` says all of what ``side`` sent; None: to the end.

        Raises OSError when the spool is gone.
        """
        return None if self.windows is None else self.windows.known_until_ns(side)

    def may_have_been_held(self, side: int, until_ns: int, reach_ns: int) -> bool:
        """Whether windows are not known, and one of ``side`` was opened so shortly before ``until_ns``.

        Then nothing tells whether its message waited for that.  Raises OSError when the spool is gone.
        """
        return self.windows is not None and self.windows.may_have_held(side, until_ns, reach_ns)

    @property
    def carried(self) -> tuple[Carried, ...]:
        """All that was captured of it."""
        return tuple(one for one in (self.request, *self.interim, self.response) if one is not None)

    @property
    def complete(self) -> bool:
        """Whether both messages were captured to their last byte."""
        request, response = self.request, self.response
        return request is not None and response is not None and request.complete and response.complete


class Extent(NamedTuple):
    """How much was read of a connection."""

    messages: int
    """About how many messages of both directions are kept."""
    limited: bool
    """Whether there is more, which a limit left out."""


class ParsedStream(Protocol):
    """One connection as one protocol parses it.  Every method may raise OSError when the spool is gone."""

    @property
    def extent(self) -> Extent:
        """How much was read of it, which is read now at the latest."""
        ...

    def units(self, place: SegmentPlace) -> Sequence[Unit]:
        """The messages of which the segment carries at least one byte, in order."""
        ...

    def was_left_out(self, place: SegmentPlace) -> bool:
        """Whether reading stopped before the segment because a limit was reached."""
        ...

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """Append the messages that the packet completed to its header tree; False: its payload belongs to none."""
        ...

    def parts(self) -> Iterator[Part]:
        """The decoded parts of both directions, in the order in which they became readable."""
        ...

    def requests(self) -> Iterator[Exchange]:
        """The operations, in the order in which they were requested; at most as many as were parsed."""
        ...


class CarryingStream:
    """A `ParsedStream` that carries another protocol: inside of its own, or behind it."""

    inner: ParsedStream | None = None
    """What the carried bytes are parsed as, which whoever knows all protocols sets."""
    before: ParsedStream | None = None
    """What was said before, by the protocol that turned to another one, which sets it."""

    @property
    def plain(self) -> tuple[ByteStream, ByteStream] | None:
        """The carried bytes of both directions in plain; None where none opens."""
        raise NotImplementedError

    @property
    def is_all(self) -> bool:
        """Whether there is nothing but what it carries, and no limit left out any of that."""
        raise NotImplementedError


class EncryptedStream(CarryingStream):
    """… and whose own bytes are encrypted."""


class DecodedStream:
    """A `ParsedStream` that is followed decoded though its beginning may be text: lengths and frames divide it."""


class UpgradedStream:
    """A `ParsedStream` that another protocol may have begun."""

    @property
    def begun_by(self) -> ParsedStream | None:
        """What that said; None: nothing."""
        raise NotImplementedError


class StreamOfQuestions:
    """A `ParsedStream` whose requests are answered in any order, each named by what it asks."""


class BrokeredStream(DecodedStream):
    """… of a broker's client, which the broker may ask to be heard from in time."""


class ChannelledStream(DecodedStream):
    """… of a broker's client that speaks on channels, each of which the broker may close and say why."""


class FramedStream(DecodedStream):
    """… of binary frames, whose messages may have a schema."""

    schema: Schema
    """What messages of Protocol Buffers mean."""


class StreamPrefilter(Protocol):
    """Which streams are worth reading in full; grows with the capture.  Only one thread at a time may call `update`."""

    def update(self) -> None:
        """Take in the rows found since the last call."""
        ...

    def suspects(self) -> SparseMask:
        """A mask of the streams that may yield more than a note."""
        ...

    def read(self, suspects: SparseMask) -> SparseMask:
        """A mask of the streams whose payload is judged before a user opens them: ``suspects``, and a few others."""
        ...

    def evict(self, streams: NDArray[np.int64]) -> None:
        """Drop what is known of ``streams`` (ascending), which were evicted."""
        ...

    def speaks(self, stream: int) -> bool:
        """Whether a message of the protocol was seen in ``stream``."""
        ...

    def error_rows(self, stream: int) -> list[tuple[int, int]]:
        """The rows of ``stream`` that begin with an error response, each with its code, in capture order."""
        ...


#: Makes a prefilter from the packet store, the stream table, the noted rows, and a function that reads a row's payload.
MakePrefilter = Callable[["PacketStore", "StreamTable", "NotedRows", Callable[[int], bytes]], StreamPrefilter]


class MessageTable(Protocol):
    """Fields of the messages of a connection, by packet: see `tcptui.protocols.row.Tables`."""

    names: frozenset[str]
    """The fields that were asked for."""
    units: int
    """How many it has, each of some 30 bytes."""

    def values(self, name: str, packets: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64], list[Any]]:
        """The values of ``name``, one of `names` or the protocol's, in ``packets`` (frame numbers, ascending).

        A mask of the packets that it answers for; the places among them of all values, not in order; the values.
        """
        ...
