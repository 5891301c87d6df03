"""Handshake messages of one direction, over record borders, as far as they are in plain sight (RFC 8446, 4, 5.1).

Until TLS 1.2 all is encrypted behind ChangeCipherSpec.  In TLS 1.3 encrypted messages look like application data, so a
record of type *handshake* is plain wherever it stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.protocols.tls.codes import TLS_1_3, ContentType, Handshake, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.protocols.tls.records import Record

#: Bytes of a message's header: type, length.
HEADER: Final = 4
#: Longest message that is put together; one that claims more is taken for encrypted bytes.
MESSAGE_MOST: Final = 1 << 20
#: Most bytes of plain messages of one direction that are kept.
MAX_STORED_BYTES: Final = 2 << 20
#: Most plain messages of one direction; a handshake has about ten.
MESSAGES_MOST: Final = 500
_TYPE: Final = "tls.handshake.type"


@dataclass(frozen=True, slots=True)
class Message:
    """One handshake message that was captured whole, or its beginning."""

    kind: int
    data: bytes = field(repr=False)
    """With its header; shorter than `size` where the rest was not captured."""
    size: int
    """Bytes that it has by its own length, header included."""
    pieces: tuple[tuple[int, int], ...]
    """Where its bytes are in the direction: offset and length of its part in each record, in order."""
    last: int
    """Index, in the direction, of the record with its last byte, or with the last of those captured."""
    opened: bool = False
    """Keys opened its records: the frames have its bytes only encrypted."""

    @property
    def complete(self) -> bool:
        """Whether it was captured whole."""
        return len(self.data) == self.size

    @property
    def start(self) -> int:
        """Offset of its first byte in the direction."""
        return self.pieces[0][0]

    @property
    def stop(self) -> int:
        """Offset behind its last captured byte in the direction."""
        start, length = self.pieces[-1]
        return start + length

    def place(self, at: int) -> int:
        """The direction's offset of byte ``at`` of the message."""
        for start, length in self.pieces:
            if at < length:
                return start + at
            at -= length
        return self.stop + at


@dataclass(slots=True)
class Messages:
    """The plain messages of one direction."""

    each: list[Message] = field(default_factory=list)
    encrypted: set[int] = field(default_factory=set)
    """Indexes of records whose fragment is encrypted, though their type does not say so."""
    parts: dict[int, list[Message]] = field(default_factory=dict)
    """By index of a record: the messages of which it has a byte, in order."""


class Joiner:
    """Puts messages together from the fragments of consecutive records."""

    def __init__(self, found: Messages, *, opened: bool = False) -> None:
        self._found = found
        self._opened = opened
        self._data = bytearray()
        self._pieces: list[tuple[int, int]] = []
        self._records: list[int] = []
        self._kept = 0

    def add(self, index: int, start: int, fragment: bytes) -> bool:
        """Take in the fragment of record ``index``; False when its bytes are no messages."""
        if not self._data and not begins_message(fragment):
            return False
        self._kept += len(fragment)
        if self._kept > MAX_STORED_BYTES or len(self._found.each) >= MESSAGES_MOST:
            return False
        self._data += fragment
        self._pieces.append((start, len(fragment)))
        self._records.append(index)
        while len(self._data) >= HEADER and self._size() <= len(self._data):
            self._put(self._size())
            if len(self._found.each) >= MESSAGES_MOST:
                self._forget()
            elif self._data and not begins_message(self._data):
                self.flush()
        return True

    def flush(self) -> None:
        """Give up waiting: what there is of a message is its beginning."""
        if len(self._data) >= HEADER and len(self._found.each) < MESSAGES_MOST:
            self._put(len(self._data))
        self._forget()

    def _forget(self) -> None:
        self._data, self._pieces, self._records = bytearray(), [], []

    def _size(self) -> int:
        return HEADER + int.from_bytes(self._data[1:HEADER], "big")

    def _put(self, length: int) -> None:
        """Move the first ``length`` bytes into a message."""
        taken: list[tuple[int, int]] = []
        records: list[int] = []
        left, pieces = length, list(zip(self._pieces, self._records, strict=True))
        while left and pieces:
            (start, held), index = pieces.pop(0)
            part = min(left, held)
            taken.append((start, part))
            records.append(index)
            left -= part
            if part < held:
                pieces.insert(0, ((start + part, held - part), index))
        data = bytes(self._data[:length])
        message = Message(data[0], data, self._size(), tuple(taken), records[-1], self._opened)
        self._found.each.append(message)
        for index in records:
            self._found.parts.setdefault(index, []).append(message)
        del self._data[:length]
        self._pieces, self._records = [piece for piece, _ in pieces], [index for _, index in pieces]


def begins_message(data: bytes | bytearray) -> bool:
    """Whether ``data`` may begin a plain handshake message: a known type, and a length that is possible."""
    if not data or not name_of(_TYPE, data[0]):
        return False
    if len(data) < HEADER:
        return True
    length = int.from_bytes(data[1:HEADER], "big")
    if data[0] in (Handshake.HELLO_REQUEST, Handshake.SERVER_HELLO_DONE):
        return length == 0
    return HEADER + length <= MESSAGE_MOST


def read_messages(records: Iterable[Record], version: int | None) -> Messages:
    """The messages in ``records`` of one direction, where ``version`` was agreed upon (None: not known)."""
    found = Messages()
    joiner = Joiner(found)
    encrypted = False
    for index, record in enumerate(records):
        if record.resumed and index:
            joiner.flush()
        if record.content_type == ContentType.CHANGE_CIPHER_SPEC:
            joiner.flush()
            encrypted = version != TLS_1_3
        elif record.content_type == ContentType.ALERT:
            if record.length != 2:
                found.encrypted.add(index)
        elif record.content_type == ContentType.HANDSHAKE:
            fragment = record.read()
            sealed = encrypted and not (version is None and is_second_hello(fragment))
            if sealed or not joiner.add(index, record.body, fragment):
                joiner.flush()
                found.encrypted.add(index)
            elif len(fragment) < record.length:
                joiner.flush()
    joiner.flush()
    return found


def with_messages(plain: Messages, opened: Messages) -> Messages:
    """``plain`` and, in the order of their records, those that keys ``opened``."""
    plain.each = sorted((*plain.each, *opened.each), key=lambda message: message.last)
    for index, messages in opened.parts.items():
        plain.parts.setdefault(index, []).extend(messages)
    return plain


def is_second_hello(fragment: bytes) -> bool:
    """Whether a record behind ChangeCipherSpec is a hello that follows a HelloRetryRequest (RFC 8446, D.4)."""
    whole = len(fragment) - HEADER
    return (
        len(fragment) >= HEADER + 2
        and fragment[0] in (Handshake.CLIENT_HELLO, Handshake.SERVER_HELLO)
        and int.from_bytes(fragment[1:HEADER], "big") == whole
    )
