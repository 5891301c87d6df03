"""Somebody who wants to know of findings when they are made, not when a screen asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import I32


class Observer(Protocol):
    """Is told of what the annotator says; called from the session's worker, `judged` from any thread."""

    def due(self, places: slice | I32) -> NDArray[np.bool_]:
        """Which of the streams at ``places`` should be judged again, however little they grew.

        Of those that may hold trouble; the others are for the observer to ask for (`Session.each_findings`).
        """

    def judged(self, stream: int, segments: int, findings: tuple[Finding, ...]) -> None:
        """What is said of ``stream`` now that it has ``segments``."""

    def leaving(self, streams: NDArray[np.int64]) -> None:
        """``streams`` (ascending) have left; nothing more is known of them."""

    def look(self, *, over: bool) -> None:
        """After each look at what is new; ``over``: the last one."""
