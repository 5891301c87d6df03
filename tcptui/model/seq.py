"""Sequence-number arithmetic modulo 2**32, wrap-around included (RFC 9293, 3.4).

The functions take plain integers in 0..2**32-1 and also work element by element on
``int64`` arrays.  Two numbers exactly 2**31 apart are each *after* and *before* the other, as in
Wireshark, so *before* must not be computed as the negation of *after*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_Number = TypeVar("_Number", int, "NDArray[np.int64]")

SEQ_MASK: Final = 0xFFFF_FFFF
SEQ_HALF: Final = 0x8000_0000


def seq_after(x: int, y: int) -> bool:
    """Whether ``x`` lies after ``y`` (distance 1..2**31)."""
    return ((y - x) & SEQ_MASK) >= SEQ_HALF


def ahead(number: _Number, reference: _Number) -> _Number:
    """How far ``number`` lies beyond ``reference``, negative when before it: -2**31..2**31-1."""
    return ((number - reference + SEQ_HALF) & SEQ_MASK) - SEQ_HALF


def seq_distance(start: _Number, end: _Number) -> _Number:
    """Bytes from ``start`` up to ``end`` in sequence space, 0..2**32-1."""
    return (end - start) & SEQ_MASK
