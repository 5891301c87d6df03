"""What is written at the vertical axis of a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.charts.chart import Unit
from tcptui.charts.ticks import amount_labels, log_ticks, ticks, time_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.charts.raster import Viewport

#: What an amount of each unit is counted in; a sequence number is a place in a stream of bytes (RFC 9293, 3.4).
_COUNTED_IN: Final = {Unit.NUMBER: "B", Unit.BYTES: "B", Unit.RATE: "B/s"}


def axis_labels(view: Viewport, most: int, unit: Unit, *, ascii_only: bool = False) -> tuple[list[int], list[str]]:
    """Round places of the vertical axis of ``view``, ``most`` of them at most, and what is written at them."""
    if not view.is_log:
        places = ticks(view.low, view.high, most)
        return places, value_labels(places, unit, ascii_only=ascii_only)
    places = log_ticks(view.low, view.high, most)
    return places, [label for place in places for label in value_labels([place], unit, ascii_only=ascii_only)]


def value_labels(places: Sequence[int], unit: Unit, *, ascii_only: bool = False) -> list[str]:
    """What stands at ``places`` of a vertical axis."""
    if unit is Unit.TIME:
        return time_labels(places, ascii_only=ascii_only)
    return amount_labels(places, _COUNTED_IN[unit])
