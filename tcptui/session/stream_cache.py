"""An LRU cache of reassembled byte streams and their parsed messages."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.model.lru import LruCache

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.access.packet_reader import PacketReader
    from tcptui.access.stream_state import StreamState
    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.packet_store import I32
    from tcptui.protocols.application import ApplicationStream
    from tcptui.protocols.stream.reassembly import ByteStream

#: Short streams that are kept: the one on screen, a few that findings need, and those whose packets a filter asks
#: for together; parsed messages take a few KiB each.
STREAMS_CACHED: Final = 64
#: One of up to so many packets is short.
_SHORT: Final = 512
#: Of longer ones fewer are kept, eight at least, however long they are.
_LONG: Final = 4096
#: How often who waits for another's long reading is asked whether to go on, in seconds.
_BEAT_S: Final = 0.1

#: Messages of all connections that are kept, of both directions: of HTTP/2, the dearest, 1 to 2.5 KB each.
MESSAGES_CACHED: Final = 100_000


@dataclass(frozen=True, slots=True)
class _Entry:
    """One stream; `application`, parsed at `read_at`, may be older than `directions` while the capture grows."""

    state: StreamState
    directions: tuple[ByteStream, ByteStream]
    read_at: StreamState | None = None
    application: ApplicationStream | None = None

    def fresh_application(self, state: StreamState, *, whole: bool) -> ApplicationStream | None:
        """The parsed messages, unless they have to be parsed again for ``state``: when it grew at all if ``whole``."""
        serves = self.read_at is not None and self.read_at.serves(state, whole=whole)
        return self.application if serves else None


class _Pausing(threading.local):
    """What a thread that reads very much calls between two reads."""

    call: Callable[[], None] | None = None


class StreamCache:
    """Reassembles and parses streams on demand; thread-safe.

    One stream is read at a time; fresh entries are returned without waiting for that.
    """

    def __init__(self, view: Callable[[int], StreamView], access: PacketReader) -> None:
        self._view = view
        self._access = access
        self._entries: LruCache[int, _Entry] = LruCache(
            STREAMS_CACHED * _SHORT, locked=True, weigh=lambda entry: min(max(entry.state.packets, _SHORT), _LONG)
        )
        self._reading = threading.Lock()
        self._long = LongStreams()
        self._diving = threading.Lock()
        self._pausing = _Pausing()

    def directions(self, stream: int, state: StreamState) -> tuple[ByteStream, ByteStream]:
        """The byte streams of client and server of ``stream``, reassembled again for another ``state``."""
        entry = self._entries.get(stream)
        if entry is not None and entry.state == state:
            return entry.directions
        with self._reading:
            return self._current(stream, state).directions

    def application(
        self, stream: int, state: StreamState, *, whole: bool = False, deep: Callable[[], None] | None = None
    ) -> ApplicationStream:
        """The messages of ``stream`` in its application protocol, the first `UNIT_LIMIT`; with ``deep`` `DEEP_LIMIT`.

        That may take seconds, so ``deep`` is called again and again meanwhile: what it raises ends the reading.
        While the capture grows they are parsed again only when the stream has grown by the factor `REGROWTH`, or,
        with ``whole``, has grown at all.  What was read deeper serves all, and what has nothing left out does, too.
        """
        application = self._long.fresh(stream, state, whole=whole)
        if application is not None:
            return application
        if deep is None or stream not in self._long:  # one that was long is long
            application = self._usual(stream, state, whole=whole)
            if deep is None or not application.extent.limited:
                return application
        while not self._diving.acquire(timeout=_BEAT_S):  # for memory; who does not look deep goes on meanwhile
            deep()
        try:
            found = self._long.fresh(stream, state, whole=whole)
            # Another thread may have read it meanwhile.
            return self._dive(stream, state, deep) if found is None else found
        finally:
            self._diving.release()

    def _dive(self, stream: int, state: StreamState, pause: Callable[[], None]) -> ApplicationStream:
        """Read very many messages; the caller holds the lock `_diving`."""
        from tcptui.protocols.interface import DEEP_LIMIT

        application = self._parsed(self.directions(stream, state), DEEP_LIMIT)
        self._pausing.call = pause
        try:
            self._long.put(stream, state, application)
        finally:
            self._pausing.call = None
        return application

    def _usual(self, stream: int, state: StreamState, *, whole: bool) -> ApplicationStream:
        """`application` of nobody who looks deep."""
        entry = self._entries.get(stream)
        application = None if entry is None else entry.fresh_application(state, whole=whole)
        if application is not None:
            return application
        with self._reading:
            known = self._entries.get(stream)
            application = None if known is None else known.fresh_application(state, whole=whole)
            if application is not None:  # another thread read it meanwhile
                return application
            from tcptui.protocols.interface import UNIT_LIMIT

            directions = self._current(stream, state).directions
            application = self._parsed(directions, UNIT_LIMIT)
            self._entries.put(stream, _Entry(state, directions, state, application))
            return application

    def _payload(self, row: int) -> bytes:
        self._pause()
        return self._access.payload(row)

    def _payloads(self, rows: I32) -> list[bytes]:
        self._pause()
        return self._access.payloads(rows)

    def _pause(self) -> None:
        pause = self._pausing.call
        if pause is not None:
            pause()

    def _parsed(self, directions: tuple[ByteStream, ByteStream], limit: int) -> ApplicationStream:
        from tcptui.protocols.application import ApplicationStream  # imported late: see `lazy_annotator`

        return ApplicationStream(*directions, limit, self._access.schema)

    def _current(self, stream: int, state: StreamState) -> _Entry:
        """The entry of ``stream`` with its directions as of ``state``; the caller holds the lock `_reading`."""
        known = self._entries.get(stream)
        if known is not None and known.state == state:
            return known
        from tcptui.protocols.stream.reassembly import reassemble  # imported late: see `lazy_annotator`

        view = self._view(stream)
        access = self._access
        held, keys = access.held(view.rows), access.keys
        client, server = (
            reassemble(
                view, side, self._payload, state.growing, held, self._payloads, keys, access.segments, access.decoding
            )
            for side in (0, 1)
        )
        if known is not None:
            for direction, before in zip((client, server), known.directions, strict=True):
                direction.go_on(before)
        read_at, application = (None, None) if known is None else (known.read_at, known.application)
        entry = _Entry(state, (client, server), read_at, application)
        self._entries.put(stream, entry)
        return entry


@dataclass(frozen=True, slots=True)
class _LongEntry:
    read_at: StreamState
    application: ApplicationStream
    messages: int


class LongStreams:
    """Parsed connections: those used last are kept, one at least, others up to `MESSAGES_CACHED`; thread-safe."""

    def __init__(self) -> None:
        self._entries: LruCache[int, _LongEntry] = LruCache(
            MESSAGES_CACHED, locked=True, weigh=lambda entry: entry.messages
        )

    def __contains__(self, stream: int) -> bool:
        return stream in self._entries

    def fresh(self, stream: int, state: StreamState, *, whole: bool) -> ApplicationStream | None:
        """The cached connection ``stream``, unless it has to be parsed again for ``state``."""
        entry = self._entries.get(stream)
        return entry.application if entry is not None and entry.read_at.serves(state, whole=whole) else None

    def put(self, stream: int, read_at: StreamState, application: ApplicationStream) -> None:
        """Keep ``application``, which is read now."""
        self._entries.put(stream, _LongEntry(read_at, application, application.extent.messages))
