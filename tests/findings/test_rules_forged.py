"""What somebody else wrote into a connection: told as that, and nothing told that rests on it; look-alikes silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from forged import ACK, FIN, PSH, REQUEST, RST, Sum, Wire, answer, conversation

from tcptui.access.open_capture import view_of
from tcptui.cli.report.summary import Summary
from tcptui.findings import annotate
from tcptui.findings.rules.refuted_end import PROVED
from tcptui.model.finding import Confidence, Finding, Severity
from tcptui.model.tcp_state import TcpState
from tcptui.session.session import Session, open_file
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.trust_text import trust_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Judge = Callable[..., dict[str, Finding]]

ALICE, MALLO = answer(b"transfer to ALICE"), answer(b"transfer to MALLO")
CONFLICT = "content-conflict"


@pytest.fixture
def judged(tmp_path: Path) -> Iterator[Judge]:
    """What is found of the one connection that a wire has."""
    sessions: list[Session] = []

    def run(wire: Wire, cut: int | None = None) -> dict[str, Finding]:
        path = tmp_path / f"{len(sessions)}.pcap"
        path.write_bytes(wire.pcap(cut))
        sessions.append(open_file(path))
        return {finding.id.value: finding for finding in sessions[-1].findings(0)}

    yield run
    for session in sessions:
        session.close()


def answered(*copies: bytes, sums: Sum = Sum.GOOD, acked_between: bool = False) -> Wire:
    """A request, and several segments at the place of its answer."""
    wire, at = conversation(sums)
    for number, data in enumerate(copies):
        wire.send(1, PSH | ACK, 1, at, data)
        if acked_between and not number:
            wire.send(0, ACK, at, 1 + len(copies[0]))
    wire.send(0, ACK, at, 1 + len(copies[0]))
    wire.close(at, 1 + len(copies[0]))
    return wire


# -- the same numbers with other bytes ---------------------------------------------------------------


@pytest.mark.finding("content-conflict")
@pytest.mark.parametrize("copies", [(ALICE, MALLO), (MALLO, ALICE), (ALICE, ALICE, MALLO)])
def test_same_numbers_with_other_bytes_are_told_and_nothing_was_surely_sent_again(
    judged: Judge, copies: tuple[bytes, ...]
) -> None:
    found = judged(answered(*copies))

    finding = found[CONFLICT]
    assert (finding.severity, finding.confidence) == (Severity.ERROR, Confidence.CERTAIN)
    assert (finding.facts["bytes"], finding.facts["differing"]) == (5, 5)
    assert finding.facts["again_frame"] in finding.packets
    assert not [each for each in found if "retransmission" in each and set(found[each].packets) & set(finding.packets)]


@pytest.mark.finding("content-conflict")
def test_what_was_acknowledged_before_the_second_came_was_most_likely_kept(judged: Judge) -> None:
    assert judged(answered(ALICE, MALLO, acked_between=True))[CONFLICT].facts["shape"] == "acked"


@pytest.mark.finding("content-conflict")
def test_other_cut_of_the_same_numbers_is_compared_where_they_meet(judged: Judge) -> None:
    wire, at = conversation()
    wire.send(1, PSH | ACK, 1, at, ALICE)
    wire.send(1, PSH | ACK, 11, at, MALLO[10:] + b"more")
    wire.send(0, ACK, at, 5 + len(ALICE))
    wire.close(at, 5 + len(ALICE))

    assert judged(wire)[CONFLICT].facts["differing"] == 5


@pytest.mark.finding("content-conflict")
def test_copies_that_the_snaplen_cut_may_be_damaged(judged: Judge) -> None:
    finding = judged(answered(ALICE[:-20] + b"x" * 40, MALLO[:-20] + b"x" * 40), 40 + len(ALICE) - 21)

    assert CONFLICT not in finding
    finding = judged(answered(b"A" + ALICE, b"B" + ALICE), 50)
    assert (finding[CONFLICT].confidence, finding[CONFLICT].alternatives[0]) == (Confidence.LIKELY, "damaged-unseen")


def fragments(order: tuple[int, ...], forged: bytes, ip_id: int = 7, gap_ms: float = 1) -> Wire:
    """The answer in fragments: 0 its beginning, 1 its end, 2 a forged end."""
    wire, at = conversation()
    whole = wire.segment(1, PSH | ACK, 1, at, ALICE)
    pieces = ((0, True, whole[:56]), (56, False, whole[56:]), (40, False, whole[40:56] + forged))
    for number in order:
        offset, more, data = pieces[number]
        wire.ip(1, data, ip_id=ip_id, fragment=(offset, more), wait_ms=gap_ms)
    wire.send(0, ACK, at, 1 + len(ALICE))
    wire.close(at, 1 + len(ALICE))
    return wire


@pytest.mark.finding("content-conflict")
@pytest.mark.parametrize("order", [(0, 2, 1), (2, 0, 1), (0, 1, 2), (1, 2, 0), (2, 1, 0)])
def test_fragments_that_overlap_with_other_bytes_are_told_in_any_order(judged: Judge, order: tuple[int, ...]) -> None:
    finding = judged(fragments(order, b"MALLO" * 4))[CONFLICT]

    assert finding.facts["shape"] == "fragments"


@pytest.mark.finding("content-conflict", twin=True)
@pytest.mark.parametrize("order", [(0, 2, 1), (0, 1, 1), (0, 0, 1), (1, 0, 2)])
def test_fragments_that_overlap_with_equal_bytes_are_copies(judged: Judge, order: tuple[int, ...]) -> None:
    wire, _ = conversation()
    whole = wire.segment(1, PSH | ACK, 1, 1 + len(REQUEST), ALICE)

    assert CONFLICT not in judged(fragments(order, whole[56:]))


@pytest.mark.finding("content-conflict", twin=True)
def test_later_datagram_with_the_same_number_is_another_one(judged: Judge) -> None:
    wire, at = conversation()
    for begin, data in ((1, ALICE), (1 + len(ALICE), MALLO)):
        whole = wire.segment(1, PSH | ACK, begin, at, data)
        wire.ip(1, whole[:56], ip_id=7, fragment=(0, True))
        wire.ip(1, whole[56:], ip_id=7, fragment=(56, False))
    wire.send(0, ACK, at, 1 + len(ALICE + MALLO))
    wire.close(at, 1 + len(ALICE + MALLO))

    assert CONFLICT not in judged(wire)


@pytest.mark.finding("content-conflict", twin=True)
def test_equal_bytes_cut_otherwise_are_a_retransmission(judged: Judge) -> None:
    wire, at = conversation()
    for begin, stop in ((0, 20), (20, 40), (40, 56), (5, 50), (0, 56)):
        wire.send(1, PSH | ACK, 1 + begin, at, ALICE[begin:stop])
    wire.send(0, ACK, at, 1 + len(ALICE))
    wire.close(at, 1 + len(ALICE))

    assert CONFLICT not in judged(wire)


@pytest.mark.finding("content-conflict", twin=True)
@pytest.mark.parametrize("byte", [b"\0", b"x"])
def test_byte_of_a_keep_alive_or_probe_is_anything(judged: Judge, byte: bytes) -> None:
    wire = answered(ALICE)
    del wire.records[-3:]
    at = 1 + len(REQUEST)
    wire.send(1, ACK, len(ALICE), at, byte, wait_ms=20_000)
    wire.send(0, ACK, at, 1 + len(ALICE))
    wire.close(at, 1 + len(ALICE))

    assert CONFLICT not in judged(wire)


@pytest.mark.finding("content-conflict", twin=True)
@pytest.mark.parametrize("sums", [Sum.BAD])
def test_of_an_end_whose_sums_are_all_wrong_nothing_is_known(judged: Judge, sums: Sum) -> None:
    assert CONFLICT not in judged(answered(ALICE, MALLO, sums=sums))


@pytest.mark.finding("content-conflict", twin=True)
def test_copy_with_a_wrong_sum_is_damaged_but_perhaps_not_by_chance(judged: Judge) -> None:
    wire = answered(MALLO, ALICE)
    packet = bytearray(wire.records[5][1])
    packet[36:38] = b"\x12\x34"
    wire.records[5] = (wire.records[5][0], bytes(packet))
    found = judged(wire)

    assert CONFLICT not in found
    assert found["checksum-error"].confidence is Confidence.LIKELY
    assert "retransmission-unexplained" not in found


# -- headers that their receiver drops ---------------------------------------------------------------


@pytest.mark.parametrize("sum_", [Sum.BAD, Sum.GOOD])
def test_zero_window_of_a_segment_that_was_dropped_is_none(judged: Judge, sum_: Sum) -> None:
    wire = Wire()
    wire.open()
    wire.send(0, ACK, 1, 1, window=0, sum=sum_)
    wire.send(0, PSH | ACK, 1, 1, REQUEST)
    at, data = 1 + len(REQUEST), answer(bytes(2_000))
    wire.send(1, ACK, 1, at)
    wire.send(1, ACK, 1, at, data[:1_400])
    wire.send(1, PSH | ACK, 1_401, at, data[1_400:])
    wire.send(0, ACK, at, 1 + len(data))
    wire.close(at, 1 + len(data))

    assert ("zero-window" in judged(wire)) == (sum_ is Sum.GOOD)


def test_wrong_sums_of_a_whole_side_are_offload_and_its_zero_window_counts(judged: Judge) -> None:
    wire = Wire(sums=Sum.BAD)
    wire.open()
    wire.send(0, PSH | ACK, 1, 1, REQUEST)
    at, data = 1 + len(REQUEST), answer(bytes(1_000))
    wire.send(1, ACK, 1, at, data)
    wire.send(0, ACK, at, 1 + len(data), window=0)
    wire.send(0, ACK, at, 1 + len(data), wait_ms=900)
    wire.close(at, 1 + len(data))

    assert "zero-window" in judged(wire)


# -- RSTs and FINs that what follows refutes ---------------------------------------------------------


def _turn(wire: Wire, client: int, server: int, data: bytes = ALICE) -> tuple[int, int]:
    """One more request and its answer."""
    wire.send(0, PSH | ACK, client, server, REQUEST)
    wire.send(1, ACK, server, client + len(REQUEST))
    wire.send(1, PSH | ACK, server, client + len(REQUEST), data)
    wire.send(0, ACK, client + len(REQUEST), server + len(data))
    return client + len(REQUEST), server + len(data)


def ended(side: int, flags: int, ttl: int = 0, *, goes_on: bool = True, ahead: int = 0) -> Wire:
    """A turn, a RST or FIN in the name of ``side``, and perhaps two more turns."""
    wire = Wire()
    wire.open()
    at = _turn(wire, 1, 1)
    wire.send(side, flags, at[side] + ahead, at[1 - side], ttl=ttl)
    if goes_on:
        at = _turn(wire, *_turn(wire, *at))
        wire.close(*at)
    return wire


@pytest.mark.finding("rst-injected")
@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("flags", [RST, RST | ACK])
@pytest.mark.parametrize(("ttl", "ahead"), [(0, 0), (200, 0), (0, 300)])
def test_reset_of_an_end_that_goes_on_as_before_is_forged(
    judged: Judge, side: int, flags: int, ttl: int, ahead: int
) -> None:
    found = judged(ended(side, flags, ttl, ahead=ahead))

    finding = found["rst-injected"]
    assert (finding.facts["shape"], finding.severity) == ("went-on", Severity.WARNING)
    assert not [each for each in found if each.startswith("rst-") and each != "rst-injected"]
    assert "three-packet-close" in found


@pytest.mark.finding("rst-injected")
def test_thousands_of_forged_resets_are_all_counted_and_taken_out_together(
    judged: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who sprays RSTs makes nobody judge the connection anew for each few of them."""
    passes = []
    made = annotate._annotated
    monkeypatch.setattr(
        annotate, "_annotated", lambda connection: (passes.append(connection.count), made(connection))[1]
    )
    wire = Wire()
    wire.open()
    at = _turn(wire, 1, 1)
    for _ in range(3_000):
        wire.send(1, RST, at[1], 0)
        at = _turn(wire, *at)
    wire.close(*at)
    finding = judged(wire)["rst-injected"]

    assert (finding.facts["shape"], finding.facts["count"]) == ("went-on", 3_000)
    assert len(finding.packets) <= 3 * PROVED
    assert len(passes) <= 1 + annotate.JUDGED_AGAIN
    assert max(passes) - min(passes) == 3_000


@pytest.mark.finding("rst-injected", twin=True)
@pytest.mark.parametrize("side", [0, 1])
def test_reset_behind_which_nothing_more_comes_may_be_its_senders(judged: Judge, side: int) -> None:
    found = judged(ended(side, RST | ACK, goes_on=False))

    assert "rst-injected" not in found


@pytest.mark.finding("rst-injected", twin=True)
def test_data_that_crossed_a_reset_do_not_refute_it(judged: Judge) -> None:
    wire = ended(1, RST | ACK, goes_on=False)
    at = 1 + len(REQUEST)
    wire.send(0, PSH | ACK, at, 1 + len(ALICE), REQUEST)
    wire.send(1, RST, 1 + len(ALICE), 0)

    assert "rst-injected" not in judged(wire)


@pytest.mark.finding("rst-injected")
@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("ttl", [0, 200])
def test_fin_amid_data_is_forged_and_ends_nothing(judged: Judge, side: int, ttl: int) -> None:
    found = judged(ended(side, FIN | ACK, ttl))

    assert found["rst-injected"].facts["shape"] == "fin"
    assert "three-packet-close" in found
    assert "half-close" not in found


@pytest.mark.finding("rst-injected", twin=True)
def test_half_close_and_a_fin_that_overtook_data_are_the_senders_own(judged: Judge) -> None:
    wire, at = conversation()
    wire.send(0, FIN | ACK, at, 1)
    wire.send(1, ACK, 1, at + 1)
    wire.send(1, PSH | ACK, 1, at + 1, ALICE)
    wire.send(0, ACK, at + 1, 1 + len(ALICE))
    wire.send(1, FIN | ACK, 1 + len(ALICE) + len(MALLO), at + 1)
    wire.send(1, PSH | ACK, 1 + len(ALICE), at + 1, MALLO)
    wire.send(0, ACK, at + 1, 2 + len(ALICE) + len(MALLO))

    assert "rst-injected" not in judged(wire)


def test_states_do_not_follow_a_forged_fin(tmp_path: Path) -> None:
    path = tmp_path / "forged.pcap"
    path.write_bytes(ended(1, FIN | ACK).pcap())
    session = open_file(path)
    session.findings(0)

    states = [view_of(session, 0).state_server[i] & 0x0F for i in (7, 8, 12)]
    assert [TcpState(int(state)) for state in states] == [TcpState.ESTABLISHED] * 3
    assert session.directions(0)[1].finished
    session.close()


def test_what_is_said_of_trust_knows_of_it(tmp_path: Path) -> None:
    path = tmp_path / "two.pcap"
    path.write_bytes(answered(ALICE, MALLO).pcap())
    session = open_file(path)
    words = Words(Language.EN)
    line = trust_line(Summary(session).trust, 1, words)
    session.close()

    assert "1 connection has two versions of the same bytes" in line
    assert words("report.trust.sound") not in line
