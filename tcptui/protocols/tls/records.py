"""The record layer of one direction (RFC 8446, 5.1; RFC 5246, 6.2), over segment borders and gaps of the capture.

Reading resumes behind a gap: where the length of a cut record says, or else with the first segment that begins with
what looks like records.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.protocols.http.read_window import Window
from tcptui.protocols.tls.codes import ContentType, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes of a record's header.
HEADER: Final = 5
#: Bytes of a record with one alert in plain sight.
ALERT: Final = HEADER + 2
#: Longest fragment: RFC 5246, 6.2.3, 2**14 and 2,048 for compression and encryption.
FRAGMENT_MOST: Final = (1 << 14) + 2_048
#: Longest alert, or change of cipher specifications, also when encrypted with the longest padding and MAC.
_SHORT_MOST: Final = 1_024
_TYPES: Final = frozenset(int(kind) for kind in ContentType)
_SHORT: Final = frozenset({int(ContentType.ALERT), int(ContentType.CHANGE_CIPHER_SPEC)})
#: Most segments of one direction with which reading is tried to resume.
RESUMES: Final = 256


class Record(NamedTuple):
    """One record as its header tells it: bytes ``start … stop`` of the direction."""

    direction: ByteStream
    start: int
    content_type: int
    version: int
    length: int
    """Of the fragment behind the header."""
    resumed: bool = False
    """Bytes right before it could not be read as records, or were not captured."""

    @property
    def body(self) -> int:
        """Offset behind the header."""
        return self.start + HEADER

    @property
    def stop(self) -> int:
        """Offset behind the last byte."""
        return self.start + HEADER + self.length

    @property
    def complete(self) -> bool:
        """Whether all of it was captured."""
        gaps = self.direction.gaps
        at = int(np.searchsorted(gaps.stop, self.start, side="right"))
        return self.stop <= self.direction.length and (at == len(gaps) or int(gaps.start[at]) >= self.stop)

    def read(self) -> bytes:
        """The captured fragment up to its first gap."""
        return self.direction.read(self.body, self.length)


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one direction, in order."""

    each: tuple[Record, ...]
    limited: bool
    """Reading stopped because there are too many."""


def is_header(head: bytes) -> bool:
    """Whether ``head`` may begin a record: a known type, version 3.x, a length that is allowed."""
    if len(head) < HEADER or head[0] not in _TYPES or head[1] != 3 or head[2] > 4:
        return False
    length = head[3] << 8 | head[4]
    if head[0] in _SHORT:
        return 0 < length <= _SHORT_MOST
    return length <= FRAGMENT_MOST and (length > 0 or head[0] == ContentType.APPLICATION_DATA)


class RecordReader:
    """Reads the records of ``direction`` from ``start`` on."""

    def __init__(self, direction: ByteStream, start: int) -> None:
        self.direction = direction
        self.position = start
        """Where the next record is looked for: who has read further by other means says so here."""
        self.window = Window(direction)
        self._tries = RESUMES

    def read(self, limit: int) -> Records:
        """The records, at most ``limit``."""
        found = tuple(islice(self.each(), limit + 1))
        return Records(found[:limit], limited=len(found) > limit)

    def each(self) -> Iterator[Record]:
        """The records, however many there are."""
        resumed = self.position > 0 or not self.direction.segments.from_start
        while self.position < self.direction.length:
            head = self.window.read(self.position, HEADER)
            if not is_header(head):
                behind = self._next_start()
                if behind is None:
                    return
                self.position, resumed = behind, True
                continue
            record = Record(
                self.direction, self.position, head[0], head[1] << 8 | head[2], head[3] << 8 | head[4], resumed
            )
            self.position, resumed = record.stop, False
            yield record

    def _next_start(self) -> int | None:
        """The next offset at which a segment begins with what looks like records; None without one."""
        runs = self.direction.captured
        at = int(np.searchsorted(runs.start, self.position, side="right"))
        while at < len(runs) and self._tries:
            self._tries -= 1
            start = int(runs.start[at])
            if looks_like_records(self.direction, self.window, start):
                return start
            at += 1
        return None


def is_lone_alert(head: bytes) -> bool:
    """Whether ``head``, all that an end said, is one alert in plain sight (RFC 8446, 6)."""
    return (
        len(head) == ALERT
        and is_header(head[:HEADER])
        and head[0] == ContentType.ALERT
        and bool(name_of("tls.alert_message.level", head[HEADER]))
    )


def looks_like_records(direction: ByteStream, window: Window, start: int) -> bool:
    """Whether a record seems to begin at ``start``: a header, and another behind it, or the end of a segment there."""
    head = window.read(start, HEADER)
    if not is_header(head):
        return False
    stop = start + HEADER + (head[3] << 8 | head[4])
    if is_header(window.read(stop, HEADER)):
        return True
    runs = direction.captured
    at = int(np.searchsorted(runs.stop, stop))
    return at < len(runs) and int(runs.stop[at]) == stop
