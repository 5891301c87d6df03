"""Which answers of DNS were asked for."""

from __future__ import annotations

import pytest

from tcptui.protocols.dns.questions import Question, Questions, Standing, answers_to_questions
from tcptui.protocols.outside.messages import DnsMessage

ASKED = Question("10.0.0.1", 40_000, "10.0.0.53", 7, "shop.example")


def test_the_first_answer_to_a_question_is_the_one_that_its_client_takes() -> None:
    questions = Questions()
    questions.ask(ASKED)

    assert [questions.answer(ASKED) for _ in range(3)] == [Standing.ASKED, Standing.SECOND, Standing.SECOND]
    questions.ask(ASKED)  # it asks again, from the same port
    assert questions.answer(ASKED) is Standing.ASKED


@pytest.mark.parametrize(
    "other",
    [
        ASKED._replace(client="10.0.0.2"), ASKED._replace(port=40_001), ASKED._replace(server="66.6.6.6"),
        ASKED._replace(number=8), ASKED._replace(name="bank.example"),
    ],
)  # fmt: skip
def test_answer_to_another_question_was_not_asked_for(other: Question) -> None:
    questions = Questions()
    questions.ask(ASKED)

    assert questions.answer(other) is Standing.UNASKED
    assert questions.answer(ASKED) is Standing.ASKED


def test_questions_that_are_remembered_are_bounded() -> None:
    questions = Questions(most=2)
    for number in range(3):
        questions.ask(ASKED._replace(number=number))

    standings = [questions.answer(ASKED._replace(number=number)) for number in range(3)]
    assert standings == [Standing.UNASKED, Standing.ASKED, Standing.ASKED]


def test_of_messages_those_are_kept_that_were_asked_for() -> None:
    def message(row: int, *, is_response: bool, number: int = 7) -> DnsMessage:
        return DnsMessage(
            row, row + 1, row, ASKED.client, ASKED.server, ASKED.port, number, is_response, 0, 1, ASKED.name,
            frozenset({f"192.0.2.{row}"}) if is_response else frozenset(), ASKED.name,
            f"QUERY A {ASKED.name}", False, True,
        )  # fmt: skip

    told = [
        message(0, is_response=True), message(1, is_response=False), message(2, is_response=True, number=8),
        message(3, is_response=True), message(4, is_response=True),
    ]  # fmt: skip
    assert [one.row for one in answers_to_questions(told)] == [3]
