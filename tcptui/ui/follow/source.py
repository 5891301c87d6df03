"""What *follow stream* shows, cut into blocks small enough to lay out one at a time.

A conversation may be gigabytes; only the blocks on screen are read and laid out.  Where a block
begins depends only on the bytes around that place, so going to the end costs no more than going to the beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from tcptui.protocols.stream.conversation import NO_GAP, Conversation, chunks
from tcptui.protocols.stream.reassembly import GapReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.model.packet_store import I64
    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes of a block, before its edges are moved to line ends.
BLOCK: Final = 1 << 14
#: Bytes after the edge of a block in which a line end is searched; a line that ends later is cut at the edge.
LINE_END_SEARCHED: Final = 1 << 12
#: Bytes searched between two checks whether the search was cancelled.
SEARCH_STEP: Final = 1 << 20
_CONTINUATION: Final = range(0x80, 0xC0)
"""UTF-8 continuation bytes."""
_LONGEST_CHARACTER: Final = 4


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of what one side sent; offsets are in the source's own counting."""

    side: int
    start: int
    stop: int
    gap: GapReason | None = None
    opens: bool = False
    """Whether a heading comes before it: it begins a turn or a part."""
    title: str = ""
    """The heading; empty: it only names the side and its packet."""


@dataclass(frozen=True, slots=True)
class Found:
    """A match: bytes ``start … stop`` of ``side`` in the source's own counting, beginning in block ``index``."""

    index: int
    side: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is searched for; text without capital letters matches either case."""

    data: bytes
    any_case: bool

    @classmethod
    def of(cls, text: str) -> Pattern:
        """The pattern for what was typed: text, matched as UTF-8, or bytes written as ``0x0d0a``."""
        digits = text[2:] if text.startswith("0x") else ""
        if digits and len(digits) % 2 == 0 and all(digit in "0123456789abcdefABCDEF" for digit in digits):
            return cls(bytes.fromhex(digits), any_case=False)
        raw = text.encode("utf-8", "surrogateescape")
        return cls(raw, any_case=raw == raw.lower())

    def find(self, data: bytes) -> int:
        """Offset of the first match, or -1."""
        return (data.lower() if self.any_case else data).find(self.data)

    def rfind(self, data: bytes) -> int:
        """Offset of the last match, or -1."""
        return (data.lower() if self.any_case else data).rfind(self.data)


class FollowSource(Protocol):
    """A conversation as blocks in display order.

    Each source counts offsets in its own way; *origin* is the byte's offset in the byte stream of its direction.
    """

    def __len__(self) -> int: ...

    def block(self, index: int) -> Block:
        """Block ``index``, 0 … length - 1."""
        ...

    def data(self, index: int) -> bytes:
        """The bytes of block ``index``; fewer than its length when the spool was truncated."""
        ...

    def index_of(self, side: int, offset: int) -> int:
        """The block that shows byte ``offset`` of ``side``'s byte stream, else one near it; -1 if the side has none."""
        ...

    def origin(self, index: int, offset: int) -> tuple[int, int]:
        """Side and offset in that side's byte stream of what is shown at ``offset`` in block ``index``."""
        ...

    def place_of(self, index: int, offset: int) -> int:
        """The offset, in the source's counting, at which block ``index`` shows byte ``offset`` of its byte stream."""
        ...

    def share(self, index: int) -> float:
        """The share of the conversation that comes before the block, 0 … 1."""
        ...

    def at_share(self, share: float) -> int:
        """The block at that share of the conversation."""
        ...

    def turn(self, index: int, step: int) -> int:
        """The first block with a heading from ``index`` on, forward (``step`` 1) or backward (-1); -1 without one."""
        ...

    def find(self, pattern: Pattern, index: int, offset: int, step: int, cancelled: Callable[[], bool]) -> Found | None:
        """The first match from ``offset`` in block ``index`` on (``step`` 1), or the last one before it (-1)."""
        ...


class RawSource:
    """The bytes as they were sent, offsets those of the byte streams; ``by_line`` moves block edges to line ends.

    A *stretch* of the conversation (what one side sent in one piece, or a gap) is cut into one or more blocks.
    """

    def __init__(self, conversation: Conversation, *, by_line: bool) -> None:
        self.conversation = conversation
        self._by_line = by_line
        length = conversation.stop - conversation.start
        # A remainder that is too short for a block of its own belongs to the last block.
        count = np.where(conversation.gap == NO_GAP, np.maximum(length // BLOCK, 1), 1)
        self._first: I64 = np.concatenate((np.zeros(1, np.int64), np.cumsum(count)))
        # Weights for `share`: a gap is shown as one line, however long, so it counts as one byte.
        weight = np.where(conversation.gap == NO_GAP, length, 1)
        self._before: I64 = np.concatenate((np.zeros(1, np.int64), np.cumsum(weight)))
        self._opening: I64 = self._first[:-1][conversation.opens]
        self._order = [np.flatnonzero(conversation.side == side) for side in (0, 1)]

    def __len__(self) -> int:
        return int(self._first[-1])

    def _stretch(self, index: int) -> tuple[int, int]:
        """The stretch that block ``index`` belongs to, and the block's number within it."""
        at = int(np.searchsorted(self._first, index, side="right")) - 1
        return at, index - int(self._first[at])

    def block(self, index: int) -> Block:
        """See `FollowSource`."""
        at, number = self._stretch(index)
        stretch = self.conversation[at]
        last = number == int(self._first[at + 1] - self._first[at]) - 1
        if stretch.gap is not None:
            return Block(stretch.side, stretch.start, stretch.stop, stretch.gap, stretch.opens)
        direction = self.conversation.directions[stretch.side]
        start = stretch.start if number == 0 else self._edge(direction, stretch.start + number * BLOCK)
        stop = stretch.stop if last else self._edge(direction, stretch.start + (number + 1) * BLOCK)
        return Block(stretch.side, start, stop, None, stretch.opens and number == 0)

    def _edge(self, direction: ByteStream, nominal: int) -> int:
        if not self._by_line:
            return nominal
        ahead = direction.read(nominal, LINE_END_SEARCHED)
        newline = ahead.find(b"\n")
        if newline >= 0:
            return nominal + newline + 1
        inside = 0
        while inside < min(len(ahead), _LONGEST_CHARACTER - 1) and ahead[inside] in _CONTINUATION:
            inside += 1
        return nominal + inside

    def data(self, index: int) -> bytes:
        """See `FollowSource`."""
        block = self.block(index)
        if block.gap is not None:
            return b""
        return self.conversation.directions[block.side].read(block.start, block.stop - block.start)

    def index_of(self, side: int, offset: int) -> int:
        """See `FollowSource`."""
        order = self._order[side]
        if not len(order):
            return -1
        at = int(np.searchsorted(self.conversation.stop[order], offset, side="right"))
        stretch = int(order[min(at, len(order) - 1)])
        first, blocks = int(self._first[stretch]), int(self._first[stretch + 1] - self._first[stretch])
        within = max(offset - int(self.conversation.start[stretch]), 0)
        index = first + min(within // BLOCK, blocks - 1)
        # With its edge moved to a line end, the block may begin after the byte.
        if index > first and self.block(index).start > offset:
            index -= 1
        return index

    def origin(self, index: int, offset: int) -> tuple[int, int]:
        """See `FollowSource`: the source's offsets are those of the byte stream."""
        return self.block(index).side, offset

    def place_of(self, index: int, offset: int) -> int:
        """See `FollowSource`: the source's offsets are those of the byte stream."""
        block = self.block(index)
        return max(block.start, min(offset, block.stop - 1))

    def share(self, index: int) -> float:
        """See `FollowSource`."""
        at, number = self._stretch(index)
        total = int(self._before[-1])
        return (int(self._before[at]) + number * BLOCK) / total if total else 0.0

    def at_share(self, share: float) -> int:
        """See `FollowSource`."""
        weight = int(share * int(self._before[-1]))
        at = min(int(np.searchsorted(self._before, weight, side="right")) - 1, len(self.conversation) - 1)
        blocks = int(self._first[at + 1] - self._first[at])
        return int(self._first[at]) + min((weight - int(self._before[at])) // BLOCK, blocks - 1)

    def turn(self, index: int, step: int) -> int:
        """See `FollowSource`."""
        at = int(np.searchsorted(self._opening, index, side="left" if step > 0 else "right")) - (step < 0)
        return int(self._opening[at]) if 0 <= at < len(self._opening) else -1

    def find(self, pattern: Pattern, index: int, offset: int, step: int, cancelled: Callable[[], bool]) -> Found | None:
        """See `FollowSource`; a match does not extend over a gap or into what the other side sent.

        Backward, it ends at or before ``offset``.
        """
        at, _ = self._stretch(index)
        places = range(at, len(self.conversation)) if step > 0 else range(at, -1, -1)
        for number in places:
            if cancelled():
                return None
            stretch = self.conversation[number]
            if stretch.gap is not None:
                continue
            direction = self.conversation.directions[stretch.side]
            start, stop = stretch.start, stretch.stop
            if number == at:
                start, stop = (max(offset, start), stop) if step > 0 else (start, min(offset, stop))
            search = _forward if step > 0 else _backward
            place = search(direction, pattern, start, stop, cancelled)
            if place is not None:
                return Found(self.index_of(stretch.side, place), stretch.side, place, place + len(pattern.data))
        return None


def _forward(
    direction: ByteStream, pattern: Pattern, start: int, stop: int, cancelled: Callable[[], bool]
) -> int | None:
    held, overlap = b"", len(pattern.data) - 1
    for offset, data in chunks(direction, start, stop, SEARCH_STEP):
        window = held + data
        place = pattern.find(window)
        if place >= 0:
            return offset - len(held) + place
        if cancelled():
            return None
        held = window[len(window) - overlap :] if overlap else b""
    return None


def _backward(
    direction: ByteStream, pattern: Pattern, start: int, stop: int, cancelled: Callable[[], bool]
) -> int | None:
    overlap = len(pattern.data) - 1
    while stop > start and not cancelled():
        begin = max(start, stop - SEARCH_STEP)
        window = direction.read(begin, stop - begin)
        place = pattern.rfind(window)
        if place >= 0:
            return begin + place
        if begin == start:
            return None
        stop = begin + overlap
    return None


def wrapped_find(
    source: FollowSource, pattern: Pattern, index: int, offset: int, step: int, cancelled: Callable[[], bool]
) -> tuple[Found | None, bool]:
    """The next match from ``offset`` in block ``index`` on, else from the other end on; and whether that was tried."""
    if not len(source) or not pattern.data:
        return None, False
    found = source.find(pattern, index, offset, step, cancelled)
    if found is not None or cancelled():
        return found, False
    last = len(source) - 1
    if step > 0 and not index and offset <= source.block(0).start:
        return None, True  # everything has been searched already
    if step > 0:
        return source.find(pattern, 0, source.block(0).start, 1, cancelled), True
    return source.find(pattern, last, source.block(last).stop, -1, cancelled), True
