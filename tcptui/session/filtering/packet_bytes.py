"""Bytes of many packets at once: what is contained in them, without a dissection.

A block of packets is read in one piece.  What is looked for may lie across two records, or in a header between: such
places are passed over.
"""

from __future__ import annotations

import ctypes
from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.field import FieldType as T
from tcptui.session.filtering.occurrences import Occurrences, array_of
from tcptui.session.filtering.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.access.open_capture import OpenCapture
    from tcptui.session.filtering.rows import Mask, Rows

    I64 = NDArray[np.int64]

    Memmem = Callable[[int, int, bytes, int], int | None]

#: Fields that are stretches of the packet wherever its headers are plain.
STRETCHES: Final = frozenset({"frame", "tcp", "tcp.payload"})


def has_place(session: OpenCapture, name: str, rows: Rows) -> Mask:
    """Mask of the ``rows`` in which the place of the field ``name`` of `STRETCHES` is in memory."""
    return np.ones(len(rows), np.bool_) if name == "frame" else plain(session, rows)


def _ranges(session: OpenCapture, name: str, rows: Rows) -> tuple[I64, I64]:
    """Where in each packet the field begins and ends; both the same where the packet does not have it."""
    store, at = session.store, rows.index
    captured = store.captured[at].astype(np.int64)
    if name == "frame":
        return np.zeros(len(rows), np.int64), captured
    header = store.transport_offset[at].astype(np.int64)
    behind = header + store.header_length[at]
    end = np.minimum(behind + np.maximum(store.length[at], 0), captured)
    begin = behind if name == "tcp.payload" else header
    return np.minimum(begin, end), end


def containing(session: OpenCapture, name: str, wanted: bytes, rows: Rows) -> Mask:
    """Mask of the ``rows``, all `has_place`, that have ``wanted`` (not empty) in the field ``name``."""
    begin, end = _ranges(session, name, rows)
    block, starts = session.reader.stretch(rows.numbers)
    found = np.zeros(len(rows), np.bool_)
    search = searcher(block, wanted)
    size, place = len(wanted), search(0)
    if place < 0:  # in most blocks: then nobody needs to know where the packets are
        return found
    order = np.argsort(starts, kind="stable")
    lows, tops = (starts + begin)[order].tolist(), (starts + end)[order].tolist()
    which, hits = 0, []
    while place >= 0:
        which = bisect_right(tops, place, which)
        if which == len(tops):
            break
        if place < lows[which]:
            place = lows[which]
        elif place + size <= tops[which]:
            hits.append(which)
            place = tops[which]
        else:
            place += 1
        place = search(place)
    found[order[hits]] = True
    return found


def values(session: OpenCapture, name: str, rows: Rows) -> Occurrences:
    """The bytes of the field ``name`` in ``rows``, all `has_place`."""
    begin, end = _ranges(session, name, rows)
    block, starts = session.reader.stretch(rows.numbers)
    kind = T.BYTES if name == "tcp.payload" else T.PROTOCOL
    has = np.flatnonzero(end > begin)
    low, high = (starts + begin)[has].tolist(), (starts + end)[has].tolist()
    parts = [block[one:other] for one, other in zip(low, high, strict=True)]
    return Occurrences(kind, len(rows), array_of(kind, parts), None if len(has) == len(rows) else has)


# Looks for bytes in megabytes of packets, without Python's lock: `memmem` of the C library, three times as fast as
# `bytes.find`, which takes its place where there is none.


@cache
def _memmem() -> Memmem | None:
    try:
        function = ctypes.CDLL(None).memmem
    except (OSError, AttributeError):  # a system without it
        return None
    function.restype = ctypes.c_void_p
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    return function


def searcher(block: bytes, wanted: bytes) -> Callable[[int], int]:
    """A function that returns where ``wanted`` (not empty) first is in ``block`` from a place on; -1: nowhere."""
    memmem = _memmem()
    if memmem is None:
        return lambda start: block.find(wanted, start)
    find, size = memmem, len(block)
    held = ctypes.c_char_p(block)
    base = ctypes.cast(held, ctypes.c_void_p).value

    def search(start: int) -> int:
        assert held is not None  # it keeps the bytes where they are, as long as somebody may search
        if base is None or start >= size:
            return -1
        found = find(base + start, size - start, wanted, len(wanted))
        return -1 if found is None else found - base

    return search
