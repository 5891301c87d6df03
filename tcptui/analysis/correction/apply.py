"""Writes what hindsight found into the store: streams' corrected states, and which packets were judged otherwise."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np

from tcptui.analysis.correction.find import hindsight
from tcptui.model.packet_store import I32, U8, RowMark

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tcptui.analysis.correction.find import Hindsight
    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.packet_store import PacketStore


#: Rows from which on the kernel runs: its tables have some hundred bytes for each of them.
_REPLAYED_AT_ONCE: Final = 1 << 15


class Replay(Protocol):
    """`Analyzer.replay`."""

    def __call__(
        self, rows: I32, *flags: NDArray[np.int64], owner: NDArray[np.int64] | None = None
    ) -> list[tuple[U8, U8]]:
        """States after each of ``rows``, once for each of ``flags``; ``owner``: the index of each row's stream."""


class _Found(NamedTuple):
    """A stream with something to correct, or some that are alike, and where segments are among all of the rows."""

    view: StreamView
    client_is_b: bool
    looked: Hindsight
    rows: I32
    """All rows of the first stream, of the next …"""
    places: NDArray[np.int64]
    """Where the segments of each stream are among ``rows``: streams by segments."""


def correct(store: PacketStore, judged: Iterable[tuple[StreamView, bool]], replay: Replay) -> None:
    """Correct the states of the streams ``judged``, in ``store`` and in the views.

    Each is given with whether *b* is its client.  The kernel runs once for many of them, so many short streams cost
    little more than one.  The result depends on the packets alone, whatever was corrected before.
    """
    found: list[_Found] = []
    count = 0
    for view, client_is_b in judged:
        looked, segments = hindsight(view), view.rows_by_stream
        if looked or (store.marks[segments] & RowMark.CORRECTED).any():
            rows, places = segments.reshape(-1), np.arange(segments.size).reshape(segments.shape)
            if len(view.quotes):
                rows = np.sort(np.concatenate((rows, view.quotes)))
                places = rows.searchsorted(segments)
            found.append(_Found(view, client_is_b, looked, rows, places))
            count += len(rows)
            if count >= _REPLAYED_AT_ONCE:
                _correct(store, found, replay)
                found, count = [], 0
    if found:
        _correct(store, found, replay)


def _correct(store: PacketStore, found: list[_Found], replay: Replay) -> None:
    counts = [len(each.rows) for each in found]
    begins = [end - count for end, count in zip(accumulate(counts), counts, strict=True)]
    rows = np.concatenate([each.rows for each in found])
    flags = np.zeros(len(rows), np.int64)
    for each, begin in zip(found, begins, strict=True):
        flags[begin + each.places] = each.looked.flags
    streams = [len(each.rows) // len(each.places) for each in found for _ in range(len(each.places))]
    owner = np.repeat(np.arange(len(streams)), streams)
    plain, states = replay(rows, np.zeros_like(flags), flags, owner=owner)
    store.state_a[rows], store.state_b[rows] = states
    for each, begin in zip(found, begins, strict=True):
        of_client, of_server = states[each.client_is_b], states[1 - each.client_is_b]
        places = begin + each.places
        each.view.set_segment_states(of_client[places], of_server[places])
    marks = store.marks[rows] & ~np.uint8(RowMark.CORRECTED)
    marks[_judged_otherwise(found, begins, plain, states)] |= np.uint8(RowMark.CORRECTED)
    store.marks[rows] = marks


def _judged_otherwise(
    found: list[_Found], begins: list[int], plain: tuple[U8, U8], states: tuple[U8, U8]
) -> NDArray[np.int64]:
    """Places of the packets with a `Correction` that moved a state, and moved it otherwise than ``plain``.

    The rows of the streams ``found`` lie one behind the other from ``begins`` on.
    """
    corrected = [
        (
            begin + place,
            begin + number * (len(each.rows) // len(each.places)),
            correction.of_server is not each.client_is_b,
        )
        for each, begin in zip(found, begins, strict=True)
        for correction in each.looked.corrections
        for number, place in enumerate(each.places[:, correction.index].tolist())
    ]
    place, first, of_b = np.array(corrected, np.int64).reshape(-1, 3).T
    before = np.maximum(place - 1, first)
    thought, earlier = (np.where(of_b, plain[1][at], plain[0][at]) for at in (place, before))
    known, known_earlier = (np.where(of_b, states[1][at], states[0][at]) for at in (place, before))
    moved = (place == first) | (thought != earlier) | (known != known_earlier)
    otherwise: NDArray[np.int64] = place[moved & (thought != known)]
    return otherwise
