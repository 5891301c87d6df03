"""Prints how many values of fields differ from tshark's in the development corpus, and for which reasons.

python tests/support/field_summary.py CAPTURE…
"""

from __future__ import annotations

import sys
from collections import Counter
from multiprocessing import Pool
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.field_sweep import compared_fields, sweep
from tests.support.known_differences import DIFFERENCES, Reason, current_findings


def _numbers(path: Path) -> tuple[str, int, int, dict[str, int]]:
    """Name, frames, values, and in how many frames each field differs."""
    swept = sweep(path, compared_fields())
    if swept is None:
        return path.name, 0, 0, {}
    return path.name, swept.frames, swept.values, {name: len(told) for name, told in swept.different.items()}


def summary(paths: list[Path]) -> list[str]:
    """The lines."""
    frames = values = differing = unlisted = 0
    fields = Counter[str]()
    with Pool(2) as pool:
        for name, some, told, different in pool.imap_unordered(_numbers, paths):
            frames, values, differing = frames + some, values + told, differing + sum(different.values())
            fields.update(different)
            listed = current_findings(name)
            unlisted += sum(abs(different.get(each, 0) - listed[each]) for each in {*different, *listed})
    lines = [
        f"{len(compared_fields())} fields of {len(paths)} captures with {frames:,} frames",
        f"{values:,} values, {differing:,} differ in {len(fields)} fields, {unlisted:,} otherwise than listed",
    ]
    names = {path.name for path in paths}
    reasons = Counter[Reason]()
    for row in DIFFERENCES:
        if row.capture in names:
            reasons[row.reason] += row.frames * len(row.names.split())
    lines += [f"{count:7,} {reason.name.lower()}: {reason}" for reason, count in reasons.most_common()]
    return lines + [f"{count:7,} {name}" for name, count in fields.most_common()]


if __name__ == "__main__":
    print("\n".join(summary([Path(word) for word in sys.argv[1:]])))
