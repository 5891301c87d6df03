"""Questions and answers of the packets that are not TCP: by the bytes of messages, as by their header trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from captures import Tape
from datagrams import CLIENT, SERVER, Datagrams, drawn, names
from other_frames import dns_answer, dns_query

from tcptui.model.datagram_pair import Pair, Role
from tcptui.protocols.headers.tree import header_tree
from tcptui.session import datagrams
from tcptui.session.other_tables import other_packets, other_pairs
from tcptui.session.pair_lines import with_pairs
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

#: Captures with DNS over UDP, echoes, fragments, VLANs.
CAPTURES: Final = (
    "nDPI-dns_fragmented.pcap",
    "pcaps-ppa-capture-files-dns.pcap",
    "nDPI-weibo.pcap",
    "nDPI-teams.pcap",
)


def opened(tape: Tape, folder: Path) -> Session:
    path = folder / "datagrams.pcap"
    path.write_bytes(tape.pcap())
    return paired(open_file(path))


def paired(session: Session) -> Session:
    other_packets(session).grow()
    assert other_pairs(session).grow()
    return session


def said(pairs: list[Pair]) -> list[Pair]:
    return [pair for pair in pairs if pair.role is not Role.NONE]


def pairs_by_row(session: Session) -> dict[int, list[Pair]]:
    rows = other_packets(session).rows_of_protocol(None).tolist()
    return {row: found for row in rows if (found := said(other_pairs(session).all_of(row)))}


def test_conversation_says_what_was_asked_and_not_answered_and_the_slowest(tmp_path: Path) -> None:
    session = opened(names(), tmp_path)
    talks, number = other_pairs(session).talks(), other_packets(session).conversation_of(0)

    assert (talks.questions[number], talks.unanswered[number]) == (4, 1)
    assert talks.slowest_ns[number] == 1_010_000_000
    assert other_pairs(session).of(1) == Pair(Role.AGAIN, 1, 0)
    assert other_pairs(session).of(0) == Pair(Role.QUESTION, 3, 1_010_000_000)


def test_pairs_go_with_the_packets_that_are_evicted(tmp_path: Path) -> None:
    tape = Datagrams()
    for number in range(100):
        tape.dns(number, CLIENT, SERVER, dns_query(number, "a.example"))
        tape.dns(number + 0.5, SERVER, CLIENT, dns_answer(number, "a.example", []))
    session = opened(tape, tmp_path)
    session.store.evict(150)
    paired(session)
    talks = other_pairs(session).talks()

    assert other_pairs(session).of(0) is None
    assert other_pairs(session).of(151) == Pair(Role.ANSWER, 151, 500_000)
    assert talks.questions.tolist() == [25]


def test_growing_in_short_looks_ends_where_one_long_look_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagrams, "BATCH", 5)
    session, looks = opened(drawn(1), tmp_path), 1
    other = open_file(tmp_path / "datagrams.pcap")
    other_packets(other).grow()
    while not other_pairs(other).grow(0.0):
        looks += 1

    assert looks > 10
    assert pairs_by_row(other) == pairs_by_row(session)


def test_tree_says_which_packet_answers_and_leads_there(tmp_path: Path) -> None:
    session = opened(names(), tmp_path)
    asked, answered = (
        with_pairs(header_tree(session.reader.packet(row)), other_pairs(session).all_of(row)) for row in (0, 2)
    )

    line = asked.children[-1].children[-1]
    assert (line.label, line.target, line.field) == ("[Response In: 3]", 3, "dns.response_in")
    assert [line.label for line in answered.children[-1].children[-2:]] == [
        "[Request In: 1]",
        "[Time: 1.010000000 seconds]",
    ]
