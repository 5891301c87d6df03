"""Stacks that set PSH on every segment are told of as those that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import transfers
from traces import write_trace
from transfers import Transfer

from tcptui.access.open_capture import view_of
from tcptui.analysis.timing.budget import time_budget
from tcptui.analysis.timing.budget_parts import Part
from tcptui.analysis.timing.pushes import FEWEST, pushes_each
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RTT_MS = 40
#: A whole segment of a host without timestamps.
MSS = 1_460
KINDS = {
    "window": {"window": lambda _now: 16_384},
    "buffer": {"most": 8},
    "loss": {"drops": lambda number, _now: number in (60, 130)},
}
#: 20 segments each 200 ms.
WRITES = {
    "first": 40, "available": lambda now: 20 * (1 + int((now - 100) / 200 + 1e-6)) if now >= 100 else 0,
    "wakes_ms": tuple(100 + 200 * n for n in range(1, 15)),
}  # fmt: skip


@pytest.fixture(autouse=True)
def whole_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfers, "SIZE", MSS)


def pushed(lines: Sequence[str]) -> list[str]:
    return [line.replace(" C A ", " C PA ") if line.split()[-1] == str(MSS) else line for line in lines]


def seen_from(lines: Sequence[str], way_ms: float) -> list[str]:
    """As captured ``way_ms`` away from the client."""
    moved = []
    for line in lines:
        ms, end, rest = line.split(" ", 2)
        moved.append((float(ms) + (way_ms if end == "C" else -way_ms), f"{end} {rest}"))
    return [f"{ms:.4f} {rest}" for ms, rest in sorted(moved)]


def told(path: Path, lines: Sequence[str]) -> tuple[set[str], int]:
    """Names of findings of the transfer, and the share (percent) of its time that was the program's."""
    session = open_file(write_trace(path / "trace.pcap", lines))
    budget = time_budget(view_of(session, 0))
    speed = {one.id.value for one in session.findings(0) if one.id.value.endswith("-limited")}
    return speed, round(100 * budget[Part.SENDER] / sum(budget.parts))


@pytest.mark.parametrize("way_ms", [0, RTT_MS / 2])
@pytest.mark.parametrize("begin", [0, 3], ids=["whole", "mid-stream"])
@pytest.mark.parametrize("kind", KINDS)
def test_push_on_every_segment_makes_no_program_slow(tmp_path: Path, kind: str, begin: int, way_ms: float) -> None:
    lines = seen_from(Transfer(segments=300, rtt_ms=RTT_MS, **KINDS[kind]).lines(), way_ms)  # type: ignore[arg-type]

    plain, always = (told(tmp_path, each[begin:]) for each in (lines, pushed(lines)))
    assert always[0] == plain[0]
    assert always[1] <= plain[1] + 1


@pytest.mark.finding("sender-application-limited")
@pytest.mark.parametrize("way_ms", [0, RTT_MS / 2])
def test_program_that_pauses_is_seen_on_such_a_stack_too(tmp_path: Path, way_ms: float) -> None:
    lines = pushed(seen_from(Transfer(segments=280, rtt_ms=RTT_MS, **WRITES).lines(), way_ms))  # type: ignore[arg-type]

    found, percent = told(tmp_path, lines)
    assert found == {"sender-application-limited"}
    assert percent > 90


def whole(path: Path, count: int, last: str = "PA", apart_ms: float = 0.1) -> Session:
    data = [f"{50 + n * apart_ms} C {'PA' if n + 1 < count else last} {1 + MSS * n} 1 {MSS}" for n in range(count)]
    return open_file(write_trace(path / "trace.pcap", ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", *data]))


def test_pushed_segments_that_do_not_leave_together_may_be_what_a_program_handed_over(tmp_path: Path) -> None:
    assert pushes_each(view_of(whole(tmp_path, FEWEST + 1), 0), 0, MSS)
    assert not pushes_each(view_of(whole(tmp_path, FEWEST), 0), 0, MSS)
    assert not pushes_each(view_of(whole(tmp_path, FEWEST + 5, "A"), 0), 0, MSS)
    assert not pushes_each(view_of(whole(tmp_path, FEWEST + 5, apart_ms=5), 0), 0, MSS)
