"""Values of a field in many packets at once; a packet may have none, one or several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.dfilter.types import REALS
from tcptui.model.field import FieldType as T

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Index = NDArray[np.int64]

#: Types whose values are Python's bytes in arrays of objects; all others are whole numbers, IPv4 addresses included.
OBJECTS: Final = frozenset({T.BYTES, T.ETHER, T.IPV6, T.PROTOCOL, T.STRING, T.ADDRESS})


@dataclass(frozen=True, slots=True)
class Occurrences:
    """The values that packets have in a field, or that were computed of it.

    ``values``: int64, or objects: bytes for the types of `OBJECTS`, int where numbers go beyond 63 bits, float for
    doubles.  Times are nanoseconds.  ``index``: for each value its packet's position among those asked for, ascending;
    None: each packet has one value.
    """

    type: T
    count: int
    """How many packets were asked for."""
    values: NDArray[Any]
    index: Index | None = None
    loaded: Mask | None = None
    """Of computed values: which packets have the fields that they are computed of.  None: those that have a value."""
    signed: Mask | None = None
    """Which values are signed though their type is not, as a computed number below 0 is.  None: none of them."""

    @property
    def places(self) -> Index:
        """`index`, written out."""
        return np.arange(self.count) if self.index is None else self.index

    def present(self) -> Mask:
        """Mask of the packets that have a value."""
        mask = np.zeros(self.count, np.bool_)
        mask[slice(None) if self.index is None else self.index] = True
        return mask

    def computable(self) -> Mask:
        """Mask of the packets that have the fields the values are computed of, be there a value or not."""
        return self.present() if self.loaded is None else self.loaded.copy()

    def any(self, hits: Mask) -> Mask:
        """Mask of the packets with a value that is among ``hits``."""
        if self.index is None:
            return hits
        mask = np.zeros(self.count, np.bool_)
        if self._one_each():
            mask[self.index] = hits  # three times as fast as to pick those that are hits
        else:
            mask[self.index[hits]] = True
        return mask

    def all(self, hits: Mask) -> Mask:
        """Mask of the packets with no value that is not among ``hits``, and with the fields."""
        if self.index is None:
            return hits
        mask = self.computable()
        mask[self.index[~hits]] = False
        return mask

    def _one_each(self) -> bool:
        """Whether no packet has two values."""
        index = self.index
        return index is None or not (index[1:] == index[:-1]).any()

    def with_values(
        self, values: NDArray[Any], kind: T | None = None, *, signed: Mask | None = None
    ) -> Occurrences:  # fmt: skip
        """The occurrences of the same packets with other values."""
        return Occurrences(kind or self.type, self.count, values, self.index, self.loaded, signed)

    def kept(self, keep: Mask, values: NDArray[Any], *, signed: Mask | None = None) -> Occurrences:
        """Where ``keep`` says so, the ``values`` that were computed of these; elsewhere there is none.

        ``values`` and ``signed`` are as many as there were.
        """
        if keep.all():
            return self.with_values(values, signed=signed)
        signs = None if signed is None else signed[keep]
        return Occurrences(self.type, self.count, values[keep], self.places[keep], self.computable(), signs)

    def picked(self, which: Index, index: Index, loaded: Mask | None) -> Occurrences:
        """The values at ``which``, as those of the packets at ``index``."""
        signs = None if self.signed is None else self.signed[which]
        return Occurrences(self.type, self.count, self.values[which], index, loaded, signs)

    def mapped(self, kind: T, made: Callable[[Any], Any]) -> Occurrences:
        """The results of ``made`` for each value, of the type ``kind``."""
        return self.with_values(array_of(kind, [made(value) for value in self.values.tolist()]), kind)


def by_place(found: Occurrences, texts: Sequence[str]) -> list[list[str]]:
    """For each packet asked for the ``texts`` that belong to its values; packets without one share a list."""
    told: list[list[str]] = [[]] * found.count
    for place, text in zip(found.places.tolist(), texts, strict=True):
        if told[place]:
            told[place].append(text)
        else:
            told[place] = [text]
    return told


def array_of(kind: T, values: Sequence[Any]) -> NDArray[Any]:
    """``values`` as an array of what `Occurrences.values` holds for the type ``kind``."""
    if kind not in OBJECTS and kind not in REALS:
        try:
            return np.array(values, np.int64)
        except OverflowError:
            pass
    made = np.empty(len(values), object)
    made[:] = values
    return made


def none_of(kind: T, count: int) -> Occurrences:
    """No values in ``count`` packets."""
    return Occurrences(kind, count, array_of(kind, []), np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True)
class Cells:
    """The values that packets have in a field of which each has one at most."""

    type: T
    present: Mask
    """Which packets have one."""
    values: NDArray[Any]
    """As many as packets, meaningless where there is none: what `Occurrences.values` holds, or places in `labels`."""
    labels: NDArray[Any] | None = None
    """All values that there are, where they are few."""

    def occurrences(self) -> Occurrences:
        """The values of those packets that have one."""
        values, count = self.values, len(self.present)
        index = None if self.present.all() else np.flatnonzero(self.present)
        if index is not None:
            values = values[index]
        return Occurrences(self.type, count, values if self.labels is None else self.labels[values], index)

    def passing(self, decide: Callable[[Occurrences], Mask]) -> Mask:
        """Mask of the packets with a value that ``decide`` takes, which sees each of few values once."""
        asked = self.values if self.labels is None else self.labels
        hits = decide(Occurrences(self.type, len(asked), asked))
        return self.present & (hits if self.labels is None else hits.take(self.values))


def merged(kind: T, parts: Sequence[Occurrences], count: int) -> Occurrences:
    """The values of all ``parts``; of one packet's, those of earlier parts first."""
    filled = [part for part in parts if part.index is None or len(part.index)]
    if len(filled) == 1:
        return filled[0]
    if not filled:
        return none_of(kind, count)
    if all(part.index is None and part.values.dtype != object for part in filled):  # one value of each in every packet
        together = np.stack([part.values for part in filled], axis=1).ravel()
        return Occurrences(kind, count, together, np.repeat(np.arange(count), len(filled)))
    index = np.concatenate([part.places for part in filled])
    order = np.argsort(index, kind="stable")
    if any(part.values.dtype == object for part in filled):
        values = np.empty(len(index), object)
        values[:] = [value for part in filled for value in part.values.tolist()]
    else:
        values = np.concatenate([part.values for part in filled])
    return Occurrences(kind, count, values[order], index[order])


def moved(part: Occurrences, places: Index, count: int) -> Occurrences:
    """``part``, asked of the packets at ``places`` (ascending) among ``count``."""
    return Occurrences(part.type, count, part.values, places[part.places])
