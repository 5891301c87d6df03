"""One connection parsed as PostgreSQL: its `ParsedStream`; what is within TLS is the TLS reader's."""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Final

from tcptui.model.cached_attribute import cached_attribute
from tcptui.model.request import TransactionState
from tcptui.protocols.interface import Extent, Unit
from tcptui.protocols.parts import Label, Part, frame_at, once
from tcptui.protocols.postgresql.conversation import operations
from tcptui.protocols.postgresql.detection import postgresql_sides
from tcptui.protocols.postgresql.fields import sqlstate
from tcptui.protocols.postgresql.message import HEADER, Kind, Message
from tcptui.protocols.postgresql.notes import Notes
from tcptui.protocols.postgresql.opening import opening_of
from tcptui.protocols.postgresql.reader import MAX_STORED_BODY, Reader
from tcptui.protocols.postgresql.text import (
    data_blocks,
    error_text,
    parameter_texts,
    row_blocks,
    statement_blocks,
)  # fmt: skip
from tcptui.protocols.stream.touching import touched
from tcptui.protocols.stream.turns import turn_borders
from tcptui.protocols.stream.unread import Unread
from tcptui.protocols.tls.parse import parse_starttls, turned_streams
from tcptui.protocols.tls.tls_stream import TlsStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.interface import Exchange
    from tcptui.protocols.postgresql.opening import Opening
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace


_DATA: Final = frozenset({Kind.DATA, Kind.SENT_DATA})
_ERRORS: Final = {Kind.ERROR: "postgresql-error", Kind.NOTICE: "postgresql-notice"}
_STATEMENTS: Final = frozenset({Kind.QUERY, Kind.PARSE})
_ERROR_SHOWN: Final = "VMDHWP"
#: Most parameter statuses of one part: a session begins with a dozen.
_SETTINGS_MOST: Final = 64
#: What carries values that are not written out: their formats are known to who asked alone.
_BODIES: Final = frozenset({Kind.CREDENTIALS, Kind.BIND, Kind.CALL, Kind.RESULT})

_HEAD: Final = struct.Struct(">BI")


@dataclass(slots=True)
class _Read:
    """What was read of one side."""

    messages: list[Message] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    limited: bool = False


def parse_postgresql(client: ByteStream, server: ByteStream, limit: int) -> PostgresqlStream | TlsStream | None:
    """The parsed connection, at most ``limit`` messages, or runs of rows, of each side; None when it is another's.

    Where it turned to TLS, that is TLS, with what was said before.
    """
    sides = postgresql_sides(client, server)
    if sides is None:
        return None
    stream = PostgresqlStream(*sides, limit)
    if stream.opening.by is Kind.SSL_REQUEST and sides[0] is client:
        tls = parse_starttls(client, server, limit)
        if tls is not None:
            tls.before = stream
            return tls
    return stream


def postgresql_requests(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """See `RequestReader`."""
    sides = postgresql_sides(client, server)
    if sides is None:
        return None
    found = _exchanges(*sides)
    opening = opening_of(*sides)
    plain = turned_streams(*sides) if opening.by is Kind.SSL_REQUEST else None
    return found if plain is None or postgresql_sides(*plain) is None else chain(found, _exchanges(*plain))


def _exchanges(client: ByteStream, server: ByteStream) -> Iterator[Exchange]:
    return (one.exchange(client, server) for one in operations(client, server))


class PostgresqlStream:
    """The `ParsedStream` of PostgreSQL; ``client`` is the side that asks."""

    def __init__(self, client: ByteStream, server: ByteStream, limit: int) -> None:
        self._client, self._server, self._limit = client, server, limit

    @cached_property
    def opening(self) -> Opening:
        """How it begins."""
        return opening_of(self._client, self._server)

    @cached_attribute
    def _read(self) -> dict[int, _Read]:
        """What was read, by side of the connection."""
        opening, found = self.opening, dict[int, _Read]()
        stops = opening.sealed or (None, None)
        borders = turn_borders(self._client, self._server)
        for side, direction in enumerate((self._client, self._server)):
            reader = Reader(direction, side, first=opening.answers if side else 0, stop=stops[side], borders=borders)
            read = found[direction.side] = _Read()
            while (one := reader.next()) is not None:
                if len(read.messages) >= self._limit:
                    read.limited = True
                    break
                if isinstance(one, Unread):
                    read.unread.append(one)
                else:
                    read.messages.append(one)
        return found

    @cached_property
    def _notes(self) -> Notes:
        read = self._read[self._client.side]
        stop = read.messages[-1].stop if read.messages and read.limited else self._client.length
        asked = [one for one in self._read[self._server.side].messages if one.kind is Kind.AUTHENTICATION]
        return Notes(operations(self._client, self._server), asked, stop=stop)

    def units(self, place: SegmentPlace) -> list[Unit]:
        """See `ParsedStream`."""
        found = touched(self._read[place.direction.side].messages, place.start, place.stop, lambda one: one.stop)
        each = chain.from_iterable(_within(one, place.start, place.stop) for one in found)
        return [Unit(one.start, one.stop, one.frame, HEADER) for one in each]

    @property
    def extent(self) -> Extent:
        """See `ParsedStream`."""
        reads = self._read.values()
        return Extent(sum(len(read.messages) for read in reads), any(read.limited for read in reads))

    def was_left_out(self, place: SegmentPlace) -> bool:
        """See `ParsedStream`."""
        read = self._read[place.direction.side]
        return read.limited and (not read.messages or place.start >= read.messages[-1].stop)

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        from tcptui.protocols.postgresql.tree import add_postgresql  # imported late: a report needs no tree

        segment = place.segment
        messages = self._read[segment.direction.side].messages
        add_postgresql(dissection, place, list(_completed(messages, dissection.view.frame)), self._notes)
        return bool(touched(messages, segment.start, segment.stop, lambda one: one.stop))

    def parts(self) -> Iterator[Part]:
        """See `ParsedStream`."""
        reads = self._read.values()
        found: list[Message | Unread] = []
        for read in reads:
            found += [*read.messages, *read.unread]
        found.sort(key=lambda one: (one.direction.delivered_ns(one.start), one.direction is self._server, one.start))
        return _parts_of(found, self._notes)

    def requests(self) -> Iterator[Exchange]:
        """See `ParsedStream`."""
        return _exchanges(self._client, self._server)


def _parts_of(messages: Iterable[Message | Unread], notes: Notes) -> Iterator[Part]:
    """The decoded part of each message, or of bytes that are not read; the settings of a session are one part."""
    settings: list[Message] = []
    for one in messages:
        is_setting = isinstance(one, Message) and one.kind is Kind.PARAMETER
        goes_on = is_setting and 0 < len(settings) < _SETTINGS_MOST
        if settings and not (goes_on and one.direction is settings[0].direction and one.start == settings[-1].stop):
            yield _settings(settings)
            settings = []
        if isinstance(one, Unread):
            yield _hidden(one.direction, one.start, one.stop, Label("postgresql-unread", {"count": _bytes(one)}))
        elif is_setting:
            settings.append(one)
        else:
            yield _part_of(one, notes)
    if settings:
        yield _settings(settings)


def _settings(messages: list[Message]) -> Part:
    """The part of parameter statuses that follow one another; each line is of its own bytes."""
    direction, start, last = messages[0].direction, messages[0].start, messages[-1]
    cut = "" if all(one.complete for one in messages) else "cut"
    label = Label("postgresql-message", {"type": last.kind.title, "count": f"{last.stop - start:,}"})
    return Part(
        direction.side, start, last.stop, frame_at(direction, start), direction.delivered_ns(start), label,
        lambda: ((one.start, _payload_text(one)) for one in messages), trouble=lambda: cut,
    )  # fmt: skip


def _part_of(message: Message, notes: Notes) -> Part:
    kind = message.kind
    if kind in _STATEMENTS:
        return _part(message, Label("postgresql-message", {"type": kind.title}), lambda: statement_blocks(message))
    if kind is Kind.STARTUP:
        said = "".join(f"{name} = {value}\n" for name, value in parameter_texts(message)).encode()
        return _part(message, Label("postgresql-message", {"type": kind.title}), once(message.start, said))
    if kind in _ERRORS:
        is_secret = notes.hides(message)
        fields = error_text(message.body, is_secret=is_secret, letters=_ERROR_SHOWN)
        text = "\n".join(value for _, value in fields).encode() + b"\n"
        return _part(message, Label(_ERRORS[kind], {"code": sqlstate(message)}), once(message.start, text))
    if kind is Kind.ROW or kind in _DATA:
        facts: dict[str, object] = {"count": f"{message.count:,}", "bytes": _bytes(message)}
        name = "postgresql-rows" if kind is Kind.ROW else "postgresql-data"
        if notes.hides(message):
            return _hidden(message.direction, message.start, message.stop, Label(f"{name}-hidden", facts))
        blocks = row_blocks if kind is Kind.ROW else data_blocks
        return _part(message, Label(name, facts), lambda: blocks(message))
    facts = {"type": kind.title, "count": _bytes(message)}
    state = TransactionState.of(message.body) if kind is Kind.READY else None
    if state is not None:
        return _part(message, Label(f"postgresql-ready-{state.value}"), once(message.start, b""))
    if kind in _BODIES:
        return _hidden(message.direction, message.start, message.stop, Label("postgresql-body", facts))
    return _part(message, Label("postgresql-message", facts), once(message.start, _payload_text(message)))


def _payload_text(message: Message) -> bytes:
    """What a short message says beside its kind; empty where that is nothing."""
    if message.kind is Kind.COMPLETE or message.kind is Kind.ENCRYPTION:
        return message.body.rstrip(b"\0") + b"\n"
    if message.kind is Kind.PARAMETER:
        return " = ".join(message.texts(2)).encode() + b"\n"
    if message.kind is Kind.NOTIFICATION:
        return ": ".join(message.texts(2, 4)).encode() + b"\n"
    return b""


def _part(message: Message, label: Label, blocks: Callable[[], Iterator[tuple[int, bytes]]]) -> Part:
    direction, cut = message.direction, "" if message.complete else "cut"
    return Part(
        direction.side, message.start, message.stop, frame_at(direction, message.start),
        direction.delivered_ns(message.start), label,
        blocks, trouble=lambda: cut,
    )  # fmt: skip


def _hidden(direction: ByteStream, start: int, stop: int, label: Label) -> Part:
    return Part(
        direction.side, start, stop, frame_at(direction, start), direction.delivered_ns(start), label, once(start, b"")
    )  # fmt: skip


def _bytes(one: Message | Unread) -> str:
    return f"{one.stop - one.start:,}"


def _within(message: Message, start: int, stop: int) -> Iterator[Message]:
    """The messages of a run of which a byte lies between ``start`` and ``stop``; of one message, itself."""
    if message.count == 1:
        yield _with_body(message)
        return
    data, base = message.direction.read(message.start, message.stop - message.start), message.start
    at = 0
    for _ in range(message.count):
        if at + HEADER > len(data) or base + at >= stop:
            return
        behind = at + 1 + _HEAD.unpack_from(data, at)[1]
        if base + behind > start:
            body = data[at + HEADER : min(behind, at + HEADER + MAX_STORED_BODY)]
            yield Message(message.direction, base + at, base + behind, message.kind, body, message.complete)
        at = behind


def _with_body(message: Message) -> Message:
    """The message with the beginning of its body."""
    if message.body:
        return message
    size = min(message.stop - message.start - HEADER, MAX_STORED_BODY)
    body = message.direction.read(message.start + HEADER, size) if size > 0 else b""
    return Message(message.direction, message.start, message.stop, message.kind, body, message.complete)


def _completed(messages: Sequence[Message], frame: int) -> Iterator[Message]:
    """The single messages that ``frame`` completed, of ``messages`` of one direction, in order."""
    for run in messages[bisect_left(messages, frame, key=lambda one: one.frame) :]:
        offsets, when = range(run.start, run.stop), run.direction.delivered_frame
        if when(run.start) > frame:
            return
        low = run.start + bisect_left(offsets, frame, key=when)
        high = run.start + bisect_right(offsets, frame, key=when)
        for one in _within(run, low, high):
            if low < one.stop <= high:
                yield one
