"""Findings of one's own in a session: in a file, and while a capture grows and loses its beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import ACK, CLIENT, PSH, SERVER, Tape, mixed
from growth import Growth, long_one

from tcptui.access.notes.notebook import notes_path
from tcptui.capture.file_source import open_file
from tcptui.dfilter.compile import compile_filter
from tcptui.findings.weight import cause_confidence
from tcptui.model.finding import Confidence, FindingId, OwnId, Severity
from tcptui.session.catch_up import Compile
from tcptui.session.filtering.run import FilterRun
from tcptui.session.own import findings as own_findings
from tcptui.session.own.rule import OwnRule, Per
from tcptui.session.retention import Bounds
from tcptui.session.session import Session
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import explain_finding, finding_name, finding_short, finding_title
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import I32

WORDS = {"en": ("Title [SYN] {x}", "Sentence {y}.")}


def rule(text: str, name: str = "mine", severity: Severity = Severity.WARNING, **more: object) -> OwnRule:
    return OwnRule(OwnId(name, WORDS), compile_filter(text), severity, **more)  # type: ignore[arg-type]


def read(path: Path, *rules: OwnRule) -> Session:
    """A session over the whole file with these findings."""
    session = Session([open_file(path)], compile_when=Compile.NEVER)
    session.find_also(rules)
    session.run_here()
    return session


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.pcap"
    path.write_bytes(mixed().pcap())
    return path


def own(session: Session) -> dict[int, list[tuple[str, tuple[int, ...]]]]:
    """Findings of one's own by connection: id and evidence."""
    told = {
        stream: [(str(one.id), one.packets) for one in found if isinstance(one.id, OwnId)]
        for stream, found in session.each_findings(range(session.streams.count))
    }
    return {stream: found for stream, found in told.items() if found}


def frames(session: Session, text: str) -> list[int]:
    mask = FilterRun(session, compile_filter(text)).matching(session.store.first, session.store.count)
    return [int(session.store.frame[row + session.store.first]) for row in np.flatnonzero(mask)]


def test_packets_that_match_are_the_evidence_in_their_connection(path: Path) -> None:
    session = read(path, rule("tcp.flags.syn == 1"))

    syns = frames(session, "tcp.flags.syn == 1")
    told = own(session)
    assert sorted(frame for found in told.values() for _, packets in found for frame in packets) == syns
    assert all(len(found) == 1 for found in told.values())
    assert frames(session, 'tcptui.finding == "mine"') == syns
    assert frames(session, 'tcptui.finding == "mine" and tcptui.severity == "warning"') == syns


def test_session_tells_them_as_those_of_the_rules(path: Path) -> None:
    session = read(path, rule("tcp.stream == 0 and tcp.flags.syn == 1", severity=Severity.ERROR))

    assert session.severity[0] == Severity.ERROR
    assert session.has_trouble
    headline = session.headline(0)
    assert headline is not None
    assert headline.id == "mine"
    assert "mine" in {str(one.id) for one in session.findings(0)}
    assert "mine" in {str(one.id) for one in session.above_note()[0]}
    assert "mine" in {str(group.finding.id) for group in session.trouble.groups}
    told = [
        (int(part.streams[place]), found)
        for part in session.all_findings.judged()
        for place, found in part.others.items()
    ]
    assert "mine" in {str(one.id) for stream, found in told if stream == 0 for one in found}


def test_healthy_connection_stays_healthy_without_a_match(path: Path) -> None:
    plain, with_rule = read(path), read(path, rule("tcp.port == 9"))

    assert own(with_rule) == {}
    assert with_rule.severity.tolist() == plain.severity.tolist()
    assert dict(with_rule.each_findings(range(4))) == dict(plain.each_findings(range(4)))


def test_the_event_is_certain_and_the_cause_never_is(path: Path) -> None:
    session = read(path, rule("tcp.flags.syn == 1"))
    found = [one for one in session.findings(0) if isinstance(one.id, OwnId)]

    assert [(one.confidence, cause_confidence(one)) for one in found] == [(Confidence.CERTAIN, Confidence.POSSIBLE)]


@pytest.mark.parametrize("language", Language)
def test_words_are_the_users_and_marked_as_such(path: Path, language: Language) -> None:
    session, words = read(path, rule("tcp.flags.syn == 1")), Words(language)
    (found,) = [one for one in session.findings(0) if isinstance(one.id, OwnId)]
    mark = {Language.EN: "(own finding)", Language.ZH: "（自定义）"}[language]

    assert finding_title(found, words) == finding_name(found.id, words)
    assert finding_title(found, words).startswith("Title [SYN] {x}")
    assert mark in finding_title(found, words)
    assert len(finding_short(found, words)) <= 40
    explained = explain_finding(found, None, words)
    assert explained.meaning.startswith("Sentence {y}.")
    assert "tcp.flags.syn == 1" in explained.meaning
    assert len(explained.sections) == 5
    assert all(line for part in explained.sections for line in part.lines)


def test_at_least_counts_packets_of_a_connection(path: Path) -> None:
    session = read(path, rule("tcp.flags.syn == 1", at_least=2))

    counts = {stream: len(packets) for stream, found in own(session).items() for _, packets in found}
    assert counts == {0: 2, 1: 2, 3: 2}


def test_each_packet_has_its_own_and_the_last_names_the_rest(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_findings, "MOST_OF_PACKETS", 3)
    session = read(path, rule("tcp.stream == 0", per=Per.PACKET))
    (found,) = own(session).values()
    whole = frames(session, "tcp.stream == 0")

    assert [packets for _, packets in found] == [(whole[0],), (whole[1],), tuple(whole[2:])]


def test_rules_ask_for_findings_of_this_program_never_for_ones_own(path: Path) -> None:
    session = read(
        path, rule('tcptui.finding == "connection-refused"', "first"), rule('tcptui.finding == "first"', "second"),
        rule("not tcptui.finding", "third", severity=Severity.NOTE),
    )  # fmt: skip

    told = own(session)
    assert [name for name, _ in told[2]] == ["first"]
    assert "second" not in {name for found in told.values() for name, _ in found}
    assert "third" in {name for name, _ in told[1]}


def test_packets_of_no_connection_are_told_of_none(path: Path) -> None:
    session = read(path, rule("frame"))

    assert set(own(session)) == set(range(session.streams.count))


def test_nothing_is_concluded_of_the_whole_capture_from_them(path: Path) -> None:
    plain, session = read(path), read(path, rule("tcp", severity=Severity.ERROR))

    assert session.diagnosis.findings == plain.diagnosis.findings


# -- live ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["tcp.len > 0", "tcp.flags.reset == 1", "tcptui.packets > 6", "tcp.completeness > 7"])
def test_after_each_piece_they_are_as_in_a_file_of_it(text: str, tmp_path: Path) -> None:
    growth = Growth(mixed())
    growth.session.find_also([rule(text)])
    for packets in range(5, growth.packets, 7):
        for _ in range(3):
            growth.to(packets)
            growth.session.steering.own.look(settled=False, seconds=60)  # type: ignore[union-attr]
        told = sorted(frame for found in own(growth.session).values() for _, part in found for frame in part)
        assert told == frames(growth.session, text), packets
    growth.end()
    path = tmp_path / "x.pcap"
    path.write_bytes(mixed().pcap())

    assert own(growth.session) == own(read(path, rule(text)))


def test_evidence_that_is_evicted_stays_and_what_is_evicted_whole_goes() -> None:
    growth = Growth(long_one(400, 200), Bounds(100, streams=40))
    growth.session.find_also([rule("frame.number in {1..20} or frame.number == 500")])
    for packets in range(20, growth.packets, 20):
        growth.to(packets)
        growth.session.ring.turn(0)
        growth.session.steering.own.look(settled=False, seconds=60)  # type: ignore[union-attr]
        if packets == 360:
            assert growth.session.store.first > 20
            assert [len(one.packets) for one in growth.session.own_findings(0)] == [20]
    growth.end()

    assert [one.packets for one in growth.session.own_findings(1)] == [(500,)]


class Told:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.of: dict[int, tuple[Finding, ...]] = {}

    def due(self, places: slice | I32) -> NDArray[np.bool_]:
        return np.zeros(len(np.arange(100_000)[places]), np.bool_)

    def judged(self, stream: int, segments: int, findings: tuple[Finding, ...]) -> None:
        assert segments
        self.of[stream] = findings

    def leaving(self, streams: NDArray[np.int64]) -> None:
        pass

    def look(self, *, over: bool) -> None:
        pass


def test_observer_hears_of_new_ones_beside_those_of_the_rules() -> None:
    growth, told = Growth(mixed()), Told()
    growth.session.find_also([rule("tcp.flags.reset == 1"), rule("tcp.flags.syn == 1", "syn")])
    growth.session.observe(told)
    growth.to(8)
    assert {str(one.id) for one in told.of[0]} >= {"syn"}
    growth.end()

    assert {str(one.id) for one in told.of[2]} >= {"mine", "syn", FindingId.CONNECTION_REFUSED}


def test_cleared_capture_goes_on_with_them() -> None:
    growth = Growth(mixed())
    growth.session.find_also([rule("tcp.flags.syn == 1")])
    growth.to(5)
    again = growth.session.anew()

    assert again.steering.own is not None


def test_rule_that_cannot_be_asked_is_told_and_the_others_go_on(path: Path) -> None:
    notes_path(path).write_bytes(b"{")
    session = Session(
        [__import__("tcptui.capture.file_source", fromlist=["x"]).open_file(path)], compile_when=Compile.NEVER
    )
    session.capture_file = path
    session.find_also([rule("tcptui.marked", "marked"), rule("tcp.flags.syn == 1")])
    session.run_here()

    notice = session.progress.notice
    assert notice is not None
    assert (notice.key, notice.facts) == ("own.failed.notes", {"id": "marked"})
    assert {name for found in own(session).values() for name, _ in found} == {"mine"}


def test_long_connection_is_looked_at_in_slices(path: Path) -> None:
    tape = Tape()
    tape.handshake(0, f"{CLIENT}:1", f"{SERVER}:2")
    for number in range(600):
        tape.tcp(10 + number, f"{CLIENT}:1", f"{SERVER}:2", PSH | ACK, 1001 + number, 9001, b"x")
    path.write_bytes(tape.pcap())
    session = read(path)
    session.find_also([rule('frame.protocols == "x" or tcp.len == 1')], at_once=True)
    looks = session._own
    assert looks is not None
    rounds = 1
    while looks.look(settled=True, seconds=0):
        rounds += 1

    assert rounds > 1
    assert [len(one.packets) for one in session.own_findings(0)] == [600]
    assert not looks.look(settled=True)
