"""Connections that a RST ends, and RSTs that do not."""

from __future__ import annotations

import random
import signal

from cases.recorder.program import Program
from cases.recorder.rules import SERVER, drop, partition
from cases.recorder.scenario import Scenario
from cases.recorder.scripts import ANSWER, MSS, REQUEST

RESET = frozenset({"ECONNRESET"})
GONE = frozenset({"ECONNRESET", "EPIPE"})


def ask_and_read_to_the_end(me: Program) -> None:
    """Asks and reads as long as something comes."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read_all()


# -- the end that resets still has its socket --------------------------------------------


def answer_and_abort(me: Program) -> None:
    """Answers; some time later closes with SO_LINGER 0."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    me.sleep(0.3)
    connection.abort()


ABORTIVE_CLOSE = Scenario(
    id="abortive-close",
    shows="The server closes with SO_LINGER 0: a RST instead of a FIN.",
    twin="unread-data",
    client=ask_and_read_to_the_end,
    server=answer_and_abort,
    may_fail=RESET,
    findings_client=("rst-abortive-close",),
    findings_server=("rst-abortive-close",),
    never=("rst-unread-data", "rst-injected", "rst-dead-connection"),
)


def ask_twice_at_once(me: Program) -> None:
    """Two requests in a row."""
    connection = me.connect()
    connection.send(REQUEST)
    me.sleep(0.02)
    connection.send(REQUEST)
    connection.read_all()


def answer_one_and_close(me: Program) -> None:
    """Answers one request and closes when the other must be there, too."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    me.sleep(0.2)
    connection.close()


UNREAD_DATA = Scenario(
    id="unread-data",
    shows="The server answers the first of two requests and closes without having read the second: its kernel sends "
    "a RST.",
    twin="abortive-close",
    client=ask_twice_at_once,
    server=answer_one_and_close,
    may_fail=RESET,
    findings_client=("rst-unread-data", "rst-abortive-close"),
    findings_server=("rst-unread-data", "rst-abortive-close"),
    never=("rst-injected", "rst-dead-connection"),
)


def upload(me: Program) -> None:
    """Sends as much as drawn, in pieces; the reset ends it."""
    connection = me.connect()
    for _ in range(int(me.p.pieces)):
        connection.send(2 * MSS)
        me.sleep(0.05)


def refuse_upload(me: Program) -> None:
    """Reads a little, says no, and closes while more is coming."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    connection.close()


def draw_pieces(chance: random.Random) -> dict[str, float]:
    """Long enough for the RST to come meanwhile."""
    return {"delay_ms": chance.randint(10, 60), "pieces": chance.randint(12, 16)}


UPLOAD_REFUSED = Scenario(
    id="upload-refused",
    shows="The server answers and closes in the middle of an upload: unread data make its kernel send a RST, and "
    "whatever is still on its way is answered by another one.",
    twin="unread-data",
    client=upload,
    server=refuse_upload,
    draw=draw_pieces,
    may_fail=GONE,
    findings_client=("rst-unread-data", "rst-abortive-close"),
    findings_server=("rst-unread-data", "rst-abortive-close"),
    never=("rst-injected", "path-lost"),
)


def talk_then_abort(me: Program) -> None:
    """Reads to the end, then aborts: what browsers and load balancers do to be rid of a connection at once."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read_all()
    me.sleep(0.1)
    connection.abort()


def answer_and_close(me: Program) -> None:
    """Answers and closes at once."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    connection.close()


FAST_CLOSE = Scenario(
    id="fast-close",
    shows="The server has closed and the client has read everything; instead of its own FIN it sends a RST.",
    twin="abortive-close",
    client=talk_then_abort,
    server=answer_and_close,
    findings_client=("rst-abortive-close",),
    findings_server=("rst-abortive-close",),
    never=("rst-unread-data", "rst-injected", "data-after-close"),
)


def never_accept(me: Program) -> None:
    """Listens, never accepts, and ends."""
    listener = me.listen()
    me.at(0.7)
    listener.close()


LISTENER_CLOSED = Scenario(
    id="listener-closed",
    shows="The server's program ends without having accepted the connection: its kernel resets it.",
    twin="abortive-close",
    client=ask_and_read_to_the_end,
    server=never_accept,
    may_fail=RESET,
    findings_client=("rst-abortive-close",),
    findings_server=("rst-abortive-close",),
    findings_perhaps=("rst-unread-data",),
    never=("accept-queue-full", "rst-injected"),
)


def ask_then_kill(me: Program) -> None:
    """Asks twice; the server's process is killed before it reads the second request."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    connection.send(REQUEST)
    me.sleep(0.3)
    me.signal_other(signal.SIGKILL)
    connection.read_all()


def answer_once_then_sleep(me: Program) -> None:
    """Answers once and then does something else."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    me.sleep(20)


PROCESS_KILLED_UNREAD = Scenario(
    id="process-killed-with-unread-data",
    shows="The server's process is killed while a request waits unread: its kernel sends a RST.",
    twin="unread-data",
    client=ask_then_kill,
    server=answer_once_then_sleep,
    may_fail=RESET,
    findings_client=("rst-unread-data", "rst-abortive-close"),
    findings_server=("rst-unread-data", "rst-abortive-close"),
    never=("rst-injected", "rst-dead-connection"),
)


# -- the socket is gone ------------------------------------------------------------------


def draw_idle(chance: random.Random) -> dict[str, float]:
    """When the second request comes."""
    return {"delay_ms": chance.randint(10, 60), "asks_at": chance.choice([1.8, 2.3, 3.1])}


def ask_again_after_idle(me: Program) -> None:
    """Keeps the connection and asks again after some time."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    me.at(me.p.asks_at)
    connection.send(REQUEST)
    connection.read(ANSWER)


def answer_and_vanish(me: Program) -> None:
    """Answers; then its socket goes without a word (the RST is lost, see the rules)."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    me.at(0.6)
    connection.abort()
    me.at(me.p.asks_at + 0.3)


DEAD_CONNECTION = Scenario(
    id="reset-dead-connection",
    shows="The server lost the connection while it was idle and the client was not told: its next request is answered "
    "by a RST from a host that knows no such socket.",
    twin="idle-connection-reset-on-the-way",
    client=ask_again_after_idle,
    server=answer_and_vanish,
    draw=draw_idle,
    rules=lambda _: [drop(SERVER.rst.between(0.5, 0.9))],
    may_fail=RESET,
    findings_client=("rst-dead-connection",),
    findings_server=("rst-abortive-close",),
    findings_perhaps=("client-think-time",),
    never=("idle-connection-dropped", "rst-injected", "rst-unread-data"),
)


def close_while_away(me: Program) -> None:
    """Its network goes away, its program ends the connection, and then the network is back."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    me.at(0.7)
    connection.abort()


def push_until_reset(me: Program) -> None:
    """Goes on sending to a client that is not there any more."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    me.at(me.p.sends_at)
    connection.send(ANSWER)
    connection.read_all()


def draw_outage(chance: random.Random) -> dict[str, float]:
    """When the server sends, and when the client's network is back."""
    return {"delay_ms": chance.randint(10, 60), "sends_at": chance.choice([0.9, 1.1]), "back_at": chance.choice([2, 3])}


CLIENT_NETWORK_GONE = Scenario(
    id="client-network-gone",
    shows="The client loses its network and ends the connection unheard; the server keeps sending, and when the "
    "network is back the client's kernel answers with a RST.",
    twin="reset-dead-connection",
    client=close_while_away,
    server=push_until_reset,
    draw=draw_outage,
    rules=lambda p: [partition(0.5, p.back_at)],
    may_fail=RESET,
    findings_client=("rst-abortive-close",),
    findings_server=("rst-dead-connection",),
    findings_perhaps=("retransmission-timeout", "tail-loss"),
    never=("path-lost", "rst-injected", "rst-unread-data"),
)

SCENARIOS = [
    ABORTIVE_CLOSE,
    UNREAD_DATA,
    UPLOAD_REFUSED,
    FAST_CLOSE,
    LISTENER_CLOSED,
    PROCESS_KILLED_UNREAD,
    DEAD_CONNECTION,
    CLIENT_NETWORK_GONE,
]
