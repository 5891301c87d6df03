"""Which answers of DNS over UDP were asked for: the one place that pairs answers with questions.

Anybody can send an answer.  A client takes one from the server, to the port and with the number and name of a question
of its own that waits (RFC 5452, 9.1), and only the first: then it waits no more.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.protocols.outside.messages import DnsMessage

#: Questions that are remembered, the newest.
REMEMBERED: Final = 65_536


class Question(NamedTuple):
    """What a question and its answer have in common."""

    client: str
    port: int
    """The client's."""
    server: str
    number: int
    name: str
    """In lower case."""


class Standing(Enum):
    """What is known of an answer by the packets before it."""

    ASKED = "asked"
    """It is the first to a question that waited."""
    SECOND = "second"
    """Its question had an answer before: a copy, or one of two that differ."""
    UNASKED = "unasked"
    """Its question is not in the capture before it: it was sent before the capture began or passed elsewhere, or nobody
    has asked."""


class Questions:
    """The questions of a capture; their messages are given in capture order."""

    def __init__(self, most: int = REMEMBERED) -> None:
        """``most``: questions that are remembered."""
        self._most = most
        self._waiting: dict[Question, int] = {}
        """How many times each was asked and not answered."""

    def ask(self, question: Question) -> None:
        """Remember ``question``."""
        self._waiting[question] = self._waiting.get(question, 0) + 1
        if len(self._waiting) > self._most:
            del self._waiting[next(iter(self._waiting))]

    def answer(self, question: Question) -> Standing:
        """The standing of an answer to ``question``, which waits no more for one."""
        waits = self._waiting.get(question)
        if not waits:
            return Standing.UNASKED if waits is None else Standing.SECOND
        self._waiting[question] = waits - 1
        return Standing.ASKED

    def hear(self, message: DnsMessage) -> Standing | None:
        """The standing of an answer; None of a question, which is remembered."""
        question = Question(message.client, message.port, message.server, message.number, message.name)
        if message.is_response:
            return self.answer(question)
        self.ask(question)
        return None


def answers_to_questions(messages: Iterable[DnsMessage]) -> list[DnsMessage]:
    """The answers among ``messages``, which are in capture order, that were asked for (`Standing.ASKED`)."""
    questions = Questions()
    return [one for one in messages if questions.hear(one) is Standing.ASKED]
