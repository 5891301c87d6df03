"""`RecentFlows`: finds the flows of a batch's keys among those seen lately, by a kernel (see `numba_compile`).

Nearly all packets belong to flows that a batch shortly before had, too.  `FlowTable` finds them with a dozen of NumPy's
calls over the batch, and looks up each packet of one that is new in it; the kernel has it look up one.  Run by plain
Python it would be slower, so only machine code is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.model.flow_table import KEY_WORDS, RECENT_BITS
from tcptui.wire.numba_compile import compile_kernel, is_in_cache, note_in_cache

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.wire.numba_compile import Kernel

    I64 = NDArray[np.int64]

#: Places for flows whose hashes begin with the same bits, of 16 bytes together.
_BUCKET_PLACES: Final = 4
_SHIFT: Final = 64 - RECENT_BITS
_BUCKETS: Final = (1 << RECENT_BITS) - _BUCKET_PLACES
#: What a shift of a negative number by 29 or 32 bits must lose, as that of a word without a sign would.
_OF_29, _OF_32 = (1 << 64 - 29) - 1, (1 << 64 - 32) - 1
_LAST: Final = KEY_WORDS - 1


def find_recent(words: Any, secret: Any, keys: Any, recent: Any, found: Any, firsts: Any, places: Any) -> int:
    """Set ``found`` to the flow of each of ``words``; those that are not among the ``recent`` ones are numbered.

    ``words`` and ``keys`` are those of `FlowTable`, as signed integers.  Number ``n`` is told as ``-1 - n``; ``firsts``
    gets the index of a key that has it, and ``places`` where in ``recent`` its flow should be noted.  Returns how many
    numbers there are; a key may have several.
    """
    count = 0
    for i in range(words.shape[1]):
        mixed = words[0, i] * secret[0]
        for j in range(1, KEY_WORDS):
            mixed ^= mixed >> 29 & _OF_29
            mixed += words[j, i]
            mixed *= secret[j]
        mixed ^= mixed >> 32 & _OF_32
        bucket = mixed >> _SHIFT & _BUCKETS
        place = bucket + i % _BUCKET_PLACES
        is_known = False
        for at in range(bucket, bucket + _BUCKET_PLACES):
            known = recent[at] + 0
            if known < 0:
                first = firsts[-1 - known]
                same = words[_LAST, first] == words[_LAST, i]
                for j in range(_LAST):
                    same &= words[j, first] == words[j, i]
            else:
                same = keys[_LAST, known] == words[_LAST, i]
                for j in range(_LAST):
                    same &= keys[j, known] == words[j, i]
                if known == 0:
                    place = at
            if same:
                found[i] = known
                is_known = True
                break
        if not is_known:
            firsts[count] = i
            places[count] = place
            count += 1
            found[i] = recent[place] = -count
    for n in range(count):
        recent[places[n]] = 0
    return count


class RecentFlows:
    """`find_recent` as machine code."""

    def __init__(self, kernel: Kernel) -> None:
        """``kernel``: of `compiled_recent`."""
        self._kernel = kernel

    def __call__(
        self, words: I64, secret: I64, keys: I64, recent: NDArray[np.int32]
    ) -> tuple[NDArray[np.int32], I64, I64]:
        """What `find_recent` gives: flows and numbers, the first key of each number, and its place."""
        count = words.shape[1]
        found = np.empty(count, np.int32)
        firsts, places = np.empty(count, np.int64), np.empty(count, np.int64)
        numbers = self._kernel(words, secret, keys, recent, found, firsts, places)
        return found, firsts[:numbers], places[:numbers]


def compiled_recent() -> Kernel:
    """`find_recent` as machine code, compiled or loaded from the cache (blocks)."""
    kernel = compile_kernel(find_recent)
    nothing, secret = np.zeros((KEY_WORDS, 0), np.int64), np.ones(KEY_WORDS, np.int64)
    RecentFlows(kernel)(nothing, secret, np.zeros((KEY_WORDS, 1), np.int64), np.zeros(1, np.int32))
    if kernel.kept:
        note_in_cache(find_recent)
    return kernel


def recent_is_cached() -> bool:
    """Whether `compiled_recent` only has to load machine code."""
    return is_in_cache(find_recent)
