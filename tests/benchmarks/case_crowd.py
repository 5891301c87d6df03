"""Write a capture of all bundled cases many times over, each time with other numbers, all of them mingled.

    python tests/benchmarks/case_crowd.py OUT.pcap [--copies 60]

What the other shapes repeat, real captures do not: here connections are recorded ones of every kind of trouble, and of
none, and no two have the same lengths, windows, times and hosts.  Checksums are 0.  Deterministic.
"""

from __future__ import annotations

import argparse
import random
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from resized import resized, tcp_frames  # noqa: E402

from tcptui.lessons.loader import load_cases  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

#: So long (seconds) before all have begun.
_SPREAD_S: Final = 60.0
_BEGIN_S: Final = 1_700_000_000.0
#: Longer cases are left out: of few connections they would make most of the packets.
_FRAMES_MOST: Final = 3_000
#: `resized` gives so many copies hosts of their own.
_OWN_HOSTS: Final = 32
#: Where the second and third byte of both IPv4 addresses stand in an Ethernet frame.
_SECOND, _THIRD = (27, 31), (28, 32)


def frames(copies: int) -> Iterator[tuple[float, bytes]]:
    """Each packet with its time, in seconds since the epoch; in no order."""
    rng = random.Random(1)
    recorded = [found for case in load_cases() for path in case.captures if (found := tcp_frames(path))]
    for copy in range(copies):
        for number, given in enumerate(found for found in recorded if len(found) <= _FRAMES_MOST):
            made = resized(given, copy)
            begin = _BEGIN_S + rng.random() * _SPREAD_S - min(time for time, _ in made)
            for time, frame in made:
                moved = bytearray(frame)
                for places, by in ((_SECOND, copy // _OWN_HOSTS), (_THIRD, number)):
                    for place in places:
                        moved[place] = (moved[place] + by) & 0xFF
                yield begin + time, bytes(moved)


def write(path: Path, copies: int) -> None:
    """Write the capture, with microseconds."""
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1))
        for time, frame in sorted(frames(copies), key=lambda given: given[0]):
            whole = int(time)
            out.write(struct.pack("<IIII", whole, int((time - whole) * 1e6), len(frame), len(frame)) + frame)


def main() -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--copies", type=int, default=60)
    options = parser.parse_args()
    write(options.out, options.copies)
    return 0


if __name__ == "__main__":
    sys.exit(main())
