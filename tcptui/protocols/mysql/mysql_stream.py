"""One connection parsed as MySQL: the `ParsedStream` of MySQL."""

from __future__ import annotations

from bisect import bisect_right
from functools import partial
from typing import TYPE_CHECKING

from tcptui.model.cached_attribute import cached_attribute
from tcptui.protocols.interface import Carried, Exchange, Extent, Unit
from tcptui.protocols.mysql.asked import Turn
from tcptui.protocols.mysql.codes import REPLICATION
from tcptui.protocols.mysql.conversation import Conversation
from tcptui.protocols.mysql.detection import before_tls, mysql_sides
from tcptui.protocols.mysql.packets import Packet, Packets
from tcptui.protocols.mysql.runs import Role, Run
from tcptui.protocols.result_set import Result, no_result_sets
from tcptui.protocols.sql_secrets import names_secret
from tcptui.protocols.statements.waiting import asks_to_wait
from tcptui.protocols.stream.segment_place import place_of
from tcptui.protocols.tls.parse import parse_starttls
from tcptui.protocols.tls.plain_stream import PlainStream
from tcptui.protocols.tls.tls_stream import TlsStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.mysql.answers import Answer
    from tcptui.protocols.parts import Part
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace

#: Most runs of packets of each direction for each message that is read: one answer may have many result sets.
_RUNS_EACH: int = 8


def parse_mysql(client: ByteStream, server: ByteStream, limit: int) -> MysqlStream | TlsStream | None:
    """The parsed connection, at most ``limit`` commands; None when it is not MySQL.

    Where it turned to TLS, that is TLS, with what was said before.
    """
    sides = mysql_sides(client, server)
    if sides is not None:
        return MysqlStream(*sides, limit)
    tls = parse_starttls(client, server, limit) if before_tls(client, server) else None
    if tls is not None:
        tls.before = MysqlStream(client, server, limit)
    return tls


def mysql_requests(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """See `RequestReader`."""
    sides = mysql_sides(client, server)
    if sides is None:
        return None
    return _exchanges(Conversation(*sides).said())


class MysqlStream:
    """The `ParsedStream` of MySQL; ``client`` is the side that sends commands."""

    def __init__(self, client: ByteStream, server: ByteStream, limit: int) -> None:
        self._sealed = client, server
        self._limit = limit

    @cached_attribute
    def _read(self) -> _Read:
        return _Read(self._sealed, self._limit)

    @property
    def capabilities(self) -> int | None:
        """What both ends can do; None: the login was not captured."""
        return self._read.conversation.capabilities

    def _place(self, place: SegmentPlace) -> SegmentPlace | None:
        """The segment at ``place`` among the bytes that are read, which may have been compressed."""
        directions = self._read.directions
        direction = directions[0] if place.direction.side == directions[0].side else directions[1]
        if direction is place.direction:
            return place
        at = int(place.direction.segments.rows.searchsorted(place.direction.row_at(max(place.start, 0))))
        if at >= len(place.direction.segments.rows):
            return None
        return place_of(directions, int(place.direction.segments.rows[at]), int(place.direction.segments.frame[at]))

    def packets(self, side: int, start: int, stop: int) -> Iterator[tuple[Run, Packet]]:
        """The packets of ``side`` with a byte between ``start`` and ``stop``, with the runs they are in."""
        runs, reader = self._read.of_side[side], self._read.readers[side]
        at = max(bisect_right(runs, start, key=lambda run: run.start) - 1, 0)
        for run in runs[at:]:
            if run.start >= stop:
                return
            if run.stop > start:
                for packet in run.packets(reader, start, stop):
                    yield run, packet

    def shown_in(self, place: SegmentPlace, frame: int) -> list[tuple[Run, Packet]]:
        """The packets that ``frame`` completed, in order."""
        direction = place.direction
        found = []
        for run, packet in self.packets(direction.side, direction.delivered_with(place.start), direction.length):
            last = direction.delivered_frame(min(packet.stop, direction.length) - 1)
            if last == frame:
                found.append((run, packet))
            elif packet.start >= place.stop:
                break
        return found

    def units(self, place: SegmentPlace) -> list[Unit]:
        """See `ParsedStream`."""
        inner = self._place(place)
        if inner is None:
            return []
        direction = inner.direction
        is_coded = direction is not place.direction
        found = []
        for _, packet in self.packets(direction.side, inner.start, inner.stop):
            stop = min(packet.stop, direction.length)
            start = packet.start
            frame = direction.delivered_frame(stop - 1)
            if is_coded and isinstance(direction, PlainStream):
                start, stop = direction.sealed_offset(start), direction.sealed_offset(stop)
            found.append(Unit(start, max(stop, start), frame))
        return found

    @property
    def extent(self) -> Extent:
        """See `ParsedStream`."""
        return Extent(sum(map(len, self._read.of_side.values())), self._read.limited)

    def was_left_out(self, place: SegmentPlace) -> bool:
        """See `ParsedStream`."""
        inner = self._place(place)
        runs = self._read.of_side[place.direction.side]
        return self._read.limited and inner is not None and (not runs or inner.start >= runs[-1].stop)

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        # Imported late: a report needs no tree.
        from tcptui.protocols.mysql.tree import add_mysql
        from tcptui.protocols.tls.plain_place import PlainPlace

        inner = self._place(place.segment)
        if inner is None:
            return False
        shown = self.shown_in(inner, dissection.view.frame)
        where = place if inner is place.segment else PlainPlace(inner, 0, dissection.view.frame)
        add_mysql(dissection, where, shown, self._read.conversation)
        return bool(self.units(place.segment))

    def parts(self) -> Iterator[Part]:
        """See `ParsedStream`."""
        from tcptui.protocols.mysql.parts import parts_of

        return parts_of(self._read.said, self._read.directions, self.capabilities or 0)

    def requests(self) -> Iterator[Exchange]:
        """See `ParsedStream`."""
        return _exchanges(self._read.said)


class _Read:
    """What was read of both sides."""

    def __init__(self, directions: tuple[ByteStream, ByteStream], limit: int) -> None:
        self.conversation = Conversation(*directions)
        self.said: list[Turn | Run] = []
        self.limited = False
        runs: list[Run] = []
        for one in self.conversation.said():
            if len(self.said) >= limit or len(runs) > _RUNS_EACH * limit:
                self.limited = True
                break
            self.said.append(one)
            runs.extend([one] if isinstance(one, Run) else runs_of(one))
        self.directions = self.conversation.directions
        self.readers: dict[int, Packets] = {direction.side: Packets(direction) for direction in self.directions}
        self.of_side: dict[int, list[Run]] = {
            direction.side: sorted(
                (run for run in runs if run.direction.side == direction.side), key=lambda run: run.start
            )
            for direction in self.directions
        }


def runs_of(turn: Turn) -> list[Run]:
    """The packets of a command and of its answer."""
    return turn.runs + ([] if turn.answer is None else turn.answer.runs)


def _exchanges(turns: Iterable[Turn | Run]) -> Iterator[Exchange]:
    """The requests; a command that nothing answers, as COM_QUIT, is none."""
    return (exchange_of(one) for one in turns if isinstance(one, Turn) and one.is_answered)


def exchange_of(turn: Turn) -> Exchange:
    """The command and its answer as a request."""
    runs, answer = turn.runs, turn.answer
    request = None
    if runs:
        complete = all(run.complete for run in runs)
        request = Carried(runs[0].direction, runs[0].start, runs[-1].stop, complete)
    interim, response = tuple[Carried, ...](), None
    if answer is not None and answer.runs:
        direction = answer.runs[0].direction
        response = Carried(direction, answer.start, answer.stop, answer.complete)
        if turn.sends_file:
            wanted = next(run for run in answer.runs if run.role is Role.FILE_WANTED)
            interim = (Carried(direction, answer.start, wanted.stop, wanted.complete),)
            response = None
            if answer.stop > wanted.stop:
                response = Carried(direction, wanted.stop, answer.stop, answer.complete)
    return Exchange(
        "mysql", turn.operation, "" if answer is None else answer.status, request, response,
        interim=interim, rows=None if answer is None else answer.rows,
        waits=turn.command in REPLICATION or asks_to_wait(turn.statement),
        statement=turn.statement, transaction=None if answer is None else answer.transaction,
        session=_session(turn.thread), cancels=_session(turn.kills),
        may_hold_secrets=partial(names_secret, turn.statement),
        result_sets=partial(_result_sets, answer) if answer is not None and answer.rows else no_result_sets,
    )  # fmt: skip


def _session(number: int) -> bytes:
    """What names a session, for `Exchange`; nothing where it is not known."""
    return b"" if number < 0 else number.to_bytes(8)


def _result_sets(answer: Answer) -> Iterator[Result]:
    from tcptui.protocols.mysql.result_rows import result_sets  # seldom asked for

    return result_sets(answer)
