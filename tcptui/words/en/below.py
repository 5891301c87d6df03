"""Words of what fills lines left over, in English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "below.packets": "Packets of connection {stream}",
    "below.traffic": "The capture over time",
    "below.talkers": "The hosts with the most bytes",
    "below.talkers.one": "{size}  {packets:packet|packets}  {connections:connection|connections}",
}
