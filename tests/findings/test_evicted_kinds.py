"""Findings of one id and several kinds, when a stream is judged again without its first packets."""

from __future__ import annotations

from tcptui.findings.evicted import joined
from tcptui.model.finding import Confidence, Finding, FindingId, Severity


def told(name: FindingId, frame: int, shape: str) -> Finding:
    return Finding(name, 0, (frame,), Severity.WARNING, Confidence.CERTAIN, {"shape": shape})


def test_each_kind_of_a_finding_outlives_eviction() -> None:
    before = (told(FindingId.LOCK_WAIT, 5, "timeout"), told(FindingId.LOCK_WAIT, 9, "deadlock"))
    later = told(FindingId.LOCK_WAIT, 30, "deadlock")

    assert {(one.facts["shape"], one.packets) for one in joined(before, (later,))} == {
        ("timeout", (5,)), ("deadlock", (30,)),
    }  # fmt: skip


def test_one_kind_takes_the_place_of_another_where_there_is_one_of_each() -> None:
    before, later = told(FindingId.DATA_AFTER_CLOSE, 5, "late"), told(FindingId.DATA_AFTER_CLOSE, 9, "crossed")

    assert joined((before,), (later,)) == (later,)
