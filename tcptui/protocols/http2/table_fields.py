"""Fields of HTTP/2 that a `FrameTable` tells without header trees."""

from __future__ import annotations

from functools import cache
from typing import Final

from tcptui.model.field_rows.http2 import HEADER_NAMES
from tcptui.model.fields import FIELDS
from tcptui.protocols.http2.frames import FrameType
from tcptui.protocols.http2.tree_lines import FLAGS

#: By how the names of fields begin that only frames of one type have, that type.
_OF_TYPE: Final = {
    "http2.rst_stream.": FrameType.RST_STREAM, "http2.settings": FrameType.SETTINGS,
    "http2.push_promise.": FrameType.PUSH_PROMISE, "http2.ping": FrameType.PING, "http2.pong": FrameType.PING,
    "http2.goway.": FrameType.GOAWAY, "http2.goaway.": FrameType.GOAWAY,
    "http2.window_update.": FrameType.WINDOW_UPDATE, "http2.continuation.": FrameType.CONTINUATION,
    "http2.altsvc.": FrameType.ALTSVC, "http2.origin": FrameType.ORIGIN,
    "http2.priority_update_": FrameType.PRIORITY_UPDATE,
}  # fmt: skip
NAME, VALUE = "http2.header.name", "http2.header.value"
#: Fields of header lists.
LISTED: Final = frozenset({NAME, VALUE, *HEADER_NAMES.values()})
#: Flags by their fields: the bit, and the types of frames that have it.
BITS: Final = {
    field: (bit, [int(kind) for kind, bits in FLAGS.items() if field in {one[2] for one in bits}])
    for known in FLAGS.values()
    for bit, _, field in known
}


@cache
def type_of(name: str) -> FrameType | None:
    """The type of frames that alone have the field ``name``; None: there is no such type."""
    return next((kind for beginning, kind in _OF_TYPE.items() if name.startswith(beginning)), None)


#: All of them, beside that there is "http2".  Of one that frames of a single type have, it is told who has none.
TABLE_FIELDS: Final = frozenset({
    "http2.type", "http2.flags", "http2.streamid", "http2.length", *BITS, *LISTED,
    *(name for name in FIELDS if type_of(name) is not None),
})  # fmt: skip


def table_fields() -> frozenset[str]:
    """`TABLE_FIELDS`."""
    return TABLE_FIELDS
