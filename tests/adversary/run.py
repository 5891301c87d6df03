"""By hand: compare the engine with tshark for as long as wanted.

    python tests/adversary/run.py --packets 5000000 --seed 7
    python tests/adversary/run.py --shape loss --seed 7 --per-capture 2000 --minimise found.pcap

Exit status 1 when something differs.  Without --seed a fresh one is taken and printed.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.adversary.generator import SHAPES, generate  # noqa: E402 - after the path is set
from tests.adversary.judge import Difference, Judge, minimised, ours  # noqa: E402
from tests.conftest import corpus_folder  # noqa: E402

#: Frames of one capture; a stranger needs few to look through.
PER_CAPTURE = 8_000
_SHOWN = 8


def compare(
    judge: Judge, folder: Path, seed: int, shape: str, packets: int, compiled: bool = False
) -> tuple[int, list[Difference]]:
    """Frames of the capture of ``seed`` and ``shape``, and where we differ."""
    path = folder / f"{shape}-{seed}.pcap"
    capture = generate(seed, shape, packets)
    capture.write(path)
    found = judge.differences(judge.ask(path), ours(path, compiled=compiled))
    path.unlink()
    return len(capture.frames), found


def minimise(judge: Judge, seed: int, shape: str, packets: int, first: Difference, target: Path) -> int:
    """Write a capture with few frames that still shows the kind of ``first``; the number of frames."""
    capture = generate(seed, shape, packets)
    kinds = {text.split(":")[0] for text in first.what}

    def differs(only: list[int]) -> bool:
        capture.write(target, only)
        return any(
            kinds & {text.split(":")[0] for text in found.what}
            for found in judge.differences(judge.ask(target), ours(target))
        )

    del capture.frames[first.frame :]
    if not differs(list(range(len(capture.frames)))):
        capture = generate(seed, shape, packets)  # later frames matter
    few = minimised(capture, differs)
    capture.write(target, few)
    return len(few)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the engine with tshark on hostile captures.")
    parser.add_argument("--packets", type=int, default=200_000, help="frames in all")
    parser.add_argument("--seed", type=int, help="first seed (default: a fresh one)")
    parser.add_argument("--shape", choices=sorted(SHAPES), help="only this shape")
    parser.add_argument("--per-capture", type=int, default=PER_CAPTURE, help="frames of one capture")
    parser.add_argument("--compiled", action="store_true", help="run the kernel as machine code")
    parser.add_argument("--minimise", type=Path, help="write a small capture of the first difference here, and stop")
    a = parser.parse_args()
    folder = corpus_folder()
    if folder is None:
        print("needs the corpus: set TCPTUI_CORPUS to its folder", file=sys.stderr)
        return 2
    seed = secrets.randbelow(1 << 32) if a.seed is None else a.seed
    print(f"seed {seed}", flush=True)
    judge, done, differing, started = Judge(folder), 0, 0, time.monotonic()
    per_shape: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        while done < a.packets:
            for shape in [a.shape] if a.shape else SHAPES:
                count, found = compare(judge, Path(scratch), seed, shape, a.per_capture, a.compiled)
                done += count
                differing += len(found)
                per_shape[shape] += len(found)
                for difference in found[:_SHOWN]:
                    print(f"seed {seed} shape {shape} {difference}", flush=True)
                if len(found) > _SHOWN:
                    print(f"  … {len(found)} frames differ in this capture", flush=True)
                if found and a.minimise:
                    few = minimise(judge, seed, shape, a.per_capture, found[0], a.minimise)
                    print(f"{few} frames written to {a.minimise}")
                    return 1
            seed += 1
            print(f"{done} frames, {differing} differ", flush=True)
    print(f"{done} frames, {differing} differ, {time.monotonic() - started:.0f} s; next seed {seed}")
    print("; ".join(f"{shape} {count}" for shape, count in per_shape.items()))
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
