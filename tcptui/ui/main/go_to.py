"""`:`: parses what was typed (a packet's number, a time since the start, a time of day) and finds the packet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.packet_store import NO_ROW, NO_STREAM
from tcptui.model.units import NS_PER_S
from tcptui.ui.view_options import TimeBase

if TYPE_CHECKING:
    from tcptui.model.packet_store import I32, PacketStore


def row_of_target(store: PacketStore, target: JumpTarget, rows: I32, base: TimeBase) -> int:
    """The store's row that ``target`` names, or `NO_ROW`.

    Elapsed times count as the time column does: from the first of ``rows`` (the open
    connection) or from the capture's first packet.  Times find the first TCP packet at
    or after them.
    """
    if isinstance(target, FrameTarget):
        return store.row_of_frame(target.frame) if 0 < target.frame < 2**32 else NO_ROW
    count = store.count
    if not count:
        return NO_ROW
    in_connection = base is TimeBase.CONNECTION and len(rows) > 0
    if isinstance(target, ElapsedTarget):
        wanted = (int(store.time_ns[rows[0]]) if in_connection else store.began_ns) + target.ns
    else:
        first = store.began_ns
        moment = datetime.fromtimestamp(first // NS_PER_S, UTC).astimezone()
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        wanted = int(midnight.timestamp()) * NS_PER_S + target.ns
        if wanted + NS_PER_S < first:
            wanted = int((midnight + timedelta(days=1)).timestamp()) * NS_PER_S + target.ns
    if in_connection and isinstance(target, ElapsedTarget):
        found = np.flatnonzero(store.time_ns[rows] >= wanted)
        return int(rows[found[0]]) if len(found) else NO_ROW
    kept = slice(store.first, count)
    found = np.flatnonzero((store.time_ns[kept] >= wanted) & (store.stream[kept] != NO_STREAM))
    return kept.start + int(found[0]) if len(found) else NO_ROW


_FRAME: Final = re.compile(r"#?(\d{1,18})")
_ELAPSED: Final = re.compile(r"\+?(\d{1,12}(?:\.\d*)?|\.\d+) ?(s|ms|us|µs|ns)?")
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{0,9})?)?")
_UNIT_NS: Final = {"s": 10**9, "ms": 10**6, "us": 10**3, "µs": 10**3, "ns": 1, None: 10**9}


@dataclass(frozen=True, slots=True)
class FrameTarget:
    """The packet with this frame number, from 1."""

    frame: int


@dataclass(frozen=True, slots=True)
class ElapsedTarget:
    """The first packet not earlier than this many nanoseconds after the time column's zero."""

    ns: int


@dataclass(frozen=True, slots=True)
class ClockTarget:
    """The first packet not earlier than this time of day, in nanoseconds since midnight."""

    ns: int


JumpTarget = FrameTarget | ElapsedTarget | ClockTarget


def parse_target(text: str) -> JumpTarget | None:
    """The target that ``text`` names, or None when it cannot be parsed.

    ``13`` or ``#13`` is a packet; ``1.5``, ``+2``, ``38ms`` a time since the start;
    ``14:03:59.12`` a time of day.
    """
    text = text.strip()
    if frame := _FRAME.fullmatch(text):
        return FrameTarget(int(frame[1]))
    if elapsed := _ELAPSED.fullmatch(text):
        return ElapsedTarget(int(Decimal(elapsed[1]) * _UNIT_NS[elapsed[2]]))
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = int(clock[1]), int(clock[2]), int(clock[3] or 0)
        if hours < 24 and minutes < 60 and seconds < 60:
            fraction = int(Decimal("0" + (clock[4] or ".0") + "0") * 10**9)
            return ClockTarget(((hours * 60 + minutes) * 60 + seconds) * 10**9 + fraction)
    return None
