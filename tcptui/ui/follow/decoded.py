"""*Follow stream* decoded: the parts of a conversation (heads, bodies, messages) as blocks of text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from tcptui.protocols.parts import is_text
from tcptui.ui.follow.source import BLOCK, Block, Found, Pattern
from tcptui.words.follow_text import part_head, trouble_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tcptui.protocols.parts import Part
    from tcptui.words.catalogue import Words

#: Limits: parts, bytes of one part, bytes of all parts.  Decoding starts at the stream's beginning and must be bounded.
PARTS_SHOWN: Final = 20_000
PART_BYTES: Final = 1 << 20
ALL_BYTES: Final = 64 << 20
#: Bytes of a part that is no text which are shown, as a hex dump.
BINARY_SHOWN: Final = 128
_HEX: Final = 16
_BEYOND: Final = 1 << 62
"""Greater than every offset."""
_VISIBLE: Final = bytes(byte if 0x20 <= byte < 0x7F else ord(".") for byte in range(256))


@dataclass(frozen=True, slots=True)
class _Whole:
    """One part as it is shown.  A *place* is an offset in the text of all parts put together."""

    place: int
    side: int
    start: int
    """Offset in the byte stream of the first byte that the part was made from."""
    exact: bool
    """Whether the text is the bytes of the stream themselves."""
    marks: list[tuple[int, int]]
    """For each piece of the text: where it begins in the text, and from which byte of the stream; both ascending."""
    id: str | None
    """As that of its `Part`."""

    def origin(self, place: int) -> int:
        """Offset in the byte stream of what the text at ``place`` was made from."""
        within = place - self.place
        at = bisect_right(self.marks, (within, _BEYOND)) - 1
        if at < 0:
            return self.start
        text, source = self.marks[at]
        return source + (within - text if self.exact else 0)

    def place_of(self, offset: int) -> int:
        """The place of the text that was made from byte ``offset`` of the stream."""
        at = bisect_right(self.marks, offset, key=lambda mark: mark[1]) - 1
        if at < 0:
            return self.place
        # Of several pieces from the same byte (those that came with one packet), the first.
        at = bisect_left(self.marks, self.marks[at][1], key=lambda mark: mark[1])
        text, source = self.marks[at]
        return self.place + text + (offset - source if self.exact else 0)


@dataclass(frozen=True, slots=True)
class _Shown:
    """One block: a piece of a part's text."""

    place: int
    data: bytes
    title: str
    """Heading of the part; empty for a block that continues the one before."""
    whole: _Whole


class DecodedSource:
    """The decoded parts of ``sides``, offsets being places; see `FollowSource`."""

    def __init__(self, parts: Iterable[Part], sides: tuple[int, ...], words: Words, began_ns: int) -> None:
        self._blocks: list[_Shown] = []
        self._place = 0
        total = 0
        for number, part in enumerate(parts):
            if number >= PARTS_SHOWN or total >= ALL_BYTES:
                self._add(part, _Text(b"", []), words("follow.part.more"))
                break
            if part.side not in sides:
                continue
            text = _text_of(part, words)
            total += len(text.data)
            self._add(part, text, part_head(words, part, began_ns))
        self._places = [block.place for block in self._blocks]
        self._opening = [index for index, block in enumerate(self._blocks) if block.title]
        self._by_side = [
            sorted((self._blocks[at].whole.start, at) for at in self._opening if self._blocks[at].whole.side == side)
            for side in (0, 1)
        ]

    def _add(self, part: Part, text: _Text, title: str) -> None:
        whole = _Whole(self._place, part.side, part.start, part.exact and text.whole, text.marks, part.id)
        at, data = 0, text.data
        while True:
            stop = len(data) if len(data) - at < 2 * BLOCK else _line_end(data, at + BLOCK)
            self._blocks.append(_Shown(self._place, data[at:stop], title, whole))
            # A part without text still takes one place, so that every block begins at another one.
            self._place += max(stop - at, 1)
            at, title = stop, ""
            if at >= len(data):
                return

    def __len__(self) -> int:
        return len(self._blocks)

    def block(self, index: int) -> Block:
        """See `FollowSource`."""
        shown = self._blocks[index]
        stop = shown.place + len(shown.data)
        return Block(shown.whole.side, shown.place, stop, None, bool(shown.title), shown.title)

    def data(self, index: int) -> bytes:
        """See `FollowSource`."""
        return self._blocks[index].data

    def request_of(self, index: int) -> str | None:
        """The id of the request that block ``index`` belongs to; None where it has none."""
        return self._blocks[index].whole.id

    def texts(self) -> Iterator[tuple[int, int, bytes]]:
        """The text of each part that has one, whole: its side, its first place, and its bytes."""
        for _, blocks in groupby(self._blocks, key=lambda block: block.whole.place):
            first, *others = blocks
            if not first.whole.marks:  # a hex dump
                continue
            yield first.whole.side, first.place, b"".join((first.data, *(block.data for block in others)))

    def place_of_bytes(self, side: int, offset: int, data: bytes) -> int:
        """Where ``data``, which is at ``offset`` of what ``side`` sent, is shown as it is; -1: nowhere."""
        index = self.index_of(side, offset)
        if index < 0:
            return -1
        shown = self._blocks[index]
        place = self.place_of(index, offset)
        at = place - shown.place
        return place if data and shown.data[at : at + len(data)] == data else -1

    def index_of(self, side: int, offset: int) -> int:
        """See `FollowSource`: the block of the text that was made from the byte."""
        starts = self._by_side[side]
        if not starts:
            return -1
        at = max(bisect_right(starts, (offset, _BEYOND)) - 1, 0)
        first = starts[bisect_left(starts, (starts[at][0], -1))][1]
        place = self._blocks[first].whole.place_of(offset)
        index = max(bisect_right(self._places, place) - 1, first)
        while self._blocks[index].whole is not self._blocks[first].whole:
            index -= 1
        return index

    def origin(self, index: int, offset: int) -> tuple[int, int]:
        """See `FollowSource`."""
        whole = self._blocks[index].whole
        return whole.side, whole.origin(offset)

    def place_of(self, index: int, offset: int) -> int:
        """See `FollowSource`."""
        shown = self._blocks[index]
        last = shown.place + max(len(shown.data) - 1, 0)
        return max(shown.place, min(shown.whole.place_of(offset), last))

    def share(self, index: int) -> float:
        """See `FollowSource`."""
        return self._blocks[index].place / self._place if self._place else 0.0

    def at_share(self, share: float) -> int:
        """See `FollowSource`."""
        return max(bisect_right(self._places, share * self._place) - 1, 0)

    def turn(self, index: int, step: int) -> int:
        """See `FollowSource`."""
        at = bisect_left(self._opening, index) if step > 0 else bisect_right(self._opening, index) - 1
        return self._opening[at] if 0 <= at < len(self._opening) else -1

    def find(self, pattern: Pattern, index: int, offset: int, step: int, cancelled: Callable[[], bool]) -> Found | None:
        """See `FollowSource`; a match may extend from one block of a part into the next.

        Backward, it begins before ``offset``.
        """
        overlap = len(pattern.data) - 1
        places = range(index, len(self)) if step > 0 else range(index, -1, -1)
        for number in places:
            if cancelled():
                return None
            shown = self._blocks[number]
            data = shown.data
            if number + 1 < len(self) and not self._blocks[number + 1].title:
                data += self._blocks[number + 1].data[:overlap]
            low = max(offset - shown.place, 0) if number == index and step > 0 else 0
            high = max(offset - shown.place + overlap, 0) if number == index and step < 0 else len(data)
            at = pattern.find(data[low:]) + low if step > 0 else pattern.rfind(data[:high])
            if at >= low and (step > 0 or at >= 0) and (step > 0 or number < index or shown.place + at < offset):
                return Found(number, shown.whole.side, shown.place + at, shown.place + at + len(pattern.data))
        return None


def _line_end(data: bytes, at: int) -> int:
    newline = data.find(b"\n", at, at + BLOCK)
    return newline + 1 if newline >= 0 else at


@dataclass(frozen=True, slots=True)
class _Text:
    """The text that is shown of a part, with the marks of `_Whole`."""

    data: bytes
    marks: list[tuple[int, int]]
    whole: bool = True
    """Whether it is the part's own text; False: a hex dump in its place."""


def _text_of(part: Part, words: Words) -> _Text:
    """The part's text within the limits, with a note where it is binary, was cut, or ended early."""
    held: list[bytes] = []
    marks: list[tuple[int, int]] = []
    size = 0
    more = False
    for source, data in part.blocks():
        held.append(data)
        marks.append((size, source))
        size += len(data)
        if size > PART_BYTES:
            more = True
            break
    data = b"".join(held)[:PART_BYTES]
    text = is_text(data)
    notes = []
    if not text:
        notes.append(words("follow.part.binary", count=f"{size:,}" + ("+" if more else "")))
        data = _dump(data[:BINARY_SHOWN])
    elif more:
        notes.append(words("follow.part.cut", count=f"{PART_BYTES:,}"))
    trouble = "" if more else part.trouble()
    if trouble:
        notes.append(trouble_words(trouble, words))
    if notes and data and not data.endswith(b"\n"):
        data += b"\n"
    told = "".join(f"[{note}]\n" for note in notes).encode()
    return _Text(data + told, marks if text else [], text)


def _dump(data: bytes) -> bytes:
    lines = []
    for at in range(0, len(data), _HEX):
        row = data[at : at + _HEX]
        lines.append(f"{at:04x}  {row.hex(' '):{3 * _HEX - 1}}  {row.translate(_VISIBLE).decode('ascii')}\n")
    return "".join(lines).encode()
