"""HTTP in the header tree of the packet that completed a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.event_stream.tree import add_events
from tcptui.protocols.headers.reassembled import add_reassembled
from tcptui.protocols.http.conversation import CONNECTED, Framing
from tcptui.protocols.http.tree_body import add_body
from tcptui.protocols.http.tree_head import add_faults, add_head, add_links
from tcptui.protocols.websocket.tree import add_websocket

if TYPE_CHECKING:
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http.conversation import HttpMessage
    from tcptui.protocols.http.http_stream import HttpStream


def add_http(dissection: Dissection, place: FramePlace, stream: HttpStream) -> bool:
    """Append the messages, events and WebSocket frames that the packet completed; False where it has no byte of any."""
    packet = dissection.view.frame
    shown = stream.shown_in(packet)
    if not shown and not stream.touched_by(place.segment):
        if stream.conversation.switched_to == CONNECTED:
            _tunnel(dissection, place, stream)
        return stream.websocket is not None and add_websocket(dissection, place, stream.websocket)
    goes_on = False
    for message in shown:
        goes_on = _message(dissection, message, place, goes_on=goes_on)
    add_events(dissection, stream.events.get(packet, []))
    if stream.websocket is not None:
        add_websocket(dissection, place, stream.websocket)
    return True


def _tunnel(dissection: Dissection, place: FramePlace, stream: HttpStream) -> None:
    """Append the layer that tshark has of what passes through a tunnel: whom it leads to."""
    from tcptui.protocols.http.tunnel import target_of

    target = target_of(stream.conversation)
    segment = place.segment
    dissection.protocols.append("http")
    layer = place.add(
        dissection.parent, "Hypertext Transfer Protocol", segment.start, segment.stop - segment.start, "http"
    )
    layer.target = 0
    if target.host:
        layer.concluded(f"Proxy-Connect-Hostname: {target.host}", "http.proxy_connect_host")
        layer.concluded(f"Proxy-Connect-Port: {target.port}", "http.proxy_connect_port")


def _message(dissection: Dissection, message: HttpMessage, place: FramePlace, *, goes_on: bool) -> bool:
    """Append ``message``; with ``goes_on`` it is of the same layer as the one before.  Whether the next one goes on."""
    stop = min(message.body_end, message.direction.length)
    is_reassembled = message.complete and not place.holds(message.start, stop)
    if is_reassembled:
        add_reassembled(dissection, message.direction, message.start, stop)
    if not goes_on:
        dissection.protocols.append("http")
    layer = place.add(dissection.parent, "Hypertext Transfer Protocol", message.start, stop - message.start, "http")
    layer.target = 0
    add_head(layer, message, place)
    add_links(layer, message)
    add_faults(layer, message)
    if message.head.complete and message.has_body and message.framing is not Framing.UNKNOWN:
        add_body(dissection, layer, message, place)
    return not is_reassembled
