"""A display filter over a capture that grows: who passes is brought up to date, not computed anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.dfilter.expression import FieldValue
from tcptui.dfilter.traps import values_of
from tcptui.model.arrays import sorted_unique
from tcptui.model.field import AnyOf, Column, Reader
from tcptui.session.filtering.cancelling import ignore, never
from tcptui.session.filtering.run import FilterRun

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.dfilter.compile import Compiled
    from tcptui.model.field import Field
    from tcptui.session.session import Session

#: Columns that judging a stream writes to, after its rows were read.
_CORRECTED: Final = frozenset({"state_a", "state_b", "marks", "cause"})
#: Fields of tables that later packets of the connection change.
_OPEN_NAMES: Final = frozenset({"tcp.seq", "tcp.ack", "tcp.nxtseq", "tcp.window_size", "tcp.window_size_scalefactor",
                                "tcp.analysis", "tcp.analysis.initial_rtt"})  # fmt: skip
_OPEN_READERS: Final = (Reader.BUDGET, Reader.FINDINGS)
#: What the header tree shows of messages: it may depend on packets behind.
_OF_MESSAGES: Final = ("http", "websocket", "data", "smtp", "tcp.segment", "tcp.reassembled", "_ws.", "frame.protocols",
                       "frame.coloring", "tcp.connection", "tcp.completeness", "tcptui.")  # fmt: skip
#: Earlier rows of a growing connection are asked again when it has grown by this factor, and at the capture's end.
_REGROWTH: Final = 1.25
#: Connections of up to so many rows are asked again whenever they grew.
_SHORT: Final = 256


def may_change(field: Field) -> bool:
    """Whether later packets, or judging, may change a packet's values of ``field``."""
    source = field.source
    if isinstance(source, AnyOf):
        return False
    if isinstance(source, Column):
        return source.name in _CORRECTED
    return source in _OPEN_READERS or field.name in _OPEN_NAMES or field.name.startswith(_OF_MESSAGES)


class LiveFilter:
    """Which packets of a session pass, as of the last `update`; for one thread at a time.  Raises as `FilterRun`."""

    def __init__(self, session: Session, compiled: Compiled) -> None:
        self._session = session
        self._run = FilterRun(session, compiled)
        test = compiled.test
        fields = [] if test is None else [value.field for value in values_of(test) if isinstance(value, FieldValue)]
        self._changes = any(may_change(field) for field in fields)
        self.first = session.store.first
        """The row that `mask` begins with."""
        self._room = np.zeros(0, np.bool_)
        self._length = 0
        self._asked: dict[int, int] = {}
        """Of connections that may change: how many rows they had when all of these were asked last."""
        self._unjudged: set[int] = set()
        """Connections that were asked about before they were judged."""
        self._settled = False
        """Whether all were asked about after the capture's end."""

    @property
    def stop(self) -> int:
        """The row behind the last that was asked about."""
        return self.first + self._length

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Which of the rows `first` to `stop` - 1 pass; read-only until the next `update`."""
        return self._room[: self._length]

    @property
    def count(self) -> int:
        """How many packets pass."""
        return int(self.mask.sum())

    def counts(self) -> NDArray[np.int64]:
        """How many packets of each connection pass, by its number; as long as the table of connections."""
        streams = self._session.store.stream[self.first : self.stop][self.mask]
        return np.bincount(streams[streams >= 0], minlength=self._session.streams.count).astype(np.int64)

    def update(self, *, cancelled: Callable[[], bool] = never, progress: Callable[[int], None] = ignore) -> None:
        """Ask about rows that are new, and about those whose answer may have changed.

        Raises Cancelled; what was found so far stays, and the next call goes on from there.
        """
        session = self._session
        store, judged = session.store, session.looked_through
        settled = judged and not session.progress.growing
        self._forget(store.first)
        old, stop = self.stop, store.count
        if stop > old:
            self._append(self._run.matching(old, stop, cancelled=cancelled, progress=progress))
            self._settled = False
        if not self._changes or self._settled:
            return
        if settled:  # the end, too, is something to conclude from
            kept = max(self.first, store.first)
            self._run.forget()
            self.mask[kept - self.first :] = self._run.matching(kept, self.stop, cancelled=cancelled)
            self._settled = True
            return
        fresh = store.stream[old:stop]
        touched = set(sorted_unique(fresh[fresh >= 0]).tolist())
        if judged:
            touched, self._unjudged = touched | self._unjudged, set()
        else:
            self._unjudged |= touched
        for stream in sorted(touched):
            self._ask_again(stream, cancelled=cancelled)

    def _ask_again(self, stream: int, *, cancelled: Callable[[], bool]) -> None:
        rows = self._session.rows_of(stream)
        rows = rows[np.searchsorted(rows, np.int32(self.first)) : np.searchsorted(rows, np.int32(self.stop))]
        if len(rows) <= _SHORT or len(rows) > self._asked.get(stream, 0) * _REGROWTH:
            self.mask[rows - self.first] = self._run.of_rows(rows, cancelled=cancelled)
            self._asked[stream] = len(rows)

    def _forget(self, first: int) -> None:
        """Leave out the rows before ``first``, which were evicted."""
        gone = first - self.first
        if gone <= 0:
            return
        kept = self.mask[min(gone, self._length) :].copy()
        self._room, self._length, self.first = kept, len(kept), first

    def _append(self, found: NDArray[np.bool_]) -> None:
        length = self._length + len(found)
        if length > len(self._room):
            longer = np.zeros(length + length // 2, np.bool_)
            longer[: self._length] = self.mask
            self._room = longer
        self._room[self._length : length] = found
        self._length = length
