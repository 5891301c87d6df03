"""The same four numbers again: a second connection between the ports of an earlier one."""

from __future__ import annotations

import contextlib
import random

from cases.recorder.program import Program
from cases.recorder.rules import CLIENT, Rule, drop
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scripts import ANSWER, REQUEST


def draw_pause(chance: random.Random) -> dict[str, float]:
    """How long after the first connection's end the second begins."""
    return {"delay_ms": chance.randint(10, 50), "pause": chance.choice([0.3, 0.6, 1.1])}


def talk_twice_from_one_port(me: Program) -> None:
    """Twice the same, from the same port; the server closes first."""
    for _ in range(2):
        connection = me.connect(source_port=me.p.source_ports[0])
        connection.send(REQUEST)
        connection.read_all()
        connection.close()
        me.sleep(me.p.pause)


def answer_and_close_twice(me: Program) -> None:
    """Answers and closes at once: TIME-WAIT is here."""
    listener = me.listen()
    for _ in range(2):
        connection = listener.accept()
        connection.read(REQUEST)
        connection.send(ANSWER)
        connection.close()


PORT_REUSED_IN_TIME_WAIT = Scenario(
    id="port-reused-in-time-wait",
    shows="The client connects from the port of a connection that the server still keeps in TIME-WAIT: accepted, "
    "because the timestamps have moved on.",
    twin="challenge-ack-half-open",
    client=talk_twice_from_one_port,
    server=answer_and_close_twice,
    draw=draw_pause,
    findings_client=("port-reused",),
    findings_server=("port-reused",),
    never=("challenge-ack",),
)


def abort_and_come_back(me: Program) -> None:
    """Aborts and connects again from the same port."""
    connection = me.connect(source_port=me.p.source_ports[0])
    connection.send(REQUEST)
    connection.read(ANSWER)
    me.at(0.5)
    connection.abort()
    me.sleep(me.p.pause)
    connection = me.connect(source_port=me.p.source_ports[0])
    connection.send(REQUEST)
    connection.read(ANSWER)
    connection.close()


def answer_two_one_after_the_other(me: Program) -> None:
    """The second connection is accepted when the first has ended, however it does."""
    listener = me.listen()
    for _ in range(2):
        connection = listener.accept()
        connection.read(REQUEST)
        connection.send(ANSWER)
        with contextlib.suppress(ConnectionResetError):
            connection.read_all()
        connection.close()


PORT_REUSED_AFTER_RESET = Scenario(
    id="port-reused-after-reset",
    shows="A connection is reset and another one made between the same ports: an ordinary handshake.",
    twin="challenge-ack-half-open",
    client=abort_and_come_back,
    server=answer_two_one_after_the_other,
    draw=draw_pause,
    may_fail=frozenset({"ECONNRESET"}),
    findings_client=("port-reused", "rst-abortive-close"),
    findings_server=("port-reused", "rst-abortive-close"),
    never=("challenge-ack", "rst-injected"),
)


def lose_reset(_: Parameters) -> list[Rule]:
    """The client's first RST: the server never learns that the connection is gone."""
    return [drop(CLIENT.rst.nth(1))]


CHALLENGE_ACK_HALF_OPEN = Scenario(
    id="challenge-ack-half-open",
    shows="The client lost a connection that the server still has, and connects from the same port: the server "
    "answers the SYN with a challenge ACK, the client resets the old connection and repeats its SYN.",
    twin="port-reused-in-time-wait",
    client=abort_and_come_back,
    server=answer_two_one_after_the_other,
    draw=draw_pause,
    rules=lose_reset,
    may_fail=frozenset({"ECONNRESET"}),
    findings_client=("challenge-ack", "port-reused", "rst-abortive-close"),
    findings_server=("challenge-ack", "port-reused"),
    findings_perhaps=("syn-retransmission",),
    never=("rst-injected", "capture-missed-packets", "rst-unread-data"),
)

SCENARIOS = [PORT_REUSED_IN_TIME_WAIT, PORT_REUSED_AFTER_RESET, CHALLENGE_ACK_HALF_OPEN]
