"""Judging alone: streams of a store in, findings out, with no cache and no session around it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import Tape

from tcptui.access.open_capture import view_of
from tcptui.analysis.stream.view import gather_streams
from tcptui.model.finding import FindingId, Severity
from tcptui.session.session import Session, open_file
from tcptui.session.stream_judge import Frozen, StreamJudge, Whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REFUSED = 6


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """Connections that were refused, all in the same way."""
    tape, path = Tape(), tmp_path / "refused.pcap"
    for number in range(REFUSED):
        tape.refused(10 * number, f"10.0.0.{number + 1}:40000", "192.0.2.10:80")
    path.write_bytes(tape.pcap())
    with closing(open_file(path)) as opened:
        yield opened


@pytest.fixture
def judge(session: Session) -> StreamJudge:
    return StreamJudge(session.store, session.streams, session._pipeline.analyzer.replay)


def ids(findings: tuple[object, ...]) -> list[FindingId]:
    return [finding.id for finding in findings]  # type: ignore[attr-defined]


def test_stream_is_judged_the_same_however_often(session: Session, judge: StreamJudge) -> None:
    first = judge.findings(view_of(session, 0), read=False)

    assert ids(first) == ids(session.findings(0))
    assert first == judge.findings(view_of(session, 0), read=True)
    assert max(finding.severity for finding in first) == Severity.ERROR


def test_streams_of_one_shape_are_judged_together_as_each_alone(session: Session, judge: StreamJudge) -> None:
    each = [judge.findings(view_of(session, stream), read=False) for stream in range(REFUSED)]
    (gathered,) = gather_streams(session.store, session.streams, np.arange(REFUSED))
    none = np.zeros(REFUSED, np.bool_)

    (kind,) = judge.same_shape(gathered, np.arange(REFUSED), none, none)

    assert kind.streams.tolist() == list(range(REFUSED))
    assert list(kind.each()) == each


def test_streams_that_are_to_stay_apart_are_in_no_batch(session: Session, judge: StreamJudge) -> None:
    (gathered,) = gather_streams(session.store, session.streams, np.arange(REFUSED))
    apart, none = np.arange(REFUSED) == 2, np.zeros(REFUSED, np.bool_)

    kinds = judge.same_shape(gathered, np.arange(REFUSED), apart, none)

    assert [stream for kind in kinds for stream in kind.streams.tolist()] == [0, 1, 3, 4, 5]


def test_what_was_found_before_an_eviction_is_joined_to_what_is_left(session: Session, judge: StreamJudge) -> None:
    before = judge.findings(view_of(session, 0), read=False)
    session.store.evict(1)
    session.streams.evicted[0] = 1
    view = view_of(session, 0)
    assert view.evicted == 1

    kept = judge.findings(view, Frozen(view.evicted + len(view), 0, before), read=False)

    assert ids(before)[0] in ids(kept)
    assert ids(before)[0] not in ids(judge.findings(view, read=False)), "without what was frozen nothing shows it"


def test_causes_of_segments_that_were_judged_earlier_stay(session: Session, judge: StreamJudge) -> None:
    view = view_of(session, 0)
    session.streams.verdicts[0] = 0xFFFF
    session.store.cause[view.rows] = 77

    judge.look_back([Whole(view, corrects=False, judged=1)])

    assert session.store.cause[view.rows].tolist() == [77] + [0] * (len(view) - 1)
