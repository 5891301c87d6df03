"""`Sharing`: how connections are judged in several processes, and from what size of a capture that is worth it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.session.cores import usable_cores
from tcptui.session.memory import affordable_workers
from tcptui.session.worker_processes import CAN_FORK, in_order, is_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from tcptui.model.packet_store import I32, I64

#: What a connection costs whatever its length, in segments: its weight is that and its segments.
CONNECTION_WEIGHT: Final = 8
#: Weight from which on forking is worth it: 1,000 ordinary connections of ten packets.  Two workers cost 13 ms; that
#: many connections take 80 ms, and half of that with two.  Below 5,000 one process is as fast.
WORTH_FORKING: Final = 18_000
#: Weight of a share of several connections: fewer leave arrays too short …
SHARE_WEIGHT: Final = 16_384
#: … and more of a large capture find more connections that have one shape (`batch_evaluation`), up to this weight, …
MOST_WEIGHT: Final = 786_432
#: … as long as there are so many shares for each worker: fewer leave a worker idle at the end.
SHARES_A_WORKER: Final = 2
#: This part of a usual share is too small for one.
LEAST_PART: Final = 16


@dataclass(frozen=True, slots=True)
class Sharing:
    """At most ``workers`` processes; captures that weigh less than ``worth`` are left to one."""

    workers: int = 1
    worth: int = WORTH_FORKING
    share: int = SHARE_WEIGHT

    @classmethod
    def among(cls, asked: int | None) -> Sharing:
        """Sharing among ``asked`` processes, or one a processor (None); if this one has threads, it works alone."""
        return cls(affordable_workers(asked or usable_cores()) if is_alone() else 1)

    def cut(self, segments: I32 | I64, first: int = 0) -> list[tuple[int, int]]:
        """Where shares of connections begin and end; ``segments`` of each connection.

        ``first``: the weight of something else, with which one of the processes begins.
        """
        weight = np.cumsum(segments.astype(np.int64) + CONNECTION_WEIGHT)
        total = int(weight[-1]) if len(weight) else 0
        if not total:
            return []
        if self.workers == 1 or total < self.worth:
            return [(0, len(weight))]
        usual = max(self.share, min(MOST_WEIGHT, -(-total // (SHARES_A_WORKER * self.workers))))
        busy = [first, *([0] * (self.workers - 1))]
        cuts, begin, done = list[tuple[int, int]](), 0, 0
        while begin < len(weight):
            soonest = busy.index(min(busy))
            size = self._size(usual, len(cuts), busy, total - done)
            end = max(int(np.searchsorted(weight, done + size, side="right")), begin + 1)
            cuts.append((begin, end))
            taken = int(weight[end - 1]) - done
            begin, done, busy[soonest] = end, done + taken, busy[soonest] + taken
        return cuts

    def _size(self, usual: int, before: int, busy: list[int], left: int) -> float:
        """The weight of the next share, behind so many others: for who has least to do of those that are ``busy``.

        The first ones are smaller than ``usual``, so that workers end theirs by turns: then the pieces of one worker
        are consumed as it makes them while those of the next share, which wait, are few.  The last one of each is as
        large as lets all workers end at the same time; what that leaves adds up to no further share.
        """
        together = (sum(busy) + left) / self.workers - min(busy)
        size = min(usual, (before + 1) * usual / self.workers, together)
        return left if left - size < usual / LEAST_PART else size

    @property
    def forks(self) -> bool:
        """Whether work may go to other processes."""
        return self.workers > 1 and CAN_FORK

    def in_order(self, shares: int, work: Callable[[int], Iterator[Any]]) -> Generator[Any]:
        """The pieces of ``work(0)`` … up to ``shares``, in this order; see `worker_processes.in_order`."""
        return in_order(shares, work, self.workers)


#: All work in this process.
ALONE: Final = Sharing()
