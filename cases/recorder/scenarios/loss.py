"""What is lost, and how its sender finds out."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from typing import Final

from cases.recorder.rules import CLIENT, SERVER, Rule, drop, rewrite
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scripts import read_segments_confirm, send_segments_wait_close
from cases.recorder.segment import with_shifted_sack


def draw_middle_loss(chance: random.Random) -> dict[str, float]:
    """One of the first segments of a window is lost, so more than three follow it."""
    return {"delay_ms": chance.randint(10, 50), "segments": chance.randint(16, 30), "lost": chance.randint(2, 6)}


def lose_one(p: Parameters) -> list[Rule]:
    """The ``lost``-th data segment, when first sent."""
    return [drop(CLIENT.data.new.nth(p.lost))]


FAST_RETRANSMISSION = Scenario(
    id="fast-retransmission",
    shows="One data segment is lost; those after it make the receiver ask for it, and it is sent again within a "
    "round trip.",
    twin="tail-loss-probe",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_middle_loss,
    rules=lose_one,
    findings_client=("fast-retransmission",),
    findings_server=("fast-retransmission",),
    never=("retransmission-timeout", "tail-loss", "spurious-retransmission", "lost-retransmission", "out-of-order"),
)

FAST_RETRANSMISSION_IPV6 = replace(
    FAST_RETRANSMISSION,
    id="fast-retransmission-ipv6",
    shows="One data segment is lost and sent again within a round trip, over IPv6: no packet numbers to help.",
    twin="fast-retransmission",
    ipv6=True,
    findings_client=("fast-retransmission",),
    findings_server=("fast-retransmission",),
    findings_perhaps=(),
    never=("retransmission-timeout", "tail-loss", "spurious-retransmission", "lost-retransmission", "out-of-order"),
)


def draw_tail_loss(chance: random.Random) -> dict[str, float]:
    """A few segments, the last one to three of which are lost."""
    return {"delay_ms": chance.randint(10, 50), "segments": chance.randint(5, 9), "lost": chance.randint(1, 3)}


def lose_last(p: Parameters) -> list[Rule]:
    """The last data segments, when first sent."""
    return [drop(CLIENT.data.new.beyond(p.segments - p.lost))]


TAIL_LOSS_PROBE = Scenario(
    id="tail-loss-probe",
    shows="The last data segments are lost, so nothing tells their sender: after two round trips a probe sends the "
    "very last again.",
    twin="retransmission-timeout",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_tail_loss,
    rules=lose_last,
    findings_client=("tail-loss",),
    findings_perhaps=("fast-retransmission",),
    never=("retransmission-timeout", "spurious-retransmission", "lost-retransmission"),
)


def draw_timeout(chance: random.Random) -> dict[str, float]:
    """The end of a short flight is lost."""
    return {"delay_ms": chance.randint(10, 50), "segments": chance.randint(6, 9), "lost_from": chance.randint(2, 4)}


def lose_rest_and_probe(p: Parameters) -> list[Rule]:
    """From one segment on everything that is sent for the first time, and the first thing that is sent again."""
    return [drop(CLIENT.data.new.beyond(p.lost_from - 1)), drop(CLIENT.data.again.nth(1))]


RETRANSMISSION_TIMEOUT = Scenario(
    id="retransmission-timeout",
    shows="The end of a flight is lost and the probe for it, too: only the retransmission timer is left.",
    twin="tail-loss-probe",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_timeout,
    rules=lose_rest_and_probe,
    findings_client=("retransmission-timeout", "lost-retransmission"),
    findings_perhaps=("tail-loss", "retransmission-timeout"),
    never=("spurious-retransmission", "path-lost"),
)

#: How far a firewall had moved the sender's numbers, which it forgets in SACK blocks.
MOVED: Final = 1_300_000_000


def forget_sack(p: Parameters) -> list[Rule]:
    """One segment is lost, and the SACK blocks about it come back with the firewall's numbers."""
    shift = partial(with_shifted_sack, by=MOVED)
    return [drop(CLIENT.data.new.nth(p.lost)), rewrite(SERVER.ack_only, shift, "SACK forgotten")]


SACK_MANGLED = Scenario(
    id="sack-mangled",
    shows="A firewall renumbers what the client sends and forgets the SACK blocks on their way back; one segment is "
    "lost, and the client has to wait for its timer.",
    twin="fast-retransmission",
    client=send_segments_wait_close,
    server=read_segments_confirm,
    draw=draw_middle_loss,
    rules=forget_sack,
    findings_client=("sack-mangled", "retransmission-timeout"),
    findings_perhaps=("most-of-the-time", "tail-loss", "retransmission-unexplained", "fast-retransmission"),
)

SCENARIOS = [SACK_MANGLED, FAST_RETRANSMISSION, FAST_RETRANSMISSION_IPV6, TAIL_LOSS_PROBE, RETRANSMISSION_TIMEOUT]
