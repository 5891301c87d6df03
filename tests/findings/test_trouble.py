"""The groups of trouble: each warning and error in one of them, the worst first; an echo is in that of its capture."""

from __future__ import annotations

import re
from dataclasses import replace
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
from tcptui.words.trouble_text import symptoms_text

CASES = sorted(Path(__file__).parents[2].glob("cases/*/*.pcapng*"))
SPEC_OF_LOSS = MappingProxyType({
    FindingId.SYN_TIMEOUT: "tried_s", FindingId.RETRANSMISSION_TIMEOUT: "total_s", FindingId.TAIL_LOSS: "lost_s",
})  # fmt: skip


def finding(
    name: FindingId, stream: int, lost: float = 0.0, severity: Severity = Severity.WARNING, frame: int = 1
) -> Finding:
    facts = {SPEC_OF_LOSS[name]: lost} if name in SPEC_OF_LOSS else {}
    return Finding(name, stream, (frame,), severity, Confidence.CERTAIN, facts)


def whole(
    streams: tuple[int, ...], echoes: tuple[int, ...], lost: float, repeated: dict[int, FindingId] | None = None
) -> CaptureFinding:
    told = Finding(FindingId.HOST_SILENT, -1, (1,), Severity.ERROR, Confidence.CERTAIN)
    echoed = {stream: frozenset({name}) for stream, name in (repeated or {}).items()}
    return CaptureFinding(told, streams, echoes, 5, lost, echoed)


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


def test_connection_is_in_the_group_of_each_of_its_troubles_and_its_seconds_count_once() -> None:
    both = (finding(FindingId.TAIL_LOSS, 0, 1.0), finding(FindingId.RETRANSMISSION_TIMEOUT, 0, 3.0))
    above_note = {0: both, 1: (finding(FindingId.RETRANSMISSION_TIMEOUT, 1, 9.0, frame=7),)}
    trouble = find_trouble(CaptureDiagnosis(), StreamFindings(above_note.items()), lambda frame: 100 + frame)
    timer, tail = trouble.groups

    assert (timer.finding.id, tail.finding.id) == (FindingId.RETRANSMISSION_TIMEOUT, FindingId.TAIL_LOSS)
    assert (timer.streams, tail.streams) == ((1, 0), (0,))
    assert (timer.seconds_lost, tail.seconds_lost) == (12.0, 1.0)
    assert trouble.seconds_lost == 12.0  # two of one family may be one wait
    assert timer.since_ns == 101


def test_cause_is_a_group_with_its_symptoms_and_their_seconds() -> None:
    def hole(stream: int, lost: float) -> tuple[Finding, ...]:
        cause = Finding(
            FindingId.PATH_MTU_BLACKHOLE, stream, (3,), Severity.ERROR, Confidence.LIKELY, {"lasted_s": 2.0}
        )
        timer = finding(FindingId.RETRANSMISSION_TIMEOUT, stream, lost, Severity.NOTE)
        return cause, replace(timer, facts={**timer.facts, "count": 2})

    above_note = {0: hole(0, 1.0), 1: hole(1, 5.0), 2: hole(2, 0.0)}
    trouble = find_trouble(CaptureDiagnosis(), StreamFindings(above_note.items()), lambda frame: frame)
    (group,) = trouble.groups

    assert (group.streams, group.seconds_lost, trouble.seconds_lost) == ((0, 1, 2), 6.0, 6.0)
    assert [(one.finding.id, one.connections, one.seconds_lost) for one in group.symptoms] == [
        (FindingId.RETRANSMISSION_TIMEOUT, 3, 3.0)
    ]
    assert symptoms_text(group, Words(Language.EN)) == "Retransmission timeout (3 connections, 3\N{NO-BREAK SPACE}s)"


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
    diagnosis = CaptureDiagnosis((whole((0, 1, 2), (0, 2), 6.0, {1: FindingId.SYN_TIMEOUT}),))
    trouble = find_trouble(diagnosis, StreamFindings(above_note.items()), lambda frame: frame)

    assert [(group.is_whole, group.streams) for group in trouble.groups] == [(True, (1, 0, 2)), (False, (1,))]
    assert trouble.groups[1].finding.id is FindingId.TAIL_LOSS
    assert trouble.seconds_lost == 7.0
    assert trouble.streams == {0, 1, 2}


@pytest.mark.parametrize("capture", CASES, ids=lambda path: f"{path.parent.name}-{path.name.partition('.')[0]}")
def test_every_warning_and_error_is_in_a_group_once_or_echoes_one(capture: Path) -> None:
    session = open_file(capture)
    try:
        found = dict(session.each_findings(range(session.streams.count)))
        loud = {(stream, one.id) for stream, some in found.items() for one in some if one.severity > Severity.NOTE}
        diagnosis, trouble = session.diagnosis, session.trouble
        echoed = {
            (stream, name)
            for stream, name in loud
            if stream in diagnosis.echoes or name in diagnosis.repeated.get(stream, ())
        }
        groups = [group for group in trouble.groups if not group.is_whole]
        told = [(stream, group.finding.id) for group in groups for stream in group.streams]

        assert sorted(told) == sorted(loud - echoed)
        assert {stream for stream, _ in loud} <= trouble.streams
        for group in groups:
            for symptom in group.symptoms:
                assert symptom.seconds_lost <= group.seconds_lost + 1e-6
        assert trouble.seconds_lost <= sum(group.seconds_lost for group in trouble.above_note) + 1e-6
    finally:
        session.close()
