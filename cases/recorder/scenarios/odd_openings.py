"""Handshakes that take another way than the usual one."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Callable
from dataclasses import replace

from cases.recorder.program import Program
from cases.recorder.rules import CLIENT, SERVER, Rule, drop, duplicate
from cases.recorder.scenario import Parameters, Scenario, round_trip
from cases.recorder.scenarios.opening import HANDSHAKE, OPEN_AT, SIMULTANEOUS_OPEN
from cases.recorder.scripts import ANSWER, REQUEST

HANDSHAKE_IPV6 = replace(
    HANDSHAKE,
    id="three-way-handshake-ipv6",
    shows="An ordinary connection over IPv6.",
    twin="three-way-handshake",
    ipv6=True,
)


# -- the third ACK ---------------------------------------------------------------------


def three_at_once(me: Program) -> None:
    """Three connections at the same moment, each with a request at once."""
    connections = [me.begin_connect() for _ in range(3)]
    for connection in connections:
        with contextlib.suppress(ConnectionError):
            connection.send(REQUEST)
    for connection in connections:
        with contextlib.suppress(ConnectionError):
            connection.read_all()
        connection.close()


def answer_late(count: int) -> Callable[[Program], None]:
    """A backlog of 1 admits two waiting connections; accepts ``count`` of them, late, and closes them at once."""

    def script(me: Program) -> None:
        listener = me.listen(backlog=1)
        me.at(me.p.accepts_at)
        for _ in range(count):
            connection = listener.accept()
            connection.read(REQUEST)
            connection.send(ANSWER)
            connection.close()

    return script


def draw_accept_late(chance: random.Random) -> dict[str, float]:
    """Accepting begins after a few repeats of the third client's request."""
    return {"delay_ms": chance.randint(10, 40), "accepts_at": chance.choice([0.9, 1.4, 2.4])}


ACCEPT_QUEUE_FULL_COOKIES = Scenario(
    id="accept-queue-full-cookies",
    shows="The accept queue is full under SYN cookies: the third client's ACK and requests stay unanswered, and no "
    "SYN-ACK is repeated, until the program accepts.",
    twin="third-ack-lost",
    client=three_at_once,
    server=answer_late(3),
    draw=draw_accept_late,
    server_sysctls={"net.ipv4.tcp_syncookies": "2"},
    findings_client=("retransmission-timeout",),
    findings_server=("accept-queue-full", "retransmission-timeout"),
    findings_perhaps=("tail-loss", "server-think-time"),
    never=("third-ack-lost", "path-lost", "lost-retransmission"),
)


ACCEPT_QUEUE_FULL_RESET = Scenario(
    id="accept-queue-full-reset",
    shows="The accept queue is full and the server is told to say so: it answers the third client's ACK with a RST.",
    twin="refused-closed-port",
    client=three_at_once,
    server=answer_late(2),
    draw=draw_accept_late,
    server_sysctls={"net.ipv4.tcp_abort_on_overflow": "1"},
    may_fail=frozenset({"ECONNRESET", "ECONNREFUSED", "EPIPE"}),
    findings_client=("accept-queue-full", "rst-dead-connection"),
    findings_server=("accept-queue-full", "rst-dead-connection"),
    findings_perhaps=("retransmission-timeout", "tail-loss", "server-think-time"),
    never=("connection-refused", "rst-injected", "third-ack-lost"),
)


def speak_late(me: Program) -> None:
    """Connects, but has nothing to say for some time."""
    connection = me.connect()
    me.at(me.p.speaks_at)
    connection.send(REQUEST)
    connection.read(ANSWER)
    connection.close()


def defer_accept(me: Program) -> None:
    """Wants to be woken for data only."""
    listener = me.listen(options={(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT): int(me.p.defers)})
    connection = listener.accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    connection.read_all()
    connection.close()


def draw_defer(chance: random.Random) -> dict[str, float]:
    """The request comes after the repeat of the SYN-ACK: at 1 s or at 3 s."""
    defers = chance.choice([1, 3])
    return {"delay_ms": chance.randint(10, 60), "defers": defers, "speaks_at": defers + chance.choice([0.4, 0.8])}


DEFER_ACCEPT = Scenario(
    id="defer-accept",
    shows="The server's socket defers accepting until data come: it ignores the third ACK and repeats its "
    "SYN-ACK once.",
    twin="third-ack-lost",
    client=speak_late,
    server=defer_accept,
    draw=draw_defer,
    findings_client=("syn-ack-retransmission",),
    findings_server=("syn-ack-retransmission",),
    findings_perhaps=("server-think-time", "client-think-time"),
    never=("third-ack-lost", "accept-queue-full"),
)


# -- connections that were not meant to be ------------------------------------------------


def probe(me: Program) -> None:
    """Aborts instead of sending the third ACK, as load balancers do to see whether somebody listens."""
    connection = me.connect(options={(socket.IPPROTO_TCP, socket.TCP_QUICKACK): 0})
    connection.abort()
    me.tell(0)


def listen_until_told(me: Program) -> None:
    """Listens; nothing comes of it."""
    me.listen()
    me.hear(0)
    me.sleep(0.2)


HEALTH_CHECK_PROBE = Scenario(
    id="health-check-probe",
    shows="A health check sends RST instead of the third ACK: it only wanted to know whether somebody listens.",
    twin="client-gives-up-while-opening",
    client=probe,
    server=listen_until_told,
    findings_client=("probe-connection",),
    findings_server=("probe-connection",),
    never=("rst-abortive-close", "connection-refused"),
)


def give_up_at_once(me: Program) -> None:
    """Closes before the SYN-ACK can have come."""
    connection = me.begin_connect()
    me.sleep(0.005)
    connection.close()
    me.tell(0)


CLIENT_GIVES_UP_WHILE_OPENING = Scenario(
    id="client-gives-up-while-opening",
    shows="The client's program gives up before the SYN-ACK comes; its kernel answers the SYN-ACK with a RST.",
    twin="health-check-probe",
    client=give_up_at_once,
    server=listen_until_told,
    draw=round_trip(40, 160),
    findings_client=("probe-connection",),
    findings_server=("probe-connection",),
    never=("rst-abortive-close", "rst-injected"),
)


def connect_and_abort(me: Program) -> None:
    """Completes the handshake and aborts."""
    connection = me.connect()
    connection.abort()


def read_until_reset(me: Program) -> None:
    """Accepts and reads, which fails."""
    connection = me.listen().accept()
    connection.read_all()


CONNECT_AND_ABORT = Scenario(
    id="connect-and-abort",
    shows="A health check completes the handshake and aborts: the server's program sees a connection that is reset.",
    twin="health-check-probe",
    client=connect_and_abort,
    server=read_until_reset,
    may_fail=frozenset({"ECONNRESET"}),
    findings_client=("probe-connection",),
    findings_server=("probe-connection",),
    never=("rst-unread-data", "rst-injected"),
)


def talk_and_abort(me: Program) -> None:
    """A short talk, ended by a RST."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    connection.abort()


def answer_and_stay(me: Program) -> None:
    """Answers, is reset, and goes on listening."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    with contextlib.suppress(ConnectionResetError):
        connection.read_all()
    connection.close()
    me.at(2.5)


def late_copy_of_syn(p: Parameters) -> list[Rule]:
    """A copy of the SYN strays through the network and arrives when all is over."""
    return [duplicate(CLIENT.syn.nth(1), after=p.late)]


def draw_late_copy(chance: random.Random) -> dict[str, float]:
    """When it arrives."""
    return {"delay_ms": chance.randint(10, 50), "late": chance.choice([1.0, 1.3, 1.6])}


STALE_SYN = Scenario(
    id="stale-syn",
    shows="An old duplicate of a SYN arrives after the connection's end: the server answers it, the client's kernel "
    "resets that answer, and the server listens again.",
    twin="client-gives-up-while-opening",
    client=talk_and_abort,
    server=answer_and_stay,
    draw=draw_late_copy,
    rules=late_copy_of_syn,
    may_fail=frozenset({"ECONNRESET"}),
    findings_client=("rst-abortive-close",),
    findings_server=("rst-abortive-close", "duplicated-by-network"),
    never=("challenge-ack", "port-reused", "syn-ack-retransmission"),
)


# -- both ends connect --------------------------------------------------------------------

SIMULTANEOUS_OPEN_SYN_LOST = replace(
    SIMULTANEOUS_OPEN,
    id="simultaneous-open-syn-lost",
    shows="Both ends connect to each other, but the SYN of one is lost: only the other passes SYN-RECEIVED.",
    twin="simultaneous-open",
    rules=lambda _: [drop(SERVER.syn.nth(1))],
    findings_client=(),
    findings_server=(),
    findings_perhaps=("syn-ack-retransmission",),
    never=("simultaneous-open", "third-ack-lost"),
)

SIMULTANEOUS_OPEN_SYN_ACK_LOST = replace(
    SIMULTANEOUS_OPEN,
    id="simultaneous-open-syn-ack-lost",
    shows="Both ends connect to each other and the SYNs cross, but one of the two SYN-ACKs is lost.",
    twin="simultaneous-open",
    rules=lambda _: [drop(CLIENT.syn_ack.nth(1))],
    findings_client=("simultaneous-open",),
    findings_server=(),
    findings_perhaps=("syn-ack-retransmission",),
    never=("third-ack-lost", "accept-queue-full"),
)


def try_first(me: Program) -> None:
    """Connects before the other end has opened its port."""
    me.at(OPEN_AT)
    with contextlib.suppress(ConnectionRefusedError):
        me.connect()


def try_second(me: Program) -> None:
    """Connects back between the same ports, when the other end has given up."""
    me.at(OPEN_AT + me.p.later)
    with contextlib.suppress(ConnectionRefusedError):
        me.connect(source_port=8080, port=me.p.source_ports[0])


def draw_later(chance: random.Random) -> dict[str, float]:
    """Long enough for the first attempt to have been refused."""
    return {"delay_ms": chance.randint(30, 70), "later": chance.choice([0.3, 0.5, 1.2])}


ATTEMPTS_FROM_BOTH_SIDES = Scenario(
    id="attempts-from-both-sides",
    shows="Each end connects to the other between the same two ports, but one after the other: both are refused.",
    twin="simultaneous-open",
    client=try_first,
    server=try_second,
    draw=draw_later,
    may_fail=frozenset({"ECONNREFUSED"}),
    findings_client=("connection-refused", "port-reused"),
    findings_server=("connection-refused", "port-reused"),
    never=("simultaneous-open",),
)


SCENARIOS = [
    HANDSHAKE_IPV6,
    ACCEPT_QUEUE_FULL_COOKIES,
    ACCEPT_QUEUE_FULL_RESET,
    DEFER_ACCEPT,
    HEALTH_CHECK_PROBE,
    CLIENT_GIVES_UP_WHILE_OPENING,
    CONNECT_AND_ABORT,
    STALE_SYN,
    SIMULTANEOUS_OPEN_SYN_LOST,
    SIMULTANEOUS_OPEN_SYN_ACK_LOST,
    ATTEMPTS_FROM_BOTH_SIDES,
]
