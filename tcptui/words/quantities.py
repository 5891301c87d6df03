"""Quantities as text: times with a suitable unit, sizes in bytes, counts with separators and the right noun.

For sentences.  Columns of a screen, which must be narrow, have formats of their own in `tcptui.ui.cell_text`; JSON
has exact numbers in seconds and bytes (`tcptui.cli.report.json_text`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tcptui.model.units import NS_PER_MS, NS_PER_S, NS_PER_US

if TYPE_CHECKING:
    from tcptui.words.catalogue import Words

_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
_DAY: Final = 24 * _HOUR
#: Lists of at most this many frame numbers are shown whole; of longer ones the first ones and the last.
_LISTED: Final = 6
#: No-break space: keeps its neighbours on one line; `tcptui.words.line_breaking` and the formats of a report replace
#: it by a blank.
NO_BREAK: Final = "\u00a0"
_BYTES: Final = ("B", "kB", "MB", "GB", "TB")


class Count(int):
    """An integer with format specs for singular and plural: ``{n:packet|packets}``: "1 packet", "2,000 packets".

    ``{n:times}`` gives "once", "twice", "3 times".

    Without a format spec it prints with thousands separators.
    """

    def __format__(self, spec: str) -> str:
        if spec == "times":
            return {1: "once", 2: "twice"}.get(int(self), f"{int(self):,} times")
        if "|" in spec:
            one, many = spec.split("|", 1)
            return f"{int(self):,} {one if self == 1 else many}"
        return f"{int(self):{spec or ','}}"


def duration(seconds: float, words: Words) -> str:
    """A time with three significant digits and its unit in the user's language; 0 is "0 s"."""
    size = abs(seconds)
    if size == 0:
        return words("narrative.unit.s", n="0")
    if size < 0.9995e-3:
        return words("narrative.unit.us", n=_digits(seconds * 1e6))
    if size < 0.9995:
        return words("narrative.unit.ms", n=_digits(seconds * 1e3))
    if size < 2 * _MINUTE:
        return words("narrative.unit.s", n=_digits(seconds))
    if size < 2 * _HOUR:
        return words("narrative.unit.min", n=_digits(seconds / _MINUTE))
    if size < 2 * _DAY:
        return words("narrative.unit.h", n=_digits(seconds / _HOUR))
    return words("narrative.unit.d", n=_digits(seconds / _DAY))


def _digits(number: float) -> str:
    """Three significant digits, no exponent, no trailing zeros after the point."""
    if abs(number) >= 99.95:
        return f"{number:,.0f}"
    text = f"{number:.1f}" if abs(number) >= 9.995 else f"{number:.2f}"
    return text.rstrip("0").rstrip(".")


def frames(numbers: tuple[int, ...], words: Words) -> str:
    """Frame numbers as a list in the user's language; of a long one the first ones and the last."""
    join = words("narrative.join").join
    if len(numbers) <= _LISTED:
        return join(map(str, numbers))
    return join(map(str, numbers[: _LISTED - 1])) + f" … {numbers[-1]}"


def byte_size(value: int) -> str:
    """Bytes with a unit (powers of 1000, as columns have), kept on one line: ``17 B``, ``1.2 MB``, ``120 MB``."""
    power = next((power for power in range(len(_BYTES)) if value < 999.5 * 1000**power), len(_BYTES) - 1)
    scaled = value / 1000**power
    return f"{scaled:.{1 if power and scaled < 99.95 else 0}f}{NO_BREAK}{_BYTES[power]}"


def percentage(percent: float, words: Words, *, digits: int = 0) -> str:
    """``percent`` with so many digits behind the point, as the language writes it: ``79 %``, ``79%``."""
    return words("narrative.percent", n=f"{percent:.{digits}f}")


def unbroken_duration(time_ns: int, words: Words) -> str:
    """`duration` of nanoseconds, kept on one line."""
    return duration(time_ns / NS_PER_S, words).replace(" ", NO_BREAK)


def time_of_day(time_ns: int) -> str:
    """Local time of day in milliseconds, for what happened within a capture whose date is told beside it."""
    try:
        moment = datetime.fromtimestamp(time_ns // NS_PER_S, UTC).astimezone()
    except (OverflowError, ValueError, OSError):
        return f"{time_ns // NS_PER_S}{NO_BREAK}s"  # as in `clock_time`
    return f"{moment:%H:%M:%S}.{time_ns % NS_PER_S // NS_PER_MS:03d}"


def clock_time(time_ns: int) -> str:
    """Local date and time with the offset from UTC, because a report may be read in another time zone."""
    try:
        moment = datetime.fromtimestamp(time_ns // NS_PER_S, UTC).astimezone()
    except (OverflowError, ValueError, OSError):
        return f"{time_ns // NS_PER_S}{NO_BREAK}s"  # a broken clock's time has no calendar
    return f"{moment:%Y-%m-%d %H:%M:%S}.{time_ns % NS_PER_S // NS_PER_US:06d} {moment:%z}"
