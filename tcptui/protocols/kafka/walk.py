"""Reads the body of a message of Kafka by its schema, field by field; what is long is passed over unread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.kafka.schema import Field
    from tcptui.protocols.stream.reassembly import ByteStream

#: Fields of one message that are read, at most.
_READ_MOST: Final = 50_000
#: Bytes that are read at once, and of a text.
_AT_ONCE: Final = 4_096
_TEXT_MOST: Final = 1_024
_SIZES: Final = {"b": 1, "?": 1, "h": 2, "i": 4, "I": 4, "q": 8, "t": 8, "u": 16}
_UNSIGNED: Final = "I?"
#: Bytes of a compact length, at most (KIP-482: 32 bits).
_VARINT_MOST: Final = 5


class Item:
    """A field at bytes ``start … stop`` of its direction, ``depth`` arrays deep."""

    __slots__ = ("at", "depth", "field", "size", "start", "stop", "value")

    def __init__(self, field: Field, depth: int, start: int) -> None:
        self.field, self.depth, self.start = field, depth, start
        self.stop = start
        """Of one of any number it is known when all within was read."""
        self.at = start
        """Where its bytes begin, behind their length."""
        self.size = 0
        """How many bytes it has behind its length; -1: it is null."""
        self.value: int | bytes = 0
        """A number, or of a text its first bytes."""


class Walk:
    """The fields of a message from ``at`` to ``stop``."""

    def __init__(self, direction: ByteStream, at: int, stop: int, *, is_flexible: bool) -> None:
        self._direction, self.at, self._stop, self._is_flexible = direction, at, stop, is_flexible
        self._begin, self._block = at, b""
        self.is_wrong = False
        """It contradicts its schema."""
        self.is_cut = False
        """It was not captured up to here."""
        self.is_long = False
        """There is more than is read."""
        self._left = _READ_MOST

    @property
    def is_sound(self) -> bool:
        """Whether all that was captured fits, to the last byte."""
        return not self.is_wrong and (self.is_cut or self.is_long or self.at == self._stop)

    @property
    def is_whole(self) -> bool:
        """Whether all was read."""
        return not (self.is_wrong or self.is_cut or self.is_long) and self.at == self._stop

    def tags(self) -> None:
        """Pass over tagged fields, where the version has them."""
        if not self._is_flexible:
            return
        for _ in range(self._varint()):
            self._varint()
            if not self._pass(self._varint()):
                return

    def items(self, fields: tuple[Field, ...], depth: int = 0) -> Iterator[Item]:
        """The fields one after the other, with the tagged ones behind them, as far as they can be read."""
        for one in fields:
            if self._has_ended():
                return
            if one.form == "[":
                yield from self._array(one, depth)
            else:
                yield self._one(one, depth)
        if not self._has_ended():
            self.tags()

    def _has_ended(self) -> bool:
        return self.is_wrong or self.is_cut or self.is_long

    def _array(self, one: Field, depth: int) -> Iterator[Item]:
        count = self._varint() - 1 if self._is_flexible else self._number(4)
        if count < -1 or count > self._stop - self.at:
            self.is_wrong |= not self.is_cut
            return
        for _ in range(count):
            if self._has_ended():
                return
            if not one.is_struct:
                yield self._one(one.inner[0], depth)
                continue
            group = Item(one, depth, self.at)
            yield group
            yield from self.items(one.inner, depth + 1)
            group.stop = self.at

    def _one(self, field: Field, depth: int) -> Item:
        self._left -= 1
        self.is_long |= self._left < 0
        item = Item(field, depth, self.at)
        fixed = _SIZES.get(field.form)
        if fixed is not None:
            item.size = fixed
            if field.form == "u":
                item.value = self._take(fixed)
            else:
                item.value = self._number(fixed, signed=field.form not in _UNSIGNED)
        else:
            self._sized(item)
        item.stop = self.at
        return item

    def _sized(self, item: Item) -> None:
        is_text = item.field.form in "sz"
        size = self._varint() - 1 if self._is_flexible else self._number(2 if is_text else 4)
        item.at, item.size, item.value = self.at, size, b""
        if size < -1 or size > self._stop - self.at:
            self.is_wrong |= not self.is_cut
            return
        if is_text and size > 0:
            item.value = self._peek(min(size, _TEXT_MOST))
        self._pass(max(size, 0))

    # -- bytes -----------------------------------------------------------------------------------
    def _pass(self, size: int) -> bool:
        if self.at + size > self._stop:
            self.is_wrong |= not self.is_cut
            return False
        self.at += size
        return not self._has_ended()

    def _peek(self, size: int) -> bytes:
        begin = self.at - self._begin
        if begin + size > len(self._block):
            self._begin, begin = self.at, 0
            self._block = self._direction.read(self.at, min(max(size, _AT_ONCE), self._stop - self.at))
        found = self._block[begin : begin + size]
        self.is_cut |= len(found) < size
        return found

    def _take(self, size: int) -> bytes:
        if self.at + size > self._stop:
            self.is_wrong = True
            return b""
        found = self._peek(size)
        self.at += len(found)
        return found

    def _number(self, size: int, *, signed: bool = True) -> int:
        found = self._take(size)
        return int.from_bytes(found, signed=signed) if len(found) == size else 0

    def _varint(self) -> int:
        value = 0
        for place in range(_VARINT_MOST):
            byte = self._take(1)
            if not byte:
                return 0
            value |= (byte[0] & 0x7F) << 7 * place
            if byte[0] < 0x80:
                return value
        self.is_wrong = True
        return 0
