"""The segments of one stream, or of several one behind the other, as columns: what is split at a time.

`stretches` and `send_gaps` judge segments, pairs of them and stretches by columns, whichever streams they are of.  What
holds for a stream as a whole is spread over them (`Segments.of`), and what is done stream by stream is done for those
that need it (`Segments.groups`).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tcptui.analysis.resend.classify import resends
from tcptui.analysis.stream.unwrapped_seq import SequenceSpace
from tcptui.model.arrays import indexes_of
from tcptui.model.batched import zeros_like

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tcptui.analysis.resend.resend import Resend
    from tcptui.analysis.stream.view import StreamView
    from tcptui.analysis.timing.path_delay import PathDelays
    from tcptui.model.packet_store import I32, I64

#: Bits that a row number, or a time stamp, takes.
_WORD: Final = 32
_NO_PLACES: Final = np.zeros(0, np.int64)


class Member(NamedTuple):
    """One of the streams."""

    view: StreamView
    clock: I64
    """Times of its segments, in ns since the epoch, never going back."""
    delays: PathDelays
    space: SequenceSpace
    start: int
    """Where its first segment is among those of all members."""

    @property
    def stop(self) -> int:
        """Where its last segment ends."""
        return self.start + len(self.view)

    @property
    def resends(self) -> tuple[Resend, ...]:
        """Its suspicious segments, with their causes."""
        return resends(self.view)


class Segments:
    """The segments of one stream: columns as of `StreamView`, and as of `SequenceSpace`."""

    def __init__(self, members: list[Member]) -> None:
        self.members = members
        self.clock = self._clock()
        self.space = self._space()

    def __len__(self) -> int:
        return self.members[-1].stop

    def __getattr__(self, name: str) -> Any:
        """A column of `StreamView`."""
        column = self._column(name)
        self.__dict__[name] = column
        return column

    def _column(self, name: str) -> Any:
        return getattr(self.members[0].view, name)

    def _clock(self) -> I64:
        return self.members[0].clock

    def _space(self) -> SequenceSpace:
        return self.members[0].space

    @property
    def later_starts(self) -> Any:
        """Where the members but for the first begin."""
        return _NO_PLACES

    def of(self, values: Sequence[Any] | NDArray[Any], _at: Any) -> Any:
        """That of ``values``, one of each member, which is of the stream of each of the segments ``at``."""
        return values[0]

    def first_of(self, _at: Any) -> Any:
        """The first segment of the stream of each of the segments ``at``."""
        return 0

    def rtt_ns(self, at: Any) -> Any:
        """The round trip (ns) of the stream of each of the segments ``at``."""
        return self.of(self._rtts_ns, at)

    def to_end_ns(self, side: int, at: Any) -> Any:
        """The way to that end and back (ns), as `rtt_ns`."""
        return self.of(self._halves_ns[side], at)

    @cached_property
    def _rtts_ns(self) -> list[int]:
        return [member.delays.rtt_ns for member in self.members]

    @cached_property
    def _halves_ns(self) -> tuple[list[int], list[int]]:
        to_client, to_server = ([member.delays.to_end_ns(side) for member in self.members] for side in (0, 1))
        return to_client, to_server

    def of_rows(self, rows: I32, _at: Any) -> I64:
        """The segments in ``rows`` of the store, which are of the same streams as the segments ``at``."""
        found: I64 = self.members[0].view.rows.searchsorted(rows)
        return found

    def lifted(self, numbers: Any, _at: Any) -> Any:
        """``numbers`` (below 2**32, of the segments ``at``), those of each member above all of the one before."""
        return numbers

    def cuts(self, index: I32) -> list[int]:
        """Where the segments of each member begin in ``index``, which is ascending, and where the last one's end."""
        return [0, len(index)]

    def groups(self, places: Any, _at: I32) -> Iterator[tuple[int, Any]]:
        """The ``places``, by the member whose segments ``at`` (ascending, as many) are; its number first."""
        if len(places):
            yield 0, places

    def counts(self, _at: I32, chosen: Any) -> Any:
        """Count, for each member, which of its segments ``at`` are ``chosen``, a parallel mask."""
        return np.array([int(np.count_nonzero(chosen))])

    def each_any(self, mask: Any) -> list[bool]:
        """Whether ``mask``, of all segments, is set anywhere: an answer for each member."""
        return [bool(mask.any())]

    def sums(self, count: int) -> Any:
        """Zeros, ``count`` for each member: a table to `add` to."""
        return zeros_like(self.clock, count)

    def add(self, sums: Any, rows: Any, numbers: Any, _at: I32) -> None:
        """Add ``numbers`` of the segments ``at`` to those of ``sums`` in ``rows``, of their members."""
        if isinstance(rows, int):
            sums[rows] += numbers.sum()
        else:
            np.add.at(sums, rows, numbers)

    def each_sum(self, sums: Any) -> list[tuple[int, ...]]:
        """The ``sums`` of each member."""
        return [tuple(sums.tolist())]

    def searched(self, wanted: I64, _at: I32) -> Any:
        """The newest segment of the same stream, up to each of the times ``wanted`` (ns); it may lie before the first.

        ``at``: segments of those streams, as many.
        """
        return np.searchsorted(self.clock, wanted, side="right") - 1


class SeveralSegments(Segments):
    """The segments of several streams, in order of their streams."""

    def __init__(self, members: list[Member]) -> None:
        counts = [len(member.view) for member in members]
        self._owner = np.arange(len(members)).repeat(counts)
        self._starts = np.array([member.start for member in members], np.int32)
        super().__init__(members)

    def _column(self, name: str) -> Any:
        return np.concatenate([getattr(member.view, name) for member in self.members])

    def _clock(self) -> I64:
        return np.concatenate([member.clock for member in self.members])

    def _space(self) -> SequenceSpace:
        spaces = [member.space for member in self.members]

        def joined(name: str) -> Any:
            return np.concatenate([getattr(space, name) for space in spaces])

        def pair(name: str) -> Any:
            return tuple(np.concatenate([getattr(space, name)[side] for space in spaces]) for side in (0, 1))

        base = self._starts[self._owner]
        latest = tuple(np.where(column >= 0, column + base, column) for column in pair("latest"))
        numbers = (joined("seq"), joined("end"), joined("ack"), pair("sent"), pair("acknowledged"), pair("sacked"))
        return SequenceSpace(*numbers, latest)

    @property
    def later_starts(self) -> Any:
        """As `Segments.later_starts`."""
        return self._starts[1:]

    def of(self, values: Sequence[Any] | NDArray[Any], at: Any) -> Any:
        """As `Segments.of`."""
        return np.asarray(values)[self._owner[at]]

    def first_of(self, at: Any) -> Any:
        """As `Segments.first_of`."""
        return self._starts[self._owner[at]]

    def of_rows(self, rows: I32, at: Any) -> I64:
        """As `Segments.of_rows`."""
        found: I64 = self._row_keys.searchsorted(self.lifted(rows, at))
        return found

    @cached_property
    def _row_keys(self) -> I64:
        keys: I64 = self.lifted(self.rows, slice(None))
        return keys

    def lifted(self, numbers: Any, at: Any) -> Any:
        """As `Segments.lifted`."""
        return numbers.astype(np.int64) + (self._owner[at] << _WORD)

    def cuts(self, index: I32) -> list[int]:
        """As `Segments.cuts`."""
        return [*index.searchsorted(self._starts).tolist(), len(index)]

    def groups(self, places: Any, at: I32) -> Iterator[tuple[int, Any]]:
        """As `Segments.groups`."""
        if len(places):
            owners = self._owner[at]
            begins = np.append(0, indexes_of(np.diff(owners)) + 1).tolist()
            for begin, end in zip(begins, [*begins[1:], len(places)], strict=True):
                yield int(owners[begin]), places[begin:end]

    def counts(self, at: I32, chosen: Any) -> Any:
        """As `Segments.counts`."""
        return np.bincount(self._owner[at[chosen]], minlength=len(self.members))

    def each_any(self, mask: Any) -> list[bool]:
        """As `Segments.each_any`."""
        found: list[bool] = np.logical_or.reduceat(mask, self._starts).tolist()
        return found

    def sums(self, count: int) -> Any:
        """As `Segments.sums`."""
        return np.zeros((len(self.members), count), np.int64)

    def add(self, sums: Any, rows: Any, numbers: Any, at: I32) -> None:
        """As `Segments.add`."""
        np.add.at(sums.reshape(-1), self._owner[at] * sums.shape[1] + rows, numbers)

    def each_sum(self, sums: Any) -> list[tuple[int, ...]]:
        """As `Segments.each_sum`."""
        return list(map(tuple, sums.tolist()))

    def searched(self, wanted: I64, at: I32) -> Any:
        """As `Segments.searched`."""
        clock, first, lift = self._lifted_clock
        owner = self._owner[at]
        # What is before the stream's first segment is behind the last one of the stream before: its room is that large.
        return np.searchsorted(clock, np.maximum(wanted - first[owner], -1) + lift[owner], side="right") - 1

    @cached_property
    def _lifted_clock(self) -> tuple[I64, I64, I64]:
        """Times since each stream began, those of each above all of the one before; when it began; how far above."""
        first = self.clock[self._starts]
        own = self.clock - first[self._owner]
        lift = np.arange(len(self.members)) * (int(own.max()) + 2)
        return own + lift[self._owner], first, lift


def segments_of(members: list[Member]) -> Segments:
    """The segments of ``members``, in their order."""
    return SeveralSegments(members) if len(members) > 1 else Segments(members)
