"""Values that stand one behind another in a record or an option: how each is written, and how it is read."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.dns.tree_lines import lasting
from tcptui.protocols.headers.frame import unix_date_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.protocols.dns.tree_lines import MessageLines
    from tcptui.protocols.headers.builder import Branch


class Form(Enum):
    """How a value is written."""

    U8 = auto()
    U16 = auto()
    U32 = auto()
    HEX8 = auto()
    HEX16 = auto()
    NAMED8 = auto()
    NAMED16 = auto()
    """Numbers that have names."""
    LASTING = auto()
    """Seconds."""
    TIME32 = auto()
    TIME48 = auto()
    """Seconds since 1970."""
    IPV4 = auto()
    IPV6 = auto()
    ETHER = auto()
    BYTES8 = auto()
    """Eight bytes."""
    NAME = auto()
    TEXT = auto()
    """A length of one byte, which has a line of its own, and so many bytes."""
    TEXTS = auto()
    """Texts up to the end."""
    BYTES = auto()
    """All that is left, where something is left."""
    BYTES_OR_NONE = auto()
    """All that is left."""
    COUNTED8 = auto()
    COUNTED16 = auto()
    """Bytes behind their length."""
    LEFT_TEXT = auto()
    """A text up to the end."""


class Bit(NamedTuple):
    """Bits of a number that have a line of their own below it."""

    mask: int
    title: str
    field: str
    no: str = ""
    yes: str = ""
    """What is said of 0 and 1; empty: the number that the bits are."""
    is_hex: bool = False


class Line(NamedTuple):
    """One value."""

    title: str
    field: str
    """What the field's name has behind ``dns.``."""
    form: Form
    counted: tuple[str, str] = ("", "")
    """Title and field of its length, where that has a line."""
    bits: tuple[Bit, ...] = ()


_NUMBERS: Final = {Form.U8: 1, Form.U16: 2, Form.U32: 4, Form.HEX8: 1, Form.HEX16: 2}
_NAMED: Final = {Form.NAMED8: 1, Form.NAMED16: 2}
_TIMES: Final = {Form.TIME32: 4, Form.TIME48: 6}
_HEX: Final = frozenset({Form.HEX8, Form.HEX16})


def write_values(out: MessageLines, parent: Branch, lines: Iterable[Line], at: int) -> int:
    """Append a line for each value from ``at`` on; returns the offset behind the last.  Raises `BadName` and `Ends`."""
    for one in lines:
        at = _write(out, parent, one, at)
    return at


def _write(out: MessageLines, parent: Branch, one: Line, at: int) -> int:
    title, field, form = one.title, one.field, one.form
    if form in _NUMBERS:
        return _number(out, parent, one, at, _NUMBERS[form])
    match form:
        case Form.NAMED8 | Form.NAMED16:
            out.named(parent, title, field, at, _NAMED[form])
            return at + _NAMED[form]
        case Form.NAME:
            return out.name(parent, title, field, at)[1]
        case Form.TEXT | Form.TEXTS:
            return _texts(out, parent, one, at)
        case Form.LASTING:
            value = out.number(at, 4)
            out.line(parent, f"{title}: {value} ({lasting(value)})", at, 4, field)
            return at + 4
        case Form.TIME32 | Form.TIME48:
            size = _TIMES[form]
            out.line(parent, f"{title}: {unix_date_text(out.number(at, size))}", at, size, field)
            return at + size
        case Form.IPV4:
            out.ipv4(parent, title, field, at)
            return at + 4
        case Form.IPV6:
            out.ipv6(parent, title, field, at)
            return at + 16
        case Form.ETHER:
            out.line(parent, f"{title}: {out.raw(at, 6).hex(':')}", at, 6, field)
            return at + 6
        case Form.BYTES8:
            out.bytes(parent, title, field, at, 8)
            return at + 8
        case Form.COUNTED8 | Form.COUNTED16:
            return _counted(out, parent, one, at)
        case Form.LEFT_TEXT:
            text = out.raw(at, out.stop - at).partition(b"\0")[0].decode("utf-8", "replace")
            out.text(parent, title, field, at, out.stop - at, text)
        case _:
            if at < out.stop or form is Form.BYTES_OR_NONE:
                out.bytes(parent, title, field, at, out.stop - at)
    return out.stop


def _number(out: MessageLines, parent: Branch, one: Line, at: int, size: int) -> int:
    value = out.number(at, size)
    told = f"0x{value:0{2 * size}x}" if one.form in _HEX else str(value)
    line = out.line(parent, f"{one.title}: {told}", at, size, one.field)
    for bit in one.bits:
        if bit.yes:
            told = bit.yes if value & bit.mask else bit.no
        else:
            number = (value & bit.mask) // (bit.mask & -bit.mask)
            told = f"0x{number:0{2 * size}x}" if bit.is_hex else str(number)
        out.bits(line, value, bit.mask, f"{bit.title}: {told}", bit.field, at, size)
    return at + size


def _texts(out: MessageLines, parent: Branch, one: Line, at: int) -> int:
    is_list = one.form is Form.TEXTS
    while at < out.stop or not is_list:
        if is_list:
            out.budget.take_value()
        size = out.number(at, 1)
        out.raw(at + 1, size)
        out.counted(parent, *one.counted, at)
        out.ascii(parent, one.title, one.field, at + 1, size)
        at += 1 + size
        if not is_list:
            break
    return at


def _counted(out: MessageLines, parent: Branch, one: Line, at: int) -> int:
    width = 1 if one.form is Form.COUNTED8 else 2
    size = out.counted(parent, *one.counted, at, width)
    if size or width == 1:
        out.bytes(parent, one.title, one.field, at + width, size)
    return at + width + size
