"""Connections on which nothing comes any more: who is gone, the peer, the path, or only the answer."""

from __future__ import annotations

import random
import signal
import socket

from cases.recorder.firewall import filter_packets
from cases.recorder.namespaces import End
from cases.recorder.program import Program
from cases.recorder.rules import ANY, Rule, drop, partition
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scripts import ANSWER, REQUEST

GIVEN_UP = 0
"""Mark: the client has given up."""
GONE_AT = 0.6
"""From then on the peer or the path is gone."""
ASKS_AT = 0.8
TIMED_OUT = frozenset({"ETIMEDOUT"})
GIVE_UP_SOON = {"net.ipv4.tcp_retries2": "3"}
"""Four retransmissions at most: some three to five seconds."""


# -- keep-alive --------------------------------------------------------------------------


def draw_keep_alive(chance: random.Random) -> dict[str, float]:
    """How many probes an idle second each."""
    return {"delay_ms": chance.randint(10, 80), "probes": chance.randint(2, 4)}


def idle_with_keep_alive(me: Program) -> None:
    """Asks, then only keeps the connection alive; asks again."""
    connection = me.connect()
    connection.keep_alive(idle=1, interval=1, count=3)
    connection.send(REQUEST)
    connection.read(ANSWER)
    me.sleep(me.p.probes + 0.5)
    connection.send(REQUEST)
    connection.read(ANSWER)
    connection.close()


def answer_two(me: Program) -> None:
    """Answers two requests; closes after the client."""
    connection = me.listen().accept()
    for _ in range(2):
        connection.read(REQUEST)
        connection.send(ANSWER)
    connection.read_all()
    connection.close()


KEEP_ALIVE = Scenario(
    id="keep-alive",
    shows="An idle connection with keep-alive: the client's kernel probes every second, the server's answers.",
    twin="keep-alive-timeout",
    client=idle_with_keep_alive,
    server=answer_two,
    draw=draw_keep_alive,
    findings_client=("keep-alive",),
    findings_server=("keep-alive",),
    findings_perhaps=("client-think-time",),
    never=("keep-alive-timeout", "path-lost", "close-wait-leak"),
)


def wait_with_keep_alive(me: Program) -> None:
    """Waits for more, with keep-alive, until the kernel says that nobody is there."""
    connection = me.connect()
    connection.keep_alive(idle=1, interval=1, count=int(me.p.probes))
    connection.send(REQUEST)
    connection.read(ANSWER)
    try:
        connection.read(ANSWER)
    finally:
        me.tell(GIVEN_UP)


def answer_then_stay(me: Program) -> None:
    """Answers once and keeps the connection until the client has given up."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    me.hear(GIVEN_UP)
    me.sleep(0.2)


KEEP_ALIVE_TIMEOUT = Scenario(
    id="keep-alive-timeout",
    shows="The path is gone; keep-alive probes stay unanswered, and the client's kernel ends the connection "
    "with a RST.",
    twin="keep-alive-answers-lost",
    client=wait_with_keep_alive,
    server=answer_then_stay,
    draw=draw_keep_alive,
    rules=lambda _: [partition(GONE_AT)],
    may_fail=TIMED_OUT,
    findings_client=("keep-alive-timeout",),
    findings_perhaps=("rst-abortive-close", "tail-loss", "retransmission-timeout"),
    never=("path-lost", "keep-alive", "idle-connection-dropped"),
)

KEEP_ALIVE_ANSWERS_LOST = Scenario(
    id="keep-alive-answers-lost",
    shows="Keep-alive probes arrive and are answered, but the answers are lost: the client's kernel resets the "
    "connection, which the server sees.",
    twin="keep-alive-timeout",
    client=wait_with_keep_alive,
    server=answer_then_stay,
    draw=draw_keep_alive,
    rules=lambda _: [partition(GONE_AT, sender=End.SERVER)],
    may_fail=TIMED_OUT,
    findings_client=("keep-alive-timeout",),
    findings_server=("keep-alive-timeout",),
    findings_perhaps=("rst-abortive-close",),
    never=("path-lost", "keep-alive"),
)


# -- no answer to data -------------------------------------------------------------------


def ask_in_vain(me: Program) -> None:
    """A second request, to which no acknowledgement comes; the kernel gives up."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    me.at(ASKS_AT)
    connection.send(REQUEST)
    try:
        connection.read(ANSWER)
    finally:
        me.tell(GIVEN_UP)


PATH_DEAD = Scenario(
    id="path-dead",
    shows="The path is gone in both directions: the client's request is sent again, ever more slowly, until its kernel "
    "gives up without a RST.",
    twin="host-dead",
    client=ask_in_vain,
    server=answer_then_stay,
    rules=lambda _: [partition(GONE_AT)],
    client_sysctls=GIVE_UP_SOON,
    may_fail=TIMED_OUT,
    findings_client=("path-lost",),
    findings_perhaps=("retransmission-timeout", "tail-loss"),
    never=("idle-connection-dropped", "keep-alive-timeout", "path-mtu-blackhole"),
)


def answer_then_be_dead(me: Program) -> None:
    """After the answer this host neither takes anything in nor says anything."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    me.at(GONE_AT)
    filter_packets(me, "drop", output=("drop",))
    me.hear(GIVEN_UP)


HOST_DEAD = Scenario(
    id="host-dead",
    shows="The server's host hangs: requests still arrive at its interface, but nobody answers, and the client gives "
    "up.",
    twin="path-dead",
    client=ask_in_vain,
    server=answer_then_be_dead,
    client_sysctls=GIVE_UP_SOON,
    may_fail=TIMED_OUT,
    findings_client=("path-lost",),
    findings_perhaps=("retransmission-timeout", "tail-loss"),
    never=("idle-connection-dropped", "path-mtu-blackhole"),
)

ANSWERS_LOST_FOR_GOOD = Scenario(
    id="answers-lost-for-good",
    shows="Requests arrive, but nothing of the server gets back any more: the client repeats what the server has long "
    "acknowledged, and gives up.",
    twin="path-dead",
    client=ask_in_vain,
    server=answer_then_stay,
    rules=lambda _: [partition(GONE_AT, sender=End.SERVER)],
    client_sysctls=GIVE_UP_SOON,
    may_fail=TIMED_OUT,
    findings_client=("path-lost",),
    findings_server=("path-lost", "spurious-retransmission", "rst-unread-data"),
    findings_perhaps=("retransmission-timeout", "tail-loss", "rst-abortive-close"),
    never=("one-sided-capture", "idle-connection-dropped"),
)


# -- a NAT that forgets -------------------------------------------------------------------


def ask_again_then_anew(me: Program) -> None:
    """After an idle time the old connection is mute; after two seconds of that, a new one works at once."""
    old = me.connect(options={(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT): 2000})
    old.send(REQUEST)
    old.read(ANSWER)
    me.at(me.p.asks_at)
    old.send(REQUEST)
    try:
        old.read(ANSWER)
    except TimeoutError:
        old.close()
    new = me.connect()
    new.send(REQUEST)
    new.read(ANSWER)
    new.close()


def answer_on_both(me: Program) -> None:
    """Answers once on either connection."""
    listener = me.listen()
    for _ in range(2):
        connection = listener.accept()
        connection.read(REQUEST)
        connection.send(ANSWER)
    connection.read_all()
    connection.close()


def draw_idle(chance: random.Random) -> dict[str, float]:
    """How long the connection is idle."""
    return {"delay_ms": chance.randint(10, 60), "asks_at": chance.choice([1.7, 2.2, 2.9])}


def forget_when_idle(_: Parameters) -> list[Rule]:
    """From then on the NAT knows nothing of the first connection."""
    return [drop(ANY.of_connection(0).after(1.2))]


IDLE_CONNECTION_DROPPED = Scenario(
    id="idle-connection-dropped",
    shows="A NAT forgets an idle connection and swallows what comes for it; a new connection to the same server works "
    "at once.",
    twin="path-dead",
    client=ask_again_then_anew,
    server=answer_on_both,
    draw=draw_idle,
    rules=forget_when_idle,
    may_fail=TIMED_OUT,
    findings_client=("idle-connection-dropped",),
    findings_perhaps=("retransmission-timeout", "tail-loss", "client-think-time"),
    never=("path-lost", "keep-alive-timeout"),
)


# -- acknowledged, but not answered -------------------------------------------------------


def draw_pause(chance: random.Random) -> dict[str, float]:
    """How long the answer takes."""
    return {"delay_ms": chance.randint(10, 60), "pause": chance.choice([1.3, 2.1, 2.9])}


def stop_the_server_meanwhile(me: Program) -> None:
    """Asks a second time while the server's process is stopped."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    me.sleep(0.1)
    me.signal_other(signal.SIGSTOP)
    connection.send(REQUEST)
    me.sleep(me.p.pause)
    me.signal_other(signal.SIGCONT)
    connection.read(ANSWER)
    connection.close()


SERVER_STOPPED = Scenario(
    id="server-stopped",
    shows="The server's process is stopped: its kernel acknowledges the request, the answer comes when it continues.",
    twin="server-busy",
    client=stop_the_server_meanwhile,
    server=answer_two,
    draw=draw_pause,
    findings_perhaps=("server-think-time",),
    never=(
        "fast-retransmission",
        "retransmission-timeout",
        "tail-loss",
        "spurious-retransmission",
        "retransmission-unexplained",
        "path-lost",
        "zero-window",
    ),
)


def ask_two(me: Program) -> None:
    """Two requests, one after the other."""
    connection = me.connect()
    for _ in range(2):
        connection.send(REQUEST)
        connection.read(ANSWER)
        me.sleep(0.1)
    connection.close()


def answer_second_late(me: Program) -> None:
    """Reads the second request at once but takes its time to answer it."""
    connection = me.listen().accept()
    for pause in (0, me.p.pause):
        connection.read(REQUEST)
        me.sleep(pause)
        connection.send(ANSWER)
    connection.read_all()
    connection.close()


SERVER_BUSY = Scenario(
    id="server-busy",
    shows="The server works long on a request: acknowledged at once, answered late.",
    twin="server-stopped",
    client=ask_two,
    server=answer_second_late,
    draw=draw_pause,
    findings_perhaps=("server-think-time",),
    never=(
        "fast-retransmission",
        "retransmission-timeout",
        "tail-loss",
        "spurious-retransmission",
        "retransmission-unexplained",
        "path-lost",
    ),
)

SCENARIOS = [
    KEEP_ALIVE,
    KEEP_ALIVE_TIMEOUT,
    KEEP_ALIVE_ANSWERS_LOST,
    PATH_DEAD,
    HOST_DEAD,
    ANSWERS_LOST_FOR_GOOD,
    IDLE_CONNECTION_DROPPED,
    SERVER_STOPPED,
    SERVER_BUSY,
]
