"""Where the time goes: programs that think, writes that wait for acknowledgments."""

from __future__ import annotations

import random
import socket
from dataclasses import replace
from typing import Final

from cases.recorder.program import Program
from cases.recorder.scenario import Scenario
from cases.recorder.scripts import ANSWER, REQUEST

SUBSCRIPTION: Final = b"GET /events HTTP/1.1\r\nHost: server\r\nAccept: text/event-stream\r\n\r\n"
STREAM_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
EVENT: Final = b"data: something has happened\n\n"

# -- a sender with little to send ------------------------------------------------------


def draw_slow_sender(chance: random.Random) -> dict[str, float]:
    """Pieces smaller than the window, further apart than a round trip."""
    return {
        "delay_ms": chance.randint(10, 30),
        "pieces": chance.randint(12, 18),
        "piece": chance.randint(2_000, 6_000),
        "every": chance.choice([0.1, 0.12, 0.15]),
    }


def send_pieces(me: Program) -> None:
    """A piece, some work, the next piece."""
    connection = me.connect()
    for _ in range(me.p.pieces):
        connection.send(me.p.piece)
        me.sleep(me.p.every)
    connection.read(ANSWER)
    connection.close()


def read_pieces(me: Program) -> None:
    """Reads at once whatever comes."""
    connection = me.listen().accept()
    connection.read(me.p.pieces * me.p.piece)
    connection.send(ANSWER)
    connection.read_all()
    connection.close()


SLOW_SENDER = Scenario(
    id="slow-sender",
    shows="The sender's program hands over its data piece by piece: the connection waits for it, not for the path.",
    twin="slow-receiver",
    client=send_pieces,
    server=read_pieces,
    draw=draw_slow_sender,
)


# -- Nagle and the delayed acknowledgment ----------------------------------------------


def draw_turns(chance: random.Random) -> dict[str, float]:
    """Some requests, each in two small writes."""
    return {"delay_ms": chance.randint(3, 15), "turns": chance.randint(6, 9)}


def write_twice(me: Program, nodelay: int) -> None:
    """Head and body of each request in a write of its own."""
    connection = me.connect(options={(socket.IPPROTO_TCP, socket.TCP_NODELAY): nodelay})
    for _ in range(me.p.turns):
        connection.send(REQUEST)
        connection.send(REQUEST)
        connection.read(ANSWER)
    connection.close()


def write_twice_with_nagle(me: Program) -> None:
    """As sockets are by default."""
    write_twice(me, 0)


def write_twice_at_once(me: Program) -> None:
    """With TCP_NODELAY."""
    write_twice(me, 1)


def answer_turns(me: Program) -> None:
    """Answers each request once it is complete."""
    connection = me.listen().accept()
    for _ in range(me.p.turns):
        connection.read(2 * REQUEST)
        connection.send(ANSWER)
    connection.read_all()
    connection.close()


NAGLE = Scenario(
    id="nagle-delayed-ack",
    shows="Each request is written in two pieces: the second waits for the acknowledgment of the first (Nagle), and "
    "the receiver delays that, for it waits for something to answer.",
    twin="two-writes-nodelay",
    client=write_twice_with_nagle,
    server=answer_turns,
    draw=draw_turns,
)

NO_DELAY = replace(
    NAGLE,
    id="two-writes-nodelay",
    shows="Each request is written in two pieces and TCP_NODELAY is set: both leave at once.",
    twin="nagle-delayed-ack",
    client=write_twice_at_once,
)


def answer_turns_slowly(me: Program) -> None:
    """Works some 40 ms on each answer."""
    connection = me.listen().accept()
    for _ in range(me.p.turns):
        connection.read(2 * REQUEST)
        me.sleep(0.045)
        connection.send(ANSWER)
    connection.read_all()
    connection.close()


SLOW_AS_NAGLE = replace(
    NO_DELAY,
    id="answers-after-40-ms",
    shows="Each answer takes the server as long as a delayed acknowledgment would; no write waits for one.",
    twin="nagle-delayed-ack",
    server=answer_turns_slowly,
)


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
)


SCENARIOS = [
    SLOW_SENDER,
    NAGLE,
    NO_DELAY,
    SLOW_AS_NAGLE,
    SERVER_THINK,
    CLIENT_THINK,
    LONG_POLL,
]
