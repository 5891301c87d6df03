"""Runs of messages that say how long they are, passed over by kernels (see `numba_compile`): rows of large results.

Each protocol's reader passes over such a run itself, in plain Python, and short runs best so.  A kernel goes on with a
long one at a twentieth of the time.  Run by plain Python it would be slower than the reader, so only machine code is
used, and only once so much was passed over in this process that loading it pays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.wire.numba_compile import compile_kernel, compiler_available, is_in_cache, note_in_cache

if TYPE_CHECKING:
    from tcptui.wire.numba_compile import Kernel

#: Bytes of long runs before machine code is loaded, which takes as long as some megabytes of short messages.
_PAYS: Final = 1 << 22
#: Bytes of messages behind which their run is long.
LONG: Final = 1 << 12
#: Digits of a length; no array has more bytes.
_DIGITS: Final = 12
_CR, _LF, _ZERO, _NINE, _BULK = 13, 10, 0x30, 0x39, 0x24
#: MySQL: the length that says that the packet goes on in the next one, and the first byte of what is no row.
_FULL: Final = 0xFF_FFFF
_NO_ROW: Final = 0xFE


def pass_mysql_rows(data: Any, place: int, wanted: int, mark: int, every: int, marks: Any) -> tuple[int, int, int]:
    """Passes over rows from ``place`` on, the first of which has the number ``wanted``.

    Stops at the end, and at what may be no row.  ``marks`` gets the places of the first row at ``mark`` or behind it,
    and of others at least ``every`` bytes apart.  Returns where it stopped, how many rows, and how many marks.
    """
    last = len(data) - 5
    count = noted = 0
    while place <= last:
        length = data[place] | data[place + 1] << 8 | data[place + 2] << 16
        if data[place + 3] != wanted or data[place + 4] >= _NO_ROW or length == _FULL or length == 0:
            break
        if place >= mark:
            marks[noted] = place
            noted += 1
            mark = place + every
        place += 4 + length
        wanted = wanted + 1 & 0xFF
        count += 1
    return place, count, noted


def pass_typed(data: Any, place: int, stop: int, letter: int) -> tuple[int, int]:
    """Passes over PostgreSQL's messages of the type ``letter`` that lie before ``stop``: where it stopped, how many."""
    count = 0
    while place + 5 <= stop and data[place] == letter:
        length = data[place + 1] << 24 | data[place + 2] << 16 | data[place + 3] << 8 | data[place + 4]
        if length < 4 or place + 1 + length > stop:
            break
        place += 1 + length
        count += 1
    return place, count


def pass_bulks(data: Any, place: int, most: int) -> tuple[int, int]:
    """Passes over at most ``most`` whole bulk strings of Redis from ``place`` on: where it stopped, how many."""
    count, size = 0, len(data)
    while count < most and place < size and data[place] == _BULK:
        at, length = place + 1, 0
        while at < size and at - place <= _DIGITS and _ZERO <= data[at] <= _NINE:
            length = 10 * length + data[at] - _ZERO
            at += 1
        behind = at + 4 + length
        if at == place + 1 or behind > size or data[at] != _CR or data[at + 1] != _LF:
            break
        if data[behind - 2] != _CR or data[behind - 1] != _LF:
            break
        place = behind
        count += 1
    return place, count


class RunPasser:
    """One of the kernels as machine code, loaded when it pays."""

    def __init__(self, kernel: Kernel, pays: int = _PAYS) -> None:
        """``pays``: bytes of long runs behind which it is loaded."""
        self._kernel = kernel
        self._compiled: Kernel | None = None
        self._left = pays
        """Bytes before it pays."""

    def machine_code(self, ahead: int) -> Kernel | None:
        """The kernel for a long run that has ``ahead`` bytes more at most; None where it is not to be used (yet)."""
        if self._left > 0:
            self._left -= ahead
            if self._left <= 0 and compiler_available() and is_in_cache(self._kernel):
                self._compiled = compile_kernel(self._kernel)
        return self._compiled


MYSQL_ROWS: Final = RunPasser(pass_mysql_rows)
TYPED: Final = RunPasser(pass_typed)
BULK_STRINGS: Final = RunPasser(pass_bulks)
_KERNELS: Final[tuple[Kernel, ...]] = (pass_mysql_rows, pass_typed, pass_bulks)


def compile_runs() -> None:
    """Compile the kernels, or load them from the cache (blocks)."""
    data, marks = np.zeros(0, np.uint8), np.zeros(1, np.int64)
    for kernel, rest in zip(_KERNELS, ((0, 0, 1, marks), (0, 0), (0,)), strict=True):
        compiled = compile_kernel(kernel)
        compiled(data, 0, *rest)
        if compiled.kept:
            note_in_cache(kernel)


def runs_are_cached() -> bool:
    """Whether `compile_runs` only has to load machine code."""
    return all(map(is_in_cache, _KERNELS))
