"""Numbers as a report shows them; exact integers in, digits and units out.

Between a number and its unit stands a no-break space, which `tcptui.report.wrapping` and the
formats turn into an ordinary one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tcptui.explain.quantities import duration as in_seconds

if TYPE_CHECKING:
    from tcptui.explain.words import Words

#: Keeps what it stands between on one line.
NO_BREAK: Final = "\u00a0"
_NS_PER_S: Final = 1_000_000_000
_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB")


def byte_size(value: int) -> str:
    """Bytes with a unit (powers of 1024): ``17 B``, ``1.2 MiB``."""
    scaled = float(value)
    for unit in _UNITS[:-1]:
        if scaled < 1024:
            return f"{value}{NO_BREAK}B" if unit == "B" else f"{scaled:.1f}{NO_BREAK}{unit}"
        scaled /= 1024
    return f"{scaled:.1f}{NO_BREAK}{_UNITS[-1]}"


def duration(time_ns: int, words: Words) -> str:
    """A time span with its unit in the user's language."""
    return in_seconds(time_ns / _NS_PER_S, words).replace(" ", NO_BREAK)


def clock_time(time_ns: int) -> str:
    """Date and time of day where the program runs, with the offset from UTC: a report is read elsewhere, later."""
    try:
        moment = datetime.fromtimestamp(time_ns // _NS_PER_S, UTC).astimezone()
    except (OverflowError, ValueError, OSError):
        return f"{time_ns // _NS_PER_S}{NO_BREAK}s"  # a broken clock's time has no calendar
    return f"{moment:%Y-%m-%d %H:%M:%S}.{time_ns % _NS_PER_S // 1000:06d} {moment:%z}"
