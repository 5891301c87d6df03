"""``scan PATH… -o DIR``: many captures as tables of Parquet."""

from __future__ import annotations

import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.cli.inputs import give_up_root
from tcptui.cli.run.load import write_text
from tcptui.cli.signals import signals_unwind
from tcptui.model.safe_text import safe_text
from tcptui.words.errors import CommandFailedError, say
from tcptui.words.quantities import Count, byte_size, duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.cli.commands import ScanCommand
    from tcptui.scan.run import Outcome, Progress
    from tcptui.words.catalogue import Words

#: Seconds between lines about how far it is; on a terminal one line is written anew.
LINE_S: Final = 30.0
#: Folders and names that could not be read, named one by one.
_NAMED_MOST: Final = 20
_STATUSES: Final = ("read", "damaged", "duplicate", "failed")
_CLEAR: Final = "\r\x1b[K"


def run_scan(command: ScanCommand, words: Words) -> int:
    """Run the command; returns the exit code.  Raises TcptuiError."""
    if find_spec("pyarrow") is None:
        raise CommandFailedError("error.scan-pyarrow")
    give_up_root()
    from tcptui.scan.run import Scan, Settings

    settings = Settings(command.paths, Path(command.output), command.workers, command.resume, command.packets)
    line = _ProgressLine(words)
    scan = Scan(settings, words, line.tell)
    try:
        with signals_unwind():
            outcome = scan.run()
    except BaseException:
        line.end()
        if scan.has_begun:
            say(words("scan.left", n=Count(scan.progress.files), of=scan.progress.files_total), words)
        raise
    line.end()
    for path in outcome.found.unreadable[:_NAMED_MOST]:
        say(words("scan.unreadable", path=safe_text(path)), words)
    if more := len(outcome.found.unreadable[_NAMED_MOST:]):
        say(words("scan.unreadable-more", n=Count(more)), words)
    write_text(f"{told}\n" for told in _told(command, outcome, words))
    troubled = outcome.progress.done.captures.keys() & {"failed", "damaged"}
    return 1 if troubled or outcome.found.unreadable else 0


def _told(command: ScanCommand, outcome: Outcome, words: Words) -> Iterator[str]:
    done = outcome.progress.done
    comma = words("report.list-comma")
    if outcome.already:
        yield words("scan.already", n=Count(outcome.already))
    if outcome.found.passed_over:
        yield words("scan.passed-over", n=Count(outcome.found.passed_over))
    told = [
        words(f"scan.status.{status}", n=f"{done.captures[status]:,}")
        for status in _STATUSES
        if status in done.captures
    ]
    if told:
        yield words("scan.captures", told=comma.join(told))
        yield words(
            "scan.rows", connections=Count(done.connections), findings=Count(done.findings),
            requests=Count(done.requests), packets=Count(done.packets),
        )  # fmt: skip
    yield words("scan.written", folder=safe_text(command.output), time=duration(outcome.progress.elapsed_s, words))


class _ProgressLine:
    """How far a scan is, on standard error."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._next_s = time.monotonic() + (0 if self._is_terminal else LINE_S)
        self._is_shown = False

    def tell(self, progress: Progress) -> None:
        """Show ``progress`` if it is time."""
        if time.monotonic() < self._next_s:
            return
        text = progress_text(progress, self._words)
        if not self._is_terminal:
            self._next_s = time.monotonic() + LINE_S
            say(text, self._words)
            return
        self._is_shown = True
        print(_CLEAR + text, end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Take the line away."""
        if self._is_shown:
            self._is_shown = False
            print(_CLEAR, end="", file=sys.stderr, flush=True)


def progress_text(progress: Progress, words: Words) -> str:
    """One line: files and bytes so far, packets a second, and the time left."""
    left, elapsed = progress.left_s, max(progress.elapsed_s, 1e-9)
    return words(
        "scan.progress" if left is None else "scan.progress-left",
        n=f"{progress.files:,}", of=f"{progress.files_total:,}", bytes=byte_size(progress.bytes),
        all=byte_size(progress.bytes_total), rate=f"{round(progress.done.packets / elapsed):,}",
        left="" if left is None else duration(left, words),
    )  # fmt: skip
