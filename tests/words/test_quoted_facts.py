"""What explanations quote is true: packets, bytes, times and counts, held against the columns of real captures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from rich.cells import cell_len

from tcptui.access.open_capture import view_of
from tcptui.model.packet_store import RowKind
from tcptui.session.session import Session, open_file
from tcptui.words.catalogue import Words
from tcptui.words.explanation import Explanation, SectionKind
from tcptui.words.finding_text import explain_finding
from tcptui.words.language import Language
from tcptui.words.packet_text import explain_packet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.finding import Finding

pytestmark = pytest.mark.uncounted

EN, ZH = Words(Language.EN), Words(Language.ZH)
BOTH = (EN, ZH)
#: Cells of a title in the explanation strip of an 80-column terminal.
TITLE = 60
#: Characters of an English meaning's first sentence; two lines of the strip.
SENTENCE = 160
#: Packets explained per capture: the first ones, then every so many.
EXPLAINED = 150
PACKET_EN = re.compile(r"[Pp]ackets? (\d+)(?: (?:and|to) (\d+))?")
PACKET_ZH = re.compile(r"(\d+)(?:、(\d+))? 号包")
COMMAND = re.compile(
    r"\b(ss|nstat|ping|tcpdump|strace|traceroute|sysctl|uptime)\b|net\.ipv4|tcp:tcp_|connect\(\)|key /|\d"
)
#: Times that follow from two packets of the same finding: fact, earlier, later.
TIMES = {
    "three-way-handshake": [("rtt_s", "syn_frame", "third_frame"), ("server_s", "syn_frame", "syn_ack_frame")],
    "connection-refused": [("answer_s", "syn_frame", "rst_frame")],
    "syn-timeout": [("tried_s", "first_frame", "last_frame")],
    "four-packet-close": [("gap_s", "fin_frame", "second_frame")],
    "three-packet-close": [("gap_s", "fin_frame", "second_frame"), ("took_s", "fin_frame", "last_frame")],
    "data-after-close": [("after_s", "fin_frame", "rst_frame")],
    "rst-abortive-close": [("silent_s", "last_frame", "rst_frame")],
    "rst-dead-connection": [("answer_s", "data_frame", "rst_frame")],
    "rst-injected": [("later_s", "rst_frame", "later_frame")],
    "fast-retransmission": [("delay_s", "trigger_frame", "first_frame"), ("healed_s", "first_frame", "healed_frame")],
    "retransmission-timeout": [("healed_s", "first_frame", "healed_frame")],
    "retransmission-unexplained": [("since_s", "original_frame", "first_frame")],
    "duplicated-by-network": [("apart_s", "original_frame", "first_frame")],
    "capture-duplicates": [("apart_s", "original_frame", "copy_frame")],
    "zero-window": [("closed_s", "first_frame", "open_frame")],
}


@pytest.fixture(scope="module")
def sessions(corpus: Path) -> list[Session]:
    files = sorted(path for path in (corpus / "dev").iterdir() if path.suffix != ".tsv")
    return [open_file(path) for path in files]


@pytest.fixture(scope="module")
def told(sessions: list[Session]) -> list[tuple[Session, StreamView, Finding]]:
    return [
        (session, view_of(session, stream), finding)
        for session in sessions
        for stream in range(session.streams.count)
        for finding in session.findings(stream)
    ]


def _rows(session: Session) -> list[int]:
    count = session.store.count
    return sorted({*range(min(count, EXPLAINED // 2)), *range(0, count, max(1, 2 * count // EXPLAINED))})


@pytest.fixture(scope="module")
def explained(sessions: list[Session]) -> list[tuple[Session, int, Explanation, Explanation]]:
    return [
        (session, row, explain_packet(session, row, EN), explain_packet(session, row, ZH))
        for session in sessions
        for row in _rows(session)
    ]


def _texts(explanation: Explanation) -> Iterator[str]:
    yield explanation.title
    yield explanation.meaning
    for section in explanation.sections:
        yield from section.lines


def _index(view: StreamView, frame: object) -> int:
    found = np.flatnonzero(view.frame == frame)
    assert len(found) == 1, frame
    return int(found[0])


def _short_quotes(session: Session) -> set[int]:
    """Frames of ICMP errors that quote too little of a segment for Wireshark to give them to its stream."""
    store, rows = session.store, slice(session.store.count)
    quotes = (store.kind[rows] == RowKind.OTHER) & (store.protocol[rows] == 6) & (store.transport_offset[rows] > 0)
    return set(store.frame[rows][quotes].tolist())


def test_every_packet_that_a_finding_names_belongs_to_its_stream(
    told: list[tuple[Session, StreamView, Finding]],
) -> None:
    for session, view, finding in told:
        frames = set(session.store.frame[session.rows_of(finding.stream)].tolist()) | _short_quotes(session)
        for words, pattern in ((EN, PACKET_EN), (ZH, PACKET_ZH)):
            for text in _texts(explain_finding(finding, view, words)):
                for named in pattern.findall(text):
                    assert {int(number) for number in named if number} <= frames, text


def test_byte_ranges_are_those_of_the_packet_that_carries_them(
    told: list[tuple[Session, StreamView, Finding]],
) -> None:
    checked = 0
    for _session, view, finding in told:
        facts = finding.facts
        if "first_seq" not in facts or "first_frame" not in facts or facts.get("shape") in {"gap", "unseen"}:
            continue  # of a hole its receiver tells, in a packet that carries nothing
        i = _index(view, facts["first_frame"])
        assert (facts["first_seq"], facts["bytes"]) == (view.seq[i], view.length[i])
        assert facts["last_seq"] == view.seq[i] + max(0, view.length[i] - 1)
        assert facts["sender"] == ("client", "server")[int(view.from_server[i])]
        checked += 1
    assert checked > 100


def test_times_are_those_between_the_packets_named(told: list[tuple[Session, StreamView, Finding]]) -> None:
    checked = 0
    for _session, view, finding in told:
        for fact, earlier, later in TIMES.get(finding.id, ()):
            if fact not in finding.facts or not finding.facts[earlier] or not finding.facts[later]:
                continue
            a, b = (_index(view, finding.facts[name]) for name in (earlier, later))
            elapsed = max(0, int(view.time_ns[b]) - int(view.time_ns[a])) / 1e9
            assert finding.facts[fact] == pytest.approx(elapsed), finding
            checked += 1
    assert checked > 1000


def test_waits_are_no_longer_than_the_time_since_the_previous_copy(
    told: list[tuple[Session, StreamView, Finding]],
) -> None:
    for _session, view, finding in told:
        facts = finding.facts
        if "waited_s" in facts and facts.get("original_frame") and view.time_ns[0] <= view.time_ns[-1]:
            a, b = (_index(view, facts[name]) for name in ("original_frame", "first_frame"))
            assert float(str(facts["waited_s"])) <= (view.time_ns[b] - view.time_ns[a]) / 1e9 + 1e-6


def test_counts_of_handshake_packets_are_those_in_the_stream(
    told: list[tuple[Session, StreamView, Finding]],
) -> None:
    for _session, view, finding in told:
        syns = int(np.count_nonzero((view.flags & 0x12) == 0x02))
        if finding.id == "syn-timeout":
            assert finding.facts["count"] == len(finding.packets) <= syns
        if finding.id == "still-open":
            assert finding.facts["packets"] == len(view)


def test_a_finding_of_two_streams_never_reads_the_same(told: list[tuple[Session, StreamView, Finding]]) -> None:
    for words in BOTH:
        seen: dict[tuple[int, str], Finding] = {}
        for session, view, finding in told:
            key = (id(session), explain_finding(finding, view, words).meaning)
            other = seen.setdefault(key, finding)
            assert other is finding or other.stream == finding.stream, key


def test_every_finding_says_where_to_look_with_a_command_or_a_packet(
    told: list[tuple[Session, StreamView, Finding]],
) -> None:
    for _session, view, finding in told:
        for words in BOTH:
            look = [s for s in explain_finding(finding, view, words).sections if s.kind is SectionKind.LOOK_NEXT]
            assert len(look) == 1
            assert COMMAND.search(look[0].lines[0]), look


def test_packets_can_be_explained_in_both_languages(
    explained: list[tuple[Session, int, Explanation, Explanation]],
) -> None:
    for _session, _row, *both in explained:
        for explanation in both:
            assert explanation.title
            assert explanation.meaning
            assert all(line.strip() for section in explanation.sections for line in section.lines)


def test_titles_and_first_sentences_fit_the_strip(
    explained: list[tuple[Session, int, Explanation, Explanation]],
    told: list[tuple[Session, StreamView, Finding]],
) -> None:
    for _session, _row, english, chinese in explained:
        assert cell_len(english.title) <= TITLE, english.title
        assert cell_len(chinese.title) <= TITLE, chinese.title
        assert len(re.split(r"[.;:] ", english.meaning)[0]) <= SENTENCE, english.meaning
    for _session, view, finding in told:
        assert all(cell_len(explain_finding(finding, view, words).title) <= TITLE for words in BOTH)


def test_sentences_are_whole(
    explained: list[tuple[Session, int, Explanation, Explanation]],
    told: list[tuple[Session, StreamView, Finding]],
) -> None:
    """No leftovers of templates, no doubled spaces, no clumsy amounts; English sentences begin with a capital."""
    english = [text for _session, _row, explanation, _zh in explained for text in _texts(explanation)]
    english += [text for _session, view, finding in told for text in _texts(explain_finding(finding, view, EN))]
    for text in english:
        assert not re.search(r"[{}]|None|  |not known\)|packet 0\b|\b1 (bytes|packets|times|segments)\b", text), text
        assert not re.search(r"\.[A-Z][a-z]|\)\(|\) \(|-\d+(\.\d+)? (µs|ms|s)\b", text), text
        assert re.match(r"[A-Z0-9\"]|ss |nstat |tcp", text), text


def test_chinese_is_set_as_chinese(
    explained: list[tuple[Session, int, Explanation, Explanation]],
    told: list[tuple[Session, StreamView, Finding]],
) -> None:
    """A space between Chinese and Latin or digits; full-width punctuation between Chinese."""
    chinese = [text for _session, _row, _en, explanation in explained for text in _texts(explanation)]
    chinese += [text for _session, view, finding in told for text in _texts(explain_finding(finding, view, ZH))]
    for text in chinese:
        assert not re.search(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9%][\u4e00-\u9fff]", text), text
        assert not re.search(
            r"[\u4e00-\u9fff][,;:?!.()]|[,;:?!()][\u4e00-\u9fff]|）（| [，。；：（）]|[，。；：（] ", text
        ), text
        assert "0 号包" not in re.sub(r"\d+0 号包", "", text), text


def test_what_a_packet_says_of_its_own_numbers_is_in_its_columns(
    explained: list[tuple[Session, int, Explanation, Explanation]],
) -> None:
    checked = 0
    for session, row, english, _chinese in explained:
        if session.store.kind[row] != RowKind.TCP or session.store.length[row] <= 1:
            continue
        sent = re.search(r"sends? (?:its )?bytes (\d+)–(\d+) \(([\d,]+) bytes\)", english.meaning)
        if sent is None:
            continue
        view = view_of(session, int(session.store.stream[row]))
        i = int(np.searchsorted(view.rows, row))
        first, last, amount = (int(number.replace(",", "")) for number in sent.groups())
        assert (first, amount) == (view.seq[i], view.length[i]), english.meaning
        assert last == first + amount - 1
        assert (
            english.meaning.startswith(("The server", "After"))
            or not view.from_server[i]
            or "server" in english.meaning
        )
        checked += 1
    assert checked > 1000


def test_states_in_words_are_those_of_the_columns(
    explained: list[tuple[Session, int, Explanation, Explanation]],
) -> None:
    from tcptui.model.tcp_state import TcpState, state_of

    for session, row, english, _chinese in explained:
        if session.store.kind[row] != RowKind.TCP:
            continue
        stream = int(session.store.stream[row])
        cells = (int(session.store.state_a[row]), int(session.store.state_b[row]))
        swapped = int(session.streams.client_is_b[stream])
        lines = next(section.lines for section in english.sections if section.kind is SectionKind.STATES)
        for line, cell in zip(lines, (cells[swapped], cells[1 - swapped]), strict=True):
            state, known = state_of(cell)
            if state is not TcpState.UNSEEN:
                assert f"{state.label} ({'known' if known else 'assumed'}" in line
