"""Streams that last on purpose: what comes on them comes when something happens, and nobody waits for the server.

Event streams, tunnels (CONNECT, WebSocket: RFC 8441), and calls of gRPC that are answered by any number of messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.http2.grpc import PREFIX, status_text
from tcptui.protocols.http2.messages import value_in

if TYPE_CHECKING:
    from tcptui.protocols.http2.direction import Block
    from tcptui.protocols.http2.streams import SentOnStream

_EVENTS: Final = "text/event-stream"
#: Offsets of `SentOnStream.spans` that a single DATA frame has.
_ONE_FRAME: Final = 2


def lasts(head: Block | None, answer: Block | None, answering: SentOnStream, *, is_grpc: bool) -> bool:
    """Whether the stream that ``head`` opened and ``answer`` accepted is one that lasts, as far as was captured.

    Nothing of gRPC says how many messages an answer has: of a call that is not over it is not known, so it may last.
    """
    if value_in(head, b":method") == "CONNECT":
        return True
    if is_grpc:
        return bool(answering) and _may_stream(answer, answering)
    media = value_in(answer, b"content-type") if answer is not None else value_in(head, b"accept")
    return media.strip().lower().startswith(_EVENTS)


def _may_stream(answer: Block | None, answering: SentOnStream) -> bool:
    """Whether an answer of gRPC has no single message: more, none though all is well, or nothing says so yet."""
    if answering.reset is None and not answering.ended:
        return True
    if not answering.length:
        return status_text(answering, answer) in ("OK", "")
    spans = answering.spans
    if len(spans) <= _ONE_FRAME:
        return False  # what came at once was not waited for one by one
    prefix = b""
    for at in range(0, len(spans), 2):
        prefix += answering.direction.read(spans[at], min(spans[at + 1] - spans[at], PREFIX - len(prefix)))
        if len(prefix) == PREFIX:
            return answering.length > PREFIX + int.from_bytes(prefix[1:])
    return True
