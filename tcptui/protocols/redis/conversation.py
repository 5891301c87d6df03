"""Which reply answers which command: Redis answers in order, so that counting tells, as long as nothing is missed.

What is no answer: RESP3's pushes; messages of channels; what MONITOR shows; what a primary sends to its replica.
Where either side has bytes that could not be read, or the capture began later, the count is lost.  It is found again
where as many replies as commands pass by turns: all of a turn's replies behind its commands and before the next
command.  Until then commands have no answer here.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.protocols.redis.command import SUBSCRIBING, Answered, Command
from tcptui.protocols.redis.commands import is_command
from tcptui.protocols.redis.reader import Reader
from tcptui.protocols.redis.value import Kind, Value
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.stream.reassembly import ByteStream

#: Most commands that wait for their answers, as where only one side was captured.
_WAITING_MOST: Final = 100_000
#: Most commands of a transaction that are remembered.
_QUEUED_MOST: Final = 1_000
#: Kinds of values that a server may send without being asked.
_UNASKED: Final = frozenset({Kind.PUSH, Kind.SNAPSHOT, Kind.ARRAY, Kind.STRING})
#: Commands that change how the server answers; all others change nothing, but within a transaction.
_CHANGING: Final = SUBSCRIBING | {"MONITOR", "MULTI", "EXEC", "PSYNC", "SYNC", "CLIENT", "REPLCONF"}
_MESSAGES: Final = frozenset({b"message", b"pmessage", b"smessage", b"invalidate"})
_CONFIRMATIONS: Final = frozenset(
    {b"subscribe", b"psubscribe", b"ssubscribe", b"unsubscribe", b"punsubscribe", b"sunsubscribe"}
)


@dataclass(frozen=True, slots=True)
class Unasked:
    """What the server sent without being asked."""

    value: Value


@dataclass(frozen=True, slots=True)
class Heard:
    """A reply whose command is not known."""

    value: Value


#: What a connection consists of.
Element = Command | Unasked | Heard | Unread


def conversation(client: ByteStream, server: ByteStream) -> Iterator[Element]:
    """All that both sides sent; commands in order, each when it is answered or it is known that it is not."""
    return _Pairing(client, server).said()


class _Pairing:
    def __init__(self, client: ByteStream, server: ByteStream) -> None:
        self._asks, self._answers = Reader(client, commands=True), Reader(server, commands=False)
        self._counts = self._asks.from_start and self._answers.from_start
        """Which reply belongs to which command is known by counting."""
        self._waiting: deque[Command] = deque()
        self._turn: list[Value] = []
        """Replies since the last command, where counting does not tell."""
        self._next: Command | None = None
        self._asks_over = False
        self._subscribed = self._monitors = self._replicates = self._is_silent = False
        self._skips = 0
        self._queued: list[Command] | None = None
        """The commands of the transaction that is open; None: none is, or not all of it is known."""
        self._others: list[Element] = []

    def said(self) -> Iterator[Element]:
        """See `conversation`."""
        while (found := self._answers.next()) is not None:
            if isinstance(found, Unread):
                yield from self._lost()
                yield found
                continue
            if found.after_unread:
                yield from self._lost()
            if self._counts:
                yield from self._counted(found)
            else:
                yield from self._by_turns(found)
            if self._others:
                yield from self._told()
        if not self._counts:
            yield from self._end_turn()
        while self._ask():
            if len(self._waiting) > _WAITING_MOST:
                yield self._waiting.popleft()
            yield from self._told()
        yield from self._told()
        yield from self._waiting

    # -- the client's side -------------------------------------------------------------------
    def _peek(self) -> Command | None:
        """The next command that was not taken yet."""
        while self._next is None and not self._asks_over:
            found = self._asks.next()
            if isinstance(found, Value):
                if found.after_unread:
                    self._counts = False
                self._next = Command.of(found)
            elif found is None:
                self._asks_over = True
            else:
                self._counts = False
                self._others.append(found)
        return self._next

    def _ask(self) -> bool:
        """Takes the next command; False without one."""
        command = self._peek()
        if command is None:
            return False
        self._next = None
        self._note(command)
        (self._others if command.unanswered else self._waiting).append(command)
        return True

    def _note(self, command: Command) -> None:
        """What the command changes in how the server answers."""
        is_plain = command.name not in _CHANGING and self._queued is None
        if is_plain and not self._is_silent and not self._skips:
            return
        self._subscribed |= command.subscribes
        self._monitors |= command.name == "MONITOR"
        self._note_transaction(command)
        is_never = command.answered is Answered.NEVER
        self._replicates |= is_never or command.name in ("PSYNC", "SYNC")
        command.unanswered = is_never or self._is_silent or self._skips > 0
        self._skips -= self._skips > 0
        if command.name == "CLIENT" and [one.upper() for one in command.arguments[:1]] == [b"REPLY"]:
            how = b"".join(command.arguments[1:2]).upper()
            self._is_silent = how == b"OFF" or (self._is_silent and how != b"ON")
            command.unanswered = how != b"ON"
            self._skips = int(how == b"SKIP")

    def _note_transaction(self, command: Command) -> None:
        if command.name == "MULTI":
            self._queued = []
        elif command.name == "EXEC":
            command.executes, self._queued = self._queued, None
        elif self._queued is not None:
            self._queued.append(command)
            if len(self._queued) > _QUEUED_MOST or command.value.after_unread:
                self._queued = None

    def _told(self) -> Iterator[Element]:
        """What came up meanwhile and waits for nothing."""
        others, self._others = self._others, []
        yield from others

    # -- answers -----------------------------------------------------------------------------
    def _counted(self, value: Value) -> Iterator[Element]:
        """A value of the server while counting tells whose answer it is."""
        if value.kind is Kind.PUSH and _first(value) not in _CONFIRMATIONS:
            yield Unasked(value)
            return
        while not self._waiting and self._ask():
            pass
        if not self._counts:  # what came before the next command could not be read
            yield from self._by_turns(value)
        elif self._is_unasked(value):
            yield Unasked(value)
        elif not self._waiting:
            yield Heard(value)
        else:
            command = self._waiting[0]
            command.replies.append(value)
            if command.answered is not Answered.FOR_EACH or value.is_error or len(command.replies) >= command.count:
                yield self._waiting.popleft()

    def _is_unasked(self, value: Value) -> bool:
        """Whether ``value`` answers no command."""
        if value.kind not in _UNASKED:
            return False
        first, waiting = _first(value), self._waiting[0] if self._waiting else None
        if value.kind is Kind.PUSH:
            return first not in _CONFIRMATIONS or waiting is None or not waiting.subscribes
        if value.kind is Kind.SNAPSHOT:
            return True
        if first in _CONFIRMATIONS and self._subscribed:
            return waiting is None or not waiting.subscribes
        if first in _MESSAGES and value.kind is Kind.ARRAY and value.rows in (3, 4):
            return self._subscribed or waiting is None
        if self._monitors and value.kind is Kind.STRING and value.line[:1].isdigit():
            return True
        return self._replicates and value.kind is Kind.ARRAY and is_command(first)

    # -- where counting does not tell --------------------------------------------------------
    def _lost(self) -> Iterator[Element]:
        """The count is lost: what waits has no known answer."""
        yield from self._end_turn()
        self._counts = False
        while self._waiting:
            command = self._waiting.popleft()
            command.unanswered = True
            yield command

    def _by_turns(self, value: Value) -> Iterator[Element]:
        """A value of the server while only turns tell whose answer it is."""
        begin_ns = value.direction.first_ns(value.start)
        while (command := self._peek()) is not None and _passed_ns(command.value) <= begin_ns:
            if self._turn:
                yield from self._end_turn()
                if self._counts:
                    yield from self._counted(value)
                    return
            self._ask()
            if len(self._waiting) > _WAITING_MOST:
                yield from self._lost()
        if self._is_unasked(value):
            yield Unasked(value)
        else:
            self._turn.append(value)
            if len(self._turn) > len(self._waiting):
                yield from self._end_turn()

    def _end_turn(self) -> Iterator[Element]:
        """A turn is over: pairs its commands with its replies if they are as many."""
        turn, self._turn = self._turn, []
        wanted = sum(one.count if one.answered is Answered.FOR_EACH else 1 for one in self._waiting)
        if not turn or wanted != len(turn):
            for value in turn:
                yield Heard(value)
            if turn:
                while self._waiting:
                    command = self._waiting.popleft()
                    command.unanswered = True
                    yield command
            return
        self._counts = True
        for value in turn:
            yield from self._counted(value)


def _first(value: Value) -> bytes:
    return value.items[0].data if value.items and value.kind in (Kind.ARRAY, Kind.PUSH) else b""


def _passed_ns(value: Value) -> int:
    return value.direction.delivered_ns(value.stop - 1)
