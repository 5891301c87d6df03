"""The events in a page of ``trace_pipe_raw`` (Linux, kernel/trace/ring_buffer.c).

A page begins with the time of its first event and the number of bytes that follow, whose top bits say that events
were lost before them.  An event begins with a word: 5 bits of type and length, 27 bits of time since the one before.
"""

from __future__ import annotations

import struct
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.capture.kernel_trace.formats import _FIELD, FieldPlace

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Type words from ``enum ring_buffer_type``: below it, the length in words of 4 bytes.
_PADDING, _TIME_EXTEND, _TIME_STAMP = 29, 30, 31
_TYPE_BITS: Final = 5 if sys.byteorder == "little" else 27
_DELTA_BITS: Final = 27
_WORD: Final = struct.Struct("=I")
_MISSED: Final = 1 << 31
_MISSED_STORED: Final = 1 << 30
_LENGTH: Final = (1 << 27) - 1
#: RB_MISSED_EVENTS, where the kernel does not say how many.
UNCOUNTED: Final = 1
#: An absolute time has 59 bits; the ones above are those of the page's time (rb_fix_abs_ts).
_ABSOLUTE_BITS: Final = 59


@dataclass(frozen=True, slots=True)
class PageLayout:
    """The places of the header's fields in a page, in bytes."""

    time: FieldPlace
    committed: FieldPlace
    data: int


def parse_page_layout(text: str) -> PageLayout:
    """The layout in ``events/header_page``; raises ValueError for what is none."""
    places = {}
    for found in _FIELD.finditer(text):
        name = found["declared"].split("[", 1)[0].split()[-1]
        places[name] = FieldPlace(int(found["offset"]), int(found["size"]), found["signed"] == "1")
    try:
        layout = PageLayout(places["timestamp"], places["commit"], places["data"].offset)
    except KeyError as missing:
        raise ValueError("not the header of a page of trace events") from missing
    if layout.time.size != 8 or layout.committed.size not in (4, 8):
        raise ValueError("a page of trace events has an unknown header")
    return layout


@dataclass(frozen=True, slots=True)
class Page:
    """A page, cut into events."""

    lost: int
    """Events that the kernel dropped before those of this page, at least."""
    events: list[tuple[int, bytes]]
    """Time on the trace clock, and the event's own bytes."""


def read_page(page: bytes, layout: PageLayout) -> Page:
    """Cut ``page`` into events; raises ValueError where its lengths lead out of it."""
    if len(page) < layout.data:
        raise ValueError("a page of trace events is cut")
    started = int.from_bytes(page[layout.time.offset : layout.time.offset + 8], sys.byteorder)
    place = layout.committed
    committed = int.from_bytes(page[place.offset : place.offset + place.size], sys.byteorder)
    end = layout.data + (committed & _LENGTH)
    if end > len(page):
        raise ValueError("a page of trace events says that it is longer than it is")
    lost = 0
    if committed & _MISSED:
        lost = UNCOUNTED
        if committed & _MISSED_STORED and end + place.size <= len(page):
            lost = max(lost, int.from_bytes(page[end : end + place.size], sys.byteorder))
    return Page(lost, list(_events(page, layout.data, end, started)))


def _events(page: bytes, at: int, end: int, now: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= end:
        (word,) = _WORD.unpack_from(page, at)
        kind, delta = (word & 31, word >> _TYPE_BITS) if _TYPE_BITS == 5 else (word >> 27, word & _LENGTH)
        if kind in (_TIME_EXTEND, _TIME_STAMP):
            if at + 8 > end:
                raise ValueError("a time in a page of trace events is cut")
            value = (_WORD.unpack_from(page, at + 4)[0] << _DELTA_BITS) + delta
            now = now + value if kind == _TIME_EXTEND else now >> _ABSOLUTE_BITS << _ABSOLUTE_BITS | value
            at += 8
            continue
        if kind == _PADDING and delta == 0:
            return
        if kind in (0, _PADDING):
            if at + 8 > end:
                raise ValueError("an event in a page of trace events is cut")
            (length,) = _WORD.unpack_from(page, at + 4)  # counts itself
            begin, after = at + 8, at + 4 + length
        else:
            begin, after = at + 4, at + 4 + 4 * kind
        if after <= at + 4 or after > end:
            raise ValueError("an event in a page of trace events is longer than the page")
        now += delta
        if kind != _PADDING:
            yield now, page[begin:after]
        at = after
