"""The parts of a packet of MQTT, one after the other, each with the bytes that it takes (MQTT 5.0, 1.5, 2.2.2)."""

from __future__ import annotations

from typing import Final, NamedTuple

from tcptui.protocols.mqtt.codes import PROPERTIES, Form

#: Bytes of the longest number of variable length, and its bits that say that another byte follows.
VARIABLE_MOST: Final = 4
_MORE: Final = 0x80


class Incomplete(Exception):  # noqa: N818  (no error: how reading ends where bytes do)
    """A packet ends amid a part: it is malformed, or not all of it is here."""


class Span(NamedTuple):
    """A text, or binary data, behind the two bytes of its length."""

    start: int
    """Where the length stands; the text is 2 bytes behind."""
    data: bytes

    @property
    def text(self) -> str:
        """It as text, not yet safe to print."""
        return self.data.decode("utf-8", "replace")


class Property(NamedTuple):
    """A property of 5.0."""

    start: int
    number: int
    value: int
    """Of a number; else 0."""
    spans: tuple[Span, ...]
    """Of a text or binary data one, of a pair two."""
    stop: int
    is_known: bool = True


class Fields:
    """Reads the parts of ``data``.  Every method raises `Incomplete` where the bytes end."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    @property
    def left(self) -> int:
        """How many bytes follow."""
        return len(self.data) - self.at

    def number(self, size: int) -> int:
        """A number of ``size`` bytes."""
        if self.left < size:
            raise Incomplete
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at])

    def variable(self) -> int:
        """A number of variable length."""
        value = 0
        for place in range(VARIABLE_MOST):
            byte = self.number(1)
            value |= (byte & ~_MORE) << 7 * place
            if not byte & _MORE:
                return value
        raise Incomplete

    def span(self) -> Span:
        """A text, or binary data."""
        start = self.at
        length = self.number(2)
        if self.left < length:
            self.at = start
            raise Incomplete
        self.at += length
        return Span(start, self.data[start + 2 : self.at])

    def properties(self) -> tuple[int, int, list[Property]]:
        """Where properties begin, where the first of them does, and they; the last may be of an unknown kind."""
        start = self.at
        length = self.variable()
        first, stop = self.at, self.at + length
        if len(self.data) < stop:
            self.at = start
            raise Incomplete
        inner = Fields(self.data[:stop], first)
        found = []
        while inner.left:
            found.append(_property(inner))
        self.at = stop
        return start, first, found


def _property(fields: Fields) -> Property:
    start, number = fields.at, fields.number(1)
    known = PROPERTIES.get(number)
    if known is None:
        rest = Span(fields.at - 2, fields.data[fields.at :])
        fields.at = len(fields.data)
        return Property(start, number, 0, (rest,), fields.at, is_known=False)
    form = known[1]
    if form in (Form.BYTE, Form.TWO, Form.FOUR):
        return Property(start, number, fields.number(int(form.value)), (), fields.at)
    if form is Form.VARIABLE:
        return Property(start, number, fields.variable(), (), fields.at)
    spans = tuple(fields.span() for _ in range(2 if form is Form.PAIR else 1))
    return Property(start, number, 0, spans, fields.at)


def length_of(head: bytes) -> tuple[int, int] | None:
    """Where the body of a packet begins that begins with ``head``, and how long it is; None where that is not there."""
    fields = Fields(head, 1)
    try:
        length = fields.variable()
    except Incomplete:
        return None
    return fields.at, length
