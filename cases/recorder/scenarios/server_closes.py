"""A server that closes first: without an answer, at the very moment of a request, or long before it."""

from __future__ import annotations

import contextlib
import random
import select
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cases.recorder.scenario import Scenario

if TYPE_CHECKING:
    from cases.recorder.program import Program

GET: Final = b"GET /stock HTTP/1.1\r\nHost: shop\r\n\r\n"
POST: Final = b"POST /order HTTP/1.1\r\nHost: shop\r\nContent-Length: 6\r\n\r\nitem=7"
#: How much later than asked for a program wakes up.
SLACK_S: Final = 0.02
ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n12\n"
_IN_ORDER: Final = ("client-think-time", "server-think-time", "half-close")


# -- no answer ------------------------------------------------------------------------------


def draw_work(chance: random.Random) -> dict[str, float]:
    """How long the server's program holds the request before it ends."""
    return {"delay_ms": chance.randint(10, 40), "works": chance.choice([0.3, 0.8, 1.4])}


def ask_once(me: Program) -> None:
    """Sends one request and reads until the end."""
    connection = me.connect()
    connection.send(GET)
    connection.read_all()
    connection.close()


def close_without_answer(me: Program) -> None:
    """Reads the request, works on it, and ends without a word."""
    connection = me.listen().accept()
    connection.read(len(GET))
    me.sleep(me.p.works)
    connection.close()


def answer_then_close(me: Program) -> None:
    """The near-twin: it answers before it closes."""
    connection = me.listen().accept()
    connection.read(len(GET))
    me.sleep(me.p.works)
    connection.send(ANSWER)
    connection.close()


UNANSWERED: Final = Scenario(
    id="request-unanswered",
    shows="The server's program ends with a request in its hands: its kernel closes in good order, without an answer.",
    twin="answered-then-closed",
    client=ask_once,
    server=close_without_answer,
    draw=draw_work,
    findings_client=("request-unanswered",),
    findings_server=("request-unanswered",),
    never=("data-after-close",),
)
ANSWERED: Final = replace(
    UNANSWERED,
    id="answered-then-closed",
    shows="The server answers and closes: nobody waits for anything.",
    twin="request-unanswered",
    server=answer_then_close,
    findings_client=(),
    findings_server=(),
    findings_perhaps=("server-think-time", "sender-application-limited"),
    never=("request-unanswered", "data-after-close"),
)


# -- two idle limits ------------------------------------------------------------------------


def draw_race(chance: random.Random) -> dict[str, float]:
    """How long the server keeps an idle connection; the client's next request leaves about when that is over."""
    return {"delay_ms": chance.randint(45, 60), "keeps": chance.choice([1.2, 1.6, 2.2])}


def ask_again_too_late(me: Program) -> None:
    """Asks, keeps the connection, and asks again when the server's FIN is on its way."""
    connection = me.connect()
    connection.send(GET)
    connection.read(len(ANSWER))
    # Its answer came half a round trip after it left: the server's patience ends as much earlier as seen from here,
    # and a little later than it meant to.
    me.sleep(me.p.keeps - me.p.delay_ms / 1000 + SLACK_S)
    connection.send(POST)
    with contextlib.suppress(ConnectionResetError):
        connection.read_all()
    connection.close()


def close_when_idle(me: Program) -> None:
    """Answers one request, waits for the next, and closes when its patience ends."""
    connection = me.listen().accept()
    connection.read(len(GET))
    connection.send(ANSWER)
    select.select([connection.raw], [], [], me.p.keeps)
    connection.close()


CROSSED: Final = Scenario(
    id="request-crosses-idle-close",
    shows="The server's idle limit runs out while the client's next request is on its way to it.",
    twin="client-gives-up-first",
    client=ask_again_too_late,
    server=close_when_idle,
    draw=draw_race,
    findings_client=("data-after-close",),
    findings_server=("data-after-close",),
    findings_perhaps=_IN_ORDER,
    never=("request-unanswered", "rst-dead-connection"),
)


def give_up_first(me: Program) -> None:
    """The near-twin: its own idle limit is the shorter one, and it asks on a new connection."""
    connection = me.connect()
    connection.send(GET)
    connection.read(len(ANSWER))
    me.sleep(me.p.keeps / 2)
    connection.close()
    again = me.connect()
    again.send(POST)
    again.read(len(ANSWER))
    again.close()


def answer_two(me: Program) -> None:
    """Answers on each of two connections, and closes when the client has."""
    listener = me.listen()
    for request in (GET, POST):
        connection = listener.accept()
        connection.read(len(request))
        connection.send(ANSWER)
        connection.read_all()
        connection.close()


GIVES_UP_FIRST: Final = replace(
    CROSSED,
    id="client-gives-up-first",
    shows="The client's idle limit is shorter than the server's: nothing is lost.",
    twin="request-crosses-idle-close",
    client=give_up_first,
    server=answer_two,
    findings_client=(),
    findings_server=(),
    findings_perhaps=(*_IN_ORDER, "still-open"),
    never=("data-after-close", "request-unanswered"),
)


def ask_on_a_closed_one(me: Program) -> None:
    """Does not look at the connection before it uses it again, long after the server's FIN."""
    connection = me.connect()
    connection.send(GET)
    connection.read(len(ANSWER))
    me.sleep(me.p.keeps + 0.6)
    connection.send(POST)
    with contextlib.suppress(ConnectionResetError):
        connection.read_all()
    connection.close()


LATE: Final = replace(
    CROSSED,
    id="request-after-close",
    shows="A pool hands out a connection that the server had closed half a second before.",
    twin="request-crosses-idle-close",
    client=ask_on_a_closed_one,
)

SCENARIOS = [UNANSWERED, ANSWERED, CROSSED, GIVES_UP_FIRST, LATE]
