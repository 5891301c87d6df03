"""How connections begin."""

from __future__ import annotations

import random

from cases.recorder.program import Program
from cases.recorder.rules import CLIENT, Rule, drop
from cases.recorder.scenario import Parameters, Scenario, round_trip
from cases.recorder.scripts import ANSWER, REQUEST, answer_until_closed, request_and_close

HANDSHAKE = Scenario(
    id="three-way-handshake",
    shows="An ordinary connection: the client closes first, the server at once after it, so three packets close it.",
    client=request_and_close,
    server=answer_until_closed,
    findings_client=("three-way-handshake", "three-packet-close"),
    findings_server=("three-way-handshake", "three-packet-close"),
    never=(
        "fast-retransmission",
        "retransmission-timeout",
        "tail-loss",
        "spurious-retransmission",
        "retransmission-unexplained",
        "half-close",
        "four-packet-close",
    ),
)


# -- the third ACK ---------------------------------------------------------------------


def wait_for_greeting(me: Program) -> None:
    """Says nothing before the server has; so only its third ACK can open the server's end."""
    connection = me.connect()
    connection.read(ANSWER)
    connection.send(REQUEST)
    connection.read_all()
    connection.close()


def greet(me: Program) -> None:
    """Speaks first, as mail servers do."""
    connection = me.listen().accept()
    connection.send(ANSWER)
    connection.read(REQUEST)
    connection.close()


def lose_third_ack(_: Parameters) -> list[Rule]:
    """The client's first pure ACK is the third packet of the handshake."""
    return [drop(CLIENT.ack_only.nth(1))]


THIRD_ACK_LOST = Scenario(
    id="third-ack-lost",
    shows="The third packet of the handshake is lost: the server repeats its SYN-ACK until an ACK gets through.",
    twin="accept-queue-full",
    client=wait_for_greeting,
    server=greet,
    rules=lose_third_ack,
    findings_client=("third-ack-lost", "syn-ack-retransmission"),
    findings_server=("third-ack-lost", "syn-ack-retransmission"),
    never=("accept-queue-full", "syn-retransmission"),
)


def four_clients(me: Program) -> None:
    """Two connections, then two more at the same moment; waits for all greetings."""
    connections = [me.connect(), me.connect(), me.begin_connect(), me.begin_connect()]
    for connection in connections:
        connection.read(ANSWER)
        connection.send(REQUEST)
        connection.read_all()
        connection.close()


def greet_four_late(me: Program) -> None:
    """Accepts late.

    A backlog of 2 admits three waiting connections, and two half-open ones: with fewer, Linux would
    answer with SYN cookies and never repeat a SYN-ACK.
    """
    listener = me.listen(backlog=2)
    me.at(me.p.accepts_at)
    for _ in range(4):
        connection = listener.accept()
        connection.send(ANSWER)
        connection.read(REQUEST)
        connection.close()


def draw_queue_full(chance: random.Random) -> dict[str, float]:
    """Accepting begins between the first and second repeat of the SYN-ACK (1 s and 3 s), or after the second."""
    return {"delay_ms": chance.randint(10, 60), "accepts_at": chance.choice([1.6, 2.2, 3.6])}


ACCEPT_QUEUE_FULL = Scenario(
    id="accept-queue-full",
    shows="Four clients shake hands but the server's accept queue has room for three: it ignores the third ACK of the "
    "fourth and repeats the SYN-ACK until its program accepts.",
    twin="third-ack-lost",
    client=four_clients,
    server=greet_four_late,
    draw=draw_queue_full,
    findings_client=("accept-queue-full", "syn-ack-retransmission"),
    findings_server=("accept-queue-full", "syn-ack-retransmission"),
    findings_perhaps=("server-think-time",),
    never=("third-ack-lost",),
)


# -- simultaneous open -----------------------------------------------------------------

OPEN_AT = 0.1


def open_from_client(me: Program) -> None:
    """Connects at the agreed moment, port to port; then a short talk."""
    me.at(OPEN_AT)
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    connection.close()


def open_from_server(me: Program) -> None:
    """Connects, too, instead of listening."""
    me.at(OPEN_AT)
    connection = me.connect(source_port=8080, port=me.p.source_ports[0])
    connection.read(REQUEST)
    connection.send(ANSWER)
    connection.read_all()
    connection.close()


SIMULTANEOUS_OPEN = Scenario(
    id="simultaneous-open",
    shows="Both ends connect to each other at the same moment: two SYNs cross, and each is answered by a SYN-ACK.",
    client=open_from_client,
    server=open_from_server,
    draw=round_trip(120, 200),
    findings_client=("simultaneous-open",),
    findings_server=("simultaneous-open",),
    never=("syn-retransmission", "syn-ack-retransmission", "third-ack-lost", "accept-queue-full"),
)

SCENARIOS = [HANDSHAKE, THIRD_ACK_LOST, ACCEPT_QUEUE_FULL, SIMULTANEOUS_OPEN]
