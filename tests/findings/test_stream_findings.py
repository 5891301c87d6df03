"""`StreamFindings`: findings of streams that are alike, kept as columns until somebody looks for one of them."""

from __future__ import annotations

import pickle
import tracemalloc
from dataclasses import replace

import numpy as np

from tcptui.findings.stream_findings import SameShapeFindings, StreamFindings
from tcptui.model.batched import Batched
from tcptui.model.finding import Confidence, Finding, FindingId, Severity

STREAMS = np.array([3, 5, 9])
#: Packets by member, of which a finding keeps one.
FRAMES = np.arange(30, dtype=np.int64).reshape(10, 3)


def a_kind() -> SameShapeFindings:
    frame: Batched = Batched(FRAMES, plain=False)[4]
    severities = (Severity.ERROR, Severity.NOTE)
    findings = tuple(
        Finding(
            FindingId.SYN_TIMEOUT, Batched(STREAMS, plain=True), (frame,), severity, Confidence.LIKELY,
            {"syn_frame": frame, "count": 5, "tried_s": 2.5},
        )  # type: ignore[arg-type]
        for severity in severities
    )  # fmt: skip
    return SameShapeFindings(STREAMS, np.arange(3), findings, 2.5, (1, 2), hangs_on_end=True)


def expected(stream: int, member: int) -> tuple[Finding, ...]:
    frame = int(FRAMES[4, member])
    facts = {"syn_frame": frame, "count": 5, "tried_s": 2.5}
    return (Finding(FindingId.SYN_TIMEOUT, stream, (frame,), Severity.ERROR, Confidence.LIKELY, facts),)


def loud_ones() -> StreamFindings:
    above_note = StreamFindings()
    kind = a_kind()
    above_note.add_batch(kind.only(kind.findings[:1]))
    return above_note


def test_findings_of_streams_that_are_alike_are_those_of_each() -> None:
    above_note = loud_ones()

    assert above_note
    assert dict(above_note) == {stream: expected(stream, member) for member, stream in enumerate(STREAMS.tolist())}


def test_what_is_only_held_is_joined_and_sent_as_it_is() -> None:
    one = StreamFindings([(1, expected(1, 0))])
    one.join(pickle.loads(pickle.dumps(loud_ones())))

    assert sorted(one) == [1, *STREAMS.tolist()]
    assert one[9] == expected(9, 2)
    assert len(one) == 4


def test_a_part_of_them_is_cut_by_place() -> None:
    kind = replace(a_kind(), places=np.array([2, 4, 8]), lost=Batched(np.array([1.5, 2.5, 3.5]), plain=True))

    part = kind.cut(3, 9)

    assert (part.streams.tolist(), part.places.tolist()) == ([5, 9], [1, 5])
    assert list(part.each()) == list(kind.each())[1:]
    assert part.lost.each.tolist() == [2.5, 3.5]
    assert len(kind.cut(5, 8)) == 0


def test_what_is_kept_of_them_holds_on_to_no_other_packets() -> None:
    alone = a_kind().alone()
    kept = alone.only(alone.findings[:1])

    (frame,) = kept.findings[0].packets
    assert isinstance(frame, Batched)
    assert frame.each.base is None
    assert not len(kept.places)
    assert not kept.parts


def test_nothing_is_held_at_first() -> None:
    assert not StreamFindings()


def test_one_set_among_those_alike_takes_its_place() -> None:
    above_note = loud_ones()
    above_note[5] = expected(5, 0)
    del above_note[3]

    assert dict(above_note) == {5: expected(5, 0), 9: expected(9, 2)}
    assert 3 not in above_note
    assert len(above_note) == 2


def test_looking_at_each_keeps_no_object_of_it() -> None:
    streams = np.arange(100_000)
    finding = Finding(FindingId.SYN_TIMEOUT, Batched(streams, plain=True), (), Severity.ERROR, Confidence.LIKELY, {})  # type: ignore[arg-type]
    above_note = StreamFindings()
    above_note.add_batch(SameShapeFindings(streams, streams, (finding,), 0.0, (), hangs_on_end=False))
    tracemalloc.start()

    assert set(above_note.of_each(lambda findings: findings[0].severity, iter(streams.tolist()))) == {Severity.ERROR}
    assert above_note[99_999][0].stream == 99_999

    kept, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 30 * len(streams)


def test_something_is_made_once_of_those_alike_also_after_some_were_chosen() -> None:
    streams = np.arange(1_000)
    finding = Finding(FindingId.SYN_TIMEOUT, Batched(streams, plain=True), (), Severity.ERROR, Confidence.LIKELY, {})  # type: ignore[arg-type]
    above_note = StreamFindings()
    above_note.add_batch(SameShapeFindings(streams, streams, (finding,), 0.0, (), hangs_on_end=False))
    asked: list[tuple[Finding, ...]] = []

    def number(findings: tuple[Finding, ...]) -> int:
        asked.append(findings)
        return findings[0].stream

    chosen = range(5, 900)
    for held in (above_note, above_note.some(chosen)):
        assert list(held.of_each(number, chosen)) == list(chosen)
        assert len(asked) == 1
        asked.clear()
    assert list(above_note.some(chosen).of_each(number, [7, 800])) == [7, 800]
    assert len(asked) == 2  # not a thousand for the sake of two
