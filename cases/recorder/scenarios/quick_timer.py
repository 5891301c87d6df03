"""A sender whose timer is quicker than Linux's own: what other systems, and data centres, run with."""

from __future__ import annotations

import random

from cases.recorder.program import Program
from cases.recorder.rules import CLIENT, Rule, drop
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scripts import ANSWER, REQUEST

TURNS = 12


def ask_in_turns(me: Program) -> None:
    """Requests enough for the timer to learn the path, each after the answer to the one before."""
    connection = me.connect()
    for _ in range(TURNS):
        connection.send(REQUEST)
        connection.read(ANSWER)
        me.sleep(0.02)
    connection.close()


def answer_in_turns(me: Program) -> None:
    """Answers each at once; closes after the client."""
    connection = me.listen().accept()
    for _ in range(TURNS):
        connection.read(REQUEST)
        connection.send(ANSWER)
    connection.read_all()
    connection.close()


def draw(chance: random.Random) -> dict[str, float]:
    """Which request is lost."""
    return {"delay_ms": chance.randint(50, 60), "lost": chance.randint(11, 12)}


def lose_a_request(p: Parameters) -> list[Rule]:
    """Its first copy only."""
    return [drop(CLIENT.data.new.nth(p.lost))]


QUICK_TIMER = Scenario(
    id="quick-timer",
    shows="A request is lost and its sender's timer is short (tcp_rto_min_us), without SACK and timestamps: it is sent "
    "again sooner than any timer of an ordinary Linux.",
    twin="single-segment-lost",
    client=ask_in_turns,
    server=answer_in_turns,
    draw=draw,
    rules=lose_a_request,
    client_sysctls={
        "net.ipv4.tcp_rto_min_us": "20000",
        "net.ipv4.tcp_sack": "0",
        "net.ipv4.tcp_timestamps": "0",
    },
    findings_client=("retransmission-unexplained", "sack-absent"),
    never=("fast-retransmission", "path-lost"),
)

SCENARIOS = [QUICK_TIMER]
