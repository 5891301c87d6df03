"""A scan from beginning to end: finds inputs, has them judged, and files their rows."""

from __future__ import annotations

import os
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tcptui.capture.output import output_error
from tcptui.model.errors import OutputError
from tcptui.model.safe_text import safe_text
from tcptui.scan import folder as filing
from tcptui.scan.inputs import Found, Task, find
from tcptui.scan.judge import Judge, seen, text_of, warm_up
from tcptui.scan.processes import Bounds, Ended, Processes, alone
from tcptui.scan.work import Done, judge_files, leave_failed
from tcptui.session.cores import usable_cores
from tcptui.session.memory import affordable_workers, available_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.words.catalogue import Words

#: Rows are filed when so many bytes of them wait, or so many captures.
FILE_BYTES: Final = 512 << 20
FILE_CAPTURES: Final = 4_096


class Settings(NamedTuple):
    """The task of a scan."""

    paths: tuple[str, ...]
    output: Path
    workers: int | None = None
    """None: as many as processors."""
    resume: bool = False
    packets: bool = False


@dataclass
class Progress:
    """How far a scan is."""

    files: int = 0
    files_total: int = 0
    bytes: int = 0
    bytes_total: int = 0
    began_s: float = field(default_factory=time.monotonic)
    done: Done = field(default_factory=Done)

    @property
    def elapsed_s(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began_s

    @property
    def left_s(self) -> float | None:
        """Seconds that the rest will take, by the bytes so far; None: nothing tells."""
        if not self.bytes or self.elapsed_s < 1:
            return None
        return self.elapsed_s * (self.bytes_total - self.bytes) / self.bytes


class Outcome(NamedTuple):
    """The result of a scan."""

    progress: Progress
    found: Found
    already: int
    """Files that an earlier scan of the folder had done."""


class Scan:
    """One scan."""

    def __init__(self, settings: Settings, words: Words, tick: Callable[[Progress], None]) -> None:
        """``tick`` is told how far it is, about twice a second."""
        self._settings, self._words, self._tick = settings, words, tick
        self._folder = settings.output.absolute()
        self._known: set[str] = set()
        self.progress = Progress()
        """How far it is."""
        self.has_begun = False
        """True if captures are being judged: what has been judged stays when it is interrupted."""

    def run(self) -> Outcome:
        """Do it.  Raises OutputError, and WorkerError; what was judged by then stays."""
        os.umask(0o077)
        self._begin()
        lock = self._lock()
        try:
            return self._run()
        finally:
            lock.close()

    def _begin(self) -> None:
        name = safe_text(str(self._settings.output))
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            is_empty = next(self._folder.iterdir(), None) is None
        except OSError as error:
            raise output_error(error, self._settings.output) from error
        is_scan = filing.is_scan(self._folder)
        if is_scan and not self._settings.resume:
            raise OutputError("scan_exists", path=name)
        if not is_empty and not is_scan:
            raise OutputError("scan_not_empty", path=name)

    def _lock(self) -> filing.Lock:
        try:
            return filing.Lock(self._folder)
        except filing.FolderInUseError:
            raise OutputError("scan_in_use", path=safe_text(str(self._settings.output))) from None

    def _run(self) -> Outcome:
        done: set[bytes] = self._filed(self._look)
        found = find(self._settings.paths, str(self._folder))
        tasks = [task for task in found.tasks if not self._is_done(task, done)]
        progress = self.progress
        progress.files_total, progress.bytes_total = (
            sum(len(one.files) for one in tasks),
            sum(one.size for one in tasks),
        )
        if tasks and self._known:
            paths = {text_of(path) for task in tasks for path in task.files}
            self._known = self._filed(partial(self._forget, paths))
        self._judge(tasks)
        self._filed(self._finish)
        return Outcome(progress, found, found.files - progress.files_total)

    # -- what is there --------------------------------------------------------------------

    def _filed(self, work: Callable[[], Any]) -> Any:
        """The result of ``work``, done in a fork, for it starts threads.  Raises OutputError, WorkerError."""

        def told() -> Any:
            try:
                return work()
            except OSError as error:
                raise output_error(error, self._folder) from error
            except filing.NoScanFolderError as error:
                raise OutputError("scan_other", path=safe_text(str(self._settings.output))) from error

        result = alone(told)
        if work == self._look:
            result, self._known = result
        return result

    def _look(self) -> tuple[set[bytes], set[str]]:
        """Keys of the files whose captures are there and whole, and the ids of captures."""
        filing.tidy(self._folder, packets=self._settings.packets)
        rows = [row for row in filing.all_captures(self._folder) if row["status"] != "failed" and not row["grew"]]
        whole: set[str] = set()
        done: set[bytes] = set()
        # Duplicates last: they are there if that of which they are one is.
        for row in sorted(rows, key=lambda row: row["status"] == "duplicate"):
            files = list(zip(row["files"], row["files_bytes"], row["files_changed"], strict=True))
            if row["status"] == "duplicate":
                is_whole = row["same_as"] in whole
            else:
                is_whole = all(_is_unchanged(*one) for one in files)
                if is_whole:
                    whole.add(row["capture_id"])
            if is_whole:
                done.update(_key(*one) for one in files)
        ids = {row["capture_id"] for row in rows if row["capture_id"]}
        return done, ids

    def _is_done(self, task: Task, done: set[bytes]) -> bool:
        if not done:
            return False
        return all(_key(text_of(path), *seen(path)[1:]) in done for path in task.files)

    def _forget(self, paths: set[str]) -> set[str]:
        filing.forget(self._folder, paths, packets=self._settings.packets)
        return {row["capture_id"] for row in filing.all_captures(self._folder) if row["capture_id"]}

    def _finish(self) -> None:
        filing.write_views(self._folder)
        filing.file_pending(self._folder, packets=self._settings.packets)
        with suppress(FileNotFoundError):
            filing.remove_pending(self._folder)

    # -- judging ---------------------------------------------------------------------------

    def _judge(self, tasks: Sequence[Task]) -> None:
        if not tasks:
            return
        warm_up()
        self.has_begun = True
        judge = Judge(self._words, packets=self._settings.packets)
        workers = affordable_workers(self._settings.workers or usable_cores())
        available = available_memory()
        processes = Processes(
            workers,
            lambda task: judge_files(self._folder, judge, task.files, self._known),
            lambda task: Bounds.of(task.size, available, workers),
        )
        unfiled, waiting = 0, 0
        with closing(processes.run(tasks, lambda: self._tick(self.progress))) as results:
            for task, result in results:
                done = self._failed(judge, task, result) if isinstance(result, Ended) else result
                self._known.update(done.ids)
                self.progress.files += len(task.files)
                self.progress.bytes += task.size
                self.progress.done.add(done)
                unfiled, waiting = unfiled + 1, waiting + done.waiting_bytes
                if unfiled >= FILE_CAPTURES or waiting >= FILE_BYTES:
                    self._filed(partial(filing.file_pending, self._folder, packets=self._settings.packets))
                    unfiled = waiting = 0

    def _failed(self, judge: Judge, task: Task, ended: Ended) -> Done:
        """Leave a row of the files of ``task``, whose process ended."""
        key = f"messages.scan_{ended.why}"
        facts = {"path": task.files[0], "signal": ended.signal}

        def leave() -> Done:
            return leave_failed(self._folder, judge.failed(task.files, key, **facts))

        result: Done = alone(leave)
        return result


def _is_unchanged(path: str, size: int, changed_ns: int) -> bool:
    """True if ``path`` is as it was; one that is gone stays in the tables."""
    now = seen(path)
    return now.size < 0 or (now.size, now.changed_ns) == (size, changed_ns)


def _key(path: str, size: int, changed_ns: int) -> bytes:
    """A file's fingerprint: eight bytes each, of a million."""
    return blake2b(f"{path}\0{size}\0{changed_ns}".encode(), digest_size=8).digest()
