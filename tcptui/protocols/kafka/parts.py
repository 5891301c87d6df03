"""The decoded parts of a connection: each message of Kafka by what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.request import UNKNOWN
from tcptui.protocols.kafka.apis import name_of
from tcptui.protocols.kafka.message import Kind, operation, status_of, throttled_ms
from tcptui.protocols.parts import Label, Part, text_part, unread_part
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.kafka.conversation import Said

_LABEL_MOST: Final = 300


def parts_of(one: Said | Unread) -> Iterator[Part]:
    """The decoded part of one message, or of bytes that are not read."""
    if isinstance(one, Unread):
        yield unread_part("kafka-unread", one)
        return
    message, label = one.message, Label("kafka-message", {"said": said_of(one)})
    cut = "" if message.complete else "cut"
    yield text_part(message.direction, message.start, message.stop, label, trouble=cut)


def said_of(one: Said) -> str:
    """``Fetch orders-3 v11, request 5``, ``Fetch v11, response 5: 6 NOT_LEADER_OR_FOLLOWER``."""
    message, request = one.message, one.request
    if message.kind is Kind.TOKEN or (request is None and message.kind is not Kind.RESPONSE):
        return f"authentication, {message.size:,} bytes"
    if request is None:
        return f"response {message.correlation}, {message.size:,} bytes"
    if message is request:
        return f"{operation(request)} v{request.version}, request {request.correlation}"[:_LABEL_MOST]
    status, throttled = status_of(message, request), throttled_ms(message, request)
    told = "" if status == UNKNOWN else f": {status}"
    late = f", throttled {throttled:,} ms" if throttled > 0 else ""
    return f"{name_of(request.api)} v{request.version}, response {message.correlation}{told}{late}"[:_LABEL_MOST]
