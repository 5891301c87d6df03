"""``python -m tests.campaigns.compare --pairs 200``: how often `compare` finds what is there, and tells what is not."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.campaigns.compare.judge import SCENARIOS, judge


def main() -> None:
    """Judge pairs of each scenario, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenario", choices=sorted(SCENARIOS))
    asked = parser.parse_args()
    for name in [asked.scenario] if asked.scenario else list(SCENARIOS):
        with tempfile.TemporaryDirectory() as folder:
            score = judge(name, range(asked.seed, asked.seed + asked.pairs), Path(folder))
        found = f"found {score.found}/{score.pairs}, " if SCENARIOS[name].found else ""
        covered = ", ".join(f"{each} {score.covered[each]}/{count}" for each, count in score.measured.items())
        print(f"{name}: {found}false {score.false}/{score.pairs} {dict(score.wrong)}; covered: {covered}", flush=True)


if __name__ == "__main__":
    main()
