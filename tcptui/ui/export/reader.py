"""Finding, reading and writing files: the jobs that the export screen runs in worker threads."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.access.open_capture import application_streams, captured_bytes
from tcptui.access.requests import exchanges_with_times
from tcptui.model.errors import OutputError
from tcptui.protocols.export.collect import Chosen, FileCollector
from tcptui.protocols.export.files import CarriedFile
from tcptui.protocols.export.reading import FileReader, MessageFinder
from tcptui.protocols.export.writer import ExportFolder
from tcptui.ui.export.preview import Beginning

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.model.request import RequestName

#: Interval of progress reports (seconds).
_TELL: Final = 0.2
#: Bytes of a file that are kept for its preview; pictures are decoded from them.
PREVIEW_BYTES: Final = 4 << 20
#: A file of at most this many bytes is read to its end, for its hash, as soon as the cursor is on it.
HASHED_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """A progress report of the search for files, or with ``over`` its result."""

    files: list[CarriedFile]
    """Empty until the search is over."""
    done: int
    """Connections searched so far."""
    all: int
    """Connections to search."""
    left_out: int
    """Files that are not listed, because there are too many."""
    uncaptured: int
    """Files that are not listed, because none of their bytes was captured."""
    over: bool


class Cancel(threading.Event):
    """Set by the screen to cancel a job; the job checks it between two steps."""


def look_for_files(
    session: JudgedCapture, stream: int | None, request: RequestName | None, cancel: Cancel,
    tell: Callable[[Found], None],
) -> None:  # fmt: skip
    """Find the files of ``stream``, or with None of all streams; with ``request``, which is of it, those of that one.

    ``tell`` is called with progress about every `_TELL` seconds, and with the result at the end.
    """
    streams = application_streams(session) if stream is None else [stream]
    wanted = None if request is None else _messages_of(session, request)
    collector = FileCollector(session.directions)
    told = time.monotonic()
    for done, chosen in enumerate(streams):
        if cancel.is_set():
            return
        collector.add_stream(chosen, wanted)
        if time.monotonic() - told > _TELL:
            told = time.monotonic()
            tell(Found([], done, len(streams), 0, 0, over=False))
    count = len(streams)
    tell(Found(collector.result(), count, count, collector.left_out, collector.uncaptured, over=True))


def _messages_of(session: JudgedCapture, name: RequestName) -> Chosen:
    """The messages of the request of that name.  Raises OSError where packets cannot be read."""
    if name.id is not None:
        return Chosen(name.id)
    return Chosen(
        starts=frozenset(
            (message.from_server, message.start)
            for request, exchange in exchanges_with_times(session, name.stream, whole=True)
            for message in exchange.messages
            if request.number == name.number and message is not None
        )
    )


def read_beginning(
    session: JudgedCapture, file: CarriedFile, cancel: Cancel, tell: Callable[[CarriedFile, Beginning], None]
) -> None:
    """Read ``file``: pass its beginning to ``tell``, then read on for its size and hash unless it is long.

    When the end was read, ``tell`` is called again.
    """
    parts: list[bytes] = []
    size, told = 0, False
    for block in FileReader(file, MessageFinder(session.directions)):
        if cancel.is_set():
            return
        size += len(block)
        if not told:
            parts.append(block)
            if size >= PREVIEW_BYTES:
                told = True
                tell(file, Beginning(b"".join(parts)[:PREVIEW_BYTES], whole=False))
        elif size > HASHED_BYTES:
            return
    # Perhaps for the second time: the size and the hash are known now.
    tell(file, Beginning(b"".join(parts)[:PREVIEW_BYTES], whole=size <= PREVIEW_BYTES))


def write_files(
    session: JudgedCapture, files: Sequence[CarriedFile], folder: Path, cancel: Cancel, tell: Callable[[int], None]
) -> list[str]:
    """Write ``files`` into ``folder``; returns the names that they were given.

    ``tell`` is called with the number written about every `_TELL` seconds.  Raises OutputError.
    """
    try:
        session.reader.require_unchanged()
    except OSError as error:
        raise OutputError("file_changed", path=session.label) from error
    finder = MessageFinder(session.directions)
    names: list[str] = []
    told = time.monotonic()
    with ExportFolder(folder, captured_bytes(session)) as target:
        for file in files:
            if cancel.is_set():
                break
            reader = FileReader(file, finder)
            names.append(target.write(file.name, reader, is_whole=lambda file=file: file.complete).name)  # type: ignore[misc]
            if time.monotonic() - told > _TELL:
                told = time.monotonic()
                tell(len(names))
    return names
