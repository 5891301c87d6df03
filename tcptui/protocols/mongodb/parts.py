"""The decoded parts of a connection: each message of MongoDB by what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.request import UNKNOWN
from tcptui.protocols.mongodb.answer import answer_of
from tcptui.protocols.parts import Label, Part, text_part, unread_part
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.mongodb.conversation import Said

_LABEL_MOST: Final = 300


def parts_of(one: Said | Unread) -> Iterator[Part]:
    """The decoded part of one message, or of bytes that are not read."""
    if isinstance(one, Unread):
        yield unread_part("mongodb-unread", one)
        return
    message, label = one.message, Label("mongodb-message", {"said": said_of(one)})
    cut = "" if message.complete else "cut"
    yield text_part(message.direction, message.start, message.stop, label, trouble=cut)


def said_of(one: Said) -> str:
    """``find shop.orders {status: ?}, request 5``, ``find, response 5: 50 MaxTimeMSExpired``."""
    message, asked = one.message, one.asked
    if asked is None:
        return f"response {message.answers}, {message.size:,} bytes"
    command = asked.command
    if message is asked.request:
        return f"{command.statement or command.operation}, request {message.id}"[:_LABEL_MOST]
    said = answer_of(message, message.content(), command)
    told = "" if said.status == UNKNOWN else f": {said.status}"
    again = ", without being asked again" if one.pushed else ""
    return f"{command.name}, response {message.answers}, {message.size:,} bytes{again}{told}"[:_LABEL_MOST]
