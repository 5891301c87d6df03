"""One source of ``watch`` as the supervising process has it: its process, what that has told, and when it begins anew.

A source that ends or breaks is connected again, after a pause that doubles from one attempt to the next and ends at
`LONGEST_PAUSE`.  What was told of a run stays told: a new run is a new capture, with frames and findings of its own.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from tcptui.capture.remote_clock import ClockOffset
from tcptui.cli.watch.order import LineReader, Message
from tcptui.cli.watch.sources import SourceKind

if TYPE_CHECKING:
    import socket

    from tcptui.cli.watch.sources import Watched

#: Between two attempts, in seconds: the first pause, and the longest.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
#: A run of at least so many seconds was no failed attempt: the next pause is the first one again.
LASTED: Final = 60.0


class Process(Protocol):
    """The process of a source (`tcptui.model.child_process.Child`)."""

    socket: socket.socket

    def terminate(self) -> None:
        """Have it end, with all that was captured told."""

    def finish(self) -> str:
        """Wait for its end, or end it at once; returns how it ended, as safe text."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event of a finding, as it came."""

    line: str
    """JSON, as of `--no-screen`."""
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Begun:
    """The source is captured now."""

    after: float | None
    """Seconds since the run before it ended; None: it is the first one."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The source is not captured any more."""

    error: str | None
    """The line about it, if it is news."""
    again: bool
    """True if it is tried again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The source has written its last packets to a bundle, or could not."""

    packets: int
    error: str | None


@dataclass(slots=True)
class Totals:
    """Sums over all runs of a source; None where a run did not say."""

    packets: int = 0
    wire_bytes: int = 0
    dropped: int | None = None
    rtt: list[int] = field(default_factory=list)
    rtt_seconds: float = 0.0
    think: list[int] = field(default_factory=list)
    think_seconds: float = 0.0

    def plus(self, counts: dict[str, Any]) -> Totals:
        """These and the counts of one run."""
        dropped = counts.get("dropped")
        rtt, rtt_seconds = counts.get("rtt", ([], 0.0))
        think, think_seconds = counts.get("think", ([], 0.0))
        return Totals(
            self.packets + counts.get("packets", 0),
            self.wire_bytes + counts.get("bytes", 0),
            self.dropped if dropped is None else (self.dropped or 0) + dropped,
            _added(self.rtt, rtt), self.rtt_seconds + rtt_seconds,
            _added(self.think, think), self.think_seconds + think_seconds,
        )  # fmt: skip


def _added(one: list[int], other: list[int]) -> list[int]:
    if not (one and other):
        return one or other
    return [a + b for a, b in zip(one, other, strict=True)]


class Feed:
    """A source; ``now`` of all methods is `time.monotonic`."""

    def __init__(self, source: Watched) -> None:
        self.source = source
        self.process: Process | None = None
        """The running process; None: there is none."""
        self.run = 0
        """How many processes were started."""
        self.due: float | None = 0.0
        """When the next one is to be started; None: never, or one runs."""
        self.has_begun = False
        """True if the source was ever captured."""
        self.is_up = False
        """True if it is captured now."""
        self.code = 0
        """The exit code of the newest process that has ended."""
        self.clock: ClockOffset | None = None
        """How the source's clock stands to this host's, in this run; None: unknown."""
        self.found: Counter[str] = Counter()
        """Findings told, by id."""
        self.counts: dict[str, Any] = {}
        """Counts of the running process."""
        self.unread = 0
        """Lines that the processes could not tell any more."""
        self.mistake = ""
        """The failure that was reported last; empty: none since it was captured last."""
        self._before = Totals()
        self._lines = LineReader()
        self._pause = FIRST_PAUSE
        self._started_at = 0.0
        self._ended_at: float | None = None
        self._end: dict[str, Any] | None = None

    @property
    def totals(self) -> Totals:
        """Counts of all runs."""
        return self._before.plus(self.counts)

    @property
    def is_over(self) -> bool:
        """True if nothing more comes from it."""
        return self.process is None and self.due is None

    def start(self, process: Process, now: float) -> None:
        """Take ``process``, which was just started."""
        self.process, self.due = process, None
        self.run += 1
        self._started_at, self._lines, self._end, self.clock = now, LineReader(), None, None

    def take(self, data: bytes, now: float) -> list[Told | Begun | Kept]:
        """Messages of the process.  Raises ValueError for what is no message."""
        news: list[Told | Begun | Kept] = []
        for line in self._lines.take(data):
            said = json.loads(line)
            if "event" in said:
                self.found[said["id"]] += said["event"] == "found"
                news.append(Told(line.decode(), said))
            elif Message.BEGIN in said:
                news.append(self._begin(said[Message.BEGIN]["clock"], now))
            elif Message.STATUS in said:
                self.counts = said[Message.STATUS]
            elif Message.KEEP in said:
                news.append(Kept(**said[Message.KEEP]))
            elif Message.END in said:
                self._end = said[Message.END]
        return news

    def _begin(self, clock: dict[str, int] | None, now: float) -> Begun:
        after = None if not self.has_begun or self._ended_at is None else now - self._ended_at
        self.clock = None if clock is None else ClockOffset(clock["low"], clock["high"], clock["round_trip"])
        self.has_begun = self.is_up = True
        self.mistake = ""
        return Begun(after)

    def end(self, how: str, now: float, *, stopping: bool) -> Ended:
        """Note that the process has ended, ``how``; with ``stopping`` the source is not tried again."""
        told = self._end or {"code": 1, "error": how}
        if "packets" in told:
            self.counts = told
        if self.is_up:
            self._ended_at = now
        self._before, self.counts = self.totals, {}
        self.process, self.is_up = None, False
        self.unread += told.get("unread", 0)
        self.code = 0 if stopping and self._end is None else told["code"]
        again = not stopping and bool(told.get("again", True)) and self.source.kind is not SourceKind.STDIN
        if now - self._started_at >= LASTED:
            self._pause = FIRST_PAUSE
        self.due = now + self._pause if again else None
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        error = None if stopping and self._end is None else told["error"]
        is_news = error is not None and error != self.mistake
        self.mistake = error or self.mistake
        return Ended(error if is_news else None, again)

    def give_up(self) -> None:
        """Try it no more."""
        self.due = None
