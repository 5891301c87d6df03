"""Traffic rates from counters that only grow; no clock of its own."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.model.units import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcptui.capture.interfaces import Traffic

#: Measurements kept for the little graphs: half a minute at one a second.
KEPT: Final = 30
_BITS: Final = 8
#: Without the full block: bars of neighbouring lines stay apart.
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
    """Differences between successive readings of all counters."""

    def __init__(self) -> None:
        self._before: Mapping[str, Traffic] = {}
        self._before_ns = 0
        self._history: dict[str, deque[int]] = {}

    def measure(self, counters: Mapping[str, Traffic], now_ns: int) -> dict[str, Rate]:
        """Rates since the last call, by name; nothing for what was not there then.

        A counter that went back (the interface was made anew) counts as no traffic.
        """
        elapsed = now_ns - self._before_ns
        rates: dict[str, Rate] = {}
        for name, now in counters.items():
            before = self._before.get(name)
            if before is None or elapsed <= 0:
                continue
            packets = max(0, now.packets - before.packets) * NS_PER_S // elapsed
            bits = max(0, now.octets - before.octets) * _BITS * NS_PER_S // elapsed
            history = self._history.setdefault(name, deque(maxlen=KEPT))
            history.append(packets)
            rates[name] = Rate(packets, bits, tuple(history))
        self._before, self._before_ns = counters, now_ns
        return rates


def bars(history: tuple[int, ...], cells: int, *, ascii_only: bool) -> str:
    """The newest measurements as bars of at most ``cells`` cells, scaled to the highest; blank for none at all."""
    shades = _ASCII_BARS if ascii_only else _BARS
    shown = history[-cells:]
    top = max(shown, default=0)
    if top == 0:
        return " " * cells
    drawn = "".join(shades[value * (len(shades) - 1) // top] if value else " " for value in shown)
    return drawn.rjust(cells)
