"""Recorders that lose packets and say so, or whose clock is set while they record."""

from __future__ import annotations

import random

from cases.recorder.capturing import Capturing
from cases.recorder.program import Program
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scenarios.capture_trust import MISSED_AT_SENDER, draw_missed, miss_at_client
from cases.recorder.scripts import ANSWER, REQUEST, read_segments_confirm, send_segments_wait_close


def tells(p: Parameters) -> Capturing:
    """As many as it missed, and others of which nothing is to be seen."""
    return Capturing(reports_dropped=int(p.count) + 3)


REPORTED = Scenario(
    id="capture-dropped-reported",
    shows="The recorder at the sender misses some data segments, and both recorders say that they lost packets.",
    twin=MISSED_AT_SENDER.id,
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_missed,
    rules=miss_at_client,
    capturing=tells,
    findings_client=("capture-missed-packets", "capture-dropped"),
    never=("fast-retransmission", "retransmission-timeout", "tail-loss"),
)


def draw_step(chance: random.Random) -> dict[str, float]:
    """How far the clock is set back, and at which frame."""
    return {
        "delay_ms": chance.randint(10, 50),
        "segments": chance.randint(16, 30),
        "at_frame": chance.randint(8, 20),
        "back": chance.choice([0.005, 0.08, 1.5]),
    }


def set_back(p: Parameters) -> Capturing:
    """Once, in the middle of the transfer."""
    return Capturing(set_back=(int(p.at_frame), p.back))


CLOCK_SET_BACK = Scenario(
    id="capture-clock-set-back",
    shows="The clock of both recorders is set back amid a transfer; the ends notice nothing.",
    twin="capture-ends-early",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_step,
    capturing=set_back,
    findings_client=("capture-clock-step",),
    findings_server=("capture-clock-step",),
    never=("fast-retransmission", "retransmission-timeout", "tail-loss", "path-lost"),
)


def draw_talk(chance: random.Random) -> dict[str, float]:
    """A few questions and answers, each confirmed by a bare acknowledgment."""
    return {"delay_ms": chance.randint(10, 50), "asked": chance.randint(3, 5)}


def ask_slowly(me: Program) -> None:
    """Each question half a second after the answer to the one before, which has been confirmed by then."""
    connection = me.connect()
    for _ in range(int(me.p.asked)):
        connection.send(REQUEST)
        connection.read(ANSWER)
        me.sleep(0.5)
    connection.close()


def answer_each(me: Program) -> None:
    """What was asked, until the client closes."""
    connection = me.listen().accept()
    for _ in range(int(me.p.asked)):
        connection.read(REQUEST)
        connection.send(ANSWER)
    connection.read_all()
    connection.close()


def count_padding(_: Parameters) -> Capturing:
    """Bare acknowledgments are shorter than Ethernet's minimum."""
    return Capturing(counts_padding=True)


PADDED = Scenario(
    id="capture-counts-padding",
    shows="Both recorders get short frames padded and with an IP length that counts the padding: bare acknowledgments "
    "seem to carry six bytes.",
    twin="capture-truncated",
    client=ask_slowly,
    server=answer_each,
    draw=draw_talk,
    capturing=count_padding,
    sysctls={"net.ipv4.tcp_timestamps": "0"},
    findings_client=("capture-padding",),
    findings_server=("capture-padding",),
    findings_perhaps=("server-think-time", "client-think-time"),
    never=("retransmission-timeout", "spurious-retransmission", "retransmission-unexplained", "out-of-order"),
)

SCENARIOS = [REPORTED, CLOCK_SET_BACK, PADDED]
