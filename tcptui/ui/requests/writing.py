"""Writes what databases answered to some requests: the job that the waterfall runs in a worker thread."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from tcptui.access.open_capture import captured_bytes
from tcptui.access.requests import exchanges_with_times
from tcptui.protocols.export.writer import ExportFolder
from tcptui.session.input_priority import input_priority
from tcptui.session.result_files import ResultFiles, write_results
from tcptui.words.protocol_list import any_database
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tcptui.access.open_capture import OpenCapture
    from tcptui.model.request import Request
    from tcptui.protocols.interface import Exchange
    from tcptui.words.catalogue import Words

#: Interval of progress reports (seconds).
_TELL: Final = 0.2


def write_chosen(
    session: OpenCapture, chosen: Sequence[Request], path: Path, cancel: threading.Event, tell: Callable[[int], None]
) -> ResultFiles:
    """Write what was answered to ``chosen`` into the folder ``path``, connection by connection.

    ``tell`` is called with the number of requests read about every `_TELL` seconds.  Raises OutputError, and OSError
    where packets cannot be read again.
    """
    wanted: dict[int, set[int]] = {}
    for one in chosen:
        wanted.setdefault(one.stream, set()).add(one.number)
    done = 0
    told = time.monotonic()

    def pairs() -> Iterator[tuple[Request, Exchange]]:
        nonlocal done, told
        for stream, numbers in sorted(wanted.items()):
            for request, exchange in exchanges_with_times(session, stream):
                if cancel.is_set():
                    return
                if request.number in numbers:
                    yield request, exchange
                    done += 1
                if time.monotonic() - told > _TELL:
                    told = time.monotonic()
                    tell(done)
                    input_priority.step_aside()

    with ExportFolder(path, captured_bytes(session)) as folder:
        return write_results(pairs(), folder)


def written_text(written: ResultFiles, folder: str, words: Words) -> str:
    """What was written in a line; ``folder``: safe text."""
    files = written.files
    rows, short = sum(one.rows for one in files), sum(not one.is_whole for one in files)
    said = [
        words("requests.results.written", n=Count(len(files)), rows=Count(rows), folder=folder)
        if files
        else words("requests.write.none", databases=any_database(words))
    ]
    if short:
        said.append(words("requests.results.short", n=Count(short)))
    if written.withheld:
        said.append(words("requests.results.withheld", n=Count(written.withheld)))
    return words("requests.detail.join").join(said)
