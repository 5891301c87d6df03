"""Where a recording's time went according to those who spent it: its programs' calls and its kernels.

    python -m cases.recorder.time_truth FOLDER…

prints, for each recording in or below the folders whose scenario has a truth to tell, what
`tcptui.analysis.timing.budget` makes of both captures and what it is held against:

server_think, client_think
    from the return of a read to the next send of the same program.
sender
    from the return of a send to the begin of the next one with no read in between; with Nagle's algorithm
    at work, from a send to the moment its segment left.
receive_window
    ``tcpi_rwnd_limited`` of the sender's socket when it was closed.  Not where the window shrinks: there the kernel
    counts the repeats of what was dropped, and the time between them, as loss.
recovery
    how long the sender's congestion state was *recovery* (3) or *loss* (4).
"""

from __future__ import annotations

import argparse
import bisect
import json
import sys
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cases.recorder.judge import recordings_below
from cases.recorder.namespaces import End
from tcptui.access.open_capture import view_of
from tcptui.analysis.timing.budget import Part, time_budget
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NS_PER_MS: Final = 1_000_000
#: What each scenario tells, and of whom: the sender of what matters.
TOLD: Final[dict[str, tuple[Part, End]]] = {
    "server-think-time": (Part.SERVER_THINK, End.SERVER),
    "slow-page": (Part.SERVER_THINK, End.SERVER),
    "answers-after-40-ms": (Part.SERVER_THINK, End.SERVER),
    "client-think-time": (Part.CLIENT_THINK, End.CLIENT),
    "slow-sender": (Part.SENDER, End.CLIENT),
    "steady-pieces": (Part.SENDER, End.CLIENT),
    "two-writes-work-between": (Part.SENDER, End.CLIENT),
    "event-stream": (Part.SENDER, End.SERVER),
    "sender-paused": (Part.SENDER, End.CLIENT),
    "nagle-delayed-ack": (Part.SENDER, End.CLIENT),
    "zero-window": (Part.RECEIVE_WINDOW, End.CLIENT),
    "window-update-lost": (Part.RECEIVE_WINDOW, End.CLIENT),
    "slow-receiver": (Part.RECEIVE_WINDOW, End.CLIENT),
    "small-window": (Part.RECEIVE_WINDOW, End.CLIENT),
    "window-scale-stripped": (Part.RECEIVE_WINDOW, End.CLIENT),
    "fast-retransmission": (Part.RECOVERY, End.CLIENT),
    "periodic-loss": (Part.RECOVERY, End.CLIENT),
}
#: How far ours may be off, in percent of the truth, in round trips, and in milliseconds at least (the largest counts).
#: Programs on a loaded machine wake late (of who thinks, its capture says how late, and that is added); the kernel
#: counts limits in ticks of some milliseconds and from what it knows, one way earlier or later; a program's piece that
#: does not fit into the first congestion window takes round trips of its own; at the receiver a recovery shows from the
#: first segment behind the hole.
TOLERANCE: Final[dict[Part, tuple[int, float, int]]] = {
    Part.SERVER_THINK: (5, 0.1, 40),
    Part.CLIENT_THINK: (5, 0.1, 40),
    Part.SENDER: (5, 4.0, 40),
    Part.RECEIVE_WINDOW: (10, 2.0, 40),
    Part.RECOVERY: (15, 1.0, 20),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One part of one recording."""

    scenario: str
    seed: int
    part: Part
    ours_ns: dict[End, int]
    """From the capture of each end."""
    truth_ns: int
    tolerance_ns: int

    @property
    def agrees(self) -> bool:
        """Whether both captures give the truth, within the tolerance."""
        return all(abs(ours - self.truth_ns) <= self.tolerance_ns for ours in self.ours_ns.values())

    def __str__(self) -> str:
        cells = (self.truth_ns, self.ours_ns[End.CLIENT], self.ours_ns[End.SERVER], self.tolerance_ns)
        shown = "".join(f"{value / NS_PER_MS:>10,.0f}" for value in cells)
        return f"{self.scenario:<26}{self.seed:>5}  {self.part.label:<16}{shown}  {'ok' if self.agrees else 'OFF'}"


HEADING: Final = f"{'scenario':<26}{'seed':>5}  {'part':<16}" + "".join(
    f"{name:>10}" for name in ("truth ms", "client ms", "server ms", "may be off")
)


def compare(folder: Path) -> Comparison | None:
    """The recording in ``folder``; None when its scenario tells nothing.

    Raises OSError, ValueError or KeyError when it is no recording.
    """
    about = json.loads((folder / "recording.json").read_text())
    told = TOLD.get(about["scenario"])
    if told is None:
        return None
    part, end = told
    ours: dict[End, int] = {}
    left_ns: list[int] = []
    arrived_ns: list[int] = []
    rtt_ns = 0
    for place in End:
        with closing(open_file(folder / f"{place.value}.pcapng")) as session:
            view = view_of(session, 0)
            ours[place] = time_budget(view)[part]
            if place is End.CLIENT:
                rtt_ns = view.irtt_ns
                left_ns = view.time_ns[np.flatnonzero((view.length > 0) & ~view.from_server)].tolist()
            if place is end:
                is_peers = view.from_server == (end is End.CLIENT)
                arrived_ns = view.time_ns[np.flatnonzero((view.length > 0) & is_peers)].tolist()
    log = [json.loads(line) for line in (folder / "kernel.jsonl").read_text().splitlines()]
    own = [line for line in log if line.get("end") == end.value]
    truth = _truth(about["scenario"], part, own, left_ns)
    percent, trips, least_ms = TOLERANCE[part]
    tolerance = max(truth * percent // 100, round(trips * rtt_ns), least_ms * NS_PER_MS)
    if part in (Part.SERVER_THINK, Part.CLIENT_THINK):
        tolerance += _woken_late_ns(own, arrived_ns)
    return Comparison(about["scenario"], about["seed"], part, ours, truth, tolerance)


def _truth(scenario: str, part: Part, log: list[dict[str, Any]], left_ns: list[int]) -> int:
    calls = [line for line in log if line.get("kind") == "program" and line["call"] in ("send", "read")]
    calls.sort(key=lambda line: int(line["time_ns"]))
    if part is Part.RECEIVE_WINDOW:
        return sum(1_000 * int(line["rwnd_limited"]) for line in log if line.get("kind") == "tcp-info")
    if part is Part.RECOVERY:
        return _in_recovery(log)
    if scenario == "nagle-delayed-ack":
        sends = [int(line["time_ns"]) for line in calls if line["call"] == "send"]
        return sum(max(0, left - asked) for asked, left in zip(sends, left_ns, strict=True))
    before = "send" if part is Part.SENDER else "read"
    return sum(
        int(later["time_ns"]) - int(earlier["until"])
        for earlier, later in pairwise(calls)
        if earlier["call"] == before and later["call"] == "send"
    )


def _woken_late_ns(log: list[dict[str, Any]], arrived_ns: list[int]) -> int:
    """How much later than the newest data, at ``arrived_ns``, the program's reads ended, together."""
    total, seen = 0, 0
    for line in log:
        if line.get("kind") == "program" and line["call"] == "read":
            arrived = bisect.bisect(arrived_ns, int(line["until"]))
            if arrived > seen:
                total += int(line["until"]) - arrived_ns[arrived - 1]
            seen = arrived
    return total


def _in_recovery(log: list[dict[str, Any]]) -> int:
    total, since = 0, 0
    for line in sorted(
        (line for line in log if line.get("kind") == "congestion"), key=lambda line: int(line["time_ns"])
    ):
        now = int(line["time_ns"])
        if line["state"] in ("recovery", "loss"):
            since = since or now
        elif since:
            total, since = total + now - since, 0
    return total


def comparisons(folders: Sequence[Path]) -> Iterator[Comparison]:
    """Those recordings in or below ``folders`` that tell something."""
    for folder in recordings_below(folders):
        compared = compare(folder)
        if compared is not None:
            yield compared


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 0 when everything agrees."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    found = sorted(comparisons(parser.parse_args(words).folders), key=lambda c: (c.part, c.scenario, c.seed))
    print(HEADING)
    for each in found:
        print(each)
    off = sum(not each.agrees for each in found)
    print(f"{len(found)} recordings, {off} off")
    return 1 if off else 0


if __name__ == "__main__":
    sys.exit(main())
