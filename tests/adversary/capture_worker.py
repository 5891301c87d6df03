"""The process that tries mutants out one after the other; it may crash or hang, its parent looks on."""

from __future__ import annotations

import faulthandler
import os
import resource
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.adversary.evolution import Mutants, seeds

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.adversary.evolution import Mutant
    from tests.adversary.reached import Reached

#: Seconds that one capture of some dozen packets may take; a hundred times what it takes.
HANG_S: Final = 600
#: Bytes that one such capture may have in memory beyond what the program has before it.
MEMORY: Final = 256 << 20
#: So many trials' remains are cleared away at once.
_CLEANED: Final = 8
#: What a worker may address in all: beyond it memory errors, not the machine's end.
_ADDRESSABLE: Final = 6 << 30


class Trial(Enum):
    """What is done with a mutant."""

    ENGINE = "engine"
    """Read, explain, write of it; in every way but on the screen."""
    GUIDED = "guided"
    """The same, and what reached something new is mutated further."""
    APP = "app"
    """The full screen."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What a worker does."""

    seed: int
    first: int
    step: int
    count: int
    keep: Path
    trial: Trial

    @property
    def lane(self) -> Path:
        """The capture at hand, where it is found by those that outlive this process."""
        return self.keep / f"lane-{self.first % self.step}.pcap"

    @property
    def pool(self) -> Path:
        """Where mutants are that reached something new."""
        return self.keep / "pool"

    def failed(self, number: int) -> Path:
        """Where a capture is kept that something went wrong with; what went wrong lies beside it."""
        return self.keep / f"{self.seed}-{number}.pcap"


def _resident(name: str) -> int:
    """``VmRSS`` or ``VmHWM`` of this process, bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) << 10
    return 0


def _trial(kind: Trial, reached: Reached | None) -> Callable[[Path, random.Random], int]:
    if kind is Trial.APP:
        from tests.adversary.app_trial import try_app

        return try_app
    from tests.adversary.capture_trial import QUICK, try_out

    if reached is None:
        return try_out
    return lambda path, chance: try_out(path, chance, reached, QUICK)


def work(orders: Orders) -> None:
    """Every ``step``-th mutant from ``first``; a line for the beginning and one for the end of each."""
    from tests.adversary.capture_trial import clean_up, warm_up
    from tests.adversary.reached import Reached

    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSABLE, _ADDRESSABLE))
    orders.pool.mkdir(exist_ok=True)
    mutants = Mutants(seeds(), orders.seed)
    reached = Reached() if orders.trial is Trial.GUIDED else None
    if orders.trial is not Trial.ENGINE:
        mutants.load(orders.pool)
    warm_up()
    warnings.simplefilter("error")  # they would be printed over the screen
    try_it = _trial(orders.trial, reached)
    # Within what the parent knows: at the end of its time it kills this process.
    with tempfile.TemporaryDirectory(prefix="scratch-", dir=orders.keep) as folder:
        os.environ.update(XDG_STATE_HOME=folder, TMPDIR=folder)
        tempfile.tempdir = folder
        for number in range(orders.first, orders.count, orders.step):
            mutant = mutants.make(number)
            orders.lane.write_bytes(mutant.data)
            print("begin", number, file=sys.__stdout__, flush=True)
            packets, took, grown, trouble = _measured(try_it, orders, mutant)
            if number // orders.step % _CLEANED == 0:
                clean_up()
            if trouble:
                orders.failed(number).write_bytes(mutant.data)
                orders.failed(number).with_suffix(".txt").write_text(trouble)
            elif reached is not None and reached.is_new() and mutants.keep(mutant):
                (orders.pool / orders.failed(number).name).write_bytes(mutant.plain)
            counts = (0, 0, 0) if reached is None else (mutants.kept, reached.arcs, reached.traits)
            words = (number, packets, round(took * 1e3), grown >> 20, *counts, trouble.strip().rpartition("\n")[2])
            print("end", *words, file=sys.__stdout__, flush=True)
    orders.lane.unlink(missing_ok=True)


def _measured(
    try_it: Callable[[Path, random.Random], int], orders: Orders, mutant: Mutant
) -> tuple[int, float, int, str]:
    """Packets, seconds, bytes that the memory grew by, and what went wrong."""
    Path("/proc/self/clear_refs").write_text("5")
    before, began = _resident("VmRSS"), time.monotonic()
    faulthandler.dump_traceback_later(HANG_S, exit=True)
    packets, trouble = 0, ""
    try:
        packets = try_it(orders.lane, mutant.chance)
    except Exception:  # noqa: BLE001 - whatever it is, it is what we look for
        trouble = traceback.format_exc()
    faulthandler.cancel_dump_traceback_later()
    took, grown = time.monotonic() - began, _resident("VmHWM") - before
    if not trouble and grown > MEMORY:
        trouble = f"{grown >> 20} MiB for {len(mutant.data)} bytes"
    return packets, took, grown, trouble
