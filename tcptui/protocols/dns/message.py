"""Messages of DNS as bytes of one direction of a connection (RFC 1035, 4; RFC 7766, 8)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.protocols.dns.codes import (
    NOTIFY,
    QUERY,
    TRANSFERS,
    UPDATE,
    opcode_name,
    rcode_name,
    type_name,
)  # fmt: skip
from tcptui.protocols.dns.names import BadName, read_name, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.stream.reassembly import ByteStream

#: Bytes of the length before each message, and of a message's header.
PREFIX: Final = 2
HEADER: Final = 12
#: Bytes of a message within which its first question ends: a name has 255.
HEAD_READ: Final = 272
#: What follows a record's name: type, class, time to live, bytes of data (RFC 1035, 4.1.3).
RECORD: Final = struct.Struct("!HHIH")
_HEADER: Final = struct.Struct("!6H")
_QUESTION: Final = struct.Struct("!HH")
_RESPONSE, _TRUNCATED, _RESERVED = 0x8000, 0x0200, 0x0040
_OPCODES: Final = frozenset({QUERY, NOTIFY, UPDATE})
#: Internet, CHAOS, Hesiod, none, any.
_CLASSES: Final = frozenset({1, 3, 4, 254, 255})
_OPT: Final = 41
#: Most bytes of a message that is looked through for an extended code.
_WHOLE_MOST: Final = 4_096
RECORDS_MOST: Final = 64
_INTERNET: Final = 1
#: Bytes of a record with an address, by its type: A (RFC 1035, 3.4.1) and AAAA (RFC 3596, 2.2).
_ADDRESSES: Final = {1: 4, 28: 16}
_SOA: Final = 6
#: Serial, refresh, retry, expire, minimum (RFC 1035, 3.3.13).
_SOA_NUMBERS: Final = 20


@dataclass(frozen=True, slots=True)
class Head:
    """A message's header and first question."""

    number: int
    flags: int
    questions: int
    answers: int
    authorities: int
    additional: int
    labels: tuple[bytes, ...] | None = None
    """The name of the first question; None without a question that can be read."""
    kind: int = 0
    group: int = 0
    """Type and class of the first question."""

    @property
    def written_question(self) -> bytes | None:
        """The first question in bytes, its name written out; None where it cannot be read, or there are several."""
        if not self.questions:
            return b""
        if self.questions > 1 or self.labels is None:
            return None
        name = b"".join(bytes((len(label),)) + label for label in self.labels)
        return name + b"\0" + _QUESTION.pack(self.kind, self.group)

    @property
    def is_response(self) -> bool:
        """Whether it is an answer."""
        return bool(self.flags & _RESPONSE)

    @property
    def is_truncated(self) -> bool:
        """Whether it says that its answer did not fit (TC)."""
        return bool(self.flags & _TRUNCATED)

    @property
    def opcode(self) -> int:
        """What is asked for."""
        return self.flags >> 11 & 15

    @property
    def code(self) -> int:
        """The response code, without what EDNS adds."""
        return self.flags & 15

    @property
    def asked(self) -> tuple[tuple[bytes, ...], int, int] | None:
        """The question as it is compared: servers may change the case of letters."""
        return None if self.labels is None else (tuple(one.lower() for one in self.labels), self.kind, self.group)

    @property
    def is_transfer(self) -> bool:
        """Whether a zone is asked for, or sent."""
        return self.opcode == QUERY and self.kind in TRANSFERS

    @property
    def question(self) -> str:
        """``A example.org``; empty without a question that can be read.  Not yet safe to print."""
        if self.labels is None:
            return ""
        return f"{type_name(self.kind)} {text_of(list(self.labels)) if self.labels else '.'}"

    @property
    def operation(self) -> str:
        """``QUERY A example.org``."""
        return f"{opcode_name(self.opcode)} {self.question}".rstrip()


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message with its length before it, at bytes ``start … stop`` of its direction."""

    direction: ByteStream = field(repr=False)
    start: int
    stop: int
    """At most the bytes that are known to have been sent."""
    complete: bool
    """All of it was captured."""
    head: Head | None
    """None: that was not captured."""
    extended: int = 0
    """What EDNS adds to the response code: the bits above the lowest four (RFC 6891, 6.1.3)."""
    after_unread: bool = False
    """What came right before it is not known."""

    @property
    def is_response(self) -> bool:
        """Whether it is an answer."""
        return self.head is not None and self.head.is_response

    @property
    def frame(self) -> int:
        """The frame that completed it; 0 unknown."""
        return self.direction.delivered_frame(self.stop - 1)

    @property
    def size(self) -> int:
        """Its length, as it says."""
        return int.from_bytes(self.direction.read(self.start, PREFIX))

    @property
    def status(self) -> str:
        """The response code's name."""
        return "" if self.head is None else rcode_name(self.extended << 4 | self.head.code)

    def data(self, most: int = 1 << 16) -> bytes:
        """Its bytes without the length, as far as captured."""
        return self.direction.read(self.start + PREFIX, min(self.stop - self.start - PREFIX, most))


def read_head(data: bytes) -> Head | None:
    """Header and first question of the message that ``data`` begins with; None where they were cut."""
    if len(data) < HEADER:
        return None
    number, flags, questions, answers, authorities, additional = _HEADER.unpack_from(data)
    labels, kind, group = None, 0, 0
    if questions:
        try:
            name, at = read_name(data, HEADER)
            kind, group = _QUESTION.unpack_from(data, at)
            labels = tuple(name)
        except (BadName, struct.error):
            pass  # hostile, or cut
    return Head(number, flags, questions, answers, authorities, additional, labels, kind, group)


def may_be_message(data: bytes, size: int) -> bool:
    """Whether ``data`` may begin a message of ``size`` bytes."""
    if size < HEADER or len(data) < HEADER:
        return False
    _number, flags, questions, answers, authorities, additional = _HEADER.unpack_from(data)
    opcode = flags >> 11 & 15
    least = 5 * questions + 11 * (answers + authorities + additional)  # each with the shortest name
    return opcode in _OPCODES and not flags & _RESERVED and questions <= 1 and HEADER + least <= size


def is_sound(data: bytes, size: int) -> bool:
    """Whether ``data`` begins with a whole message of ``size`` bytes with a question, whose records fill it."""
    if not may_be_message(data, size) or len(data) < size:
        return False
    head = read_head(data[:size])
    if head is None or not _has_question(head):
        return False
    if not head.is_response and (head.code or (head.opcode == QUERY and head.answers)):
        return False
    return _end(data[:size], head) == size


def begins_answer(data: bytes, size: int) -> bool:
    """Whether ``data`` begins an answer of ``size`` bytes that goes on in other packets: its records are sound so far.

    One record at least is there with its type and length.
    """
    head = read_head(data) if may_be_message(data, size) and len(data) < size else None
    if head is None or not head.is_response or not _has_question(head) or not head.answers:
        return False
    at, read = records_offset(data, head), 0
    try:
        for read in range(head.answers + head.authorities + head.additional):  # noqa: B007 - how many were read
            at = read_name(data, at)[1]
            kind, group, _lifetime, length = RECORD.unpack_from(data, at)
            at += RECORD.size + length
            if at > size or (kind != _OPT and group not in _CLASSES):
                return False
    except (BadName, struct.error):
        return read > 0
    return at == size


def _has_question(head: Head) -> bool:
    """Whether it has a question that can be read, in a class that there is."""
    return head.labels is not None and head.group in _CLASSES and bool(head.kind)


def _end(data: bytes, head: Head) -> int:
    """Where the records end, of a message with few of them; -1 where they cannot be read."""
    count = head.answers + head.authorities + head.additional
    if count > RECORDS_MOST:
        return len(data)
    try:
        at = records_offset(data, head)
        for _ in range(count):
            at = read_name(data, at)[1]
            at += RECORD.size + RECORD.unpack_from(data, at)[3]
    except (BadName, struct.error):
        return -1
    return at


def extended_code(data: bytes, head: Head) -> int:
    """What the OPT record of an answer without others adds to its code; 0 without one."""
    if not head.additional or head.answers or len(data) > _WHOLE_MOST:
        return 0
    at = data.rfind(b"\0\0\x29")
    if at < HEADER or at + 1 + RECORD.size > len(data):
        return 0
    kind, _, lifetime, size = RECORD.unpack_from(data, at + 1)
    is_last = at + 1 + RECORD.size + size == len(data)
    return int(lifetime) >> 24 if kind == _OPT and is_last else 0


def zone_numbers(data: bytes) -> tuple[bytes, int] | None:
    """The numbers of the SOA record that is the first answer of ``data``, and its serial; None where that is none."""
    head = read_head(data)
    if head is None or not head.answers:
        return None
    try:
        return _soa_at(data, records_offset(data, head))
    except (BadName, struct.error):
        return None


def second_zone_numbers(data: bytes) -> bytes | None:
    """The zone numbers of the second answer, which in the answer to IXFR is the SOA record of an older version."""
    head = read_head(data)
    if head is None or head.answers < 2:
        return None
    try:
        at = read_name(data, records_offset(data, head))[1]
        found = _soa_at(data, at + RECORD.size + RECORD.unpack_from(data, at)[3])
    except (BadName, struct.error):
        return None
    return None if found is None else found[0]


def ixfr_serial(data: bytes) -> int | None:
    """The serial that the client has, which IXFR tells in the authority section (RFC 1995, 3)."""
    head = read_head(data)
    if head is None or head.labels is None or not head.authorities or head.answers:
        return None
    try:
        found = _soa_at(data, records_offset(data, head))
    except (BadName, struct.error):
        return None
    return None if found is None else found[1]


def records_offset(data: bytes, head: Head) -> int:
    """Where the records of a message begin.  Raises `BadName`."""
    return read_name(data, HEADER)[1] + _QUESTION.size if head.questions else HEADER


def addresses(data: bytes, head: Head) -> Iterator[bytes]:
    """The addresses in network order that an answer gives for the name that was asked, `RECORDS_MOST` records far.

    Aliases (CNAME) are followed by the server that answers, so all addresses are those of that name.  What comes behind
    a damaged record, or the end of what was captured, is left out.
    """
    try:
        at = records_offset(data, head)
        for _ in range(min(head.answers, RECORDS_MOST)):
            at = read_name(data, at)[1]
            kind, group, _lifetime, size = RECORD.unpack_from(data, at)
            at += RECORD.size
            if _ADDRESSES.get(kind) == size and group == _INTERNET and at + size <= len(data):
                yield data[at : at + size]
            at += size
    except (BadName, struct.error):
        return  # hostile, or cut


def _soa_at(data: bytes, at: int) -> tuple[bytes, int] | None:
    at = read_name(data, at)[1]
    kind, _, _, size = RECORD.unpack_from(data, at)
    at += RECORD.size
    numbers = data[at + size - _SOA_NUMBERS : at + size]
    is_whole = kind == _SOA and size > _SOA_NUMBERS and len(numbers) == _SOA_NUMBERS
    return (numbers, int.from_bytes(numbers[:4])) if is_whole else None
