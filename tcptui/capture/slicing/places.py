"""One file with what was captured at several places: a comment of its section says which interfaces are of which.

The comment is ``tcptui merge`` and a JSON object.  Whoever reads it trusts nothing of it but how interfaces are shared
out: clocks are compared again from the packets.
"""

from __future__ import annotations

import json
import os
import struct
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.capture.slicing.layout import NAME_BLOCK
from tcptui.capture.slicing.little_endian import LITTLE, block, options, options_of
from tcptui.capture.slicing.sink import Sink
from tcptui.capture.slicing.writer import LARGEST_CARRIED
from tcptui.capture.spool.files import spool_directory
from tcptui.model.pcap_format import (
    ENHANCED_PACKET_BLOCK,
    INTERFACE_BLOCK,
    PCAPNG_START,
    SECRETS_BLOCK,
    SECTION_BLOCK,
    SIMPLE_PACKET_BLOCK,
    STATISTICS_BLOCK,
)
from tcptui.model.safe_text import safe_text
from tcptui.wire.pcapng_options import OPT_COMMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

MARK: Final = b"tcptui merge "
_LITTLE_ENDIAN: Final = b"\x4d\x3c\x2b\x1a"
#: Bytes of the block of the section; a longer one is none of ours.
_LARGEST_SECTION: Final = 1 << 18
_WINDOW: Final = 1 << 20
#: Places of one file, and interfaces and other blocks of a place.
_MOST_PLACES: Final = 64
_MOST_COUNTED: Final = 1 << 20
_LONGEST_NAME: Final = 4_096


@dataclass(frozen=True, slots=True)
class CapturePlace:
    """One place in such a file."""

    file: str
    """What its capture was called, as text that may be shown."""
    interfaces: int
    """How many interfaces are its own; they follow those of the places before."""
    carried: int
    """How many blocks of names and secrets."""


class NotPlacesError(Exception):
    """The blocks of the file are not what its comment says."""


def read_places(descriptor: int) -> tuple[CapturePlace, ...]:
    """The places in a file; empty where it is no file of several places.  Raises OSError."""
    head = os.pread(descriptor, 12, 0)
    if head[:4] != PCAPNG_START or head[8:] != _LITTLE_ENDIAN:
        return ()
    (length,) = struct.unpack_from("<I", head, 4)
    if not 28 <= length <= _LARGEST_SECTION:
        return ()
    body = os.pread(descriptor, length - 12, 8)
    for code, value in options_of(body[16:], LITTLE, SECTION_BLOCK):
        if code == OPT_COMMENT and value.startswith(MARK):
            return _places(value[len(MARK) :])
    return ()


def _places(text: bytes) -> tuple[CapturePlace, ...]:
    """The places that a comment has; empty where it is not as `tcptui merge` writes it."""
    try:
        told = json.loads(text)
        points = told["points"]
        places = tuple(
            CapturePlace(safe_text(str(one["file"])[:_LONGEST_NAME]), len(one["interfaces"]), int(one["blocks"]))
            for one in points
        )
        listed = [number for one in points for number in one["interfaces"]]
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return ()
    is_sound = all(one.interfaces > 0 and 0 <= one.carried <= _MOST_COUNTED for one in places)
    in_order = listed == list(range(len(listed)))
    return places if is_sound and in_order and 2 <= len(places) <= _MOST_PLACES else ()


class _Blocks:
    """The blocks of a file, one after the other."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._position = self._begin = 0
        self._window = b""

    def next(self) -> tuple[int, bytes] | None:
        """The type and the body of the next block; None at the end, and where no whole block follows."""
        head = self._read(12)
        if len(head) < 12:
            return None
        kind, length = struct.unpack_from("<II", head)
        length = length + 3 & ~3
        if not 12 <= length <= LARGEST_CARRIED + 64:
            return None
        whole = self._read(length)
        if len(whole) < length:
            return None
        self._position += length
        return kind, whole[8:-4]

    def rest(self) -> bytes:
        """The beginning of what is no whole block."""
        return self._read(_WINDOW)

    def _read(self, size: int) -> bytes:
        at = self._position - self._begin
        if at + size > len(self._window):
            self._begin, at = self._position, 0
            self._window = os.pread(self._descriptor, max(_WINDOW, size), self._begin)
        return self._window[at : at + size]


def split_places(descriptor: int, places: Sequence[CapturePlace], into: Sequence[int]) -> None:
    """Write each of ``places`` as a capture of its own to the descriptors ``into``.

    They are files of the spool folder, which messages name.  Packets keep their order, and so their numbers.  A file
    that is cut off leaves captures that are.  Raises NotPlacesError, OutputError, and OSError of the file that is read.
    """
    with ExitStack() as stack:
        folder = spool_directory()
        _split(descriptor, places, [stack.enter_context(Sink(folder, descriptor=one)) for one in into])


def _split(descriptor: int, places: Sequence[CapturePlace], outs: Sequence[Sink]) -> None:
    place_of = [place for place, one in enumerate(places) for _ in range(one.interfaces)]
    first = [place_of.index(place) for place in range(len(places))]
    carried_by = [place for place, one in enumerate(places) for _ in range(one.carried)]
    blocks, interfaces, carried = _Blocks(descriptor), 0, 0
    began = False
    while (found := blocks.next()) is not None:
        kind, body = found
        if kind == SECTION_BLOCK:
            if began:
                raise NotPlacesError
            began = True
            section = block(kind, body[:16] + options(_own(body)))
            for out in outs:
                out.write(section)
        elif kind == INTERFACE_BLOCK:
            if interfaces >= len(place_of):
                raise NotPlacesError
            outs[place_of[interfaces]].write(block(kind, body))
            interfaces += 1
        elif kind in (NAME_BLOCK, SECRETS_BLOCK):
            # Where blocks were added, nobody knows whose they are: then all have them.
            mine = carried_by[carried : carried + 1] or range(len(places))
            carried += 1
            for place in mine:
                outs[place].write(block(kind, body))
        elif kind == SIMPLE_PACKET_BLOCK:  # always of the first interface
            outs[0].write(block(kind, body))
        elif kind in (ENHANCED_PACKET_BLOCK, STATISTICS_BLOCK):
            (interface,) = struct.unpack_from("<I", body) if len(body) >= 4 else (len(place_of),)
            if interface >= interfaces:
                raise NotPlacesError
            place = place_of[interface]
            outs[place].write(block(kind, struct.pack("<I", interface - first[place]) + body[4:]))
    if interfaces != len(place_of):
        raise NotPlacesError
    rest = blocks.rest()
    for out in outs:
        out.write(rest)


def _own(body: bytes) -> list[tuple[int, bytes]]:
    """The options of a section without the comment about places."""
    found = options_of(body[16:], LITTLE, SECTION_BLOCK)
    return [(code, value) for code, value in found if not (code == OPT_COMMENT and value.startswith(MARK))]
