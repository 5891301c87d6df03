"""Messages of memcached as bytes of one direction of a connection, and what they say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.protocols.memcached.codes import ERRORS, HEADER, OPCODES, STAT, status_text
from tcptui.protocols.memcached.text import UNANSWERED
from tcptui.protocols.secret_store_keys import key_text
from tcptui.protocols.secrets_out import words_without_secrets

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: The opcode of a message of the text protocol.
TEXT: Final = -1
#: Bytes that are kept of the words of an answer.
WORDS_KEPT: Final = 120
#: Answers in text that say that all went well.
_WELL: Final = frozenset(
    {
        "STORED", "DELETED", "TOUCHED", "OK", "RESET", "VALUE", "CONFIG", "VERSION", "VA", "HD", "MN", "ME", "STAT",
        "ITEM", "PREFIX", "key", "END", "",
    }
)  # fmt: skip
_READING: Final = frozenset({"get", "gets", "gat", "gats"})


@dataclass(frozen=True, slots=True)
class Message:
    """A command, or an answer, at bytes ``start … stop`` of its direction."""

    direction: ByteStream = field(repr=False)
    start: int
    stop: int
    """At most the bytes that are known to have been sent."""
    body: int
    """Where its first line, or its header, ends."""
    complete: bool
    after_unread: bool
    """Bytes before it could not be read."""
    name: str
    """The command, or the first word of an answer in text; empty of a number."""
    key: bytes = b""
    """The first."""
    keys: int = 0
    is_quiet: bool = False
    """Nobody answers it."""
    may_be_quiet: bool = False
    """It is answered only by what is not the usual."""
    is_answer: bool = False
    value_bytes: int = 0
    """Bytes of values, as its lines and its header say; they are never shown."""
    words: bytes = b""
    """Of an error, and of a version, in text: what follows its first word."""
    values: int = 0
    """Of an answer: how many values it has."""
    opcode: int = TEXT
    number: int = 0
    """In binary: what a client chose to know the answer again (*opaque*)."""
    code: int = 0
    """In binary: the status of an answer."""

    @property
    def frame(self) -> int:
        """The frame number of the packet that completed it."""
        return self.direction.delivered_frame(self.stop - 1)

    @property
    def is_binary(self) -> bool:
        """Whether it is of the binary protocol."""
        return self.opcode != TEXT

    @property
    def is_unanswered(self) -> bool:
        """Of a command: nobody answers it."""
        return self.is_quiet or (not self.is_binary and self.name in UNANSWERED)

    @property
    def is_last(self) -> bool:
        """Of an answer: no other follows to the same command.  Statistics come one by one, an empty one last."""
        return self.opcode != STAT or bool(self.code) or not self.key


def operation(message: Message) -> str:
    """``get user:7 +2``: a command with its first key, and how many follow; without values.

    Text from the packet without secrets, not yet safe to print.
    """
    key = f" {key_text(message.key)}" if message.key else ""
    return f"{message.name}{key}{f' +{message.keys - 1}' if message.keys > 1 else ''}"


def status_of(command: Message, answer: Message) -> str:
    """How ``answer`` answers: ``OK``, ``miss``, ``NOT_FOUND``, ``SERVER_ERROR out of memory storing object``."""
    if answer.is_binary:
        return status_text(answer.code)
    name = answer.name
    if name in ERRORS:
        return f"{name} {words_without_secrets(answer.words.decode('utf-8', 'replace'))}".rstrip()
    if (name == "END" and command.name in _READING) or (name == "EN" and command.name in ("mg", "me")):
        return "miss"
    return "OK" if name in _WELL else name


def binary_name(opcode: int) -> str:
    """The command of ``opcode``: ``get``, or its number."""
    known = OPCODES.get(opcode)
    return f"0x{opcode:02x}" if known is None else known.name


def key_place(head: bytes) -> tuple[int, int]:
    """Where the key stands behind the header ``head``, and how long it is."""
    return HEADER + head[4], int.from_bytes(head[2:4])
