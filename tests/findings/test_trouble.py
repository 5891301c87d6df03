"""The groups of trouble: each connection in one of them, the worst first; an echo is in that of its capture."""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType

import pytest

from tcptui.findings.catalog import CATALOG
from tcptui.findings.rules.whole_capture.diagnose import CaptureDiagnosis
from tcptui.findings.stream_findings import StreamFindings
from tcptui.findings.trouble import find_trouble
from tcptui.model.finding import CaptureFinding, Confidence, Finding, FindingId, Severity
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words, catalogue
from tcptui.words.finding_text import group_name
from tcptui.words.language import Language

CASES = sorted(Path(__file__).parents[2].glob("cases/*/*.pcapng*"))
SPEC_OF_LOSS = MappingProxyType({
    FindingId.SYN_TIMEOUT: "tried_s", FindingId.RETRANSMISSION_TIMEOUT: "total_s", FindingId.TAIL_LOSS: "lost_s",
})  # fmt: skip


def finding(
    name: FindingId, stream: int, lost: float = 0.0, severity: Severity = Severity.WARNING, frame: int = 1
) -> Finding:
    facts = {SPEC_OF_LOSS[name]: lost} if name in SPEC_OF_LOSS else {}
    return Finding(name, stream, (frame,), severity, Confidence.CERTAIN, facts)


def whole(streams: tuple[int, ...], echoes: tuple[int, ...], lost: float) -> CaptureFinding:
    told = Finding(FindingId.HOST_SILENT, -1, (1,), Severity.ERROR, Confidence.CERTAIN)
    return CaptureFinding(told, streams, echoes, 5, lost)


def test_errors_come_before_what_cost_more_and_then_what_cost_most() -> None:
    above_note = {
        0: (finding(FindingId.RETRANSMISSION_TIMEOUT, 0, 50.0),),
        1: (finding(FindingId.SYN_TIMEOUT, 1, 1.0, Severity.ERROR),),
        2: (finding(FindingId.TAIL_LOSS, 2, 60.0),),
    }
    trouble = find_trouble(CaptureDiagnosis(), StreamFindings(above_note.items()), lambda frame: frame)

    assert [group.streams for group in trouble.groups] == [(1,), (2,), (0,)]
    assert trouble.seconds_lost == 111.0
    assert trouble.streams == {0, 1, 2}


def test_connection_is_in_the_group_of_its_worst_finding_alone() -> None:
    both = (finding(FindingId.TAIL_LOSS, 0, 1.0), finding(FindingId.RETRANSMISSION_TIMEOUT, 0, 3.0))
    above_note = {0: both, 1: (finding(FindingId.RETRANSMISSION_TIMEOUT, 1, 9.0, frame=7),)}
    (group,) = find_trouble(CaptureDiagnosis(), StreamFindings(above_note.items()), lambda frame: 100 + frame).groups

    assert group.finding.id is FindingId.RETRANSMISSION_TIMEOUT
    assert group.streams == (1, 0)
    assert group.since_ns == 101


def test_shape_that_is_a_trouble_of_its_own_is_a_group_apart_with_a_name_of_its_own() -> None:
    def ended(stream: int, shape: str) -> tuple[Finding, ...]:
        facts = {"shape": shape} if shape else {}
        return (Finding(FindingId.DATA_AFTER_CLOSE, stream, (1,), Severity.WARNING, Confidence.LIKELY, facts),)

    above_note = dict(
        enumerate([ended(0, "crossed"), ended(1, ""), ended(2, "crossed"), ended(3, "nothing"), ended(4, "late")])
    )
    trouble = find_trouble(CaptureDiagnosis(), StreamFindings(above_note.items()), lambda frame: frame)

    assert {group.streams for group in trouble.groups} == {(0, 2), (1, 3), (4,)}
    names = {group.streams: group_name(group.finding, Words(Language.EN)) for group in trouble.groups}
    assert names[0, 2] == "Request lost to the server's close"
    assert names[1, 3] == "Data after close"


@pytest.mark.parametrize("language", Language)
def test_shapes_that_are_a_trouble_of_their_own_have_names(language: Language) -> None:
    words = Words(language)
    named = {f"findings.{spec.id}.name.{shape}" for spec in CATALOG for shape in spec.named_shapes}
    assert named == {key for key in catalogue(language) if re.fullmatch(r"findings\.[a-z0-9-]+\.name\.[a-z0-9-]+", key)}
    assert all(words.has(key) for key in named)


def test_echo_is_told_with_the_capture_wide_finding_alone() -> None:
    above_note = {
        0: (finding(FindingId.SYN_TIMEOUT, 0, 3.0, Severity.ERROR),),
        1: (finding(FindingId.SYN_TIMEOUT, 1, 3.0, Severity.ERROR), finding(FindingId.TAIL_LOSS, 1, 1.0)),
    }
    diagnosis = CaptureDiagnosis((whole((0, 1, 2), (0, 2), 6.0),))
    trouble = find_trouble(diagnosis, StreamFindings(above_note.items()), lambda frame: frame)

    assert [(group.is_whole, group.streams) for group in trouble.groups] == [(True, (1, 0, 2)), (False, (1,))]
    assert trouble.streams == {0, 1, 2}


@pytest.mark.parametrize("capture", CASES, ids=lambda path: f"{path.parent.name}-{path.name.partition('.')[0]}")
def test_every_connection_in_trouble_is_in_a_group(capture: Path) -> None:
    session = open_file(capture)
    try:
        above_note = {
            stream
            for stream, found in session.each_findings(range(session.streams.count))
            if any(one.severity > Severity.NOTE for one in found)
        }
        told = [stream for group in session.trouble.above_note for stream in group.streams]
        assert above_note <= set(told) == session.trouble.streams
        alone = [stream for group in session.trouble.groups if not group.is_whole for stream in group.streams]
        assert len(alone) == len(set(alone))
    finally:
        session.close()
