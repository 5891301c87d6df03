"""A display filter over a session: which packets pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.dfilter.errors import FilterError, Mistake
from tcptui.dfilter.expression import FieldValue
from tcptui.dfilter.traps import simple_tests, values_of
from tcptui.model.field import AnyOf, Column, Reader
from tcptui.model.fields import FIELDS
from tcptui.model.packet_store import RowKind
from tcptui.session.filtering.cancelling import Cancelled, ignore, never
from tcptui.session.filtering.evaluator import passing
from tcptui.session.filtering.field_values import COMPUTED, FieldReader
from tcptui.session.filtering.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from tcptui.dfilter.compile import Compiled
    from tcptui.dfilter.expression import Test
    from tcptui.model.field import Field
    from tcptui.model.packet_store import I32, I64
    from tcptui.session.filtering.filtered_capture import FilteredCapture

__all__ = ["Cancelled", "FilterRun", "LeafFacts", "is_readable"]

#: Rows at once: few enough that what is computed of them stays in the processor's cache, and that a cancel is heard.
BLOCK: Final = 1 << 16
#: Where packets are dissected, progress is told more often.
_SMALL_BLOCK: Final = 1 << 12
_TREE_BLOCK: Final = 1 << 8
#: Packets that are asked together where trees are built, of a whole file.
_TREES_AT_ONCE: Final = 1 << 9
#: By what the filter costs: columns, tables, tables that are made, bytes, header trees.
_BLOCKS: Final = (BLOCK, BLOCK, _SMALL_BLOCK, _SMALL_BLOCK, _TREE_BLOCK)


def is_readable(field: Field) -> bool:
    """Whether anything reads the field; a filter over one that nothing reads is refused."""
    source = field.source
    if isinstance(source, AnyOf):
        return all(is_readable(FIELDS[name]) for name in source.names)
    if isinstance(source, Column) or source is Reader.TREE:
        return True
    return source is not Reader.UNREAD and field.name in COMPUTED


@dataclass(slots=True)
class LeafFacts:
    """The answers of one simple test of a filter about some packets."""

    test: Test
    lacking: dict[Field, int]
    """For each field of the test, how many packets do not have it: a comparison passes none of those."""
    matched: int = 0
    """How many packets pass this test by itself."""


def _fields(test: Test) -> dict[Field, int]:
    return {value.field: 0 for value in values_of(test) if isinstance(value, FieldValue)}


def _by_connection(streams: I32) -> Iterator[I32]:
    """The places of ``streams``, the connection of each packet, some at a time, ascending: those of one together."""
    order = np.argsort(streams, kind="stable").astype(np.int32)
    for begin in range(0, len(order), _TREES_AT_ONCE):
        yield np.sort(order[begin : begin + _TREES_AT_ONCE])


class FilterRun:
    """One filter over one session; for one thread at a time.

    Raises FilterError for a field that nothing reads: it would match nothing, and nobody would know why.
    """

    def __init__(self, session: FilteredCapture, compiled: Compiled, reader: FieldReader | None = None) -> None:
        """``reader``: one of an earlier run over the same session, which may remember packets."""
        self._session = session
        self.compiled = compiled
        self._reader = reader or FieldReader(session, deep=True)
        self.found = np.zeros(0, np.bool_)
        """What `matching` has found so far, to be read while it tells its progress."""
        if compiled.test is None:
            return
        for value in values_of(compiled.test):
            if isinstance(value, FieldValue) and not is_readable(value.field):
                raise FilterError(Mistake.UNREAD_FIELD, value.span, name=value.field.name)
        self._reader.trees.want(field.name for field in compiled.fields)

    @property
    def block(self) -> int:
        """How many rows are asked about at once: the fewer, the dearer the filter is."""
        test = self.compiled.test
        return BLOCK if test is None else _BLOCKS[self._reader.cost(test)]

    def matching(
        self, first: int, stop: int, *, cancelled: Callable[[], bool] = never, progress: Callable[[int], None] = ignore
    ) -> NDArray[np.bool_]:
        """Mask of the rows ``first`` to ``stop`` - 1 of the packet store that match.  Rows that are evicted do not.

        ``cancelled`` is asked again and again; once it says yes, Cancelled is raised.  ``progress`` is told how many
        rows are done.  Raises FilterError where a regular expression takes too long.
        """
        mask = self.found = np.zeros(max(stop - first, 0), np.bool_)
        self._session.reader.require_unchanged()
        try:
            with self._reader.asked_about(len(mask)):
                self._fill(mask, first, cancelled, progress)
        finally:
            self.found = mask[:0]
        self._session.reader.require_unchanged()  # it may have been while packets were read
        return mask

    def _fill(
        self, mask: NDArray[np.bool_], first: int, cancelled: Callable[[], bool], progress: Callable[[int], None]
    ) -> None:
        test, store, stop = self.compiled.test, self._session.store, first + len(mask)
        self._reader.trees.cancelled = cancelled
        self._reader.trees.whole = False
        self._reader.drop(store.first)
        end, size = first, self.block
        if size == _TREE_BLOCK:
            self._fill_parts(mask, first, cancelled, progress)
            return
        while end < stop:
            if cancelled():
                raise Cancelled
            begin, end = end, min(end + size, stop)
            if size == BLOCK and np.count_nonzero(store.kind[begin:end] != RowKind.TCP) > _SMALL_BLOCK:
                end = min(begin + _SMALL_BLOCK, stop)  # where tables do not know them, packets are dissected
            kept = max(begin, store.first)
            if kept < end:
                rows = Rows.between(kept, end)
                mask[kept - first : end - first] = True if test is None else passing(test, rows, self._reader)
            progress(end - first)

    def _fill_parts(
        self, mask: NDArray[np.bool_], first: int, cancelled: Callable[[], bool], progress: Callable[[int], None]
    ) -> None:
        """Fill ``mask`` for one connection after the other: of few the messages are cached."""
        test, store, done = self.compiled.test, self._session.store, 0
        assert test is not None
        for part in _by_connection(store.stream[first : first + len(mask)]):
            if cancelled():
                raise Cancelled
            done += len(part)
            rows = part + np.int32(first)
            rows = rows[rows >= store.first]
            if len(rows):
                mask[rows - first] = passing(test, Rows.of(rows), self._reader)
            progress(done)

    def unread(self, first: int, stop: int) -> I64:
        """The rows from ``first`` to ``stop`` - 1 that were asked for messages that nobody read: `UnreadRows`."""
        return self._reader.trees.unread.of((field.name for field in self.compiled.fields), first, stop)

    def explained(
        self, first: int, stop: int, *, cancelled: Callable[[], bool] = never, progress: Callable[[int], None] = ignore
    ) -> tuple[LeafFacts, ...]:
        """The answers of each simple test by itself about the rows ``first`` to ``stop`` - 1, in the order of the text.

        Dearer than `matching`: a cheap test spares a dear one nothing here.  Raises as `matching`.
        """
        if self.compiled.test is None:
            return ()
        facts = [LeafFacts(test, _fields(test)) for test in simple_tests(self.compiled.test)]
        self._reader.trees.cancelled = cancelled
        for begin in range(first, stop, _SMALL_BLOCK):
            kept, end = max(begin, self._session.store.first), min(begin + _SMALL_BLOCK, stop)
            rows = Rows.between(kept, max(end, kept))
            for leaf in facts:
                if cancelled():
                    raise Cancelled
                leaf.matched += int(passing(leaf.test, rows, self._reader).sum())
                for field in leaf.lacking:
                    leaf.lacking[field] += len(rows) - int(self._reader.has(FieldValue(field), rows).sum())
            progress(end - first)
        return tuple(facts)

    def forget(self) -> None:
        """Ask about all rows anew: what was concluded of them may have changed."""
        self._reader.forget()

    def of_rows(self, rows: I32, *, cancelled: Callable[[], bool] = never, whole: bool = False) -> NDArray[np.bool_]:
        """Mask of the ``rows`` (ascending, none evicted) that match, asked anew.  Raises as `matching`.

        With ``whole`` they are all, or a part of all, that a connection has: its messages are parsed up to the newest.

        Other processes that search go on for the next who asks, until `rest`.
        """
        self._reader.drop(self._session.store.first)
        self._reader.forget(rows)
        test = self.compiled.test
        self._reader.trees.cancelled = cancelled
        self._reader.trees.whole = whole
        mask = np.ones(len(rows), np.bool_)
        with self._reader.asked_about(len(rows)):
            for begin in range(0, len(rows) if test is not None else 0, _SMALL_BLOCK):
                if cancelled():
                    raise Cancelled
                part = slice(begin, begin + _SMALL_BLOCK)
                assert test is not None
                mask[part] = passing(test, Rows.of(rows[part]), self._reader)
        return mask
