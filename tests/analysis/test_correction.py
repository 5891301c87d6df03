"""What later packets tell of earlier states: each rule with its near-twin, where nothing is to be corrected."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from traces import write_trace

from tcptui.access.open_capture import view_of
from tcptui.analysis.correction import find
from tcptui.analysis.correction.apply import correct
from tcptui.analysis.correction.correction import Reason
from tcptui.analysis.correction.evidence import StreamEvidence
from tcptui.analysis.correction.find import hindsight, may_need
from tcptui.model.packet_store import RowMark
from tcptui.model.tcp_state import state_of
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Seen:
    """A trace in hindsight."""

    def __init__(self, capture: Path) -> None:
        self.session = open_file(capture)
        view = view_of(self.session, 0)
        columns = (view.state_client.tolist(), view.state_server.tolist())
        words = [[("" if known else "~") + state.label for state, known in map(state_of, cells)] for cells in columns]
        self.states = [" ".join(pair) for pair in zip(*words, strict=True)]
        marks = self.session.store.marks[view.rows] & RowMark.CORRECTED
        self.corrected = np.flatnonzero(marks).tolist()
        self.reasons = {each.index: each.reason for each in hindsight(view).corrections if each.index in self.corrected}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def see(folder: Path, lines: Sequence[str]) -> Seen:
    return Seen(write_trace(folder / "trace.pcap", lines))


#: Captured at the client, 40 ms from the server and back; and at the server.
AT_CLIENT = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1"]
AT_SERVER = ["0 C S 0 0", "0.1 S SA 0 1", "40 C A 1 1"]
STAMPED = ["0 C S 0 0 ts=1,0 sackok=1", "40 S SA 0 1 ts=500,1 sackok=1", "40.1 C A 1 1 ts=41,500"]
TALK = ["50 C PA 1 1 100", "90 S A 1 101", "91 S PA 1 101 100", "91.1 C A 101 101"]


def test_syn_ack_again_keeps_the_server_in_syn_received_all_the_while(folder: Path) -> None:
    seen = see(folder, [*AT_CLIENT, "41 C PA 1 1 10", "1040 S SA 0 1", "1040.1 C A 11 1"])

    assert seen.states[2:] == [
        "ESTABLISHED SYN-RECEIVED",
        "ESTABLISHED SYN-RECEIVED",
        "ESTABLISHED SYN-RECEIVED",
        "ESTABLISHED ~ESTABLISHED",
    ]
    assert seen.reasons == {2: Reason.NO_THIRD_PACKET}


def test_handshake_without_repetition_is_not_looked_at(folder: Path) -> None:
    seen = see(folder, [*AT_CLIENT, *TALK])

    assert not may_need(seen.session.streams, slice(1)).any()
    assert seen.corrected == []


def test_syn_ack_of_the_same_instant_twice_is_a_copy_and_corrects_nothing(folder: Path) -> None:
    answer = "S SA 0 1 ts=500,1"
    seen = see(folder, ["0 C S 0 0 ts=1,0", f"40 {answer}", "40.1 C A 1 1 ts=41,500", f"40.2 {answer}"])

    assert seen.states[2] == "ESTABLISHED ~ESTABLISHED"
    assert seen.corrected == []


def test_syn_again_shows_that_no_answer_had_come(folder: Path) -> None:
    seen = see(folder, ["0 C S 0 0", "0.1 S SA 0 1", "1000 C S 0 0", "1000.1 S SA 0 1"])

    assert seen.states[1] == "SYN-SENT SYN-RECEIVED"
    assert seen.reasons[1] is Reason.NO_ANSWER


def test_syn_that_nobody_answered_left_the_server_listening(folder: Path) -> None:
    seen = see(folder, ["0 C S 0 0 ts=1,0", "1000 C S 0 0 ts=1001,0", "1040 S SA 0 1 ts=7,1001"])

    assert seen.states == ["SYN-SENT ~LISTEN", "SYN-SENT ~SYN-RECEIVED", "~ESTABLISHED SYN-RECEIVED"]
    assert seen.reasons == {0: Reason.UNANSWERED}


@pytest.mark.parametrize(
    "lines",
    [
        ["0 C S 0 0", "40 C A 1 1", "3000 C A 1 1"],
        ["0 C S 0 0", "1000 C S 0 0", "1040 C A 1 1", "1041 C PA 1 1 100"],
        ["0 C S 0 0", "40 C A 1 1", "41 C PA 1 1 100", "81 S PA 1 101 100", "3000 C A 101 101"],
        ["0 C S 0 0", "40 C A 1 1", "41 C PA 1 1 100", "81 S RA 1 101"],
    ],
    ids=["client alone", "asked twice", "only the SYN-ACK is missing", "reset later"],
)
def test_syn_whose_answer_the_client_acknowledges_was_answered_though_nobody_captured_it(
    folder: Path, lines: list[str]
) -> None:
    seen = see(folder, lines)

    assert not {0, 1} & {index for index in seen.reasons if lines[index].split()[2] == "S"}


@pytest.mark.parametrize(
    "rest", [["1000 C R 1 0"], ["3000 C S 0 0"], ["1 S RA 0 1", "500 C S 0 0", "540 C A 1 1"]],
    ids=["given up", "asked again", "refused before"],
)  # fmt: skip
def test_syn_without_such_an_acknowledgment_is_unanswered_or_refused(folder: Path, rest: list[str]) -> None:
    assert see(folder, ["0 C S 0 0", *rest]).reasons[0] in {Reason.UNANSWERED, Reason.REFUSED}


def test_syn_whose_timestamp_the_answer_echoes_had_arrived(folder: Path) -> None:
    seen = see(folder, ["0 C S 0 0 ts=1,0", "1000 C S 0 0 ts=1001,0", "1040 S SA 0 1 ts=7,1"])

    assert seen.states[0] == "SYN-SENT ~SYN-RECEIVED"


def test_refused_syn_never_moved_the_server(folder: Path) -> None:
    seen = see(folder, ["0 C S 0 0", "40 S RA -9000 1"])

    assert seen.states == ["SYN-SENT ~LISTEN", "~CLOSED CLOSED"]
    assert seen.reasons == {0: Reason.REFUSED}


def test_syn_answered_by_a_bare_ack_met_an_older_connection(folder: Path) -> None:
    seen = see(folder, ["0 C S 0 0", "40 S A 5000 -700", "40.1 C R -700 0", "41 C S 0 0", "81 S SA 0 1"])

    assert seen.states == [
        "SYN-SENT ~?",
        "SYN-SENT ~?",
        "SYN-SENT ~CLOSED",
        "SYN-SENT ~SYN-RECEIVED",
        "~ESTABLISHED SYN-RECEIVED",
    ]


def test_fin_that_is_not_acknowledged_by_the_next_packet_had_not_come(folder: Path) -> None:
    seen = see(folder, [*AT_CLIENT, *TALK, "100 C FA 101 101", "120 S PA 101 101 50", "140 S A 151 102"])

    assert seen.states[7:] == ["FIN-WAIT-1 ESTABLISHED", "FIN-WAIT-1 ESTABLISHED", "~FIN-WAIT-2 CLOSE-WAIT"]
    assert seen.reasons == {7: Reason.CROSSED}


def test_fin_sent_again_and_then_acknowledged_was_lost(folder: Path) -> None:
    lines = [*STAMPED, "100 C FA 1 1 ts=100,500", "344 C FA 1 1 ts=344,500", "384 S A 1 2 ts=800,344"]
    seen = see(folder, lines)

    assert seen.states[3:] == ["FIN-WAIT-1 ~ESTABLISHED", "FIN-WAIT-1 ~CLOSE-WAIT", "~FIN-WAIT-2 CLOSE-WAIT"]
    assert seen.reasons == {3: Reason.FIN_LOST}


def test_fin_that_the_receiver_reports_twice_had_come(folder: Path) -> None:
    lines = [*STAMPED, "100 C FA 1 1 ts=100,500", "344 C FA 1 1 ts=344,500", "384 S A 1 2 ts=800,344 sack=1:2"]

    assert see(folder, lines).corrected == []


def test_early_fin_counts_from_the_segment_that_fills_the_hole(folder: Path) -> None:
    lines = [*AT_SERVER, "50 C PA 1 1 100", "50.1 S A 1 101", "60 C FA 201 1", "60.1 S A 1 101", "90 C A 101 1 100"]
    seen = see(folder, [*lines, "130 S A 1 202"])

    assert [states.split()[1] for states in seen.states[5:]] == [
        "ESTABLISHED",
        "ESTABLISHED",
        "~CLOSE-WAIT",
        "CLOSE-WAIT",
    ]


def test_fin_again_shows_that_its_acknowledgment_was_lost(folder: Path) -> None:
    lines = [*AT_SERVER, "50 C FA 1 1", "50.1 S A 1 2", "350 C FA 1 1", "350.1 S A 1 2"]
    seen = see(folder, lines)

    assert [states.split()[0] for states in seen.states[3:]] == [
        "FIN-WAIT-1",
        "FIN-WAIT-1",
        "FIN-WAIT-1",
        "~FIN-WAIT-2",
    ]
    assert seen.reasons[4] is Reason.ACK_LOST


def test_reset_that_its_receiver_survives_ended_nothing(folder: Path) -> None:
    seen = see(folder, [*AT_CLIENT, *TALK, "100 C R 101 0", "400 S PA 101 101 10"])

    assert seen.states[7] == "CLOSED ESTABLISHED"
    assert seen.reasons[7] is Reason.TALKED_ON


def test_packet_that_left_before_the_reset_came_does_not_revive_its_sender(folder: Path) -> None:
    seen = see(folder, [*AT_CLIENT, *TALK, "100 C R 101 0", "110 S PA 101 101 10"])

    assert seen.states[8] == "CLOSED ~CLOSED"


def test_sender_that_goes_on_after_its_own_reset_did_not_send_it(folder: Path) -> None:
    seen = see(folder, [*AT_CLIENT, *TALK, "100 S R 101 0", "120 S PA 101 101 10"])

    assert seen.states[7].split()[1] == "ESTABLISHED"
    assert seen.reasons[7] is Reason.FOREIGN


def test_reset_with_the_hop_count_of_somebody_else_says_nothing_of_its_sender(folder: Path) -> None:
    far = [f"{line} ttl=58" if " S " in line else line for line in [*AT_CLIENT, *TALK, "130 S A 101 101"]]
    seen = see(folder, [*far, "200 S RA 101 101 ttl=61"])

    assert seen.states[-1] == "~CLOSED ESTABLISHED"
    assert see(folder, [*far, "200 S RA 101 101 ttl=58"]).states[-1] == "~CLOSED CLOSED"
    # A host may start a RST from another initial value, at the same distance.
    assert see(folder, [*far, "200 S RA 101 101 ttl=249"]).states[-1] == "~CLOSED CLOSED"


def test_segment_that_draws_a_reset_without_ack_found_no_connection(folder: Path) -> None:
    seen = see(folder, [*AT_SERVER, "50 C PA 1 1 100", "50.1 S A 1 101", "9000 C PA 101 1 100", "9000.1 S R 1 0"])

    assert seen.states[5:] == ["ESTABLISHED ~CLOSED", "~CLOSED CLOSED"]
    assert seen.reasons == {5: Reason.NO_SOCKET}


def test_server_that_acknowledges_nothing_never_accepted(folder: Path) -> None:
    seen = see(folder, [*AT_SERVER, "41 C PA 1 1 100", "341 C PA 1 1 100", "941 C PA 1 1 100"])

    assert {states.split()[1] for states in seen.states[1:]} == {"SYN-RECEIVED"}
    assert seen.reasons[2] is Reason.NOT_ACCEPTED


def test_the_same_silence_seen_at_the_client_decides_nothing(folder: Path) -> None:
    seen = see(folder, [*AT_CLIENT, "41 C PA 1 1 100", "341 C PA 1 1 100", "941 C PA 1 1 100"])

    assert seen.states[-1] == "ESTABLISHED ~ESTABLISHED"


def test_number_that_nobody_saw_and_no_data_followed_was_a_fin(folder: Path) -> None:
    lines = [*AT_CLIENT, *TALK, "100 C FA 101 101", "141 S A 102 102"]

    assert see(folder, lines).states[-1] == "~FIN-WAIT-2 ~LAST-ACK"
    assert see(folder, [*lines, "142 S PA 102 102 50"]).states[-1] == "~FIN-WAIT-2 CLOSE-WAIT"


def test_correcting_twice_changes_nothing_more(folder: Path) -> None:
    session = see(folder, [*AT_CLIENT, "41 C PA 1 1 10", "1040 S SA 0 1", "1040.1 C A 11 1"]).session
    store, streams = session.store, session.streams
    before = [column[: store.count].tolist() for column in (store.state_a, store.state_b, store.marks)]
    analyzer = session._pipeline.analyzer
    correct(store, [(view_of(session, 0), bool(streams.client_is_b[0]))], analyzer.replay)

    assert [column[: store.count].tolist() for column in (store.state_a, store.state_b, store.marks)] == before


ONE_WAY = ["0 C S 0 0", "40 C A 1 1", "41 C PA 1 1 100", "90 C A 101 301", "91 C FA 101 301", "130 C A 102 302"]


def test_end_of_which_nothing_was_captured_has_no_states(folder: Path) -> None:
    assert {states.split()[1] for states in see(folder, ONE_WAY).states} == {"~?"}


def test_end_that_was_asked_and_never_answered_is_taken_to_listen(folder: Path) -> None:
    seen = see(folder, ["0 C S 0 0", "1000 C S 0 0", "3000 C S 0 0"])

    assert {states.split()[1] for states in seen.states[:2]} == {"~LISTEN"}


def test_one_number_more_acknowledged_after_the_own_fin_was_the_peers(folder: Path) -> None:
    assert see(folder, ONE_WAY).states[-1].split()[0] == "~TIME-WAIT"
    assert see(folder, [*ONE_WAY[:-1], "130 C A 102 350"]).states[-1].split()[0] == "~FIN-WAIT-1"


def queued(last: str) -> list[str]:
    """At a server that takes the third copy of the client's data, and answers by ``last``."""
    opening = ["0 C S 0 0 ts=1,0 sackok=1", "0.1 S SA 0 1 ts=500,1 sackok=1", "20 C A 1 1 ts=21,500"]
    copies = [f"{ms} C PA 1 1 100 ts={ms},500" for ms in (21, 240, 600)]
    return [*opening, *copies, f"600.1 S A 1 101 ts=1100,600{last}"]


def test_copies_of_which_none_is_reported_twice_were_not_accepted_before_the_last(folder: Path) -> None:
    seen = see(folder, queued(""))

    assert [states.split()[1] for states in seen.states[2:]] == [*["SYN-RECEIVED"] * 3, "~ESTABLISHED", "ESTABLISHED"]


def test_single_segment_that_was_not_taken_may_have_been_damaged_and_says_nothing_of_the_third_packet(
    folder: Path,
) -> None:
    seen = see(folder, [*AT_SERVER, "41 C PA 1 1 100", "741 C PA 1 1 100", "741.1 S A 1 101"])

    assert [states.split()[1] for states in seen.states[2:]] == ["~ESTABLISHED"] * 3 + ["ESTABLISHED"]
    assert not seen.reasons


def test_copy_that_is_reported_twice_had_been_accepted(folder: Path) -> None:
    assert see(folder, queued(" sack=1:101")).states[4].split()[1] == "~ESTABLISHED"


def test_fin_that_left_before_the_reset_came_does_not_prove_that_its_sender_was_closed(folder: Path) -> None:
    lines = [*AT_CLIENT, *TALK, "100 C FA 101 101", "140 S PA 101 102 10", "140.1 C R 102 0", "140.2 S FA 111 102"]

    assert see(folder, lines).states[-1] == "CLOSED ~CLOSED"


def test_server_that_knows_of_no_connection_after_its_syn_acks_never_had_one(folder: Path) -> None:
    mute = [*AT_SERVER, "9000 C FA 1 1"]
    seen = see(folder, [*mute, "9000.1 S R 1 0"])

    assert [states.split()[1] for states in seen.states[2:4]] == ["SYN-RECEIVED", "~CLOSED"]
    assert seen.reasons == {2: Reason.NOT_ACCEPTED, 3: Reason.NO_SOCKET}
    assert see(folder, [*mute, "9000.1 S A 1 2"]).states[2].split()[1] == "~ESTABLISHED"


def test_repeated_syn_that_draws_a_reset_of_no_connection_found_none(folder: Path) -> None:
    asked = ["0 C S 0 0", "0.1 S SA 0 1", "1000 C S 0 0"]
    seen = see(folder, [*asked, "1000.1 S RA -9000 1"])

    assert [states.split()[1] for states in seen.states[1:]] == ["SYN-RECEIVED", "~CLOSED", "CLOSED"]
    assert seen.reasons[2] is Reason.NO_SOCKET
    of_the_half_connection = see(folder, [*asked, "1000.1 S RA 1 1"])
    assert of_the_half_connection.states[2].split()[1] == "SYN-RECEIVED"
    assert 2 not in of_the_half_connection.reasons


def test_acknowledgment_overtaken_by_the_reset_of_its_sender_does_not_show_that_this_one_goes_on(folder: Path) -> None:
    talk = [*AT_SERVER, "50 C PA 1 1 100", "50.1 S PA 1 101 100", "50.2 S PA 101 101 100"]
    reset = [*talk, "91 C RA 101 101"]

    assert see(folder, [*reset, "92 C A 101 101", "92.1 S R 101 0"]).states[-2].split()[0] == "CLOSED"
    for goes_on in ("92 C A 101 201", "900 C A 101 101", "92 C PA 101 101 10"):  # something new, too late, data
        assert see(folder, [*reset, goes_on]).states[-1].split()[0] == "ESTABLISHED", goes_on
    assert see(folder, [*talk[1:], "91 C RA 101 101", "92 C A 101 101"]).states[-1].split()[0] == "CLOSED"


def test_copies_by_a_mirror_port_do_not_show_that_the_server_ignored_the_client(folder: Path) -> None:
    data = "C PA 1 1 100 ts=21,500"
    opening = ["0 C S 0 0 ts=1,0 sackok=1", "0.1 S SA 0 1 ts=500,1 sackok=1", "20 C A 1 1 ts=21,500"]
    seen = see(folder, [*opening, f"20.5 {data}", f"20.5 {data}", "20.6 S A 1 101 ts=520,21"])

    assert seen.states[2].split()[1] == "~ESTABLISHED"


def test_syn_after_a_refusal_asks_again_whether_or_not_the_refusal_came(folder: Path) -> None:
    seen = see(folder, ["0 C S 0 0", "40 S RA -9000 1", "540 C S 0 0", "580 S RA -9000 1"])

    assert seen.states[1].split()[0] == "SYN-SENT"
    assert seen.reasons[1] is Reason.ASKED_AGAIN


def test_fin_that_comes_again_with_an_acknowledgment_was_not_lost(folder: Path) -> None:
    crossing = [*AT_CLIENT, *TALK, "100 C FA 101 101", "120 S FA 101 101"]
    seen = see(folder, [*crossing, "120.1 C FA 101 102", "140 S FA 101 102", "140.1 C A 102 102"])

    assert Reason.FIN_LOST not in seen.reasons.values()


def test_acknowledgment_that_came_to_this_end_in_vain_had_no_effect(folder: Path) -> None:
    seen = see(folder, [*AT_SERVER, "50 S FA 1 1", "90 C A 1 2", "300 S FA 1 1", "340 C A 1 2"])

    assert seen.reasons == {4: Reason.NO_EFFECT}


def test_capture_on_one_host_is_at_neither_end(folder: Path) -> None:
    lines = ["0 C S 0 0", "0.01 S SA 0 1", "0.02 C A 1 1", "200 S FA 1 1", "200.1 C A 1 2", "407 S FA 1 1"]
    seen = see(folder, [*lines, "407.1 C A 1 2"])

    assert seen.reasons == {4: Reason.ACK_LOST}


@pytest.mark.parametrize(
    ("again", "answer"),
    [("S SA 0 1", "C A 1 1"), ("C S 0 0", "S RA 0 1"), ("C FA 1 1", "S A 1 2"), ("S FA 1 1", "C FA 1 1")],
)
def test_endless_repetition_costs_no_more_a_packet_the_longer_it_lasts(
    folder: Path, monkeypatch: pytest.MonkeyPatch, again: str, answer: str
) -> None:
    noted: list[int] = []
    note = StreamEvidence.note

    def counting(look: StreamEvidence, index: int, side: int, flag: int, reason: Reason, evidence: int) -> None:
        noted.append(index)
        note(look, index, side, flag, reason, evidence)

    monkeypatch.setattr(StreamEvidence, "note", counting)
    lines = [line for turn in range(300) for line in (f"{50 + turn} {again}", f"{50 + turn}.5 {answer}")]

    see(folder, [*AT_CLIENT, *lines])

    assert len(noted) < 20 * len(lines)


def random_streams(seed: int) -> list[str]:
    """Short connections on ports of their own that repeat, refuse, reset and close in any order."""
    chance, lines = Random(seed), []
    for number in range(40):
        ms = 5_000.0 * number
        for letters in ("S", *chance.choices(("S", "SA", "A", "PA", "FA", "R", "RA"), k=chance.randint(0, 9))):
            ms += chance.choice((0.1, 40, 1_000))
            sender = "C" if letters == "S" else chance.choice("CS")
            numbers = (0, 1) if "S" in letters else (1, chance.choice((1, 101)))
            length = 100 * ("P" in letters)
            lines.append(f"{ms} {sender} {letters} {numbers[0]} {numbers[1]} {length} port={41_000 + number}")
    return sorted(lines, key=lambda line: float(line.split()[0]))


def corrected(path: Path, at_once: int) -> list[list[int]]:
    """States and marks of all rows after `correct`, so many streams in one call."""
    session = open_file(path)
    store, streams = session.store, session.streams
    store.state_a[: store.count] = store.state_b[: store.count] = 0
    store.marks[: store.count] |= np.uint8(RowMark.CORRECTED)  # so every stream is written anew
    views = [(view_of(session, stream), bool(streams.client_is_b[stream])) for stream in range(streams.count)]
    for begin in range(0, len(views), at_once):
        correct(store, views[begin : begin + at_once], session._pipeline.analyzer.replay)
    return [column[: store.count].tolist() for column in (store.state_a, store.state_b, store.marks)]


@pytest.mark.parametrize("seed", range(4))
def test_many_streams_are_corrected_together_as_one_by_one(tmp_path: Path, seed: int) -> None:
    capture = write_trace(tmp_path / "many.pcap", random_streams(seed))
    together, alone = corrected(capture, 1_000), corrected(capture, 1)

    assert together == alone
    assert any(mark & RowMark.CORRECTED for mark in together[2])


@pytest.mark.parametrize("seed", range(4))
def test_rule_without_the_flag_that_it_is_listed_with_finds_nothing(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_file(write_trace(tmp_path / "many.pcap", random_streams(seed)))
    views = [view_of(session, stream) for stream in range(session.streams.count)]
    gated = [hindsight(view) for view in views]
    monkeypatch.setattr(find, "_RULES", tuple((0, rule) for _flag, rule in find._RULES))

    for view, known in zip(views, gated, strict=True):
        asked = hindsight(view)
        assert asked.corrections == known.corrections
        assert asked.flags.tolist() == known.flags.tolist()
