"""The decoded header list of an HTTP/2 frame in the header tree, field by field, in Wireshark's terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from tcptui.model.field_rows.http2 import HEADER_NAMES
from tcptui.model.request import UNKNOWN
from tcptui.protocols.headers.builder import LABEL_LIMIT
from tcptui.protocols.headers.node import ExpertLevel
from tcptui.protocols.http2.hpack import Representation
from tcptui.protocols.http2.messages import text_of

if TYPE_CHECKING:
    from collections.abc import Set

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.http2.direction import Block
    from tcptui.protocols.http2.frames import Frame
    from tcptui.protocols.http2.hpack import HeaderField
    from tcptui.protocols.http2.index import FrameIndex

#: Fields of one list that are shown, as tshark stops after so many.
FIELDS_SHOWN: Final = 200
#: How Wireshark spells who a literal's name came from.
_SUFFIX: Final = {True: " - Indexed Name", False: " - New Name"}


#: Lines of a list, and of each of its fields, that a filter may ask for.
_LINES: Final = frozenset(
    {
        "http2.header.length", "http2.header.count", "http2.header", "http2.header_table_size_update",
        "http2.header_table_size_update.header_table_size",
        *(f"http2.header.{name}" for name in (
            "name", "name.length", "value", "value.length", "unescaped", "repr", "index",
        )),
        *HEADER_NAMES.values(),
    }
)  # fmt: skip
#: Bytes of a name or a value of which a label has the text: as many as its characters may take, and more.
_SHOWN_BYTES: Final = 4 * LABEL_LIMIT + 8


@dataclass(frozen=True, slots=True)
class HeaderLists:
    """Appends the header lists of one direction to their frames: each field to the one that ended it, as in tshark."""

    index: FrameIndex
    asked: Set[str] | None
    """The fields of which lines are asked for; None: all."""

    def add(self, branch: Branch, frame: Frame, place: FramePlace, fragment: int) -> None:
        """Append the fields that ``frame`` ended, which has bytes of their list from offset ``fragment`` on."""
        block = self.index.block(frame)
        if block is None:
            return
        if self.asked is None or not _LINES.isdisjoint(self.asked):
            _Lines(place, self.asked).add(branch, block, frame, fragment)
        if block.stop == frame.stop:
            if block.is_cut:
                branch.concluded("The header list is longer than is shown", "http2.header_size_exceeded")
            if not block.is_whole:
                branch.expert(ExpertLevel.WARNING, "Malformed", "The header block is not whole, or cannot be decoded")
        values = block.headers.values
        if block.cuts:
            values = {field.name: field.value for field in reversed(_fields_in(block, frame)[1])}
        path, authority = values.get(b":path", b""), values.get(b":authority", b"")
        if authority != b"" and path != b"":
            scheme = text_of(values.get(b":scheme") or b"http")
            uri = f"{scheme}://{text_of(authority)}{text_of(path)}"
            branch.concluded(f"Full request URI: {uri}", "http2.request.full_uri").whole = uri.encode


def _fields_in(block: Block, frame: Frame) -> tuple[int, list[HeaderField]]:
    """Where in the bytes of the list those of ``frame`` begin, and the fields that end there."""
    fields = block.headers.fields
    if not block.cuts:
        return 0, fields
    low, high = 0, None
    for stop, behind in block.cuts:
        if stop >= frame.stop:
            high = behind
            break
        low = behind
    return low, [one for one in fields if low < one.at + one.size and (high is None or one.at + one.size <= high)]


class _Lines:
    """The lines of one header list."""

    def __init__(self, place: FramePlace, asked: Set[str] | None) -> None:
        self._place = place
        self._asked = asked

    def add(self, branch: Branch, block: Block, frame: Frame, fragment: int) -> None:
        """Append the fields of ``block`` that ``frame`` ended, which has bytes of it from offset ``fragment`` on."""
        low, fields = _fields_in(block, frame)
        if not fields:
            return
        said = [field for field in fields if field.representation is not Representation.SIZE]
        # As tshark counts: name, value, and four bytes for the length of each.
        length = sum(len(field.name or b"") + len(field.value or b"") + 8 for field in said)
        branch.concluded(f"Header Length: {length}", "http2.header.length")
        branch.concluded(f"Header Count: {len(fields)}", "http2.header.count")
        for field in fields[:FIELDS_SHOWN]:
            at = fragment + max(field.at - low, 0)
            if field.at < low:
                field = field._replace(size=field.at + field.size - low)  # as far as it is here
            if field.representation is Representation.SIZE:
                self._size_update(branch, field, at)
            else:
                self._field(branch, field, at)
        if len(fields) > FIELDS_SHOWN:
            branch.concluded(f"{len(fields) - FIELDS_SHOWN} more header fields")

    def _size_update(self, branch: Branch, field: HeaderField, at: int) -> None:
        line = self._line(branch, "Header table size update", at, field.size, "http2.header_table_size_update")
        of = "http2.header_table_size_update.header_table_size"
        self._line(line, f"Header table size: {field.place}", at, field.size, of)

    def _field(self, branch: Branch, field: HeaderField, at: int) -> None:
        name, value = _shown(field.name), _shown(field.value)
        line = branch  # of a bomb's thousands of fields, no line that nobody asks for
        if self._is_asked("http2.header"):
            line = self._line(branch, f"Header: {name}: {value}", at, field.size, "http2.header")
        for title, text, known in (("Name", name, field.name), ("Value", value, field.value)):
            of = f"http2.header.{title.lower()}"
            if known is not None and self._is_asked(f"{of}.length"):
                self._line(line, f"{title} Length: {len(known)}", at, field.size, f"{of}.length")
            if self._is_asked(of):
                node = self._line(line, f"{title}: {text}", at, field.size, of)
                raw = UNKNOWN.encode() if known is None else known
                node.whole = lambda raw=raw: raw
        row = HEADER_NAMES.get(name)
        if row is not None and field.value is not None and self._is_asked(row):
            node = self._line(line, f"{name}: {value}", at, field.size, row)
            node.whole = lambda raw=field.value: raw
        if field.value is not None and self._is_asked("http2.header.unescaped"):
            plain = unquote_to_bytes(field.value)
            node = line.concluded(f"Unescaped: {_shown(plain)}", "http2.header.unescaped")
            node.whole = lambda: plain
        how = field.representation.value
        if field.representation is not Representation.INDEXED:
            how += _SUFFIX[bool(field.place)]
        if self._is_asked("http2.header.repr"):
            self._line(line, f"Representation: {how}", at, field.size, "http2.header.repr")
        if field.place and self._is_asked("http2.header.index"):
            self._line(line, f"Index: {field.place}", at, field.size, "http2.header.index")

    def _is_asked(self, name: str) -> bool:
        return self._asked is None or name in self._asked

    def _line(self, branch: Branch, label: str, at: int, size: int, field: str) -> Branch:
        return self._place.add(branch, label, at, size, field)


def _shown(raw: bytes | None) -> str:
    """A name or a value as far as a label may have it."""
    return text_of(raw if raw is None else raw[:_SHOWN_BYTES])
