"""Frames of AMQP as bytes of one direction of a connection, and what methods say (AMQP 0-9-1, 4.2.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.protocols.amqp.arguments import read_arguments
from tcptui.protocols.amqp.methods import (
    FRAME_HEAD,
    METHOD,
    METHODS,
    SECURE,
    SECURE_OK,
    START_OK,
    UPDATE_SECRET,
    name_of,
)
from tcptui.protocols.secret_bodies import body_without_secrets
from tcptui.protocols.secrets_out import uri_without_secrets, words_without_secrets

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes of a method that are read for what it says.
HEAD_READ: Final = 4_096
#: Bytes of class and method.
IDS: Final = 4
#: Arguments that say what a method is about.
_ABOUT: Final = ("Virtual-Host", "Mechanism", "Queue", "Destination", "Exchange", "Source", "Routing-Key")
_SECRET: Final = frozenset({START_OK, SECURE, SECURE_OK, UPDATE_SECRET})
_TEXT_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Message:
    """A frame, or what a client says before all frames, at bytes ``start … stop`` of its direction."""

    direction: ByteStream = field(repr=False)
    start: int
    stop: int
    """At most the bytes that are known to have been sent."""
    complete: bool
    after_unread: bool
    """Bytes before it could not be read."""
    kind: int
    """`METHOD` …; 0 of what is no frame."""
    channel: int = 0
    ids: tuple[int, int] = (0, 0)
    """Class and method; of a content's header its class."""
    size: int = 0
    """Of a content's header: bytes of its body; of a body its own."""

    @property
    def frame(self) -> int:
        """The frame number of the packet that completed it."""
        return self.direction.delivered_frame(self.stop - 1)

    @property
    def name(self) -> str:
        """``queue.declare``; empty of other frames."""
        return name_of(self.ids) if self.kind == METHOD else ""

    def body(self, size: int) -> bytes:
        """The first bytes of what is behind its type, channel and length."""
        start = self.start + FRAME_HEAD
        return self.direction.read(start, max(min(size, self.stop - start), 0))

    def arguments(self) -> dict[str, int | bytes]:
        """Numbers and texts of a method by their titles, as far as it was captured."""
        known = METHODS.get(self.ids) if self.kind == METHOD else None
        if known is None:
            return {}
        found = read_arguments(self.body(HEAD_READ), IDS, known.arguments)
        return {one.argument.title: one.data if one.argument.form in "slb" else one.number for one in found}


def holds_secrets(message: Message) -> bool:
    """Whether there may be a password in ``message``, or data of an authentication."""
    return message.kind == METHOD and message.ids in _SECRET


def operation(message: Message) -> str:
    """``queue.bind orders ex a.#``: a method, and what it is about.

    Text from the frame without secrets, not yet safe to print.
    """
    said = message.arguments()
    about = [said.get(title) for title in _ABOUT]
    texts = [shown(one) for one in about if isinstance(one, bytes) and one]
    return " ".join([message.name, *texts])


def shown(text: bytes) -> str:
    """A name without the secrets that may stand in it as in an address; not yet safe to print."""
    return uri_without_secrets(text[:_TEXT_MOST].decode("utf-8", "replace"))


def reply_of(message: Message) -> tuple[int, str]:
    """Code and words with which a broker, or a client, closes a channel or a connection."""
    said = message.arguments()
    code, text = said.get("Reply-Code"), said.get("Reply-Text")
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else ""
    # A broker quotes what it was sent: pairs, and addresses with a user in front.
    return code if isinstance(code, int) else 0, words_without_secrets(body_without_secrets(words))


def status_of(code: int, words: str) -> str:
    """``404 NOT_FOUND``: a reply code with its name."""
    return f"{code} {words.partition(' - ')[0]}".rstrip() if code != 200 else "OK"
