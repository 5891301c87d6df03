"""The decoded header list of an HTTP/2 frame in the header tree, field by field, in Wireshark's terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from tcptui.model.field_rows.http2 import HEADER_NAMES
from tcptui.model.request import UNKNOWN
from tcptui.protocols.headers.node import ExpertLevel
from tcptui.protocols.http2.hpack import Representation
from tcptui.protocols.http2.messages import text_of, value_in

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http2.direction import Block
    from tcptui.protocols.http2.hpack import HeaderField

#: Fields of one list that are shown, as tshark stops after so many.
_FIELDS_SHOWN: Final = 200
#: How Wireshark spells who a literal's name came from.
_SUFFIX: Final = {True: " - Indexed Name", False: " - New Name"}


def add_headers(branch: Branch, block: Block | None, place: FramePlace, fragment: int | None) -> None:
    """Append the fields of ``block``; its bytes begin at offset ``fragment`` where one frame has them all."""
    if block is None:
        return
    fields = block.headers.fields
    said = [field for field in fields if field.representation is not Representation.SIZE]
    # As tshark counts: name, value, and four bytes for the length of each.
    length = sum(len(field.name or b"") + len(field.value or b"") + 8 for field in said)
    branch.concluded(f"Header Length: {length}", "http2.header.length")
    branch.concluded(f"Header Count: {len(fields)}", "http2.header.count")
    for field in fields[:_FIELDS_SHOWN]:
        at = None if fragment is None else fragment + field.at
        if field.representation is Representation.SIZE:
            _line(branch, place, "Header table size update", at, field.size, "http2.header_table_size_update")
        else:
            _field(branch, field, place, at)
    if len(fields) > _FIELDS_SHOWN:
        branch.concluded(f"{len(fields) - _FIELDS_SHOWN} more header fields")
    if block.is_cut:
        branch.concluded("The header list is longer than is shown", "http2.header_size_exceeded")
    if not block.is_whole:
        branch.expert(ExpertLevel.WARNING, "Malformed", "The header block is not whole, or cannot be decoded")
    path, authority = value_in(block, b":path"), value_in(block, b":authority")
    if authority and path:
        scheme = value_in(block, b":scheme") or "http"
        uri = f"{scheme}://{authority}{path}"
        branch.concluded(f"Full request URI: {uri}", "http2.request.full_uri").whole = uri.encode


def _field(branch: Branch, field: HeaderField, place: FramePlace, at: int | None) -> None:
    name, value = text_of(field.name), text_of(field.value)
    line = _line(branch, place, f"Header: {name}: {value}", at, field.size, "http2.header")
    for title, text, known in (("Name", name, field.name), ("Value", value, field.value)):
        if known is not None:
            label, of = f"{title} Length: {len(known)}", f"http2.header.{title.lower()}.length"
            _line(line, place, label, at, field.size, of)
        node = _line(line, place, f"{title}: {text}", at, field.size, f"http2.header.{title.lower()}")
        raw = UNKNOWN.encode() if known is None else known
        node.whole = lambda raw=raw: raw
    row = HEADER_NAMES.get(name)
    if row is not None and field.value is not None:
        node = _line(line, place, f"{name}: {value}", at, field.size, row)
        node.whole = lambda raw=field.value: raw
    if field.value is not None:
        plain = unquote_to_bytes(field.value)
        node = line.concluded(f"Unescaped: {text_of(plain)}", "http2.header.unescaped")
        node.whole = lambda: plain
    how = field.representation.value
    if field.representation is not Representation.INDEXED:
        how += _SUFFIX[bool(field.place)]
    _line(line, place, f"Representation: {how}", at, field.size, "http2.header.repr")
    if field.place:
        _line(line, place, f"Index: {field.place}", at, field.size, "http2.header.index")


def _line(branch: Branch, place: FramePlace, label: str, at: int | None, size: int, field: str) -> Branch:
    return branch.concluded(label, field) if at is None else place.add(branch, label, at, size, field)
