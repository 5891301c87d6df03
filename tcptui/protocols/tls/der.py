"""Elements of DER, the encoding of certificates (X.690, 8.1 and 10); nothing recurses, and all is bounded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OBJECT_ID: Final = 0x06
SEQUENCE: Final = 0x30
SET: Final = 0x31
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
#: Most elements of one sequence.
_MOST: Final = 400
#: Most bytes of a length, and of one arc of an object identifier.
_LENGTH_MOST: Final = 4
_ARC_MOST: Final = 9


class DerError(Exception):
    """Bytes that are no DER, or not what is expected there."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its header is bytes ``start … body``, its content ``body … stop``."""

    data: bytes = field(repr=False)
    tag: int
    start: int
    body: int
    stop: int

    @property
    def content(self) -> bytes:
        """The bytes of the content."""
        return self.data[self.body : self.stop]

    @property
    def length(self) -> int:
        """Bytes with header."""
        return self.stop - self.start

    def each(self) -> Iterator[Element]:
        """The elements inside, at most `_MOST`.  Raises DerError."""
        at = self.body
        for _ in range(_MOST):
            if at >= self.stop:
                return
            one = element(self.data, at, self.stop)
            at = one.stop
            yield one

    def first(self) -> Element:
        """The first element inside.  Raises DerError."""
        return element(self.data, self.body, self.stop)

    def children(self) -> list[Element]:
        """The elements inside.  Raises DerError."""
        return list(self.each())


def element(data: bytes, at: int, stop: int) -> Element:
    """The element at ``at``, which ends by ``stop``.  Raises DerError."""
    if at + 2 > min(stop, len(data)):
        raise DerError
    tag, first = data[at], data[at + 1]
    body = at + 2
    if tag & 0x1F == 0x1F:
        raise DerError
    length = first
    if first & 0x80:
        size = first & 0x7F
        if not 0 < size <= _LENGTH_MOST:
            raise DerError
        length = int.from_bytes(data[body : body + size], "big")
        body += size
    if body + length > min(stop, len(data)):
        raise DerError
    return Element(data, tag, at, body, body + length)


def object_id(raw: bytes) -> str:
    """An object identifier in dots: ``"2.5.4.3"``.  Raises DerError."""
    if not raw or raw[-1] & 0x80:
        raise DerError
    arcs: list[int] = []
    value = size = 0
    for byte in raw[:_MOST]:
        value, size = value << 7 | byte & 0x7F, size + 1
        if size > _ARC_MOST:
            raise DerError
        if not byte & 0x80:
            arcs.append(value)
            value = size = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))
