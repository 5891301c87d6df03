"""Findings keep their number while their stream goes on."""

from __future__ import annotations

from dataclasses import replace

from tcptui.model.finding import CaptureFinding, Confidence, Finding, FindingId, Severity
from tcptui.session.watch.finding_log import FindingChange, FindingLog

LOST = Finding(FindingId.RETRANSMISSION_TIMEOUT, 0, (4, 9), Severity.WARNING, Confidence.LIKELY)
OPENED = Finding(FindingId.THREE_WAY_HANDSHAKE, 0, (1, 2, 3), Severity.NOTE, Confidence.CERTAIN)


def told(log: FindingLog, stream: int, *findings: Finding) -> list[tuple[FindingChange, int, FindingId]]:
    return [(event.event, event.number, event.finding.id) for event in log.update(stream, findings)]


def test_new_findings_are_found_once() -> None:
    log = FindingLog()
    assert told(log, 0, LOST) == [(FindingChange.FOUND, 1, LOST.id)]
    assert told(log, 0, LOST) == []
    assert told(log, 0, LOST, OPENED) == [(FindingChange.FOUND, 2, OPENED.id)]


def test_more_evidence_is_a_change_of_the_same_finding() -> None:
    log = FindingLog()
    told(log, 0, LOST)
    assert told(log, 0, replace(LOST, packets=(4, 9, 12))) == [(FindingChange.CHANGED, 1, LOST.id)]
    assert told(log, 0, replace(LOST, packets=(4, 9, 12), severity=Severity.NOTE)) == [
        (FindingChange.CHANGED, 1, LOST.id)
    ]


def test_only_one_of_its_id_stays_the_same_when_its_first_packet_is_another() -> None:
    log = FindingLog()
    told(log, 0, LOST)
    assert told(log, 0, replace(LOST, packets=(3, 9))) == [(FindingChange.CHANGED, 1, LOST.id)]


def test_two_of_an_id_are_told_apart_by_their_first_packets() -> None:
    log = FindingLog()
    second = replace(LOST, packets=(20, 22))
    told(log, 0, LOST)
    assert told(log, 0, second, LOST) == [(FindingChange.FOUND, 2, LOST.id)]
    assert told(log, 0, second) == [(FindingChange.GONE, 1, LOST.id)]


def test_what_later_packets_explain_otherwise_is_gone() -> None:
    log = FindingLog()
    told(log, 0, LOST, OPENED)
    assert told(log, 0, OPENED) == [(FindingChange.GONE, 1, LOST.id)]
    assert told(log, 0) == [(FindingChange.GONE, 2, OPENED.id)]
    assert told(log, 0, LOST) == [(FindingChange.FOUND, 3, LOST.id)]


def test_streams_judged_longest_ago_are_forgotten() -> None:
    log = FindingLog(streams_cached=2)
    for stream in range(3):
        told(log, stream, LOST)
    assert told(log, 2, LOST) == []
    assert told(log, 1, LOST) == []
    assert told(log, 0, LOST) == [(FindingChange.FOUND, 4, LOST.id)]


def test_capture_finding_that_more_connections_show_has_changed_and_keeps_its_number() -> None:
    log = FindingLog()
    told(log, 0, LOST)
    refused = Finding(FindingId.PORT_REFUSED, -1, (1, 3, 5), Severity.ERROR, Confidence.CERTAIN)
    three, four = (CaptureFinding(refused, tuple(range(count)), (), 0, 0.0) for count in (3, 4))

    assert [(event.event, event.number) for event in log.update_capture((three,))] == [(FindingChange.FOUND, 2)]
    assert log.update_capture((three,)) == []
    (changed,) = log.update_capture((four,))
    assert (changed.event, changed.number, changed.whole) == (FindingChange.CHANGED, 2, four)
    (gone,) = log.update_capture(())
    assert (gone.event, gone.number, gone.whole) == (FindingChange.GONE, 2, four)


def test_evicted_streams_are_forgotten_and_no_others() -> None:
    log = FindingLog()
    told(log, 0, LOST)
    told(log, 1, LOST)
    log.forget([0, 7])
    assert told(log, 1, LOST) == []
    assert told(log, 0, LOST) == [(FindingChange.FOUND, 3, LOST.id)]
