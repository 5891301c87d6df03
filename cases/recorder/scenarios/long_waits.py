"""Stories that take their real time: intervals as programs in the field have them."""

from __future__ import annotations

import contextlib
import random

from cases.recorder.firewall import filter_packets
from cases.recorder.program import Connection, Program
from cases.recorder.rules import ANY, drop, partition
from cases.recorder.scenario import Scenario, round_trip
from cases.recorder.scripts import ANSWER, REQUEST, answer_until_closed

GO_SECONDS = 15
"""What Go's net.Dialer and net.ListenConfig set as TCP_KEEPIDLE and TCP_KEEPINTVL unless told otherwise."""
TCP_USER_TIMEOUT = 18
"""Linux's number of the option; milliseconds."""
GO_PROBES = 9
"""TCP_KEEPCNT there, and Linux's own default."""


def keep_alive_like_go(connection: Connection) -> None:
    """The socket options of a connection that a Go program dialled or accepted."""
    connection.keep_alive(idle=GO_SECONDS, interval=GO_SECONDS, count=GO_PROBES)


# -- every fifteen seconds -----------------------------------------------------------------


def ask_then_idle(me: Program) -> None:
    """A client with a connection pool: one request, then the connection is kept for the next one."""
    connection = me.connect()
    keep_alive_like_go(connection)
    connection.send(REQUEST)
    connection.read(ANSWER)
    me.sleep(me.p.idle)
    connection.send(REQUEST)
    connection.read(ANSWER)
    connection.close()


def answer_both(me: Program) -> None:
    """Answers two requests; closes after the client."""
    connection = me.listen().accept()
    for _ in range(2):
        connection.read(REQUEST)
        connection.send(ANSWER)
    connection.read_all()
    connection.close()


def draw_idle(chance: random.Random) -> dict[str, float]:
    """Three probes, or two."""
    return {"delay_ms": chance.randint(10, 40), "idle": chance.choice([46.5, 32.5])}


KEEP_ALIVE_15_S = Scenario(
    id="keep-alive-15-s",
    shows="A pooled connection is idle; the client's kernel probes every 15 seconds, as Go programs ask it to.",
    client=ask_then_idle,
    server=answer_both,
    draw=draw_idle,
    limit=90.0,
    findings_client=("keep-alive",),
    findings_server=("keep-alive",),
    findings_perhaps=("client-think-time",),
    never=("keep-alive-timeout", "path-lost"),
)


# -- a server with keep-alive that closes first ----------------------------------------------


def ask_then_wait_for_the_end(me: Program) -> None:
    """Notices the server's FIN only when it looks for its next request, a while later."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    connection.read_all()
    me.sleep(me.p.notices_after)
    connection.close()


def probe_then_close(me: Program) -> None:
    """Answers one request; its idle time-out is a little longer than its keep-alive interval."""
    connection = me.listen().accept()
    keep_alive_like_go(connection)
    connection.read(REQUEST)
    connection.send(ANSWER)
    me.sleep(me.p.idle)
    connection.shutdown()
    connection.read_all()
    connection.close()


def draw_idle_close(chance: random.Random) -> dict[str, float]:
    """One probe, then the end."""
    return {"delay_ms": chance.randint(10, 40), "idle": 18.0, "notices_after": chance.choice([0.4, 0.7])}


SERVER_KEEP_ALIVE_THEN_CLOSE = Scenario(
    id="server-keep-alive-then-close",
    shows="An idle connection: the server's kernel probes once after 15 seconds, then its program closes first and the "
    "client a moment later: four packets.",
    twin="four-packet-close",
    client=ask_then_wait_for_the_end,
    server=probe_then_close,
    draw=draw_idle_close,
    limit=60.0,
    findings_client=("keep-alive", "four-packet-close"),
    findings_server=("keep-alive", "four-packet-close"),
    never=("keep-alive-timeout", "close-wait-leak"),
)


# -- third ACKs that reach the host and never its socket ----------------------------------------


def connect_say_nothing_close(me: Program) -> None:
    """Believes to be connected; has nothing to say, and closes when it has waited long enough."""
    connection = me.connect()
    me.sleep(me.p.patience)
    connection.close()


def listen_deaf_to_pure_acks(me: Program) -> None:
    """The host's packet filter swallows every pure ACK; the program accepts nobody."""
    filter_packets(me, "tcp dport 8080 tcp flags & (fin|syn|rst|psh|ack) == ack drop")
    me.listen()
    me.sleep(me.p.patience + 1.0)


THIRD_ACK_FILTERED = Scenario(
    id="third-ack-filtered",
    shows="The server's host swallows pure ACKs behind its interface: its SYN-ACK is repeated, answered each time and "
    "given up; the client's FIN then meets no connection and is reset.",
    twin="accept-queue-full",
    client=connect_say_nothing_close,
    server=listen_deaf_to_pure_acks,
    draw=lambda chance: {**round_trip(30, 80)(chance), "patience": chance.choice([8.5, 9.5])},
    server_sysctls={"net.ipv4.tcp_synack_retries": "2"},
    limit=40.0,
    findings_client=("syn-ack-retransmission",),
    findings_server=("syn-ack-retransmission",),
    findings_perhaps=("rst-dead-connection", "accept-queue-full", "third-ack-lost"),
)


# -- a FIN-WAIT-2 that nobody ends ---------------------------------------------------------------


def ask_and_close(me: Program) -> None:
    """An ordinary request; the client closes first."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    connection.close()


def answer_then_speak_late(me: Program) -> None:
    """Answers, never looks whether the client has closed, and sends more after a minute."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    me.sleep(me.p.late)
    connection.send(ANSWER)
    me.sleep(0.3)
    connection.close()


FIN_WAIT_2_60_S = Scenario(
    id="fin-wait-2-60-s",
    shows="The client has closed, the server does not for more than a minute: Linux forgets the client's end after "
    "tcp_fin_timeout, 60 seconds, and what comes later is answered by a RST.",
    twin="data-after-close",
    client=ask_and_close,
    server=answer_then_speak_late,
    draw=lambda chance: {"delay_ms": chance.randint(10, 60), "late": chance.choice([63.0, 64.0])},
    limit=90.0,
    findings_client=("fin-wait-2-timeout",),
    findings_server=("fin-wait-2-timeout",),
)


# -- a NAT with a short memory -------------------------------------------------------------------

FORGETS_AFTER = 20.0
"""Second of the scenario from which on the NAT does not know the first connection."""


def ask_after_half_a_minute(me: Program) -> None:
    """Asks, is idle, asks again in vain; then makes a new connection, which works."""
    connection = me.connect()
    connection.option(TCP_USER_TIMEOUT, 3000)
    connection.send(REQUEST)
    connection.read(ANSWER)
    me.sleep(me.p.idle)
    connection.send(REQUEST)
    with contextlib.suppress(TimeoutError):
        connection.read(ANSWER)
    me.sleep(0.5)
    again = me.connect()
    again.send(REQUEST)
    again.read(ANSWER)
    again.close()


def answer_on_two(me: Program) -> None:
    """Answers one request on each of two connections."""
    listener = me.listen()
    first = listener.accept()
    first.read(REQUEST)
    first.send(ANSWER)
    second = listener.accept()
    second.read(REQUEST)
    second.send(ANSWER)
    second.read_all()
    second.close()


IDLE_CONNECTION_DROPPED_35_S = Scenario(
    id="idle-connection-dropped-35-s",
    shows="A NAT forgets a connection that is idle for 20 seconds and swallows what comes for it later; a new "
    "connection to the same server works at once.",
    twin="path-dead",
    client=ask_after_half_a_minute,
    server=answer_on_two,
    draw=lambda chance: {"delay_ms": chance.randint(10, 40), "idle": chance.choice([35.0, 36.0])},
    rules=lambda _: [drop(ANY.of_connection(0).after(FORGETS_AFTER))],
    may_fail=frozenset({"ETIMEDOUT"}),
    limit=70.0,
    findings_client=("idle-connection-dropped",),
    findings_perhaps=("retransmission-timeout", "tail-loss", "still-open", "client-think-time"),
    never=("path-lost",),
)

# -- a server that is not up yet ------------------------------------------------------------------


def try_until_it_is_up(me: Program) -> None:
    """Connects in vain, waits, and connects again."""
    with contextlib.suppress(TimeoutError):
        me.connect()
    me.at(me.p.up_at + 1.0)
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    connection.close()


SYN_TIMEOUT_THEN_UP = Scenario(
    id="syn-timeout-then-up",
    shows="The server's host is still booting: SYNs vanish without a word until the client gives up; a second attempt, "
    "when the host is up, works at once.",
    twin="syn-lost",
    client=try_until_it_is_up,
    server=answer_until_closed,
    draw=lambda chance: {**round_trip(30, 90)(chance), "up_at": 9.0},
    rules=lambda p: [partition(0.0, p.up_at)],
    client_sysctls={"net.ipv4.tcp_syn_retries": "2", "net.ipv4.tcp_syn_linear_timeouts": "1"},
    may_fail=frozenset({"ETIMEDOUT"}),
    limit=40.0,
    findings_client=("syn-timeout",),
    never=("connection-refused", "path-lost"),
)

SCENARIOS = [
    SYN_TIMEOUT_THEN_UP,
    KEEP_ALIVE_15_S,
    SERVER_KEEP_ALIVE_THEN_CLOSE,
    THIRD_ACK_FILTERED,
    FIN_WAIT_2_60_S,
    IDLE_CONNECTION_DROPPED_35_S,
]
