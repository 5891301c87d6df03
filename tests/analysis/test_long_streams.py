"""Long streams are worked out with less room, a piece after the other: the answers are those of short ones."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from traces import write_trace

from tcptui.access.open_capture import view_of
from tcptui.analysis.stream import unwrapped_seq as sequence_space
from tcptui.analysis.timing.budget import TimeBudget, time_budget
from tcptui.model import arrays as pieces
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.model.finding import Finding


def transfer(seed: int) -> list[str]:
    """A server sends, loses some segments, sends them again, and meets small windows."""
    rng, now, sent, acked = Random(seed), 60.0, 1, 1
    lines = ["0 C S 0 0 sackok=1", "30 S SA 0 1 sackok=1", "30.1 C A 1 1 win=9000", "31 C PA 1 1 20"]
    while len(lines) < 260:
        for _ in range(rng.randint(1, 5)):
            now += rng.choice((0.1, 0.2, 8.0))
            if rng.random() > 0.05:
                lines.append(f"{now:.3f} S A {sent} 21 1000")
            sent += 1000
        now += rng.choice((0.5, 30, 210))
        lost = rng.random() < 0.15
        acked = acked if lost else sent
        extra = f" sack={acked + 1000}:{sent}" if lost and sent > acked + 1000 else ""
        lines.append(f"{now:.3f} C A 21 {acked} win={rng.choice((0, 2000, 9000, 60000))}{extra}")
        if lost:
            now += 250
            lines.append(f"{now:.3f} S A {acked} 21 1000")
            now += 30
            acked = sent
            lines.append(f"{now:.3f} C A 21 {acked} win=9000")
    return lines


def answers(path: Path) -> tuple[Session, TimeBudget, tuple[Finding, ...]]:
    session = open_file(path)
    return session, time_budget(view_of(session, 0)), session.findings(0)


@pytest.mark.parametrize("seed", range(4))
def test_less_room_gives_the_same_answers(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_trace(tmp_path / "transfer.pcap", transfer(seed))
    _session, budget, findings = answers(path)
    monkeypatch.setattr(sequence_space, "_LONG", 0)
    monkeypatch.setattr(pieces, "PIECE", 7)
    _session, again, found = answers(path)

    assert again.parts == budget.parts
    for gaps, others in zip(again.sends, budget.sends, strict=True):
        assert (gaps is None) == (others is None)
        if gaps is not None and others is not None:
            for name in ("blocked", "clocked", "pause", "burst", "release", "flight", "lost", "drained"):
                np.testing.assert_array_equal(getattr(gaps, name), getattr(others, name), err_msg=name)
    assert found == findings
    assert any(len(gaps.before) > 50 for gaps in again.sends if gaps is not None)


def test_courses_of_both_kinds_agree_at_every_segment_and_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_trace(tmp_path / "transfer.pcap", transfer(9))
    dense = sequence_space.sequence_space(view_of(open_file(path), 0))
    monkeypatch.setattr(sequence_space, "_LONG", 0)
    spare = sequence_space.sequence_space(view_of(open_file(path), 0))

    for name in ("sent", "acknowledged", "sacked"):
        for one, other in zip(getattr(dense, name), getattr(spare, name), strict=True):
            np.testing.assert_array_equal(one[:], other[:], err_msg=name)
            assert [int(one[i]) for i in range(len(one))] == [int(other[i]) for i in range(len(other))]
            numbers = np.unique(np.concatenate((one[:], one[:] + 1, one[:] - 1)))
            for side in ("left", "right"):
                found = [int(other.searchsorted(int(number), side=side)) for number in numbers]
                assert found == one.searchsorted(numbers, side=side).tolist()
                assert found == other.searchsorted(numbers, side=side).tolist()
