"""Connections found by their ends are those that a look at all finds, without one for each message."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.findings.covered import covered_ns
from tcptui.findings.rules.whole_capture.by_ends import ByEnds
from tcptui.findings.rules.whole_capture.dns_lookup import _Errors
from tcptui.model.arrays import indexes_of
from tcptui.model.packet_store import NO_STREAM

if TYPE_CHECKING:
    from tcptui.model.packet_store import I64

HOSTS = 3
small = st.integers(0, HOSTS - 1)
connections = st.lists(
    st.tuples(small, small, st.integers(1, 3), st.integers(1, 3), st.integers(0, 9), st.integers(0, 9), st.booleans(),
              st.booleans()),
    max_size=20,
)  # fmt: skip


class Capture:
    """Columns as `CaptureFacts` has them, which counts how often each was taken."""

    def __init__(self, rows: list[tuple[Any, ...]], errors: int = 0) -> None:
        columns = np.array([row[:6] for row in rows], np.int64).reshape(-1, 6).T
        self._columns = {
            "client": columns[0], "server": columns[1], "client_port": columns[2], "port": columns[3],
            "began_ns": columns[4], "latest_ns": columns[4] + columns[5],
            "attempted": np.array([row[6] for row in rows], np.bool_),
            "alive": np.array([row[7] for row in rows], np.bool_),
            "number": np.arange(len(rows)) * 2,
        }  # fmt: skip
        self.host_numbers = {str(host): host for host in range(HOSTS)}
        self.store = SimpleNamespace(stream=np.array([NO_STREAM, *range(2 * len(rows) + 2)]))
        self.taken = 0

    def __getattr__(self, name: str) -> Any:
        columns: dict[str, Any] = self.__dict__["_columns"]
        self.taken += 1
        return columns[name]

    def place_of(self, stream: int) -> int:
        return int(np.searchsorted(self._columns["number"], stream))


def ends_of(rows: list[tuple[Any, ...]]) -> tuple[ByEnds, Capture]:
    capture: Any = Capture(rows)
    return ByEnds(capture), capture


def listed(found: I64) -> list[int]:
    return sorted(found.tolist())


@given(connections, small, small, st.integers(0, 20), st.integers(0, 20))
def test_a_search_finds_what_masks_find(rows: list[tuple[Any, ...]], one: int, two: int, begin: int, end: int) -> None:
    ends, capture = ends_of(rows)
    c: Any = capture
    pair = (c.client == one) & (c.server == two)
    between = (c.began_ns >= begin) & (c.began_ns <= end)
    lasting = (c.began_ns <= begin) & (c.latest_ns >= end)
    key = ends.pair(one, two)

    assert ends.attempted_by.of(one).tolist() == [
        place
        for place in np.argsort(c.began_ns, kind="stable").tolist()
        if c.client[place] == one and c.attempted[place]
    ]
    assert listed(ends.attempted_by.began_between(one, begin, end)) == listed(
        indexes_of((c.client == one) & c.attempted & between)
    )
    assert listed(ends.of_pair.lasting(key, begin, end)) == listed(indexes_of(pair & lasting))
    assert listed(ends.of_client.lasting(one, begin, end)) == listed(indexes_of((c.client == one) & lasting))
    assert listed(ends.attempted_of_pair.began_between(key, begin, end)) == listed(
        indexes_of(pair & c.attempted & between)
    )
    assert listed(ends.failed_at.began_between(two, begin, end)) == listed(
        indexes_of((c.server == two) & c.attempted & ~c.alive & between)
    )


@given(connections, small, small, st.integers(1, 3), st.integers(1, 3))
def test_an_error_without_a_stream_is_about_the_connections_with_its_ends(
    rows: list[tuple[Any, ...]], source: int, target: int, port: int, other: int
) -> None:
    ends, capture = ends_of(rows)
    c: Any = capture
    error: Any = SimpleNamespace(row=0, source=str(source), target=str(target), source_port=port, target_port=other)
    mine = np.zeros(len(rows), np.bool_)
    for a, b, p, q in ((source, target, port, other), (target, source, other, port)):
        mine |= (c.client == a) & (c.server == b) & (c.client_port == p) & (c.port == q)

    assert ends.of_error(error).tolist() == indexes_of(mine).tolist()


@pytest.mark.parametrize("stream", [0, 1, 4, 9])
def test_an_error_with_a_stream_is_about_that_one_if_it_is_kept(stream: int) -> None:
    ends, capture = ends_of([(0, 1, 1, 1, 0, 0, True, True)] * 3)
    capture.store.stream = np.array([stream])
    error: Any = SimpleNamespace(row=0, source="0", target="1", source_port=1, target_port=1)

    assert ends.of_error(error).tolist() == ([stream // 2] if stream in {0, 4} else [])


def test_hosts_without_connections_have_none() -> None:
    ends, _capture = ends_of([(0, 1, 1, 1, 0, 0, True, True)])

    assert ends.host("elsewhere") == ends.pair(-1, 1) == ends.pair(0, -1) == -1
    assert not len(ends.of_pair.lasting(-1, 9, 0))
    assert not len(ends.attempted_by.of(-1))


def test_columns_are_looked_at_once_for_any_number_of_messages() -> None:
    ends, capture = ends_of([(place % 3, 1, 1, place % 3 + 1, place, 1, True, False) for place in range(50)])
    taken = []
    for _ in range(100):
        error: Any = SimpleNamespace(row=0, source="0", target="1", source_port=1, target_port=1)
        ends.of_error(error)
        ends.of_pair.lasting(ends.pair(0, 1), 5, 5)
        ends.attempted_by.began_between(0, 0, 9)
        ends.failed_at.began_between(1, 0, 9)
        taken.append(capture.taken)

    assert len(set(taken)) == 1


@given(st.lists(st.integers(0, 20)), st.integers(-1, 21))
def test_the_first_error_from_a_time_on_is_the_first_in_the_capture(times: list[int], begin: int) -> None:
    errors: list[Any] = [SimpleNamespace(time_ns=time_ns) for time_ns in times]
    found = _Errors()
    for error in errors:
        found.add(error)

    assert found.first_from(begin) is next((error for error in errors if error.time_ns >= begin), None)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)).map(lambda span: (span[0], span[0] + span[1]))))
def test_time_that_several_cover_counts_once(spans: list[tuple[int, int]]) -> None:
    assert covered_ns(spans) == len({at for begin, end in spans for at in range(begin, end)})
