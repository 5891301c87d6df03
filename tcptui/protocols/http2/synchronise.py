"""Finds where frames begin: in a capture that began amid a connection, and behind bytes that were not captured."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.protocols.http.read_window import Window
from tcptui.protocols.http2.frames import HEADER, STREAM_MASK, FrameType, head_at, is_plausible

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Frames with a payload that must follow each other before bytes count as HTTP/2 …
FIRST_CHAIN: Final = 3
#: … and where it is known that they are: behind a gap.
CHAIN: Final = 2
#: Bytes that are searched for the first frame of a direction that may be HTTP/2 …
FIRST_SEARCHED: Final = 32_768
#: … and for the next one behind a gap.
SEARCHED: Final = 4 << 20
#: Places that are tried in each search.
_TRIED: Final = 4_000
_BLOCK: Final = 65_536
#: Types of frames that a client sends on streams of its own, which are odd (RFC 9113, 5.1.1), or not at all (8.4).
_MESSAGES: Final = frozenset({FrameType.DATA, FrameType.HEADERS, FrameType.CONTINUATION, FrameType.PUSH_PROMISE})
#: What a frame header of at most the default size may look like: length, type and flags, stream.  A look-ahead, so that
#: places may overlap.  Zeros, of which files have many, are no frame: each is asked about here, not in Python.
_LIKELY: Final = re.compile(
    rb"(?=\x00[\x00-\x40]."
    rb"(?:[\x00-\x03\x05\x09][\x00-\x2d](?!\x00{4})[\x00-\x7f]..."
    rb"|[\x04\x06\x07][\x00-\x2d]\x00{4}"
    rb"|\x08[\x00-\x2d][\x00-\x7f]...))",
    re.DOTALL,
)


def find_frame(
    direction: ByteStream, begin: int, chain: int = CHAIN, searched: int = SEARCHED, highest: int = STREAM_MASK,
    *, of_client: bool = False,
) -> int | None:  # fmt: skip
    """The offset of the first frame at or behind ``begin`` that ``chain - 1`` others follow; None without one.

    ``highest``: no frame is of a stream beyond it.  ``of_client``: its sender is known to be the client.
    The last bytes of the direction may make a shorter chain where it is known to be HTTP/2 (``chain`` of `CHAIN`).
    """
    at, limit, tried = begin, min(begin + searched, direction.length), 0
    while at < limit:
        data = direction.read(at, _BLOCK)
        for found in _LIKELY.finditer(data):
            place = found.start()
            if not is_plausible(data, place):
                continue
            tried += 1
            if _follow(direction, data, at, place, chain, highest, of_client=of_client):
                return at + place
            if tried >= _TRIED:
                return None
        if len(data) < _BLOCK:
            behind = Window(direction).past_gap(at + len(data))
            if behind <= at:
                return None
            at = behind
        else:
            at += _BLOCK - HEADER + 1
    return None


def _follow(
    direction: ByteStream, data: bytes, base: int, place: int, wanted: int, highest: int, *, of_client: bool
) -> bool:  # fmt: skip
    """Whether ``wanted`` frames with a payload follow each other from ``data[place]`` on."""
    frames, at = 0, place
    while frames < wanted:
        known = data
        if at + HEADER > len(data):
            known = direction.read(base + at, HEADER)
            if len(known) < HEADER:
                return wanted == CHAIN and frames > 0 and base + at == direction.length
            if not is_plausible(known, 0):
                return False
            frame = head_at(known, 0, base + at)
        elif is_plausible(data, at):
            frame = head_at(data, at, base + at)
        else:
            return False
        frames += frame.length > 0
        if frame.stream > highest or (not frame.length and frames == 0):
            return False
        if of_client and frame.kind in _MESSAGES and not frame.stream & 1:
            return False
        at = frame.stop - base
    return True
