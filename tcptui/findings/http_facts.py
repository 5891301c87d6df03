"""The HTTP messages of one stream, parsed once for all rules about HTTP."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.safe_text import safe_text
from tcptui.protocols.http.http_stream import HttpStream
from tcptui.protocols.secrets_out import uri_without_secrets

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.http.message import HttpMessage
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.websocket.conversation import WebSocketConversation

#: Most characters of a text from packets that a finding quotes.
QUOTED: Final = 40
#: Statuses from here on are errors, a client's and …
CLIENT_ERRORS: Final = 400
#: … a server's.
SERVER_ERRORS: Final = 500


def http_facts(connection: ConnectionFacts) -> list[HttpFacts]:
    """The HTTP messages of the stream, those inside before those that asked for a tunnel to them.

    Empty where it speaks another protocol or its payload is not read.  Raises OSError where packets cannot be read.
    """
    application = connection.application
    if application is None:
        return []
    return [HttpFacts(stream) for stream in reversed(application.layers) if isinstance(stream, HttpStream)]


class HttpFacts:
    """Both directions of a stream that speaks HTTP, and their messages; computed on first use."""

    def __init__(self, stream: HttpStream) -> None:
        self._stream = stream
        self.directions = stream.directions
        self.http = stream.conversation

    @cached_property
    def responses(self) -> list[HttpMessage]:
        """The final responses, in order: of the interim ones (RFC 9110, 15.2) only 101 ends a request."""
        return [
            message
            for message in self.http.messages
            if message.head.is_response and (message.head.status >= 200 or message.head.status == 101)
        ]

    @property
    def websocket(self) -> WebSocketConversation | None:
        """The WebSocket frames after an upgrade; None without a valid upgrade."""
        places = self._stream.websocket
        return None if places is None else places.talk

    def direction_of(self, message: HttpMessage) -> ByteStream:
        """The byte stream of the direction that carries ``message``."""
        return self.directions[message.from_server]

    def is_whole(self, direction: ByteStream, start: int, stop: int) -> bool:
        """Whether each byte of ``direction`` from ``start`` to ``stop`` was captured: no finding may rest on a hole."""
        gaps = direction.gaps
        at = int(np.searchsorted(gaps.stop, start, side="right"))
        return at >= len(gaps) or int(gaps.start[at]) >= stop

    def all_captured(self) -> bool:
        """Whether no byte of either direction is missing."""
        return not any(len(direction.gaps) for direction in self.directions)


def index_of(connection: ConnectionFacts, frame: int) -> int:
    """Index in the stream of the packet with this frame number; -1 when the stream has no such packet."""
    at = int(np.searchsorted(connection.view.frame, frame))
    return at if at < connection.count and connection.frame[at] == frame else -1


def first_end(connection: ConnectionFacts, side: int) -> int:
    """Index of the first FIN or RST that ``side`` sent; -1 for none."""
    return min((i for i in (*connection.fins, *connection.rsts) if connection.side[i] == side), default=-1)


def quoted(text: str, limit: int = QUOTED) -> str:
    """Text from packets, made safe and short enough for a sentence."""
    safe = safe_text(text[: 4 * limit])
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def target_of(message: HttpMessage) -> str:
    """Method and target, without secrets, of the request that ``message`` is or answers; empty if not captured."""
    request = message if not message.from_server or message.request is None else message.request
    head = request.head
    return quoted(f"{head.method} {uri_without_secrets(head.uri)}") if head.method else ""
