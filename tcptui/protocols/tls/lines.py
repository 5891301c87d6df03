"""A message as lines that know their bytes and values; what draws a header tree, and what rules ask for a value."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as beside
from typing import TYPE_CHECKING, Final, TypeVar

from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.tls.codes import named

if TYPE_CHECKING:
    from collections.abc import Iterator

_Value = TypeVar("_Value", int, str, bytes)
#: Most values of one list that become lines.
LIST_MOST: Final = 400


class ShortError(Exception):
    """A message ends before what it announces."""


@dataclass(slots=True)
class Line:
    """Bytes ``start … start + length`` of a message, with what they mean."""

    label: str
    start: int
    length: int
    field: str = ""
    """Wireshark's field, without ``tls.``; empty for a heading."""
    value: int | bytes | str = 0
    lines: list[Line] = beside(default_factory=list)
    generated: bool = False
    """Concluded, not read from bytes."""

    def add(self, label: str, start: int, length: int, field: str = "", value: int | bytes | str = 0) -> Line:
        """Append a line and return it."""
        line = Line(label, start, length, field, value)
        self.lines.append(line)
        return line

    def concluded(self, label: str, field: str, value: str) -> None:
        """Append a line that was not read from bytes."""
        self.lines.append(Line(label, self.start, 0, field, value, generated=True))

    def walk(self) -> Iterator[Line]:
        """This line and all below it, in reading order."""
        left = [self]
        while left:  # no generator within a generator: each line would pass all of them
            line = left.pop()
            yield line
            left.extend(reversed(line.lines))

    def numbers(self, field: str) -> list[int]:
        """The numbers of ``field`` in this line and below it, in order."""
        return self._values(field, int)

    def texts(self, field: str) -> list[str]:
        """The texts of ``field`` in this line and below it, in order."""
        return self._values(field, str)

    def bytes_of(self, field: str) -> list[bytes]:
        """The bytes of ``field`` in this line and below it, in order."""
        return self._values(field, bytes)

    def _values(self, field: str, kind: type[_Value]) -> list[_Value]:
        found: list[_Value] = []
        left = [self]
        while left:  # as `walk`: a hello has a hundred lines, and is asked a dozen times
            line = left.pop()
            if line.field == field and isinstance(line.value, kind):
                found.append(line.value)
            if line.lines:
                left.extend(reversed(line.lines))
        return found


class Reader:
    """Reads bytes ``at … stop`` of a message, one value after another.  Raises ShortError at the end."""

    def __init__(self, data: bytes, at: int, stop: int) -> None:
        self.data = data
        self.at = at
        self.stop = stop

    @property
    def left(self) -> int:
        """Bytes that were not read yet."""
        return self.stop - self.at

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        if size > self.left or self.at + size > len(self.data):
            raise ShortError
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int) -> int:
        """The next ``size`` bytes as a number."""
        return int.from_bytes(self.take(size), "big")

    def count(self, parent: Line, size: int, title: str, field: str) -> int:
        """A number as a line."""
        value = self.number(size)
        parent.add(f"{title}: {value}", self.at - size, size, field, value)
        return value

    def name(self, parent: Line, size: int, title: str, field: str, digits: int = 0) -> int:
        """A number that has a name, as a line."""
        value = self.number(size)
        parent.add(f"{title}: {named(f'tls.{field}', value, digits)}", self.at - size, size, field, value)
        return value

    def raw(self, parent: Line, size: int, title: str, field: str) -> bytes:
        """Bytes as a line, in hexadecimal."""
        value = self.take(size)
        parent.add(f"{title}: {shortened(value)}", self.at - size, size, field, value)
        return value

    def text(self, parent: Line, size: int, title: str, field: str) -> str:
        """Bytes as a line of text."""
        value = self.take(size).decode("utf-8", "replace")
        parent.add(f"{title}: {value}", self.at - size, size, field, value)
        return value

    def inside(self, size: int) -> Reader:
        """A reader of the next ``size`` bytes, which this one skips."""
        if size > self.left:
            raise ShortError
        self.at += size
        return Reader(self.data, self.at - size, self.at)

    def names(self, parent: Line, size: int, title: str, field: str, digits: int = 0) -> None:
        """All that is left as numbers of ``size`` bytes that have names; lines of at most `LIST_MOST`."""
        for _ in range(LIST_MOST):
            if self.left < size:
                return
            self.name(parent, size, title, field, digits)
        parent.add(f"{self.left // size} more", self.at, self.left)
        self.at = self.stop
