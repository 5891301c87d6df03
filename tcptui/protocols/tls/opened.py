"""Handshake messages and alerts in records that keys opened (RFC 8446, 4.3 to 4.6; RFC 5246, 7.4.9)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tcptui.protocols.tls.codes import ContentType
from tcptui.protocols.tls.handshake import Joiner, Message, Messages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.tls.plain_records import PlainRecords
    from tcptui.protocols.tls.records import Record


@dataclass(frozen=True, slots=True)
class OpenedRecord:
    """A record that was opened and holds no application data."""

    start: int
    """Offset of the record in the direction."""
    body: int
    """Offset of the byte that stands for the first plain one."""
    content_type: int
    plain: bytes = field(repr=False)


@dataclass(slots=True)
class Opened:
    """What keys opened among the records of one direction; by index of the record."""

    kinds: dict[int, int] = field(default_factory=dict)
    """The content type inside."""
    alerts: dict[int, bytes] = field(default_factory=dict)
    messages: Messages = field(default_factory=Messages)


def joined_messages(records: Sequence[OpenedRecord]) -> list[Message]:
    """The messages in opened records of one direction; their places among all records are not known."""
    found = Messages()
    joiner = Joiner(found, opened=True)
    for index, one in enumerate(records):
        if one.content_type == ContentType.HANDSHAKE and not joiner.add(index, one.body, one.plain):
            joiner.flush()
    return found.each


def opened_records(records: Sequence[Record], plain: PlainRecords) -> Opened:
    """What ``plain`` says of ``records``, which are the first ones of the same direction."""
    found = Opened()
    at_start = {record.start: index for index, record in enumerate(records)}
    for start, number in zip(plain.start, plain.number, strict=True):
        if number >= 0 and start in at_start:
            found.kinds[at_start[start]] = ContentType.APPLICATION_DATA
    found.kinds |= {at_start[start]: ContentType.APPLICATION_DATA for start in plain.refused if start in at_start}
    joiner, before = Joiner(found.messages, opened=True), -1
    for one in plain.others:
        index = at_start.get(one.start)
        if index is None:
            break
        found.kinds[index] = one.content_type
        if one.content_type == ContentType.ALERT:
            found.alerts[index] = one.plain
        elif one.content_type == ContentType.HANDSHAKE:
            if any(between not in found.kinds for between in range(before + 1, index)):
                joiner.flush()  # a record that did not open, or is plain, lies between
            before = index
            if not joiner.add(index, one.body, one.plain):
                joiner.flush()
    joiner.flush()
    return found
