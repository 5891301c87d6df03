"""The decoded parts of a connection: each frame of AMQP by what it says, and the bodies of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.amqp.message import operation, reply_of
from tcptui.protocols.amqp.methods import BODY, FRAME_HEAD, HEADER, METHOD, TYPES
from tcptui.protocols.parts import Label, Part, PartText, frame_at, text_part, unread_part
from tcptui.protocols.stream.conversation import chunks
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.amqp.conversation import Said
    from tcptui.protocols.amqp.message import Message

_LABEL_MOST: Final = 300


def parts_of(one: Said | Unread) -> Iterator[Part]:
    """The decoded parts of one frame, or of bytes that are not read."""
    if isinstance(one, Unread):
        yield unread_part("amqp-unread", one)
        return
    message, cut = one.message, "" if one.message.complete else "cut"
    direction = message.direction
    if message.kind != BODY:
        label = Label("amqp-frame", {"said": said_of(message)})
        yield text_part(direction, message.start, message.stop, label, trouble=cut)
        return
    start = min(message.start + FRAME_HEAD, message.stop)
    stop = min(start + message.size, message.stop)
    label = Label("amqp-body", {"count": f"{message.size:,}", "channel": message.channel})
    yield Part(
        direction.side, message.start, message.stop, frame_at(direction, message.start),
        direction.delivered_ns(message.start), label, lambda: chunks(direction, start, stop),
        trouble=lambda: cut, text=PartText.BODY,
    )  # fmt: skip


def said_of(message: Message) -> str:
    """``queue.declare orders, channel 1``."""
    if message.kind == METHOD:
        code, words = reply_of(message)
        reply = f": {code} {words}" if code else ""
        tag = message.arguments().get("Delivery-Tag")
        number = f" {tag}" if isinstance(tag, int) else ""
        return f"{operation(message)}{number}, channel {message.channel}{reply}"[:_LABEL_MOST]
    if message.kind == HEADER:
        return f"content of {message.size:,} bytes, channel {message.channel}"
    return TYPES[message.kind].lower() if message.kind else "0-9-1"
