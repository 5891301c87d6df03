"""Other connections to the same server, and ICMP errors that belong to no stream."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from traces import write_trace

from tcptui.analysis.stream.same_server import MANY, NEAREST, FirstWords, Siblings
from tcptui.analysis.stream.view import NEVER_NS, gather_streams, view_stream
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

#: The time 0 of a trace.
START_NS = 1_000_000_000_000


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[Sequence[str]], Session]:
    def run(lines: Sequence[str]) -> Session:
        return open_file(write_trace(tmp_path / "trace.pcap", lines))

    return run


def _opening(start: int, port: int) -> list[str]:
    return [f"{line} port={port}" for line in (f"{start} C S 0 0", f"{start + 1} S SA 0 1", f"{start + 2} C A 1 1")]


def _begun_before(start: int, port: int) -> list[str]:
    return [f"{start} C PA 1 1 100 port={port}", f"{start + 1} S PA 1 101 30 port={port}"]


def _connection(start: int, port: int, *, closes: bool = False) -> list[str]:
    lines = [
        f"{start} C S 0 0", f"{start + 1} S SA 0 1", f"{start + 2} C A 1 1", f"{start + 3} C PA 1 1 100",
        f"{start + 4} S PA 1 101 30",
    ]  # fmt: skip
    return [f"{line} port={port}" for line in (*lines, *([f"{start + 5} C FA 101 31"] if closes else []))]


def test_streams_to_the_same_server_are_found_with_what_was_said(opened: Callable[[Sequence[str]], Session]) -> None:
    session = opened([*_connection(0, 41_000), *_connection(100, 42_000, closes=True)])
    (other,) = Siblings(session.store, session.streams).of(0)

    assert (other.stream, other.packets, other.asked_bytes, other.answered_bytes) == (1, 6, 100, 30)
    assert (other.client_closed, other.server_closed, other.reset) == (True, False, False)
    assert (other.last_ns - other.began_ns) == 5_000_000


def test_columns_of_the_nearest_are_those_of_each(opened: Callable[[Sequence[str]], Session]) -> None:
    session = opened([line for n in range(5) for line in _connection(100 * n, 41_000 + n, closes=n % 2 == 0)])
    siblings = Siblings(session.store, session.streams)
    near, each = siblings.near(2), siblings.of(2)

    assert near.streams.tolist() == [other.stream for other in each] == [0, 1, 3, 4]
    assert near.packets.tolist() == [other.packets for other in each]
    assert near.began_ns.tolist() == [other.began_ns for other in each]
    assert near.last_ns.tolist() == [other.last_ns for other in each]


def test_what_is_being_judged_is_not_gathered_again_until_packets_come(
    opened: Callable[[Sequence[str]], Session],
) -> None:
    session = opened([line for n in range(3) for line in _connection(100 * n, 41_000 + n)])
    store, streams = session.store, session.streams
    (gathered,) = gather_streams(store, streams, np.array([0, 2]))
    siblings, alone = Siblings(store, streams), view_stream(store, streams, 2)
    siblings.gathered = gathered

    assert siblings.view(2).rows.base is gathered.view(1).rows.base
    assert siblings.view(2).rows.tolist() == alone.rows.tolist()
    assert siblings.view(1).rows.tolist() == view_stream(store, streams, 1).rows.tolist()
    gathered.of_rows = (store.first, store.count - 1)  # as if the newest row had come since
    assert siblings.view(2).rows.base is not gathered.view(1).rows.base


def test_stream_whose_roles_changed_is_looked_up_by_its_server_of_now(
    opened: Callable[[Sequence[str]], Session],
) -> None:
    session = opened([line for n in range(4) for line in _connection(100 * n, 41_000 + n)])
    siblings = Siblings(session.store, session.streams)
    before = [other.stream for other in siblings.of(1)]
    session.streams.client_is_b[1] ^= 1

    assert before == [0, 2, 3]
    assert siblings.of(1) == []


def test_streams_that_were_not_opened_are_left_out(opened: Callable[[Sequence[str]], Session]) -> None:
    session = opened([*_connection(0, 41_000), "100 C S 0 0 port=42000", "101 S RA 0 1 port=42000"])

    assert Siblings(session.store, session.streams).of(0) == []


def test_streams_that_came_since_are_found_too(opened: Callable[[Sequence[str]], Session]) -> None:
    session = opened([line for n in range(9) for line in _connection(10 * n, 41_000 + n)])
    siblings, whole = Siblings(session.store, session.streams), session.streams.count
    session.streams.count = whole - 1
    before = [other.stream for other in siblings.of(0)]
    session.streams.count = whole

    assert [other.stream for other in siblings.of(0)] == [*before, whole - 1]
    assert [other.stream for other in siblings.of(whole - 1)] == [0, *before]


def test_only_the_nearest_are_given(opened: Callable[[Sequence[str]], Session]) -> None:
    session = opened([line for n in range(2 * NEAREST + 8) for line in _connection(10 * n, 41_000 + n)])
    found = [other.stream for other in Siblings(session.store, session.streams).of(NEAREST + 4)]

    assert found == [*range(4, NEAREST + 4), *range(NEAREST + 5, 2 * NEAREST + 5)]


def test_a_stream_is_no_sibling_of_its_own(opened: Callable[[Sequence[str]], Session]) -> None:
    session = opened(_connection(0, 41_000))

    assert Siblings(session.store, session.streams).of(0) == []


def test_neighbours_are_the_nearest_that_have_not_left(opened: Callable[[Sequence[str]], Session]) -> None:
    session = opened([line for n in range(4 * NEAREST) for line in _connection(10 * n, 41_000 + n)])
    streams, siblings = session.streams, Siblings(session.store, session.streams)
    whole, rng = streams.count, Random(7)
    streams.count = whole * 7 // 8
    siblings.of(0)  # the rest came later than the index
    streams.count = whole
    left = np.array([number for number in range(whole) if rng.random() < 0.6])
    streams.evict(left)

    kept = [number for number in range(whole) if number not in set(left.tolist())]
    for stream in kept:
        before, after = [n for n in kept if n < stream], [n for n in kept if n > stream]
        assert [other.stream for other in siblings.of(stream)] == before[-NEAREST:] + after[:NEAREST]


@pytest.mark.parametrize("begun_before", [False, True])
@pytest.mark.parametrize("state", ["whole", "few", "growing", "evicted"])
def test_neighbours_and_first_words_of_many_are_those_of_each(
    opened: Callable[[Sequence[str]], Session], state: str, begun_before: bool
) -> None:
    rng = Random(11)
    kinds = (_connection, _opening, lambda start, port: [f"{start} C S 0 0 port={port}"], _begun_before)
    session = opened([line for n in range(3 * NEAREST) for line in rng.choice(kinds)(10 * n, 41_000 + n)])
    streams, siblings = session.streams, Siblings(session.store, session.streams)
    whole = streams.count
    if state == "growing":
        streams.count = whole - 5
        siblings.of(0)
        streams.count = whole
    elif state == "evicted":
        streams.evict(np.array([1, 40, 50]))
    chosen = streams.listed().astype(np.int64)[::-2]
    assert len(chosen) >= MANY
    chosen = chosen[: MANY - 1] if state == "few" else chosen
    for siblings.gathered in (None, *gather_streams(session.store, streams, streams.listed()[10:60].astype(np.int64))):
        near = siblings.near_each(chosen, begun_before=begun_before)
        there = near.streams >= 0
        known, server_ns, used_ns = siblings.first_words_each(near.streams[there])
        told = iter(zip(known.tolist(), server_ns.tolist(), used_ns.tolist(), strict=True))

        assert (near.began_ns[~there] == NEVER_NS).all()
        for row, stream in enumerate(chosen.tolist()):
            alone = siblings.near(stream, begun_before=begun_before)
            for one, many in zip(alone, near, strict=True):
                assert one.tolist() == many[row, there[row]].tolist()
            for other in alone.streams.tolist():
                words = siblings.first_words(other)
                assert words is not None
                assert next(told) == (True, *(NEVER_NS if time_ns is None else time_ns for time_ns in words))


def test_first_words_are_the_servers_first_segment_and_the_first_sign_of_use(
    opened: Callable[[Sequence[str]], Session],
) -> None:
    probed = [f"{200 + n} C {flags} port=42000" for n, flags in ((0, "S 0 0"), (9, "R 1 0"))]
    session = opened(
        [
            *_connection(100, 41_000),
            *probed,
            "300 C S 0 0 port=43000",
            "301 S SA 0 1 port=43000",
            "302 C A 1 1 port=43000",
        ]
    )
    known = Siblings(session.store, session.streams)
    used, opened_only = (known.first_words(sibling.stream) for sibling in known.of(1))

    assert used == FirstWords(START_NS + 101_000_000, START_NS + 104_000_000)
    assert opened_only == FirstWords(START_NS + 301_000_000, None)


def test_first_words_are_read_again_when_packets_came(opened: Callable[[Sequence[str]], Session]) -> None:
    session = opened(
        [*_connection(0, 41_000), "100 C S 0 0 port=42000", "101 S SA 0 1 port=42000", "102 C A 1 1 port=42000"]
    )
    known = Siblings(session.store, session.streams)
    (sibling,) = known.of(0)
    before = known.first_words(sibling.stream)
    # As if the newest two rows had not been there yet when it was asked first.
    early = FirstWords(1, 1)
    known._words.put(sibling.stream, ((session.store.count - 2, 0, 0, sibling.began_ns), early))

    assert known.first_words(sibling.stream) == before != early
