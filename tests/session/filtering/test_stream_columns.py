"""What is taken out of the stream table for many packets is what the table says of the stream of each."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from tcptui.session.filtering.stream_columns import StreamColumns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.model.packet_store import I32
    from tcptui.session.session import Session

_ASKED = pytest.mark.parametrize("stream", [
    [700, -1, 703, 700], [0, 999, -1, 500], [-1, 999], [-1, -1], [5], [],
], ids=["neighbours", "far apart", "the last", "of none", "one", "nothing asked"])  # fmt: skip
_WAYS = pytest.mark.parametrize("rows", [0, 10_000], ids=["these rows alone", "the whole table"])


def table(count: int, *, evicted: int = 0) -> Session:
    streams = SimpleNamespace(count=count, evicted_streams=evicted, both=np.arange(2_000).reshape(1_000, 2))
    return cast("Session", SimpleNamespace(streams=streams, store=None))


def first(session: Session, chosen: slice | I32) -> NDArray[Any]:
    return cast("Any", session.streams).both[chosen, 0]  # type: ignore[no-any-return]


def both(session: Session, chosen: slice | I32) -> NDArray[Any]:
    return cast("Any", session.streams).both[chosen]  # type: ignore[no-any-return]


def is_high(session: Session, chosen: slice | I32) -> NDArray[Any]:
    return first(session, chosen) > 1_300


@_ASKED
@_WAYS
@pytest.mark.parametrize("times", [1, 1_000])
def test_each_packet_has_what_its_own_stream_has(stream: list[int], rows: int, times: int) -> None:
    asked = np.tile(np.array(stream, np.int32), times)
    of_b = np.arange(len(asked), dtype=np.uint8) & 1
    columns = StreamColumns(table(1_000), rows)
    known = asked >= 0

    found, of_end, high = columns.of(first, asked), columns.of_end(both, asked, of_b), columns.are(is_high, asked)

    assert len(found) == len(of_end) == len(asked)
    assert found[known].tolist() == (2 * asked[known]).tolist()
    assert of_end[known].tolist() == (2 * asked + of_b)[known].tolist()
    assert (np.zeros(len(asked), np.bool_) if high is None else high).tolist() == (asked > 650).tolist()


@_WAYS
def test_without_a_stream_there_is_an_answer_for_each_packet(rows: int) -> None:
    asked = np.full(3, -1, np.int32)
    columns = StreamColumns(table(0), rows)

    assert len(columns.of(first, asked)) == len(columns.of_end(both, asked, np.zeros(3, np.uint8))) == 3
    assert columns.are(is_high, asked) is None


def test_a_column_of_the_whole_table_is_read_once() -> None:
    asked: list[slice | I32] = []

    def read(session: Session, chosen: slice | I32) -> NDArray[Any]:
        asked.append(chosen)
        return first(session, chosen)

    columns = StreamColumns(table(1_000), 5_000)
    for _ in range(3):
        columns.of(read, np.array([4, 5], np.int32))

    assert asked == [slice(1_000)]


def test_of_a_table_that_is_mostly_holes_only_what_is_needed_is_read() -> None:
    asked: list[slice | I32] = []

    def read(session: Session, chosen: slice | I32) -> NDArray[Any]:
        asked.append(chosen)
        return first(session, chosen)

    columns = StreamColumns(table(1_000, evicted=900), 5_000)
    columns.of(read, np.array([994, -1, 995], np.int32))
    columns.of(read, np.array([4, 995], np.int32))

    assert asked[0] == slice(994, 996)
    assert np.asarray(asked[1]).tolist() == [4, 995]
