"""Draws pairs of captures with a difference of known size, or none, and judges what `compare` says of them."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tcptui.capture.file_source import open_file
from tcptui.compare.compare import candidates_of, compare
from tcptui.compare.gather import gather
from tcptui.compare.resampling import clusters_of
from tcptui.session.catch_up import Compile
from tcptui.session.session import Session
from tests.campaigns.compare.captures import World, write_capture

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tcptui.compare.compare import Comparison
    from tcptui.compare.side import Side

#: What is compared with what: 1,000 connections of 120 clients, unless said.
PLAIN: Final = World(connections=1_000, clients=120)


@dataclass(frozen=True)
class Scenario:
    """Two worlds, and what is true of them."""

    b: World
    found: frozenset[str] = frozenset()
    """Measures of which one at least must be told."""
    true: Mapping[str, float] = field(default_factory=dict)
    """True effects by measure, in the unit of JSON; of others nothing is claimed."""
    follows: frozenset[str] = frozenset()
    """Beginnings of names of measures that differ, too, for they follow from it."""
    a: World = PLAIN


_SAME: Final = {"rtt": 1.0, "handshake": 1.0, "think": 0.0, "loss": 0.0}
_LOSS: Final = frozenset({"loss", "finding:tail-loss", "finding:retransmission-timeout"})
SCENARIOS: Final = {
    "equal": Scenario(PLAIN, true=_SAME),
    "equal, heavy tails": Scenario(
        replace(PLAIN, tail=2.2), true=_SAME, a=replace(PLAIN, tail=2.2)
    ),
    "equal, clients differ from day to day": Scenario(
        replace(PLAIN, today=0.5), true=_SAME, a=replace(PLAIN, today=0.5)
    ),
    "equal, 25 clients": Scenario(replace(PLAIN, clients=25), true=_SAME, a=replace(PLAIN, clients=25)),
    "equal, 3 clients": Scenario(replace(PLAIN, clients=3), a=replace(PLAIN, clients=3)),
    "equal, one client": Scenario(replace(PLAIN, clients=1), a=replace(PLAIN, clients=1)),
    "rtt +20 %": Scenario(
        replace(PLAIN, rtt_s=PLAIN.rtt_s * 1.2), frozenset({"rtt"}), {**_SAME, "rtt": 1.2, "handshake": 1.2},
        frozenset({"rtt", "handshake"}),
    ),
    "loss +1 %": Scenario(
        replace(PLAIN, loss=PLAIN.loss + 0.01), frozenset({"loss"}), {**_SAME, "loss": math.nan}, _LOSS
    ),
    "think +50 ms": Scenario(
        replace(PLAIN, extra_think_s=0.05), frozenset({"think"}), {**_SAME, "think": 0.05},
        frozenset({"think", "finding:"}),
    ),
    "SACK stripped": Scenario(
        replace(PLAIN, sack=False), frozenset({"option:sack"}), _SAME, frozenset({"option:sack", *_LOSS}),
    ),
    "3 % refused, only in B": Scenario(
        replace(PLAIN, refused=0.03), frozenset({"finding:connection-refused"}), _SAME,
        frozenset({"finding:connection-refused"}),
    ),
}  # fmt: skip


@dataclass
class Score:
    """What became of the pairs of one scenario."""

    pairs: int = 0
    found: int = 0
    """Pairs in which what was changed is told."""
    false: int = 0
    """Pairs in which something is told that was not changed."""
    wrong: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    """Intervals of 95 % that have the truth, by measure, …"""
    measured: Counter[str] = field(default_factory=Counter)
    """… of so many."""


def side_of(path: Path) -> Side:
    """The connections of a capture, without their requests, which take longest to read."""
    session = Session([open_file(path)], compile_when=Compile.FIRST)
    session.steering.judges = False
    session.run_here(alone=True)
    try:
        return gather(session, (), [path.name])
    finally:
        session.close()


def judge(name: str, seeds: Iterable[int], folder: Path) -> Score:
    """Judge pairs of the scenario ``name``, one for each of ``seeds``."""
    scenario, score = SCENARIOS[name], Score()
    for seed in seeds:
        files = [folder / f"{letter}.pcap" for letter in "ab"]
        sides = [
            side_of(write_capture(file, world, seed, side))
            for side, (file, world) in enumerate(zip(files, (scenario.a, scenario.b), strict=True))
        ]
        _judge(scenario, compare(sides[0], sides[1]), score)
    return score


def _judge(scenario: Scenario, found: Comparison, score: Score) -> None:
    told = {one.measure.name for one in found.differences}
    wrong = {name for name in told if not name.startswith(tuple(scenario.follows))} if scenario.follows else told
    score.pairs += 1
    score.found += bool(scenario.found & told)
    score.false += bool(wrong)
    score.wrong.update(wrong)
    for one in candidates_of(None, found.a, found.b, clusters_of(found.a, found.b)):
        truth = scenario.true.get(one.measure.name, math.nan)
        if math.isnan(truth):
            continue
        score.measured[one.measure.name] += 1
        effect = one.found.effect()
        score.covered[one.measure.name] += effect.low <= truth <= effect.high
