"""The cache of findings by itself: what is stored of streams, and what is left when they are evicted."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import Tape

from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.session.findings_cache import END_INDEPENDENT, FindingsCache
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

STREAMS = 4


class Noted:
    """What an observer was notified of."""

    def __init__(self) -> None:
        self.judged_streams: list[tuple[int, int, int]] = []
        self.left: list[int] = []

    def judged(self, stream: int, packets: int, findings: tuple[Finding, ...]) -> None:
        self.judged_streams.append((stream, packets, len(findings)))

    def leaving(self, streams: NDArray[np.int64]) -> None:
        self.left += streams.tolist()


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[FindingsCache]:
    tape, path = Tape(), tmp_path / "refused.pcap"
    for number in range(STREAMS):
        tape.refused(10 * number, f"10.0.0.{number + 1}:40000", "192.0.2.10:80")
    path.write_bytes(tape.pcap())
    with closing(open_file(path)) as session:
        cache = FindingsCache(session.streams)
        cache.reserve(STREAMS)
        yield cache


def finding(stream: int, severity: Severity) -> Finding:
    return Finding(FindingId.CONNECTION_REFUSED, stream, (1, 2), severity, Confidence.CERTAIN, {"seconds": 3.0})


def test_nothing_is_stored_at_first(cache: FindingsCache) -> None:
    assert cache.is_empty
    assert (cache.get(0), cache.headline(0), cache.frozen(0)) == (None, None, None)
    assert not cache.above_note()
    assert not cache.has(np.arange(STREAMS)).any()


def test_judgement_is_stored_and_comes_back_as_it_was(cache: FindingsCache) -> None:
    note, error = finding(1, Severity.NOTE), finding(1, Severity.ERROR)
    judgement = (1, (note, error), 2, END_INDEPENDENT, False)
    observer = cache.observer = Noted()  # type: ignore[assignment]

    cache.store(judgement)

    assert cache.judgement(1) == judgement
    assert cache[1] == cache.get(1) == (note, error)
    assert (int(cache.severity[1]), cache.headline(1)) == (Severity.ERROR, error)
    assert cache.has(np.arange(STREAMS)).tolist() == [False, True, False, False]
    assert list(cache.above_note()) == [1]
    assert observer.judged_streams == [(1, 2, 2)]


def test_stream_that_was_read_once_is_not_taken_for_read_when_it_is_judged_without_its_payload(
    cache: FindingsCache,
) -> None:
    cache.store((0, (), 2, END_INDEPENDENT, True))
    assert cache.is_whole(0)

    cache.store((0, (), 2, END_INDEPENDENT, False))
    assert not cache.is_whole(0)

    cache.add_payload(0, (finding(0, Severity.WARNING),), 17)
    assert cache.is_whole(0)
    assert (int(cache.severity[0]), int(cache.judged_until[0])) == (Severity.WARNING, 17)


def test_notes_are_no_headline_and_not_above_themselves(cache: FindingsCache) -> None:
    cache.store((2, (finding(2, Severity.NOTE),), 2, END_INDEPENDENT, False))

    assert cache.headline(2) is None
    assert not cache.above_note()


def test_outdated_streams_are_judged_anew_and_keep_their_findings_until_then(cache: FindingsCache) -> None:
    for stream in range(STREAMS):
        cache.store((stream, (finding(stream, Severity.ERROR),), 2, END_INDEPENDENT, False))
    cache._streams.evicted[3] = 1

    cache.outdate()

    assert cache.judged[:STREAMS].tolist() == [0, 0, 0, 2], "of one with evicted packets nothing else could be said"
    assert list(cache.above_note()) == [0, 1, 2, 3]


def test_frozen_findings_are_those_of_the_eviction(cache: FindingsCache) -> None:
    cache.store((0, (finding(0, Severity.ERROR),), 2, END_INDEPENDENT, False))

    cache.freeze(0, 5)
    cache.freeze(1, 5)  # nothing was found of it

    frozen = cache.frozen(0)
    assert frozen is not None
    assert (frozen.segments, frozen.silent_ns, frozen.findings) == (2, 5, cache[0])
    assert cache.frozen(1) is None


def test_evicted_streams_leave_nothing(cache: FindingsCache) -> None:
    observer = cache.observer = Noted()  # type: ignore[assignment]
    for stream in range(STREAMS):
        cache.store((stream, (finding(stream, Severity.ERROR),), 2, END_INDEPENDENT, True))
        cache.freeze(stream, 0)

    cache.evict(np.array([1, 2]))

    assert observer.left == [1, 2]
    for stream in (1, 2):
        assert (cache.get(stream), cache.frozen(stream), cache.is_whole(stream)) == (None, None, False)
    assert cache.severity[:STREAMS].tolist() == [Severity.ERROR, 0, 0, Severity.ERROR]
    assert cache.judged[:STREAMS].tolist() == [2, 0, 0, 2]
