"""All carriers, by hand: ``python -m tests.campaigns.redaction [--seeds 3] [--only WORD]``."""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
from collections import Counter
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

from tests.campaigns.redaction.all_carriers import CARRIERS
from tests.campaigns.redaction.judge import CLEAN, LEAKED, judged


def main() -> int:
    """Judge all; the status is 1 where anything leaked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, mock.patch("tcptui.cli.inputs.drop_root"):
        key = Path(folder) / "key"
        key.write_bytes(bytes(range(32)))
        key.chmod(0o600)
        for name, build in CARRIERS.items():
            for seed in range(asked.seeds if asked.only in name else 0):
                with contextlib.redirect_stdout(io.StringIO()):
                    verdict = judged(build, seed, Path(folder), key)
                counts[verdict.word] += 1
                if verdict.word != CLEAN:
                    print(f"{verdict.word:8} {name}: {verdict.why}", flush=True)
    print(dict(counts))
    return int(counts[LEAKED] > 0)


if __name__ == "__main__":
    sys.exit(main())
