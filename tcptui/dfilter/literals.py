"""What a word, a quoted string or a character constant is as a value of a type; None where it is not one."""

from __future__ import annotations

import math
import re
import socket
from typing import TYPE_CHECKING, Final

from tcptui.dfilter import types
from tcptui.dfilter.times import absolute, relative
from tcptui.model.field import FieldType as T

if TYPE_CHECKING:
    from collections.abc import Callable

Parsed = tuple[int | float | bytes, int | None]
"""A value and the bits of it that count; None: all."""

_FLOAT: Final = re.compile(r"[0-9]+(?:\.[0-9]*)?(?:[eE]-?[0-9]{1,6})?")
_HEX_FLOAT: Final = re.compile(r"0[xX][0-9A-Fa-f]+(?:\.[0-9A-Fa-f]*)?(?:[pP]-?[0-9]{1,6})?")
_OCTAL_OR_HEX: Final = re.compile(r"0[xX]([0-9A-Fa-f]+)|0[bB]([01]*)|(0[0-7]*)|([1-9][0-9]*)")
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_SEPARATORS: Final = frozenset(":-.")
_ETHER_BYTES: Final = 6
_TRUE: Final = ("True", "TRUE")
_FALSE: Final = ("False", "FALSE")
#: No number of a filter has more digits: a longer one fits into no type, and converting it takes time.
_MOST_DIGITS: Final = 80


def number(text: str) -> int | None:
    """A whole number in C's forms and ``0b``; octal with a leading 0."""
    found = _OCTAL_OR_HEX.fullmatch(text) if len(text) <= _MOST_DIGITS else None
    if found is None:
        return None
    sixteen, two, eight, ten = found.groups()
    if sixteen is not None:
        return int(sixteen, 16)
    if two is not None:
        return int(two or "0", 2)
    return int(eight, 8) if eight is not None else int(ten)


def byte_string(text: str) -> bytes | None:
    """Bytes as hexadecimal digits; colons, hyphens and full stops between bytes, or between pairs, may be left out.

    A byte of one digit stands before a separator or at the end; ``0x47`` is one byte.
    """
    text = text.removeprefix(":")
    if len(text) == len("0x47") and text[:2] in ("0x", "0X"):
        text = text[2:]
    value = bytearray()
    place = 0
    while place < len(text):
        digits = 0
        while digits < 4 and text[place + digits : place + digits + 1] in _HEX and place + digits < len(text):
            digits += 1
        digits = digits if digits == 4 else min(digits, 2)
        behind = text[place + digits : place + digits + 1]
        if not digits or (digits == 1 and behind and behind not in _SEPARATORS):
            return None
        taken = text[place : place + digits]
        value += bytes.fromhex(taken if digits > 1 else f"0{taken}")
        place += digits + (behind in _SEPARATORS and bool(behind))
    return bytes(value)


def _unsigned(bits: int) -> Callable[[str, bool], Parsed | None]:
    def parse(text: str, is_part: bool) -> Parsed | None:  # noqa: ARG001  asked like the others
        value = number(text)
        return (value, None) if value is not None and value < 1 << bits else None

    return parse


def _boolean(text: str, is_part: bool) -> Parsed | None:  # noqa: ARG001
    if text in _TRUE or text in _FALSE:
        return int(text in _TRUE), None
    value = number(text)
    return None if value is None or value >= 1 << 64 else (int(value != 0), None)


def _bytes(text: str, is_part: bool) -> Parsed | None:  # noqa: ARG001
    value = byte_string(text)
    return None if value is None else (value, None)


def _ether(text: str, is_part: bool) -> Parsed | None:
    value = byte_string(text)
    if value is None or len(value) > _ETHER_BYTES or (len(value) < _ETHER_BYTES and not is_part):
        return None
    return value, None


def _address(family: socket.AddressFamily, bits: int) -> Callable[[str, bool], Parsed | None]:
    def parse(text: str, is_part: bool) -> Parsed | None:  # noqa: ARG001
        address, slash, prefix = text.partition("/")
        try:
            value = socket.inet_pton(family, address)
        except (OSError, ValueError):
            return None
        if not slash:
            return value, None
        if not prefix.isdecimal() or int(prefix) > bits:
            return None
        kept = int(prefix)
        # The bits behind the prefix do not count: 10.0.0.77/24 is the network of that host.
        whole = int.from_bytes(value) >> (bits - kept) << (bits - kept)
        return whole.to_bytes(bits // 8), None if kept == bits else kept

    return parse


def _time(read: Callable[[str], int | None]) -> Callable[[str, bool], Parsed | None]:
    def parse(text: str, is_part: bool) -> Parsed | None:  # noqa: ARG001
        value = read(text)
        return None if value is None else (value, None)

    return parse


def _double(text: str, is_part: bool) -> Parsed | None:  # noqa: ARG001
    if text.lower() in ("inf", "infinity"):
        return math.inf, None
    if len(text) > _MOST_DIGITS:
        return None
    try:
        value = float.fromhex(text) if _HEX_FLOAT.fullmatch(text) else float(text) if _FLOAT.fullmatch(text) else None
    except OverflowError:
        return None
    return None if value is None or math.isinf(value) else (value, None)


def _text(text: str, is_part: bool) -> Parsed | None:  # noqa: ARG001
    return text.encode("utf-8", "surrogatepass"), None


_IPV4: Final = _address(socket.AF_INET, 32)
_IPV6: Final = _address(socket.AF_INET6, 128)
_FROM_WORD: Final[dict[T, Callable[[str, bool], Parsed | None]]] = {
    **{kind: _unsigned(bits) for kind, bits in types.UNSIGNED.items()},
    **{kind: _unsigned(bits - 1) for kind, bits in types.SIGNED.items()},
    T.DOUBLE: _double, T.FLOAT: _double,
    T.BOOLEAN: _boolean, T.BYTES: _bytes, T.PROTOCOL: _bytes, T.ETHER: _ether, T.STRING: _text,
    T.IPV4: _IPV4, T.IPV6: _IPV6, T.ABSOLUTE_TIME: _time(absolute), T.RELATIVE_TIME: _time(relative),
}  # fmt: skip


def from_word(kind: T, text: str, *, is_part: bool) -> tuple[T, Parsed] | None:
    """What ``text`` without quotes is as a value of ``kind``; ``is_part``: what `contains` looks for may be shorter."""
    if kind is T.ADDRESS:
        for family in (T.IPV4, T.IPV6):
            parsed = _FROM_WORD[family](text, is_part)
            if parsed is not None:
                return family, parsed
        return None
    read = _FROM_WORD.get(kind)
    parsed = None if read is None else read(text, is_part)
    return None if parsed is None else (kind, parsed)


def from_string(kind: T, value: bytes) -> Parsed | None:
    """What a quoted string is as a value of ``kind``: text, bytes, or a date."""
    if kind in (T.STRING, T.BYTES, T.PROTOCOL):
        return value, None
    if kind is T.ABSOLUTE_TIME:
        moment = absolute(value.partition(b"\0")[0].decode("latin-1"))
        return None if moment is None else (moment, None)
    return None


def from_character(kind: T, code: int) -> Parsed | None:
    """What a character constant is as a value of ``kind``: its code, or one byte."""
    if kind not in types.CHARACTER:
        return None
    if kind in types.INTEGERS:
        return code, None
    if kind is T.BOOLEAN:
        return int(code != 0), None
    return bytes([code]), None


def negated(kind: T, value: float) -> int | float | None:
    """``-value``; None for a number of an unsigned type that a signed one of 32 or 64 bits cannot hold."""
    bits = types.UNSIGNED.get(kind)
    return None if bits is not None and value >= 1 << (max(bits, 32) - 1) else -value
