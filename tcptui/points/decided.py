"""What two merged captures make of their waits and findings: one way for text, JSON, pages, screen and Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcptui.points.joined import decide_findings
from tcptui.points.splits import split_waits
from tcptui.points.undecided import Asked, always

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.points.joined import JoinedFinding
    from tcptui.points.merge import Hop
    from tcptui.points.splits import Splits
    from tcptui.points.undecided import Undecided


class Decided(NamedTuple):
    """What a hop says beyond its packets."""

    splits: Splits
    """How the waits for responses divide."""
    joined: list[JoinedFinding]
    """The findings that both captures decide."""
    undecided: list[Undecided]
    """Those that asked for another capture, and that this one does not decide."""


def decide(hop: Hop, first: JudgedCapture, second: JudgedCapture, look: Callable[[], None] = always) -> Decided:
    """Decide the findings of ``first`` and ``second``, the captures of ``hop``.

    ``look`` is called for each connection, and raises an error to end it.  Raises OSError.
    """
    splits, asked = split_waits(hop), Asked(hop, look)
    joined = decide_findings(hop, splits, first, second, asked)
    return Decided(splits, joined, asked.undecided(joined))
