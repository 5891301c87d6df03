"""``export FILE [--out DIR]``: lists or writes the files that a capture carried over HTTP."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.access.open_capture import application_streams, captured_bytes
from tcptui.access.requests import REQUESTS_MOST, cached_requests
from tcptui.cli.inputs import give_up_root, open_input
from tcptui.cli.run.filtering import compiled_filter, judges, shown_streams
from tcptui.cli.run.load import exit_code, has_failed, read_whole, require_stream, write, write_text
from tcptui.cli.run.own_findings import own_rules
from tcptui.cli.signals import signals_unwind
from tcptui.model.safe_text import safe_text
from tcptui.protocols.export.bound import ExportBoundError
from tcptui.protocols.export.collect import Chosen, FileCollector
from tcptui.protocols.export.files import CarriedFile
from tcptui.protocols.export.reading import FileReader, MessageFinder
from tcptui.protocols.export.writer import PARTIAL, ExportFolder
from tcptui.session.sharing import Sharing
from tcptui.words.errors import CommandFailedError, error_line, say

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from tcptui.access.open_capture import OpenCapture
    from tcptui.cli.commands import ExportCommand
    from tcptui.protocols.export.collect import Found
    from tcptui.words.catalogue import Words

#: Upper bound of the characters of a host, address or media type in the list.
_TEXT: Final = 400
#: Bytes of a file that take about as long to decode and hash as one segment does to be read.
_SEGMENT: Final = 1_460


def write_files(command: ExportCommand, words: Words) -> int:
    """Run the command; returns the exit code.  Raises TcptuiError."""
    compiled = compiled_filter(command.display_filter, words) if command.display_filter else None
    opened = open_input(command.file, words=words)
    give_up_root()
    own = own_rules(command.common, words)
    try:
        session = read_whole(
            command.common,
            [opened],
            words,
            own,
            judges=compiled is not None and judges(compiled.fields),
            workers=command.workers,
        )
        if has_failed(session):
            return 1
        require_stream(session, command.stream)
        chosen = None if command.stream is None or command.id is None else _chosen(session, command.stream, command.id)
        shown = None if compiled is None else shown_streams(session, compiled, words).tolist()
        sharing = Sharing.among(command.workers)
        collector = find_files(session, sharing, command.stream, shown, chosen)
        # Ordered by connection, so that each is reassembled only once.
        files = sorted(collector.result(), key=lambda file: file.parts[0].stream)
        code, written = 0, len(files)
        if command.out is None:
            with closing(_listed(session, files, sharing, words, as_json=command.as_json)) as entries:
                _write(entries, as_json=command.as_json)
        else:
            with signals_unwind(), ExportFolder(Path(command.out), captured_bytes(session), command.limit) as folder:
                writing = _Writing(files, MessageFinder(session.directions), folder)
                entries = (_entry(file, name, words, as_json=command.as_json) for file, name in writing)
                _write(entries, as_json=command.as_json)
            if writing.beyond is not None:
                say(error_line(writing.beyond, words), words)
                code = writing.beyond.exit_code
            written = writing.written
        _say_sum(command, collector, written, words)
        return max(code, exit_code(session, [opened.source]))
    finally:
        opened.close()


def _chosen(session: OpenCapture, stream: int, wanted: str) -> Chosen:
    """The request of that id.  Raises CommandFailedError where the connection has none."""
    found = cached_requests(session, stream)
    if len(found) < REQUESTS_MOST and all(request.id != wanted for request in found):
        raise CommandFailedError("error.follow-id", stream=stream, id=safe_text(wanted))
    return Chosen(wanted)


def find_files(
    session: OpenCapture, sharing: Sharing, stream: int | None = None, shown: Sequence[int] | None = None,
    request: Chosen | None = None,
) -> FileCollector:  # fmt: skip
    """Collect the files of ``stream``, or of all streams that may carry files; ``shown``: of these only.

    ``request``: of the stream only those of this one.  Raises WorkerError.
    """
    chosen = application_streams(session) if stream is None else [stream]
    if shown is not None:
        chosen = sorted(set(shown).intersection(chosen))
    cuts = sharing.cut(session.streams.packets[np.array(chosen, np.int64)])

    def work(share: int) -> Iterator[Found]:
        part = FileCollector(session.directions)
        for one in chosen[slice(*cuts[share])]:
            part.add_stream(one, request)
        yield part.found

    collector = FileCollector(session.directions)
    with closing(sharing.in_order(len(cuts), work)) as parts:
        for found in parts:
            collector.add(found)
    return collector


def _listed(
    session: OpenCapture, files: Sequence[CarriedFile], sharing: Sharing, words: Words, *, as_json: bool
) -> Generator[str]:
    """The entry of each of ``files``, which are read for it among several processes."""
    cuts = sharing.cut(np.array([file.sent // _SEGMENT + 1 for file in files], np.int64))

    def work(share: int) -> Iterator[list[str]]:
        finder = MessageFinder(session.directions)
        for file in files[slice(*cuts[share])]:
            name = _read(file, finder, whole=as_json)
            yield [_entry(file, name, words, as_json=as_json)]

    with closing(sharing.in_order(len(cuts), work)) as parts:
        for part in parts:
            yield from part


class _Writing:
    """Writes files to a folder one after the other, as they are asked for, up to the folder's bound."""

    def __init__(self, files: Sequence[CarriedFile], finder: MessageFinder, folder: ExportFolder) -> None:
        self._files, self._finder, self._folder = files, finder, folder
        self.written = 0
        self.beyond: ExportBoundError | None = None
        """Why the others are not written; None: all are."""

    def __iter__(self) -> Iterator[tuple[CarriedFile, str]]:
        """Each file that was written, and the name that it got.  Raises OutputError."""
        for file in self._files:
            try:
                name = write_file(file, self._finder, self._folder)
            except ExportBoundError as error:
                self.beyond = error
                return
            self.written += 1
            yield file, name


def write_file(file: CarriedFile, finder: MessageFinder, folder: ExportFolder) -> str:
    """Write ``file`` to ``folder``; returns the name that it got there.  Raises OutputError."""
    reader = FileReader(file, finder)
    return folder.write(file.name, reader, is_whole=lambda: file.complete).name


def _read(file: CarriedFile, finder: MessageFinder, *, whole: bool) -> str:
    """Read ``file`` for its size if unknown, or if ``whole`` for its hash; returns the name that it would get."""
    if whole or file.size is None:
        for _block in FileReader(file, finder):
            pass
    return file.name if file.complete else file.name + PARTIAL


def _entry(file: CarriedFile, name: str, words: Words, *, as_json: bool) -> str:
    if not as_json:
        return text_line(file, name, words)
    from tcptui.cli.report.json_text import to_json

    return to_json(as_object(file, name))


def _write(entries: Iterator[str], *, as_json: bool) -> None:
    """Write one entry per file, as soon as the file was read or written."""
    if as_json:
        write(_json(entries))
    else:
        write_text(entry + "\n" for entry in entries)


def _json(entries: Iterator[str]) -> Iterator[str]:
    separator = "["
    for entry in entries:
        yield separator + "\n" + entry
        separator = ","
    yield "[]\n" if separator == "[" else "\n]\n"


def as_object(file: CarriedFile, name: str) -> dict[str, object]:
    """``file`` as an object of the JSON list; ``name`` is the name that it got or would get."""
    return {
        "packet": file.frame,
        "stream": file.stream,
        "id": file.id,
        "direction": "upload" if file.upload else "download",
        "host": safe_text(file.host, _TEXT),
        "uri": safe_text(file.uri),
        "name": name,
        "method": safe_text(file.method, _TEXT),
        "status": file.status or None,
        "content_type": safe_text(file.media_type, _TEXT),
        "size": file.size,
        "sent": file.sent,
        "parts": len(file.parts),
        "complete": file.complete,
        "reason": None if file.shortfall is None else file.shortfall.value,
        "sha256": file.sha256,
    }


def text_line(file: CarriedFile, name: str, words: Words) -> str:
    """``file`` as one line of text."""
    facts = {
        "packet": f"#{file.frame}",
        "size": f"{file.size:,}" if file.size is not None else "?",
        "type": safe_text(file.media_type, _TEXT) or "?",
        "name": name,
        "source": safe_text(file.host + file.uri.partition("?")[0] if file.uri.startswith("/") else file.uri, _TEXT),
    }
    line = words("cli.export.line", **facts)
    if file.shortfall is None:
        return line
    return words("cli.export.not-whole", line=line, why=words(f"export.why.{file.shortfall.value}"))


def _say_sum(command: ExportCommand, collector: FileCollector, count: int, words: Words) -> None:
    if collector.left_out:
        say(words("cli.export.left-out", n=f"{collector.left_out:,}"), words)
    if collector.uncaptured:
        say(words("cli.export.uncaptured", n=f"{collector.uncaptured:,}"), words)
    if not count:
        say(words("cli.export.none"), words)
    elif command.out is not None:
        say(words("cli.export.written", n=f"{count:,}", folder=safe_text(command.out)), words)
