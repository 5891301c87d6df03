"""What one stream says in HTTP, read once for all rules about that."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.safe_text import safe_text
from tcptui.protocols.http.http_stream import HttpStream

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.http.message import HttpMessage
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.websocket.conversation import WebSocketConversation

#: Characters of a text from the packets that a sentence quotes.
QUOTED: Final = 40


def http_facts(connection: ConnectionFacts) -> HttpFacts | None:
    """What the stream says in HTTP; None where it speaks something else, or nobody reads it.  Raises OSError."""
    parsed = None if connection.application is None else connection.application.parsed
    return HttpFacts(parsed) if isinstance(parsed, HttpStream) else None


class HttpFacts:
    """Both halves of a stream that speaks HTTP, with what they hold; worked out when first asked for."""

    def __init__(self, stream: HttpStream) -> None:
        self._stream = stream
        self.halves = stream.halves
        self.http = stream.conversation

    @cached_property
    def responses(self) -> list[HttpMessage]:
        """The final responses, in order."""
        return [message for message in self.http.messages if message.head.status >= 101 and message.head.is_response]

    @property
    def websocket(self) -> WebSocketConversation | None:
        """What was said after an upgrade to WebSocket; None without one that is valid."""
        places = self._stream.websocket
        return None if places is None else places.talk

    def half_of(self, message: HttpMessage) -> ByteStream:
        """The half that carries ``message``."""
        return self.halves[message.from_server]

    def is_whole(self, half: ByteStream, start: int, stop: int) -> bool:
        """Whether every byte from ``start`` to ``stop`` was captured: a finding may not rest on a hole."""
        gaps = half.gaps
        at = int(np.searchsorted(gaps.stop, start, side="right"))
        return at >= len(gaps) or int(gaps.start[at]) >= stop

    def all_captured(self) -> bool:
        """Whether no byte of either half is missing."""
        return not any(len(half.gaps) for half in self.halves)


def index_of(connection: ConnectionFacts, frame: int) -> int:
    """Position in the stream of the packet with this frame number; -1 when it is none of the stream's."""
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
    """What was asked for: method and target of the request that ``message`` is or answers."""
    request = message if not message.from_server or message.request is None else message.request
    head = request.head
    return quoted(f"{head.method} {head.uri}") if head.method else ""
