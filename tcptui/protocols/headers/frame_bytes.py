"""Bounds-checked reading of one frame's bytes, which tells *not captured* from *not sent*."""

from __future__ import annotations

from dataclasses import dataclass


class CutError(Exception):
    """The field was on the wire, but was not captured (snaplen)."""


class MalformedError(Exception):
    """The field lies beyond the length that the layer below states."""


@dataclass(frozen=True, slots=True)
class FrameBytes:
    """The captured bytes of a frame, read with bounds checks.

    ``end``: offset at which the current layer ends by the length field of the layer
    below; it may lie beyond the captured ``data``.
    """

    data: bytes
    end: int

    def within(self, end: int) -> FrameBytes:
        """These bytes for a layer that ends at ``end`` (never later than this one)."""
        return FrameBytes(self.data, min(end, self.end))

    def take(self, start: int, length: int) -> bytes:
        """``length`` bytes from ``start``.

        Raises:
            MalformedError: they lie beyond `end`.
            CutError: they were not captured.
        """
        if length < 0 or start + length > self.end:
            raise MalformedError
        if start + length > len(self.data):
            raise CutError
        return self.data[start : start + length]

    def number(self, start: int, length: int) -> int:
        """An unsigned integer in network byte order; raises as `take`."""
        return int.from_bytes(self.take(start, length), "big")

    def captured_end(self) -> int:
        """Offset at which the layer's captured bytes end."""
        return min(self.end, len(self.data))
