"""Records scenarios between two Linux hosts over a scripted link.  Needs root.

    python -m cases.recorder --list
    python -m cases.recorder third-ack-lost --seed 2 --out /tmp/recording
    python -m cases.recorder all --seed 1 2 3 --out /tmp/recordings --jobs 4

One scenario and one seed are written into the folder itself, several into ``ID/SEED`` below it.  With
``--tries`` a recording that is refused (trace and frames do not agree, a busy machine upset it) is made anew.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from cases.recorder.account import RecordingError
from cases.recorder.bench import START_SECONDS, record
from cases.recorder.scenario import all_scenarios
from cases.recorder.tracing import TracingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cases.recorder.scenario import Scenario

OUTER_GRACE = START_SECONDS + 200.0
"""Seconds beyond a scenario's limit before its process is given up: it has a watchdog of its own."""


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 0 when everything was recorded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*", metavar="ID", help="scenarios, or `all`")
    parser.add_argument("--list", action="store_true", help="what there is to record")
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--out", type=Path, default=Path("recordings"), metavar="FOLDER")
    parser.add_argument("--jobs", type=int, default=1, help="recordings at the same time")
    parser.add_argument("--tries", type=int, default=1, help="how often a refused recording is made")
    parser.add_argument("--probe", action="store_true", help="also note the sender's variables at every segment")
    parser.add_argument("--scenarios", type=Path, metavar="FILE", help="take the scenarios of this Python file")
    chosen = parser.parse_args(words)
    scenarios = all_scenarios(chosen.scenarios)
    if chosen.list or not chosen.ids:
        for scenario in scenarios.values():
            print(f"{scenario.id:<32} {scenario.shows}" + (f"  (twin: {scenario.twin})" if scenario.twin else ""))
        return 0
    ids = list(scenarios) if chosen.ids == ["all"] else chosen.ids
    unknown = [name for name in ids if name not in scenarios]
    if unknown:
        parser.error(f"no scenario is called {', '.join(unknown)}")
    single = len(ids) == len(chosen.seed) == 1
    if single and chosen.tries == 1:
        return _one(scenarios[ids[0]], chosen.seed[0], chosen.out, chosen.probe)

    def made(task: tuple[Scenario, int]) -> int:
        scenario, seed = task
        folder = chosen.out if single else chosen.out / scenario.id / str(seed)
        return _apart(scenario, seed, folder, chosen)

    with ThreadPoolExecutor(chosen.jobs) as pool:
        return max(pool.map(made, ((scenarios[name], seed) for name in ids for seed in chosen.seed)))


def _one(scenario: Scenario, seed: int, folder: Path, probe: bool) -> int:
    try:
        recording = record(scenario, seed, folder, probe)
    except (RecordingError, TracingError, OSError) as problem:
        print(f"{scenario.id} seed {seed}: {problem}", file=sys.stderr)
        return 1
    frames = ", ".join(f"{count} frames at the {end}" for end, count in recording.frames.items())
    print(f"{scenario.id} seed {seed}: {frames}, {recording.seconds:.1f} s")
    return 0


def _apart(scenario: Scenario, seed: int, folder: Path, chosen: argparse.Namespace) -> int:
    """Records in a process of its own, because a recording takes over its process's namespaces."""
    words = [scenario.id, "--seed", str(seed), "--out", str(folder)]
    words += ["--probe"] if chosen.probe else []
    words += ["--scenarios", str(chosen.scenarios)] if chosen.scenarios else []
    command = [sys.executable, "-m", "cases.recorder", *words]
    status = 1
    for _ in range(chosen.tries):
        status = subprocess.run(command, timeout=scenario.limit + OUTER_GRACE, check=False).returncode
        if not status:
            break
    return status


if __name__ == "__main__":
    sys.exit(main())
