"""A random third of all scenarios recorded afresh: states and causes answer to the kernels.

The seed draws the scenarios and their parameters; it is printed, and `SEED_VARIABLE` sets it.  Of scenarios
that take long (`LONG_S`) at most one is drawn.  A recording that the bench refuses is made anew.

A test that is tried again has what was judged faulty recorded again: a busy moment may part a packet from the
change of state that goes with it.  What is wrong with the engine is wrong again.
"""

from __future__ import annotations

import random
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import pytest
from seeds import SEED_VARIABLE, seed

from cases.recorder.bench import BUSY
from cases.recorder.judge import judge
from cases.recorder.judgement import Judgement, Tally
from cases.recorder.scenario import all_scenarios

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.live,
    pytest.mark.rerun_on_race(reason="timers of real kernels fire late on a busy machine", reruns=2),
]

SEED: Final = seed(20_261)
SHARE: Final = 3
LONG_S: Final = 30
SIDE_BY_SIDE: Final = 4
BUDGET_S: Final = 170
"""No recording begins later than this, once most are made; the rest of the third is left out, as the summary says."""
LONGEST_S: Final = 600
"""What one recording may take, tries together; its own watchdog ends it much earlier."""
TRIES: Final = 6
TRIES_AGAIN: Final = 10
"""Of what is recorded again, when the machine is busy already: a recording that is refused says nothing."""
SEEN_IN_CAUSES: Final = 20
"""Fewer segments sent again than this say nothing about a share."""


def drawn() -> list[str]:
    """Ids of a third of the scenarios."""
    chance = random.Random(SEED)
    scenarios = all_scenarios()
    long = sorted(name for name, each in scenarios.items() if each.limit > LONG_S)
    short = sorted(set(scenarios) - set(long))
    # A long one first: the others are recorded meanwhile.
    return chance.sample(long, min(1, len(long))) + chance.sample(short, len(short) // SHARE)


def announce(config: pytest.Config, line: str) -> None:
    """Prints ``line`` whether or not what tests print is kept from the terminal."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    capture: Any = config.pluginmanager.get_plugin("capturemanager")
    if reporter is not None and capture is not None:
        with capture.global_and_fixture_disabled():
            reporter.ensure_newline()
            reporter.write_line(line)


class Third:
    """The drawn scenarios, recorded and judged."""

    def __init__(
        self, bench: Callable[..., subprocess.CompletedProcess[str]], folder: Path, config: pytest.Config
    ) -> None:
        self._bench = bench
        self._folder = folder
        self._config = config
        self._judgements: dict[str, list[Judgement]] = {}
        names = drawn()
        refused = self._record(names)
        recorded = len(self._judgements)
        announce(config, f"{SEED_VARIABLE}={SEED}: {recorded} of {len(names)} drawn scenarios recorded")
        if busy := [name for name, problem in refused.items() if BUSY in problem]:
            announce(config, f"left out, because {BUSY} in each try: {', '.join(busy)}")
        assert recorded * 2 > len(names), refused
        assert (len(refused) - len(busy)) * 10 <= len(names), refused

    @property
    def judgements(self) -> list[Judgement]:
        """Of all captures."""
        return [judgement for each in self._judgements.values() for judgement in each]

    def look_again(self) -> None:
        """Record anew what was not faultless; says of what, and what it was."""
        faulty = [name for name, each in self._judgements.items() if not all(one.faultless for one in each)]
        for name in faulty:
            announce(self._config, f"recorded again: {told(self._judgements[name])}")
        assert not (refused := self._record(faulty, TRIES_AGAIN)), refused

    def _record(self, names: list[str], tries: int = TRIES) -> dict[str, str]:
        """Record and judge ``names``; what was refused, and why."""
        self._folder = self._folder / "again"
        begun = time.monotonic()
        made: list[str] = []

        def one(name: str) -> str | None:
            if time.monotonic() - begun > BUDGET_S and len(made) * 2 > len(names):
                return None
            words = (name, "--seed", str(SEED), "--tries", str(tries), "--out", str(self._folder / name))
            try:
                done = self._bench(*words, seconds=LONGEST_S)
            except subprocess.TimeoutExpired:
                return f"not recorded after {LONGEST_S} s"
            if done.returncode:
                return done.stderr
            made.append(name)
            return ""

        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            outcomes = dict(zip(names, pool.map(one, names), strict=True))
        for name, outcome in outcomes.items():
            if outcome == "":
                self._judgements[name] = judge(self._folder / name, compare=False)
        return {name: outcome for name, outcome in outcomes.items() if outcome}


@pytest.fixture(scope="module")
def third(
    bench: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Third:
    return Third(bench, tmp_path_factory.mktemp("third"), request.config)


@pytest.fixture
def judged(third: Third, request: pytest.FixtureRequest) -> list[Judgement]:
    if getattr(request.node, "execution_count", 1) > 1:
        third.look_again()
    return third.judgements


def told(judgements: list[Judgement]) -> list[str]:
    """What was not right, and how to see it again."""
    lines = [f"{each.scenario}: {remark}" for each in judgements for remark in each.remarks]
    return [f"{SEED_VARIABLE}={SEED}", *lines]


def test_no_state_is_wrong_without_being_marked_as_assumed(judged: list[Judgement]) -> None:
    wrong = [judgement for judgement in judged if judgement.wrong]

    assert not wrong, told(wrong)
    assert sum(judgement.transitions for judgement in judged) > len(judged)


def test_causes_at_the_sender_are_nearly_always_right(judged: list[Judgement]) -> None:
    sum_ = sum((judgement.sender for judgement in judged), Tally())

    assert sum_.total >= SEEN_IN_CAUSES
    assert sum_.right >= 0.95 * sum_.total, told([each for each in judged if each.sender.right < each.sender.total])


def test_causes_at_the_receiver_are_right_or_unknown(judged: list[Judgement]) -> None:
    sum_ = sum((judgement.receiver for judgement in judged), Tally())

    assert sum_.wrong <= 0.05 * sum_.total, told([each for each in judged if each.receiver.wrong])


def test_no_cause_is_claimed_where_no_kernel_sent_again(judged: list[Judgement]) -> None:
    false = [judgement for judgement in judged if judgement.false_causes]

    assert not false, told(false)


def test_no_capture_is_placed_where_it_was_not_made(judged: list[Judgement]) -> None:
    misplaced = [judgement for judgement in judged if judgement.place.wrong]

    assert not misplaced, told(misplaced)
    assert sum(judgement.place.right for judgement in judged) * 2 > len(judged)
