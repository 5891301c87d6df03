"""Long arrays of which parts are given up: their pages go back to the system, their places stay.

What is given up reads as zero.  Only Linux empties pages in place; elsewhere the memory stays taken, and the
numbers are right all the same.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

#: madvise(2); Python's own call works on its own mappings only.
_DONT_NEED: Final = 4
_NO_HUGE_PAGE: Final = 15
#: Shorter arrays are not worth the trouble.
_LONG: Final = 1 << 18
#: Rows looked at in one go when an array grows: what is all zero is not touched.
_CHUNK: Final = 4096


def zeros(shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """An array of zeros that costs nothing until it is written to, in small pages."""
    array: NDArray[Any] = np.zeros(shape, dtype)
    if array.nbytes >= _LONG:
        begin = -(-array.ctypes.data // mmap.PAGESIZE) * mmap.PAGESIZE
        # Pages of 2 MiB would be filled up again by the kernel where a few small ones are in use.
        _advise(begin, (array.ctypes.data + array.nbytes - begin) // mmap.PAGESIZE * mmap.PAGESIZE, _NO_HUGE_PAGE)
    return array


def grown(array: NDArray[Any], rows: int) -> NDArray[Any]:
    """``array`` with ``rows`` rows, new ones zero; parts that were given up stay so."""
    longer = zeros((rows, *array.shape[1:]), array.dtype)
    copy_kept(array, longer)
    return longer


def copy_kept(array: NDArray[Any], longer: NDArray[Any]) -> None:
    """Copy ``array`` to the beginning of ``longer``, which is zero, without touching what is zero anyway."""
    for begin in range(0, len(array), _CHUNK):
        chunk = array[begin : begin + _CHUNK]
        if chunk.any():
            longer[begin : begin + len(chunk)] = chunk


def give_up(array: NDArray[Any], gone: NDArray[np.bool_], begin: int, end: int) -> None:
    """Give back pages of ``array`` that hold nothing but ``gone`` rows, which must be zero already.

    Only rows between ``begin`` and ``end`` went just now: no other page is looked at.
    """
    width = array.nbytes // max(len(array), 1)
    if array.nbytes < _LONG or end <= begin:
        return
    base, page = array.ctypes.data, mmap.PAGESIZE
    pages = np.arange((base + begin * width) // page, (base + end * width - 1) // page + 1)
    # The rows that a page touches, from … up to.
    first = np.maximum((pages * page - base) // width, 0)
    last = np.minimum(((pages + 1) * page - base - 1) // width + 1, len(array))
    low, high = int(first[0]), int(last[-1])
    known = np.zeros(high - low, np.bool_)
    known[: len(gone[low:high])] = gone[low:high]
    kept = np.concatenate(([0], np.cumsum(~known)))
    inside = (pages * page >= base) & ((pages + 1) * page <= base + array.nbytes)
    empty = inside & (kept[last - low] == kept[first - low])
    edges = np.flatnonzero(np.diff(empty.astype(np.int8), prepend=0, append=0))
    for start, stop in edges.reshape(-1, 2).tolist():
        _advise(int(pages[start]) * page, (stop - start) * page, _DONT_NEED)


def _advise(address: int, size: int, advice: int) -> None:
    if sys.platform == "linux" and size > 0:
        call = ctypes.CDLL(None, use_errno=True).madvise
        call.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        call(address, size, advice)
