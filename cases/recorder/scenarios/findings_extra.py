"""Near-twins and borderline cases of the findings about opening, closing and losing a connection."""

from __future__ import annotations

import contextlib
import random
from dataclasses import replace

from cases.recorder.program import Program
from cases.recorder.rules import ANY, CLIENT, SERVER, corrupt, drop, partition
from cases.recorder.scenario import Scenario, round_trip
from cases.recorder.scenarios.fast_open import lose_all_but_syn
from cases.recorder.scenarios.odd_closings import FIN_WAIT_2_TIMEOUT
from cases.recorder.scenarios.opening import ACCEPT_QUEUE_FULL, THIRD_ACK_LOST
from cases.recorder.scenarios.path import CONGESTION_MARKED
from cases.recorder.scenarios.recovery import TWO_LOSSES
from cases.recorder.scenarios.silence import ACK_LOSS
from cases.recorder.scripts import (
    ANSWER,
    MSS,
    REQUEST,
    answer_until_closed,
    request_and_close,
)

GIVEN_UP = 0
"""Mark: the client has given up."""
TIMED_OUT = frozenset({"ETIMEDOUT"})

# -- opening -----------------------------------------------------------------------------


def try_then_elsewhere(me: Program) -> None:
    """One attempt that nobody answers; seconds after it was given up, another one that works."""
    with contextlib.suppress(TimeoutError):
        me.connect()
    me.sleep(3.4)
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    connection.close()


SYN_TIMED_OUT = Scenario(
    id="syn-timed-out",
    shows="All SYNs of the first attempt are lost and the client gives up; a later attempt gets through.",
    twin="syn-lost",
    client=try_then_elsewhere,
    server=answer_until_closed,
    rules=lambda _: [drop(ANY.of_connection(0))],
    client_sysctls={"net.ipv4.tcp_syn_retries": "1", "net.ipv4.tcp_syn_linear_timeouts": "1"},
    may_fail=TIMED_OUT,
    findings_client=("syn-timeout",),
    never=("accept-queue-full", "syn-retransmission", "connection-refused"),
)

THIRD_ACK_LOST_TWICE = replace(
    THIRD_ACK_LOST,
    id="third-ack-lost-twice",
    shows="The third packet of the handshake is lost, and so is the client's answer to the server's first repeat.",
    twin="accept-queue-full",
    rules=lambda _: [drop(CLIENT.ack_only.first(2))],
    findings_client=("syn-ack-retransmission",),
    findings_server=("third-ack-lost", "syn-ack-retransmission"),
    never=("accept-queue-full",),
)


def four_clients_that_ask(me: Program) -> None:
    """As in `ACCEPT_QUEUE_FULL`, but the clients speak first, so that data are ignored as well."""
    connections = [me.connect(), me.connect(), me.begin_connect(), me.begin_connect()]
    for connection in connections:
        connection.send(REQUEST)
    for connection in connections:
        connection.read(ANSWER)
        connection.read_all()
        connection.close()


def answer_four_late(me: Program) -> None:
    """Accepts late, and answers."""
    listener = me.listen(backlog=2)
    me.at(me.p.accepts_at)
    for _ in range(4):
        connection = listener.accept()
        connection.read(REQUEST)
        connection.send(ANSWER)
        connection.close()


ACCEPT_QUEUE_FULL_DATA = replace(
    ACCEPT_QUEUE_FULL,
    id="accept-queue-full-data",
    shows="The accept queue is full; the fourth client's request is ignored like its third ACK, until the program "
    "accepts.",
    twin="client-unheard-while-opening",
    client=four_clients_that_ask,
    server=answer_four_late,
    findings_client=("accept-queue-full", "syn-ack-retransmission"),
    findings_server=("accept-queue-full", "syn-ack-retransmission"),
    findings_perhaps=("retransmission-timeout", "tail-loss", "server-think-time"),
    never=("third-ack-lost", "path-lost", "lost-retransmission"),
)


def draw_unheard(chance: random.Random) -> dict[str, float]:
    """How long nothing of the client arrives after its SYN: over one repeat of the SYN-ACK, or two."""
    return {"delay_ms": chance.randint(10, 40), "until": chance.choice([1.6, 3.4])}


CLIENT_UNHEARD = Scenario(
    id="client-unheard-while-opening",
    shows="After the SYN nothing of the client arrives for a while: its third ACK and its request are lost, and the "
    "server repeats its SYN-ACK.",
    twin="accept-queue-full-data",
    client=request_and_close,
    server=answer_until_closed,
    draw=draw_unheard,
    rules=lose_all_but_syn,
    findings_client=("retransmission-timeout", "syn-ack-retransmission"),
    findings_server=("syn-ack-retransmission", "third-ack-lost"),
    findings_perhaps=("tail-loss", "retransmission-timeout", "lost-retransmission", "server-think-time"),
    never=("accept-queue-full", "path-lost"),
)

# -- closing -----------------------------------------------------------------------------


def draw_minute(chance: random.Random) -> dict[str, float]:
    """More than the minute that Linux waits."""
    return {"delay_ms": chance.randint(10, 60), "late": chance.choice([62.0, 63.5])}


FIN_WAIT_2_EXPIRED = replace(
    FIN_WAIT_2_TIMEOUT,
    id="fin-wait-2-expired",
    shows="The client has closed, and the server sends more only when the client's kernel has forgotten the "
    "connection, after a minute: it is answered by a RST.",
    twin="data-after-close",
    draw=draw_minute,
    client_sysctls={},
    limit=90.0,
    findings_client=("fin-wait-2-timeout",),
    findings_server=("fin-wait-2-timeout",),
    findings_perhaps=("server-think-time",),
    never=("data-after-close", "close-wait-leak", "half-close"),
)


def close_unread(me: Program) -> None:
    """Asks, reads nothing of the answer, closes."""
    connection = me.connect()
    connection.send(REQUEST)
    me.sleep(1.0)
    connection.close()


def answer_at_length(me: Program) -> None:
    """A long answer, all of which fits the client's buffer."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(me.p.segments * MSS)
    with contextlib.suppress(ConnectionResetError):
        connection.read_all()


def draw_long_answer(chance: random.Random) -> dict[str, float]:
    """Within the first two round trips."""
    return {"delay_ms": chance.randint(10, 40), "segments": chance.randint(12, 24)}


CLIENT_LEAVES_UNREAD = Scenario(
    id="client-leaves-unread",
    shows="The client closes without having read any of a long answer: its kernel sends a RST.",
    twin="client-reads-and-aborts",
    client=close_unread,
    server=answer_at_length,
    draw=draw_long_answer,
    may_fail=frozenset({"ECONNRESET"}),
    findings_client=("rst-unread-data", "rst-abortive-close"),
    findings_server=("rst-unread-data", "rst-abortive-close"),
    never=("rst-injected", "rst-dead-connection"),
)


def read_then_abort(me: Program) -> None:
    """Asks, reads all of the answer, and aborts all the same."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(me.p.segments * MSS)
    me.sleep(0.5)
    connection.abort()


CLIENT_READS_AND_ABORTS = replace(
    CLIENT_LEAVES_UNREAD,
    id="client-reads-and-aborts",
    shows="The client has read all of a long answer and closes with SO_LINGER 0: a RST instead of a FIN.",
    twin="client-leaves-unread",
    client=read_then_abort,
    findings_client=("rst-abortive-close",),
    findings_server=("rst-abortive-close",),
    never=("rst-unread-data", "rst-injected"),
)


def send_after_its_end(me: Program) -> None:
    """Hears that the server has said everything, and sends its own part."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read_all()
    connection.send(me.p.segments * MSS)
    connection.close()


def say_all_then_read(me: Program) -> None:
    """Answers, shuts down its sending half, reads on."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    connection.shutdown()
    connection.read_all()
    connection.close()


def close_at_once(me: Program) -> None:
    """Answers and closes: nobody reads what still comes."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    connection.close()


HALF_CLOSE_BY_SERVER = Scenario(
    id="half-close-by-server",
    shows="The server shuts down its sending half and still reads: the client's data follow the server's FIN.",
    twin="data-after-server-close",
    client=send_after_its_end,
    server=say_all_then_read,
    draw=lambda chance: {**round_trip(20, 120)(chance), "segments": chance.randint(2, 8)},
    findings_client=("half-close",),
    findings_server=("half-close",),
    never=("data-after-close", "close-wait-leak"),
)

DATA_AFTER_SERVER_CLOSE = replace(
    HALF_CLOSE_BY_SERVER,
    id="data-after-server-close",
    shows="The server has closed and the client sends more: the server's kernel answers with a RST.",
    twin="half-close-by-server",
    server=close_at_once,
    may_fail=frozenset({"ECONNRESET", "EPIPE"}),
    findings_client=("data-after-close",),
    findings_server=("data-after-close",),
    never=("half-close", "fin-wait-2-timeout", "rst-unread-data"),
)

# -- losing the way ----------------------------------------------------------------------


def ask_again_in_vain(me: Program) -> None:
    """After an idle time nothing works any more, neither the old connection nor a new one."""
    old = me.connect()
    old.send(REQUEST)
    old.read(ANSWER)
    me.at(me.p.asks_at)
    old.send(REQUEST)
    with contextlib.suppress(TimeoutError):
        old.read(ANSWER)
    with contextlib.suppress(TimeoutError):
        me.connect()
    me.tell(GIVEN_UP)


def answer_until_given_up(me: Program) -> None:
    """Answers once; hears of the end only from the bench."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    me.hear(GIVEN_UP)


PATH_DOWN_AFTER_IDLE = Scenario(
    id="path-down-after-idle",
    shows="The path fails while the connection is idle: the next request and a new connection stay unanswered alike.",
    twin="idle-connection-dropped",
    client=ask_again_in_vain,
    server=answer_until_given_up,
    draw=lambda chance: {"delay_ms": chance.randint(10, 60), "asks_at": chance.choice([1.7, 2.4])},
    rules=lambda _: [partition(1.2)],
    client_sysctls={"net.ipv4.tcp_retries2": "3", "net.ipv4.tcp_syn_retries": "1"},
    may_fail=TIMED_OUT,
    findings_client=("path-lost", "syn-retransmission"),
    findings_perhaps=("retransmission-timeout", "tail-loss", "client-think-time", "syn-timeout"),
    never=("idle-connection-dropped", "accept-queue-full"),
)


# -- loss --------------------------------------------------------------------------------

ACK_LOSS_IPV6 = replace(
    ACK_LOSS,
    id="ack-loss-ipv6",
    shows="Some acknowledgments are lost over IPv6: no packet numbers betray it.",
    twin="ack-loss-harmless",
    ipv6=True,
    findings_client=(),
    findings_perhaps=(),
    never=("ack-loss-harmless", "capture-missed-packets", "fast-retransmission"),
)

TWO_DAMAGED = replace(
    TWO_LOSSES,
    id="two-segments-damaged",
    shows="Two segments of a download arrive with broken bytes; the client drops them without a word.",
    twin="two-losses-one-window",
    rules=lambda p: [corrupt(SERVER.data.new.nth(p.lost, p.lost_too))],
    findings_client=("checksum-error", "fast-retransmission"),
    findings_server=("fast-retransmission",),
    never=("retransmission-timeout", "spurious-retransmission"),
)

ECN_UNMARKED = replace(
    CONGESTION_MARKED,
    id="ecn-unmarked",
    shows="Both ends have agreed on ECN, and no router has anything to mark.",
    twin="congestion-marked",
    rules=lambda _: [],
    findings_client=(),
    findings_server=(),
    never=("ecn-congestion",),
)

SCENARIOS = [
    SYN_TIMED_OUT,
    THIRD_ACK_LOST_TWICE,
    ACCEPT_QUEUE_FULL_DATA,
    CLIENT_UNHEARD,
    FIN_WAIT_2_EXPIRED,
    CLIENT_LEAVES_UNREAD,
    CLIENT_READS_AND_ABORTS,
    HALF_CLOSE_BY_SERVER,
    DATA_AFTER_SERVER_CLOSE,
    PATH_DOWN_AFTER_IDLE,
    ACK_LOSS_IPV6,
    TWO_DAMAGED,
    ECN_UNMARKED,
]
