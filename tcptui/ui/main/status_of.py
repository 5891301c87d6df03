"""What the first line tells of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcptui.access.progress import Phase
from tcptui.model.safe_text import safe_text
from tcptui.session.rates import rates_of
from tcptui.ui.main.trouble_watch import levels_of
from tcptui.ui.widgets.one_line import Status

if TYPE_CHECKING:
    from tcptui.access.progress import Progress
    from tcptui.session.session import Session


class Told(NamedTuple):
    """Numbers of connections of one moment."""

    errors: int
    """Those with an error of their own, …"""
    warnings: int
    """… those with a warning as the worst, …"""
    connections: int
    """… and all."""


def reading(progress: Progress, connections: int, unjudged: int) -> tuple[int | None, tuple[int, int] | None]:
    """How far a file is: the percentage that has been read, or once it is, the connections judged and all of them."""
    total = progress.bytes_total
    if progress.phase is not Phase.LOADING or not total:
        return None, None
    if progress.bytes_read >= total and unjudged:
        return None, (max(0, connections - unjudged), connections)
    return min(99, progress.bytes_read * 100 // total), None


def status_of(
    session: Session, previous: Status | None, told: Told | None, *, is_following: bool, has_unsaved: bool
) -> Status:
    """The status of ``session``; ``previous``: that of when the display was paused, None while it is not.

    ``told``: what the screen says of the connections elsewhere, in the same frame; None: nothing.
    """
    progress, connections = session.progress, session.streams.count
    told = told or Told(*levels_of(session), connections)
    # Asked for too early, it would import the rules on the event loop.
    unjudged = session.unjudged if session.judges_at_once else 0
    percent, judging = reading(progress, connections, unjudged)
    return Status(
        source=session.title,
        live=progress.phase is Phase.LIVE,
        loading_percent=percent,
        judging=judging,
        packets=progress.rows if previous is None else previous.packets,
        connections=told.connections if previous is None else previous.connections,
        errors=told.errors if previous is None else previous.errors,
        warnings=told.warnings if previous is None else previous.warnings,
        kernel_dropped=progress.kernel_dropped,
        behind_bytes=progress.bytes_waiting,
        behind_seconds=progress.seconds_behind if progress.phase is Phase.LIVE else 0,
        spool_bytes=progress.spool_stored if session.live else None,
        spool_limit=progress.spool_limit,
        evicted=progress.evicted,
        connections_evicted=progress.streams_evicted,
        following=is_following,
        paused=previous is not None,
        rate=rates_of(session).total,
        rate_is_current=rates_of(session).are_current,
        backlog=0 if previous is None else max(0, progress.rows - previous.packets),
        failed=progress.phase is Phase.FAILED,
        place=session.place.position,
        cut_frames=session.quality.truncated,
        own=session.own_screen,
        filter_words=safe_text(session.filter_words),
        unsaved=has_unsaved,
    )
