"""The sources that ``watch`` is given: which kind each is, and the name under which its findings are told."""

from __future__ import annotations

import os
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from tcptui.capture.interfaces import interface_names
from tcptui.capture.ssh_source import SCHEME, parse_target
from tcptui.cli.commands import STANDARD_STREAM, Limits, LiveCommand, OpenCommand, RemoteCommand
from tcptui.model.errors import UsageError
from tcptui.model.safe_text import safe_text
from tcptui.session.watch.options import Watch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.cli.commands import Common, WatchCommand
    from tcptui.cli.run.no_screen import SourceCommand

#: Any interface, in the kernel's words.
_ANY = "any"


class SourceKind(Enum):
    """A kind of source: it decides what is known of its clock, and what its end means."""

    INTERFACE = "interface"
    REMOTE = "remote"
    FILE = "file"
    """A file that grows, or a FIFO."""
    STDIN = "stdin"


class Watched(NamedTuple):
    """A source."""

    word: str
    """As it was given."""
    kind: SourceKind
    name: str
    """For lines and metrics: safe text."""


def watched_sources(words: Iterable[str]) -> list[Watched]:
    """The sources that ``words`` name.  Raises UsageError for a wrong URL, and for one source given twice.

    A word is an interface where this host has one of that name, and a file where it has none and there is a file.
    """
    interfaces = {*interface_names(), _ANY}
    found: dict[object, Watched] = {}
    for word in words:
        if word == STANDARD_STREAM:
            kind, name, key = SourceKind.STDIN, STANDARD_STREAM, (SourceKind.STDIN, "")
        elif word.startswith(SCHEME):
            parse_target(word)
            kind, name, key = SourceKind.REMOTE, word.removeprefix(SCHEME), (SourceKind.REMOTE, word)
        elif word not in interfaces and (os.sep in word or os.path.lexists(word)):
            kind, name, key = SourceKind.FILE, word, (SourceKind.FILE, os.path.realpath(word))
        else:
            kind, name, key = SourceKind.INTERFACE, word, (SourceKind.INTERFACE, word)
        if key in found:
            raise UsageError("watch_twice", source=safe_text(word))
        found[key] = Watched(word, kind, safe_text(name))
    return list(found.values())


def command_for(source: Watched, command: WatchCommand, limits: Limits) -> SourceCommand:
    """``--no-screen`` of ``source``, with the options of ``command`` and its share of the ``limits``."""
    common: Common = command.common
    watch = Watch(no_screen=True, only=command.only)
    match source.kind:
        case SourceKind.INTERFACE:
            return LiveCommand(common, source.word, watch=watch, limits=limits)
        case SourceKind.REMOTE:
            return RemoteCommand(common, source.word, watch=watch, limits=limits, unattended=True)
        case SourceKind.FILE | SourceKind.STDIN:
            return OpenCommand(common, (source.word,), watch=watch, limits=limits)
