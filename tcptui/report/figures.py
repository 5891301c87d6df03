"""Numbers as a report shows them; exact integers in, digits and units out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_NS_PER_S: Final = 1_000_000_000
_NS_PER_MS: Final = 1_000_000
_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB")


def amount(value: int) -> str:
    """A count, thousands separated: ``1,204,331``."""
    return f"{value:,}"


def byte_size(value: int) -> str:
    """Bytes with a unit (powers of 1024): ``17 B``, ``1.2 MiB``."""
    scaled = float(value)
    for unit in _UNITS[:-1]:
        if scaled < 1024:
            return f"{value} B" if unit == "B" else f"{scaled:.1f} {unit}"
        scaled /= 1024
    return f"{scaled:.1f} {_UNITS[-1]}"


def duration(time_ns: int) -> str:
    """A time span with its unit: ``92 us``, ``38.1 ms``, ``1.20 s``, ``1 h 02 min``."""
    if time_ns < 0:
        return "-" + duration(-time_ns)
    if time_ns < _NS_PER_MS:
        return f"{time_ns / 1000:.0f} us"
    if time_ns < _NS_PER_S:
        return f"{time_ns / _NS_PER_MS:.1f} ms"
    seconds = time_ns // _NS_PER_S
    if seconds < 60:
        return f"{time_ns / _NS_PER_S:.2f} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"


def clock_time(time_ns: int) -> str:
    """Date and time of day where the program runs, with the offset from UTC: a report is read elsewhere, later."""
    try:
        moment = datetime.fromtimestamp(time_ns // _NS_PER_S, UTC).astimezone()
    except (OverflowError, ValueError, OSError):
        return f"{time_ns // _NS_PER_S} s"  # a broken clock's time has no calendar
    return f"{moment:%Y-%m-%d %H:%M:%S}.{time_ns % _NS_PER_S // 1000:06d} {moment:%z}"
