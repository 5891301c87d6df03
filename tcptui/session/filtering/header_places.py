"""Fields at fixed places in headers, and how their values are taken from the bytes of thousands of packets at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.model.field import FieldType as T
from tcptui.model.fields import FIELDS
from tcptui.session.filtering.occurrences import array_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.field import Place


#: Fields that stand at fixed places of headers, by the registry of fields.
PLACES: Final = {field.name: field.place for field in FIELDS.values() if field.place is not None}


def in_order(names: tuple[str, ...]) -> list[str]:
    """``names`` in the order of their places, which is that of their values in the packet."""
    return sorted(names, key=lambda name: PLACES[name].offset)


def numbers_at(data: NDArray[np.uint8], at: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """The numbers of ``size`` bytes, at most 8, in network order."""
    cells = data[at[:, None] + np.arange(size)]
    found = np.zeros(len(at), np.int64)
    for column in range(size):
        found = found << 8 | cells[:, column]
    return found


def values_at(data: NDArray[np.uint8], begin: NDArray[np.int64], place: Place, kind: T) -> NDArray[Any]:
    """The values of a field, of type ``kind``, in headers that begin at ``begin``."""
    at = begin + place.offset
    if kind in (T.ETHER, T.IPV6):
        raw = data[at[:, None] + np.arange(place.size)].tobytes()
        return array_of(kind, [raw[start : start + place.size] for start in range(0, len(raw), place.size)])
    found = numbers_at(data, at, place.size)
    if place.mask:
        found = (found & place.mask) >> ((place.mask & -place.mask).bit_length() - 1)
    return found * place.unit
