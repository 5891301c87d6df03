"""Holds what is said of recorded transfers against what their kernels said.

    python -m tests.campaigns.rates.score FOLDER…

Of each capture: whether the party is right, and how far the shares are off.  Away from the sender shares are not
claimed; there the party counts alone.  Where two parties had about as much time, none of them is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cases.recorder.namespaces import End
from tcptui.access.open_capture import view_of
from tcptui.analysis.rate.limit import Limit, Party
from tcptui.analysis.rate.limits import rate_limits
from tcptui.session.session import open_file
from tests.campaigns.rates.recording import transfers_below
from tests.campaigns.rates.truth import TrueShares, samples_of, true_shares

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.analysis.rate.limit import RateLimits

#: With a smaller lead of the first party over the second one, either is right.
LEAD: Final = 0.1
#: Shares may be off by this.
SHARE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Scored:
    """One capture of one transfer."""

    kind: str
    seed: int
    algorithm: str
    end: End
    at_sender: bool
    truth: TrueShares | None
    found: RateLimits | None

    @property
    def is_right(self) -> bool:
        """Whether the party is right, or none is named."""
        if self.found is None or self.truth is None or self.truth.margin < LEAD:
            return True
        return self.found.party.label == self.truth.label

    @property
    def off(self) -> float:
        """The largest difference of a share."""
        if self.found is None or self.truth is None:
            return 0.0
        ours = [time / self.found.elapsed_ns for time in self.found.by_party]
        truth = self.truth.application, self.truth.receiver, self.truth.network + self.truth.send_buffer
        return max(abs(one - other) for one, other in zip(ours[: Party.UNKNOWN], truth, strict=True))

    def __str__(self) -> str:
        place = "sender" if self.at_sender else ""
        head = f"{self.seed:>5} {self.kind:<13}{self.algorithm:<6}{self.end.value:<7}{place:<7}"
        if self.found is None or self.truth is None:
            return f"{head} nothing is said"
        spent = {limit: self.found.spent_ns[limit] / self.found.elapsed_ns for limit in Limit}
        told = " ".join(f"{limit.label} {share:.0%}" for limit, share in spent.items() if share >= 0.01)
        marks = ("" if self.is_right else " WRONG") + (" OFF" if self.at_sender and self.off > SHARE else "")
        truth = (
            f"{self.truth.application:4.0%}{self.truth.receiver:5.0%}{self.truth.network + self.truth.send_buffer:5.0%}"
        )
        return f"{head} {truth} |{self.off:4.0%}{marks} {told}"


def scored(folder: Path) -> Iterator[Scored]:
    """Both captures of a recording; raises OSError, ValueError or KeyError where it is none."""
    drawn = json.loads((folder / "recording.json").read_text())["parameters"]
    samples, sender = samples_of(folder), End(drawn["sender"])
    side, truth = int(sender is End.SERVER), None
    for end in (sender, sender.other):
        with closing(open_file(folder / f"{end.value}.pcapng")) as session:
            found = rate_limits(view_of(session, 0))[side]
        if end is sender and found is not None:
            truth = true_shares(samples, int(found.begin_ns[0]), int(found.end_ns[-1]))
        yield Scored(drawn["kind"], drawn["seed"], drawn["algorithm"], end, end is sender, truth, found)


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 0 when every party is right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    chosen = parser.parse_args(words)
    told = [each for folder in chosen.folders for one in transfers_below(folder) for each in scored(one)]
    for each in told:
        print(each)
    for at_sender in (True, False):
        some = [each for each in told if each.at_sender is at_sender]
        named = [each for each in some if each.found is not None]
        right = sum(each.is_right for each in named)
        near = sum(each.off <= SHARE for each in named)
        worst = max((each.off for each in named), default=0)
        place = "at the sender" if at_sender else "elsewhere"
        counts = f"{len(named)} of {len(some)} named, {right} right, shares of {near} within {SHARE:.0%}"
        print(f"{place}: {counts}, worst {worst:.0%}")
    return int(not all(each.is_right for each in told))


if __name__ == "__main__":
    sys.exit(main())
