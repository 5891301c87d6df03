"""The interface of an observer, which is notified of findings as they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import I32


class Observer(Protocol):
    """Receives findings; called from the session's worker thread, `judged` from any thread."""

    def due(self, places: slice | I32) -> NDArray[np.bool_]:
        """Mask of the streams at ``places`` that should be judged again if they grew, however little.

        Applies only to streams that may have problems; the findings of others the observer has to request itself
        (`Session.each_findings`).
        """

    def judged(self, stream: int, segments: int, findings: tuple[Finding, ...]) -> None:
        """Receives ``findings``, all that ``stream`` has now that it has ``segments``."""

    def leaving(self, streams: NDArray[np.int64]) -> None:
        """Called when ``streams`` (ascending) are being evicted."""

    def look(self, *, over: bool) -> None:
        """Called after each round of the worker; ``over``: it was the last one."""


class WithOwn:
    """An `Observer` that passes on what it is told, with the findings that a user has defined."""

    def __init__(self, observer: Observer, own: Callable[[int], tuple[Finding, ...]]) -> None:
        """``own``: those of a stream."""
        self._observer, self._own = observer, own
        self.due, self.leaving, self.look = observer.due, observer.leaving, observer.look

    def judged(self, stream: int, segments: int, findings: tuple[Finding, ...]) -> None:
        """See `Observer.judged`; ``findings`` are those of the rules."""
        self._observer.judged(stream, segments, (*findings, *self._own(stream)))
