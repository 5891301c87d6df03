"""Late, twice, or out of turn: what looks like loss and is none."""

from __future__ import annotations

import random

from cases.recorder.program import Program
from cases.recorder.rules import CLIENT, NANOSECONDS, SERVER, Match, Passage, Rule, delay, drop, duplicate, reorder
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scenarios.recovery import (
    answer_with_segments,
    ask_for_segments,
    before,
    draw_one_loss,
    nth_segment,
)
from cases.recorder.scripts import ANSWER, MSS, REQUEST, read_segments_confirm, send_segments_wait_close


def draw_swap(chance: random.Random) -> dict[str, float]:
    """One segment of the first window is overtaken by one or two."""
    return {
        "delay_ms": chance.randint(10, 50),
        "segments": chance.randint(16, 30),
        "late": chance.randint(2, 6),
        "behind": chance.randint(1, 2),
    }


def overtake(p: Parameters) -> list[Rule]:
    """One segment, when first sent."""
    return [reorder(CLIENT.data.new.nth(p.late), p.behind)]


REORDERING_SLIGHT = Scenario(
    id="reordering-slight",
    shows="A segment is overtaken by one or two others: the receiver says so, but nothing is sent again.",
    twin="fast-retransmission",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_swap,
    rules=overtake,
    findings_server=("out-of-order",),
    never=(
        "fast-retransmission",
        "retransmission-timeout",
        "tail-loss",
        "spurious-retransmission",
        "retransmission-unexplained",
        "duplicated-by-network",
    ),
)


def draw_late(chance: random.Random) -> dict[str, float]:
    """One segment of the first window is late by more than half a round trip."""
    delay_ms = chance.randint(15, 40)
    return {
        "delay_ms": delay_ms,
        "segments": chance.randint(24, 40),
        "late": chance.randint(2, 5),
        "late_ms": delay_ms * chance.choice([1.4, 1.7]),
    }


def late_segment(p: Parameters) -> list[Rule]:
    """One segment of the server, when first sent."""
    return [delay(SERVER.data.new.nth(p.late), p.late_ms / 1000)]


REORDERING_LATE = Scenario(
    id="reordering-spurious",
    shows="A segment arrives so late that its sender took it for lost: it is sent again in vain, and the receiver says "
    "that it had it.",
    twin="fast-retransmission",
    client=ask_for_segments,
    server=answer_with_segments,
    draw=draw_late,
    rules=late_segment,
    findings_client=("out-of-order", "spurious-retransmission"),
    findings_server=("spurious-retransmission",),
    never=("fast-retransmission", "duplicated-by-network", "lost-retransmission"),
)

REORDERING_WITHOUT_SACK = Scenario(
    id="reordering-without-sack",
    shows="A segment arrives so late that its sender took it for lost; without SACK the receiver cannot tell it of the "
    "mistake.",
    twin="fast-retransmission-without-sack",
    client=ask_for_segments,
    server=answer_with_segments,
    draw=draw_late,
    rules=late_segment,
    client_sysctls={"net.ipv4.tcp_sack": "0"},
    findings_client=("out-of-order", "spurious-retransmission", "sack-absent"),
    findings_server=("spurious-retransmission", "sack-absent"),
    never=("fast-retransmission", "duplicated-by-network"),
)


# -- a sudden delay --------------------------------------------------------------------


def standstill(sender: Match, trigger: Match, seconds: float) -> Rule:
    """From the first frame of ``trigger`` on, nothing of ``sender`` moves for so long; then all follows in order."""
    ends: float | None = None

    def act(passage: Passage) -> None:
        nonlocal ends
        if ends is None and trigger.fits(passage):
            ends = passage.time + seconds
        if ends is not None and passage.time < ends:
            passage.extra_delay_ns += round((ends - passage.time) * NANOSECONDS)

    return Rule(sender, act, f"standstill of {seconds} s")


def draw_spike(chance: random.Random) -> dict[str, float]:
    """The standstill is longer than the timer, which is 200 ms and a round trip."""
    return {
        "delay_ms": chance.randint(10, 30),
        "segments": chance.randint(60, 90),
        "from_segment": chance.randint(12, 24),
        "spike": chance.choice([0.45, 0.55, 0.65]),
    }


def spike(p: Parameters) -> list[Rule]:
    """Of what the server sends."""
    return [standstill(SERVER, nth_segment(SERVER, p.from_segment), p.spike)]


DELAY_SPIKE = Scenario(
    id="delay-spike",
    shows="The path stands still for half a second and then delivers everything: the timer was faster, and what it "
    "sent again was there twice.",
    twin="window-lost",
    client=ask_for_segments,
    server=answer_with_segments,
    draw=draw_spike,
    rules=spike,
    findings_client=("spurious-retransmission",),
    findings_server=("spurious-retransmission",),
    never=("retransmission-timeout", "lost-retransmission", "path-lost"),
)


# -- the acknowledgment was lost, not the data -----------------------------------------


def draw_few(chance: random.Random) -> dict[str, float]:
    """A few segments in one window, and an answer that takes longer than the timer."""
    return {
        "delay_ms": chance.randint(10, 50),
        "segments": chance.randint(3, 6),
        "think": chance.choice([0.7, 0.8, 0.9]),
    }


def lose_acks_until_again(_: Parameters) -> list[Rule]:
    """All acknowledgments until the client sends something again."""
    return [drop(before(CLIENT.data.again, SERVER.ack_only))]


def confirm_late(me: Program) -> None:
    """Reads all, thinks, answers."""
    connection = me.listen().accept()
    connection.read(me.p.segments * MSS)
    me.sleep(me.p.think)
    connection.send(ANSWER)
    connection.read_all()
    connection.close()


TAIL_ACKS_LOST = Scenario(
    id="tail-acks-lost",
    shows="All data arrived but their acknowledgments were lost: the probe sends the last segment again, and is told "
    "that it was there.",
    twin="tail-loss-probe",
    client=send_segments_wait_close,
    server=confirm_late,
    draw=draw_few,
    rules=lose_acks_until_again,
    findings_client=("spurious-retransmission",),
    findings_server=("spurious-retransmission",),
    findings_perhaps=("server-think-time",),
    never=("tail-loss", "retransmission-timeout", "duplicated-by-network"),
)


def draw_think(chance: random.Random) -> dict[str, float]:
    """An answer that takes longer than the client's timer."""
    return {"delay_ms": chance.randint(10, 40), "think": chance.choice([0.6, 0.7, 0.8])}


def ask_once(me: Program) -> None:
    """One request in one segment."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(ANSWER)
    connection.close()


def answer_slowly(me: Program) -> None:
    """Thinks before it answers."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    me.sleep(me.p.think)
    connection.send(ANSWER)
    connection.read_all()
    connection.close()


SINGLE_ACK_LOST = Scenario(
    id="single-segment-ack-lost",
    shows="A request arrived, but its only acknowledgment was lost: the client sends it again in vain.",
    twin="single-segment-lost",
    client=ask_once,
    server=answer_slowly,
    draw=draw_think,
    rules=lose_acks_until_again,
    findings_client=("spurious-retransmission",),
    findings_server=("spurious-retransmission",),
    findings_perhaps=("server-think-time",),
    never=("tail-loss", "retransmission-timeout", "duplicated-by-network"),
)


# -- twice -----------------------------------------------------------------------------


def draw_copies(chance: random.Random) -> dict[str, float]:
    """Two segments, and how much later their copies arrive."""
    return {
        "delay_ms": chance.randint(10, 50),
        "segments": chance.randint(16, 30),
        "twice": chance.randint(2, 8),
        "twice_too": chance.randint(9, 15),
        "after_ms": chance.choice([0.2, 1, 4]),
    }


def deliver_twice(p: Parameters) -> list[Rule]:
    """Two segments of the client, when first sent."""
    return [duplicate(CLIENT.data.new.nth(p.twice, p.twice_too), p.after_ms / 1000)]


NETWORK_DUPLICATE = Scenario(
    id="network-duplicate",
    shows="The network delivers two segments twice: nobody sent them again, and the receiver reports the copies.",
    twin="capture-shows-all-twice",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_copies,
    rules=deliver_twice,
    findings_client=("duplicated-by-network",),
    findings_server=("duplicated-by-network",),
    never=(
        "fast-retransmission",
        "retransmission-timeout",
        "tail-loss",
        "spurious-retransmission",
        "retransmission-unexplained",
        "capture-duplicates",
        "out-of-order",
    ),
)


def copy_acks(p: Parameters) -> list[Rule]:
    """One acknowledgment arrives four times: as often as three duplicate acknowledgments and their original."""
    return [duplicate(SERVER.ack_only.nth(p.lost), 0.0005 * copy) for copy in range(1, 4)]


COPIED_ACK = Scenario(
    id="duplicate-acks-by-network",
    shows="The network delivers one acknowledgment four times: three duplicates without SACK are no loss to a sender "
    "that knows SACK.",
    twin="fast-retransmission",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_one_loss,
    rules=copy_acks,
    never=(
        "fast-retransmission",
        "retransmission-timeout",
        "tail-loss",
        "spurious-retransmission",
        "retransmission-unexplained",
        "capture-duplicates",
    ),
)

SCENARIOS = [
    REORDERING_SLIGHT,
    REORDERING_LATE,
    REORDERING_WITHOUT_SACK,
    DELAY_SPIKE,
    TAIL_ACKS_LOST,
    SINGLE_ACK_LOST,
    NETWORK_DUPLICATE,
    COPIED_ACK,
]
