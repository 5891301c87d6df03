"""Stacks that set PSH on every segment: it says nothing there of where a program's data ended.

PSH ends what a program had handed over (RFC 9293, 3.9.1.2), but a stack may also set it on each segment.  Where all
whole segments of a direction have it, and many left together, as no program hands them over one by one, they are read
as if they had none; what is no whole segment ended it anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.model.arrays import indexes_of
from tcptui.model.batched import Batched, NotBatchableError, integer
from tcptui.model.tcp_flags import PSH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.view import StreamView

#: Fewer whole segments that are all pushed, each right after another one, may each be what a program handed over.
FEWEST: Final = 10
#: Segments that are further apart did not leave together.
TOGETHER_NS: Final = 500_000


def pushes_each(view: StreamView, side: int, whole: int) -> bool:
    """True if all segments of ``side`` with ``whole`` bytes or more have PSH, though many of them left together."""
    full = (view.from_server == bool(side)) & (view.length >= whole)
    if (full & ((view.flags & PSH) == 0)).any() or integer(full.sum()) <= FEWEST:
        return False
    if isinstance(full, Batched) or isinstance(view.time_ns, Batched):
        raise NotBatchableError
    return int((np.diff(view.time_ns[indexes_of(full)]) <= TOGETHER_NS).sum()) >= FEWEST


def ends_data(flags: Any, length: Any, whole: Any, each: Any) -> NDArray[Any]:
    """True for segments that ended what was handed over, by their PSH; ``each``: that of whole ones says nothing."""
    pushed: NDArray[Any] = ((flags & PSH) != 0) & ~(each & (length % whole == 0))
    return pushed
