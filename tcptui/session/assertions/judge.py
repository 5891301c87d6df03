"""Whether a session that has been read to its end keeps a rule, and which packets break it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.dfilter.errors import FilterError, Mistake, Span
from tcptui.dfilter.types import type_of
from tcptui.model.field import FieldType
from tcptui.model.packet_store import RowKind
from tcptui.model.units import NS_PER_S
from tcptui.session.assertions.rule import RELATIONS
from tcptui.session.assertions.words import Kind
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.run import FilterRun, is_readable

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

    from tcptui.model.field import Field
    from tcptui.model.packet_store import I64
    from tcptui.session.assertions.rule import Rule
    from tcptui.session.filtering.filtered_capture import FilteredCapture

#: Rows whose values are read at once.
_BLOCK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome of a rule.

    ``count``: matching packets, or values of a percentile; ``of``: TCP packets, of a share.  ``value``: the share in
    percents, or the percentile (None: nothing has the field).  ``rows``: the packets that break the rule, ascending;
    ``unread``: those that were asked for messages that nobody read.
    """

    rule: Rule
    holds: bool
    count: int
    rows: I64
    unread: I64
    of: int = 0
    value: float | None = None


def judge(session: FilteredCapture, rule: Rule) -> Judgement:
    """Whether ``session`` keeps ``rule``.  Raises FilterError for fields that nothing reads."""
    if rule.field is not None:
        return _percentile(session, rule, rule.field)
    store = session.store
    assert rule.filter is not None
    run = FilterRun(session, rule.filter)
    rows = np.flatnonzero(run.matching(0, store.count))
    unread = run.unread(0, store.count)
    if rule.kind is not Kind.COUNT:
        # Every packet passes the empty filter: none breaks it.
        rows = rows[:0] if rule.kind is Kind.ALL and rule.filter.test is None else rows
        return Judgement(rule, not len(rows), len(rows), rows, unread)
    relation = RELATIONS[rule.relation]
    of, value, holds = 0, None, relation(len(rows), rule.limit)
    if rule.is_share:
        kind = store.kind[: store.count]
        of = int(np.count_nonzero((kind == RowKind.TCP) | (kind == RowKind.TCP_CUT)))
        value = 100 * len(rows) / of if of else 0.0
        holds = not of or relation(value, rule.limit)
    # Where there are too few, there is none to show.
    broken_by = rows[:0] if holds or rule.relation in {">", ">="} else rows
    return Judgement(rule, holds, len(rows), broken_by, unread, of, value)


def _percentile(session: FilteredCapture, rule: Rule, field: Field) -> Judgement:
    if not is_readable(field):
        raise FilterError(Mistake.UNREAD_FIELD, Span(0, len(field.name)), name=field.name)
    rows, values, unread = _values(session, field, once=rule.of_connections)
    if not len(values):
        return Judgement(rule, holds=False, count=0, rows=rows, unread=unread)
    at = nearest_rank(rule.percent, len(values)) - 1
    value = float(np.partition(values, at)[at])
    relation = RELATIONS[rule.relation]
    if relation(value, rule.limit):
        return Judgement(rule, holds=True, count=len(values), rows=rows[:0], unread=unread, value=value)
    broken = np.fromiter((not relation(each, rule.limit) for each in values.tolist()), np.bool_, len(values))
    return Judgement(rule, holds=False, count=len(values), rows=np.unique(rows[broken]), unread=unread, value=value)


def nearest_rank(percent: Fraction, count: int) -> int:
    """The place, from 1, of a percentile among ``count`` values in order: at or below it are so many percent of all."""
    return max(math.ceil(percent * count / 100), 1)


def _values(session: FilteredCapture, field: Field, *, once: bool) -> tuple[I64, NDArray[np.float64], I64]:
    """Row and value of each occurrence of ``field``, times in seconds, and `Judgement.unread`.

    ``once``: of the first row of a connection.
    """
    store, reader = session.store, FieldReader(session, deep=True)
    asked = np.arange(store.count)
    if once:
        streams = store.stream[: store.count]
        _streams, firsts = np.unique(streams, return_index=True)
        asked = np.sort(firsts[streams[firsts] >= 0])
    scale = NS_PER_S if type_of(field) is FieldType.RELATIVE_TIME else 1
    rows, values = [asked[:0]], [np.zeros(0)]
    for begin in range(0, len(asked), _BLOCK):
        part = asked[begin : begin + _BLOCK]
        found = reader.occurrences(field, part.astype(np.int32))
        rows.append(part[found.places])
        values.append(np.array(found.values.tolist(), np.float64) / scale)
    return np.concatenate(rows), np.concatenate(values), reader.trees.unread.of([field.name], 0, store.count)
