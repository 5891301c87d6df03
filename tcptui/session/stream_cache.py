"""The byte streams of the connections looked at last, and what they say."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from tcptui.session.regrowth import REGROWTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.analysis.stream.view import StreamView
    from tcptui.protocols.registry import ApplicationStream
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.session.packet_reader import PacketReader

#: Streams whose halves are kept: the one on screen and a few that findings look into.
_KEPT: Final = 8


class HalfCache:
    """Reassembles streams on demand; safe to ask from several threads."""

    def __init__(self, view: Callable[[int], StreamView], access: PacketReader) -> None:
        self._view = view
        self._access = access
        self._known: dict[int, tuple[tuple[int, bool], tuple[ByteStream, ByteStream]]] = {}
        self._lock = threading.Lock()

    def halves(self, stream: int, packets: int, growing: bool) -> tuple[ByteStream, ByteStream]:
        """Both halves of ``stream`` while it has so many ``packets`` and is ``growing`` or not."""
        from tcptui.protocols.stream.reassembly import reassemble  # not sooner: see `lazy_annotator`

        state = packets, growing
        with self._lock:
            known = self._known.pop(stream, None)
            if known is None or known[0] != state:
                view = self._view(stream)
                held = self._access.held(view.rows)
                access = self._access
                client, server = (
                    reassemble(view, side, access.payload, growing, held, access.payloads) for side in (0, 1)
                )
                known = state, (client, server)
            self._known[stream] = known
            if len(self._known) > _KEPT:
                del self._known[next(iter(self._known))]
            return known[1]


#: Streams whose messages are kept, a few KiB a message.
_MESSAGES_KEPT: Final = 8


class MessageCache:
    """Reads messages on demand; of a stream that grows, only when it has grown by some."""

    def __init__(self, halves: Callable[[int], tuple[ByteStream, ByteStream]]) -> None:
        self._halves = halves
        self._known: dict[int, tuple[int, ApplicationStream]] = {}

    def messages(self, stream: int, packets: int, growing: bool) -> ApplicationStream:
        """Those of ``stream`` while it has so many ``packets`` and is ``growing`` or not."""
        from tcptui.protocols.registry import ApplicationStream  # not sooner: see `tcptui.judging`

        known = self._known.get(stream)
        if known is None or packets > (REGROWTH if growing else 1) * known[0]:
            known = self._known[stream] = packets, ApplicationStream(*self._halves(stream))
            if len(self._known) > _MESSAGES_KEPT:
                del self._known[next(iter(self._known))]
        return known[1]
