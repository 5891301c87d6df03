"""Numbers, times and text formatted for terminal cells of fixed or bounded width.

Widths are cells, not characters: a Chinese character takes two.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size

from tcptui.model.units import NS_PER_MS, NS_PER_S, NS_PER_US

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.session.rates import Rate

_MINUTE: Final = 60
#: What stands before the target in the one line of a packet.
_ARROW: Final = " → "
#: An address without a port: of IPv4, of IPv6, of a link.
_PLAIN_NUMBER: Final = re.compile(r"[0-9.]+|\[?[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*\]?")


def fit(text: str, width: int, ellipsis: str = "…", right: bool = False) -> str:
    """``text`` padded or, with ``ellipsis`` at its end, cut to exactly ``width`` cells; ``right`` aligns it right."""
    if width <= 0:
        return ""
    size = len(text) if text.isascii() else cell_len(text)
    if size == width:
        return text
    if size < width:
        return " " * (width - size) + text if right else text + " " * (width - size)
    if width <= len(ellipsis):
        return set_cell_size(text, width)
    return set_cell_size(text, width - len(ellipsis)) + ellipsis


def fit_name(text: str, width: int, ellipsis: str = "…") -> str:
    """The name of a file in exactly ``width`` cells; what is cut is its middle: both ends tell files apart."""
    if cell_len(text) <= width or width <= len(ellipsis) + 1:
        return fit(text, width, ellipsis)
    begin = set_cell_size(text, (width - len(ellipsis) + 1) // 2).rstrip()
    end = text[len(begin) :]
    while cell_len(begin) + len(ellipsis) + cell_len(end) > width:
        end = end[1:]
    return fit(begin + ellipsis + end, width)


def fit_target(text: str, width: int, ellipsis: str = "…") -> str:
    """``text`` in exactly ``width`` cells; what is cut is what stands before its last arrow.

    What it leads to, an address or a port, tells it from its neighbours; too long itself, it is cut at its end.
    """
    before, arrow, target = text.rpartition(_ARROW)
    room = width - cell_len(arrow + target)
    if cell_len(text) <= width or not arrow or room < width // 3:
        return fit(text, width, ellipsis)
    return fit(before, room, ellipsis) + arrow + target


def fit_endpoint(text: str, width: int, ellipsis: str = "…") -> str:
    """``address:port`` in exactly ``width`` cells; what is cut is the address, never the port.

    A number is cut at its beginning, which it shares with its neighbours; a name at its end, its domain.  The number
    may have no port, and be a link address.
    """
    if len(text) <= width:
        return text + " " * (width - len(text))
    if _PLAIN_NUMBER.fullmatch(text) and width > len(ellipsis):
        return ellipsis + text[len(ellipsis) - width :]
    address, colon, port = text.rpartition(":")
    keep = width - len(port) - 1 - len(ellipsis)
    if not colon or keep < 1:
        return fit(text, width, ellipsis)
    if address[0].isdigit() or address[0] == "[":
        return f"{ellipsis}{address[-keep:]}:{port}"
    return f"{address[:keep]}{ellipsis}:{port}"


def fit_field(text: str, width: int, ellipsis: str = "…", right: bool = False) -> str:
    """The name of a field in exactly ``width`` cells; what is cut is its beginning, which other fields share.

    ``right`` aligns a name that is shorter.
    """
    last = text.rpartition(".")[2]
    if cell_len(text) <= width or width <= len(ellipsis):
        return fit(text, width, ellipsis, right)
    if cell_len(last) == width:
        return last
    end = text
    while cell_len(end) > width - len(ellipsis):
        end = end[1:]
    if cell_len(last) < cell_len(end) and text[-len(end) - 1] != ".":  # not in the middle of a part of the name
        end = end.partition(".")[2] or end
    return fit(ellipsis + end, width, ellipsis, right)


def fit_ends(
    first: str,
    second: str,
    arrow: str,
    width: int,
    ellipsis: str = "…",
    cut: Callable[[str, int, str], str] = fit_endpoint,
) -> str:
    """``first``, ``arrow``, ``second`` in at most ``width`` cells: both are ``cut``."""
    room = width - cell_len(arrow)
    whole = cell_len(first), cell_len(second)
    if sum(whole) > room:
        half = room // 2
        mine = max(room - whole[1], half) if whole[0] > half else whole[0]
        first, second = cut(first, mine, ellipsis), cut(second, room - mine, ellipsis).rstrip()
    return f"{first}{arrow}{second}"


def shared_beginning(one: str, other: str) -> str:
    """What both texts begin with."""
    differing = (place for place, (mine, its) in enumerate(zip(one, other, strict=False)) if mine != its)
    return one[: next(differing, min(len(one), len(other)))]


def shared_network(beginning: str) -> str:
    """The part of the ``beginning`` that addresses share which ends between two of their numbers; empty for names.

    ``10.9.7.1`` and ``10.9.7.20`` begin with ``10.9.7.``, of which this is ``10.9.7``: what is left tells them apart.
    """
    if beginning.startswith("["):
        return beginning[: beginning.rfind(":") + 1]
    return beginning[: max(0, beginning.rfind("."))] if beginning[:1].isdigit() else ""


def left_out(network: str, ellipsis: str = "…") -> str:
    """What stands in the place of a `shared_network`: nothing before the dot of an IPv4 address, ``[…`` of an IPv6."""
    return f"[{ellipsis}" if network.startswith("[") else ""


def amount(value: int) -> str:
    """A count in at most five cells: ``999``, ``1.2k``, ``48k``, ``1.2M`` (powers of 1000)."""
    if value < 1000:
        return str(value)
    scaled = float(value)
    for unit in "kMGTP":
        scaled /= 1000
        if scaled < 9.95:
            return f"{scaled:.1f}{unit}"
        if scaled < 999.5:
            return f"{scaled:.0f}{unit}"
    return f"{scaled:.0f}P"


def rate_facts(rate: Rate, *, is_none: bool = True) -> dict[str, str]:
    """``bits`` and ``packets`` per second as `amount`; fewer than one is not none.

    ``is_none``: whether a rate of 0 is that of no packets at all.
    """
    none = "0" if is_none else "<1"
    bits = amount(rate.bits) if rate.bits else none
    return {"bits": bits, "packets": amount(rate.packets) if rate.packets else "<1" if rate.bits else none}


def brief(value: int) -> str:
    """A count, rounded down, in at most three cells: ``999``, ``12k``, ``.3M``, ``12M``, at most ``99M``."""
    if value < 1000:
        return str(value)
    if value < 100_000:
        return f"{value // 1000}k"
    return f".{value // 100_000}M" if value < 1_000_000 else f"{min(value // 1_000_000, 99)}M"


def grouped(value: int) -> str:
    """A count with thousands separated: ``1,204,331``."""
    return f"{value:,}"


def stamp(ns: int) -> str:
    """``ns`` as seconds with microseconds: ``0.038112``; negative when time went back."""
    sign = "-" if ns < 0 else ""
    us = abs(ns) // NS_PER_US
    return f"{sign}{us // 1_000_000}.{us % 1_000_000:06d}"


def clock(ns: int) -> str:
    """Local time of day with microseconds: ``14:03:59.120411``."""
    moment = datetime.fromtimestamp(ns // NS_PER_S, UTC).astimezone()
    return f"{moment:%H:%M:%S}.{ns % NS_PER_S // NS_PER_US:06d}"


def span(ns: int, micro: str = "µs") -> str:
    """A duration with its unit in at most seven cells: ``92µs``, ``38.1ms``, ``1.20s``, ``12m03s``."""
    if ns < 0:
        return "-" + span(-ns, micro)
    if ns < NS_PER_MS - NS_PER_US // 2:
        return f"{round(ns / NS_PER_US)}{micro}"
    if ns < 100 * NS_PER_MS:
        return f"{ns / NS_PER_MS:.1f}ms"
    if ns < 999 * NS_PER_MS + NS_PER_MS // 2:
        return f"{ns / NS_PER_MS:.0f}ms"
    seconds = ns / NS_PER_S
    if seconds < 9.995:
        return f"{seconds:.2f}s"
    if seconds < 99.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 100 * _MINUTE:
        return f"{whole // _MINUTE}m{whole % _MINUTE:02d}s"
    minutes = whole // _MINUTE
    if minutes < 100 * _MINUTE:
        return f"{minutes // _MINUTE}h{minutes % _MINUTE:02d}m"
    hours = minutes // _MINUTE
    return f"{hours // 24}d{hours % 24:02d}h" if hours < 1000 * 24 else f"{hours // 24}d"
