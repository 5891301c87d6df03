"""Where the time goes between a request and its answer, and between an answer and the next request."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Final

from cases.recorder.program import Program
from cases.recorder.scenario import Scenario
from cases.recorder.scenarios.speed import WINDOW
from cases.recorder.scripts import ANSWER, REQUEST

SUBSCRIPTION: Final = b"GET /events HTTP/1.1\r\nHost: server\r\nAccept: text/event-stream\r\n\r\n"
STREAM_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
EVENT: Final = b"data: something has happened\n\n"
PAGE: Final = b"GET /pages/%d HTTP/1.1\r\nHost: server\r\n\r\n"
PAGE_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % ANSWER

# -- thinking --------------------------------------------------------------------------


def draw_think(chance: random.Random) -> dict[str, float]:
    """A few requests; each answer takes its time."""
    return {"delay_ms": chance.randint(10, 50), "turns": 3, "think": chance.choice([0.4, 0.6, 1.1])}


def ask_in_turn(me: Program) -> None:
    """Asks as soon as it is answered."""
    connection = me.connect()
    for _ in range(me.p.turns):
        connection.send(REQUEST)
        connection.read(ANSWER)
    connection.close()


def think_then_answer(me: Program) -> None:
    """Thinks before each answer."""
    connection = me.listen().accept()
    for _ in range(me.p.turns):
        connection.read(REQUEST)
        me.sleep(me.p.think)
        connection.send(ANSWER)
    connection.read_all()
    connection.close()


SERVER_THINK = Scenario(
    id="server-think-time",
    shows="Each answer takes the server's program its time; path and client do not tarry.",
    twin="client-think-time",
    client=ask_in_turn,
    server=think_then_answer,
    draw=draw_think,
    findings_client=("server-think-time",),
    findings_server=("server-think-time",),
    never=(*WINDOW, "client-think-time", "sender-application-limited", "nagle-delayed-ack"),
)


def draw_http_think(chance: random.Random) -> dict[str, float]:
    """Some requests; one of the answers takes its time."""
    turns = chance.randint(4, 6)
    return {
        "delay_ms": chance.randint(5, 40),
        "turns": turns,
        "slow": chance.randint(0, turns - 1),
        "think": chance.choice([1.2, 1.5, 1.8]),
    }


def ask_pages(me: Program) -> None:
    """Asks for one page after the other."""
    connection = me.connect()
    for turn in range(me.p.turns):
        connection.send(PAGE % turn)
        connection.read(len(PAGE_HEAD) + ANSWER)
    connection.close()


def think_about_one(me: Program) -> None:
    """Answers at once, but for one request."""
    connection = me.listen().accept()
    for turn in range(me.p.turns):
        connection.read(len(PAGE % turn))
        if turn == me.p.slow:
            me.sleep(me.p.think)
        connection.send(PAGE_HEAD + b"x" * ANSWER)
    connection.read_all()
    connection.close()


HTTP_THINK = replace(
    SERVER_THINK,
    id="slow-page",
    shows="One page of several takes the web server a second or two.",
    twin="slow-receiver",
    client=ask_pages,
    server=think_about_one,
    draw=draw_http_think,
)


def draw_client_think(chance: random.Random) -> dict[str, float]:
    """A few requests on a connection that is kept open."""
    return {"delay_ms": chance.randint(10, 50), "turns": 3, "think": chance.choice([1.1, 1.3, 1.6])}


def think_then_ask(me: Program) -> None:
    """Thinks before each next request."""
    connection = me.connect()
    for turn in range(me.p.turns):
        if turn:
            me.sleep(me.p.think)
        connection.send(REQUEST)
        connection.read(ANSWER)
    connection.close()


def answer_in_turn(me: Program) -> None:
    """Answers at once."""
    connection = me.listen().accept()
    for _ in range(me.p.turns):
        connection.read(REQUEST)
        connection.send(ANSWER)
    connection.read_all()
    connection.close()


CLIENT_THINK = Scenario(
    id="client-think-time",
    shows="The client lets time pass between an answer and its next request; the server answers at once.",
    twin="server-think-time",
    client=think_then_ask,
    server=answer_in_turn,
    draw=draw_client_think,
    findings_client=("client-think-time",),
    findings_server=("client-think-time",),
    never=(*WINDOW, "server-think-time", "sender-application-limited", "nagle-delayed-ack"),
)


def draw_events(chance: random.Random) -> dict[str, float]:
    """Some events, at moments of their own."""
    return {"delay_ms": chance.randint(10, 50), "events": chance.randint(4, 6), "every": chance.choice([0.5, 0.7])}


def wait_for_events(me: Program) -> None:
    """One request, whose answer never ends."""
    connection = me.connect()
    connection.send(SUBSCRIPTION)
    connection.read(len(STREAM_HEAD))
    for _ in range(me.p.events):
        connection.read(len(EVENT))
    connection.close()


def send_events(me: Program) -> None:
    """Says so when something has happened."""
    connection = me.listen().accept()
    connection.read(len(SUBSCRIPTION))
    connection.send(STREAM_HEAD)
    for _ in range(me.p.events):
        me.sleep(me.p.every)
        connection.send(EVENT)
    connection.read_all()
    connection.close()


LONG_POLL = Scenario(
    id="event-stream",
    shows="The client waits for events, and the server tells each when it happens: silence that is nobody's fault.",
    twin="server-think-time",
    client=wait_for_events,
    server=send_events,
    draw=draw_events,
    findings_client=("sender-application-limited",),
    findings_server=("sender-application-limited",),
    findings_perhaps=("event-stream-incremental",),
    never=(*WINDOW, "server-think-time", "client-think-time", "nagle-delayed-ack"),
)


SCENARIOS = [
    SERVER_THINK,
    HTTP_THINK,
    CLIENT_THINK,
    LONG_POLL,
]
