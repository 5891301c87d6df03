"""The decoded parts of a connection: questions and answers as ``dig`` writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.parts import Label, Part, frame_at, once
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.dns.conversation import DnsMessage
    from tcptui.protocols.dns.message import Message
    from tcptui.protocols.stream.reassembly import ByteStream

_SHOWN: Final = 80


def part_of(one: DnsMessage | Unread) -> Part:
    """The decoded part of one message, or of bytes that are not read."""
    if isinstance(one, Unread):
        label = Label("dns-unread", {"count": f"{one.stop - one.start:,}"})
        return _part(one.direction, one.start, one.stop, label)
    message = one.message
    head = message.head
    if head is None:
        return _part(message.direction, message.start, message.stop, Label("dns-cut"))
    asked = head if head.labels is not None or one.asked is None else None
    if asked is None and one.asked is not None and one.asked.query is not None:
        asked = one.asked.query.head  # a later message of a transfer need not repeat it
    facts: dict[str, object] = {"question": ("" if asked is None else asked.question)[:_SHOWN], "number": head.number}
    name = "dns-question"
    if head.is_response:
        name = "dns-answer" if one.asked is not None and one.asked.query is not None else "dns-answer-alone"
        facts |= {"status": message.status, "count": head.answers}
    cut = "" if message.complete else "cut"
    return Part(
        message.direction.side, message.start, message.stop, frame_at(message.direction, message.start),
        message.direction.delivered_ns(message.start), Label(name, facts), lambda: _blocks(message),
        trouble=lambda: cut,
    )  # fmt: skip


def _blocks(message: Message) -> Iterator[tuple[int, bytes]]:
    from tcptui.protocols.dns.text import text_of_message  # imports dnspython

    yield message.start, text_of_message(message.data()).encode("utf-8", "replace")


def _part(direction: ByteStream, start: int, stop: int, label: Label) -> Part:
    return Part(
        direction.side, start, stop, frame_at(direction, start), direction.delivered_ns(start), label, once(start, b"")
    )
