"""The single messages of a run."""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final

from tcptui.protocols.postgresql.message import HEADER, Message
from tcptui.protocols.postgresql.reader import MAX_STORED_BODY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HEAD: Final = struct.Struct(">BI")


def within(message: Message, start: int, stop: int) -> Iterator[Message]:
    """The messages of a run of which a byte lies between ``start`` and ``stop``; of one message, itself."""
    if message.count == 1:
        yield with_body(message)
        return
    data, base = message.direction.read(message.start, message.stop - message.start), message.start
    at = 0
    for _ in range(message.count):
        if at + HEADER > len(data) or base + at >= stop:
            return
        behind = at + 1 + _HEAD.unpack_from(data, at)[1]
        if base + behind > start:
            body = data[at + HEADER : min(behind, at + HEADER + MAX_STORED_BODY)]
            yield Message(message.direction, base + at, base + behind, message.kind, body, message.complete)
        at = behind


def with_body(message: Message) -> Message:
    """The message with the beginning of its body."""
    if message.body:
        return message
    size = min(message.stop - message.start - HEADER, MAX_STORED_BODY)
    body = message.direction.read(message.start + HEADER, size) if size > 0 else b""
    return Message(message.direction, message.start, message.stop, message.kind, body, message.complete)


def completed(messages: Sequence[Message], frame: int) -> Iterator[Message]:
    """The single messages that ``frame`` completed, of ``messages`` of one direction, in order."""
    for run in messages[bisect_left(messages, frame, key=lambda one: one.frame) :]:
        offsets, when = range(run.start, run.stop), run.direction.delivered_frame
        if when(run.start) > frame:
            return
        low = run.start + bisect_left(offsets, frame, key=when)
        high = run.start + bisect_right(offsets, frame, key=when)
        for one in within(run, low, high):
            if low < one.stop <= high:
                yield one
