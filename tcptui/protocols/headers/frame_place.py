"""From stream offsets to bytes of the frame on screen: what the hex pane marks, or which other frame has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.protocols.parts import frame_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.node import Value
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.segment_place import SegmentPlace

#: Most bytes of a value that are read for a filter.
LONGEST_VALUE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class FramePlace:
    """The segment on screen: its bytes in the stream, and the offset of its payload in the frame."""

    segment: SegmentPlace
    payload: int

    @property
    def direction(self) -> ByteStream:
        """The byte stream of the segment's direction."""
        return self.segment.direction

    def holds(self, start: int, stop: int) -> bool:
        """Whether the segment carries all bytes from ``start`` to ``stop``."""
        return self.segment.start <= start and stop <= self.segment.stop

    def is_reassembled_alone(self, start: int, header: int) -> bool:
        """Whether Wireshark puts a message that begins at ``start`` together by itself, without what follows in here.

        It does where earlier segments had its ``header`` bytes, which tell its length; otherwise it adds the whole
        segment to them, and shows all messages that end there together.
        """
        return start + header <= self.segment.start

    def last_end(self, stop: int, ends: Iterable[int]) -> int:
        """The last of ``ends`` that the segment carries; ``stop`` where it carries none."""
        return max((end for end in ends if end <= self.segment.stop), default=stop)

    def add(self, parent: Branch, label: str, start: int, length: int, field: str = "") -> Branch:
        """Append a line for ``length`` bytes of the stream at ``start``.

        It marks those of the bytes that are in this frame; a line without any links to the frame that has them.
        """
        return self._placed(parent.add(label, field=field), start, length)

    def put(
        self, parent: Branch, name: str, value: Value, start: int, length: int, *, text: str | None = None
    ) -> Branch:
        """Append the line of the field ``name`` as `add` does; value and ``text`` as for `Branch.put`."""
        line = parent.put(name, value, text=text)
        line.is_generated = False
        return self._placed(line, start, length)

    def _placed(self, line: Branch, start: int, length: int) -> Branch:
        low, high = max(start, self.segment.start), min(start + length, self.segment.stop)
        if low < high:
            line.start, line.length = self.payload + low - self.segment.start, high - low
        else:
            line.target = frame_at(self.direction, start)
        if line.field and high - low < length:
            line.whole = lambda: self.direction.read(start, min(length, LONGEST_VALUE))
        return line
