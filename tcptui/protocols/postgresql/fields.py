"""The fields of errors, notices and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.postgresql.message import Message

#: What fields of an error or notice are called in Wireshark, and their field there (55.8).
ERROR_FIELDS: Final = {
    "S": ("Severity", "severity"), "V": ("Text", "text"), "C": ("Code", "code"), "M": ("Message", "message"),
    "D": ("Detail", "detail"), "H": ("Hint", "hint"), "P": ("Position", "position"),
    "p": ("Position (Internal)", "internal_position"), "q": ("Query (Internal)", "internal_query"),
    "W": ("Context", "where"), "s": ("Schema", "schema_name"), "t": ("Table", "table_name"),
    "c": ("Column", "column_name"), "d": ("Type", "type_name"), "n": ("Constraint", "constraint_name"),
    "F": ("File", "file"), "L": ("Line", "line"), "R": ("Routine", "routine"),
}  # fmt: skip
#: Severities behind which the server ends the connection.
_FATAL: Final = frozenset({"FATAL", "PANIC"})
_CODE: Final = 5


def error_fields(body: bytes) -> Iterator[tuple[str, str, int, int]]:
    """Letter, text, offset and length (of letter, text and its zero) of each field of an error or notice."""
    at = 0
    while at < len(body) and body[at]:
        end = body.find(b"\0", at + 1)
        end = len(body) if end < 0 else end
        yield chr(body[at]), body[at + 1 : end].decode("utf-8", "replace"), at, end + 1 - at
        at = end + 1


def sqlstate(message: Message) -> str:
    """The code of an error or notice; ``ERROR`` where it has none."""
    code = next((text for letter, text, *_ in error_fields(message.body) if letter == "C"), "")
    return code if len(code) == _CODE and code.isalnum() and code.isascii() else "ERROR"


def is_fatal(message: Message) -> bool:
    """Whether the server ends the connection behind this error."""
    said = {letter: text for letter, text, *_ in error_fields(message.body)}
    return said.get("V", said.get("S", "")) in _FATAL


def rows_of(message: Message) -> int | None:
    """How many rows a tag says: returned, or affected; None where it says none."""
    words = message.body.rstrip(b"\0").split(b" ")
    return int(words[-1]) if len(words) > 1 and words[-1].isdigit() and len(words[-1]) < _DIGITS else None


_DIGITS: Final = 19
