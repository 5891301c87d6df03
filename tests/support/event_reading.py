"""All server-sent events of a body at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.event_stream.parser import EventReader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.protocols.event_stream.parser import EventStream
    from tcptui.protocols.http.body import DecodedPiece


def read_events(pieces: Iterable[DecodedPiece]) -> EventStream:
    """All events of a decoded body, bounded by `BODY_LIMIT` and `MAX_STORED_EVENTS`."""
    reader = EventReader()
    for piece in pieces:
        reader.feed(piece)
        if reader.stream.stopped:
            break
    return reader.stream
