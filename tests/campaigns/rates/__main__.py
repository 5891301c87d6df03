"""Records transfers, each from a seed, and scores what is said of their rates.  Needs root.

python -m tests.campaigns.rates --first 1 --count 42 --jobs 2 --out FOLDER
python -m tests.campaigns.rates.score FOLDER
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cases.recorder.bench import ABOUT
from tests.campaigns.rates.recording import record_transfer
from tests.campaigns.recording import record_many

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 0 when everything was recorded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--count", type=int, default=14)
    parser.add_argument("--jobs", type=int, default=2, help="recordings at the same time")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="none begins later than this …")
    parser.add_argument("--fewest", type=int, default=0, help="… once so many are there")
    parser.add_argument("--out", type=Path, default=Path("transfers"), metavar="FOLDER")
    chosen = parser.parse_args(words)
    began = time.monotonic()
    seeds = range(chosen.first, chosen.first + chosen.count)
    refused = record_many(record_transfer, seeds, chosen.out, chosen.jobs, began + chosen.seconds, chosen.fewest)
    made = sum((chosen.out / str(seed) / ABOUT).exists() for seed in seeds)
    print(f"{made} of {chosen.count} recorded in {time.monotonic() - began:.0f} s")
    if refused:
        print(f"refused: {' '.join(map(str, refused))}", file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
