"""Many runs with faults: ``python -m tests.campaigns.faults.campaign [--rounds N] [--seed S]``; as root.

Prints a row for each run in which anything was wrong, and a table of all.  Exit status 1: something was wrong.
A round is all pairs of a mode and a fault that can happen to it.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import signal
import sys
import tempfile
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from live_link import Link
from run_folders import RunFolders

from tests.campaigns.faults import capturing, reading
from tests.campaigns.faults.capturing import Outcome

#: Bytes of the capture that commands read: memory of 420 MB was too little for it once.
_CAPTURE: Final = 42 << 20


def capturing_pairs() -> list[tuple[capturing.Mode, capturing.Fault]]:
    """All pairs of a mode and a fault that can happen to it."""
    return [pair for pair in product(capturing.Mode, capturing.Fault) if capturing.fits(*pair)]


def reading_pairs() -> list[tuple[str, reading.Fault]]:
    """The same for commands."""
    return [pair for pair in product(reading.COMMANDS, reading.Fault) if reading.fits(*pair)]


def _show(outcome: Outcome) -> None:
    mark = "WRONG" if outcome.wrong else "ok"
    print(
        f"{mark:6}{outcome.mode:16} {outcome.fault:40} status {outcome.status:4} "
        f"reported {outcome.reported:9} kept {outcome.kept:9} {'; '.join(outcome.wrong)}",
        flush=True,
    )
    if outcome.wrong:
        print(*(f"       | {line}" for line in outcome.last.splitlines() if line.strip()), sep="\n", flush=True)


def campaign(chance: random.Random, *, rounds: int, only: str, limit: int | None) -> list[Outcome]:
    """``rounds`` times all pairs, or ``limit`` of them that are drawn."""
    capture_runs = capturing_pairs() * rounds if only != "reading" else []
    read_runs = reading_pairs() * rounds if only != "capturing" else []
    chance.shuffle(capture_runs)
    chance.shuffle(read_runs)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="tf-") as name, Link() as link:
        folder = Path(name)
        folder.chmod(0o711)
        capture_bench = capturing.Bench(link, folder)
        for mode, fault in capture_runs[:limit]:
            outcomes.append(capture_bench.run(mode, fault, chance))
            _show(outcomes[-1])
        if read_runs:
            capture = folder / "capture.pcap"
            reading.compose(capture, _CAPTURE)
            read_bench = reading.Bench(capture, folder)
            for command, trouble in read_runs[:limit]:
                outcomes.append(read_bench.run(command, trouble, chance))
                _show(outcomes[-1])
    return outcomes


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description="Kills, full disks, cut files, little memory, at random moments.")
    parser.add_argument("--rounds", type=int, default=1, help="each pair of mode and fault so many times (default: 1)")
    parser.add_argument("--limit", type=int, help="no more runs than this of each kind, drawn")
    parser.add_argument("--only", choices=("capturing", "reading"), default="", help="default: both")
    parser.add_argument("--seed", type=int, help="default: a fresh one, printed")
    parser.add_argument("--machine-code", type=Path, help="where compiled code is kept between calls")
    return parser.parse_args()


def main() -> int:
    """As the module says."""
    asked = _arguments()
    seed = secrets.randbelow(1 << 32) if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # … which takes namespaces and file systems away again
    folders = RunFolders(asked.machine_code)
    try:
        from tcptui.analysis.compile_ahead import compile_all

        compile_all()  # or each program would, and wait for a processor
        os.environ["TCPTUI_TEST_DEADLINE_S"] = "300"
        outcomes = campaign(random.Random(seed), rounds=asked.rounds, only=asked.only, limit=asked.limit)
    finally:
        folders.remove()
    kinds = Counter((one.mode, one.fault) for one in outcomes if one.wrong)
    print(f"{len(outcomes)} runs, {sum(kinds.values())} with something wrong")
    for (mode, fault), times in kinds.most_common():
        print(f"  {times:3} × {mode}, {fault}")
    return int(bool(kinds))


if __name__ == "__main__":
    sys.exit(main())
