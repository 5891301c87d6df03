"""The requests of an HTTP/2 connection, each a stream with its answer, for any number of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from tcptui.model.lru import LruCache
from tcptui.model.request import UNKNOWN
from tcptui.model.safe_text import LIMIT
from tcptui.model.shared_text import shared_if_long
from tcptui.protocols.http.requests import exchange_of, http_exchanges
from tcptui.protocols.http2.frames import error_name
from tcptui.protocols.http2.grpc import PREFIX, is_grpc, status_text
from tcptui.protocols.http2.messages import (
    final_block,
    is_complete,
    message_of,
    promised_message,
    trailers_of,
    value_in,
)
from tcptui.protocols.http2.roles import readers_of, roles_of
from tcptui.protocols.http2.streams import Streams, StreamTalk, each_stream
from tcptui.protocols.http2.windows import ClosedWindows
from tcptui.protocols.interface import Carried, Exchange
from tcptui.protocols.secrets_out import uri_without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.http.message import HttpMessage
    from tcptui.protocols.http2.direction import Block
    from tcptui.protocols.http2.opening import Opening
    from tcptui.protocols.http2.streams import SentOnStream
    from tcptui.protocols.interface import HttpMessages
    from tcptui.protocols.stream.reassembly import ByteStream

#: The stream of the request that asked for the upgrade (RFC 7540, 3.2).
_UPGRADED: Final = 1
#: Streams whose messages are kept: of a list that HPACK makes long, each takes some hundred KiB.
_CACHED_STREAMS: Final = 64

_EVENTS: Final = "text/event-stream"
#: Offsets of `SentOnStream.spans` that a single DATA frame has.
_ONE_FRAME: Final = 2


def exchanges(
    client: ByteStream, server: ByteStream, opening: Opening, streams: Streams | None = None
) -> Iterator[Exchange]:
    """The requests, in about the order in which their streams ended.  ``streams``: what listens to the frames."""
    asked: HttpMessage | None = None
    if opening.http is not None:
        switch = opening.http.conversation.switch
        asked = None if switch is None else switch.request
        for exchange in http_exchanges(iter(opening.http.conversation.messages)):
            if exchange.messages[0] is not asked:
                yield exchange
    streams = streams or Streams((client, server))
    windows = ClosedWindows((client, server), opening)
    for talk in each_stream(readers_of((client, server), opening, streams), streams):
        is_first = talk.id == streams.first and not any(opening.starts) and all(opening.from_start)
        made = exchange_in(talk, asked if talk.id == _UPGRADED else None, windows, first=is_first)
        if talk.id == _UPGRADED:
            asked = None
        if made is not None:
            if opening.http is None:  # else one of them began with a request in HTTP/1.1
                made.later_ns = talk.later_ns
            yield made
    if asked is not None:  # no frame of the answer was captured
        yield exchange_of(asked, asked.response)


def exchange_in(
    talk: StreamTalk, upgraded: HttpMessage | None, windows: ClosedWindows, *, first: bool = False
) -> Exchange | None:  # fmt: skip
    """The request that a stream is; None where no header block or data of it was captured.

    ``upgraded``: the request in HTTP/1.1 that it continues; ``windows``: those of its connection.
    ``first``: the connection was opened for its first stream.
    """
    asking, answering = roles_of(talk)
    asked, answered = asking.start >= 0, answering.start >= 0
    if not asked and not answered and upgraded is None:
        return None
    if not talk.id & 1 and talk.promise is None and not (asking.blocks or answering.blocks):
        return None  # bytes behind a gap that look like frames: a server announces what it pushes (RFC 9113, 8.4)
    head = talk.promise or final_block(asking, is_response=False)
    answer = final_block(answering, is_response=True)
    grpc = is_grpc(head) or is_grpc(answer)
    if not grpc and len(answering.blocks) > 1:
        grpc = is_grpc(trailers_of(answering, answer))
    socket = head is not None and head.headers.values.get(b":protocol") == b"websocket"
    made = Exchange(
        "grpc" if grpc else "websocket" if socket else "http2",
        _operation(head, is_grpc=grpc) if asked or head is not None else "",
        _status(asking, answering, answer, is_grpc=grpc),
        _carried(asking) if asked else None,
        _carried(answering) if answered else None,
        str(talk.id),
        _Messages(talk.id, asking, answering, upgraded, talk.promise),
        is_reset=asking.reset is not None or answering.reset is not None,
        waits=_lasts(head, answer, answering, is_grpc=grpc),
        windows=windows,
    )
    if asking.taken_back[1]:
        made.given_up = Carried(asking.direction, *asking.taken_back, complete=True)
    if upgraded is not None:
        before = exchange_of(upgraded, None)
        made.request, made.operation, made.interim = before.request, before.operation, before.interim
    if first and made.request is not None:
        made.lead = made.request.start
    return made


class _Messages:
    """Makes the messages of a stream when somebody asks; those asked for last are kept."""

    _recent: ClassVar[LruCache[_Messages, HttpMessages]] = LruCache(_CACHED_STREAMS, locked=True)

    def __init__(
        self,
        number: int,
        asking: SentOnStream,
        answering: SentOnStream,
        upgraded: HttpMessage | None,
        promise: Block | None,
    ) -> None:
        self._number, self._asking, self._answering = number, asking, answering
        self._upgraded, self._promise = upgraded, promise

    def _made(self) -> HttpMessages:
        asked = self._upgraded or message_of(self._asking, self._number, is_response=False)
        answer = message_of(self._answering, self._number, is_response=True)
        if asked is not None and answer is not None:
            asked.response, answer.request = answer, asked
        elif answer is not None and self._promise is not None:
            answer.request = promised_message(self._promise, answer)
        return asked, answer

    def __call__(self) -> HttpMessages:
        made = self._recent.get(self)
        if made is None:
            made = self._made()
            self._recent.put(self, made)
        return made


def _operation(head: Block | None, *, is_grpc: bool) -> str:
    path = uri_without_secrets(value_in(head, b":path") or value_in(head, b":authority") or UNKNOWN)
    return _interned(path if is_grpc else f"{value_in(head, b':method') or UNKNOWN} {path}")


def _status(asking: SentOnStream, answering: SentOnStream, answer: Block | None, *, is_grpc: bool) -> str:
    code = value_in(answer, b":status")
    status = status_text(answering, answer) if is_grpc and code in ("200", UNKNOWN, "") else code
    reset = answering.reset if answering.reset is not None else asking.reset
    if reset is not None and not (answering.ended and status):
        return f"RST_STREAM {error_name(reset)}"
    return _interned(status or code or (UNKNOWN if answer is not None and answer.headers.entries else ""))


def _interned(text: str) -> str:
    """``text`` as an exchange keeps it: no longer than any is shown, and once for all that say the same, if long."""
    return shared_if_long(text[:LIMIT])


def _carried(sent: SentOnStream) -> Carried:
    return Carried(sent.direction, sent.start, sent.stop, is_complete(sent), sent.stretches)


# Streams that last on purpose: what comes on them comes when something happens, and nobody waits for the server.
#
# Event streams, tunnels (CONNECT, WebSocket: RFC 8441), and calls of gRPC that are answered by any number of messages.


def _lasts(head: Block | None, answer: Block | None, answering: SentOnStream, *, is_grpc: bool) -> bool:
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
