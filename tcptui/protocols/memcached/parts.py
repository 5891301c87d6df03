"""The decoded parts of a connection: each command and answer of memcached in a line, without values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.memcached.codes import status_text
from tcptui.protocols.memcached.message import Message, operation
from tcptui.protocols.parts import Label, Part, text_part, unread_part
from tcptui.protocols.secrets_out import words_without_secrets
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.memcached.conversation import Said

_LABEL_MOST: Final = 300


def parts_of(one: Said | Unread) -> Iterator[Part]:
    """The decoded parts of one message, or of bytes that are not read."""
    if isinstance(one, Unread):
        yield unread_part("memcached-unread", one)
        return
    message = one.message
    said = _answer(message) if message.is_answer else _command(message)
    cut = "" if message.complete else "cut"
    name = "memcached-message-values" if message.value_bytes else "memcached-message"
    facts: dict[str, object] = {"said": said[:_LABEL_MOST]}
    if message.value_bytes:
        facts["count"] = f"{message.value_bytes:,}"
    yield text_part(message.direction, message.start, message.stop, Label(name, facts), trouble=cut)


def _command(message: Message) -> str:
    quiet = ", noreply" if message.is_quiet else ", quiet" if message.may_be_quiet else ""
    return f"{operation(message)}{quiet}"


def _answer(message: Message) -> str:
    if message.is_binary:
        return f"{operation(message)}: {status_text(message.code)}"
    words = words_without_secrets(message.words.decode("utf-8", "replace"))
    return f"{operation(message)} {words}".strip() or "counter"
