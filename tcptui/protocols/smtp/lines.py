"""The lines of one direction, across segment borders and gaps of the capture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.protocols.http.read_window import Window

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Most bytes kept of a line: RFC 5321, 4.5.3.1 allows 512 for a command, 12,288 with AUTH (RFC 4954, 4).
LINE_LIMIT: Final = 16_384
_STEP: Final = 4_096
#: A longer line is split at about this many bytes.
_LONGEST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """Bytes ``start … stop`` of a direction, with the line feed that ends them if `ended`."""

    start: int
    stop: int
    text: bytes
    """Without the line end; at most `LINE_LIMIT` bytes."""
    ended: bool
    after_gap: bool
    """Bytes right before it were not captured: it may be the end of a longer line."""


class LineReader:
    """Reads one direction line by line from `position` on."""

    def __init__(self, direction: ByteStream) -> None:
        self.direction = direction
        self.position = 0
        self._window = Window(direction)
        self._after_gap = not direction.segments.from_start

    def next_line(self) -> Line | None:
        """The next line, or the captured beginning of it; None at the end."""
        data = self._here()
        if not data:
            return None
        start, after_gap = self.position, self._after_gap
        parts: list[bytes] = []
        ended = False
        while data and not ended and self.position - start < _LONGEST:
            end = data.find(b"\n") + 1
            ended = end > 0
            data = data[:end] if ended else data
            if self.position - start < LINE_LIMIT:
                parts.append(data)
            self.position += len(data)
            data = b"" if ended else self._window.read(self.position, _STEP)
        self._after_gap = False
        text = b"".join(parts)[:LINE_LIMIT]
        return Line(start, self.position, text.rstrip(b"\r\n") if ended else text, ended, after_gap)

    def peek(self, size: int) -> bytes:
        """Up to ``size`` of the next bytes, without moving `position`."""
        return self._here()[:size]

    def jump(self, position: int) -> None:
        """Continue reading at ``position``."""
        self.position = position
        self._after_gap = False

    def _here(self) -> bytes:
        """Bytes at `position`, which is first moved behind a gap that lies there; empty at the end."""
        while True:
            data = self._window.read(self.position, _STEP)
            after = self.position if data else self._window.past_gap(self.position)
            if after == self.position:
                return data
            self.position, self._after_gap = after, True
