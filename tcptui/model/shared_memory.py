"""Arrays that several processes see without copying them: `pack` writes values with references to their memory.

An array made by `shared_zeros` lies in a mapping that has a descriptor (memfd_create(2), Linux).  `pack` pickles a
value and puts, in place of each such array or part of one, where it lies; who gets the bytes and the descriptors maps
the same memory (`unpack`).  All other arrays are copied.
"""

from __future__ import annotations

import io
import mmap
import os
import pickle
import sys
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.model.sparse_array import zeros
from tcptui.model.spilled_memory import spill

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import DTypeLike, NDArray

CAN_SHARE: Final = sys.platform == "linux" and hasattr(os, "memfd_create")
#: Arrays of at least this many bytes are shared: each takes a descriptor and whole pages.
WORTH_SHARING: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class _Mapping:
    address: int
    descriptor: int
    size: int


#: The mappings of this process, by `id`; those that are gone leave by their finalizers.
_mappings: Final[dict[int, _Mapping]] = {}


def shared_zeros(shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """An array of zeros that `pack` refers to; its pages take no memory until they are written to.

    Short arrays, and all where a mapping cannot be had (no descriptor left, another system), are ordinary ones
    (`sparse_array.zeros`).
    """
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    memory = _mapped(size) if CAN_SHARE and size >= WORTH_SHARING else None
    return zeros(shape, dtype) if memory is None else np.frombuffer(memory, dtype).reshape(shape)


def is_shared(array: NDArray[Any]) -> bool:
    """Whether `pack` refers to ``array`` instead of copying it."""
    return _mapping_of(array) is not None


def pack(value: object, written: Iterable[NDArray[Any]] = ()) -> tuple[bytes, list[int]]:
    """``value`` as bytes, and the descriptors that `unpack` needs with them; these stay this process's.

    The other process may write to the arrays ``written``, and reads the others only.
    """
    out = io.BytesIO()
    pickler = _Pickler(out, {id(array) for array in written})
    pickler.dump(value)
    return out.getvalue(), pickler.descriptors


def unpack(data: bytes, descriptors: Sequence[int]) -> Any:
    """The value that `pack` made ``data`` of; ``descriptors`` may be closed afterwards."""
    return _Unpickler(io.BytesIO(data), descriptors).load()


def _mapped(size: int) -> mmap.mmap | None:
    try:
        spilled = spill.open(size)
        descriptor = os.memfd_create("tcptui") if spilled is None else spilled
    except OSError:
        return None
    try:
        os.ftruncate(descriptor, size)
        memory = mmap.mmap(descriptor, size)
    except OSError:
        os.close(descriptor)
        return None
    key = id(memory)
    _mappings[key] = _Mapping(int(np.frombuffer(memory, np.uint8).ctypes.data), descriptor, size)
    weakref.finalize(memory, _release, key)
    return memory


def _release(key: int) -> None:
    os.close(_mappings.pop(key).descriptor)


def _mapping_of(array: NDArray[Any]) -> _Mapping | None:
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    return _mappings.get(id(base.obj)) if isinstance(base, memoryview) else None


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, written: set[int]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.descriptors: list[int] = []
        self._written = written
        self._places: dict[int, int] = {}

    def persistent_id(self, value: object) -> Any:
        """Where ``value`` lies, of an array in a shared mapping; None for all others, which are written."""
        if type(value) is not np.ndarray or (mapping := _mapping_of(value)) is None:
            return None
        place = self._places.setdefault(mapping.descriptor, len(self.descriptors))
        if place == len(self.descriptors):
            self.descriptors.append(mapping.descriptor)
        begin = value.ctypes.data - mapping.address
        return place, mapping.size, begin, value.shape, value.strides, value.dtype, id(value) in self._written


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, descriptors: Sequence[int]) -> None:
        super().__init__(file)
        self._descriptors = descriptors
        self._mapped: dict[tuple[int, bool], mmap.mmap] = {}

    def persistent_load(self, told: Any) -> NDArray[Any]:
        """The array that `_Pickler.persistent_id` told of."""
        place, size, begin, shape, strides, dtype, is_written = told
        key = place, is_written
        if key not in self._mapped:
            access = mmap.ACCESS_WRITE if is_written else mmap.ACCESS_READ
            self._mapped[key] = mmap.mmap(self._descriptors[place], size, access=access)
        array: NDArray[Any] = np.ndarray(shape, dtype, self._mapped[key], begin, strides)
        return array
