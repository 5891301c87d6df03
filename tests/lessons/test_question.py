"""Questions of predict and reveal: only what the engine knows, with alternatives that could be."""

from __future__ import annotations

from functools import cache

import pytest

from tcptui.analysis.stream.view import StreamView, view_stream
from tcptui.lessons.loader import load_case, load_cases
from tcptui.lessons.question import (
    CHOICES,
    PacketKind,
    PacketShape,
    Question,
    Topic,
    proof_of_state,
    questions_at,
    shape_at,
)
from tcptui.lessons.quiz import NOTHING_HIDDEN, Concealment, Prediction
from tcptui.model.finding import Confidence
from tcptui.model.resend_cause import ResendCause
from tcptui.model.tcp_state import TcpState, state_of
from tcptui.model.verdict import Verdict
from tcptui.session.session import Session, open_file


@cache
def opened(case_id: str, capture: int = 0) -> Session:
    return open_file(load_case(case_id).captures[capture])


def view_of(case_id: str, capture: int = 0) -> StreamView:
    session = opened(case_id, capture)
    return view_stream(session.store, session.streams, 0)


def asked(case_id: str, frame: int, capture: int = 0) -> dict[Topic, Question]:
    view, session = view_of(case_id, capture), opened(case_id, capture)
    place = view.frame.tolist().index(frame)
    return {question.topic: question for question in questions_at(view, place, session.findings(0))}


@cache
def everything() -> list[tuple[str, Question, StreamView]]:
    found = []
    for case in load_cases():
        session = open_file(case.captures[0])
        for stream in range(session.streams.count):
            view = view_stream(session.store, session.streams, stream)
            for place in range(len(view)):
                found += [(case.id, each, view) for each in questions_at(view, place, session.findings(stream))]
    return found


def test_after_a_syn_the_syn_ack_is_to_be_foreseen() -> None:
    question = asked("three-packet-close", 2)[Topic.NEXT]

    assert question.answer == PacketShape(from_server=True, kind=PacketKind.SYN_ACK)
    assert PacketShape(from_server=False, kind=PacketKind.SYN) in question.choices
    assert len(question.choices) == 4


def test_after_the_fin_the_close_goes_on() -> None:
    question = asked("four-packet-close", 11)[Topic.NEXT]

    assert question.answer == PacketShape(from_server=False, kind=PacketKind.ACK)
    assert PacketShape(from_server=False, kind=PacketKind.FIN) in question.choices


def test_a_state_is_asked_about_with_its_neighbours_in_the_diagram() -> None:
    sent = asked("simultaneous-close", 8)[Topic.CLIENT]

    assert sent.answer is TcpState.FIN_WAIT_1
    assert {TcpState.ESTABLISHED, TcpState.CLOSE_WAIT} <= set(sent.choices)
    # Frame 10 only lets one assume where the server is, and nothing proves it later.
    assert Topic.SERVER not in asked("simultaneous-close", 10)


def test_a_keep_alive_is_told_from_a_retransmission() -> None:
    question = asked("keep-alive-every-15-s", 8)[Topic.VERDICT]

    assert question.answer == Verdict.KEEP_ALIVE
    assert Verdict.RETRANSMISSION in question.choices


def test_a_cause_is_asked_only_where_a_finding_is_certain() -> None:
    session = opened("path-lost")
    certain = {
        frame
        for finding in session.findings(0)
        if finding.confidence is Confidence.CERTAIN
        for frame in finding.packets
    }
    causes = {frame for frame in range(8, 13) if Topic.CAUSE in asked("path-lost", frame)}

    assert causes
    assert causes <= certain
    assert all(asked("path-lost", frame)[Topic.CAUSE].answer is ResendCause.RTO for frame in causes)


def test_no_answer_is_merely_assumed_and_no_choice_comes_twice() -> None:
    questions = everything()

    assert len(questions) > 100
    for case_id, question, view in questions:
        assert len(set(question.choices)) == len(question.choices) >= 2, case_id
        assert question.choices[question.right] == question.answer
        if question.topic in (Topic.CLIENT, Topic.SERVER):
            column = view.state_server if question.topic is Topic.SERVER else view.state_client
            proof = proof_of_state(view, question.place, question.topic)
            assert proof is not None, (case_id, question.frame)
            assert state_of(int(column[proof])) == (question.answer, True)


def test_the_same_packet_gives_the_same_question_again() -> None:
    assert asked("three-packet-close", 9) == asked("three-packet-close", 9)


@pytest.mark.parametrize("topic", [Topic.NEXT, Topic.CLIENT, Topic.SERVER, Topic.VERDICT])
def test_no_place_among_the_choices_is_the_right_one_much_more_often_than_another(topic: Topic) -> None:
    questions = [each for _, each, _ in everything() if each.topic is topic and len(each.choices) == CHOICES]
    share = [sum(each.right == place for each in questions) / len(questions) for place in range(CHOICES)]

    assert len(questions) > 100
    assert 0.15 < min(share) <= max(share) < 0.35


def test_first_question_of_the_cases_has_its_answer_at_every_place() -> None:
    places = [each.right for _, each, _ in everything() if each.frame == 2 and each.topic is Topic.NEXT]

    assert min(places.count(place) for place in range(CHOICES)) > len(places) // 10


@pytest.mark.parametrize(
    ("frame", "kind"),
    [(1, PacketKind.SYN), (2, PacketKind.SYN_ACK), (3, PacketKind.ACK), (4, PacketKind.DATA), (8, PacketKind.FIN)],
)
def test_kinds_of_packets_of_an_ordinary_connection(frame: int, kind: PacketKind) -> None:
    view = view_of("three-packet-close")

    assert shape_at(view, frame - 1).kind is kind


def test_kinds_of_packets_that_are_sent_again_probe_or_reset() -> None:
    lost, alive, reset = view_of("path-lost"), view_of("keep-alive-every-15-s"), view_of("rst-abortive-close")

    assert shape_at(lost, 8).kind is PacketKind.RESEND
    assert shape_at(alive, 7).kind is PacketKind.PROBE
    assert shape_at(reset, 7) == PacketShape(from_server=True, kind=PacketKind.RST)


# -- going through a stream ------------------------------------------------------------


def begun(case_id: str = "three-packet-close", place: int = 0) -> tuple[Prediction, StreamView, Session]:
    return Prediction(0, place), view_of(case_id), opened(case_id)


def test_what_comes_is_hidden_until_it_is_revealed() -> None:
    prediction, view, session = begun()

    question = prediction.ask(view, session.findings(0))

    assert question is not None
    assert question.topic is Topic.NEXT
    assert prediction.concealment == Concealment(hidden_from=1, masked=None)
    assert prediction.reveal()
    assert prediction.concealment.hidden_from == 2
    assert not prediction.reveal()


def test_states_of_a_packet_that_is_shown_stay_hidden_while_they_are_asked_about() -> None:
    prediction, view, session = begun(place=6)
    while (question := prediction.ask(view, session.findings(0))) and question.topic is Topic.NEXT:
        prediction.reveal()

    assert question is not None
    assert prediction.concealment == Concealment(question.place + 1, question.place)


def test_a_right_and_a_wrong_choice_are_told_apart_and_each_question_takes_one() -> None:
    prediction, view, session = begun()
    question = prediction.ask(view, session.findings(0))
    assert question is not None

    assert prediction.choose(9) is None
    assert prediction.choose(question.right) is True
    assert prediction.choose(question.right) is None

    question = prediction.ask(view, session.findings(0))
    assert question is not None
    assert prediction.choose((question.right + 1) % len(question.choices)) is False


def test_at_the_end_nothing_is_hidden() -> None:
    prediction, view, session = begun()
    count = 0
    while prediction.ask(view, session.findings(0)) is not None:
        count += 1

    assert 5 <= count <= 2 * len(view)
    assert prediction.concealment == NOTHING_HIDDEN
    assert prediction.choose(0) is None


def test_the_same_subject_is_asked_about_twice_at_most() -> None:
    prediction, view, session = begun("keep-alive-timeout")
    probes = 0
    while (question := prediction.ask(view, session.findings(0))) is not None:
        probes += question.topic is Topic.VERDICT and question.answer == Verdict.KEEP_ALIVE

    assert probes == 2
