"""The interface of an observer, which is notified of findings as they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
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
