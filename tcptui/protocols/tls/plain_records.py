"""What the records of one direction hold, as keys opened them: where plain bytes are, and what else there is."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tcptui.protocols.tls.handshake import MAX_STORED_BYTES
from tcptui.protocols.tls.opened import OpenedRecord

if TYPE_CHECKING:
    from tcptui.protocols.tls.protection import Protection
    from tcptui.protocols.tls.records import Record

#: Messages of one direction that were encrypted and are remembered.
MESSAGES_MOST: Final = 500


@dataclass(slots=True)
class PlainRecords:
    """What the records of one direction hold of application data; parallel columns, one entry a record or a gap."""

    start: array[int] = field(default_factory=lambda: array("q"))
    """Offset in the direction of the record, or of the bytes that cannot be read."""
    stop: array[int] = field(default_factory=lambda: array("q"))
    body: array[int] = field(default_factory=lambda: array("q"))
    """Offset of the byte that stands for the first plain one."""
    length: array[int] = field(default_factory=lambda: array("q"))
    """How many plain bytes; of a gap, an estimate."""
    number: array[int] = field(default_factory=lambda: array("q"))
    """The sequence number; -1: a gap."""
    keys: array[int] = field(default_factory=lambda: array("q"))
    """Index in `protections`."""
    protections: list[Protection] = field(default_factory=list)
    messages: list[tuple[int, int]] = field(default_factory=list)
    """Handshake messages that were encrypted: the offset of the record that ends each, and its type."""
    others: list[OpenedRecord] = field(default_factory=list)
    """Opened records that hold no application data, up to `MAX_STORED_BYTES` bytes."""
    kept: int = 0
    """Bytes of `others`."""
    lost: int = 0
    """How many gaps there are."""
    refused: list[int] = field(default_factory=list)
    """Offsets of opened records with early data that the server refused."""
    first_record: int = 0
    """Offset at which the records of this direction begin."""

    def copy(self) -> PlainRecords:
        """A copy, to be added to."""
        return replace(
            self, start=self.start[:], stop=self.stop[:], body=self.body[:], length=self.length[:],
            number=self.number[:], keys=self.keys[:], protections=self.protections[:], messages=self.messages[:],
            others=self.others[:], refused=self.refused[:],
        )  # fmt: skip

    def add(self, start: int, stop: int, body: int, length: int, number: int, keys: int) -> None:
        """A record with plain bytes; see the columns."""
        self.start.append(start)
        self.stop.append(stop)
        self.body.append(body)
        self.length.append(length)
        self.number.append(number)
        self.keys.append(keys)

    def forget_data(self) -> None:
        """Leave out all application data so far, but that they were opened: nobody read them."""
        self.refused.extend(start for start, number in zip(self.start, self.number, strict=True) if number >= 0)
        for column in (self.start, self.stop, self.body, self.length, self.number, self.keys):
            del column[:]
        self.lost = 0

    def add_other(self, record: Record, body: int, kind: int, plain: bytes) -> None:
        """A record without application data."""
        self.kept += len(plain)
        if self.kept <= MAX_STORED_BYTES and len(self.others) < MESSAGES_MOST:
            self.others.append(OpenedRecord(record.start, body, kind, plain))

    def add_gap(self, start: int, stop: int, length: int) -> None:
        """Bytes ``start … stop`` that may hold ``length`` plain ones; joined with a gap right before."""
        if self.number and self.number[-1] < 0 and self.stop[-1] >= start:
            self.stop[-1], self.length[-1] = stop, self.length[-1] + length
            return
        self.lost += 1
        self.add(start, stop, start, length, -1, 0)
