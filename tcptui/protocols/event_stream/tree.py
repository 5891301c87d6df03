"""Server-sent events in the header tree of the packet that completed them; Wireshark has no such layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tcptui.protocols.event_stream.by_frame import PlacedEvent
    from tcptui.protocols.headers.cursor import Dissection

_EVENTS_SHOWN: Final = 100
_LINES_SHOWN: Final = 20
_LINE_LIMIT: Final = 200


def add_events(dissection: Dissection, events: list[PlacedEvent]) -> None:
    """Append one layer in brackets (not read from the frame) with an entry for each event; nothing without events."""
    if not events:
        return
    how = "unpacked" if events[0].compressed else "read"
    title = f"Server-sent events: {len(events)} can be {how} with this packet"
    layer = dissection.parent.concluded(title)
    for placed in events[:_EVENTS_SHOWN]:
        event = placed.event
        lines = event.data.split("\n")
        entry = layer.concluded(f"Event {placed.number} ({event.kind}): {lines[0][:_LINE_LIMIT]}")
        if event.last_id:
            entry.concluded(f"Id: {event.last_id[:_LINE_LIMIT]}")
        for line in lines[:_LINES_SHOWN]:
            entry.concluded(f"Data: {line[:_LINE_LIMIT]}")
        if len(lines) > _LINES_SHOWN:
            entry.concluded(f"{len(lines) - _LINES_SHOWN} more lines")
        if event.first_frame != event.frame:
            entry.concluded(f"Begins in frame: {event.first_frame}").target = event.first_frame
    if len(events) > _EVENTS_SHOWN:
        layer.concluded(f"{len(events) - _EVENTS_SHOWN} more events")
