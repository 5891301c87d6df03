"""Connections that are not made, or not at the first try."""

from __future__ import annotations

import random
from collections.abc import Callable

from cases.recorder.firewall import ADMINISTRATIVELY_PROHIBITED, HOST_UNREACHABLE, complain, filter_packets
from cases.recorder.namespaces import End
from cases.recorder.program import Program
from cases.recorder.rules import CLIENT, Passage, Rule, drop, inject, partition
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scripts import ANSWER, REQUEST, answer_until_closed, request_and_close
from cases.recorder.segment import Flag, crafted

DONE = 0
"""Mark: the client has got its connection, or has given up."""
THREE_SYNS = {"net.ipv4.tcp_syn_retries": "1", "net.ipv4.tcp_syn_linear_timeouts": "1"}
"""SYNs after 0, 1 and 2 s; connect() fails after 4 s."""


def draw_losses(chance: random.Random) -> dict[str, float]:
    """How many of the handshake's packets are lost before one gets through."""
    return {"delay_ms": chance.randint(10, 60), "lost": chance.randint(1, 2)}


def lose_syns(p: Parameters) -> list[Rule]:
    """The first SYNs."""
    return [drop(CLIENT.syn.first(p.lost))]


SYN_LOST = Scenario(
    id="syn-lost",
    shows="The first SYNs are lost; the client repeats its SYN every second until one arrives and is answered.",
    twin="syn-ignored-queue-full",
    client=request_and_close,
    server=answer_until_closed,
    draw=draw_losses,
    rules=lose_syns,
    findings_client=("syn-retransmission",),
    never=("syn-timeout", "accept-queue-full", "syn-ack-retransmission"),
)


def lose_syn_acks(p: Parameters) -> list[Rule]:
    """All that the server sends in the first second, or the first two."""
    return [partition(0, p.lost - 0.2, sender=End.SERVER)]


SYN_ACK_LOST = Scenario(
    id="syn-ack-lost",
    shows="The server's SYN-ACKs are lost, so the client repeats its SYN although the server has it.",
    twin="syn-lost",
    client=request_and_close,
    server=answer_until_closed,
    draw=draw_losses,
    rules=lose_syn_acks,
    findings_client=("syn-retransmission",),
    findings_server=("syn-ack-retransmission",),
    findings_perhaps=("syn-ack-retransmission",),
    never=("third-ack-lost", "accept-queue-full", "retransmission-unexplained"),
)


# -- nobody answers --------------------------------------------------------------------


def try_to_connect(me: Program) -> None:
    """Connects, in vain."""
    try:
        me.connect()
    finally:
        me.tell(DONE)


def drop_and_listen(me: Program) -> None:
    """Listens behind a filter that drops what comes for the port."""
    filter_packets(me, "tcp dport 8080 drop")
    me.listen()
    me.hear(DONE)


SYN_DROPPED_BY_FIREWALL = Scenario(
    id="syn-dropped-by-firewall",
    shows="The server's packet filter drops SYNs silently: the client repeats its SYN and gives up.",
    twin="syn-to-dead-host",
    client=try_to_connect,
    server=drop_and_listen,
    client_sysctls=THREE_SYNS,
    may_fail=frozenset({"ETIMEDOUT"}),
    findings_client=("syn-retransmission",),
    findings_server=("syn-retransmission",),
    findings_perhaps=("syn-timeout",),
    never=("accept-queue-full", "connection-refused", "connection-unreachable"),
)


def be_there(me: Program) -> None:
    """Is there, with no program at the port."""
    me.ready()
    me.hear(DONE)


SYN_TO_DEAD_HOST = Scenario(
    id="syn-to-dead-host",
    shows="No SYN ever arrives, because the host is down: the client repeats its SYN and gives up.",
    twin="syn-dropped-by-firewall",
    client=try_to_connect,
    server=be_there,
    rules=lambda _: [partition(0)],
    client_sysctls=THREE_SYNS,
    may_fail=frozenset({"ETIMEDOUT"}),
    findings_client=("syn-retransmission",),
    findings_perhaps=("syn-timeout",),
    never=("accept-queue-full", "connection-refused"),
)


def third_in_the_queue(me: Program) -> None:
    """Two connections that wait to be accepted, and a third attempt; then talks on those it has."""
    connections = [me.connect(), me.connect()]
    try:
        connections.append(me.connect())
    except TimeoutError:
        me.sleep(0.1)
    me.tell(DONE)
    for connection in connections:
        connection.send(REQUEST)
        connection.read(ANSWER)
        connection.close()


def accept_when_given_up(me: Program) -> None:
    """A backlog of 1 admits two waiting connections; accepts only when the third has given up."""
    listener = me.listen(backlog=1)
    me.hear(DONE)
    for _ in range(2):
        connection = listener.accept()
        connection.read(REQUEST)
        connection.send(ANSWER)
        connection.read_all()
        connection.close()


SYN_DROPPED_QUEUE_FULL = Scenario(
    id="syn-dropped-queue-full",
    shows="The accept queue is full, so the server's kernel drops further SYNs silently; the third client gives up.",
    twin="syn-dropped-by-firewall",
    client=third_in_the_queue,
    server=accept_when_given_up,
    client_sysctls=THREE_SYNS,
    may_fail=frozenset({"ETIMEDOUT"}),
    findings_client=("accept-queue-full", "syn-retransmission"),
    findings_server=("accept-queue-full", "syn-retransmission"),
    findings_perhaps=("syn-timeout", "server-think-time"),
    never=("third-ack-lost",),
)


def accept_late(me: Program) -> None:
    """Accepts all three, but late."""
    listener = me.listen(backlog=1)
    me.at(me.p.accepts_at)
    for _ in range(3):
        connection = listener.accept()
        connection.read(REQUEST)
        connection.send(ANSWER)
        connection.read_all()
        connection.close()


def draw_accept_late(chance: random.Random) -> dict[str, float]:
    """Accepting begins before the first repeat of the SYN, or before the second."""
    return {"delay_ms": chance.randint(10, 50), "accepts_at": chance.choice([0.7, 1.6])}


SYN_IGNORED_QUEUE_FULL = Scenario(
    id="syn-ignored-queue-full",
    shows="The accept queue is full and the server ignores a SYN; when the program accepts, the SYN's repeat succeeds.",
    twin="syn-lost",
    client=third_in_the_queue,
    server=accept_late,
    draw=draw_accept_late,
    findings_client=("accept-queue-full", "syn-retransmission"),
    findings_server=("accept-queue-full", "syn-retransmission"),
    findings_perhaps=("server-think-time",),
    never=("third-ack-lost", "syn-timeout"),
)


# -- somebody says no ------------------------------------------------------------------


REFUSED_CLOSED_PORT = Scenario(
    id="refused-closed-port",
    shows="Nobody listens at the port: the server's kernel answers the SYN with a RST.",
    twin="refused-by-filter",
    client=try_to_connect,
    server=be_there,
    may_fail=frozenset({"ECONNREFUSED"}),
    findings_client=("connection-refused",),
    findings_server=("connection-refused",),
    never=("rst-abortive-close", "rst-injected", "accept-queue-full"),
)


def reject_with_reset(me: Program) -> None:
    """Listens behind a filter that answers with a RST."""
    filter_packets(me, "tcp dport 8080 reject with tcp reset")
    me.listen()
    me.hear(DONE)


REFUSED_BY_FILTER = Scenario(
    id="refused-by-filter",
    shows="A program listens, but the packet filter of its own host answers the SYN with a RST.",
    twin="refused-closed-port",
    client=try_to_connect,
    server=reject_with_reset,
    may_fail=frozenset({"ECONNREFUSED"}),
    findings_client=("connection-refused",),
    findings_server=("connection-refused",),
    never=("rst-abortive-close", "rst-injected"),
)


def draw_firewall_on_the_way(chance: random.Random) -> dict[str, float]:
    """The firewall is two or three hops from the client, at a third of the way."""
    return {"delay_ms": chance.randint(20, 60), "ttl": chance.choice([61, 62, 126])}


def refuse_on_the_way(p: Parameters) -> list[Rule]:
    """A firewall keeps SYNs back and resets them in the server's name."""

    def reset(passage: Passage) -> bytes:
        upto = passage.segment.seq + 1 & 0xFFFF_FFFF
        return crafted(passage.frame, flags=Flag.RST | Flag.ACK, seq=0, ack=upto, ttl=p.ttl, reverse=True)

    return [drop(CLIENT.syn), inject(CLIENT.syn, End.CLIENT, reset, after=p.delay_ms * 2 / 3 / 1000)]


def listen_in_vain(me: Program) -> None:
    """Listens; nobody gets through."""
    me.listen()
    me.hear(DONE)


REFUSED_ON_THE_WAY = Scenario(
    id="refused-on-the-way",
    shows="A firewall on the way answers the SYN with a RST in the server's name; the server never sees it.",
    twin="refused-closed-port",
    client=try_to_connect,
    server=listen_in_vain,
    draw=draw_firewall_on_the_way,
    rules=refuse_on_the_way,
    may_fail=frozenset({"ECONNREFUSED"}),
    findings_client=("connection-refused",),
    never=("rst-abortive-close", "syn-timeout"),
)


def reject_with_icmp(me: Program) -> None:
    """Listens behind a filter that answers as nft and iptables do when nothing else is said."""
    filter_packets(me, "tcp dport 8080 reject")
    me.listen()
    me.hear(DONE)


UNREACHABLE_PORT = Scenario(
    id="unreachable-port",
    shows="The packet filter of the server's host answers the SYN with ICMP port unreachable.",
    twin="refused-closed-port",
    client=try_to_connect,
    server=reject_with_icmp,
    may_fail=frozenset({"ECONNREFUSED"}),
    findings_client=("connection-unreachable",),
    findings_server=("connection-unreachable",),
    never=("connection-refused", "syn-timeout"),
)


def no_way(code: int) -> Callable[[Parameters], list[Rule]]:
    """Rules of a router that keeps SYNs back and says why."""

    def rules(p: Parameters) -> list[Rule]:
        return [drop(CLIENT.syn), complain(CLIENT.syn, End.CLIENT, code, after=p.delay_ms / 1000)]

    return rules


UNREACHABLE_HOST = Scenario(
    id="unreachable-host",
    shows="The last router cannot reach the server and answers the SYN with ICMP host unreachable.",
    twin="unreachable-prohibited",
    client=try_to_connect,
    server=be_there,
    rules=no_way(HOST_UNREACHABLE),
    may_fail=frozenset({"EHOSTUNREACH"}),
    findings_client=("connection-unreachable",),
    never=("connection-refused", "syn-timeout"),
)

UNREACHABLE_PROHIBITED = Scenario(
    id="unreachable-prohibited",
    shows="A router's access list forbids the connection and answers the SYN with ICMP administratively prohibited.",
    twin="unreachable-host",
    client=try_to_connect,
    server=listen_in_vain,
    rules=no_way(ADMINISTRATIVELY_PROHIBITED),
    may_fail=frozenset({"EHOSTUNREACH"}),
    findings_client=("connection-unreachable",),
    never=("connection-refused", "syn-timeout"),
)


def complain_and_lose(p: Parameters) -> list[Rule]:
    """A route flaps: one data segment is lost and a router says so."""
    lost = CLIENT.data.new.nth(2)
    return [drop(lost), complain(CLIENT.data.new.nth(2), End.CLIENT, HOST_UNREACHABLE, after=p.delay_ms / 1000)]


def ask_twice(me: Program) -> None:
    """Two requests, one after the other."""
    connection = me.connect()
    for _ in range(2):
        connection.send(REQUEST)
        connection.read(ANSWER)
    connection.close()


def answer_twice(me: Program) -> None:
    """Two answers."""
    connection = me.listen().accept()
    for _ in range(2):
        connection.read(REQUEST)
        connection.send(ANSWER)
    connection.read_all()
    connection.close()


UNREACHABLE_FOR_A_MOMENT = Scenario(
    id="unreachable-for-a-moment",
    shows="A router reports the host unreachable in mid-connection: the segment is sent again, and life goes on.",
    twin="unreachable-host",
    client=ask_twice,
    server=answer_twice,
    rules=complain_and_lose,
    findings_perhaps=("tail-loss", "retransmission-timeout"),
    never=("connection-unreachable", "path-lost"),
)

SCENARIOS = [
    SYN_LOST,
    SYN_ACK_LOST,
    SYN_DROPPED_BY_FIREWALL,
    SYN_TO_DEAD_HOST,
    SYN_DROPPED_QUEUE_FULL,
    SYN_IGNORED_QUEUE_FULL,
    REFUSED_CLOSED_PORT,
    REFUSED_BY_FILTER,
    REFUSED_ON_THE_WAY,
    UNREACHABLE_PORT,
    UNREACHABLE_HOST,
    UNREACHABLE_PROHIBITED,
    UNREACHABLE_FOR_A_MOMENT,
]
