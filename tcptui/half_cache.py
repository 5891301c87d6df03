"""The reassembled halves of the streams looked at last."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.analysis.stream_view import StreamView
    from tcptui.application.reassembly import Half
    from tcptui.packet_access import PacketAccess

#: Streams whose halves are kept: the one on screen and a few that findings look into.
_KEPT: Final = 8


class HalfCache:
    """Reassembles streams on demand; safe to ask from several threads."""

    def __init__(self, view: Callable[[int], StreamView], access: PacketAccess) -> None:
        self._view = view
        self._access = access
        self._known: dict[int, tuple[tuple[int, bool], tuple[Half, Half]]] = {}
        self._lock = threading.Lock()

    def halves(self, stream: int, packets: int, growing: bool) -> tuple[Half, Half]:
        """Both halves of ``stream`` while it has so many ``packets`` and is ``growing`` or not."""
        from tcptui.application.reassembly import reassemble  # not sooner: see `tcptui.judging`

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
