"""Attaches ``--stop-on``, ``--keep-around`` and ``--no-screen`` to a session, with or without a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.access.progress import Notice
from tcptui.capture.output import NOTHING, Replaceable
from tcptui.capture.tee_source import TeeSource
from tcptui.session.watch.packet_saver import PacketSaver
from tcptui.session.watch.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.capture.source import Source
    from tcptui.session.session import Session
    from tcptui.session.watch.finding_log import FindingEvent
    from tcptui.session.watch.options import Watch


def watch_session(
    session: Session, sources: Sequence[Source], watch: Watch, *,
    write: str | None, replaceable: Replaceable = NOTHING, tell: Callable[[FindingEvent], None] | None = None,
) -> Watcher | None:  # fmt: skip
    """Attach a watcher with the options ``watch``; None if they need none.  Call it before `Session.run`.

    ``write``: the file name that names of ``--keep-around``'s files are made from; ``replaceable``: what they may
    replace; ``tell``: receives the events.

    Raises OutputError where files of such names exist and may not be replaced.
    """
    for source in sources:
        if isinstance(source, TeeSource):
            source.when_finished = lambda files=source.files: _end(session, files.rotation.files or 0)  # type: ignore[misc]
    if not (watch.no_screen or watch.stop_on or watch.keep_around):
        return None
    surroundings = None
    if watch.keep_around and write is not None:
        surroundings = PacketSaver(
            session.store, session.reader.sources, [source.descriptor for source in sources], write, replaceable,
            before=watch.before, after=watch.after,
        )  # fmt: skip
    watcher = Watcher(session, watch, surroundings, tell)
    session.observe(watcher)
    return watcher


def _end(session: Session, files: int) -> None:
    """Set the reason for the capture's end: all of the ``-W`` files of ``-G`` are full."""
    session.steering.ending = Notice("watch.files-full", {"files": files})
