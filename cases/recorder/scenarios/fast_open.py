"""Fast Open: data in the SYN (RFC 7413)."""

from __future__ import annotations

import random

from cases.recorder.program import Program
from cases.recorder.rules import CLIENT, Rule, drop
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scripts import ANSWER, REQUEST
from cases.recorder.segment import Flag

FAST_OPEN_SYSCTLS = {"net.ipv4.tcp_fastopen": str(0x1 | 0x2 | 0x4 | 0x200 | 0x400)}
"""At both ends, without cookies, for every listener."""


def ask_in_the_syn(me: Program) -> None:
    """The request goes with the SYN."""
    connection = me.connect(fast_data=me.text(REQUEST))
    connection.read_all()
    connection.close()


def answer_and_close(me: Program) -> None:
    """Answers what came with the SYN, and closes."""
    connection = me.listen().accept()
    connection.read(REQUEST)
    connection.send(ANSWER)
    connection.close()


FAST_OPEN = Scenario(
    id="fast-open",
    shows="The request comes with the SYN: the server answers before the handshake is complete.",
    twin="fast-open-closed-early",
    client=ask_in_the_syn,
    server=answer_and_close,
    sysctls=FAST_OPEN_SYSCTLS,
    never=(
        "fast-retransmission",
        "retransmission-timeout",
        "tail-loss",
        "spurious-retransmission",
        "retransmission-unexplained",
        "syn-ack-retransmission",
    ),
)


def lose_all_but_syn(p: Parameters) -> list[Rule]:
    """Nothing of the client but its SYN gets through for a while."""
    return [drop(CLIENT.where(lambda passage: Flag.SYN not in passage.segment.flags, "no SYN").between(0, p.until))]


def draw_mute(chance: random.Random) -> dict[str, float]:
    """How long the client's way is closed after its SYN."""
    return {"delay_ms": chance.randint(10, 50), "until": chance.choice([0.4, 0.7])}


FAST_OPEN_CLOSED_EARLY = Scenario(
    id="fast-open-closed-early",
    shows="The request comes with the SYN, and the server closes before any ACK arrives: from SYN-RECEIVED to "
    "FIN-WAIT-1.",
    twin="fast-open",
    client=ask_in_the_syn,
    server=answer_and_close,
    draw=draw_mute,
    rules=lose_all_but_syn,
    sysctls=FAST_OPEN_SYSCTLS,
    quiet=1.5,
    findings_perhaps=("tail-loss", "retransmission-timeout", "syn-ack-retransmission"),
    never=("third-ack-lost", "accept-queue-full", "path-lost"),
)

SCENARIOS = [FAST_OPEN, FAST_OPEN_CLOSED_EARLY]
