"""The entries of a table of AMQP in the header tree, without values that may be secrets (AMQP 0-9-1, 4.2.5.5)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.headers.frame import unix_date_text
from tcptui.protocols.secret_names import hides
from tcptui.protocols.secrets_out import words_without_secrets

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_place import FramePlace

#: Entries of one table, with those within, at most, and tables within each other.
_ENTRIES_MOST: Final = 2_000
_DEPTH: Final = 12
_SHOWN_BYTES: Final = 40
#: Numbers by the letter of their type: what Wireshark calls it, size, whether it has a sign.
_NUMBERS: Final = {
    "b": ("byte", 1, True), "B": ("unsigned byte", 1, False), "s": ("short int", 2, True),
    "u": ("unsigned short int", 2, False), "I": ("integer", 4, True), "i": ("unsigned integer", 4, False),
    "l": ("long int", 8, True),
}  # fmt: skip
_LENGTHS: Final = {"S": "string", "x": "byte array", "F": "field table", "A": "array"}


class TableLines:
    """Writes the entries of the table ``data`` that stands at ``start`` of the direction."""

    def __init__(self, place: FramePlace, start: int, data: bytes) -> None:
        self._place, self._start, self._data = place, start, data
        self._left = _ENTRIES_MOST

    def write(self, parent: Branch) -> None:
        """All lines."""
        self._entries(parent, 0, len(self._data), _DEPTH, is_table=True)

    def _entries(self, parent: Branch, at: int, stop: int, depth: int, *, is_table: bool) -> None:
        number = 0
        while at < stop and self._left > 0:
            self._left -= 1
            begin, name = at, f"[{number}]"
            if is_table:
                size = self._data[at]
                name, at = self._data[at + 1 : at + 1 + size].decode("utf-8", "replace"), at + 1 + size
            if at >= stop:
                return
            at = self._value(parent, begin, name, at, stop, depth)
            if at < 0:
                return
            number += 1

    def _value(self, parent: Branch, begin: int, name: str, at: int, stop: int, depth: int) -> int:
        """One entry whose type stands at ``at``; returns where the next begins, -1 where it does not end."""
        letter = chr(self._data[at])
        at += 1
        found = self._simple(letter, at)
        if found is not None:
            kind, size, text = found
            if at + size > stop:
                return -1
            self._add(parent, f"{name} ({kind}): {text}", begin, at + size)
            return at + size
        kind = _LENGTHS.get(letter, "")
        size = int.from_bytes(self._data[at : at + 4])
        at += 4
        if not kind or at + size > stop:
            return -1
        if letter in "FA":
            line = self._add(parent, f"{name} ({kind})", begin, at + size)
            if depth:
                self._entries(line, at, at + size, depth - 1, is_table=letter == "F")
            return at + size
        data = self._data[at : at + size]
        text = data.decode("utf-8", "replace")
        if hides(name, text):
            shown = "not shown, for it may be a secret"
        else:
            shown = words_without_secrets(text) if letter == "S" else shortened(data[:_SHOWN_BYTES])
        self._add(parent, f"{name} ({kind}): {shown}", begin, at + size)
        return at + size

    def _simple(self, letter: str, at: int) -> tuple[str, int, str] | None:
        """Type, size and text of a value that has no length; None of others."""
        data = self._data[at : at + 8]
        if letter in _NUMBERS:
            kind, size, signed = _NUMBERS[letter]
            return kind, size, str(int.from_bytes(data[:size], signed=signed))
        if letter == "t":
            return "boolean", 1, "true" if data[:1] != b"\0" else "false"
        if letter == "V":
            return "void", 0, ""
        if letter == "T":
            return "timestamp", 8, unix_date_text(int.from_bytes(data))
        if letter in "fd":
            size = 4 if letter == "f" else 8
            value = struct.unpack(f">{letter}", data[:size].ljust(size, b"\0"))[0]
            return ("float" if letter == "f" else "double"), size, f"{value:f}"
        if letter == "D":
            return "decimal", 5, str(int.from_bytes(data[1:5], signed=True) / 10 ** min(data[0], 30) if data else 0)
        return None

    def _add(self, parent: Branch, label: str, at: int, stop: int) -> Branch:
        return self._place.add(parent, label, self._start + at, stop - at, "")
