"""Which connection a request to cancel means: the one whose session was named so when it began."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.protocols.application import requests_of

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.endpoint import Endpoint

#: Connections before the one that asks that are looked at, and requests of each with which a session may begin.
_LOOKED_BACK: Final = 20_000
_OPENING: Final = 3


class _Named:
    """The sessions of a capture by server and name, as far as somebody asked; each connection is read once."""

    def __init__(self) -> None:
        self._read: dict[Endpoint, int] = {}
        """The connections before this one were read."""
        self._streams: dict[tuple[Endpoint, bytes], int] = {}

    def find(self, capture: OpenCapture, stream: int, name: bytes) -> int | None:
        """See `cancelled`."""
        streams = capture.streams
        server = streams.server(stream)
        first = max(self._read.get(server, 0), stream - _LOOKED_BACK, 0)
        kept = streams.are_stored(np.arange(first, stream))
        for other in range(first, stream):
            if kept[other - first] and streams.server(other) == server:
                for one in islice(requests_of(*capture.directions(other)) or (), _OPENING):
                    if one.session:
                        self._streams[server, one.session] = other
        self._read[server] = max(stream, self._read.get(server, 0))
        return self._streams.get((server, name))


def cancelled(capture: OpenCapture, stream: int, name: bytes) -> int | None:
    """The connection before ``stream``, to the same server, whose session has that ``name`` (`Exchange.session`).

    None: it was not captured.  Raises OSError when packets cannot be read again.
    """
    return capture.indexes.of(_Named, _Named).find(capture, stream, name)
