"""Records compositions, each from a seed.  Needs root.

    python -m tests.campaigns.compose --seed 1 --count 200 --jobs 6 --out FOLDER
    python -m tests.campaigns.compose --seed 17 --show

Seeds are 1000000·SEED + n, so that runs with different seeds share none; ``--show`` prints what one
number composes, ``--number`` records or shows that one alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.campaigns.compose.draw import compose
from tests.campaigns.compose.recording import record_seed
from tests.campaigns.recording import record_many

if TYPE_CHECKING:
    from collections.abc import Sequence

RUN: Final = 1_000_000


def numbers(seed: int, count: int) -> list[int]:
    """The compositions of one run."""
    return [RUN * seed + number for number in range(count)]


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 0 when everything was recorded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--number", type=int, help="only this composition")
    parser.add_argument("--jobs", type=int, default=4, help="recordings at the same time")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="none begins later than this …")
    parser.add_argument("--fewest", type=int, default=0, help="… once so many are there")
    parser.add_argument("--out", type=Path, default=Path("composed"), metavar="FOLDER")
    parser.add_argument("--show", action="store_true", help="print the compositions instead")
    chosen = parser.parse_args(words)
    wanted = [chosen.number] if chosen.number is not None else numbers(chosen.seed, chosen.count)
    if chosen.show:
        for number in wanted:
            print(json.dumps(compose(number).as_values(), indent=1))
        return 0
    began = time.monotonic()
    refused = record_many(record_seed, wanted, chosen.out, chosen.jobs, began + chosen.seconds, chosen.fewest)
    made = sum((chosen.out / str(number) / "recording.json").exists() for number in wanted)
    print(f"{made} of {len(wanted)} recorded in {time.monotonic() - began:.0f} s")
    if refused:
        print(f"refused: {' '.join(map(str, refused))}", file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
