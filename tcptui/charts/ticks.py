"""Round places on an axis, and what is written at them."""

from __future__ import annotations

from decimal import Decimal  # a float has fewer digits than the nanoseconds of a year
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_KILO: Final = 1000
#: Digits behind the point at most: those of a 64-bit number.
_MOST_DIGITS: Final = 18
_UNITS: Final = ("", "k", "M", "G", "T", "P", "E")
_TIMES: Final = ((10**9, "s"), (10**6, "ms"), (10**3, "µs"), (1, "ns"))
_MINUTE: Final = 60 * 10**9
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
#: Units in which a step of `round_times` is a whole number, the largest first.
_LONG_TIMES: Final = ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min"))
_LONG_STEPS: Final = (*(_MINUTE * n for n in (1, 2, 5, 10, 20, 30)), *(_HOUR * n for n in (1, 2, 3, 6, 12)))
#: Up to this length an axis of times counts seconds.
_IN_SECONDS: Final = 10 * _MINUTE


def ticks(low: int, high: int, most: int) -> list[int]:
    """Multiples of 1, 2 or 5 times a power of ten from ``low`` to ``high``, ``most`` of them at most."""
    if most < 1 or high < low:
        return []
    step = 1
    while True:
        for factor in (1, 2, 5):
            width = step * factor
            first = -(-low // width) * width
            if (high - first) // width < most:
                return list(range(first, high + 1, width))
        step *= 10


def log_ticks(low: int, high: int, most: int) -> list[int]:
    """Places from ``low``, which is positive, to ``high`` for a logarithmic axis, ``most`` of them at most.

    1, 2 and 5 times powers of ten, or these powers, or some of them.
    """
    powers = [10**power for power in range(len(str(high)))]
    every = range(1, len(powers) + 1)
    choices = [[power * factor for power in powers for factor in (1, 2, 5)], *(powers[::step] for step in every)]
    found = ([place for place in places if low <= place <= high] for places in choices)
    return next((places for places in found if len(places) <= most), [])


def round_times(begin_ns: int, end_ns: int, most: int) -> list[int]:
    """As `ticks`, for times: of an axis longer than ten minutes round minutes, hours or days."""
    if end_ns - begin_ns <= _IN_SECONDS:
        return ticks(begin_ns, end_ns, most)
    for step in _LONG_STEPS:
        first = -(-begin_ns // step) * step
        if (end_ns - first) // step < most:
            return list(range(first, end_ns + 1, step))
    return [day * _DAY for day in ticks(-(-begin_ns // _DAY), end_ns // _DAY, most)]


def time_labels(places: Sequence[int], *, ascii_only: bool = False) -> list[str]:
    """Times in nanoseconds, all in one unit, with the digits that tell them apart.

    The unit suits the largest; it is longer than a second only where the step between places is (`round_times`).
    """
    if len(places) > 1:
        step = places[1] - places[0]
        for unit, name in _LONG_TIMES:
            if step % unit == 0:
                return [f"{place // unit} {name}" if place else "0" for place in places]
    largest = max((abs(place) for place in places), default=0)
    unit, name = next(((unit, name) for unit, name in _TIMES if largest >= unit), _TIMES[0])
    digits = _digits(places, unit)
    name = "us" if ascii_only and unit == 10**3 else name
    return [f"{Decimal(place) / unit:.{digits}f} {name}" if place else "0" for place in places]


def amount_labels(places: Sequence[int], counted_in: str) -> list[str]:
    """Amounts with their unit, all with the same prefix of 1000, with the digits that tell them apart."""
    largest = max((abs(place) for place in places), default=0)
    power = next(power for power in range(len(_UNITS) - 1, -1, -1) if largest >= _KILO**power or not power)
    digits = _digits(places, _KILO**power)
    unit = _UNITS[power] + counted_in
    return [f"{Decimal(place) / _KILO**power:.{digits}f} {unit}" if place else "0" for place in places]


def _digits(places: Sequence[int], unit: int) -> int:
    digits = 0
    while digits < _MOST_DIGITS and any(place * 10**digits % unit for place in places):
        digits += 1
    return digits
