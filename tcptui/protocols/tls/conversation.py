"""Both directions of a TLS connection: records, messages, and what the hellos agreed upon."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from tcptui.model.cached_attribute import cached_attribute
from tcptui.protocols.tls.codes import TLS_1_3, ContentType, Handshake, agreed, name_of
from tcptui.protocols.tls.handshake import Message, Messages, read_messages, with_messages
from tcptui.protocols.tls.message import is_hello_retry, read_message
from tcptui.protocols.tls.opened import Opened, opened_records
from tcptui.protocols.tls.records import Record, RecordReader, Records

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.tls.decryption import Decryption
    from tcptui.protocols.tls.lines import Line

#: Records of a direction among which its hello is looked for.
_HELLO_AMONG: Final = 16
_PRE_SHARED_KEY: Final = "handshake.extensions.psk.identity.selected"


class TlsConversation:
    """The records and messages of both directions, read on first use.  Raises OSError when the spool is gone."""

    def __init__(
        self, directions: tuple[ByteStream, ByteStream], starts: tuple[int, int], limit: int,
        decryption: Callable[[], Decryption | None] = lambda: None,
    ) -> None:  # fmt: skip
        """``starts``: the offset of each direction at which its records begin; ``decryption``: what keys open."""
        self.directions = directions
        self.starts = starts
        self._limit = limit
        self._decryption = decryption

    @cached_attribute
    def records(self) -> tuple[Records, Records]:
        """The records of each direction."""
        one, two = (
            RecordReader(direction, start).read(self._limit)
            for direction, start in zip(self.directions, self.starts, strict=True)
        )
        return one, two

    @cached_property
    def server_side(self) -> int:
        """The direction that sent the ServerHello, or did not send the ClientHello; 1 where neither is here."""
        for side, messages in enumerate(self._first_messages):
            for message in messages:
                if message.kind == Handshake.SERVER_HELLO:
                    return side
                if message.kind == Handshake.CLIENT_HELLO:
                    return 1 - side
        return 1

    @cached_property
    def _first_messages(self) -> tuple[list[Message], list[Message]]:
        """The messages of the first records of each direction, which need no version to be read."""
        one, two = (
            _messages_of(RecordReader(direction, start).read(min(_HELLO_AMONG, self._limit)))
            for direction, start in zip(self.directions, self.starts, strict=True)
        )
        return one, two

    @cached_property
    def client_hello(self) -> Line | None:
        """The first ClientHello; None when it was not captured whole."""
        return self._hello(1 - self.server_side, Handshake.CLIENT_HELLO)

    @cached_property
    def server_hello(self) -> Line | None:
        """The first ServerHello that is no HelloRetryRequest, or else that; None without either."""
        return self._hello(self.server_side, Handshake.SERVER_HELLO)

    def _hello(self, side: int, kind: Handshake) -> Line | None:
        hellos = [message for message in self._first_messages[side] if message.kind == kind]
        hellos.sort(key=is_hello_retry)
        return read_message(hellos[0]) if hellos and hellos[0].complete else None

    @cached_property
    def version(self) -> int | None:
        """The version agreed upon; None without a ServerHello."""
        if self.server_hello is None:
            return None
        chosen = self.server_hello.numbers("handshake.extensions.supported_version")
        said = self.server_hello.numbers("handshake.version")
        return next((agreed(number) for number in (*chosen, *said)), None)

    @cached_property
    def suite(self) -> int | None:
        """The cipher suite agreed upon; None without a ServerHello."""
        chosen = [] if self.server_hello is None else self.server_hello.numbers("handshake.ciphersuite")
        return chosen[0] if chosen else None

    @cached_property
    def is_resumed(self) -> bool:
        """Whether keys of an earlier session are used again (RFC 8446, 2.2; RFC 5246, 7.3; RFC 5077, 3.4)."""
        if self.server_hello is None:
            return False
        if self.version == TLS_1_3:
            return bool(self.server_hello.numbers(_PRE_SHARED_KEY))
        ours = [] if self.client_hello is None else self.client_hello.bytes_of("handshake.session_id")
        theirs = self.server_hello.bytes_of("handshake.session_id")
        certified = any(message.kind == Handshake.CERTIFICATE for message in self.messages[self.server_side].each)
        return bool(ours) and ours == theirs and not certified

    @cached_property
    def opened(self) -> tuple[Opened, Opened]:
        """What the records of each direction hold that keys opened."""
        decryption = self._decryption()
        if decryption is None:
            return Opened(), Opened()
        one, two = (
            opened_records(records.each, plain) for records, plain in zip(self.records, decryption.sides, strict=True)
        )
        return one, two

    @cached_property
    def messages(self) -> tuple[Messages, Messages]:
        """The handshake messages of each direction, those in plain sight and those that keys opened."""
        one, two = (
            with_messages(read_messages(records.each, self.version), opened.messages)
            for records, opened in zip(self.records, self.opened, strict=True)
        )
        return one, two

    def alert(self, side: int, index: int) -> tuple[int, int] | None:
        """Level and description of the alert in record ``index`` of ``side``; None for a sealed one or no alert."""
        record = self.records[side].each[index]
        opened = self.opened[side].alerts.get(index)
        if opened is not None:
            return (opened[0], opened[1]) if len(opened) == 2 else None
        if record.content_type != ContentType.ALERT or index in self.messages[side].encrypted:
            return None
        body = record.read()
        return (body[0], body[1]) if len(body) == 2 and name_of("tls.alert_message.level", body[0]) else None


def _messages_of(records: Records) -> list[Message]:
    """The messages up to the first record with data."""
    first: list[Record] = []
    for record in records.each:
        if record.content_type == ContentType.APPLICATION_DATA:
            break
        first.append(record)
    return read_messages(first, None).each
