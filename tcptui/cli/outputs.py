"""Opens the files of ``-w`` that are written in addition to a spool, and wraps the source that fills them."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.capture.output import Replaceable
from tcptui.capture.rotation import Rotation
from tcptui.cli.commands import LiveCommand, OpenCommand, RemoteCommand
from tcptui.model.errors import OutputError, UsageError
from tcptui.model.safe_text import safe_text
from tcptui.words.errors import error_line, safe_facts, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.capture.output import FileId
    from tcptui.capture.output_files import OutputFiles
    from tcptui.capture.source import Source
    from tcptui.words.catalogue import Words

    Ask = Callable[[str], bool]

#: Up to this many files are named in a line.
_NAMED: Final = 8


def fills_files(command: LiveCommand | OpenCommand | RemoteCommand) -> bool:
    """Whether all packets are written to files other than the spool.

    False with ``--keep-around``, which writes only some, and for a single ``-w`` file of a capture on this host,
    which is itself the spool.
    """
    if command.write is None or command.watch.keep_around:
        return False
    return command.rotation is not None or not isinstance(command, LiveCommand)


def may_replace(
    command: LiveCommand | OpenCommand | RemoteCommand, ask: Ask, words: Words, inputs: frozenset[FileId]
) -> Replaceable:
    """Which files those of ``-w`` may replace: with ``--overwrite`` all, else those that ``ask`` has named to the user.

    Raises OutputError where the user says no, or what is there can never be replaced, one of ``inputs`` above all,
    and UsageError where the files would replace each other.
    """
    if command.write is not None and command.rotation is not None and command.rotation.has_one_name(command.write):
        raise UsageError("output_one_name", path=safe_text(command.write))
    if command.write is None or command.overwrite or command.watch.keep_around:
        return Replaceable.for_overwrite(command.overwrite, inputs)
    began = _began(command)
    names = [command.write]
    if command.rotation is not None:
        is_open = command.rotation.seconds is not None and began is None  # its first name is not known yet
        names = [] if is_open else list(command.rotation.names_ahead(command.write, began or 0))
    found = [path for path in map(Path, names) if os.path.lexists(path)]
    for path in found:
        Replaceable(None, inputs).check(path)
    if found and not ask(_question(found, words)):
        raise OutputError("output_exists", path=safe_text(str(found[0])))
    return Replaceable(frozenset(found), inputs)


def open_output_files(
    command: LiveCommand | OpenCommand | RemoteCommand, replaceable: Replaceable
) -> OutputFiles | None:
    """The files, the first of them opened if its name is known; None where `fills_files` is False.

    ``replaceable``: as `may_replace` says.  Raises OutputError.
    """
    if command.write is None or not fills_files(command):
        return None
    from tcptui.capture.output_files import OutputFiles  # imported late: the start screen is drawn without NumPy

    return OutputFiles(command.write, command.rotation or Rotation(), replaceable, began=_began(command))


def _began(command: LiveCommand | OpenCommand | RemoteCommand) -> int | None:
    """When the first interval of ``-G`` begins; None: with the first packet.

    Packets of another host or a pipe have another clock.
    """
    has_time = command.rotation is not None and command.rotation.seconds is not None
    return int(time.time()) if has_time and isinstance(command, LiveCommand) else None


def _question(found: Sequence[Path], words: Words) -> str:
    """Whether to replace the files ``found``, all of which are named, or the first ones and the last of many."""
    if len(found) == 1:
        return words("cli.ask.overwrite", **safe_facts({"file": str(found[0])}))
    names = [safe_text(str(path)) for path in found]
    comma = words("report.list-comma")
    if len(names) > _NAMED:
        return words("cli.ask.overwrite.many", count=len(names), first=comma.join(names[: _NAMED - 1]), last=names[-1])
    return words("cli.ask.overwrite.several", count=len(names), names=comma.join(names))


def keep(make: Callable[[], Source], files: OutputFiles | None) -> Source:
    """The source that ``make`` opens, wrapped to write its packets to ``files`` unless that is None."""
    if files is None:
        return make()
    from tcptui.capture.tee_source import TeeSource

    with ExitStack() as undo:
        undo.callback(files.close)
        source = make()
        undo.pop_all()
    return TeeSource(source, files)


def report_unsaved(sources: Sequence[Source], evicted: int, words: Words) -> None:
    """Print how many packets that came to the closed ``sources`` are in no file and no spool, if any.

    ``evicted``: those that the session has evicted, which only a file of ``-w`` still holds.
    """
    count = sum(source.status().unwritten for source in sources)
    if count:
        say(words("cli.live.unwritten", count=count), words)
    if evicted and not all(source.is_saved for source in sources):
        say(words("cli.live.evicted", count=evicted), words)


def say_files(source: Source, words: Words) -> int:
    """Print where the packets of the closed ``source`` are; returns the exit code, not 0 if files are incomplete."""
    from tcptui.capture.tee_source import TeeSource

    if not isinstance(source, TeeSource):
        return 0
    if source.error is not None:
        say(error_line(source.error, words), words)
        return source.error.exit_code
    files = source.files
    written, there = files.paths, files.in_place()
    if not written:
        key = "cli.live.file.as-it-was" if os.path.lexists(files.path) else "cli.live.file.none"
        say(words(key, file=safe_text(str(files.path))), words)
    elif not there:
        missing = words("report.list-comma").join(safe_text(str(path)) for path in written[-_NAMED:])
        say(words("cli.live.files.gone", names=missing), words)
        return OutputError.exit_code
    elif len(written) == 1:
        say(words("cli.live.file", file=safe_text(str(there[0]))), words)
    else:
        say(words("cli.live.files", count=len(there), file=safe_text(str(there[-1]))), words)
        if len(there) < len(written):
            say(words("cli.live.files.fewer", count=len(written) - len(there)), words)
    return 0
