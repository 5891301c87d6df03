"""What is known of a message from others: the statement that it belongs to, and whether its values may be secrets."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from tcptui.protocols.postgresql.message import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.protocols.postgresql.message import Message
    from tcptui.protocols.postgresql.operation import Operation, Span


class Notes:
    """The operations of a connection by the bytes that carry them."""

    def __init__(self, operations: Iterable[Operation], requests: Iterable[Message], *, stop: int) -> None:
        """``requests``: the server's, for authentication; ``stop``: what the client sends from there is left out."""
        self._requests = [(one.direction.delivered_ns(one.stop - 1), _method_number(one)) for one in requests]
        asked: list[tuple[Span, Operation]] = []
        answered: list[tuple[Span, Operation]] = []
        for one in operations:
            if one.asked.start >= stop:
                break
            if one.asked.start >= 0:
                asked.append((one.asked, one))
            if one.answer.start >= 0:
                answered.append((one.answer, one))
        asked.sort(key=_start)
        answered.sort(key=_start)
        self._sides = asked, answered

    def of(self, message: Message) -> Operation | None:
        """The operation that ``message`` belongs to; None where that is not known."""
        known = self._sides[message.kind.side]
        at = bisect_right(known, message.start, key=_start) - 1
        if at < 0 or message.start >= known[at][0].stop:
            return None
        return known[at][1]

    def asked_before(self, message: Message) -> int | None:
        """Which kind of credentials the server asked for last before ``message``; None where that is not known."""
        at = bisect_right(self._requests, (message.direction.first_ns(message.start), _MOST)) - 1
        return self._requests[at][1] if at >= 0 else None

    def hides(self, message: Message) -> bool:
        """Whether values in ``message`` may be secrets: by its statement, or because that is not known."""
        operation = self.of(message)
        if operation is None:
            return message.kind in (Kind.BIND, Kind.CALL, Kind.SENT_DATA)
        return operation.is_secret


def _method_number(message: Message) -> int:
    return int.from_bytes(message.body[:4], "big")


#: Above all kinds of credentials.
_MOST: Final = 1 << 32


def _start(known: tuple[Span, Operation]) -> int:
    return known[0].start
