"""The decoded parts of a connection: commands and replies as ``redis-cli`` writes them, without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.parts import Label, Part, frame_at, once
from tcptui.protocols.redis.text import command_text, reply_text
from tcptui.protocols.redis.value import Kind
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcptui.protocols.redis.redis_stream import Message
    from tcptui.protocols.redis.value import Value
    from tcptui.protocols.stream.reassembly import ByteStream

_NAME_SHOWN: Final = 40


def part_of(one: Message | Unread) -> Part:
    """The decoded part of one message, or of bytes that are not read."""
    if isinstance(one, Unread):
        return _hidden(one.direction, one.start, one.stop, "redis-unread")
    value, command = one.value, one.command
    if one.hides_all:
        return _hidden(
            value.direction, value.start, value.stop, "redis-reply-hidden" if one.is_reply else "redis-unnamed"
        )
    if value.kind is Kind.SNAPSHOT:
        return _hidden(value.direction, value.start, value.stop, "redis-snapshot")
    if one.is_reply:
        name = "redis-push" if command is None else "redis-reply"
        return _part(value, Label(name), lambda: reply_text(value))
    assert command is not None
    secrets = command.secrets
    facts: dict[str, object] = {"name": command.name[:_NAME_SHOWN]}
    if secrets:
        items = value.items
        facts["count"] = f"{sum(items[at].stop - items[at].start for at in secrets if at < len(items)):,}"
    label = Label("redis-command-hidden" if secrets else "redis-command", facts)
    return _part(value, label, lambda: command_text(command))


def _part(value: Value, label: Label, blocks: Callable[[], Iterator[tuple[int, bytes]]]) -> Part:
    direction, cut = value.direction, "" if value.complete else "cut"
    return Part(
        direction.side, value.start, value.stop, frame_at(direction, value.start),
        direction.delivered_ns(value.start), label, blocks,
        trouble=lambda: cut,
    )  # fmt: skip


def _hidden(direction: ByteStream, start: int, stop: int, name: str) -> Part:
    return Part(
        direction.side, start, stop, frame_at(direction, start), direction.delivered_ns(start),
        Label(name, {"count": f"{stop - start:,}"}), once(start, b""),
    )  # fmt: skip
