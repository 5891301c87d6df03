"""Which answer belongs to which operation: PostgreSQL answers message by message, in order (55.2).

An operation is a simple query, however many statements it has; or a portal's execution with the Parse, Bind and
Describe before it and the Close and Sync behind it; or what is prepared, described or closed alone; or the opening of
a session.  After an error all up to the next Sync is passed over.  What nobody asked for is no answer: notices,
parameters, notifications; an error that ends the session unasked is an operation without a request.

Where a header is missing, or the capture began later, nothing tells what an answer belongs to, until the server says
that it is ready, has said so for all that was asked in sight, and the client asks then: what it asks is answered next.
Where packets were merely cut, and the ends speak in turns, each turn is the answer to the one before it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.request import TransactionState
from tcptui.protocols.postgresql.asking import PROVIDES, Asking, key_data
from tcptui.protocols.postgresql.fields import is_fatal, rows_of, sqlstate
from tcptui.protocols.postgresql.message import Kind, Message
from tcptui.protocols.postgresql.opening import opening_of
from tcptui.protocols.postgresql.operation import Awaited, Operation, Span, Step
from tcptui.protocols.postgresql.reader import Reader
from tcptui.protocols.stream.turns import turn_borders
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.stream.reassembly import ByteStream

#: Most operations that wait for their answers, as where only one side was captured.
_WAITING_MOST: Final = 100_000
#: What the server says without being asked.
_ASYNCHRONOUS: Final = frozenset({Kind.NOTICE, Kind.PARAMETER, Kind.NOTIFICATION})
_RESULTS: Final = frozenset({Kind.COLUMNS, Kind.ROW, Kind.COMPLETE, Kind.EMPTY, Kind.COPY_IN, Kind.COPY_OUT,
                             Kind.COPY_BOTH, Kind.DATA, Kind.DONE})  # fmt: skip
_SESSION: Final = frozenset({Kind.AUTHENTICATION, Kind.KEY_DATA, Kind.VERSION})
#: By what is awaited: what belongs to the answer, and what ends it.
_TAKES: Final[dict[Awaited, tuple[frozenset[Kind], frozenset[Kind]]]] = {
    Awaited.SESSION: (_SESSION, frozenset({Kind.READY})),
    Awaited.ENCRYPTION: (frozenset(), frozenset({Kind.ENCRYPTION})),
    Awaited.QUERY: (_RESULTS, frozenset({Kind.READY})),
    Awaited.PARSED: (frozenset(), frozenset({Kind.PARSED})),
    Awaited.BOUND: (frozenset(), frozenset({Kind.BOUND})),
    Awaited.CLOSED: (frozenset(), frozenset({Kind.CLOSED})),
    Awaited.STATEMENT_DESCRIBED: (frozenset({Kind.PARAMETERS}), frozenset({Kind.COLUMNS, Kind.NO_DATA})),
    Awaited.PORTAL_DESCRIBED: (frozenset(), frozenset({Kind.COLUMNS, Kind.NO_DATA})),
    Awaited.EXECUTED: (_RESULTS, frozenset({Kind.COMPLETE, Kind.EMPTY, Kind.SUSPENDED})),
    Awaited.CALLED: (frozenset({Kind.RESULT}), frozenset({Kind.READY})),
    Awaited.SYNCED: (frozenset(), frozenset({Kind.READY})),
}
#: What ends with ReadyForQuery by itself, whatever fails.
_TO_READY: Final = frozenset({Awaited.SESSION, Awaited.QUERY, Awaited.CALLED, Awaited.SYNCED})
_OK: Final = "OK"
_SUSPENDED: Final = "suspended"


def operations(client: ByteStream, server: ByteStream) -> Iterator[Operation]:
    """The operations, in order, each when it is answered or it is known that it is not."""
    return _Pairing(client, server).all()


class _Pairing:
    def __init__(self, client: ByteStream, server: ByteStream) -> None:
        opening = opening_of(client, server)
        stops = opening.sealed or (None, None)
        self._turns = turn_borders(client, server)
        self._asks = Reader(client, 0, stop=stops[0], borders=self._turns)
        self._answers = Reader(server, 1, first=opening.answers, stop=stops[1], borders=self._turns)
        self._asking = Asking()
        self._counts = self._asks.from_start and self._answers.from_start
        self._operations: deque[Operation] = deque()
        self._steps: deque[Step] = deque()
        self._next: Message | None = None
        self._is_over = False
        # Where answers are not counted: how often the client asked and the server was ready, and whether it still is.
        self._asked = self._ready = 0
        self._ready_ns = -1

    def all(self) -> Iterator[Operation]:
        """See `operations`."""
        while (found := self._answers.next()) is not None:
            if isinstance(found, Unread):
                self._lose()
            else:
                if found.after_unread:
                    self._lose()
                self._answered(found)
            yield from self._pop_completed()
        while self._ask() is not None:
            if not self._counts:
                self._skip_all()
            yield from self._pop_completed()
        while self._operations:
            yield self._operations.popleft()

    def _pop_completed(self) -> Iterator[Operation]:
        """The operations of which nothing more is to come."""
        waiting = self._operations
        while waiting and ((waiting[0].ends and not waiting[0].open_steps) or len(waiting) > _WAITING_MOST):
            if len(waiting) == 1 and self._counts:  # with the data and credentials that it asked for
                while (message := self._peek()) is not None and message.kind in PROVIDES:
                    self._ask()
            yield waiting.popleft()
        if len(self._steps) > _WAITING_MOST * 4:
            self._lose()

    # -- the client's side -------------------------------------------------------------------
    def _peek(self) -> Message | None:
        """The client's next message, which was not taken yet."""
        while self._next is None and not self._is_over:
            found = self._asks.next()
            if found is None:
                self._is_over = True
            elif isinstance(found, Unread):
                self._lose()
            else:
                if found.after_unread:
                    self._lose()
                self._next = found
        return self._next

    def _ask(self) -> Message | None:
        """Takes the client's next message; None without one."""
        message, self._next = self._peek(), None
        if message is None:
            return None
        begun, step = self._asking.take(message)
        if begun is not None:
            self._operations.append(begun)
        if step is not None:
            self._steps.append(step)
            self._asked += step.awaited in _TO_READY
        return message

    def _lose(self) -> None:
        """Nothing tells any more what an answer belongs to."""
        self._counts = False
        self._asked = self._ready = 0
        self._ready_ns = -1
        for operation in self._operations:
            if not operation.ends:  # more of it was asked, perhaps, and failed
                operation.is_cut = True
                operation.status = "" if operation.status == _OK else operation.status
        self._asking.forget()
        self._skip_all()

    def _skip_all(self) -> None:
        for step in self._steps:
            operation = step.operation
            if self._turns is None or operation.answer.start < 0:
                operation.is_skipped = True
            else:  # the rest of its answer was cut, and the client asks when it has all of it
                operation.is_cut = True
            operation.open_steps = 0
        self._steps.clear()

    # -- the server's side -------------------------------------------------------------------
    def _answered(self, message: Message) -> None:
        if not self._counts:
            self._find(message)
        if not self._counts:
            return
        if message.kind in _ASYNCHRONOUS:
            return
        if message.kind is Kind.ERROR and not self._steps and self._is_unasked(message):
            ended = Operation(status=sqlstate(message), ends=True)
            ended.answer.take(message)
            self._operations.append(ended)
            return
        while self._counts and not self._steps and self._is_asked_before(message) and self._ask() is not None:
            pass
        if not self._counts:  # what came before the client's next message could not be read
            self._find(message)
        elif message.kind is Kind.ERROR and self._steps:
            self._failed(message)
        elif not self._steps or not self._taken(message, self._steps[0]):
            self._lose()
            self._heard(message)

    def _is_asked_before(self, message: Message) -> bool:
        """Whether the client's next message may be what ``message`` answers: where packets were cut, turns tell."""
        if self._turns is None:
            return True
        asked = self._peek()
        return asked is not None and asked.direction.first_ns(asked.start) <= message.direction.first_ns(message.start)

    def _is_unasked(self, message: Message) -> bool:
        """Whether an error answers nothing: the client had asked nothing yet when it was sent."""
        asked = self._peek()
        if asked is None:
            return True
        return is_fatal(message) and asked.direction.first_ns(asked.start) > message.direction.first_ns(message.start)

    def _taken(self, message: Message, step: Step) -> bool:
        """Whether ``message`` is what is awaited; it is taken then."""
        takes, ends = _TAKES[step.awaited]
        kind, operation = message.kind, step.operation
        if kind not in takes and kind not in ends:
            return False
        if kind in (Kind.COPY_IN, Kind.COPY_BOTH):
            self._copy(message, step)
        elif kind is Kind.AUTHENTICATION and int.from_bytes(message.body[:4], "big"):
            operation.interim.append(_span(message))
        elif kind is Kind.READY and operation.is_skipped:
            pass
        else:
            operation.answer.take(message)
        if kind in (Kind.ROW, Kind.COMPLETE):
            _count(operation, message)
        operation.copies_out |= kind is Kind.DATA and not operation.waits
        if kind is Kind.KEY_DATA:
            operation.key = key_data(message)
        if kind is Kind.READY:
            operation.state = TransactionState.of(message.body)
        if kind in ends:
            self._steps.popleft()
            operation.open_steps -= 1
            if not operation.is_skipped and operation.status in ("", _OK):
                operation.status = _status(message)
        return True

    def _copy(self, message: Message, step: Step) -> None:
        """The client sends data now, and the server passes over the Sync that came already."""
        if message.kind is Kind.COPY_BOTH:
            step.operation.waits = True
            step.operation.answer.take(message)
        else:
            step.operation.interim.append(_span(message))
        while len(self._steps) > 1:
            passed = self._steps.pop()
            passed.operation.open_steps -= 1
        step.operation.ends = step.awaited is Awaited.QUERY
        self._asking.is_copying = True

    def _failed(self, message: Message) -> None:
        """An error: it answers what is awaited, and what follows up to the next Sync is passed over."""
        self._asking.is_copying = False
        awaited, failed = self._steps[0]
        failed.answer.take(message)
        failed.status = sqlstate(message)
        failed.rows = None
        if is_fatal(message) or awaited is Awaited.ENCRYPTION:
            self._skip_others(failed)
            return
        if awaited in _TO_READY:
            return
        while True:
            while self._steps and self._steps[0].awaited is not Awaited.SYNCED:
                passed = self._steps.popleft().operation
                passed.open_steps -= 1
                if passed is not failed:
                    passed.is_skipped = True
            if self._steps or not self._counts or self._ask() is None:
                return

    def _skip_others(self, failed: Operation) -> None:
        for step in self._steps:
            step.operation.open_steps = 0
            step.operation.ends = True
            step.operation.is_skipped |= step.operation is not failed
        self._steps.clear()

    # -- where answers are not counted -------------------------------------------------------
    def _find(self, message: Message) -> None:
        """Takes what the client asked before ``message``, and counts again where that tells what is answered."""
        begin_ns = message.direction.first_ns(message.start)
        while (asked := self._peek()) is not None and asked.direction.delivered_ns(asked.stop - 1) <= begin_ns:
            asked_ns = asked.direction.first_ns(asked.start)
            if self._turns is not None and asked_ns >= self._before_ns(message):
                self._counts = True
                self._asking.forget()
                return
            if self._ready_ns >= 0 and asked_ns >= self._ready_ns and self._ready >= self._asked:
                self._counts = True
                self._asking.forget()
                return
            self._ask()
            self._skip_all()
        self._heard(message)

    def _before_ns(self, message: Message) -> int:
        """When the server's turn before the one of ``message`` ended."""
        assert self._turns is not None
        turn = int(np.searchsorted(self._turns[1], message.start, side="right")) - 1
        begin = int(self._turns[1][max(turn, 0)])
        return message.direction.first_ns(begin - 1) if begin else 0

    def _heard(self, message: Message) -> None:
        if message.kind is Kind.READY:
            self._ready += 1
            self._ready_ns = message.direction.delivered_ns(message.stop - 1)
        elif message.kind not in _ASYNCHRONOUS:
            self._ready_ns = -1


def _span(message: Message) -> Span:
    span = Span()
    span.take(message)
    return span


def _count(operation: Operation, message: Message) -> None:
    """Rows that were returned, or affected."""
    if message.kind is Kind.ROW:
        operation.returned += message.count
        return
    rows = rows_of(message)
    if rows is not None:
        operation.rows = (operation.rows or 0) + rows


def _status(message: Message) -> str:
    if message.kind is Kind.SUSPENDED:
        return _SUSPENDED
    return message.body[:1].decode("latin-1") if message.kind is Kind.ENCRYPTION else _OK
