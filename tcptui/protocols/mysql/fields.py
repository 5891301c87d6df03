"""Values in the payload of a packet: whole numbers and strings whose length stands before them, or that a NUL ends."""

from __future__ import annotations

from typing import Final

#: First bytes of a length-encoded number that so many bytes follow.
_FOLLOWING: Final = {0xFC: 2, 0xFD: 3, 0xFE: 8}
NULL: Final = 0xFB


class ShortError(Exception):
    """A payload ends before what it announces."""


class Fields:
    """Reads a payload, one value after another.  Raises ShortError at the end."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    @property
    def left(self) -> int:
        """Bytes that were not read yet."""
        return len(self.data) - self.at

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        if size > self.left:
            raise ShortError
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int) -> int:
        """A whole number of ``size`` bytes."""
        return int.from_bytes(self.take(size), "little")

    def encoded(self) -> int:
        """A length-encoded number."""
        first = self.number(1)
        if first in (NULL, 0xFF):
            raise ShortError
        return self.number(_FOLLOWING[first]) if first in _FOLLOWING else first

    def text(self) -> bytes:
        """A length-encoded string."""
        return self.take(self.encoded())

    def line(self) -> bytes:
        """A string that a NUL ends, which is skipped."""
        end = self.data.find(b"\0", self.at)
        if end < 0:
            raise ShortError
        found = self.take(end - self.at)
        self.at += 1
        return found
