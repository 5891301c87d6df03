"""What held the sender back according to its own kernel, in shares of the time of its transfer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

#: Longer than this between two looks, nobody knows what was in between.
BLIND_NS: Final = 200_000_000
_COUNTED: Final = ("busy_time", "rwnd_limited", "sndbuf_limited")


@dataclass(frozen=True, slots=True)
class TrueShares:
    """Shares (0 to 1) of the time from the first to the last segment with new payload."""

    application: float
    """Nothing waited to be sent, though the congestion window had room: nothing under way, or less than fits."""
    receiver: float
    """``tcpi_rwnd_limited``."""
    send_buffer: float
    """``tcpi_sndbuf_limited``."""
    seen: float
    """For which share there are samples."""

    @property
    def network(self) -> float:
        """All else: the congestion window, the path."""
        return max(0.0, self.seen - self.application - self.receiver - self.send_buffer)

    @property
    def label(self) -> str:
        """Which of application, receiver and network held it back longest; its own buffer is the network's."""
        ranked = {
            "application": self.application,
            "receiver": self.receiver,
            "network": self.network + self.send_buffer,
        }
        return max(ranked, key=lambda name: ranked[name])

    @property
    def margin(self) -> float:
        """By how much the first is ahead of the second."""
        *_, second, first = sorted((self.application, self.receiver, self.network + self.send_buffer))
        return first - second


def samples_of(folder: Path) -> list[dict[str, Any]]:
    """What the sender's kernel said, in order of time."""
    lines = (json.loads(line) for line in (folder / "kernel.jsonl").read_text().splitlines())
    return sorted((line for line in lines if line.get("kind") == "sample"), key=lambda line: int(line["time_ns"]))


def true_shares(samples: list[dict[str, Any]], begin_ns: int, end_ns: int) -> TrueShares:
    """The shares of the time between, by ``samples``: half of what lies between two of them is like each."""
    spent = dict.fromkeys(("application", "receiver", "buffer", "network"), 0.0)
    counted = dict.fromkeys(_COUNTED, 0.0)
    seen = 0.0
    for earlier, later in pairwise(samples):
        since, until = int(earlier["time_ns"]), int(later["time_ns"])
        part = min(until, end_ns) - max(since, begin_ns)
        if part <= 0 or until - since > BLIND_NS:
            continue
        seen += part
        for name in _COUNTED:
            counted[name] += 1000 * (later[name] - earlier[name]) * part / (until - since)
        for sample in (earlier, later):
            spent[_held_by(sample)] += part / 2
    # Its counters tell what happened between the looks, but leave out what is no limit by their own rules.
    receiver = max(counted["rwnd_limited"], spent["receiver"])
    buffer = max(counted["sndbuf_limited"], spent["buffer"])
    application = max(seen - counted["busy_time"], spent["application"])
    whole = max(end_ns - begin_ns, 1)
    return TrueShares(*(time / whole for time in (application, receiver, buffer, seen)))


def _held_by(sample: dict[str, Any]) -> str:
    """What a sender waited for just then."""
    mss, waiting = sample["snd_mss"], sample["notsent_bytes"]
    outstanding = sample["unacked"] - sample["sacked"] - sample["lost"] + sample["retrans"]
    if waiting < mss and sample["ca_state"] < 3:  # less than a segment waits for more (Nagle)
        return "buffer" if sample["in_send"] else "application"
    if outstanding >= sample["snd_cwnd"] or sample["ca_state"] >= 3:
        return "network"
    return "receiver" if (sample["unacked"] + 1) * mss > sample["snd_wnd"] else "network"
