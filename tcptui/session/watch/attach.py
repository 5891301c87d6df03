"""What ``--stop-on``, ``--keep-around`` and ``--no-screen`` add to a session, with a screen or without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.capture.tee_source import TeeSource
from tcptui.session.progress import Notice
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
    write: str | None, overwrite: bool, tell: Callable[[FindingEvent], None] | None = None,
) -> Watcher | None:  # fmt: skip
    """Have ``session`` watched as ``watch`` says; None where it says nothing.  Before `Session.run`.

    ``write``: where the packets of ``--keep-around`` go; ``overwrite``: whether files there may be replaced.

    Raises OutputError where files of ``--keep-around`` would meet others.
    """
    for source in sources:
        if isinstance(source, TeeSource):
            source.when_finished = lambda files=source.files: _end(session, files.rotation.files or 0)  # type: ignore[misc]
    if not (watch.no_screen or watch.stop_on or watch.keep_around):
        return None
    surroundings = None
    if watch.keep_around and write is not None:
        surroundings = PacketSaver(
            session.store, session.sources, [source.descriptor for source in sources], write,
            before=watch.before, after=watch.after, overwrite=overwrite,
        )  # fmt: skip
    watcher = Watcher(session, watch, surroundings, tell)
    session.observe(watcher)
    return watcher


def _end(session: Session, files: int) -> None:
    """``-W`` files of ``-G`` are full."""
    session.steering.ending = Notice("watch.files-full", {"files": files})
