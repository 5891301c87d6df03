"""Opens inputs, and decides as whom to go on when root is given up.

The order matters.  Files are *opened* first, with the privileges that the program was started with, so that
``sudo tcptui report`` can read what sudo is meant to make readable; then root is given up; only then is a byte
parsed.  A capture child, which keeps CAP_NET_RAW, is started before root is given up.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tcptui.capture.file_source import open_descriptor, open_file
from tcptui.capture.privileges import (
    PrivilegeState,
    drop_root,
    interpreter_files,
    invoking_identity,
    readable_after_drop,
)
from tcptui.cli.commands import STANDARD_STREAM
from tcptui.cli.signals import signals_unwind
from tcptui.model.errors import InputError, TcptuiError
from tcptui.words.errors import UnreadableError, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcptui.capture.privileges import Identity, Privileges
    from tcptui.capture.source import Source
    from tcptui.words.catalogue import Words

_DIGEST_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Input:
    """One opened input: a source of its packets, and the file itself."""

    source: Source
    raw: int | None
    """A descriptor of the regular file itself, compressed or not; None for a stream.  `close` closes it."""
    path: Path | None = None
    """Where the file is; None for a stream."""
    words: Words | None = None
    """For what `close` may have to tell; None: it tells nothing."""
    signals: ExitStack = field(default_factory=ExitStack)
    """What is undone by `close`."""

    def size(self) -> int:
        """The file's size in bytes; 0 for a stream."""
        return 0 if self.raw is None else os.fstat(self.raw).st_size

    def sha256(self) -> str | None:
        """The hexadecimal SHA-256 of the file; None for a stream, whose bytes can be read only once.

        Raises OSError when they cannot be read.
        """
        return None if self.raw is None else sha256_of(self.raw)

    def close(self) -> None:
        """Close the source and the descriptor.

        What came through a pipe is given up, unless this is called on the way of an interrupt, a termination signal or
        a crash: then it stays for recovery, and that is told.
        """
        try:
            self.signals.close()  # raises what a signal asked for and was lost
        finally:
            self._close()

    def _close(self) -> None:
        ending = sys.exc_info()[0]
        if ending is None or issubclass(ending, (TcptuiError, OSError)):
            self.source.discard()
        self.source.close()
        if self.raw is not None:
            os.close(self.raw)
        if self.words is not None and self.source.remains is not None:
            from tcptui.cli.remains import say_remains  # seldom needed

            say_remains([self.source], self.words)


def sha256_of(descriptor: int) -> str:
    """The hexadecimal SHA-256 of a file from its beginning, wherever it was read last.  Raises OSError."""
    import hashlib  # imported late: loads OpenSSL, which would slow down every start

    digest, position = hashlib.sha256(), 0
    while block := os.pread(descriptor, _DIGEST_BLOCK, position):
        digest.update(block)
        position += len(block)
    return digest.hexdigest()


def open_input(name: str, limit_bytes: int | None = None, words: Words | None = None) -> Input:
    """Open the capture file ``name``, or standard input for `STANDARD_STREAM`; raises InputError.

    ``limit_bytes``: maximum size of the spool of standard input; None: a share of the free disk.  With ``words``,
    termination signals unwind while a pipe is open, and `Input.close` tells what is left of it.

    For commands without a screen: a screen needs standard input for its keys.
    """
    if name != STANDARD_STREAM:
        source = open_file(Path(name))
        raw = _regular(os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
        return _opened(source, raw, None if raw is None else Path(name), words)
    if sys.stdin is None or os.isatty(0):
        raise InputError("stdin_terminal")
    source = open_descriptor(os.dup(0), STANDARD_STREAM, limit_bytes=limit_bytes)
    return _opened(source, _regular(os.dup(0)), None, words)


def _opened(source: Source, raw: int | None, path: Path | None, words: Words | None) -> Input:
    opened = Input(source, raw, path, words)
    if words is not None and source.live:
        opened.signals.enter_context(signals_unwind())
    return opened


def open_inputs(names: Iterable[str], stack: ExitStack, words: Words) -> list[Input]:
    """Open the capture files ``names``, which ``stack`` closes, and then give up root; raises InputError."""
    opened = []
    for name in names:
        opened.append(open_input(name, words=words))
        stack.callback(opened[-1].close)
    give_up_root()
    return opened


def _regular(descriptor: int) -> int | None:
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


def target_identity() -> Identity | None:
    """The user to become when root is given up: the one who called sudo, or None.

    None where that user cannot read this program: with an interpreter in another user's private directory, the
    next import or style sheet would fail.  Then, as for root without sudo, the process stays uid 0 without any
    capability, and so can open only what the file modes allow.
    Call it before any thread is started: it forks.
    """
    identity = invoking_identity() if os.geteuid() == 0 else None
    if identity is not None and not readable_after_drop(interpreter_files(), identity):
        return None
    return identity


def give_up_root() -> None:
    """Go on as `target_identity`, for good; call it once every file is open that only root may read."""
    drop_root(target_identity())


def readable_later(identity: Identity | None) -> bool:
    """Whether this program's modules can still be imported after root was given up for ``identity``.

    Always True for a user that `target_identity` returned, because that checks it.  May fork, too.
    """
    return os.geteuid() != 0 or identity is not None or readable_after_drop(interpreter_files(), None)


def privilege_key(privileges: Privileges) -> str | None:
    """The key of the message for a program that stays uid 0; None in all other cases."""
    if privileges.footing is not PrivilegeState.ROOT_WITHOUT_RIGHTS:
        return None
    return "messages.root_without_rights" if invoking_identity() is None else "messages.root_unreadable"


def print_privilege_notice(privileges: Privileges, words: Words) -> None:
    """Print the message of `privilege_key`; call it once the program works, not beside an error message."""
    key = privilege_key(privileges)
    if key is not None:
        say(words(key), words)


def refuse_unreadable(source: Source) -> None:
    """Raise UnreadableError for a complete file whose first packet cannot be read, before a screen is shown.

    A valid capture without packets is accepted.
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


def refuse_unreadable_among(opened: Sequence[Input]) -> None:
    """Raise UnreadableError as `refuse_unreadable` where one of several would be missing among the others."""
    if len(opened) > 1:
        for one in opened:
            refuse_unreadable(one.source)
