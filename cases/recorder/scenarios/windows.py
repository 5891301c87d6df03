"""What the receiver's window does to a transfer, and what looks like it."""

from __future__ import annotations

import random
import socket
from dataclasses import replace
from typing import Final

from cases.recorder.program import Program
from cases.recorder.rules import SERVER, Match, Passage, Rule, drop, strip_option
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scripts import ANSWER

WINDOW_SCALE: Final = 3
NOT_THE_SENDER: Final = ("sender-application-limited", "send-buffer-limited", "path-limited", "nagle-delayed-ack")
SLICES: Final = 20
"""Reads in which a slow receiver takes what it was sent."""


def receive_buffer(size: int) -> dict[tuple[int, int], int]:
    """A socket option: the kernel doubles it, and announces about as much as asked for."""
    return {(socket.SOL_SOCKET, socket.SO_RCVBUF): size}


def send_bytes(me: Program) -> None:
    """Sends ``p.bytes`` in one go, reads the confirmation, closes."""
    connection = me.connect()
    connection.send(me.p.bytes)
    connection.read(ANSWER)
    connection.close()


# -- the window closes -----------------------------------------------------------------


def draw_stop(chance: random.Random) -> dict[str, float]:
    """A receiver with a small buffer, and how long it does not read."""
    return {
        "delay_ms": chance.randint(5, 30),
        "bytes": chance.randint(70_000, 110_000),
        "buffer": chance.choice([8_000, 12_000, 16_000]),
        "pause": chance.choice([1.3, 1.8, 2.3]),
    }


def read_after_pause(me: Program) -> None:
    """Has something else to do before it reads."""
    connection = me.listen(options=receive_buffer(me.p.buffer)).accept()
    me.sleep(me.p.pause)
    connection.read(me.p.bytes)
    connection.send(ANSWER)
    connection.read_all()
    connection.close()


ZERO_WINDOW = Scenario(
    id="zero-window",
    shows="The receiver's program stops reading: its buffer fills, the window closes, and the sender probes until it "
    "opens again.",
    twin="sender-paused",
    client=send_bytes,
    server=read_after_pause,
    draw=draw_stop,
    findings_client=("zero-window", "slow-receiver"),
    findings_server=("zero-window", "slow-receiver"),
    findings_perhaps=("spurious-retransmission",),
    never=NOT_THE_SENDER,
)


def reopening(match: Match) -> Match:
    """Those of ``match`` with a window, after one that closed it."""
    closed = False

    def reopens(passage: Passage) -> bool:
        nonlocal closed
        was, closed = closed, passage.segment.window == 0
        return was and not closed

    return match.where(reopens, "reopening")


def lose_update(_: Parameters) -> list[Rule]:
    """The first acknowledgment that opens the window again."""
    return [drop(reopening(SERVER.ack_only).nth(1))]


WINDOW_UPDATE_LOST = replace(
    ZERO_WINDOW,
    id="window-update-lost",
    shows="The window closes, and the acknowledgment that opens it again is lost: only the next probe finds out.",
    twin="zero-window",
    rules=lose_update,
    findings_perhaps=("spurious-retransmission",),
)


def draw_sender_pause(chance: random.Random) -> dict[str, float]:
    """As long a silence as with a closed window."""
    return {
        "delay_ms": chance.randint(5, 30),
        "first_bytes": chance.randint(10_000, 16_000),
        "bytes": chance.randint(70_000, 110_000),
        "pause": chance.choice([1.3, 1.8, 2.3]),
    }


def send_with_pause(me: Program) -> None:
    """Sends a part, has nothing to send for a while, sends the rest."""
    connection = me.connect()
    connection.send(me.p.first_bytes)
    me.sleep(me.p.pause)
    connection.send(me.p.bytes - me.p.first_bytes)
    connection.read(ANSWER)
    connection.close()


def read_bytes(me: Program) -> None:
    """Reads at once whatever comes."""
    connection = me.listen().accept()
    connection.read(me.p.bytes)
    connection.send(ANSWER)
    connection.read_all()
    connection.close()


SENDER_PAUSED = Scenario(
    id="sender-paused",
    shows="The sender has nothing to send for a while, amid a transfer; the receiver would have room.",
    twin="zero-window",
    client=send_with_pause,
    server=read_bytes,
    draw=draw_sender_pause,
    never=("zero-window", "slow-receiver", "receive-window-limited", "window-shrunk", "send-buffer-limited"),
)


# -- the window is taken back ----------------------------------------------------------


def draw_shrink(chance: random.Random) -> dict[str, float]:
    """How small the buffer becomes, and when it is read."""
    return {
        "delay_ms": chance.randint(5, 20),
        "bytes": chance.randint(60_000, 90_000),
        "buffer": chance.choice([3_000, 5_000, 8_000]),
        "pause": chance.choice([1.4, 1.9]),
    }


def shrink_then_read(me: Program) -> None:
    """Makes its buffer smaller than the window it has offered, and reads late."""
    connection = me.listen().accept()
    connection.option(socket.SO_RCVBUF, me.p.buffer, socket.SOL_SOCKET)
    me.tell(0)
    me.sleep(me.p.pause)
    connection.read(me.p.bytes)
    connection.send(ANSWER)
    connection.read_all()
    connection.close()


def send_when_shrunk(me: Program) -> None:
    """Sends what the window of the handshake allows."""
    connection = me.connect()
    me.hear(0)
    connection.send(me.p.bytes)
    connection.read(ANSWER)
    connection.close()


WINDOW_SHRUNK = Scenario(
    id="window-shrunk",
    shows="The receiver has less memory than it offered: it drops what it had room for and takes the window back.",
    twin="zero-window",
    client=send_when_shrunk,
    server=shrink_then_read,
    draw=draw_shrink,
    findings_client=("window-shrunk", "zero-window"),
    findings_server=("window-shrunk", "zero-window"),
    findings_perhaps=(
        "slow-receiver",
        "retransmission-timeout",
        "retransmission-unexplained",
        "spurious-retransmission",
    ),
    never=("fast-retransmission", *NOT_THE_SENDER),
)


# -- who is slow? ----------------------------------------------------------------------


def draw_slow_reader(chance: random.Random) -> dict[str, float]:
    """The reader takes a second or two for what the path could bring in a moment."""
    return {
        "delay_ms": chance.randint(5, 25),
        "bytes": chance.randint(150_000, 250_000),
        "buffer": chance.choice([16_000, 24_000]),
        "seconds": chance.choice([1.5, 2.0]),
    }


def read_slowly(me: Program) -> None:
    """Reads a slice, works on it, reads the next."""
    connection = me.listen(options=receive_buffer(me.p.buffer)).accept()
    whole = me.p.bytes // SLICES
    for part in range(SLICES):
        connection.read(whole if part < SLICES - 1 else me.p.bytes - whole * (SLICES - 1))
        me.sleep(me.p.seconds / SLICES)
    connection.send(ANSWER)
    connection.read_all()
    connection.close()


SLOW_RECEIVER = Scenario(
    id="slow-receiver",
    shows="The receiver's program reads slowly: the window follows its reading, and the sender waits for it.",
    twin="small-window",
    client=send_bytes,
    server=read_slowly,
    draw=draw_slow_reader,
    findings_client=("slow-receiver",),
    findings_server=("slow-receiver",),
    findings_perhaps=("zero-window", "server-think-time", "spurious-retransmission"),
    never=("receive-window-limited", "queueing-delay", *NOT_THE_SENDER),
)


def draw_small_window(chance: random.Random) -> dict[str, float]:
    """A window much smaller than the path could hold, over many round trips."""
    return {
        "delay_ms": chance.randint(25, 50),
        "bytes": chance.randint(150_000, 250_000),
        "buffer": chance.choice([10_000, 14_000]),
    }


def read_at_once(me: Program) -> None:
    """A small buffer, but always empty."""
    connection = me.listen(options=receive_buffer(me.p.buffer)).accept()
    connection.read(me.p.bytes)
    connection.send(ANSWER)
    connection.read_all()
    connection.close()


SMALL_WINDOW = Scenario(
    id="small-window",
    shows="The receiver reads at once, but its buffer is small: one window per round trip is all the path may carry.",
    twin="slow-receiver",
    client=send_bytes,
    server=read_at_once,
    draw=draw_small_window,
    findings_client=("receive-window-limited",),
    findings_server=("receive-window-limited",),
    never=("zero-window", "slow-receiver", *NOT_THE_SENDER),
)


def draw_no_scale(chance: random.Random) -> dict[str, float]:
    """A round trip long enough that 64 kB are little."""
    return {"delay_ms": chance.randint(45, 70), "bytes": chance.randint(500_000, 700_000)}


def no_scale(_: Parameters) -> list[Rule]:
    """A firewall blanks the window scale option."""
    return [strip_option(WINDOW_SCALE)]


NO_WINDOW_SCALE = Scenario(
    id="window-scale-stripped",
    shows="A firewall strips the window scale option from the handshake: no window can exceed 65,535 bytes.",
    twin="small-window",
    client=send_bytes,
    server=read_bytes,
    draw=draw_no_scale,
    rules=no_scale,
    findings_client=("receive-window-limited",),
    findings_server=("receive-window-limited",),
    findings_perhaps=("window-scaling-absent",),
    never=("zero-window", "slow-receiver", *NOT_THE_SENDER),
)


# -- the sender's own buffer -----------------------------------------------------------


def draw_small_send_buffer(chance: random.Random) -> dict[str, float]:
    """A send buffer much smaller than the path could hold, long enough that the congestion window outgrows it."""
    return {
        "delay_ms": chance.randint(20, 40),
        "bytes": chance.randint(300_000, 400_000),
        "buffer": chance.choice([16_000, 20_000]),
    }


def send_from_small_buffer(me: Program) -> None:
    """Sends as fast as a small SO_SNDBUF allows.

    TCP_INFO's ``sndbuf_limited`` stays 0: without offload each segment leaves before the program blocks.
    """
    connection = me.connect(options={(socket.SOL_SOCKET, socket.SO_SNDBUF): me.p.buffer})
    connection.send(me.p.bytes)
    connection.read(ANSWER)
    connection.close()


SMALL_SEND_BUFFER = Scenario(
    id="small-send-buffer",
    shows="The sender's own buffer holds less than the path: it must keep what is not acknowledged, so it cannot take "
    "more from its program.",
    twin="small-window",
    client=send_from_small_buffer,
    server=read_bytes,
    draw=draw_small_send_buffer,
    findings_client=("send-buffer-limited",),
    findings_perhaps=("send-buffer-limited",),
    never=("zero-window", "slow-receiver", "receive-window-limited", "path-limited", "queueing-delay"),
)

SCENARIOS = [
    ZERO_WINDOW,
    WINDOW_UPDATE_LOST,
    SENDER_PAUSED,
    WINDOW_SHRUNK,
    SLOW_RECEIVER,
    SMALL_WINDOW,
    NO_WINDOW_SCALE,
    SMALL_SEND_BUFFER,
]
