"""A display filter over a capture that grows: who passes is brought up to date, not computed anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.owners import owners_of
from tcptui.dfilter.expression import FieldValue
from tcptui.dfilter.traps import values_of
from tcptui.model.arrays import sorted_unique
from tcptui.model.field import AnyOf, Column, Reader
from tcptui.session.datagrams import PAIRED, datagram_index
from tcptui.session.filtering.cancelling import ignore, never
from tcptui.session.filtering.families import shows_messages
from tcptui.session.filtering.run import FilterRun

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.dfilter.compile import Compiled
    from tcptui.model.field import Field
    from tcptui.model.packet_store import I64
    from tcptui.session.filtering.field_values import FieldReader
    from tcptui.session.filtering.filtered_capture import FilteredCapture

#: Columns that judging a stream writes to, after its rows were read.
_CORRECTED: Final = frozenset({"state_a", "state_b", "marks", "cause"})
#: Fields of tables that later packets of the connection change.
_OPEN_NAMES: Final = frozenset({"tcp.seq", "tcp.ack", "tcp.nxtseq", "tcp.window_size", "tcp.window_size_scalefactor",
                                "tcp.analysis", "tcp.analysis.initial_rtt", "tcp.analysis.flags",
                                "tcp.analysis.reused_ports"})  # fmt: skip
_OPEN_READERS: Final = (Reader.BUDGET, Reader.FINDINGS, Reader.KERNEL, Reader.OWNERS, Reader.REQUESTS)
#: What else the header tree concludes from packets behind, beside what it shows of messages.
_CONCLUDED: Final = ("tcp.connection", "tcp.completeness", "tcptui.")
#: Fields of a fragment that a later one gives it.
_OF_FRAGMENTS: Final = frozenset({"ip.reassembled_in", "ipv6.reassembled.in"})
#: All rows of a growing connection are asked about again when it has grown by this factor.
REGROWTH: Final = 1.25
#: Connections of up to so many rows are asked about again whenever they grew.
_SHORT: Final = 256
#: Blocks of rows (`FilterRun.block`) of all other connections that an update may ask about again.
BLOCKS_AGAIN: Final = 4


def may_change(field: Field) -> bool:
    """Whether later packets, or judging, may change a packet's values of ``field``."""
    source = field.source
    if isinstance(source, AnyOf):
        return False
    if isinstance(source, Column):
        return source.name in _CORRECTED
    if source in _OPEN_READERS or field.name in _OPEN_NAMES:
        return True
    return shows_messages(field.name) or field.name.startswith(_CONCLUDED)


def answers_may_change(compiled: Compiled) -> bool:
    """Whether later packets, or judging, may change who passes."""
    if compiled.test is None:
        return False
    return any(may_change(value.field) for value in values_of(compiled.test) if isinstance(value, FieldValue))


@dataclass(frozen=True, slots=True)
class _Whole:
    """When all rows of a connection were asked about last."""

    rows: int
    """How many it had."""
    stop: int
    """`LiveFilter.stop`."""
    update: int
    """Which update it was."""


class LiveFilter:
    """The packets of a session that pass, as of the last `update`; for one thread at a time.  Raises as `FilterRun`.

    Where answers may change, a connection is *due* from when it gets rows, or loses some by eviction, until all its
    rows have been asked about after it was judged.  What an update asks about beyond new rows is bounded, however long
    connections are:

    - a connection of up to `_SHORT` rows is asked when it grew and when it was judged, so twice `_SHORT` rows at most;
    - one that has grown by `REGROWTH` since it was asked last costs 1 / (1 - 1 / `REGROWTH`) = 5 rows for each that
      is new, however many there are;
    - all others together cost `BLOCKS_AGAIN` blocks an update on average.  What is not used up is kept for the
      connection that is next, which may be longer; next is the one with the fewest rows for each update that it has
      waited, so that a long one neither holds up short ones nor waits for ever.
    """

    def __init__(self, session: FilteredCapture, compiled: Compiled, reader: FieldReader | None = None) -> None:
        self._session = session
        self._run = FilterRun(session, compiled, reader)
        self._changes = answers_may_change(compiled)
        self._reads_fragments = any(field.name in _OF_FRAGMENTS for field in compiled.fields)
        self._reads_pairs = any(field.name in PAIRED for field in compiled.fields)
        self._reads_owners = any(field.source is Reader.OWNERS for field in compiled.fields)
        self._owners_seen = owners_of(session).revision
        """Up to which of the owners that have come connections have been asked about."""
        self.first = session.store.first
        """The row that `mask` begins with."""
        self._room = np.zeros(0, np.bool_)
        self._length = 0
        self._due: dict[int, int] = {}
        """Connections whose answers may be old: how many packets must have been judged before they are final."""
        self._whole: dict[int, _Whole] = {}
        """Of connections that are due, or long."""
        self._updates = 0
        self._allowance = 0
        """Rows that the next update may ask about beyond its own allowance."""
        self.owes = False
        """Whether the last update left connections for a later one, which needs nothing new to ask about them."""
        self._own_host = session.place.own_host
        """By which host's sight connections were judged."""
        self._settled = False
        """Whether all were asked about after the capture's end."""

    @property
    def stop(self) -> int:
        """The row behind the last that was asked about."""
        return self.first + self._length

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Mask of the rows `first` to `stop` - 1 that pass; read-only until the next `update`."""
        return self._room[: self._length]

    @property
    def found(self) -> NDArray[np.bool_]:
        """`mask`, and behind it what `update` has found so far of new rows, while it tells its progress."""
        return np.concatenate((self.mask, self._run.found))

    @property
    def count(self) -> int:
        """How many packets pass."""
        return int(self.mask.sum())

    def counts(self) -> NDArray[np.int64]:
        """How many packets of each connection pass, by its number; as long as the table of connections."""
        streams = self._session.store.stream[self.first : self.stop][self.mask]
        return np.bincount(streams[streams >= 0], minlength=self._session.streams.count).astype(np.int64)

    def unread(self) -> I64:
        """Rows that were asked for messages that nobody read: `UnreadRows`."""
        return self._run.unread(self.first, self.stop)

    @property
    def block(self) -> int:
        """How many rows are asked about at once: the fewer, the dearer the filter is."""
        return self._run.block

    def update(
        self,
        *,
        cancelled: Callable[[], bool] = never,
        progress: Callable[[int], None] = ignore,
        most: int | None = None,
    ) -> None:
        """Ask about rows that are new, ``most`` at a time, and about those whose answer may have changed.

        Raises Cancelled; what was found so far stays, and what was not asked about is still due at the next call.
        """
        session = self._session
        store = session.store
        # Packets come and are judged in another thread.  How far it is, is read before anything is asked: it may then
        # only be older than the answers.
        over, judged = not session.progress.growing, session.judged_at_count
        self._forget(store.first)
        self.owes = False
        old, stop = self.stop, store.count
        stop = stop if most is None else min(stop, old + most)
        was_all_new = old == max(self.first, store.first) and stop == store.count
        if stop > old:
            self._append(self._run.matching(old, stop, cancelled=cancelled, progress=progress))
            self._ask_fragments(old, cancelled)
            self._ask_questions(old, cancelled)
            self._settled = False
            self._fall_due(old)
        self._take_owners()
        if not self._changes or self._settled:
            return
        if over and was_all_new and stop > old:  # asked just now about a capture that was at its end
            self._due, self._whole = {}, {}
            self._settled = True
            return
        if over:  # the end, too, is something to conclude from
            kept = max(self.first, store.first)
            self._run.forget()
            self.mask[kept - self.first :] = self._run.matching(kept, self.stop, cancelled=cancelled)
            self._due, self._whole = {}, {}
            self._settled = True
            return
        if session.place.own_host != self._own_host:  # the same packets say something else now
            self._own_host = session.place.own_host
            self._fall_due(self.first)
        self._ask_again(judged, cancelled)

    def _take_owners(self) -> None:
        """Have the connections asked about again whose owners have come since: they come behind the packets."""
        owners = owners_of(self._session)
        seen, self._owners_seen = self._owners_seen, owners.revision
        if self._reads_owners and (streams := owners.changed_since(seen)):
            self._due |= dict.fromkeys(streams, self.stop)
            self._settled = False

    def _ask_fragments(self, first: int, cancelled: Callable[[], bool]) -> None:
        """Ask again about the fragments before row ``first`` whose datagrams were completed since."""
        if self._reads_fragments:
            rows = self._session.store.fragments.newly_completed(first)
            rows = rows[rows >= max(self.first, self._session.store.first)]
            self.mask[rows - self.first] = self._run.of_rows(rows, cancelled=cancelled)

    def _ask_questions(self, first: int, cancelled: Callable[[], bool]) -> None:
        """Ask again about the datagrams before row ``first`` that were answered since."""
        if self._reads_pairs:
            rows = datagram_index(self._session).answered_since(first)
            rows = rows[(rows >= max(self.first, self._session.store.first)) & (rows < self.stop)]
            self.mask[rows - self.first] = self._run.of_rows(rows, cancelled=cancelled)

    def _fall_due(self, first: int) -> None:
        """Have all connections with rows from ``first`` on asked about again."""
        if self._changes:
            self._due |= dict.fromkeys(self._streams(first), self.stop)

    def _streams(self, first: int) -> list[int]:
        """Connections with rows from ``first`` up to `stop`, ascending."""
        streams = self._session.store.stream[first : self.stop]
        found: list[int] = sorted_unique(streams[streams >= 0]).tolist()
        return found

    def _ask_again(self, judged: int, cancelled: Callable[[], bool]) -> None:
        """Ask about connections that are due, of which all up to row ``judged`` - 1 have been judged."""
        self._updates += 1
        waiting: list[tuple[float, int, int]] = []
        for stream, final in sorted(self._due.items()):
            rows, last = self._kept_rows(stream), self._whole.get(stream)
            if last is not None and last.stop >= final > judged:
                continue  # nothing is new but for the judgement that is to come
            if rows <= _SHORT or last is None or rows > last.rows * REGROWTH:
                self._ask(stream, rows, judged, cancelled)
            else:
                waiting.append((rows / (self._updates - last.update), stream, rows))
        self._allowance += BLOCKS_AGAIN * self._run.block
        for _, stream, rows in sorted(waiting):
            if rows > self._allowance:
                self.owes = True
                return
            self._allowance -= rows
            self._ask(stream, rows, judged, cancelled)
        self._allowance = 0

    def _kept_rows(self, stream: int) -> int:
        """About how many rows ``stream`` has: those of ICMP errors are not counted."""
        streams = self._session.streams
        return int(streams.packets[stream]) - int(streams.evicted[stream])

    def _ask(self, stream: int, count: int, judged: int, cancelled: Callable[[], bool]) -> None:
        """Ask about all rows of ``stream``, about ``count``."""
        rows = self._session.rows_of(stream)
        rows = rows[np.searchsorted(rows, np.int32(self.first)) : np.searchsorted(rows, np.int32(self.stop))]
        self.mask[rows - self.first] = self._run.of_rows(rows, cancelled=cancelled, whole=True)
        self._whole[stream] = _Whole(count, self.stop, self._updates)
        if self._due[stream] <= judged:
            del self._due[stream]
            if count <= _SHORT:
                del self._whole[stream]

    def _forget(self, first: int) -> None:
        """Leave out the rows before ``first``, which were evicted."""
        gone = first - self.first
        if gone <= 0:
            return
        kept = self.mask[min(gone, self._length) :].copy()
        self._room, self._length, self.first = kept, len(kept), first
        if self._changes:
            # What is left of a connection may say less without its beginning.
            left = self._streams(first)
            lost = self._session.streams.evicted[left] > 0
            self._due = {stream: self._due[stream] for stream in left if stream in self._due}
            self._whole = {stream: self._whole[stream] for stream in left if stream in self._whole}
            self._due |= {stream: self.stop for stream, has in zip(left, lost.tolist(), strict=True) if has}

    def _append(self, found: NDArray[np.bool_]) -> None:
        length = self._length + len(found)
        if length > len(self._room):
            longer = np.zeros(length + length // 2, np.bool_)
            longer[: self._length] = self.mask
            self._room = longer
        self._room[self._length : length] = found
        self._length = length
