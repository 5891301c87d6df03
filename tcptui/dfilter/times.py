"""Times as they are written in filters, read as tshark 4.0.17 reads them: by C's scanf and strptime, oddities included.

Thus blanks may stand before numbers, a day 30 of February is the 2nd of March where strptime reads it, and what stands
behind the fraction of a time offset is ignored.
"""

from __future__ import annotations

import calendar
import re
import time
from typing import Final

_SECOND: Final = 1_000_000_000
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_BLANKS: Final = " \t\n\v\f\r"
_LAST_MONTH: Final = 12
_FEBRUARY: Final = 2
_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LAST_HOUR: Final = 23
_LAST_MINUTE: Final = 59
#: ISO 8601 has one leap second; strptime, two.
_LAST_SECOND: Final = 60
#: What strptime reads: least, greatest.
_DIRECTIVES: Final = {"Y": (0, 9999), "m": (1, 12), "d": (1, 31), "H": (0, 23), "M": (0, 59), "S": (0, 61)}
_ISO_DATE: Final = re.compile(
    r"(?P<year>[0-9]{4})-[ \t]*(?P<month>\+[0-9]|[0-9]{1,2})-[ \t]*(?P<day>\+[0-9]|[0-9]{1,2})[T ]"
    r"[ \t]*(?P<hour>\+[0-9]|[0-9]{1,2}):[ \t]*(?P<minute>\+[0-9]|[0-9]{1,2})"
    r"(?::[ \t]*(?P<second>\+[0-9]|[0-9]{1,2})(?:[.,](?:[ \t]*\+?(?P<part>[0-9]+))?)?)?"
)  # fmt: skip
_ISO_ZONE: Final = re.compile(r"Z|(?P<sign>[+-])(?P<hours>[0-9]{1,2})(?::?[ \t]*(?P<minutes>[+-][0-9]|[0-9]{1,2}))?")
_RELATIVE: Final = re.compile(r"(-?)([0-9]*)(?:\.(.*))?", re.DOTALL)
_DIGITS: Final = re.compile("[0-9]*")
_SHORTEST: Final = len("2000-1-1")
_LARGEST: Final = 2**63 - 1


def relative(text: str) -> int | None:
    """Nanoseconds of a time offset: seconds, and a fraction behind a full stop; None: not one."""
    found = _RELATIVE.fullmatch(text)
    if found is None or (not found[2] and found[3] is None):
        return None
    digits = _DIGITS.match(found[3] or "")
    part = _nanoseconds(digits[0]) if digits is not None else 0
    if part is None:
        return None
    seconds = _LARGEST if len(found[2]) > len(str(_LARGEST)) else min(int(found[2] or "0"), _LARGEST)
    value = seconds * _SECOND + part
    return -value if found[1] else value


def _nanoseconds(digits: str) -> int | None:
    """A fraction's digits; None where one below a nanosecond is not 0."""
    if digits[9:].strip("0"):
        return None
    return int(digits[:9].ljust(9, "0"))


def absolute(text: str) -> int | None:
    """Nanoseconds since 1970 of a date and time; local time unless a zone is given; None: not one.

    ISO 8601 with ``T`` or a blank, seconds and fraction optional, ``Z`` or an offset; a date alone, or with hours;
    ``Sep 26, 2004 23:18:04.9``; the last two with ``UTC`` behind.
    """
    if not text:
        return 0  # tshark takes the empty string for a time
    value = _iso(text)
    if value is None and len(text) >= _SHORTEST:
        value = _legacy(text)
    return value


def _iso(text: str) -> int | None:
    found = _ISO_DATE.match(text)
    if found is None:
        return None
    date = (int(found["year"]), int(found["month"]), int(found["day"]))
    clock = (int(found["hour"]), int(found["minute"]), int(found["second"] or 0))
    if not _is_date(*date) or clock[0] > _LAST_HOUR or clock[1] > _LAST_MINUTE or clock[2] > _LAST_SECOND:
        return None
    digits = found["part"] or ""
    part = int(digits[:9].ljust(9, "0")) if digits and len(digits.lstrip("0")) <= len("999999999") else 0
    rest = text[found.end() :]
    if not rest:
        return _local(*date, *clock) * _SECOND + part
    zone = _ISO_ZONE.fullmatch(rest)
    if zone is None:
        return None
    offset = 0
    if zone["sign"]:
        offset = int(zone["hours"]) * 3600 + int(zone["minutes"] or 0) * 60
        offset = -offset if zone["sign"] == "-" else offset
    return (_utc(*date, *clock) - offset) * _SECOND + part


def _is_date(year: int, month: int, day: int) -> bool:
    """Whether tshark's ISO reader takes the date; it does not mind a day 0."""
    if not 1 <= month <= _LAST_MONTH:
        return False
    is_leap_day = month == _FEBRUARY and calendar.isleap(year)
    return day <= _DAYS[month - 1] + is_leap_day


def _legacy(text: str) -> int | None:
    """What strptime reads: the first form that fits."""
    found, has_seconds = None, True
    if text[:3].lower() in _MONTHS and text[3] == " ":
        found = _strptime(text[4:], "%d, %Y %H:%M:%S", {"m": _MONTHS.index(text[:3].lower()) + 1})
    if found is None:
        found = _strptime(text, "%Y-%m-%d %H:%M:%S", {})
    for form in ("%Y-%m-%d %H:%M", "%Y-%m-%d %H", "%Y-%m-%d"):
        if found is None:
            found, has_seconds = _strptime(text, form, {}), False
    if found is None:
        return None
    read, rest = found
    part = 0
    if rest.startswith("."):
        digits = _DIGITS.match(rest, 1)
        exact = _nanoseconds(digits[0]) if digits is not None and digits[0] and has_seconds else None
        if exact is None or digits is None:
            return None
        part, rest = exact, rest[digits.end() :]
    rest = rest.lstrip(_BLANKS)
    if rest not in ("", "UTC"):
        return None
    moment = (read["Y"], read["m"], read["d"], read.get("H", 0), read.get("M", 0), read.get("S", 0))
    seconds = _utc(*moment) if rest else _local(*moment)
    # tshark takes the last second of 1969 for an error.
    return None if seconds == -1 else seconds * _SECOND + part


def _strptime(text: str, form: str, read: dict[str, int]) -> tuple[dict[str, int], str] | None:
    """The numbers that ``form`` finds at the start of ``text``, and what stands behind them."""
    place, numbers = 0, dict(read)
    signs = iter(form)
    for sign in signs:
        if sign == " ":
            while text[place : place + 1] and text[place] in _BLANKS:
                place += 1
            continue
        if sign != "%":
            if text[place : place + 1] != sign:
                return None
            place += 1
            continue
        directive = next(signs)
        least, greatest = _DIRECTIVES[directive]
        while text[place : place + 1] == " ":
            place += 1
        start, value = place, 0
        while place - start < len(str(greatest)) and "0" <= text[place : place + 1] <= "9" and value * 10 <= greatest:
            value = value * 10 + int(text[place])
            place += 1
        if place == start or not least <= value <= greatest:
            return None
        numbers[directive] = value
    return numbers, text[place:]


def _utc(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    """Seconds since 1970 of a time in UTC; any year, any day."""
    shifted = year - (month <= _FEBRUARY)  # years from March on: the leap day is the last
    days = (
        shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    )
    return ((days - 719_468) * 24 + hour) * 3600 + minute * 60 + second


def _local(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    """Seconds since 1970 of a local time."""
    try:
        return int(time.mktime((year, month, day, hour, minute, second, 0, 0, -1)))
    except (OverflowError, ValueError):  # the last second of 1969, or a year that the platform has no time for
        return _utc(year, month, day, hour, minute, second) + time.timezone
