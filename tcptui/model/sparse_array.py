"""Long arrays of which parts are given up: their pages go back to the system, their places stay.

What is given up reads as zero.  Only Linux empties pages in place; elsewhere the memory stays taken, and the
numbers are right all the same.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

#: madvise(2); Python's own call works on its own mappings only.
_DONT_NEED: Final = 4
#: mallopt(3), malloc.h.
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
#: What is allocated in one go from here on is mapped by itself: longer than what a batch of packets needs.
_MAPPED: Final = 4 << 20
#: Shorter arrays are not worth the trouble.
_LONG: Final = 1 << 18
#: The system notes of each page that was ever used where it was: eight bytes of 4096, given back with the array only.
_WORN_TIMES: Final = 16
_WORN_AT_LEAST: Final = 1 << 18
#: Linux takes no account of untouched pages then; mmap(2), which Python 3.11 does not name.
NO_RESERVE: Final = 0x4000 if sys.platform == "linux" else 0


def mapped(size: int) -> mmap.mmap:
    """``size`` bytes of zeros in small pages, which cost nothing until they are written to.

    The system need not have as much memory: of a capture that runs for days nearly all of it is given up again.
    Pages of 2 MiB would be filled up by the kernel where a few small ones are in use.
    """
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NO_RESERVE)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):  # Linux
        memory.madvise(mmap.MADV_NOHUGEPAGE)
    return memory


def zeros(shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """An array of zeros that costs nothing until it is written to."""
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if size < _LONG:
        return np.zeros(shape, dtype)
    return np.frombuffer(mapped(size), dtype).reshape(shape)


def grown(array: NDArray[Any], rows: int, kept: slice | NDArray[Any]) -> NDArray[Any]:
    """An array of ``rows`` rows, zero but for those that are ``kept`` (ascending) of ``array``.

    No other row is touched: what was given up stays so.
    """
    longer = zeros((rows, *array.shape[1:]), array.dtype)
    if not isinstance(kept, slice):
        kept = kept[: int(np.searchsorted(kept, len(array)))]
    elif kept.stop is not None:
        kept = slice(kept.start, min(kept.stop, len(array)))
    else:
        kept = slice(len(array))
    longer[kept] = array[kept]
    return longer


def release_pages(array: NDArray[Any], kept: NDArray[Any], begin: int, end: int) -> None:
    """Give back pages of ``array`` that hold none of the rows ``kept`` (ascending); all others must be zero already.

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
    inside = (pages * page >= base) & ((pages + 1) * page <= base + array.nbytes)
    empty = inside & (np.searchsorted(kept, first) == np.searchsorted(kept, last))
    edges = np.flatnonzero(np.diff(empty.astype(np.int8), prepend=0, append=0))
    for start, stop in edges.reshape(-1, 2).tolist():
        give_back(int(pages[start]) * page, (stop - start) * page)


def emptied(array: NDArray[Any], leaving: NDArray[np.int64], kept: NDArray[Any], *, anew: bool) -> NDArray[Any]:
    """``array`` without the rows ``leaving`` (ascending, at least one), which become zeros and give up their pages.

    Only ``kept`` (ascending) still hold anything; ``anew`` these are copied into an array of their own.
    """
    if anew:
        return grown(array, len(array), kept)
    array[leaving] = 0
    release_pages(array, kept, int(leaving[0]), int(leaving[-1]) + 1)
    return array


def worn_after(kept: int) -> int:
    """So many rows may be given up before an array that keeps ``kept`` is better made anew."""
    return _WORN_TIMES * kept + _WORN_AT_LEAST


def trim() -> None:
    """Give the system back what was freed and the C library keeps, where it can (glibc)."""
    release = _of_library("malloc_trim")
    if release is not None:
        release(0)


@cache
def map_long_arrays() -> None:
    """Have the memory of long arrays go back to the system when they are freed (glibc).

    By itself it takes a freed array for a sign that more of that length will come, and keeps what such ones
    leave behind: of a stream of millions of segments a fifth of all memory.
    """
    change = _of_library("mallopt")
    if change is not None:
        change(_MMAP_THRESHOLD, _MAPPED)
        change(_TRIM_THRESHOLD, 2 * _MAPPED)


def _of_library(name: str) -> Any:
    """A function of the C library; None where there is none of that name."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


def give_back(address: int, size: int) -> None:
    """Have the system take the whole pages at ``address`` back; what is read there next is zero, or their file's."""
    if sys.platform == "linux":
        _system()(address, size, _DONT_NEED)


@cache
def _system() -> Any:
    call = ctypes.CDLL(None, use_errno=True).madvise
    call.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return call
