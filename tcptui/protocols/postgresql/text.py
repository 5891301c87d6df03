"""What messages say, as text for who follows a connection; secrets are left out."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from tcptui.protocols.postgresql.asking import parameters
from tcptui.protocols.postgresql.fields import error_fields
from tcptui.protocols.postgresql.message import HEADER, Kind
from tcptui.protocols.postgresql.statement import MAX_STORED_STATEMENT, may_hold_secrets, without_secrets
from tcptui.protocols.secret_names import LEFT_OUT
from tcptui.protocols.stream.conversation import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.postgresql.message import Message

_HEAD: Final = struct.Struct(">BI")
_LENGTH: Final = struct.Struct(">i")
#: Most bytes of one row, or of one statement, that are read to write it.
_ROW_MOST: Final = 1 << 20
#: Fields of errors that quote no statement.
SAFE_FIELDS: Final = frozenset("SVCPpFLRstcdn")
_NULL: Final = b"NULL"


def error_text(body: bytes, *, is_secret: bool, letters: str) -> list[tuple[str, str]]:
    """Letter and text of those fields of an error that ``letters`` names, without secrets."""
    return [
        (letter, LEFT_OUT if is_secret and letter not in SAFE_FIELDS else without_secrets(text))
        for letter, text, *_ in error_fields(body)
        if letter in letters
    ]


def statement_text(message: Message) -> str:
    """The SQL of a Query or Parse, without secrets."""
    at = 0 if message.kind is Kind.QUERY else message.body.find(b"\0") + 1
    return without_secrets(message.texts(1, at)[0])


def parameter_texts(message: Message) -> list[tuple[str, str]]:
    """Names and values of a startup message's parameters, without secrets."""
    return [(name, LEFT_OUT if may_hold_secrets(name) else value) for name, value in parameters(message).items()]


def statement_blocks(message: Message) -> Iterator[tuple[int, bytes]]:
    """The SQL of a Query or Parse as one line or more; of a long one, what is kept of it."""
    yield message.start, statement_text(message).encode() + b"\n"
    left = message.stop - message.start - HEADER - MAX_STORED_STATEMENT
    if left > 0:
        yield message.stop - 1, b"...\n"


def row_blocks(message: Message) -> Iterator[tuple[int, bytes]]:
    """The rows of a run, a line each, columns parted by tabs; a row over 1 MiB by its beginning."""
    at, direction = message.start, message.direction
    for _ in range(message.count):
        head = direction.read(at, HEADER)
        if len(head) < HEADER:
            return
        length = _HEAD.unpack(head)[1]
        body = direction.read(at + HEADER, min(length - 4, _ROW_MOST))
        yield at, b"\t".join(value for value in columns(body)) + b"\n"
        at += 1 + length


def columns(body: bytes) -> Iterator[bytes]:
    """The values of a row, as far as they are in ``body``."""
    at = 2
    while at + _LENGTH.size <= len(body):
        (length,) = _LENGTH.unpack_from(body, at)
        at += _LENGTH.size
        yield _NULL if length < 0 else body[at : at + length]
        at += max(length, 0)


def data_blocks(message: Message) -> Iterator[tuple[int, bytes]]:
    """The data of COPY, without what frames it, however long it is."""
    at, direction = message.start, message.direction
    for _ in range(message.count):
        head = direction.read(at, HEADER)
        if len(head) < HEADER:
            return
        stop = at + 1 + _HEAD.unpack(head)[1]
        yield from chunks(direction, at + HEADER, min(stop, direction.length))
        at = stop
