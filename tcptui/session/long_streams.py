"""Connections of more messages than are usually read, as filters read them: kept as long as memory is bounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.model.lru import LruCache

if TYPE_CHECKING:
    from tcptui.access.stream_state import StreamState
    from tcptui.protocols.application import ApplicationStream

#: Messages of all connections that are kept, of both directions: of HTTP/2, the dearest, 1 to 2.5 KB each.
MESSAGES_CACHED: Final = 100_000


@dataclass(frozen=True, slots=True)
class _Entry:
    read_at: StreamState
    application: ApplicationStream
    messages: int


class LongStreams:
    """Parsed connections: those used last are kept, one at least, others up to `MESSAGES_CACHED`; thread-safe."""

    def __init__(self) -> None:
        self._entries: LruCache[int, _Entry] = LruCache(
            MESSAGES_CACHED, locked=True, weigh=lambda entry: entry.messages
        )

    def __contains__(self, stream: int) -> bool:
        return stream in self._entries

    def fresh(self, stream: int, state: StreamState, *, whole: bool) -> ApplicationStream | None:
        """What is kept of ``stream``, unless it has to be parsed again for ``state``."""
        entry = self._entries.get(stream)
        return entry.application if entry is not None and entry.read_at.serves(state, whole=whole) else None

    def put(self, stream: int, read_at: StreamState, application: ApplicationStream) -> None:
        """Keep ``application``, which is read now."""
        self._entries.put(stream, _Entry(read_at, application, application.extent.messages))
