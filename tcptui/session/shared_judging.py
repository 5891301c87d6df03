"""Judging among several processes, and merging what each of them found into one cache.

In one process, too, where nobody waits for the first finding: streams of the same shape are judged together.
"""

from __future__ import annotations

from contextlib import closing
from heapq import merge
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from tcptui.analysis.stream.row_order import RowOrder
from tcptui.analysis.stream.view import gather_streams
from tcptui.model.packet_store import CORRECTED_COLUMNS
from tcptui.session.findings_cache import END_INDEPENDENT
from tcptui.session.judgement import SameShapeJudged, places_without

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from tcptui.analysis.stream.view import Gathered
    from tcptui.findings.stream_findings import SameShapeFindings
    from tcptui.model.sparse_mask import SparseMask
    from tcptui.session.findings_cache import FindingsCache
    from tcptui.session.judgement import Judgement
    from tcptui.session.judging import Judging
    from tcptui.session.sharing import Sharing


def judge_shared(judging: Judging, sharing: Sharing) -> None:
    """Judge all streams that may have problems, among several processes; the input has ended."""
    store, streams, cache = judging.store, judging.streams, judging.cache
    due, read = judging.due_at_end()
    cuts = sharing.cut(streams.packets[due])
    order = RowOrder(store, streams.count)
    if len(cuts) < 2 or not sharing.forks:
        for gathered in gather_streams(store, streams, due, order):
            for _stream in _judge_block(judging, gathered, read):
                pass
        judging.waiting = judging.unlooked = 0
        return

    def work(share: int) -> Iterator[tuple[list[SameShapeJudged], list[Judgement]]]:
        for gathered in gather_streams(store, streams, due[slice(*cuts[share])], order):
            yield judged_block(judging, gathered, read)

    at_once = cache.is_empty and cache.observer is None
    kept: list[SameShapeFindings] = []
    store.share(CORRECTED_COLUMNS)
    with closing(sharing.in_order(len(cuts), work)) as parts:
        for batches, others in parts:
            for judgement in chain(others, () if at_once else chain.from_iterable(map(SameShapeJudged.each, batches))):
                cache.store(judgement)
            if at_once:
                kept += map(cache.note_batch, batches)
    cache.add_batches(kept)
    judging.waiting = judging.unlooked = 0


def judged_block(
    judging: Judging, gathered: Gathered, read: SparseMask
) -> tuple[list[SameShapeJudged], list[Judgement]]:
    """Judgements of the streams in ``gathered`` for another process: those of one shape together, and the others."""
    batches, places = _judge_batches(judging, gathered, read)
    return batches, [judging.cache.judgement(stream) for stream in judging.judge_each(gathered, places, read)]


def judgements(
    judging: Judging, due: NDArray[np.int64], read: SparseMask, order: RowOrder
) -> Iterator[Iterator[Judgement]]:
    """Judgements of the streams ``due`` (ascending) for another process, made here, block by block."""
    judging.cache.reserve(judging.streams.count)
    for gathered in gather_streams(judging.store, judging.streams, due, order):
        yield map(judging.cache.judgement, _judge_block(judging, gathered, read))


def merge_judgements(judging: Judging, judged: Iterable[Judgement], left: NDArray[np.int64]) -> None:
    """Cache what another process found; ``left`` are the streams that it has still to judge."""
    cache, latest_ns = judging.cache, judging.store.latest_ns
    for judgement in judged:
        stream, _findings, segments, _until, _whole = judgement
        # What somebody opened meanwhile stays, but not what was judged before the capture's end was known.
        opened = cache.judged[stream] == segments and cache.is_whole(stream)
        if not opened or cache.judged_until[stream] < latest_ns:
            cache.store(judgement)
    judging.note_left(left)


def _judge_block(judging: Judging, gathered: Gathered, read: SparseMask) -> Iterator[int]:
    """Judge and cache all streams in ``gathered``, those of one shape together; yields their numbers, ascending."""
    batches, places = _judge_batches(judging, gathered, read)
    return merge(_store_batches(judging.cache, batches), judging.judge_each(gathered, places, read))


def _judge_batches(
    judging: Judging, gathered: Gathered, read: SparseMask
) -> tuple[list[SameShapeJudged], NDArray[np.int64]]:
    """The streams in ``gathered`` that can be judged together, not cached; and the places of all others."""
    streams, places = gathered.streams, np.arange(len(gathered.streams))
    kinds = judging.judge.same_shape(gathered, places, read[streams], judging.judge.may_need(streams))
    newest = gathered.block.newest_ns - judging.context.live  # see `Judging._conclude`
    batches = []
    for kind in kinds:
        segments = gathered.ends[kind.places] - gathered.begins[kind.places]
        until = newest if kind.hangs_on_end else END_INDEPENDENT
        batches.append(SameShapeJudged(kind.only(kind.findings), segments, until))
    return batches, places_without(places, kinds)


def _store_batches(cache: FindingsCache, batches: Iterable[SameShapeJudged]) -> Iterator[int]:
    """Cache the findings of ``batches``; yields the numbers of their streams, ascending."""
    for judgement in sorted(chain.from_iterable(map(SameShapeJudged.each, batches)), key=itemgetter(0)):
        cache.store(judgement)
        yield judgement[0]
