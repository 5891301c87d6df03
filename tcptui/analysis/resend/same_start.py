"""Segments of one end that begin with the same byte: the copies of one segment, and its resends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.model.batched import NumberDict, integer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.analysis.stream.unwrapped_seq import SequenceSpace
    from tcptui.analysis.stream.view import StreamView


class SameStart:
    """Some segments of a stream, by who sent them and where in the sequence space they begin."""

    def __init__(self, view: StreamView, space: SequenceSpace, indexes: Iterable[int]) -> None:
        self._view, self._space = view, space
        self._known: tuple[NumberDict[list[int]], NumberDict[list[int]]] = NumberDict(), NumberDict()
        for index in indexes:
            side, start = self._place(index)
            chain = self._known[side].get(start, [])
            if not chain:
                self._known[side][start] = chain
            chain.append(index)

    def of(self, index: int) -> list[int]:
        """The segments that begin as segment ``index``, in the order in which they were given."""
        side, start = self._place(index)
        return self._known[side].get(start, [])

    def _place(self, index: int) -> tuple[int, int]:
        return int(self._view.from_server[index]), integer(self._space.seq[index])
