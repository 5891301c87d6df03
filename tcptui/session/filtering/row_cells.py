"""A byte for each of many packets, by what was asked about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from tcptui.model.packet_store import I32

K = TypeVar("K", bound="Hashable")


class RowCells(Generic[K]):
    """For some keys a cell for each row, 0 where nothing is known."""

    def __init__(self) -> None:
        self._known: dict[K, tuple[int, NDArray[np.uint8]]] = {}
        """The first row, and a cell for each from there on; the key that was used last is the last."""

    def forget(self, rows: I32) -> None:
        """Nothing is known of ``rows`` any more: they are asked again."""
        for first, cells in self._known.values():
            at = rows - first
            cells[at[(at >= 0) & (at < len(cells))]] = 0

    def clear(self) -> None:
        """Nothing is known of any."""
        self._known.clear()

    def drop(self, first: int) -> None:
        """Keep nothing about rows before ``first``, which were evicted."""
        for key, (begin, cells) in self._known.items():
            if first - begin > len(cells) // 2:
                self._known[key] = first, cells[first - begin :].copy()

    def _room(self, key: K, first: int, stop: int) -> tuple[int, NDArray[np.uint8]]:
        """The cells of ``key``, with some for the rows ``first`` to ``stop`` - 1 as well."""
        known = self._known[key] = _wider(self._known.pop(key, None), first, stop)
        return known


def _wider(known: tuple[int, NDArray[np.uint8]] | None, first: int, stop: int) -> tuple[int, NDArray[np.uint8]]:
    if known is None:
        return first, np.zeros(stop - first, np.uint8)
    begin, cells = known
    if begin <= first and stop <= begin + len(cells):
        return known
    lowest = min(begin, first)
    longest = max(begin + len(cells), stop + (stop - lowest) // 2)
    longer = np.zeros(longest - lowest, np.uint8)
    longer[begin - lowest : begin - lowest + len(cells)] = cells
    return lowest, longer
