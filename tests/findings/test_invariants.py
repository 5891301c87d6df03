"""What holds for the findings of every capture (`invariants`): over all cases, and over all cases cut short."""

from __future__ import annotations

import gzip
import struct
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from invariant_claims import Told, contradicted
from invariants import Violation, described, violations
from packet_log import PacketLog
from quiet_recovery import quiet_recoveries
from traces import write_trace

from tcptui.access.open_capture import view_of
from tcptui.findings.catalog import SPECS
from tcptui.findings.spec import WhenEvicted
from tcptui.model.finding import FindingId
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.uncounted

CASES = Path(__file__).resolve().parents[2] / "cases"
CAPTURES = sorted(CASES.glob("*/*.pcapng*"))
#: How many times each case is cut short.
CUTS = 8
PACKET_BLOCKS = {2, 3, 6}

OPENING = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]


def of_file(path: Path) -> list[Violation]:
    session = open_file(path)
    try:
        return list(violations(session))
    finally:
        session.close()


def test_the_findings_of_the_cases_contradict_nothing() -> None:
    found = [violation for capture in CAPTURES for violation in of_file(capture)]

    assert not found, described(found)


def test_no_connection_is_called_unusual_in_nothing_beside_time_lost_to_recovery() -> None:
    found = []
    for capture in CAPTURES:
        session = open_file(capture)
        found += quiet_recoveries(session)
        session.close()

    assert not found


def cut_short(capture: Path) -> Iterator[bytes]:
    """The first packets of a pcapng file: `CUTS` times more of them, never all."""
    data = capture.read_bytes()
    data = gzip.decompress(data) if capture.suffix == ".gz" else data
    ends, at = [], 0
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<II", data, at)
        at += size
        if kind in PACKET_BLOCKS:
            ends.append(at)
    step = max(1, len(ends) // (CUTS + 1))
    yield from (data[:end] for end in ends[step - 1 : -1 : step])


@pytest.mark.some(30)
@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: f"{path.parent.name}-{path.name.partition('.')[0]}")
def test_no_sentence_about_a_capture_cut_short_is_false_of_it(capture: Path, tmp_path: Path) -> None:
    whole = open_file(capture)
    # A stream of which the packets need be read is asked for itself: one that has grown may not be read unasked.
    lasting = {(stream, finding.id) for stream in range(whole.streams.count) for finding in whole.findings(stream)}
    whole.close()
    for data in cut_short(capture):
        part = tmp_path / "part.pcapng"
        part.write_bytes(data)
        session = open_file(part)
        found = list(violations(session))
        early = [(stream, f) for stream, told in session.each_findings(range(session.streams.count)) for f in told]
        session.close()

        assert not found, described(found)
        lost = [
            (stream, finding.id)
            for stream, finding in early
            if SPECS[finding.id].when_evicted is WhenEvicted.STAYS and (stream, finding.id) not in lasting
        ]
        assert not lost


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    return write_trace(
        tmp_path / "closed.pcap",
        [
            *OPENING, "41 C PA 1 1 100", "81 S A 1 101", "100 C FA 101 1", "140 S FA 1 102", "140.1 C A 102 2",
            "1000 C R 102 0",
        ],
    )  # fmt: skip


def test_a_sentence_that_a_later_packet_contradicts_is_found(closed: Path) -> None:
    session = open_file(closed)
    log = PacketLog(view_of(session, 0))
    close = next(f for f in session.findings(0) if f.id is FindingId.THREE_PACKET_CLOSE)

    assert contradicted(Told(log, close)) == []
    wrong = replace(close, facts={**close.facts, "shape": "no-last-ack"})
    assert [(claim.says, log.frame[i]) for claim, i in contradicted(Told(log, wrong))] == [
        ("the ACK of that is not in the capture", 8)
    ]
    open_still = replace(close, id=FindingId.STILL_OPEN, facts={"last_frame": 7, "shape": ""})
    assert {claim.says for claim, _i in contradicted(Told(log, open_still))} == {
        "neither end has sent a FIN or a reset",
        "the last packet here",
    }
