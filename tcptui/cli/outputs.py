"""Opens the files of ``-w`` that are written in addition to a spool, and wraps the source that fills them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tcptui.capture.rotation import Rotation
from tcptui.cli.commands import LiveCommand, OpenCommand, RemoteCommand
from tcptui.model.errors import OutputError, TcptuiError
from tcptui.model.safe_text import safe_text
from tcptui.words.errors import error_line, safe_facts, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.capture.output_files import OutputFiles
    from tcptui.capture.source import Source
    from tcptui.words.catalogue import Words

    Ask = Callable[[str], bool]


def fills_files(command: LiveCommand | OpenCommand | RemoteCommand) -> bool:
    """Whether all packets are written to files other than the spool.

    False with ``--keep-around``, which writes only some, and for a single ``-w`` file of a capture on this host,
    which is itself the spool.
    """
    if command.write is None or command.watch.keep_around:
        return False
    return command.rotation is not None or not isinstance(command, LiveCommand)


def open_kept(command: LiveCommand | OpenCommand | RemoteCommand, ask: Ask, words: Words) -> OutputFiles | None:
    """The files, the first of them opened if its name is known; None where `fills_files` is False.

    ``ask`` puts a question to the user before a file is overwritten.  Raises OutputError.
    """
    if command.write is None or not fills_files(command):
        return None
    from tcptui.capture.output_files import OutputFiles  # imported late: the start screen is drawn without NumPy

    rotation = command.rotation or Rotation()
    # Packets of another host or a pipe have another clock: there the first packet's time begins the interval.
    began = int(time.time()) if isinstance(command, LiveCommand) and rotation.seconds is not None else None
    try:
        return OutputFiles(command.write, rotation, overwrite=command.overwrite, began=began)
    except OutputError as error:
        question = words("cli.ask.overwrite", **safe_facts({"file": str(error.facts.get("path", command.write))}))
        if error.key != "messages.output_exists" or not ask(question):
            raise
        return OutputFiles(command.write, rotation, overwrite=True, began=began)


def keep(make: Callable[[], Source], files: OutputFiles | None) -> Source:
    """The source that ``make`` opens, wrapped to write its packets to ``files`` unless that is None."""
    try:
        source = make()
    except TcptuiError:
        if files is not None:
            files.discard()
        raise
    if files is None:
        return source
    from tcptui.capture.tee_source import TeeSource

    return TeeSource(source, files)


def say_files(source: Source, words: Words) -> int:
    """Print where the packets of the closed ``source`` are; returns the exit code, not 0 if files are incomplete."""
    from tcptui.capture.tee_source import TeeSource

    if not isinstance(source, TeeSource):
        return 0
    if source.error is not None:
        say(error_line(source.error, words), words)
        return source.error.exit_code
    files = source.files
    key = "cli.live.files" if files.count > 1 else "cli.live.file"
    say(words(key, count=files.count, file=safe_text(str(files.path))), words)
    return 0
