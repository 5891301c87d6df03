"""Pairs of drawn sides: equal ones in several worlds, and ones with a fault, by the number of clients."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tcptui.compare.compare import compare
from tests.campaigns.compare.drawn import DrawnWorld, drawn_side
from tests.campaigns.compare.judge import Scenario, Score, count

if TYPE_CHECKING:
    from collections.abc import Iterable

#: How many clients there may be, and the connections of a side.
CLIENTS: Final = {5: 1_000, 20: 1_000, 60: 1_000, 200: 2_000, 1_000: 5_000}
_HARSH: Final = DrawnWorld(busy=1.2)
_NONE: Final = {
    "rtt": 1.0, "rtt:p90": 1.0, "handshake": 1.0, "think": 0.0, "throughput": 1.0, "loss": 0.0, "loss:rto": 0.0,
    "finding:port-reused": 0.0, "statement:http GET /0": 1.0, "statement:http GET /0:p90": 1.0,
    "statement-errors:http GET /0": 0.0,
}  # fmt: skip
_LOSS: Final = frozenset({"loss", "finding:retransmission-timeout"})


def _scenarios(harsh: DrawnWorld) -> dict[str, Scenario[DrawnWorld]]:
    def equal(world: DrawnWorld) -> Scenario[DrawnWorld]:
        return Scenario(world, world, true=_NONE)

    def fault(name: str, b: DrawnWorld, follows: frozenset[str], **true: float) -> Scenario[DrawnWorld]:
        return Scenario(harsh, b, frozenset({name}), {**_NONE, **true}, follows)

    return {
        "equal, light": equal(replace(harsh, busy=3.0, today=0.05, tail=0.5, loss_alike=0.5, loss_today=0.2)),
        "equal, heavy tails": equal(replace(harsh, tail=2.2)),
        "equal, days differ": equal(replace(harsh, today=0.5, loss_today=1.0)),
        "equal, half the clients are new": equal(replace(harsh, shared=0.5)),
        "rtt +20 %": fault(
            "rtt", replace(harsh, slower=1.2), frozenset({"rtt", "handshake"}),
            **{"rtt": 1.2, "rtt:p90": 1.2, "handshake": 1.2},
        ),
        "loss +1 %": fault("loss", replace(harsh, extra_loss=0.01), _LOSS, loss=10.0, **{"loss:rto": 7.0}),
        "think +50 ms": fault("think", replace(harsh, extra_think_ms=50), frozenset({"think"}), think=0.05),
        "SACK stripped": fault("option:sack", replace(harsh, sack=False), frozenset({"option:sack"})),
        "3 % refused, only in B": fault(
            "finding:connection-refused", replace(harsh, refused=0.03), frozenset({"finding:connection-refused"})
        ),
    }  # fmt: skip


def scenarios(clients: int) -> dict[str, Scenario[DrawnWorld]]:
    """The pairs that are drawn of so many clients."""
    return _scenarios(replace(_HARSH, clients=clients, connections=CLIENTS[clients]))


def judge_drawn(scenario: Scenario[DrawnWorld], seeds: Iterable[int]) -> Score:
    """Judge a pair for each of ``seeds``."""
    score = Score()
    for seed in seeds:
        count(scenario, compare(drawn_side(scenario.a, seed, 0), drawn_side(scenario.b, seed, 1)), score)
    return score
