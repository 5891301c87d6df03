"""What is said of refused attempts whose first SYNs nobody had answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.finding import FindingId

if TYPE_CHECKING:
    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import I64


def ignored_first(capture: CaptureFacts, places: I64) -> dict[str, int | float]:
    """How many of the attempts at ``places`` were ignored before they were refused, and the longest time (s)."""
    refused = np.intersect1d(places, capture.places_with(FindingId.CONNECTION_REFUSED), assume_unique=True)
    silent_s = [s for s in capture.above_note_of_each(FindingId.CONNECTION_REFUSED, refused, _silent_s) if s]
    return {"ignored_first": len(silent_s), "silent_s": max(silent_s)} if silent_s else {}


def _silent_s(finding: Finding) -> float:
    silent_s = finding.facts.get("silent_s", 0.0)
    return float(silent_s) if isinstance(silent_s, (int, float)) else 0.0
