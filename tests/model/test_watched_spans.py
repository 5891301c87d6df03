"""When a capture watched: spans of packet times, whatever the order of the files that were joined."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tcptui.model.watched_spans import UNWATCHED_NS, WatchedSpans

HOUR = 3_600_000_000_000


def spans(*batches: list[int]) -> WatchedSpans:
    found = WatchedSpans()
    for batch in batches:
        found.add(np.array(batch, np.int64) * HOUR)
    return found


def test_a_span_ends_where_no_packet_follows_for_hours() -> None:
    watched = spans([0, 1, 5], [6, 100, 101], [102])

    assert (watched.ends_after(HOUR * np.array([0, 5, 6, 100, 102])) // HOUR).tolist() == [6, 6, 6, 102, 102]


def test_file_of_earlier_years_behind_a_later_one_ends_where_it_ends() -> None:
    watched = spans([1_000, 1_001], [2, 3], [4])

    assert (watched.ends_after(HOUR * np.array([2, 1_000])) // HOUR).tolist() == [4, 1_001]


def test_packets_between_two_spans_join_them() -> None:
    assert spans([0], [10], [5]).ends_after(np.array([0])).tolist() == [10 * HOUR]


@given(st.lists(st.lists(st.integers(0, 60), min_size=1), min_size=1))
def test_batches_may_be_cut_anywhere(batches: list[list[int]]) -> None:
    times = sorted(time for batch in batches for time in batch)
    watched = spans(*batches)
    for time in times:
        end = time
        while later := [each for each in times if end < each and (each - end) * HOUR <= UNWATCHED_NS]:
            end = max(later)
        assert watched.ends_after(np.array([time * HOUR])).tolist() == [end * HOUR]
