"""What limited transfers that nobody has seen, recorded afresh, beside what their kernels say.

`tests.campaigns.rates.score` measures how often that is right; a dozen recordings only show that it is not badly wrong.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from seeds import SEED_VARIABLE, seed

from tests.campaigns.rates.recording import transfers_below
from tests.campaigns.rates.score import Scored, scored
from tests.campaigns.rates.transfers import KINDS

pytestmark = [
    pytest.mark.live,
    pytest.mark.rerun_on_race(reason="timers of real kernels fire late on a busy machine", reruns=1),
]

CHECKOUT = Path(__file__).parents[3]
FIRST: Final = seed(20_261) // len(KINDS) * len(KINDS)
RECORDING_S: Final = 45
"""No recording begins later than this, but for the `FEWEST`."""
LONGEST_S: Final = 600
"""Only a failing test waits so long."""
FEWEST: Final = 8
#: Of so many the party may be wrong: programs that write as often as acknowledgments come look like the network.
WRONG_MOST: Final = 1


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[Scored]:
    """Both ends of fresh transfers, one of each kind."""
    folder = tmp_path_factory.mktemp("transfers")
    words = ["--first", str(FIRST), "--count", str(len(KINDS)), "--jobs", "3", "--seconds", str(RECORDING_S)]
    words += ["--fewest", str(FEWEST)]
    command = [sys.executable, "-m", "tests.campaigns.rates", *words, "--out", str(folder)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    folders = transfers_below(folder)
    assert len(folders) >= FEWEST, f"{SEED_VARIABLE}={FIRST}: {done.stdout}{done.stderr}"
    return [each for one in folders for each in scored(one)]


def test_the_party_is_the_kernels(told: list[Scored]) -> None:
    wrong = [str(each) for each in told if not each.is_right]

    assert len(wrong) <= WRONG_MOST, f"{SEED_VARIABLE}={FIRST}: {wrong}"


def test_the_sender_names_it_and_shares_are_near(told: list[Scored]) -> None:
    at_sender = [each for each in told if each.at_sender]
    off = [str(each) for each in at_sender if each.off > 0.15]

    assert all(each.found is not None for each in at_sender)
    assert len(off) <= 1 + WRONG_MOST, f"{SEED_VARIABLE}={FIRST}: {off}"
