"""The bytes of a stream for the rules that judge what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.protocols.registry import begins_what_is_judged
from tcptui.protocols.stream.reassembly import ByteStream, reassemble

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.analysis.stream.view import StreamView
    from tcptui.protocols.prefilter import Prefilter
    from tcptui.session.packet_reader import PacketReader

#: Segments with payload looked at for a message, in a stream where the prefilter saw none.
_FIRST_SEGMENTS: Final = 4


class StreamBytes:
    """Reassembles the streams that speak what rules judge; reads a few bytes of the others."""

    def __init__(self, access: PacketReader, screening: Prefilter, growing: Callable[[], bool]) -> None:
        self._access = access
        self._screening = screening
        self._growing = growing

    def halves(self, view: StreamView) -> tuple[ByteStream, ByteStream] | None:
        """What client and server of ``view`` sent; None when no rule judges it, or the spool is gone."""
        try:
            if not self._screening.speaks(view.stream) and not self._asks(view):
                return None
        except OSError:
            return None
        held = self._access.held(view.rows)
        growing = self._growing()
        client, server = (reassemble(view, side, self._access.payload, growing, held) for side in (0, 1))
        return client, server

    def error_rows(self, stream: int) -> list[tuple[int, int]]:
        """Rows of ``stream`` that begin an answer about an error, and its code."""
        return self._screening.error_rows(stream)

    def _asks(self, view: StreamView) -> bool:
        first = np.flatnonzero(view.length > 0)[:_FIRST_SEGMENTS]
        return any(begins_what_is_judged(self._access.payload(int(view.rows[at]))) for at in first.tolist())
