"""Which files a command reads, so that none of its outputs takes the place of one: for all commands, here alone."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from tcptui.capture.output import FileId, Replaceable
from tcptui.cli.commands import STANDARD_STREAM, OpenCommand
from tcptui.cli.run.own_findings import default_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcptui.capture.source import Source
    from tcptui.cli.commands import Common, LiveCommand, Redacting, RemoteCommand
    from tcptui.cli.inputs import Input


def files_read(
    common: Common, names: Iterable[str], descriptors: Iterable[int] = (), *, rules: Iterable[str] = ()
) -> frozenset[FileId]:
    """All files that a command reads, whatever their names: no output may take the place of one.

    ``names``: of the captures; ``descriptors``: of them and of their spools; ``rules``: other files of the command.
    """
    from tcptui.access.notes.notebook import notes_path  # only where something is written

    captures = [Path(name) for name in names if name != STANDARD_STREAM]
    others = [name for name in (common.keylog, common.proto, *common.findings, *rules) if name]
    found = {FileId.of(os.fstat(descriptor)) for descriptor in descriptors}
    for path in (*captures, *map(notes_path, captures), *map(Path, others), default_file()):
        with contextlib.suppress(OSError):  # what is not there is told where it is read
            if path is not None:
                found.add(FileId.of(path.stat()))
    return frozenset(found)


def inputs_of(
    command: LiveCommand | OpenCommand | RemoteCommand, sources: Iterable[Source], piped: int | None = 0
) -> frozenset[FileId]:
    """All files that ``command`` reads through ``sources``; ``piped``: the descriptor of standard input."""
    files = command.files if isinstance(command, OpenCommand) else ()
    descriptors = [source.descriptor for source in sources]
    if STANDARD_STREAM in files and piped is not None:
        descriptors.append(piped)
    return files_read(command.common, files, descriptors)


def key_files(redacting: Redacting | None) -> tuple[str, ...]:
    """The file of the key under which a command redacts, if there is one."""
    return () if redacting is None or redacting.key is None else (redacting.key,)


def replaceable(
    common: Common, opened: Sequence[Input], *, overwrite: bool = False, rules: Iterable[str] = ()
) -> Replaceable:
    """Which files the outputs of a command that reads ``opened`` may replace."""
    descriptors = [one.source.descriptor for one in opened] + [one.raw for one in opened if one.raw is not None]
    names = [str(one.path) for one in opened if one.path is not None]
    return Replaceable.for_overwrite(overwrite, files_read(common, names, descriptors, rules=rules))
