"""Messages of memcached in the header tree of the packet that completed them, in Wireshark's terms; without values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.reassembled import add_reassembled
from tcptui.protocols.memcached.tree_binary import add_binary
from tcptui.protocols.memcached.tree_text import TextLines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.memcached.conversation import Said

#: Most messages in one packet's tree.
_MESSAGES_SHOWN: Final = 1_000


def add_memcached(dissection: Dissection, place: FramePlace, said: Sequence[Said]) -> None:
    """Append a layer for each message that the packet completed."""
    for one in said[:_MESSAGES_SHOWN]:
        message = one.message
        if not place.holds(message.start, message.stop):
            add_reassembled(dissection, place.direction, message.start, message.stop, bytes_shown=False)
        dissection.protocols.append("memcache")
        title = "Memcache Protocol"
        layer = place.add(dissection.parent, title, message.start, message.stop - message.start, "memcache")
        layer.target = 0
        if message.is_binary:
            add_binary(layer, place, message)
        else:
            TextLines(layer, place, message).write()
        if not message.complete:
            layer.concluded("Not all of it was captured")
    if len(said) > _MESSAGES_SHOWN:
        dissection.parent.concluded("More messages of memcached are not shown")
