"""An operation that a client asks of the server, and what answers it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tcptui.protocols.interface import Carried, Exchange
from tcptui.protocols.result_set import Result, no_result_sets
from tcptui.protocols.statements.waiting import asks_to_wait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.model.request import TransactionState
    from tcptui.protocols.postgresql.message import Message
    from tcptui.protocols.stream.reassembly import ByteStream


class Awaited(Enum):
    """What the server says to one message of the client."""

    SESSION = auto()
    """To the startup message: everything up to ReadyForQuery."""
    ENCRYPTION = auto()
    QUERY = auto()
    """Results up to ReadyForQuery."""
    PARSED = auto()
    BOUND = auto()
    CLOSED = auto()
    STATEMENT_DESCRIBED = auto()
    PORTAL_DESCRIBED = auto()
    EXECUTED = auto()
    CALLED = auto()
    """A function's result, up to ReadyForQuery."""
    SYNCED = auto()


@dataclass(slots=True)
class Span:
    """Bytes of one direction that grow at their end; empty while ``start`` is negative."""

    start: int = -1
    stop: int = -1
    complete: bool = True

    def take(self, message: Message) -> None:
        """Grow by ``message``."""
        if self.start < 0:
            self.start = message.start
        self.stop = max(self.stop, message.stop)
        self.complete &= message.complete

    def carried(self, direction: ByteStream) -> Carried | None:
        """The span as an exchange has it; None where it is empty."""
        return None if self.start < 0 else Carried(direction, self.start, self.stop, self.complete)


@dataclass(eq=False, slots=True)
class Operation:
    """What a client asked, in one message or several that belong together, with its answer as far as it is known."""

    name: str = ""
    """What it does, without values."""
    statement: str = ""
    """The SQL as it was sent, without secrets; `UNKNOWN` where its Parse was not captured."""
    is_secret: bool = False
    """Its values may be secrets: its statement speaks of some, or is not known."""
    asked: Span = field(default_factory=Span)
    answer: Span = field(default_factory=Span)
    interim: list[Span] = field(default_factory=list)
    """Answers amid the request: what is asked of who connects, and CopyInResponse."""
    status: str = ""
    rows: int | None = None
    """By the tags of what was completed."""
    returned: int = 0
    """Rows that were captured."""
    copies_out: bool = False
    """Data that COPY sends was captured."""
    state: TransactionState | None = None
    open_steps: int = 0
    executes: bool = False
    """Nothing but Close, Flush and Sync joins it any more."""
    ends: bool = False
    """Nothing at all joins it any more."""
    is_skipped: bool = False
    """No answer is waited for: an error before it made the server pass it over, or its answer was not captured."""
    is_cut: bool = False
    """What ends its answer was cut off: neither its rows nor the state behind it are known."""
    waits: bool = False
    """It ends when either side wants it to, as a replication stream does."""
    key: bytes = b""
    """Process and key by which the session that it opens may be interrupted."""
    cancels: bytes = b""
    """The same, of the session that it interrupts."""

    def exchange(self, client: ByteStream, server: ByteStream) -> Exchange:
        """The operation as a request."""
        rows = self.returned if self.rows is None and self.returned and not self.is_cut else self.rows
        interim = tuple(one for span in self.interim if (one := span.carried(server)) is not None)
        self.answer.complete &= not self.is_cut
        asked, answer = self.asked.carried(client), self.answer.carried(server)
        has_rows = self.returned or self.copies_out
        read = partial(_result_sets, asked, answer) if answer is not None and has_rows else no_result_sets
        return Exchange(
            "postgresql", self.name, self.status, asked, answer,
            interim=interim, is_reset=self.is_skipped, rows=rows, waits=self.waits or asks_to_wait(self.statement),
            statement=self.statement, transaction=self.state, session=self.key, cancels=self.cancels,
            may_hold_secrets=partial(bool, self.is_secret), result_sets=read,
        )  # fmt: skip


def _result_sets(request: Carried | None, answer: Carried) -> Iterator[Result]:
    from tcptui.protocols.postgresql.result_rows import result_sets  # seldom asked for

    return result_sets(() if request is None else (request,), answer)


class Step(NamedTuple):
    """An answer that the server owes."""

    awaited: Awaited
    operation: Operation
