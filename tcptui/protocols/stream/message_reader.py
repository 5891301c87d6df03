"""What readers share of protocols whose messages say how long they are, one after the other.

Where a message begins is known from the connection's first byte on.  Where a length is missing, or the capture began
later, it is known again only where it can be shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

import numpy as np

from tcptui.protocols.interface import Placed
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.model.packet_store import I64
    from tcptui.protocols.stream.reassembly import ByteStream

#: Places tried in each search for a beginning, and messages read in all searches.
_PLACES_TRIED: Final = 4_000
_TRIED_MOST: Final = 200_000


class Window(Protocol):
    """Tells which bytes of the direction are missing."""

    def missing(self, start: int, stop: int) -> tuple[int, int]:
        """Offset of the first missing byte from ``start`` to ``stop`` and the number missing; (stop, 0) without any."""
        ...


M = TypeVar("M")
W = TypeVar("W", bound=Window)


P = TypeVar("P", bound=Placed)
P_co = TypeVar("P_co", bound=Placed, covariant=True)


class _Reads(Protocol[P_co]):
    """Reads one direction, message by message."""

    def next(self) -> P_co | Unread | None: ...


def passed_ns(one: Placed) -> int:
    """When all of a message had passed; of bytes that are not read, their first."""
    return one.direction.delivered_ns(one.start if isinstance(one, Unread) else one.stop - 1)


def in_order(client: _Reads[P], server: _Reads[P]) -> Iterator[tuple[bool, P | Unread]]:
    """Merge both sides' messages and unread bytes, in the order in which all of each had passed.

    Each comes with whether it is the client's.
    """
    asked, answered = client.next(), server.next()
    while asked is not None or answered is not None:
        if answered is None or (asked is not None and passed_ns(asked) <= passed_ns(answered)):
            assert asked is not None
            found, is_client = asked, True
            asked = client.next()
        else:
            found, is_client = answered, False
            answered = server.next()
        yield is_client, found


class MessageReader(Generic[M, W]):
    """Reads one direction, message by message."""

    def __init__(self, direction: ByteStream, window: W) -> None:
        """Searches at once where the first byte is not there: set before what `_is_proved` needs."""
        self.direction, self._window = direction, window
        self._has_gaps = bool(len(direction.gaps))
        self._at = self._tried = 0
        self._after_unread = False
        captured = direction.captured
        begin = int(captured.start[0]) if len(captured) else 0
        self.from_start = direction.has_first_byte
        self._ended = not len(captured)
        self._unread: Unread | None = None
        if not self.from_start and not self._ended:
            self._jump(begin)
            if self._at > begin:
                self._unread = Unread(direction, begin, self._at)

    def next(self) -> M | Unread | None:
        """The next message, or bytes that are not read; None at the end."""
        if self._unread is not None:
            unread, self._unread = self._unread, None
            return unread
        if self._ended or self._at >= self.direction.length:
            return None
        return self._read(self._at)

    def first(self, most: int) -> list[M] | None:
        """So many of the next messages; of bytes that are not read behind one, those before.

        None where nothing in the direction shows where one begins.
        """
        found: list[M] = []
        while len(found) < most and (one := self.next()) is not None:
            if not isinstance(one, Unread):
                found.append(one)
            elif found:
                break
        return found if found or not len(self.direction.captured) else None

    def _read(self, start: int) -> M | Unread | None:
        """What stands at ``start``; None where it is the beginning of a length that has not all passed."""
        raise NotImplementedError

    def _starts(self) -> I64:
        """Where messages may begin, in order."""
        raise NotImplementedError

    def _is_proved(self, start: int) -> bool:
        """Whether a message begins at ``start``."""
        raise NotImplementedError

    def _pass(self, start: int, stop: int) -> tuple[int, bool, bool]:
        """Go on at ``stop``, behind the message at ``start``.

        Returns where it ends as far as it was captured, whether all of it was, and whether it follows unread bytes.
        """
        self._at = stop
        known = min(stop, self.direction.length)
        complete = stop == known and not (self._has_gaps and self._window.missing(start, stop)[1])
        after_unread, self._after_unread = self._after_unread, False
        return known, complete, after_unread

    def _skip(self, start: int) -> Unread:
        """The bytes from ``start`` to where a message begins for certain."""
        self._jump(start, beyond=start)
        return Unread(self.direction, start, self._at)

    def _jump(self, begin: int, beyond: int = -1) -> None:
        """Moves to the first place at ``begin`` or behind where a message begins for certain, but behind ``beyond``."""
        self._after_unread = True
        starts = self._starts()
        first = int(np.searchsorted(starts, begin))
        for at in starts[first : first + _PLACES_TRIED].tolist():
            if self._tried > _TRIED_MOST:
                break
            if at > beyond and self._is_proved(at):
                self._at = at
                return
        self._at, self._ended = self.direction.length, True
