"""What ``--stop-on``, ``--keep-around`` and ``--no-screen`` add to a session, with a screen or without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.capture.kept_source import KeptSource
from tcptui.progress import Notice
from tcptui.surroundings import Surroundings
from tcptui.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.capture.source import Source
    from tcptui.command import LiveCommand, OpenCommand, RemoteCommand
    from tcptui.finding_log import Told
    from tcptui.session import Session


def watch_session(
    session: Session, sources: Sequence[Source], command: LiveCommand | OpenCommand | RemoteCommand,
    tell: Callable[[Told], None] | None = None,
) -> Watcher | None:  # fmt: skip
    """Have ``session`` watched as ``command`` says; None where it says nothing.  Before `Session.run`.

    Raises OutputError where files of ``--keep-around`` would meet others.
    """
    for source in sources:
        if isinstance(source, KeptSource):
            source.when_finished = lambda files=source.files: _end(session, files.rotation.files or 0)  # type: ignore[misc]
    watch = command.watch
    if not (watch.no_screen or watch.stop_on or watch.keep_around):
        return None
    surroundings = None
    if watch.keep_around and command.write is not None:
        surroundings = Surroundings(
            session.store, session.sources, [source.descriptor for source in sources], command.write,
            before=watch.before, after=watch.after, overwrite=command.overwrite,
        )  # fmt: skip
    watcher = Watcher(session, watch, surroundings, tell)
    session.observe(watcher)
    return watcher


def _end(session: Session, files: int) -> None:
    """``-W`` files of ``-G`` are full."""
    session.ending = Notice("watch.files-full", {"files": files})
