"""What commands that answer in text share: an input read to its end, and the answer written out."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from tcptui.session.progress import Phase
from tcptui.words.errors import CommandFailedError, safe_facts, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.cli.inputs import Input
    from tcptui.session.session import Session
    from tcptui.words.catalogue import Words


def read_whole(opened: Input, words: Words, *, judges: bool = True) -> Session:
    """Analyse ``opened`` to its end and say on standard error where reading stopped, if it did.

    Without ``judges`` streams are judged only when somebody asks (`Session.judges`).
    """
    from tcptui.session.catch_up import Compile
    from tcptui.session.session import Session

    session = Session([opened.source], compile_when=Compile.FIRST)
    session.steering.judges = judges
    asyncio.run(session.run())
    notice = notice_line(session, words)
    if notice is not None:
        say(notice, words)
    return session


def notice_line(session: Session, words: Words) -> str | None:
    """Where and why reading stopped early; None when it did not."""
    notice = session.progress.notice
    return None if notice is None else words(notice.key, **safe_facts(notice.facts))


def has_failed(session: Session) -> bool:
    """Whether nothing at all could be read."""
    return session.progress.phase is Phase.FAILED


def require_stream(session: Session, stream: int | None) -> None:
    """Raise CommandFailedError when ``session``, read to its end, lacks the connection asked for, if one was."""
    count = session.streams.count
    if stream is not None and stream >= count:
        key = "error.no-stream" if count else "error.no-stream-at-all"
        raise CommandFailedError(key, file=session.label, stream=stream, count=count)


def write(pieces: Iterable[str]) -> None:
    """Write ``pieces`` to standard output as UTF-8, whatever the locale."""
    sys.stdout.flush()
    for piece in pieces:
        sys.stdout.buffer.write(piece.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
