"""Paths that queue, mark, or swallow what is too large."""

from __future__ import annotations

import random
import socket
from dataclasses import replace
from typing import Final

from cases.recorder.namespaces import End
from cases.recorder.program import Program
from cases.recorder.rules import SERVER, Rate, Rule, black_hole, drop, rewrite
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scenarios.recovery import answer_with_segments, ask_for_segments, for_a_while, nth_segment
from cases.recorder.scenarios.windows import read_bytes, send_bytes
from cases.recorder.scripts import MSS, REQUEST
from cases.recorder.segment import ETHERNET, repaired

ROUTER: Final = "192.0.2.1"

# -- a bottleneck ----------------------------------------------------------------------


def draw_long_queue(chance: random.Random) -> dict[str, float]:
    """A slow line with a queue for half a second."""
    return {
        "delay_ms": chance.randint(8, 20),
        "bytes": chance.randint(500_000, 700_000),
        "megabits": chance.choice([3, 4, 5]),
        "queue_seconds": chance.choice([0.6, 0.8]),
    }


def bottleneck(p: Parameters) -> list[Rate]:
    """On the way from the client."""
    return [Rate(End.CLIENT, p.megabits * 1e6, round(p.megabits * 1e6 / 8 * p.queue_seconds))]


LONG_QUEUE = Scenario(
    id="queueing-delay",
    shows="A slow line with a long queue: nothing is lost for long, but every round trip takes many times its time.",
    twin="slow-receiver",
    client=send_bytes,
    server=read_bytes,
    draw=draw_long_queue,
    rates=bottleneck,
    findings_client=("queueing-delay", "path-limited"),
    findings_server=("queueing-delay", "path-limited"),
    never=(
        "slow-receiver",
        "receive-window-limited",
        "zero-window",
        "sender-application-limited",
        "send-buffer-limited",
    ),
)


def draw_short_queue(chance: random.Random) -> dict[str, float]:
    """A slow line with hardly any queue."""
    return {
        "delay_ms": chance.randint(8, 20),
        "bytes": chance.randint(500_000, 700_000),
        "megabits": chance.choice([4, 5, 6]),
        "queue_seconds": chance.choice([0.03, 0.05]),
    }


SHORT_QUEUE = replace(
    LONG_QUEUE,
    id="short-queue",
    shows="A slow line with a short queue: it overflows again and again, and losses set the pace.",
    twin="queueing-delay",
    draw=draw_short_queue,
    findings_client=("path-limited", "fast-retransmission"),
    findings_server=("path-limited", "fast-retransmission"),
    findings_perhaps=("queueing-delay", "lost-retransmission", "tail-loss", "retransmission-timeout"),
)


# -- marked instead of dropped ---------------------------------------------------------


def draw_marks(chance: random.Random) -> dict[str, float]:
    """Some segments of a transfer."""
    return {
        "delay_ms": chance.randint(10, 40),
        "segments": chance.randint(60, 90),
        "marked": chance.randint(12, 20),
        "marked_too": chance.randint(40, 50),
    }


def congestion_experienced(frame: bytes) -> bytes:
    """Both ECN bits of an IPv4 header that has one of them; others may not be marked (RFC 3168, 5)."""
    if not frame[ETHERNET + 1] & 3:
        return frame
    return repaired(frame[: ETHERNET + 1] + bytes([frame[ETHERNET + 1] | 3]) + frame[ETHERNET + 2 :])


def mark(p: Parameters) -> list[Rule]:
    """Two segments of the server's."""
    return [rewrite(SERVER.data.new.nth(p.marked, p.marked_too), congestion_experienced, "congestion experienced")]


CONGESTION_MARKED = Scenario(
    id="congestion-marked",
    shows="A router marks two segments instead of dropping them (ECN): the receiver echoes it, the sender halves its "
    "window and says so; nothing is sent again.",
    twin="short-queue",
    client=ask_for_segments,
    server=answer_with_segments,
    draw=draw_marks,
    rules=mark,
    sysctls={"net.ipv4.tcp_ecn": "1"},
    findings_client=("ecn-congestion",),
    findings_server=("ecn-congestion",),
    never=(
        "fast-retransmission",
        "retransmission-timeout",
        "tail-loss",
        "spurious-retransmission",
        "retransmission-unexplained",
    ),
)


# -- large ones do not pass ------------------------------------------------------------


def draw_black_hole(chance: random.Random) -> dict[str, float]:
    """The largest datagram that passes, and how much is sent."""
    return {
        "delay_ms": chance.randint(10, 40),
        "mtu": chance.choice([1280, 1400, 1420]),
        "segments": chance.randint(6, 12),
    }


def swallow_large(p: Parameters) -> list[Rule]:
    """What the server sends."""
    return [black_hole(End.SERVER, p.mtu)]


PATH_MTU_BLACK_HOLE = Scenario(
    id="path-mtu-black-hole",
    shows="Large segments of the server vanish without a word, small ones pass: after some time-outs its kernel tries "
    "smaller ones, and they arrive.",
    twin="path-lost",
    client=ask_for_segments,
    server=answer_with_segments,
    draw=draw_black_hole,
    rules=swallow_large,
    # With the default of 3 the search for a smaller size begins after some 3 s; 2 keeps the recording short.
    server_sysctls={"net.ipv4.tcp_mtu_probing": "1", "net.ipv4.tcp_retries1": "2"},
    findings_server=("path-mtu-blackhole", "retransmission-timeout"),
    # Whatever is sent again in the same size is lost again, the probe too.
    findings_perhaps=("retransmission-timeout", "lost-retransmission", "tail-loss"),
    never=("path-lost", "fast-retransmission"),
)


def tell_too_big(p: Parameters) -> list[Rule]:
    """What the server sends; a router says so."""
    return [black_hole(End.SERVER, p.mtu, ROUTER)]


PATH_MTU_TOLD = Scenario(
    id="path-mtu-told",
    shows="Large segments of the server do not fit the path, and a router says so: they are sent again at once, "
    "smaller.",
    twin="path-mtu-black-hole",
    client=ask_for_segments,
    server=answer_with_segments,
    draw=draw_black_hole,
    rules=tell_too_big,
    never=("path-mtu-blackhole", "retransmission-unexplained", "retransmission-timeout"),
)


def draw_path_lost(chance: random.Random) -> dict[str, float]:
    """The path fails when the server begins to answer, for longer than it tries."""
    return {"delay_ms": chance.randint(10, 40), "segments": chance.randint(6, 12), "give_up_ms": 3000}


def fail_path(_: Parameters) -> list[Rule]:
    """Everything from the server's first segment on."""
    return [drop(for_a_while(nth_segment(SERVER, 1), 3600))]


def answer_and_give_up(me: Program) -> None:
    """Answers, with a limit for how long data may be unacknowledged."""
    connection = me.listen().accept()
    connection.option(socket.TCP_USER_TIMEOUT, me.p.give_up_ms)
    connection.read(REQUEST)
    connection.send(me.p.segments * MSS)
    connection.read_all()
    connection.close()


def ask_and_give_up(me: Program) -> None:
    """Waits a while for the answer, then closes into the void."""
    connection = me.connect()
    connection.send(REQUEST)
    me.at(4.5)
    connection.abort()


PATH_LOST = Scenario(
    id="path-lost",
    shows="The path fails when the server begins to answer: large segments and small ones vanish alike, until it gives "
    "up.",
    twin="path-mtu-black-hole",
    client=ask_and_give_up,
    server=answer_and_give_up,
    draw=draw_path_lost,
    rules=fail_path,
    may_fail=frozenset({"ETIMEDOUT"}),
    findings_client=("rst-abortive-close",),
    findings_server=("path-lost",),
    findings_perhaps=("retransmission-timeout", "tail-loss"),
    never=("path-mtu-blackhole", "idle-connection-dropped"),
)


SCENARIOS = [
    LONG_QUEUE,
    SHORT_QUEUE,
    CONGESTION_MARKED,
    PATH_MTU_BLACK_HOLE,
    PATH_MTU_TOLD,
    PATH_LOST,
]
