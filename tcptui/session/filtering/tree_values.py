"""The value of a line of the header tree, as a filter compares it.

Lines of fields have it.  Those that were put together by hand hold a number, an address or a time in their text, or are
the bytes that they were read from.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from tcptui.dfilter import types
from tcptui.dfilter.names import value_string, value_text
from tcptui.model.field import FieldType as T
from tcptui.model.field import Text
from tcptui.model.fields import FIELDS

if TYPE_CHECKING:
    from tcptui.model.field import Field
    from tcptui.protocols.headers.node import Node

_BITS: Final = re.compile(r"^([.01 ]+) = ")
#: A number, not a word that begins with digits: "802.1Q Virtual LAN (0x8100)".
_NUMBER: Final = re.compile(r"(?:0x([0-9a-fA-F]+)|(-?[0-9]+))(?=[\s,(\]]|$)")
_ASSIGNED: Final = re.compile(r" = (-?[0-9]+)")
_BRACKETED: Final = re.compile(r"\((0x[0-9a-fA-F]+|-?[0-9]+)\)")
_NAMED_NUMBER: Final = re.compile(r"([0-9].*) \(([0-9]+)\)$")
_SECONDS: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]{1,9}))?")
_MOMENT: Final = re.compile(r"([A-Z][a-z]{2} [ 0-9]{2}, [0-9]{4} [0-9:]{8})\.([0-9]{9}) UTC$")
_TRUE: Final = frozenset({"Set", "True", "Yes", "Present"})
_ETHER: Final = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")


def node_value(field: Field, node: Node, data: bytes) -> Any:
    """The value of ``node``, a line of ``field`` in the tree of the frame ``data``; None: it cannot be told."""
    kind = types.type_of(field)
    if kind is T.NONE:
        return 0
    match node.value:
        case bytes() as address if kind is T.IPV4:
            return int.from_bytes(address)
        case str() as told:
            return told.encode("utf-8", "replace")
        case int() as number if kind is T.BOOLEAN:  # of several bits
            return int(number != 0)
        case int() | bytes() as value:
            return value
    label = node.label
    if not node.is_read and label.startswith("[") and label.endswith("]"):
        label = label[1:-1]
    drawn = _BITS.match(label)
    title, colon, text = (label[drawn.end() :] if drawn else label).partition(": ")
    text = text if colon else title
    raw = node.bytes_in(data)
    match kind:
        case T.BOOLEAN:
            return _boolean(field, text, drawn[1] if drawn else None)
        case T.DOUBLE | T.FLOAT:
            return float(text)
        case T.STRING:
            return _string(field.text, text, raw)
        case T.IPV4:
            return _ipv4(text, raw)
        case T.IPV6:
            return _ipv6(text, raw)
        case T.ETHER:
            return _ether(label, raw)
        case T.BYTES | T.PROTOCOL:
            return _hexadecimal(text) if raw is None else raw
        case T.RELATIVE_TIME | T.ABSOLUTE_TIME:
            moment = _MOMENT.match(text)
            return _time(text) if moment is None else _since_1970(moment)
        case T.FRAMENUM if node.target:
            return node.target
        case _:
            if field.name == "tcp.options.rvbd.probe.version_raw" and drawn:
                return int("1" in drawn[1])  # the line says which version the bit stands for
            return _number(field, text, label)


def _number(field: Field, text: str, label: str) -> int | None:
    named = _NAMED_NUMBER.match(text)
    if named is not None and value_text(field.name, int(named[2])) == named[1]:
        return int(named[2])  # a name that begins with a number, or is one itself
    found = _NUMBER.match(text)
    assigned = None if found else _ASSIGNED.search(label)
    if assigned is not None:
        return int(assigned[1])
    if found is None:
        bracketed = _BRACKETED.findall(text)
        if bracketed:
            return int(bracketed[-1], 0)
        return value_string(field.name, text)
    return int(found[1], 16) if found[1] else int(found[2])


def _boolean(field: Field, text: str, drawn: str | None) -> int:
    if drawn is not None:
        return int("1" in drawn)
    told = value_string(field.name, text)
    return int(text in _TRUE) if told is None else told


def _string(where: Text, text: str, raw: bytes | None) -> bytes:
    if raw is not None and where is Text.BYTES:
        return raw
    if raw is not None and where is Text.BEHIND_COLON:
        return raw.partition(b":")[2].strip(b" \t\r\n")
    return text.encode()


def _hexadecimal(text: str) -> bytes:
    """What a line without bytes says it has."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _ipv4(text: str, raw: bytes | None) -> int | None:
    try:
        return int(ipaddress.IPv4Address(text))
    except ValueError:
        return int.from_bytes(raw) if raw is not None and len(raw) == 4 else None


def _ipv6(text: str, raw: bytes | None) -> bytes | None:
    try:
        return ipaddress.IPv6Address(text).packed
    except ValueError:
        return raw if raw is not None and len(raw) == 16 else None


def _ether(label: str, raw: bytes | None) -> bytes | None:
    if raw is not None and len(raw) == 6:
        return raw
    found = _ETHER.search(label)
    return None if found is None else bytes.fromhex(found[0].replace(":", ""))


def _since_1970(moment: re.Match[str]) -> int:
    """Nanoseconds; the trees of filters have UTC."""
    date = datetime.strptime(f"{moment[1]} UTC", "%b %d, %Y %H:%M:%S %Z").replace(tzinfo=UTC)
    return int(date.timestamp()) * 1_000_000_000 + int(moment[2])


def _time(text: str) -> int | None:
    found = _SECONDS.match(text)
    if found is None:
        return None
    value = int(found[2]) * 1_000_000_000 + int((found[3] or "0").ljust(9, "0"))
    return -value if found[1] else value


def line_value(layer: Node, field: str, data: bytes) -> object:
    """The value of the line ``field`` of ``layer``; None without one."""
    line = next((child for child in layer.children if child.field == field), None)
    return None if line is None else node_value(FIELDS[field], line, data)
