"""The messages that one side sends, one after the other: each says how long it is."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from tcptui.protocols.http.read_window import Window
from tcptui.protocols.kafka.apis import (
    APIS,
    LENGTH,
    NAMELESS_HEAD,
    REQUEST_HEAD,
    RESPONSE_HEAD,
    SASL_HANDSHAKE,
    names_client,
)
from tcptui.protocols.kafka.message import LONGEST, Kind, Message, walk_of
from tcptui.protocols.stream.sound_reader import SoundReader

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.stream.unread import Unread

#: Longest name of a client, and longest bytes of an authentication.
_CLIENT_MOST: Final = 512
_TOKEN_MOST: Final = 1 << 19
#: Fields that show whether a request is sound, at most.
_CHECKED: Final = 500
_SPACE, _DELETE = 0x20, 0x7F


class Head:
    """What the first bytes of a request say, if they do begin one."""

    __slots__ = ("api", "client", "correlation", "named", "size", "version")

    def __init__(self, data: bytes) -> None:
        self.size = int.from_bytes(data[:LENGTH])
        self.api, self.version = int.from_bytes(data[4:6]), int.from_bytes(data[6:8])
        self.correlation = int.from_bytes(data[8:12], signed=True)
        has_name = names_client(self.api, self.version)
        self.named = int.from_bytes(data[NAMELESS_HEAD:REQUEST_HEAD], signed=True) if has_name else -1
        self.client = None if self.named < 0 else data[REQUEST_HEAD : REQUEST_HEAD + self.named]

    @staticmethod
    def of(data: bytes) -> Head | None:
        """The head that ``data`` begins with; None where that is none, or is not there."""
        if len(data) < REQUEST_HEAD or data[4] or data[6]:
            return None
        head = Head(data)
        if (
            head.api < len(APIS) and head.version <= APIS[head.api].most
            and -1 <= head.named <= _CLIENT_MOST
            and REQUEST_HEAD - LENGTH + max(head.named, 0) <= head.size <= LONGEST
            and all(_SPACE <= byte != _DELETE for byte in head.client or b"")
        ):  # fmt: skip
            return head
        return None


class Reader(SoundReader[Message, Window]):
    """Reads one direction, that of the client or the broker."""

    def __init__(self, direction: ByteStream, *, is_client: bool) -> None:
        self._is_client = is_client
        self._authenticates = False
        """Behind SaslHandshake of version 0 bytes without a header come."""
        super().__init__(direction, Window(direction))

    def _read(self, start: int) -> Message | Unread | None:
        head = self._window.read(start, REQUEST_HEAD + _CLIENT_MOST)
        least = REQUEST_HEAD if self._is_client else RESPONSE_HEAD
        if len(head) < LENGTH:
            return self._beginning(start, len(head))
        size = int.from_bytes(head[:LENGTH])
        found = Head.of(head) if self._is_client else None
        if found is None and len(head) < min(least, LENGTH + size):
            return self._beginning(start, len(head))
        if self._is_client and found is None:
            if not self._authenticates or size > _TOKEN_MOST:
                return self._skip(start)
        elif size > LONGEST:
            return self._skip(start)
        stop, complete, after_unread = self._pass(start, start + LENGTH + size)
        if found is not None:
            self._authenticates = found.api == SASL_HANDSHAKE and not found.version
            return Message(
                self.direction, start, stop, complete, after_unread, Kind.REQUEST, size, found.correlation, found.api,
                found.version, found.client,
            )  # fmt: skip
        is_token = self._is_client or LENGTH + size < RESPONSE_HEAD
        number = int.from_bytes(head[LENGTH:RESPONSE_HEAD], signed=True)
        kind = Kind.TOKEN if is_token else Kind.RESPONSE
        return Message(self.direction, start, stop, complete, after_unread, kind, size, number)

    def _beginning(self, start: int, known: int) -> Unread | None:
        """What to do where a head is not there: it has not all passed, or bytes of it are missing."""
        if start + known >= self.direction.length:
            self._ended = True
            return None
        return self._skip(start)

    def _sound_until(self, start: int) -> int:
        """Where a sound message ends that begins at ``start``; -1: there is none."""
        data = self._window.read(start, REQUEST_HEAD + _CLIENT_MOST)
        size = int.from_bytes(data[:LENGTH])
        stop = start + LENGTH + size
        if not self._is_client:
            return stop if len(data) >= RESPONSE_HEAD and RESPONSE_HEAD - LENGTH <= size <= LONGEST else -1
        head = Head.of(data)
        return stop if head is not None and is_sound(self.direction, start, head) else -1


def is_sound(direction: ByteStream, start: int, head: Head) -> bool:
    """Whether the request at ``start``, of which ``head`` was read, fits its schema, where that is known."""
    stop = start + LENGTH + head.size
    message = Message(
        direction, start, stop, True, False, Kind.REQUEST, head.size, head.correlation, head.api, head.version,
        head.client,
    )  # fmt: skip
    found = walk_of(message, message)
    if found is None:
        return bool(head.client)
    walk, items = found
    checked = sum(1 for _ in islice(items, _CHECKED))
    return not walk.is_wrong if checked == _CHECKED else walk.is_sound
