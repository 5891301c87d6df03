"""Requests whose answers a server wrote at once: which of them took the time is in no packet.

Redis executes all that it has read of a connection before it writes; PostgreSQL writes what it has to say when its
client asks it to synchronise.  MySQL writes each answer when it is done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.registry import REQUEST_KINDS
from tcptui.protocols.row import Written

if TYPE_CHECKING:
    from tcptui.model.request import MessagePackets

#: Requests that come, and answers that begin, so soon behind the one before were read and written with it.
ONE_WRITE_NS: Final = 2_000_000


class Answered(NamedTuple):
    """A request and its answer, as far as this is about them."""

    protocol: str
    request: MessagePackets | None
    response: MessagePackets | None
    is_ready: bool
    """The server said behind the answer that it was ready for the next request: it had written all."""


def is_written_with(before: Answered, one: Answered, answered_ns: int) -> bool:
    """Whether the answer to ``one`` was written with that to ``before``, and with a first one at ``answered_ns``."""
    kind = REQUEST_KINDS.get(one.protocol)
    if kind is None or kind.written is Written.EACH:
        return False
    if one.request is None or one.response is None or before.request is None or before.response is None:
        return False
    if one.request.last_ns >= answered_ns or one.response.first_ns - before.response.last_ns > ONE_WRITE_NS:
        return False
    if kind.written is Written.UNTIL_READY:
        return not before.is_ready
    return one.request.last_ns - before.request.last_ns <= ONE_WRITE_NS
