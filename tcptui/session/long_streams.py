"""Connections of more messages than are usually read, as filters read them: kept as long as memory is bounded."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tcptui.protocols.registry import ApplicationStream
    from tcptui.session.stream_state import StreamState

#: Messages of all connections that are kept, of both directions: of HTTP/2, the dearest, 1 to 2.5 KB each.
MESSAGES_KEPT: Final = 100_000


@dataclass(frozen=True, slots=True)
class _Entry:
    read_at: StreamState
    application: ApplicationStream
    messages: int


class LongStreams:
    """Parsed connections: those used last are kept, one at least, others up to `MESSAGES_KEPT`; thread-safe."""

    def __init__(self) -> None:
        self._entries: dict[int, _Entry] = {}
        """In order of use, the least recent first."""
        self._lock = threading.Lock()

    def __contains__(self, stream: int) -> bool:
        return stream in self._entries

    def fresh(self, stream: int, state: StreamState, *, whole: bool) -> ApplicationStream | None:
        """What is kept of ``stream``, unless it has to be parsed again for ``state``."""
        with self._lock:
            entry = self._entries.get(stream)
            if entry is None or not entry.read_at.serves(state, whole=whole):
                return None
            self._entries[stream] = self._entries.pop(stream)
            return entry.application

    def put(self, stream: int, read_at: StreamState, application: ApplicationStream) -> None:
        """Keep ``application``, which has been read."""
        messages = application.extent.messages
        with self._lock:
            self._entries.pop(stream, None)
            left = MESSAGES_KEPT - messages
            kept = {stream: _Entry(read_at, application, messages)}
            for number, entry in reversed(self._entries.items()):
                left -= entry.messages
                if left < 0:
                    break
                kept[number] = entry
            self._entries = dict(reversed(kept.items()))
