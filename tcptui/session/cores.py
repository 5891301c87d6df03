"""How many processors this process may use: in a container or under taskset(1) fewer than the machine has."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.session.control_groups import control_groups, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT: Final = Path("/")


def usable_cores(root: Path = _ROOT) -> int:
    """The processors that this process may run on, or its control groups' quota where that is less; at least 1."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(min([count, *_quotas(root)]), 1)


def _quotas(root: Path) -> Iterator[int]:
    """Each CPU quota of this process's control groups and their ancestors, in processors, rounded up (cgroups(7))."""
    for version, place in control_groups(root, "cpu"):
        if version == 2:
            most, _, period = read_text(place / "cpu.max").strip().partition(" ")
        else:
            most, period = read_text(place / "cpu.cfs_quota_us").strip(), read_text(place / "cpu.cfs_period_us").strip()
        if most.isdigit() and period.isdigit() and int(period):  # "max" and -1: no quota
            yield math.ceil(int(most) / int(period))
