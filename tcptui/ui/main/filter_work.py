"""Compiles a display filter and looks for the packets that pass it, in the thread of whoever calls; no widgets."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from tcptui.model.arrays import sorted_unique
from tcptui.model.field import AnyOf, Column, Reader
from tcptui.model.packet_store import NO_STREAM
from tcptui.session.input_priority import input_priority
from tcptui.ui.main.matching import Account, FieldAbsent, Matching

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.dfilter.compile import Compiled
    from tcptui.model.field import Field
    from tcptui.model.packet_store import I64
    from tcptui.session.filtering.filtered_capture import FilteredCapture
    from tcptui.ui.main.matching import Mask

    Evaluate = Callable[[FilteredCapture, Compiled], "Evaluation"]

#: Fields of a filter whose absence is told: more are not read in one line.
_ABSENT_SHOWN: Final = 2
#: What was found so far is shown so often, in seconds …
_SHOWN_AFTER: Final = 0.5
#: … and never for more than one part in so many of the time.
_SHARE: Final = 20
#: Packets that are asked at once for a field.
_BLOCK: Final = 1 << 16


class Evaluation(Protocol):
    """A filter on a capture, with an answer that is brought up to date."""

    first: int
    """The row that `mask` begins with."""

    @property
    def owes(self) -> bool:
        """Whether another `update` is worth while, though nothing is new: the last one left something out."""
        ...

    @property
    def mask(self) -> Mask:
        """Which rows of the store pass, from `first` on."""
        ...

    @property
    def found(self) -> Mask:
        """Which rows are known to pass while `update` tells its progress, from `first` on; others may follow."""
        ...

    def update(self, *, cancelled: Callable[[], bool], progress: Callable[[int], None]) -> None:
        """Look at new packets, and at those whose answer may have changed.  Raises `Cancelled`."""
        ...

    def counts(self) -> NDArray[np.int64]:
        """How many packets of each stream match."""
        ...

    def unread(self) -> I64:
        """Rows whose messages nobody read, as too many came before them."""
        ...


class FilterWork:
    """One text that somebody typed as a filter; one thread at a time may ask for its `answer`."""

    def __init__(self, session: FilteredCapture, text: str, evaluate: Evaluate, words: tuple[str, ...] = ()) -> None:
        self.text = text
        self.words = words
        """What the rows of the list must have besides; of a stretch that was chosen while the list was narrowed."""
        self.is_cancelled = False
        """Set by anybody: another text is wanted now."""
        self.done = 0
        """Packets looked at by the answer that is being worked out."""
        self.show: Callable[[Matching], None] | None = None
        """Takes what has been found so far of the first answer, again and again, in the thread that asked for it."""
        self._show_at = 0.0
        """When that is due, by `time.monotonic`."""
        self._session = session
        self._revision = -1
        """The session's, when the last answer was begun."""
        self._evaluate = evaluate
        self._evaluation: Evaluation | None = None
        self._compiled: Compiled | None = None
        self._lacking: list[_Lacking] = []

    def is_of(self, text: str) -> bool:
        """Whether ``text`` is the same filter, blanks around it aside."""
        return self.text.strip() == text.strip()

    @property
    def is_old(self) -> bool:
        """Whether `answer` may say something else than the last time."""
        owes = self._evaluation is not None and self._evaluation.owes
        return owes or self._revision != self._session.revision

    @property
    def asks_notes(self) -> bool:
        """Whether marks and notes decide what passes."""
        compiled = self._compiled
        return compiled is not None and any(field.source is Reader.NOTES for field in compiled.fields)

    def answer(self) -> Matching:
        """Which packets match now.  Raises FilterError, and `Cancelled` once `is_cancelled` is set."""
        from tcptui.dfilter.compile import compile_filter  # lark: imported where a filter is used

        session = self._session
        self._revision, self.done = session.revision, 0
        is_first = self._compiled is None or self._evaluation is None
        if self._compiled is None or self._evaluation is None:
            self._compiled = compile_filter(self.text)
            self._evaluation = self._evaluate(session, self._compiled)
            told = [field for field in self._compiled.fields if is_column(field)][:_ABSENT_SHOWN]
            self._lacking = [_Lacking(session, field) for field in told]
        self._show_at = time.monotonic() + _SHOWN_AFTER if is_first else math.inf
        self._evaluation.update(cancelled=self._asked, progress=self._progressed)
        first, mask, counts = self._evaluation.first, self._evaluation.mask.copy(), self._evaluation.counts()
        account = self._account(first, mask, counts, self._evaluation.unread())
        return Matching(self._compiled, first, mask, counts, account)

    def _asked(self) -> bool:
        """Whether to stop; keys that are being answered come first."""
        input_priority.step_aside()
        return self.is_cancelled

    def _progressed(self, done: int) -> None:
        self.done = done
        began = time.monotonic()
        if self.show is None or began < self._show_at or self._compiled is None or self._evaluation is None:
            return
        first, mask = self._evaluation.first, self._evaluation.found
        streams = self._session.store.stream[first : first + len(mask)][mask]
        counts = np.bincount(streams[streams >= 0], minlength=self._session.streams.count).astype(np.int64)
        account = self._account(first, mask, counts, np.zeros(0, np.int64), is_whole=False)
        self.show(Matching(self._compiled, first, mask, counts, account, is_partial=True))
        now = time.monotonic()
        self._show_at = now + max(_SHOWN_AFTER, _SHARE * (now - began))

    def _account(
        self, first: int, mask: Mask, counts: NDArray[np.int64], unread: I64, *, is_whole: bool = True
    ) -> Account:
        """What the filter did to the packets from row ``first`` on."""
        lacking = self._lacking if is_whole else []
        store, streams = self._session.store, self._session.streams.listed()
        listed = streams[streams < len(counts)]
        in_stream = store.stream[first : first + len(mask)] != NO_STREAM
        return Account(
            packets=len(mask),
            matched=int(mask.sum()),
            connections=len(streams),
            connections_matched=int((counts[listed] > 0).sum()),
            outside=int((mask & ~in_stream).sum()),
            absent=tuple(found for each in lacking if (found := each.told(first, mask)) is not None),
            unread=len(unread),
            unread_connections=len(sorted_unique(store.stream[unread])),
        )


class _Lacking:
    """Which packets do not have one field; asked of new packets only."""

    def __init__(self, session: FilteredCapture, field: Field) -> None:
        from tcptui.dfilter.expression import FieldValue
        from tcptui.session.filtering.field_values import FieldReader

        self._field = field
        self._field_value = FieldValue(field)
        self._reader = FieldReader(session)
        self._first = 0
        self._mask: Mask = np.zeros(0, np.bool_)

    def told(self, first: int, matching: Mask) -> FieldAbsent | None:
        """How many of the packets from row ``first`` on lack it; ``matching``: which pass.  None: all have it."""
        from tcptui.session.filtering.rows import Rows

        kept = self._mask[max(0, first - self._first) :] if len(self._mask) else self._mask
        begin, stop = first + len(kept), first + len(matching)
        parts = [kept]
        for start in range(begin, stop, _BLOCK):
            rows = Rows.between(start, min(start + _BLOCK, stop))
            parts.append(~self._reader.has(self._field_value, rows))
        self._first, self._mask = first, np.concatenate(parts)
        lacking = int(self._mask.sum())
        shown = int((self._mask & matching).sum())
        return FieldAbsent(self._field.name, lacking - shown, shown) if lacking else None


def is_column(field: Field) -> bool:
    """Whether columns of the store tell who has the field."""
    from tcptui.model.fields import FIELDS  # no start waits for it

    source = field.source
    if isinstance(source, AnyOf):
        return all(is_column(FIELDS[name]) for name in source.names)
    return isinstance(source, Column)
