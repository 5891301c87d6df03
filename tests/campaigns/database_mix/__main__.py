"""Records mixes of database scenes, each from a seed.  Needs root, Redis, MariaDB and PostgreSQL.

python -m tests.campaigns.database_mix --seed 17 --out FOLDER
python -m tests.campaigns.database_mix --seed 17 --show
python -m tests.campaigns.database_mix.score FOLDER…
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cases.recorder.account import RecordingError
from cases.recorder.tracing import TracingError
from tests.campaigns.database_mix.draw import compose
from tests.campaigns.database_mix.recording import record_mix

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 0 when it was recorded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("mixed"), metavar="FOLDER")
    parser.add_argument("--show", action="store_true", help="print the mix instead")
    chosen = parser.parse_args(words)
    if chosen.show:
        print(json.dumps(compose(chosen.seed).as_values(), indent=1))
        return 0
    try:
        recording = record_mix(chosen.seed, chosen.out)
    except (RecordingError, TracingError, OSError) as problem:
        print(f"seed {chosen.seed}: {problem}", file=sys.stderr)
        return 1
    print(f"seed {chosen.seed}: {recording.frames}, {recording.seconds:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
