"""Sixty forgeries and more, by hand: ``python -m tests.campaigns.forgeries.campaign [--seeds 5]``.

Prints one line a kind: how many were drawn, and what was wrong with which.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

from tcptui.session.session import open_file
from tests.campaigns.forgeries.judge import wrong_with
from tests.campaigns.forgeries.kinds import KINDS, drawn


def main() -> int:
    """Run all kinds; the status is 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    count = parser.parse_args().seeds
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            wrong = []
            for seed in range(count):
                path = Path(folder) / f"{kind}-{seed}.pcap"
                forgery = drawn(kind, seed)
                path.write_bytes(forgery.wire.pcap())
                session = open_file(path)
                wrong += [f"{seed}: {each}" for each in wrong_with(forgery, session)]
                session.close()
            bad += len(wrong)
            print(f"{kind:16} {count:4}  {'; '.join(wrong) or 'right'}")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
