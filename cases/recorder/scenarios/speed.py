"""Where the time goes: programs that send little, writes that wait for acknowledgments, losses now and then."""

from __future__ import annotations

import random
import socket
from dataclasses import replace
from typing import Final

from cases.recorder.program import Program
from cases.recorder.rules import CLIENT, Rule, drop
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scripts import ANSWER, MSS, REQUEST

WINDOW: Final = ("zero-window", "slow-receiver", "receive-window-limited", "window-shrunk")
"""What a receiver's window can be accused of."""

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
    findings_client=("sender-application-limited",),
    findings_server=("sender-application-limited",),
    findings_perhaps=("spurious-retransmission",),
    never=(*WINDOW, "send-buffer-limited", "nagle-delayed-ack", "path-limited", "queueing-delay"),
)


def draw_steady_pieces(chance: random.Random) -> dict[str, float]:
    """Pieces as large as a small send buffer, a little further apart than a round trip."""
    delay_ms = chance.randint(20, 40)
    return {
        "delay_ms": delay_ms,
        "pieces": chance.randint(14, 20),
        "piece": chance.choice([13_000, 16_000]),
        "every": 2 * delay_ms / 1000 * chance.choice([1.6, 1.9]),
    }


STEADY_PIECES = replace(
    SLOW_SENDER,
    id="steady-pieces",
    shows="The sender's program hands over a piece as large as a small send buffer once in a while, by its own clock: "
    "no more is ever under way, but nothing holds it back.",
    twin="small-send-buffer",
    draw=draw_steady_pieces,
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
    findings_client=("nagle-delayed-ack",),
    findings_server=("nagle-delayed-ack",),
    never=(*WINDOW, "sender-application-limited", "server-think-time"),
)

NO_DELAY = replace(
    NAGLE,
    id="two-writes-nodelay",
    shows="Each request is written in two pieces and TCP_NODELAY is set: both leave at once.",
    twin="nagle-delayed-ack",
    client=write_twice_at_once,
    findings_client=(),
    findings_server=(),
    never=("nagle-delayed-ack", "server-think-time", "sender-application-limited"),
)


def draw_work_between(chance: random.Random) -> dict[str, float]:
    """Some requests; between the two writes of each the program works for about as long as an ACK may be delayed."""
    return {"delay_ms": chance.randint(3, 15), "turns": chance.randint(6, 9), "work": chance.randint(25, 110) / 1000}


def write_work_write(me: Program) -> None:
    """Head of each request, some work, then its body; with TCP_NODELAY, or the algorithm would add its own wait."""
    connection = me.connect(options={(socket.IPPROTO_TCP, socket.TCP_NODELAY): 1})
    for _ in range(me.p.turns):
        connection.send(REQUEST)
        me.sleep(me.p.work)
        connection.send(REQUEST)
        connection.read(ANSWER)
    connection.close()


WORK_BETWEEN = replace(
    NO_DELAY,
    id="two-writes-work-between",
    shows="Each request is written in two pieces, and the program works between them: the second comes late, and waits "
    "for no acknowledgment.",
    twin="nagle-delayed-ack",
    client=write_work_write,
    draw=draw_work_between,
    findings_perhaps=("sender-application-limited",),
    never=("nagle-delayed-ack", "server-think-time"),
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
    never=("nagle-delayed-ack", "server-think-time", "sender-application-limited"),
)


# -- a path that loses now and then ----------------------------------------------------


def draw_periodic_loss(chance: random.Random) -> dict[str, float]:
    """A long transfer, of which one segment in so many is lost."""
    return {
        "delay_ms": chance.randint(15, 35),
        "bytes": chance.randint(700_000, 900_000),
        "period": chance.randint(55, 75),
        "first": chance.randint(20, 40),
    }


def lose_periodically(p: Parameters) -> list[Rule]:
    """One new segment in every ``p.period``."""
    return [drop(CLIENT.data.new.nth(*range(p.first, p.bytes // MSS - 20, p.period)))]


def send_much(me: Program) -> None:
    """Sends ``p.bytes`` in one go, reads the confirmation, closes."""
    connection = me.connect()
    connection.send(me.p.bytes)
    connection.read(ANSWER)
    connection.close()


def read_much(me: Program) -> None:
    """Reads at once whatever comes."""
    connection = me.listen().accept()
    connection.read(me.p.bytes)
    connection.send(ANSWER)
    connection.read_all()
    connection.close()


PERIODIC_LOSS = Scenario(
    id="periodic-loss",
    shows="The path loses a segment now and then: each time the sender halves its window, and never gets far.",
    twin="small-send-buffer",
    client=send_much,
    server=read_much,
    draw=draw_periodic_loss,
    rules=lose_periodically,
    findings_client=("fast-retransmission", "path-limited"),
    findings_server=("fast-retransmission", "path-limited"),
    findings_perhaps=("lost-retransmission", "retransmission-timeout", "tail-loss"),
    never=(*WINDOW, "send-buffer-limited", "sender-application-limited", "queueing-delay"),
)


SCENARIOS = [
    SLOW_SENDER,
    NAGLE,
    NO_DELAY,
    SLOW_AS_NAGLE,
    STEADY_PIECES,
    WORK_BETWEEN,
    PERIODIC_LOSS,
]
