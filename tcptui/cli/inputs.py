"""From what the user named to a session, with root given up in between.

The order matters.  Files are *opened* first, with the rights the user came with, so that
``sudo tcptui report`` reads what sudo is meant to let it read; then root is given up; only
then is a byte parsed.  A capture child, which keeps its right, is started before that.
"""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tcptui.capture.file_source import open_descriptor, open_file
from tcptui.capture.privileges import (
    Footing,
    interpreter_files,
    invoking_identity,
    readable_after_drop,
)
from tcptui.cli.commands import STANDARD_STREAM
from tcptui.model.errors import InputError
from tcptui.model.safe_text import safe_text
from tcptui.words.errors import UnreadableError, say

if TYPE_CHECKING:
    from tcptui.capture.privileges import Identity, Privileges
    from tcptui.capture.source import Source
    from tcptui.words.catalogue import Words

_DIGEST_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Input:
    """One opened input: its packets, and the file as it is on disk."""

    source: Source
    raw: int | None
    """A descriptor of the regular file itself, packed or not; None for a stream.  The caller closes it."""

    def size(self) -> int:
        """Bytes of the file; 0 for a stream."""
        return 0 if self.raw is None else os.fstat(self.raw).st_size

    def sha256(self) -> str | None:
        """Of the file's bytes; None for a stream, whose bytes are gone once read.

        Raises OSError when they cannot be read.
        """
        if self.raw is None:
            return None
        import hashlib  # only here: every start would wait for OpenSSL

        digest, position = hashlib.sha256(), 0
        while block := os.pread(self.raw, _DIGEST_BLOCK, position):
            digest.update(block)
            position += len(block)
        return digest.hexdigest()

    def close(self) -> None:
        """Give up the source and the descriptor."""
        self.source.close()
        if self.raw is not None:
            os.close(self.raw)


def open_input(name: str, limit_bytes: int | None = None) -> Input:
    """Open the capture file ``name``, or standard input for `STANDARD_STREAM`; raises InputError.

    ``limit_bytes``: what the spool of a stream may hold; None: a share of the free disk.

    For programs without a screen: a screen needs standard input for its keys.
    """
    if name != STANDARD_STREAM:
        source = open_file(Path(name))
        return Input(source, _regular(os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)))
    if sys.stdin is None or os.isatty(0):
        raise InputError("stdin_terminal")
    return Input(open_descriptor(os.dup(0), STANDARD_STREAM, limit_bytes=limit_bytes), _regular(os.dup(0)))


def _regular(descriptor: int) -> int | None:
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


def base_name(label: str) -> str:
    """The last part of a file's name, as safe text."""
    return safe_text(Path(label).name or label)


def whom_to_become() -> Identity | None:
    """Who this process is to be once root is given up: the user who called sudo, or nobody else.

    Nobody where that user could not read this program: an interpreter in another's private
    directory would fail at its next import or style sheet.  Then, as for root without sudo, the
    process stays uid 0 without any capability, which opens nothing that file modes deny it.
    Call it before there is any thread: it forks.
    """
    identity = invoking_identity() if os.geteuid() == 0 else None
    if identity is not None and not readable_after_drop(interpreter_files(), identity):
        return None
    return identity


def readable_later(identity: Identity | None) -> bool:
    """Whether this program's modules can still be imported once root is given up for ``identity``.

    Of a user whom `whom_to_become` names that is known.  It forks, too.
    """
    return os.geteuid() != 0 or identity is not None or readable_after_drop(interpreter_files(), None)


def privilege_key(privileges: Privileges) -> str | None:
    """The message that says on what footing the program runs on; None when that goes without saying."""
    return "messages.root_without_rights" if privileges.footing is Footing.ROOT_WITHOUT_RIGHTS else None


def say_footing(privileges: Privileges, words: Words) -> None:
    """Say it, once the program works: somebody who reads an error should not have to read this too."""
    key = privilege_key(privileges)
    if key is not None:
        say(words(key), words)


def refuse_unreadable(source: Source) -> None:
    """Raise InputError for a complete file whose first packet cannot be read: no screen for nothing.

    An empty but sound capture is shown.
    """
    from tcptui.capture.spool.reader import SpoolReader
    from tcptui.wire.record_scanner import Scanner

    status = source.status()
    if source.growing or not status.complete:
        return
    reader = SpoolReader(source.descriptor, Scanner())
    if reader.next_batch(status.end) is not None:
        return
    reader.finish()
    if reader.parser.stop is not None:
        facts = {"name": source.label, "position": reader.position, "packets": 0}
        raise UnreadableError(f"session.{reader.parser.stop.value}", **facts)
