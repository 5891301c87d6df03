"""Losses beyond the single one: several at once, of what is sent again, and without TCP's younger helpers."""

from __future__ import annotations

import random
from dataclasses import replace

from cases.recorder.program import Program
from cases.recorder.rules import ANY, CLIENT, SERVER, Match, Passage, Rule, drop
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scripts import (
    MSS,
    REQUEST,
    read_segments_confirm,
    send_segments_wait_close,
)


def ask_for_segments(me: Program) -> None:
    """Asks, reads ``p.segments`` full segments, closes."""
    connection = me.connect()
    connection.send(REQUEST)
    connection.read(me.p.segments * MSS)
    connection.close()


def answer_with_segments(me: Program) -> None:
    """Answers a request with ``p.segments`` full segments in one go."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(me.p.segments * MSS)
    connection.read_all()
    connection.close()


def nth_segment(sender: Match, *numbers: int) -> Match:
    """The full segments with these places in the stream, whenever they are sent."""
    offsets = frozenset(1 + (number - 1) * MSS for number in numbers)
    return sender.data.where(lambda passage: passage.offset in offsets, f"segment {numbers}")


def before(turn: Match, match: Match) -> Match:
    """Frames of ``match`` until the first one of ``turn`` is sent."""
    turned = False

    def not_yet(passage: Passage) -> bool:
        nonlocal turned
        turned = turned or turn.fits(passage)
        return not turned

    return Match((not_yet, *match.tests), f"{match.words} before {turn.words}")


def for_a_while(trigger: Match, seconds: float) -> Match:
    """All frames of both ends from the first of ``trigger`` on, for so long."""
    began: float | None = None

    def during(passage: Passage) -> bool:
        nonlocal began
        if trigger.fits(passage) and began is None:
            began = passage.time
        return began is not None and passage.time < began + seconds

    return ANY.where(during, f"{seconds} s from {trigger.words}")


# -- several losses in one window ------------------------------------------------------


def draw_two_losses(chance: random.Random) -> dict[str, float]:
    """Two segments of the first window, not neighbours; more than three others follow the second."""
    lost = chance.randint(2, 4)
    return {
        "delay_ms": chance.randint(10, 50),
        "segments": chance.randint(18, 32),
        "lost": lost,
        "lost_too": lost + chance.randint(2, 3),
    }


def lose_two(p: Parameters) -> list[Rule]:
    """Two segments that the server sends, when first sent."""
    return [drop(SERVER.data.new.nth(p.lost, p.lost_too))]


TWO_LOSSES = Scenario(
    id="two-losses-one-window",
    shows="Two segments of one window are lost: one recovery sends both again, and every acknowledgment in between "
    "names the hole that is left.",
    twin="fast-retransmission",
    client=ask_for_segments,
    server=answer_with_segments,
    draw=draw_two_losses,
    rules=lose_two,
    findings_client=("fast-retransmission",),
    findings_server=("fast-retransmission",),
    never=("retransmission-timeout", "tail-loss", "lost-retransmission", "spurious-retransmission"),
)


def draw_burst(chance: random.Random) -> dict[str, float]:
    """Three to five neighbours; at least four of the window follow them."""
    return {
        "delay_ms": chance.randint(10, 50),
        "segments": chance.randint(20, 36),
        "lost": chance.randint(2, 3),
        "burst": chance.randint(3, 4),
    }


def lose_burst(p: Parameters) -> list[Rule]:
    """Neighbouring segments, when first sent."""
    return [drop(CLIENT.data.new.nth(*range(p.lost, p.lost + p.burst)))]


BURST_LOSS = Scenario(
    id="burst-loss",
    shows="Several neighbouring segments are lost together, as a full queue loses them; what follows them reports one "
    "wide hole.",
    twin="two-losses-one-window",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_burst,
    rules=lose_burst,
    findings_client=("fast-retransmission",),
    findings_server=("fast-retransmission",),
    never=("retransmission-timeout", "lost-retransmission", "spurious-retransmission"),
)


# -- what is sent again is lost, too ---------------------------------------------------


def draw_lost_again(chance: random.Random) -> dict[str, float]:
    """Long enough that new segments follow the one that is sent again."""
    return {"delay_ms": chance.randint(10, 40), "segments": chance.randint(44, 60), "lost": chance.randint(2, 6)}


def lose_twice(p: Parameters) -> list[Rule]:
    """One segment, when first sent and when sent again."""
    return [drop(nth_segment(CLIENT, p.lost).first(2))]


LOST_RETRANSMISSION = Scenario(
    id="lost-retransmission",
    shows="A segment is lost and so is its repetition; data sent after the repetition arrive, so its sender knows and "
    "need not wait for the timer.",
    twin="lost-retransmission-timeout",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_lost_again,
    rules=lose_twice,
    findings_client=("lost-retransmission", "fast-retransmission"),
    findings_server=("fast-retransmission",),
    never=("retransmission-timeout", "spurious-retransmission"),
)


def draw_lost_again_short(chance: random.Random) -> dict[str, float]:
    """All fits the first window: nothing follows what is sent again."""
    return {"delay_ms": chance.randint(10, 50), "segments": chance.randint(8, 10), "lost": chance.randint(2, 4)}


LOST_RETRANSMISSION_TIMEOUT = Scenario(
    id="lost-retransmission-timeout",
    shows="A segment is lost and so is its repetition, with nothing sent after it: only the timer is left.",
    twin="lost-retransmission",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_lost_again_short,
    rules=lose_twice,
    findings_client=("lost-retransmission", "fast-retransmission", "retransmission-timeout"),
    findings_perhaps=("fast-retransmission", "retransmission-timeout"),
    never=("spurious-retransmission", "path-lost"),
)


# -- without TCP's younger helpers -----------------------------------------------------


def draw_one_loss(chance: random.Random) -> dict[str, float]:
    """One of the first window, with more than three after it."""
    return {"delay_ms": chance.randint(10, 50), "segments": chance.randint(16, 30), "lost": chance.randint(2, 5)}


def lose_one(p: Parameters) -> list[Rule]:
    """One segment of the server, when first sent."""
    return [drop(SERVER.data.new.nth(p.lost))]


WITHOUT_SACK = Scenario(
    id="fast-retransmission-without-sack",
    shows="A segment is lost and the receiver cannot say what it has (no SACK): the third duplicate acknowledgment has "
    "it sent again.",
    twin="reordering-without-sack",
    client=ask_for_segments,
    server=answer_with_segments,
    draw=draw_one_loss,
    rules=lose_one,
    client_sysctls={"net.ipv4.tcp_sack": "0"},
    findings_client=("fast-retransmission", "sack-absent"),
    findings_server=("fast-retransmission", "sack-absent"),
    never=("spurious-retransmission", "retransmission-timeout"),
)

WITHOUT_SACK_TWO_LOSSES = replace(
    TWO_LOSSES,
    id="two-losses-without-sack",
    shows="Two segments of one window are lost and there is no SACK: a partial acknowledgment betrays the second hole.",
    twin="two-losses-one-window",
    server_sysctls={"net.ipv4.tcp_sack": "0"},
    findings_client=("fast-retransmission", "sack-absent"),
    findings_server=("fast-retransmission", "sack-absent"),
    findings_perhaps=(),
    never=("spurious-retransmission", "lost-retransmission"),
)

WITHOUT_TIMESTAMPS = Scenario(
    id="fast-retransmission-without-timestamps",
    shows="A segment is lost and sent again within a round trip, on a connection without timestamps.",
    twin="fast-retransmission",
    client=ask_for_segments,
    server=answer_with_segments,
    draw=draw_one_loss,
    rules=lose_one,
    client_sysctls={"net.ipv4.tcp_timestamps": "0"},
    findings_client=("fast-retransmission",),
    findings_server=("fast-retransmission",),
    never=("spurious-retransmission", "timestamps-absent"),
)


# -- fewer than three duplicates -------------------------------------------------------


def draw_few_after(chance: random.Random) -> dict[str, float]:
    """One or two segments after the lost one."""
    segments = chance.randint(5, 9)
    return {"delay_ms": chance.randint(15, 50), "segments": segments, "lost": segments - chance.randint(1, 2)}


RACK_FEW_DUPLICATES = Scenario(
    id="rack-few-duplicates",
    shows="The segment before the last one or two is lost: too few follow for three duplicates, yet time tells; it is "
    "sent again a quarter of a round trip after the first that overtook it.",
    twin="tail-loss-probe",
    client=ask_for_segments,
    server=answer_with_segments,
    draw=draw_few_after,
    rules=lose_one,
    findings_client=("fast-retransmission",),
    findings_server=("fast-retransmission",),
    never=("retransmission-timeout", "tail-loss", "spurious-retransmission"),
)


SCENARIOS = [
    TWO_LOSSES,
    BURST_LOSS,
    LOST_RETRANSMISSION,
    LOST_RETRANSMISSION_TIMEOUT,
    WITHOUT_SACK,
    WITHOUT_SACK_TWO_LOSSES,
    WITHOUT_TIMESTAMPS,
    RACK_FEW_DUPLICATES,
]
