"""How often `compare` finds what is there, and tells what is not.

``python -m tests.campaigns.compare --pairs 200``: of captures; with ``--clients 60`` of sides drawn as columns, in
harsher worlds, which takes far less time.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.campaigns.compare.drawn_pairs import CLIENTS, judge_drawn, scenarios
from tests.campaigns.compare.judge import SCENARIOS, Score, judge


def main() -> None:
    """Judge pairs of each scenario, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenario", help="those whose name has this")
    parser.add_argument("--clients", type=int, choices=list(CLIENTS), nargs="*", default=[])
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.pairs)
    for clients in asked.clients:
        for name, drawn in scenarios(clients).items():
            if asked.scenario is None or asked.scenario in name:
                _print(f"{clients} clients, {name}", judge_drawn(drawn, seeds))
    for name in () if asked.clients else SCENARIOS:
        if asked.scenario is None or asked.scenario in name:
            with tempfile.TemporaryDirectory() as folder:
                _print(name, judge(name, seeds, Path(folder)))


def _print(name: str, score: Score) -> None:
    covered = ", ".join(f"{each} {score.covered[each]}/{count}" for each, count in score.measured.items())
    print(
        f"{name}: found {score.found}/{score.pairs}, false {score.false}/{score.pairs} {dict(score.wrong)}; "
        f"covered: {covered}",
        flush=True,
    )


if __name__ == "__main__":
    main()
