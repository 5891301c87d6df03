"""Judges the files of one task: reads them by the one pipeline, and gives the rows of each capture to a sink.

Files of a ring are read as one capture, merged by time, so a connection that spans two of them is one; those that turn
out not to follow each other are judged apart.
"""

from __future__ import annotations

import hashlib
import stat
import tempfile
from contextlib import ExitStack
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

import tcptui
from tcptui.access.progress import Phase
from tcptui.capture.file_source import open_file
from tcptui.capture.spool.reader import SpoolReader
from tcptui.findings.rules.payload import OF_ONE_PROTOCOL
from tcptui.model.errors import InputError, TcptuiError
from tcptui.model.safe_text import safe_text
from tcptui.scan.inputs import head_of
from tcptui.scan.judged import JudgedRows, Totals
from tcptui.scan.schema import SCHEMA_VERSION
from tcptui.session.catch_up import Compile
from tcptui.session.gc_control import give_back
from tcptui.session.reading_again import packets_read_again
from tcptui.session.session import Session
from tcptui.wire.record_scanner import Scanner
from tcptui.words.errors import safe_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tcptui.capture.source import Source
    from tcptui.scan.judged import Cells, Sink
    from tcptui.scan.schema import Table
    from tcptui.words.catalogue import Words

#: Bytes by which the first packet's time is told.
_HEAD_BYTES: Final = 256 << 10
#: Files of a ring follow each other without a hole: recorders put packets into files as they come.  A capture that
#: begins later than this behind another one is another capture.
GAP_MOST_NS: Final = 60_000_000_000
#: Packets of several queues may be out of order by so much, which is a small part of either file.
OVERLAP_MOST_NS: Final = 1_000_000
_OVERLAP_PART: Final = 4


#: A connection in which each end says a few bytes that no protocol begins with: all of them are asked.
_WARM_UP: Final = bytes.fromhex(
    "d4c3b2a1020004000000000000000000ffff000065000000"
    "00000000000000002800000028000000"
    "450000280001000040060000c0000201c0000202" "9c4000500000000100000000500210000000" "0000"
    "00000000010000002800000028000000"
    "450000280001000040060000c0000202c0000201" "00509c400000000100000002501210000000" "0000"
    "00000000020000002c0000002c000000"
    "4500002c0002000040060000c0000201c0000202" "9c4000500000000200000002501810000000" "0000" "01020304"
    "00000000030000002c0000002c000000"
    "4500002c0002000040060000c0000202c0000201" "00509c400000000200000006501810000000" "0000" "01020304"
)  # fmt: skip


class File(NamedTuple):
    """A file as it was when it was opened."""

    path: str
    size: int
    changed_ns: int


class JudgedCapture(NamedTuple):
    """The row of a capture, and what it has in numbers."""

    row: dict[str, Any]
    totals: Totals


class _NotOneCaptureError(Exception):
    """Files do not follow each other: each tuple of ``runs`` is a capture."""

    def __init__(self, runs: list[tuple[str, ...]]) -> None:
        super().__init__()
        self.runs = runs


class Judge:
    """Judges the files of tasks."""

    def __init__(self, words: Words, *, packets: bool) -> None:
        """``words``: for sentences about what went wrong; ``packets``: rows of packets, too."""
        self._words, self._packets = words, packets

    def captures(self, files: Sequence[str], sink_of: Callable[[str], Sink | None]) -> Iterator[JudgedCapture]:
        """The captures that ``files`` are, judged one after the other.

        ``sink_of`` has the sink for the rows of a capture by its id; None: the same bytes are there already.  Raises
        OSError where a sink finds no room.
        """
        waiting = [tuple(run) for run in by_time(files)]
        while waiting:
            run = waiting.pop(0)
            try:
                yield self._capture(run, sink_of)
            except _NotOneCaptureError as apart:
                waiting = apart.runs + waiting

    def failed(self, files: Sequence[str], key: str, **facts: object) -> dict[str, Any]:
        """The row of ``files``, of which nothing is known but what went wrong."""
        return self._row([seen(path) for path in files], "failed", key, self._words(key, **safe_facts(facts)))

    def _capture(self, run: tuple[str, ...], sink_of: Callable[[str], Sink | None]) -> JudgedCapture:
        files = [seen(path) for path in run]
        with ExitStack() as stack:
            try:
                sources = []
                for path in run:
                    _require_regular(path)
                    sources.append(open_file(Path(path)))
                    stack.callback(sources[-1].close)
                name = _digest(run)
            except TcptuiError as error:
                return JudgedCapture(self.failed(run, error.key, **error.facts), Totals())
            except OSError as error:
                facts = {"path": run[0], "reason": error.strerror or str(error)}
                return JudgedCapture(self.failed(run, "messages.read_failed", **facts), Totals())
            return self._judge(run, files, sources, name, sink_of)

    def _judge(
        self, run: tuple[str, ...], files: list[File], sources: list[Source], name: str,
        sink_of: Callable[[str], Sink | None],
    ) -> JudgedCapture:  # fmt: skip
        session = Session(sources, compile_when=Compile.FIRST)
        session.steering.judges = False  # once it has been read, all at once
        try:
            session.run_here(alone=True)
            notice = session.progress.notice
            if session.progress.phase is Phase.FAILED:
                key, facts = ("messages.read_failed", {}) if notice is None else (notice.key, notice.facts)
                return JudgedCapture(self._failed_row(files, key, dict(facts)), Totals())
            if len(run) > 1:
                _require_one(session, run)
            sink = sink_of(name)
            if sink is None:
                return JudgedCapture(self._row(files, "duplicate") | {"same_as": name}, Totals())
            rows = JudgedRows(session, name, sink)
            try:
                with packets_read_again(session):
                    values = rows.write(packets=self._packets)
            except InputError as error:
                return JudgedCapture(self._failed_row(files, error.key, error.facts), Totals())
            is_whole = session.progress.unread is None and all(one.status().error is None for one in sources)
            told = None if notice is None else notice.key
            row = self._row(
                files, "read" if is_whole else "damaged", told,
                None if notice is None else self._words(notice.key, **safe_facts(notice.facts)),
            )  # fmt: skip
            return JudgedCapture(row | values | {"capture_id": name}, rows.totals)
        finally:
            session.close()

    def _failed_row(self, files: list[File], key: str, facts: Any) -> dict[str, Any]:
        return self._row(files, "failed", key, self._words(key, **safe_facts(facts)))

    def _row(self, files: list[File], status: str, error: str | None = None, text: str | None = None) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "engine_version": tcptui.__version__,
            "status": status,
            "error": error,
            "error_text": text,
            "path": text_of(files[0].path),
            "files": [text_of(one.path) for one in files],
            "files_bytes": [one.size for one in files],
            "files_changed": [one.changed_ns for one in files],
            "grew": [seen(one.path) for one in files] != files,
        }


def text_of(path: str) -> str:
    """``path`` as text; bytes of it that are no UTF-8 are escaped, so that no two paths look alike."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def seen(path: str) -> File:
    """``path`` as it is now; a size of -1: it is not there."""
    try:
        status = Path(path).stat()
    except OSError:
        return File(path, -1, 0)
    return File(path, status.st_size, status.st_mtime_ns)


def _require_regular(path: str) -> None:
    """Raise InputError where ``path`` is something else than a file: who reads it might wait for ever."""
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return  # `open_file` says why
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise InputError("scan_no_file", path=safe_text(path))


def _digest(files: Sequence[str]) -> str:
    """SHA-256 of the one file; of several that of their digests.  Raises OSError."""
    digests = []
    for path in files:
        with Path(path).open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256"))
    if len(digests) == 1:
        return digests[0].hexdigest()
    return hashlib.sha256(b"".join(digest.digest() for digest in digests)).hexdigest()


def by_time(files: Sequence[str]) -> list[list[str]]:
    """``files`` by the time of their first packet, as one run; those without any, each alone."""
    if len(files) == 1:
        return [list(files)]
    first = {path: first_time_ns(path) for path in files}
    run = sorted((path for path in files if first[path] is not None), key=lambda path: (first[path], path))
    return [*([run] if run else []), *([path] for path in files if first[path] is None)]


def first_time_ns(path: str) -> int | None:
    """When the first packet of ``path`` was captured; None where that cannot be told."""
    with tempfile.TemporaryFile() as file:
        head = head_of(path, _HEAD_BYTES)
        file.write(head)
        file.flush()
        batch = SpoolReader(file.fileno(), Scanner(), is_tight=True).next_batch(len(head))
        return None if batch is None or not len(batch.records.time_ns) else int(batch.records.time_ns[0])


def _require_one(session: Session, run: tuple[str, ...]) -> None:
    """Raise _NotOneCaptureError where the files of ``run``, ordered by time, do not follow each other."""
    store, infos = session.store, session.reader.sources
    spool = np.array([info.spool for info in infos])[store.source[: store.count]]
    links = [{info.link_type for info in infos if info.spool == at} for at in range(len(run))]
    times = [store.time_ns[: store.count][spool == at] for at in range(len(run))]
    runs = [[run[0]]]
    for at, (before, after) in enumerate(pairwise(times), 1):
        follows = bool(len(before) and len(after)) and links[at - 1] == links[at]
        if follows:
            hole = int(after.min()) - int(before.max())
            shorter = min(int(np.ptp(before)), int(np.ptp(after)))
            follows = -min(OVERLAP_MOST_NS, shorter // _OVERLAP_PART) <= hole <= GAP_MOST_NS
        if follows:
            runs[-1].append(run[at])
        else:
            runs.append([run[at]])
    if len(runs) > 1:
        raise _NotOneCaptureError([tuple(one) for one in runs])


def warm_up() -> None:
    """Judge a connection, so that forks have all modules, frozen for their garbage collector, and compiled kernels."""

    class Nowhere:
        def add(self, table: Table, columns: Mapping[str, Cells]) -> None:
            """Take nothing."""

    for module in OF_ONE_PROTOCOL:
        import_module(module)
    with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
        file.write(_WARM_UP)
        file.flush()
        session = Session([open_file(Path(file.name))], compile_when=Compile.FIRST)
        session.steering.judges = False
        try:
            session.run_here(alone=True)
            JudgedRows(session, "", Nowhere()).write(packets=False)
        finally:
            session.close()
    give_back()
