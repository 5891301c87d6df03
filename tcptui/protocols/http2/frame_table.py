"""The frames of a connection by the packet that completed each, with some of their header fields, in arrays.

What a header tree says of frames is said here without a tree, of very many of them: nothing is kept of messages.
"""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.dfilter import types
from tcptui.model.arrays import sorted_unique
from tcptui.model.field import FieldType
from tcptui.model.field_rows.http2 import HEADER_NAMES
from tcptui.model.fields import FIELDS
from tcptui.model.request import UNKNOWN
from tcptui.protocols.http2.frames import HEADER
from tcptui.protocols.http2.hpack import Representation
from tcptui.protocols.http2.http2_stream import Http2Stream
from tcptui.protocols.http2.index import FRAMES_MOST, FrameIndex
from tcptui.protocols.http2.preface_rows import PREFACE
from tcptui.protocols.http2.roles import readers_of
from tcptui.protocols.http2.table_fields import BITS, LISTED, NAME, VALUE, type_of
from tcptui.protocols.http2.tree import FRAMES_SHOWN
from tcptui.protocols.http2.tree_headers import FIELDS_SHOWN
from tcptui.protocols.interface import CarryingStream

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

    from tcptui.protocols.application import ApplicationStream
    from tcptui.protocols.http2.direction import Block
    from tcptui.protocols.http2.frames import Frame, FrameType
    from tcptui.protocols.stream.reassembly import ByteStream

    Packets = NDArray[np.int64]
    #: The packet of each value, ascending, and the values.
    _Column = tuple[Packets, NDArray[np.int64] | list[Any]]

_ROWS: Final = {name.encode(): row for name, row in HEADER_NAMES.items()}
_STRINGS: Final = frozenset(row for row in _ROWS.values() if types.type_of(FIELDS[row]) is FieldType.STRING)
#: Bytes that the values of header fields of one direction may take, were none of them the same object as another …
VALUES_MOST: Final = 1 << 28
#: … each with so many around it.
_AROUND: Final = 64
_NUMBER: Final = re.compile(rb"[0-9]{1,15}")
_NOTHING: Final = (b"", b"")


def table_of(
    application: ApplicationStream, deeper: Callable[[], ApplicationStream], names: Collection[str],
    pause: Callable[[], None],
) -> FrameTable | None:  # fmt: skip
    """A table of the connection, if it is HTTP/2 from its start, maybe inside TLS, and all of it was captured.

    See `tcptui.protocols.row.Tables`.
    """
    spoken, sealed = application.spoken, application.parsed
    if isinstance(sealed, CarryingStream) and isinstance(spoken, Http2Stream) and not sealed.is_all:
        application = deeper()
        spoken, sealed = application.spoken, application.parsed
    if not isinstance(spoken, Http2Stream) or spoken.opening.http is not None:
        return None
    if isinstance(sealed, CarryingStream) and not sealed.is_all:
        return None
    if any(len(direction.gaps) for direction in spoken.directions):
        return None
    return FrameTable(spoken, names, pause)


class FrameTable:
    """Both directions of a connection; `packets` of each may be asked for what is in them."""

    def __init__(self, stream: Http2Stream, names: Collection[str], pause: Callable[[], None]) -> None:
        """``names``: the fields of header lists, and others, that are asked for.

        ``pause`` is called again and again, and may raise.
        """
        self.names = frozenset(names)
        sides = _Sides(stream.directions, self.names)
        for direction in readers_of(stream.directions, stream.opening, sides):
            while not direction.is_over:
                pause()
                direction.advance()
            direction.finish()
        magic = stream.magic_at(0)
        first = None if magic is None else stream.directions[0].delivered_frame(magic + len(PREFACE) - 1)
        self._sides = [side.told(first if at == 0 else None) for at, side in enumerate(sides.of)]
        self.units = sum(len(side.packets) for side in self._sides)
        """How many frames there are."""

    def values(self, name: str, packets: Packets) -> tuple[NDArray[np.bool_], Packets, list[Any]]:
        """What ``packets`` (frame numbers, ascending) have of ``name``, one of `names` or "http2".

        Of which of them that is told; the places among them of all values, not in order, and the values.
        """
        told = np.ones(len(packets), np.bool_)
        places: list[Packets] = []
        values: list[Any] = []
        for side in self._sides:
            by, each = side.column(name)
            low, high = np.searchsorted(by, packets, "left"), np.searchsorted(by, packets, "right")
            count = high - low
            places.append(np.repeat(np.arange(len(packets)), count))
            behind = np.cumsum(count)
            at = np.arange(behind[-1] if len(behind) else 0) + np.repeat(low - behind + count, count)
            values += [each[one] for one in at.tolist()] if isinstance(each, list) else each[at].tolist()
            told &= ~side.untold(name, packets)
        return told, np.concatenate(places), values


class _Side:
    """The frames of one direction."""

    def __init__(self, direction: ByteStream, names: Collection[str]) -> None:
        self._index = FrameIndex(direction)
        self._names = [name for name in names if name in LISTED]
        self._values: dict[str, tuple[array[int], list[Any]]] = {name: (array("q"), []) for name in self._names}
        """Of fields of header lists: the number of the frame of each value, and the values."""
        self._kept = 0
        """Bytes that these take, at most."""
        self._odd: list[tuple[int, int]] = []
        """Start and stop of header blocks of which only the tree knows what it shows."""

    def append(self, frame: Frame) -> bool:
        """The next frame; False: there are too many."""
        if len(self._index) >= FRAMES_MOST:
            self._index.left_out = frame.start
            return False
        self._index.append(frame)
        return True

    def block(self, block: Block) -> None:
        """A header block ended; one frame that has all of it was the last."""
        if not self._names:
            return
        alone = block.is_whole and not block.is_cut and not block.cuts and self._index.start[-1] == block.start
        if not alone or self._kept > VALUES_MOST or not self._take(block):
            self._odd.append((block.start, block.stop))

    def _take(self, block: Block) -> bool:
        """Keep what is asked for of the fields; False where it cannot be told."""
        entries = block.headers.entries[:FIELDS_SHOWN]
        if _NOTHING in entries:  # a field without a name, or the size of a table
            fields = block.headers.fields[:FIELDS_SHOWN]
            entries = [one[:2] for one in fields if one.representation is not Representation.SIZE]
        found: list[tuple[str, Any]] = []
        for name, value in entries:
            row = _ROWS.get(name or b"")
            if row in self._values and value is not None:
                if row not in _STRINGS and _NUMBER.fullmatch(value) is None:
                    return False
                found.append((row, value if row in _STRINGS else int(value)))
            if NAME in self._values:
                found.append((NAME, UNKNOWN.encode() if name is None else name))
            if VALUE in self._values:
                found.append((VALUE, UNKNOWN.encode() if value is None else value))
        number = len(self._index) - 1
        for row, value in found:
            numbers, values = self._values[row]
            numbers.append(number)
            values.append(value)
        self._kept += sum(_AROUND + (len(value) if isinstance(value, bytes) else 0) for _, value in found)
        return True

    def told(self, magic: int | None) -> _ReadDirection:
        """What was read.  ``magic``: the packet that completed the preface, of who sent it."""
        index, direction = self._index, self._index.direction
        stops = np.array(index.start, np.int64) + HEADER + np.array(index.length, np.int64)
        packets = direction.deliveries(np.minimum(stops, direction.length) - 1)[0]
        cells: dict[str, NDArray[Any]] = {
            "http2.type": np.array(index.kind, np.uint8), "http2.flags": np.array(index.flags, np.uint8),
            "http2.streamid": np.array(index.stream, np.uint32), "http2.length": np.array(index.length, np.uint32),
        }  # fmt: skip
        lists = {name: (np.array(numbers, np.int64), values) for name, (numbers, values) in self._values.items()}
        odd = [
            packets[np.searchsorted(stops, start, "right") : np.searchsorted(stops, stop, "right")]
            for start, stop in self._odd
        ]
        last = None if index.left_out is None else int(packets[-1])
        return _ReadDirection(packets, cells, lists, sorted_unique(np.concatenate([packets[:0], *odd])), magic, last)


class _ReadDirection:
    """What was read of one direction."""

    def __init__(
        self, packets: Packets, cells: dict[str, NDArray[Any]], lists: dict[str, tuple[Packets, list[Any]]],
        odd: Packets, magic: int | None, last: int | None,
    ) -> None:  # fmt: skip
        """``cells``: by field its number in each frame; ``lists``: by field of header lists the frames, and the values.

        ``odd``: packets of whose header lists not all is told.  ``last``: the packet with the last frame that was read,
        where that is not all.
        """
        self.packets = packets
        """The packet that completed each frame, ascending."""
        self._cells, self._lists, self._odd, self._magic, self._last = cells, lists, odd, magic, last
        self._shown = np.arange(len(packets)) - np.searchsorted(packets, packets, "left") < FRAMES_SHOWN
        self._columns: dict[str, _Column] = {}
        self._of_type: dict[FrameType, Packets] = {}

    def column(self, name: str) -> _Column:
        """The packet of each value of the field that is told, ascending, and the values."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self._made(name)
        return found

    def _made(self, name: str) -> _Column:
        packets, shown = self.packets, self._shown
        if name == "http2":
            present = sorted_unique(packets if self._magic is None else np.append(packets, self._magic))
            return present, np.zeros(len(present), np.int64)
        if name in self._lists:
            at, values = self._lists.pop(name)
            kept = shown[at]
            return packets[at[kept]], [one for one, keep in zip(values, kept.tolist(), strict=True) if keep]
        if name in self._cells:
            return packets[shown], self._cells[name][shown].astype(np.int64)
        if name in BITS:
            bit, kinds = BITS[name]
            those = shown & np.isin(self._cells["http2.type"], kinds)
            return packets[those], ((self._cells["http2.flags"][those] & bit) != 0).astype(np.int64)
        return packets[:0], packets[:0]

    def untold(self, name: str, packets: Packets) -> NDArray[np.bool_]:
        """Which of ``packets`` may have more of the field than is told."""
        unknown = np.zeros(len(packets), np.bool_)
        if name in LISTED:
            unknown |= np.isin(packets, self._odd)
        kind = type_of(name)
        if kind is not None:
            if kind not in self._of_type:
                self._of_type[kind] = sorted_unique(self.packets[self._cells["http2.type"] == kind])
            unknown |= np.isin(packets, self._of_type[kind])
        if self._last is not None:
            unknown |= packets >= self._last
        return unknown


class _Sides:
    """Listens to both directions."""

    counts_frames = True

    def __init__(self, directions: tuple[ByteStream, ByteStream], names: Collection[str]) -> None:
        self.of = tuple(_Side(direction, names) for direction in directions)

    def frame(self, side: int, frame: Frame) -> bool:
        """See `Listener`."""
        return self.of[side].append(frame)

    def block(self, side: int, block: Block) -> None:
        """See `Listener`."""
        self.of[side].block(block)

    def data(self, side: int, stream: int, flags: int, frame: tuple[int, int], payload: tuple[int, int]) -> None:
        """See `Listener`."""

    def reset(self, side: int, frame: Frame, code: int) -> None:
        """See `Listener`."""

    def lost(self, side: int) -> None:
        """See `Listener`."""
