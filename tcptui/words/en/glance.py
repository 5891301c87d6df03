"""Words of the pane that shows a capture over time, in English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "glance.packets": "{rate} pkt/s",
    "glance.bits": "{rate}bit/s",
    "glance.span": "in {time}",
    "glance.nothing": "No packets yet.",
    "glance.none": "No packets in this capture.",
    "glance.between": "{begin} to {end}: {n:packet|packets}, {size}B",
    "glance.chosen": "shown: {begin} to {end}",
    "glance.hint.stretch": "stretch",
}
