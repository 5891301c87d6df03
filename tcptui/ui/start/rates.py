"""Traffic rates of interfaces, as differences of their counters; the caller passes the time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.model.units import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcptui.capture.interfaces import Traffic

#: Measurements kept for the graphs: half a minute at one per second.
SAMPLES: Final = 30
_BITS: Final = 8
#: The full block is left out, so that the bars of neighbouring lines do not touch.
_BARS: Final = "▁▂▃▄▅▆▇"
_ASCII_BARS: Final = ".:-=+*#"


@dataclass(frozen=True, slots=True)
class Rate:
    """Traffic of one interface, both directions together."""

    packets: int
    """Per second."""
    bits: int
    """Per second."""
    history: tuple[int, ...]
    """Packets per second, oldest first."""


class RateMeter:
    """Computes rates from successive readings of all counters."""

    def __init__(self) -> None:
        self._before: Mapping[str, Traffic] = {}
        self._before_ns = 0
        self._history: dict[str, deque[int]] = {}

    def measure(self, counters: Mapping[str, Traffic], now_ns: int) -> dict[str, Rate]:
        """Rates since the last call, by interface; interfaces that were not in that call are left out.

        A counter that went back (the interface was created again) counts as no traffic.
        """
        elapsed = now_ns - self._before_ns
        rates: dict[str, Rate] = {}
        for name, now in counters.items():
            before = self._before.get(name)
            if before is None or elapsed <= 0:
                continue
            packets = max(0, now.packets - before.packets) * NS_PER_S // elapsed
            bits = max(0, now.octets - before.octets) * _BITS * NS_PER_S // elapsed
            history = self._history.setdefault(name, deque(maxlen=SAMPLES))
            history.append(packets)
            rates[name] = Rate(packets, bits, tuple(history))
        self._before, self._before_ns = counters, now_ns
        return rates


def bars(history: tuple[int, ...], cells: int, *, ascii_only: bool) -> str:
    """The newest ``cells`` measurements as a bar chart one cell each, scaled to the highest; blanks without traffic."""
    shades = _ASCII_BARS if ascii_only else _BARS
    shown = history[-cells:]
    top = max(shown, default=0)
    if top == 0:
        return " " * cells
    drawn = "".join(shades[value * (len(shades) - 1) // top] if value else " " for value in shown)
    return drawn.rjust(cells)
