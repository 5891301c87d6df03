"""Shared by commands that write text: reads an input to its end, and writes to standard output."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tcptui.access.progress import Phase
from tcptui.cli.decode_as import decoding_of
from tcptui.model.errors import TcptuiError
from tcptui.session.gc_control import gc_paused_and_frozen
from tcptui.session.reading_again import packets_read_again
from tcptui.words.errors import CommandFailedError, safe_facts, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcptui.access.open_capture import OpenCapture
    from tcptui.capture.source import Source
    from tcptui.cli.commands import Common
    from tcptui.cli.inputs import Input
    from tcptui.session.own.rule import OwnRule
    from tcptui.session.session import Session
    from tcptui.words.catalogue import Words


def read_whole(
    common: Common, opened: Sequence[Input], words: Words, own: Sequence[OwnRule], *, judges: bool,
    workers: int | None = None, decrypts: bool = True,
) -> Session:  # fmt: skip
    """Read and analyse ``opened``, several merged by time, to their end; a notice is printed on standard error.

    Without ``judges``, streams are judged only when their findings are requested (`Steering.judges`), or ``own``, the
    findings that the user has defined, ask for what is judged.  Raises TcptuiError where these cannot be looked for.
    ``common``: the options that all commands have.  With one of ``workers`` all is done by this thread.  ``decrypts``:
    secrets that the capture carries are used.
    """
    with gc_paused_and_frozen():
        from tcptui.session.catch_up import Compile
        from tcptui.session.session import Session

    session = Session(
        [one.source for one in opened], compile_when=Compile.FIRST, keylog=common.keylog, schema=common.proto,
        decoding=decoding_of(common), decrypts=decrypts,
    )  # fmt: skip
    session.steering.judges = judges or any(rule.needs_judging for rule in own)
    session.find_also(own, at_once=True)
    if len(opened) == 1:
        session.capture_file = opened[0].path
    session.run_here(alone=workers == 1)
    notice = notice_line(session, words)
    if notice is not None:
        say(notice, words)
    with packets_read_again(session):
        session.look_for_own()
    return session


def notice_line(session: OpenCapture, words: Words) -> str | None:
    """The session's notice, e.g. where and why reading stopped early, as one line; None: no notice."""
    notice = session.progress.notice
    return None if notice is None else words(notice.key, **safe_facts(notice.facts))


def has_failed(session: OpenCapture) -> bool:
    """Whether no packet could be read."""
    return session.progress.phase is Phase.FAILED


def require_unchanged(session: OpenCapture) -> None:
    """Raise InputError where a file of ``session`` was changed meanwhile.

    Called before a `Sink` is closed, it leaves the old file as it was.
    """
    with packets_read_again(session):
        session.reader.require_unchanged()


def exit_code(session: OpenCapture, sources: Iterable[Source]) -> int:
    """0 when ``session`` has all bytes that its ``sources`` had; 1 when some were damaged or not read at all.

    Raises InputError where a file was changed meanwhile.
    """
    require_unchanged(session)
    unread = session.progress.unread is not None or has_failed(session)
    return TcptuiError.exit_code if unread or any(source.status().error is not None for source in sources) else 0


def require_stream(session: OpenCapture, stream: int | None) -> None:
    """Raise CommandFailedError when ``session``, read to its end, has no stream number ``stream`` (None: no check)."""
    count = session.streams.count
    if stream is not None and stream >= count:
        key = "error.no-stream" if count else "error.no-stream-at-all"
        raise CommandFailedError(key, file=session.label, stream=stream, count=count)


def write(pieces: Iterable[str | bytes]) -> None:
    """Write ``pieces`` for programs to standard output: as UTF-8, whatever the locale; bytes are UTF-8 already."""
    sys.stdout.flush()
    for piece in pieces:
        sys.stdout.buffer.write(piece if isinstance(piece, bytes) else piece.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def write_text(pieces: Iterable[str]) -> None:
    """Write ``pieces`` for people to standard output, in the characters of their locale."""
    sys.stdout.writelines(pieces)
    sys.stdout.flush()
