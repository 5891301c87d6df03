"""Closes that lose something, never finish, or are not what they look like."""

from __future__ import annotations

import contextlib
import random
import signal
from dataclasses import replace

from cases.recorder.program import Program
from cases.recorder.rules import CLIENT, SERVER, Rule, drop, duplicate
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scenarios.closing import FOUR_PACKET_CLOSE, SIMULTANEOUS_CLOSE
from cases.recorder.scripts import ANSWER, REQUEST, answer_until_closed

FOUR_PACKET_CLOSE_IPV6 = replace(
    FOUR_PACKET_CLOSE,
    id="four-packet-close-ipv6",
    shows="The server closes first and the client some time later, over IPv6.",
    twin="four-packet-close",
    ipv6=True,
)


def ask_and_close(me: Program) -> None:
    """An ordinary request; the client closes first."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    connection.close()


# -- the server does not wait for ever ------------------------------------------------------


def draw_idle(chance: random.Random) -> dict[str, float]:
    """How long the server keeps an idle connection, and when the client notices its end."""
    return {
        "delay_ms": chance.randint(10, 60),
        "keeps": chance.choice([1.2, 1.8, 2.4]),
        "notices": chance.choice([0.4, 0.9]),
    }


def ask_and_keep(me: Program) -> None:
    """Keeps the connection for another request that does not come; finds the end of stream later."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    connection.read_all()
    me.sleep(me.p.notices)
    connection.close()


def close_when_idle(me: Program) -> None:
    """Answers, waits for another request, and closes when its patience ends."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    connection.raw.settimeout(me.p.keeps)
    with contextlib.suppress(TimeoutError):
        connection.read(REQUEST)
    connection.close()


IDLE_TIMEOUT_CLOSE = Scenario(
    id="idle-timeout-close",
    shows="The server's keep-alive time-out ends and it closes first; the client closes when it notices: four packets.",
    twin="four-packet-close",
    client=ask_and_keep,
    server=close_when_idle,
    draw=draw_idle,
    may_fail=frozenset({"timed out"}),
    findings_client=("four-packet-close",),
    findings_server=("four-packet-close",),
    never=("half-close", "close-wait-leak"),
)


# -- lost parts ------------------------------------------------------------------------------

FIN_LOST = Scenario(
    id="fin-lost",
    shows="The client's FIN is lost and sent again.",
    twin="fin-acknowledgement-lost",
    client=ask_and_close,
    server=answer_until_closed,
    rules=lambda _: [drop(CLIENT.fin.nth(1))],
    findings_perhaps=("tail-loss", "retransmission-timeout"),
    never=("path-lost", "close-wait-leak"),
)

FIN_ACKNOWLEDGEMENT_LOST = Scenario(
    id="fin-acknowledgement-lost",
    shows="The server's answer to the client's FIN, its own FIN, is lost: both send theirs again.",
    twin="fin-lost",
    client=ask_and_close,
    server=answer_until_closed,
    rules=lambda _: [drop(SERVER.fin.nth(1))],
    findings_perhaps=("tail-loss", "retransmission-timeout"),
    never=("path-lost", "close-wait-leak"),
)


def lose_last_ack(_: Parameters) -> list[Rule]:
    """The client's ACK of the server's FIN: the first pure ACK after its own FIN."""
    return [drop(CLIENT.ack_only.where(lambda passage: passage.offset == REQUEST + 2, "after its FIN").nth(1))]


LAST_ACK_LOST = Scenario(
    id="last-ack-lost",
    shows="The very last ACK is lost: the server repeats its FIN, and the client's TIME-WAIT is there to answer.",
    twin="fin-lost",
    client=ask_and_close,
    server=answer_until_closed,
    rules=lose_last_ack,
    findings_perhaps=("tail-loss", "retransmission-timeout"),
    never=("path-lost", "close-wait-leak", "duplicated-by-network"),
)

SIMULTANEOUS_CLOSE_FIN_LOST = replace(
    SIMULTANEOUS_CLOSE,
    id="simultaneous-close-fin-lost",
    shows="Both ends close at the same moment, but one FIN is lost: only one end passes through CLOSING.",
    twin="simultaneous-close",
    rules=lambda _: [drop(SERVER.fin.nth(1))],
    quiet=1.0,
    findings_client=(),
    findings_server=("simultaneous-close",),
    findings_perhaps=("tail-loss", "retransmission-timeout"),
    never=("path-lost",),
)


# -- the other end does not close -------------------------------------------------------------


def answer_then_send_late(me: Program) -> None:
    """Answers, does not notice that the client has closed, and sends more."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    me.sleep(me.p.late)
    connection.send(ANSWER)
    me.sleep(0.3)
    connection.close()


def draw_early(chance: random.Random) -> dict[str, float]:
    """The client's socket still stands in FIN-WAIT-2."""
    return {"delay_ms": chance.randint(10, 60), "late": chance.choice([0.4, 0.6, 0.9])}


DATA_AFTER_CLOSE = Scenario(
    id="data-after-close",
    shows="The client has closed and the server sends more: the client's kernel answers with a RST.",
    twin="fin-wait-2-timeout",
    client=ask_and_close,
    server=answer_then_send_late,
    draw=draw_early,
    findings_client=("data-after-close",),
    findings_server=("data-after-close",),
    never=("fin-wait-2-timeout", "rst-dead-connection", "half-close", "close-wait-leak"),
)


def draw_after_timeout(chance: random.Random) -> dict[str, float]:
    """The client's socket is gone from FIN-WAIT-2 after a second."""
    return {"delay_ms": chance.randint(10, 60), "late": chance.choice([2.6, 3.1, 3.6])}


FIN_WAIT_2_TIMEOUT = Scenario(
    id="fin-wait-2-timeout",
    shows="The client has closed, the server never does: the client's kernel forgets the connection after "
    "tcp_fin_timeout (a second here), and what comes later is answered by a RST.",
    twin="data-after-close",
    client=ask_and_close,
    server=answer_then_send_late,
    draw=draw_after_timeout,
    client_sysctls={"net.ipv4.tcp_fin_timeout": "1"},
    findings_client=("data-after-close",),
    findings_server=("data-after-close",),
    never=("fin-wait-2-timeout", "rst-dead-connection", "half-close"),
)


def draw_leak(chance: random.Random) -> dict[str, float]:
    """How long the server leaves its end open."""
    return {"delay_ms": chance.randint(10, 60), "late": chance.choice([5.4, 5.8, 6.2])}


def answer_and_forget(me: Program) -> None:
    """Answers and forgets to close."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    me.sleep(me.p.late)


CLOSE_WAIT_LEAK = Scenario(
    id="close-wait-leak",
    shows="The client has closed; the server's program does not care, and its socket stays in CLOSE-WAIT for seconds.",
    twin="half-close-slow-answer",
    client=ask_and_close,
    server=answer_and_forget,
    draw=draw_leak,
    findings_client=("close-wait-leak",),
    findings_server=("close-wait-leak",),
    never=("half-close", "data-after-close"),
)


def finish_and_wait(me: Program) -> None:
    """Says that nothing more will come, and waits for the answer."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.shutdown()
    connection.read_all()
    connection.close()


def work_long(me: Program) -> None:
    """Reads to the end, works, answers."""
    connection = me.listen().accept()
    connection.read_all()
    me.sleep(me.p.late)
    connection.send(ANSWER)
    connection.close()


HALF_CLOSE_SLOW_ANSWER = Scenario(
    id="half-close-slow-answer",
    shows="The client has only shut down its sending half, and the server works for seconds before it answers: "
    "CLOSE-WAIT and FIN-WAIT-2 as they should be.",
    twin="close-wait-leak",
    client=finish_and_wait,
    server=work_long,
    draw=draw_leak,
    findings_client=("half-close",),
    findings_server=("half-close",),
    findings_perhaps=("server-think-time",),
    never=("close-wait-leak", "data-after-close"),
)


def ask_then_kill(me: Program) -> None:
    """The server's process is killed when there is nothing left to read."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    me.sleep(0.3)
    me.signal_other(signal.SIGKILL)
    connection.read_all()
    connection.close()


PROCESS_KILLED = Scenario(
    id="process-killed",
    shows="The server's process is killed: its kernel closes the connection in good order, with a FIN.",
    twin="four-packet-close",
    client=ask_then_kill,
    server=answer_and_forget,
    draw=lambda chance: {"delay_ms": chance.randint(10, 60), "late": 20},
    findings_client=("three-packet-close",),
    findings_server=("three-packet-close",),
    never=("rst-abortive-close", "rst-unread-data"),
)


# -- after the end -----------------------------------------------------------------------------


def late_copies_of_answer(p: Parameters) -> list[Rule]:
    """Two copies of the server's answer stray and arrive, one after the other, when both have closed."""
    return [duplicate(SERVER.data.nth(1), after=p.late), duplicate(SERVER.data.nth(1), after=p.late + 0.5)]


LATE_SEGMENT_IN_TIME_WAIT = Scenario(
    id="late-segment-in-time-wait",
    shows="A stray copy of the answer arrives in the client's TIME-WAIT: the client acknowledges it, the server knows "
    "no such connection, and its RST ends the TIME-WAIT early (RFC 1337): the next copy finds no socket.",
    twin="late-segment-time-wait-kept",
    client=ask_and_close,
    server=answer_until_closed,
    draw=draw_early,
    rules=late_copies_of_answer,
    findings_client=("duplicated-by-network",),
    findings_perhaps=("duplicated-by-network",),
    never=("data-after-close", "spurious-retransmission", "rst-dead-connection"),
)

LATE_SEGMENT_RFC1337 = replace(
    LATE_SEGMENT_IN_TIME_WAIT,
    id="late-segment-time-wait-kept",
    shows="Stray copies of the answer arrive in the client's TIME-WAIT and are acknowledged; the server's RSTs are "
    "ignored, as tcp_rfc1337 asks.",
    twin="late-segment-in-time-wait",
    client_sysctls={"net.ipv4.tcp_rfc1337": "1"},
    findings_client=("duplicated-by-network",),
    findings_server=(),
    findings_perhaps=("duplicated-by-network",),
    never=("data-after-close", "spurious-retransmission", "rst-dead-connection"),
)

SCENARIOS = [
    FOUR_PACKET_CLOSE_IPV6,
    IDLE_TIMEOUT_CLOSE,
    FIN_LOST,
    FIN_ACKNOWLEDGEMENT_LOST,
    LAST_ACK_LOST,
    SIMULTANEOUS_CLOSE_FIN_LOST,
    DATA_AFTER_CLOSE,
    FIN_WAIT_2_TIMEOUT,
    CLOSE_WAIT_LEAK,
    HALF_CLOSE_SLOW_ANSWER,
    PROCESS_KILLED,
    LATE_SEGMENT_IN_TIME_WAIT,
    LATE_SEGMENT_RFC1337,
]
