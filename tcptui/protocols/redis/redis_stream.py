"""One connection parsed as RESP: the `ParsedStream` of Redis."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

from tcptui.model.cached_attribute import cached_attribute
from tcptui.protocols.interface import Carried, DecodedStream, Exchange, Extent, Unit
from tcptui.protocols.parts import Label, Part, frame_at, once
from tcptui.protocols.redis.command import Command
from tcptui.protocols.redis.conversation import conversation
from tcptui.protocols.redis.detection import redis_sides
from tcptui.protocols.redis.text import command_text, reply_text
from tcptui.protocols.redis.value import Kind, Value
from tcptui.protocols.result_set import Result, no_result_sets
from tcptui.protocols.stream.touching import by_frame, touched
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace


_NAME_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class Message:
    """A value that one side sent, with the command that it is, or answers."""

    value: Value
    command: Command | None
    is_reply: bool

    @property
    def start(self) -> int:
        """Where it begins in its direction."""
        return self.value.start

    @property
    def hides_all(self) -> bool:
        """Whether nothing of it may be shown."""
        if self.command is None:
            return False
        return self.command.hides_reply if self.is_reply else self.command.hides_all


@dataclass(slots=True)
class _Read:
    """What was read of both sides."""

    commands: list[Command] = field(default_factory=list)
    of_side: tuple[list[Message], list[Message]] = field(default_factory=lambda: ([], []))
    unread: list[Unread] = field(default_factory=list)
    limited: bool = False


def parse_redis(client: ByteStream, server: ByteStream, limit: int) -> RedisStream | None:
    """The parsed connection, at most ``limit`` messages of each side; None when it is not RESP."""
    sides = redis_sides(client, server)
    return None if sides is None else RedisStream(*sides, limit)


def redis_requests(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """See `RequestReader`."""
    sides = redis_sides(client, server)
    if sides is None:
        return None
    return (exchange_of(said) for said in conversation(*sides) if isinstance(said, Command))


class RedisStream(DecodedStream):
    """The `ParsedStream` of Redis; ``client`` is the side that sends commands."""

    def __init__(self, client: ByteStream, server: ByteStream, limit: int) -> None:
        self._client, self._server, self._limit = client, server, limit

    @cached_attribute
    def _read(self) -> _Read:
        read, most = _Read(), self._limit
        for said in conversation(self._client, self._server):
            if len(read.commands) >= most or any(len(one) >= 2 * most for one in read.of_side):
                read.limited = True
                break
            if isinstance(said, Unread):
                read.unread.append(said)
                continue
            if isinstance(said, Command):
                read.commands.append(said)
                read.of_side[self._client.side].append(Message(said.value, said, is_reply=False))
                answers = [Message(value, said, is_reply=True) for value in said.replies]
            else:
                answers = [Message(said.value, None, is_reply=True)]
            read.of_side[self._server.side].extend(answers)
        for messages in read.of_side:
            messages.sort(key=lambda one: one.start)
        return read

    @cached_property
    def _shown(self) -> tuple[dict[int, list[Message]], dict[int, list[Message]]]:
        """By side, the messages that each frame completed."""
        first, second = (by_frame(said, lambda one: _frame_of(one.value)) for said in self._read.of_side)
        return first, second

    def shown_in(self, side: int, frame: int) -> list[Message]:
        """The messages of ``side`` that ``frame`` completed, in order."""
        return self._shown[side].get(frame, [])

    def units(self, place: SegmentPlace) -> list[Unit]:
        """See `ParsedStream`."""
        found = touched(self._read.of_side[place.direction.side], place.start, place.stop, lambda one: one.value.stop)
        return [Unit(one.start, one.value.stop, _frame_of(one.value)) for one in found]

    @property
    def extent(self) -> Extent:
        """See `ParsedStream`."""
        return Extent(sum(map(len, self._read.of_side)), self._read.limited)

    def was_left_out(self, place: SegmentPlace) -> bool:
        """See `ParsedStream`."""
        messages = self._read.of_side[place.direction.side]
        return self._read.limited and (not messages or place.start >= messages[-1].value.stop)

    def add_layers(self, dissection: Dissection, place: FramePlace) -> bool:
        """See `ParsedStream`."""
        from tcptui.protocols.redis.tree import add_redis  # imported late: a report needs no tree

        add_redis(dissection, place, self.shown_in(place.direction.side, dissection.view.frame))
        return bool(self.units(place.segment))

    def parts(self) -> Iterator[Part]:
        """See `ParsedStream`."""
        read = self._read
        found: list[Message | Unread] = [*read.of_side[0], *read.of_side[1], *read.unread]
        found.sort(key=self._readable_at)
        return (_part_of(one) for one in found)

    def _readable_at(self, one: Message | Unread) -> tuple[int, bool, int]:
        direction = one.direction if isinstance(one, Unread) else one.value.direction
        return direction.delivered_ns(one.start), direction is self._server, one.start

    def requests(self) -> Iterator[Exchange]:
        """See `ParsedStream`."""
        return map(exchange_of, self._read.commands)


def exchange_of(command: Command) -> Exchange:
    """The command and its answer as a request."""
    answers = [Carried.of(value) for value in command.replies]
    last = command.replies[-1] if command.replies else None
    has_rows = last is not None and bool(last.rows) and not command.subscribes  # a confirmation has no data
    return Exchange(
        "redis", command.operation, command.status, Carried.of(command.value), answers[-1] if answers else None,
        interim=tuple(answers[:-1]), is_reset=command.unanswered, rows=None if last is None else last.rows,
        waits=command.waits,
        # Without rows nobody asks, and what would be asked holds the whole command in memory.
        may_hold_secrets=partial(_may_hold_secrets, command) if has_rows else bool,
        result_sets=partial(_result_sets, last, command.name) if last is not None and has_rows else no_result_sets,
    )  # fmt: skip


def _may_hold_secrets(command: Command) -> bool:
    from tcptui.protocols.redis.result_rows import may_hold_secrets

    return may_hold_secrets(command)


def _result_sets(reply: Value, name: str) -> Iterator[Result]:
    from tcptui.protocols.redis.result_rows import may_answer_pairs, result_sets  # seldom asked for

    return result_sets(reply, in_pairs=may_answer_pairs(name))


def _frame_of(value: Value) -> int:
    return value.direction.delivered_frame(value.stop - 1)


def _part_of(one: Message | Unread) -> Part:
    """The decoded part of one message, or of bytes that are not read."""
    if isinstance(one, Unread):
        return _hidden(one.direction, one.start, one.stop, "redis-unread")
    value, command = one.value, one.command
    if one.hides_all:
        return _hidden(
            value.direction, value.start, value.stop, "redis-reply-hidden" if one.is_reply else "redis-unnamed"
        )
    if value.kind is Kind.SNAPSHOT:
        return _hidden(value.direction, value.start, value.stop, "redis-snapshot")
    if one.is_reply:
        name = "redis-push" if command is None else "redis-reply"
        return _part(value, Label(name), lambda: reply_text(value))
    assert command is not None
    secrets = command.secrets
    facts: dict[str, object] = {"name": command.name[:_NAME_SHOWN]}
    if secrets:
        items = value.items
        facts["count"] = f"{sum(items[at].stop - items[at].start for at in secrets if at < len(items)):,}"
    label = Label("redis-command-hidden" if secrets else "redis-command", facts)
    return _part(value, label, lambda: command_text(command))


def _part(value: Value, label: Label, blocks: Callable[[], Iterator[tuple[int, bytes]]]) -> Part:
    direction, cut = value.direction, "" if value.complete else "cut"
    return Part(
        direction.side, value.start, value.stop, frame_at(direction, value.start),
        direction.delivered_ns(value.start), label, blocks,
        trouble=lambda: cut,
    )  # fmt: skip


def _hidden(direction: ByteStream, start: int, stop: int, name: str) -> Part:
    return Part(
        direction.side, start, stop, frame_at(direction, start), direction.delivered_ns(start),
        Label(name, {"count": f"{stop - start:,}"}), once(start, b""),
    )  # fmt: skip
