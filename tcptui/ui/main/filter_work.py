"""Compiles a display filter and looks for the packets that pass it, in the thread of whoever calls; no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from tcptui.model.field import AnyOf, Column
from tcptui.model.fields import FIELDS
from tcptui.model.packet_store import NO_STREAM
from tcptui.ui.main.matching import Account, FieldAbsent, Matching

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.dfilter.compile import Compiled
    from tcptui.model.field import Field
    from tcptui.model.packet_store import I32, PacketStore
    from tcptui.session.session import Session
    from tcptui.ui.main.matching import Mask

    Evaluate = Callable[[Session, Compiled], "Evaluation"]

#: Fields of a filter whose absence is told: more are not read in one line.
_TOLD: Final = 2


class Evaluation(Protocol):
    """A filter on a capture, with an answer that is brought up to date."""

    first: int
    """The row that `mask` begins with."""

    @property
    def mask(self) -> Mask:
        """Which rows of the store pass, from `first` on."""
        ...

    def update(self, *, cancelled: Callable[[], bool], progress: Callable[[int], None]) -> None:
        """Look at new packets, and at those whose answer may have changed.  Raises `Cancelled`."""
        ...

    def counts(self) -> NDArray[np.int64]:
        """How many packets of each stream match."""
        ...


class FilterWork:
    """One text that somebody typed as a filter; one thread at a time may ask for its `answer`."""

    def __init__(self, session: Session, text: str, evaluate: Evaluate) -> None:
        self.text = text
        self.is_cancelled = False
        """Set by anybody: another text is wanted now."""
        self.done = 0
        """Packets looked at by the answer that is being worked out."""
        self.revision = -1
        """The session's, when that answer was begun."""
        self._session = session
        self._evaluate = evaluate
        self._evaluation: Evaluation | None = None
        self._compiled: Compiled | None = None

    def answer(self) -> Matching:
        """Which packets match now.  Raises FilterError, and `Cancelled` once `is_cancelled` is set."""
        from tcptui.dfilter.compile import compile_filter  # lark: imported where a filter is used

        session = self._session
        self.revision, self.done = session.revision, 0
        if self._compiled is None or self._evaluation is None:
            self._compiled = compile_filter(self.text)
            self._evaluation = self._evaluate(session, self._compiled)
        self._evaluation.update(cancelled=lambda: self.is_cancelled, progress=self._progressed)
        first, mask, counts = self._evaluation.first, self._evaluation.mask.copy(), self._evaluation.counts()
        account = account_of(session, self._compiled, first, mask, counts)
        return Matching(self._compiled, first, mask, counts, account)

    def _progressed(self, done: int) -> None:
        self.done = done


def account_of(
    session: Session, compiled: Compiled, first: int, mask: Mask, counts: NDArray[np.int64]
) -> Account:  # fmt: skip
    """What the filter did to the packets from row ``first`` on."""
    store, streams = session.store, session.streams.listed()
    begin = max(first, store.first)
    kept = mask[begin - first :]
    rows = np.arange(begin, begin + len(kept), dtype=np.int32)
    listed = streams[streams < len(counts)]
    return Account(
        packets=len(rows),
        matched=int(kept.sum()),
        connections=len(streams),
        connections_matched=int((counts[listed] > 0).sum()),
        outside=int((kept & (store.stream[rows] == NO_STREAM)).sum()),
        absent=_absent(store, compiled, rows, kept),
    )


def _absent(store: PacketStore, compiled: Compiled, rows: I32, kept: Mask) -> tuple[FieldAbsent, ...]:
    found: list[FieldAbsent] = []
    for field in compiled.fields:
        present = _present(store, field, rows)
        if present is not None and not present.all():
            lacking = ~present
            shown = int((lacking & kept).sum())
            found.append(FieldAbsent(field.name, int(lacking.sum()) - shown, shown))
    return tuple(found[:_TOLD])


def _present(store: PacketStore, field: Field, rows: I32) -> Mask | None:
    """Which of ``rows`` have ``field``; None where columns do not tell."""
    source = field.source
    if isinstance(source, Column):
        return source.present(store, rows)
    if not isinstance(source, AnyOf):
        return None
    parts = [_present(store, FIELDS[name], rows) for name in source.names]
    known = [part for part in parts if part is not None]
    return np.logical_or.reduce(known) if len(known) == len(parts) else None
