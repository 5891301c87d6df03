"""What the program asks scapy's process, and what that answers, as bytes.

A request is its kind, its length and fixed fields with the packet's bytes behind them; an answer is its length and
JSON.  Each is read with a check of every value: an answer is made of packet bytes, by code that the program does not
trust.  Offsets count from the first byte asked about.
"""

from __future__ import annotations

import json
import struct
from enum import IntEnum
from typing import Any, Final, NamedTuple

#: Most bytes of one packet that scapy is given.
BYTES_READ: Final = 4_096
#: Most lines of one packet's scapy layers together.
LINES: Final = 400
#: Most questions in one request.
BATCH_SIZE: Final = 32
#: Most characters of a line; the program cuts it anew once it is safe to print.
LABEL_LIMIT: Final = 300
_LAYERS: Final = 32
#: … with the line that says of a layer that it has more.
_ALL_LINES: Final = LINES + _LAYERS
_DEEPEST: Final = 16
#: Most bytes of an answer: every line as long as may be, each of its characters escaped.
ANSWER_LIMIT: Final = 2 * 6 * LABEL_LIMIT * _ALL_LINES
#: Length in bytes of a name of a vendor, and of the block it was assigned, in bits.
_VENDOR_NAME: Final = 64
_BLOCKS: Final = frozenset({24, 28, 36})
#: No offset in a packet is greater.
_FURTHEST: Final = 1 << 20

#: In front of a request: its `Kind`, how many questions it has, the length in bytes of what follows.
_HEAD: Final = struct.Struct("<BII")
#: A question: what begins with its bytes, a number, how far to read, the lengths of an address and of the bytes.
_QUESTION: Final = struct.Struct("<B?IIBI")
HEAD_SIZE: Final = _HEAD.size
ADDRESS_BYTES: Final = 6
_LONGEST_REQUEST: Final = BATCH_SIZE * (_QUESTION.size + 32 + BYTES_READ)


class Kind(IntEnum):
    """What a request asks."""

    LOAD = 1
    """Import scapy now; the answer is the empty one that says it has been imported."""
    VENDOR = 2
    """Who assigned an Ethernet address: one answer."""
    DISSECT = 3
    """The headers in the bytes of packets: as many answers as questions."""


class Start(IntEnum):
    """What begins with the first byte, and the meaning of `Question.number`."""

    LINK = 1
    """A LINKTYPE_ value."""
    ETHERTYPE = 2
    LLC = 3
    IP = 4
    """An IP protocol number."""
    UDP = 5
    """Source port and destination port of UDP, 16 bits each."""


class Next(IntEnum):
    """What follows behind the last header that scapy read."""

    NOTHING = 0
    DATA = 1
    ETHERNET = 2
    VLAN = 3
    IPV4 = 4
    IPV6 = 5


class Question(NamedTuple):
    """Some bytes of a packet whose headers are wanted."""

    start: Start
    number: int
    addresses: tuple[bytes, bytes]
    """Source and destination of the innermost IP header; empty outside of IP."""
    stop: int
    """Headers that begin here, or behind, are not wanted."""
    raw: bytes
    wants_lines: bool = True
    """Whether the lines below the headers are wanted, not the headers alone."""


class Line(NamedTuple):
    """One line below a header: how deep, from 1, its bytes, its text."""

    depth: int
    start: int
    length: int
    """-1: the line was not read from bytes."""
    label: str


class Layer(NamedTuple):
    """One header."""

    title: str
    token: str
    """Wireshark's short name of the protocol, or scapy's where that has none."""
    named: bool
    """Whether the short name is Wireshark's."""
    start: int
    length: int
    lines: tuple[Line, ...]


class Answer(NamedTuple):
    """The headers in the bytes of a `Question`."""

    layers: tuple[Layer, ...]
    following: Next
    at: int
    """Where that begins."""
    problem: str = ""
    """The name of the exception that ended reading; empty: none did."""


class Vendor(NamedTuple):
    """Who assigned an Ethernet address."""

    name: str
    bits: int
    """Length of the prefix that is assigned to this vendor."""


class MessageError(ValueError):
    """Bytes that are no message."""


# -- requests -----------------------------------------------------------------------


def load_request() -> bytes:
    """Asks that scapy be imported."""
    return _HEAD.pack(Kind.LOAD, 0, 0)


def vendor_request(address: bytes) -> bytes:
    """Asks for the vendor of an Ethernet address."""
    return _HEAD.pack(Kind.VENDOR, 1, ADDRESS_BYTES) + address


def dissect_request(questions: list[Question]) -> bytes:
    """Asks for the headers of up to `BATCH_SIZE` packets."""
    parts = []
    for asked in questions:
        source, target = asked.addresses
        head = _QUESTION.pack(asked.start, asked.wants_lines, asked.number, asked.stop, len(source), len(asked.raw))
        parts += [head, source, target, asked.raw]
    body = b"".join(parts)
    return _HEAD.pack(Kind.DISSECT, len(questions), len(body)) + body


def read_head(head: bytes) -> tuple[Kind, int, int]:
    """The kind of a request, the number of its questions, the length of what follows; raises MessageError."""
    kind, count, length = _HEAD.unpack(head)
    if count > BATCH_SIZE or length > _LONGEST_REQUEST:
        raise MessageError("a request that is too long")
    try:
        return Kind(kind), count, length
    except ValueError as error:
        raise MessageError("an unknown request") from error


def read_questions(body: bytes, count: int) -> list[Question]:
    """The questions of a request; raises MessageError."""
    questions, at = [], 0
    try:
        for _ in range(count):
            start, wants_lines, number, stop, address, length = _QUESTION.unpack_from(body, at)
            at += _QUESTION.size
            middle, raw = at + address, at + 2 * address
            end = raw + length
            if end > len(body):
                raise MessageError("a question without its bytes")
            questions.append(
                Question(Start(start), number, (body[at:middle], body[middle:raw]), stop, body[raw:end], wants_lines)
            )  # fmt: skip
            at = end
    except (struct.error, ValueError) as error:
        raise MessageError("not a question") from error
    return questions


# -- answers ------------------------------------------------------------------------


def answer_bytes(answer: Answer) -> bytes:
    """``answer`` as ASCII, which holds any text that scapy may make."""
    return json.dumps(answer, separators=(",", ":")).encode("ascii")


def vendor_bytes(vendor: Vendor | None) -> bytes:
    """``vendor`` as `answer_bytes`."""
    return json.dumps(vendor, separators=(",", ":")).encode("ascii")


def read_answer(data: bytes) -> Answer:
    """The answer in ``data``; raises MessageError."""
    layers, following, at, problem = _array(_json(data), 4)
    lines = 0
    read: list[Layer] = []
    for layer in _list(layers, _LAYERS):
        title, token, named, start, length, below = _array(layer, 6)
        lines += len(_list(below, _ALL_LINES))
        if lines > _ALL_LINES or not isinstance(named, bool):
            raise MessageError("not a layer")
        read.append(
            Layer(
                _text(title), _text(token), named, _number(start, 0, _FURTHEST), _number(length, 0, _FURTHEST),
                _read_lines(below),
            )
        )  # fmt: skip
    behind = Next(_number(following, min(Next), max(Next)))
    return Answer(tuple(read), behind, _number(at, 0, _FURTHEST), _text(problem))


def read_vendor(data: bytes) -> Vendor | None:
    """The vendor in ``data``; raises MessageError."""
    found = _json(data)
    if found is None:
        return None
    name, bits = _array(found, 2)
    if not isinstance(bits, int) or bits not in _BLOCKS or not 0 < len(_text(name)) <= _VENDOR_NAME:
        raise MessageError("not a vendor")
    return Vendor(name, bits)


def _read_lines(below: list[Any]) -> tuple[Line, ...]:
    """Lines, each at most one deeper than the one before."""
    lines, deepest = [], 1
    for line in below:  # written out: there are hundreds
        depth, start, length, label = _array(line, 4)
        if not (
            type(depth) is type(start) is type(length) is int
            and 1 <= depth <= deepest
            and 0 <= start <= _FURTHEST
            and -1 <= length <= _FURTHEST
            and type(label) is str
            and len(label) <= LABEL_LIMIT
        ):
            raise MessageError("not a line")
        lines.append(Line(depth, start, length, label))
        deepest = min(depth + 1, _DEEPEST)
    return tuple(lines)


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MessageError("not JSON") from error


def _array(value: Any, length: int) -> list[Any]:
    if not isinstance(value, list) or len(value) != length:
        raise MessageError("not an array of that length")
    return value


def _list(value: Any, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise MessageError("not such an array")
    return value


def _number(value: Any, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise MessageError("not such a number")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LABEL_LIMIT:
        raise MessageError("not such a text")
    return value
