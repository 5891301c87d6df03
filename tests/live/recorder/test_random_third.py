"""A random third of all scenarios recorded afresh: states and causes answer to the kernels.

The seed draws the scenarios and their parameters; it is printed, and `SEED_VARIABLE` sets it.  Of scenarios
that take long (`LONG_S`) at most one is drawn.  A recording that the bench refuses is made anew.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import pytest

from cases.recorder.judge import judge
from cases.recorder.judgement import Judgement, Tally
from cases.recorder.scenario import all_scenarios

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.live

SEED_VARIABLE: Final = "TCPTUI_SCENARIO_SEED"
SEED: Final = int(os.environ.get(SEED_VARIABLE) or random.SystemRandom().randrange(1_000, 1_000_000))
SHARE: Final = 3
LONG_S: Final = 30
SIDE_BY_SIDE: Final = 4
BUDGET_S: Final = 170
"""No recording begins later than this; the rest of the third is left out, and the summary says so."""
LONGEST_S: Final = 120
"""What one recording may take, tries together."""
TRIES: Final = "2"
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


@pytest.fixture(scope="module")
def judged(
    bench: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> list[Judgement]:
    folder = tmp_path_factory.mktemp("third")
    names = drawn()
    begun = time.monotonic()

    def one(name: str) -> str | None:
        if time.monotonic() - begun > BUDGET_S:
            return None
        words = (name, "--seed", str(SEED), "--tries", TRIES, "--out", str(folder / name))
        try:
            done = bench(*words, seconds=LONGEST_S)
        except subprocess.TimeoutExpired:
            return f"not recorded after {LONGEST_S} s"
        return done.stderr if done.returncode else ""

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        outcomes = dict(zip(names, pool.map(one, names), strict=True))
    recorded = [name for name, outcome in outcomes.items() if outcome == ""]
    refused = {name: outcome for name, outcome in outcomes.items() if outcome}
    announce(request.config, f"{SEED_VARIABLE}={SEED}: {len(recorded)} of {len(names)} drawn scenarios recorded")
    assert len(recorded) * 2 > len(names), refused
    assert len(refused) * 10 <= len(names), refused
    return [judgement for name in recorded for judgement in judge(folder / name, compare=False)]


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
