"""Long arrays whose unused pages can be released to the system, while all indexes stay valid.

Released rows read as zero.  Only Linux empties pages in place; elsewhere the memory stays allocated, and the
contents are the same.
"""

from __future__ import annotations

import ctypes
import math
import mmap
import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.model.spilled_memory import spill

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

#: MADV_DONTNEED of madvise(2), called by ctypes: Python's own call works on its own mappings only.
_DONT_NEED: Final = 4
#: mallopt(3), malloc.h.
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
#: Bytes from which on glibc maps an allocation by itself; more than anything a batch of packets needs.
_MAPPED: Final = 4 << 20
#: Bytes from which on an array gets a mapping and has its pages released; shorter ones are not worth it.
_LONG: Final = 1 << 18
#: Rows that leave together are further apart than this number only where one of them is very old.
_APART: Final = 1 << 16
#: Limits of `reallocate_after`.  The system keeps a page-table entry, 8 bytes per 4096, for each page ever used, and
#: frees it only with the whole array.
_WORN_TIMES: Final = 16
_WORN_AT_LEAST: Final = 1 << 18
#: MAP_NORESERVE of mmap(2), which Python 3.11 does not name: Linux then does not account for untouched pages.
NO_RESERVE: Final = 0x4000 if sys.platform == "linux" else 0


def mapped(size: int) -> mmap.mmap:
    """A mapping of ``size`` zero bytes in small pages, which take no memory until they are written to.

    ``size`` may exceed the system's memory, because a capture that runs for days releases nearly all of it again.
    Pages of 2 MiB are ruled out: the kernel would fill up a whole one where only a few small ones are in use.
    In a file where memory is short (`spilled_memory`).
    """
    descriptor = spill.open(size)
    if descriptor is not None:
        try:
            return mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NO_RESERVE)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):  # Linux
        memory.madvise(mmap.MADV_NOHUGEPAGE)
    return memory


def zeros(shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """An array of zeros; when it is long, its pages take no memory until they are written to."""
    size = (shape if isinstance(shape, int) else math.prod(shape)) * np.dtype(dtype).itemsize
    if size < _LONG:
        return np.zeros(shape, dtype)
    return np.frombuffer(mapped(size), dtype).reshape(shape)


def grown(array: NDArray[Any], rows: int, kept: slice | NDArray[Any]) -> NDArray[Any]:
    """A new array of ``rows`` rows with the rows ``kept`` (ascending) of ``array``; all others are zero.

    Only kept rows are read or written, so that released pages are not allocated again.
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
    """Release pages of ``array`` that hold none of the rows ``kept`` (ascending); all others must be zero already.

    The rows evicted just now lie between ``begin`` and ``end``; only pages there are examined.
    """
    width = array.nbytes // max(len(array), 1)
    if array.nbytes < _LONG or end <= begin:
        return
    base, page = array.ctypes.data, mmap.PAGESIZE
    pages = np.arange((base + begin * width) // page, (base + end * width - 1) // page + 1)
    # For each page, its first row and the one after its last.
    first = np.maximum((pages * page - base) // width, 0)
    last = np.minimum(((pages + 1) * page - base - 1) // width + 1, len(array))
    inside = (pages * page >= base) & ((pages + 1) * page <= base + array.nbytes)
    empty = inside & (np.searchsorted(kept, first) == np.searchsorted(kept, last))
    edges = np.flatnonzero(np.diff(empty.astype(np.int8), prepend=0, append=0))
    for start, stop in edges.reshape(-1, 2).tolist():
        give_back(int(pages[start]) * page, (stop - start) * page)


def emptied(array: NDArray[Any], leaving: NDArray[np.int64], kept: NDArray[Any], *, anew: bool) -> NDArray[Any]:
    """``array`` with the rows ``leaving`` (ascending, at least one) set to zero and their pages released.

    Only the rows ``kept`` (ascending) hold data; with ``anew`` they are copied into a new array instead.
    """
    if anew:
        return grown(array, len(array), kept)
    array[leaving] = 0
    release_rows(array, leaving, kept)
    return array


def release_rows(array: NDArray[Any], leaving: NDArray[np.int64], kept: NDArray[Any]) -> None:
    """`release_pages` around the rows ``leaving`` (ascending, at least one), without looking at all that lie between.

    After days the oldest of them may be millions of rows before the others.
    """
    for run in np.split(leaving, np.flatnonzero(np.diff(leaving) > _APART) + 1):
        release_pages(array, kept, int(run[0]), int(run[-1]) + 1)


def reallocate_after(kept: int) -> int:
    """How many rows may be evicted before an array that keeps ``kept`` rows should be reallocated."""
    return _WORN_TIMES * kept + _WORN_AT_LEAST


def trim() -> None:
    """Return freed memory that the C library still holds to the system, where the library can do that (glibc)."""
    release = _of_library("malloc_trim")
    if release is not None:
        release(0)


@cache
def map_long_arrays(least: int = _MAPPED) -> None:
    """Make the C library return the memory of arrays of ``least`` bytes to the system when they are freed (glibc).

    By default it takes a freed array for a sign that more of that length will come, and keeps the memory of such
    arrays: for a stream of millions of segments a fifth of all memory.
    """
    change = _of_library("mallopt")
    if change is not None:
        change(_MMAP_THRESHOLD, least)
        change(_TRIM_THRESHOLD, 2 * least)


def _of_library(name: str) -> Any:
    """A function of the C library; None where there is none of that name."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


def give_back(address: int, size: int) -> None:
    """Release the whole pages at ``address`` (Linux); they then read as zero, or as the file's data if it is mapped."""
    if sys.platform == "linux":
        _system()(address, size, _DONT_NEED)


@cache
def _system() -> Any:
    call = ctypes.CDLL(None, use_errno=True).madvise
    call.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return call
