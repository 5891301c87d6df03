"""Compositions that nobody has seen, recorded afresh: nothing is raised, nothing contradicts itself.

The seed is drawn and named in every failure; `SEED_VARIABLE` sets it.  How often findings are right is measured
by `tests.campaigns.compose.score`, not here: a few dozen recordings say nothing about shares.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from math import comb
from pathlib import Path
from typing import Final

import pytest
from invariants import violations
from seeds import SEED_VARIABLE, seed

from tcptui.session.session import open_file
from tests.campaigns.compose.recording import seeds_below
from tests.campaigns.compose.score import score_recording
from tests.campaigns.compose.states import contradictions

pytestmark = [
    pytest.mark.live,
    pytest.mark.rerun_on_race(reason="timers of real kernels fire late on a busy machine", reruns=1),
]

CHECKOUT = Path(__file__).parents[3]
SEED: Final = seed(20_261)
RECORDING_S: Final = 55
"""No recording begins later than this, but for the `FEWEST`; the last one may take as long as a composition may."""
LONGEST_S: Final = 600
"""Only a failing test waits so long."""
COUNT: Final = 400
SIDE_BY_SIDE: Final = 5
FEWEST: Final = 15
#: The share that forged and hidden events of compositions may leave contradictory.
SHARE: Final = 0.02
#: Chance that a share of `SHARE` gives so many by itself, at which they are too many.
CHANCE: Final = 1e-4


def too_many(found: int, of: int) -> bool:
    """Whether ``found`` contradictions among ``of`` are more than `SHARE` explains, by the binomial distribution."""
    return sum(comb(of, n) * SHARE**n * (1 - SHARE) ** (of - n) for n in range(found, of + 1)) < CHANCE


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Folders of fresh recordings."""
    folder = tmp_path_factory.mktemp("composed")
    words = ["--seed", str(SEED), "--count", str(COUNT), "--jobs", str(SIDE_BY_SIDE), "--seconds", str(RECORDING_S)]
    words += ["--fewest", str(FEWEST)]
    command = [sys.executable, "-m", "tests.campaigns.compose", *words, "--out", str(folder)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    folders = seeds_below(folder)
    assert len(folders) >= FEWEST, f"{SEED_VARIABLE}={SEED}: {done.stdout}{done.stderr}"
    return folders


def test_nothing_is_raised(composed: list[Path]) -> None:
    raised = [problem for folder in composed for problem in score_recording(folder).problems]

    assert not raised, f"{SEED_VARIABLE}={SEED}: {raised}"


def test_findings_keep_to_the_packets_and_to_each_other(composed: list[Path]) -> None:
    captures = [folder / f"{end}.pcapng" for folder in composed for end in ("client", "server")]
    broken = []
    for capture in captures:
        with closing(open_file(capture)) as session:
            broken += list(violations(session))[:1]

    assert not too_many(len(broken), len(captures)), f"{SEED_VARIABLE}={SEED}: {broken}"


def test_states_and_places_agree_with_the_kernels(composed: list[Path]) -> None:
    found = [lines for folder in composed if (lines := contradictions(folder))]

    assert not too_many(len(found), len(composed)), f"{SEED_VARIABLE}={SEED}: {found}"
