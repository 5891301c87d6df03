"""``export FILE [--out DIR]``: lists or writes the files that a capture carried over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tcptui.capture.privileges import drop_root
from tcptui.cli.inputs import open_input, target_identity
from tcptui.cli.run.filtering import compiled_filter, judges, shown_streams
from tcptui.cli.run.load import has_failed, read_whole, require_stream, write
from tcptui.model.safe_text import safe_text
from tcptui.protocols.export.collect import CarriedFile, FileCollector, FileReader, MessageFinder
from tcptui.protocols.export.writer import PARTIAL, ExportFolder
from tcptui.words.errors import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.cli.commands import ExportCommand
    from tcptui.session.session import Session
    from tcptui.words.catalogue import Words

#: Upper bound of the characters of a host, address or media type in the list.
_TEXT: int = 400


def write_files(command: ExportCommand, words: Words) -> int:
    """Run the command; returns the exit code.  Raises TcptuiError."""
    compiled = compiled_filter(command.display_filter, words) if command.display_filter else None
    opened = open_input(command.file)
    drop_root(target_identity())
    try:
        session = read_whole([opened], words, judges=compiled is None or judges(compiled.fields))
        if has_failed(session):
            return 1
        require_stream(session, command.stream)
        shown = None if compiled is None else shown_streams(session, compiled, words).tolist()
        collector = find_files(session, command.stream, shown)
        # Ordered by connection, so that each is reassembled only once.
        files = sorted(collector.result(), key=lambda file: file.parts[0].stream)
        finder = MessageFinder(session.halves)
        if command.out is None:
            done = ((file, _read(file, finder, whole=command.as_json)) for file in files)
            write(_lines(done, words, as_json=command.as_json))
        else:
            with ExportFolder(Path(command.out)) as folder:
                done = ((file, write_file(file, finder, folder)) for file in files)
                write(_lines(done, words, as_json=command.as_json))
        _say_sum(command, collector, len(files), words)
    finally:
        opened.close()
    return 0


def find_files(session: Session, stream: int | None = None, shown: Sequence[int] | None = None) -> FileCollector:
    """Collect the files of ``stream``, or of all streams that may carry files; ``shown``: of these only."""
    collector = FileCollector(session.halves)
    wanted = session.application_streams() if stream is None else [stream]
    for chosen in wanted if shown is None else sorted(set(shown).intersection(wanted)):
        collector.add_stream(chosen)
    return collector


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


def _lines(done: Iterator[tuple[CarriedFile, str]], words: Words, *, as_json: bool) -> Iterator[str]:
    """One entry per file, yielded as soon as the file was read or written."""
    if not as_json:
        for file, name in done:
            yield text_line(file, name, words) + "\n"
        return
    from tcptui.cli.report.json_text import to_json

    separator = "["
    for file, name in done:
        yield separator + "\n" + to_json(as_object(file, name))
        separator = ","
    yield "[]\n" if separator == "[" else "\n]\n"


def as_object(file: CarriedFile, name: str) -> dict[str, object]:
    """``file`` as an object of the JSON list; ``name`` is the name that it got or would get."""
    return {
        "packet": file.frame,
        "stream": file.stream,
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
