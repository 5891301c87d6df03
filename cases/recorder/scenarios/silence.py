"""Silence that only a timer ends, outages, and losses that look like something else."""

from __future__ import annotations

import random
from dataclasses import replace

from cases.recorder.namespaces import End
from cases.recorder.program import Program
from cases.recorder.rules import CLIENT, SERVER, Rule, corrupt, drop
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scenarios.recovery import (
    answer_with_segments,
    ask_for_segments,
    draw_one_loss,
    for_a_while,
    nth_segment,
)
from cases.recorder.scripts import ANSWER, REQUEST, read_segments_confirm, send_segments_wait_close

# -- nothing follows at all --------------------------------------------------------------


def ask_and_close(me: Program) -> None:
    """Asks with one segment, as most clients do; reads the answer, asks again, closes."""
    connection = me.connect()
    for _ in range(2):
        connection.send(REQUEST)
        connection.read(ANSWER)
    connection.close()


def answer_twice(me: Program) -> None:
    """Answers two requests."""
    connection = me.listen().accept()
    for _ in range(2):
        connection.read(REQUEST)
        connection.send(ANSWER)
    connection.read_all()
    connection.close()


def lose_second_request(_: Parameters) -> list[Rule]:
    """The second request, when first sent."""
    return [drop(CLIENT.data.new.nth(2))]


SINGLE_SEGMENT_PROBE = Scenario(
    id="single-segment-lost",
    shows="A request that fits one segment is lost. Its sender probes as late as the timer would go off, lest it "
    "mistake a delayed acknowledgment for a loss.",
    twin="single-segment-ack-lost",
    client=ask_and_close,
    server=answer_twice,
    rules=lose_second_request,
    findings_client=("tail-loss",),
    findings_perhaps=("retransmission-timeout",),
    never=("spurious-retransmission", "lost-retransmission"),
)


def draw_chain(chance: random.Random) -> dict[str, float]:
    """So many copies of the second request are lost."""
    return {"delay_ms": chance.randint(10, 40), "copies": chance.randint(3, 4)}


def lose_copies(p: Parameters) -> list[Rule]:
    """The second request, the first times it is sent."""
    return [drop(CLIENT.data.at_offset(1 + REQUEST).first(p.copies))]


TIMEOUT_CHAIN = Scenario(
    id="timeout-chain",
    shows="A request is lost again and again: every silence is twice as long as the one before, until a copy arrives.",
    twin="network-outage",
    client=ask_and_close,
    server=answer_twice,
    draw=draw_chain,
    rules=lose_copies,
    findings_client=("retransmission-timeout",),
    findings_perhaps=("tail-loss", "lost-retransmission", "retransmission-timeout"),
    never=("path-lost", "accept-queue-full", "spurious-retransmission"),
)


# -- the whole path for a while --------------------------------------------------------


def draw_outage(chance: random.Random) -> dict[str, float]:
    """Begins within the third flight of a long transfer, so that some of it has arrived."""
    return {
        "delay_ms": chance.randint(15, 40),
        "segments": chance.randint(150, 220),
        "from_segment": chance.randint(42, 60),
        "outage": chance.choice([0.5, 0.8, 1.1]),
    }


def outage(p: Parameters) -> list[Rule]:
    """Both directions, from one segment on, for ``p.outage`` seconds."""
    return [drop(for_a_while(nth_segment(SERVER, p.from_segment), p.outage))]


NETWORK_OUTAGE = Scenario(
    id="network-outage",
    shows="Nothing passes in either direction for a while, amid a download. Lost acknowledgments are why the timer "
    "goes off: what it has sent again was there. Once that is known, the hole behind it is found by duplicates.",
    twin="window-lost",
    client=ask_for_segments,
    server=answer_with_segments,
    draw=draw_outage,
    rules=outage,
    findings_client=("spurious-retransmission",),
    findings_server=("spurious-retransmission",),
    findings_perhaps=("fast-retransmission", "retransmission-timeout", "lost-retransmission"),
    never=("path-lost", "capture-missed-packets"),
)


def outage_one_way(p: Parameters) -> list[Rule]:
    """Only what the server sends."""
    lost = for_a_while(nth_segment(SERVER, p.from_segment), p.outage)
    return [drop(lost.where(lambda passage: passage.sender is End.SERVER, "from the server"))]


WINDOW_LOST = replace(
    NETWORK_OUTAGE,
    id="window-lost",
    shows="Amid a download all that the server sends is lost for a while: no acknowledgment says so, and the timer has "
    "the whole window sent again.",
    twin="delay-spike",
    rules=outage_one_way,
    findings_client=(),
    findings_server=("retransmission-timeout",),
    findings_perhaps=("retransmission-timeout", "lost-retransmission"),
    never=("path-lost", "spurious-retransmission"),
)


# -- arrived, but broken ---------------------------------------------------------------


def break_one(p: Parameters) -> list[Rule]:
    """One byte of a segment, when first sent."""
    return [corrupt(CLIENT.data.new.nth(p.lost), offset=100)]


CHECKSUM_ERROR = Scenario(
    id="checksum-error",
    shows="A segment arrives with a broken byte: its receiver drops it without a word, as if it had been lost.",
    twin="fast-retransmission",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_one_loss,
    rules=break_one,
    findings_client=("fast-retransmission",),
    findings_server=("checksum-error", "fast-retransmission"),
    never=("retransmission-timeout", "capture-missed-packets"),
)


# -- acknowledgments -------------------------------------------------------------------


def draw_lost_acks(chance: random.Random) -> dict[str, float]:
    """Some acknowledgments of a long transfer."""
    lost = chance.sample(range(3, 20), chance.randint(3, 6))
    return {
        "delay_ms": chance.randint(10, 50),
        "segments": chance.randint(60, 90),
        "lost_acks": sum(1 << n for n in lost),
    }


def numbers_in(mask: int) -> list[int]:
    """The numbers whose bits are set: a parameter is a number, not a list."""
    return [number for number in range(mask.bit_length()) if mask >> number & 1]


def lose_acks(p: Parameters) -> list[Rule]:
    """Those pure acknowledgments of the server."""
    return [drop(SERVER.ack_only.nth(*numbers_in(p.lost_acks)))]


ACK_LOSS = Scenario(
    id="ack-loss-harmless",
    shows="Some acknowledgments are lost, and the next ones say all they said: nothing is sent again.",
    twin="capture-missed-acks",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_lost_acks,
    rules=lose_acks,
    findings_client=("ack-loss-harmless",),
    never=(
        "fast-retransmission",
        "retransmission-timeout",
        "tail-loss",
        "spurious-retransmission",
        "retransmission-unexplained",
        "capture-missed-packets",
    ),
)


SCENARIOS = [
    SINGLE_SEGMENT_PROBE,
    TIMEOUT_CHAIN,
    NETWORK_OUTAGE,
    WINDOW_LOST,
    CHECKSUM_ERROR,
    ACK_LOSS,
]
