"""The server-sent events of a connection, by the packet with which each became readable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.protocols.event_stream.parser import MEDIA_TYPE, EventReader, ServerEvent
from tcptui.protocols.http.body import body_of

if TYPE_CHECKING:
    from tcptui.protocols.http.message import HttpConversation

#: Most event streams read of one connection …
STREAMS_READ: Final = 8
#: … and, if compressed, most decoded bytes of each.
BODY_READ: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """One event and its position among those of its stream."""

    event: ServerEvent
    number: int
    """Its number in the stream, from 1."""
    compressed: bool
    """The body had a content coding."""


def events_by_packet(http: HttpConversation) -> dict[int, list[PlacedEvent]]:
    """From frame number to the events that became readable with that frame, in order."""
    found: dict[int, list[PlacedEvent]] = {}
    streams = [message for message in http.responses() if message.head.media_type == MEDIA_TYPE]
    for message in streams[:STREAMS_READ]:
        reader = EventReader()
        number = 0
        for piece in body_of(message, limit=BODY_READ).pieces():
            for event in reader.feed(piece):
                number += 1
                found.setdefault(event.frame, []).append(PlacedEvent(event, number, bool(message.codings)))
    return found
