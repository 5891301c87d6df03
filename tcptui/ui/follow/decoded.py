"""*Follow stream* decoded: the parts of a conversation as blocks of text, read as far as is sensible."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.protocols.parts import is_text
from tcptui.ui.follow.source import BLOCK, Block, Found, Pattern
from tcptui.words.follow_text import part_head, trouble_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcptui.protocols.parts import Part
    from tcptui.words.catalogue import Words

#: Parts shown, bytes of one, and bytes of all: decoding begins at the beginning, so it must end somewhere.
PARTS_SHOWN: Final = 20_000
PART_BYTES: Final = 1 << 20
ALL_BYTES: Final = 64 << 20
#: Bytes shown, as digits, of what is no text.
BINARY_SHOWN: Final = 128
_HEX: Final = 16
_BEYOND: Final = 1 << 62
"""Above every offset."""
_VISIBLE: Final = bytes(byte if 0x20 <= byte < 0x7F else ord(".") for byte in range(256))


@dataclass(frozen=True, slots=True)
class _Whole:
    """One part as it is shown; a *place* counts all text of all parts."""

    place: int
    side: int
    start: int
    """The first byte of the half that it was made from."""
    exact: bool
    marks: list[tuple[int, int]]
    """Where in its text pieces begin, and the byte of the half that each was made from; both ascending."""

    def origin(self, place: int) -> int:
        """The byte of the half that the text there was made from."""
        within = place - self.place
        at = bisect_right(self.marks, (within, _BEYOND)) - 1
        if at < 0:
            return self.start
        text, source = self.marks[at]
        return source + (within - text if self.exact else 0)

    def place_of(self, offset: int) -> int:
        """Where the text made from that byte stands."""
        at = bisect_right(self.marks, offset, key=lambda mark: mark[1]) - 1
        if at < 0:
            return self.place
        # Of pieces that came with one packet, the first.
        at = bisect_left(self.marks, self.marks[at][1], key=lambda mark: mark[1])
        text, source = self.marks[at]
        return self.place + text + (offset - source if self.exact else 0)


@dataclass(frozen=True, slots=True)
class _Shown:
    """One block: a piece of a part's text."""

    place: int
    data: bytes
    title: str
    """Empty for what goes on with the block before."""
    whole: _Whole


class DecodedSource:
    """The decoded parts of both sides, or of one; see `FollowSource`."""

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
        whole = _Whole(self._place, part.side, part.start, part.exact and text.whole, text.marks)
        at, data = 0, text.data
        while True:
            stop = len(data) if len(data) - at < 2 * BLOCK else _line_end(data, at + BLOCK)
            self._blocks.append(_Shown(self._place, data[at:stop], title, whole))
            # A part without text still has a place of its own.
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

    def index_of(self, side: int, offset: int) -> int:
        """See `FollowSource`: where the text made from the byte stands."""
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
        """See `FollowSource`: also from one block of a part into the next."""
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
    """What is shown of a part."""

    data: bytes
    marks: list[tuple[int, int]]
    whole: bool = True
    """It is the part's own text, not digits in its place."""


def _text_of(part: Part, words: Words) -> _Text:
    """The part's text, as far as it is shown, and what is to be said of its end."""
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
