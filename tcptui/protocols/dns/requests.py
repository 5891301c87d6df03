"""The queries of a DNS connection over TCP (RFC 7766), each with its answer, paired by their numbers."""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.protocols.dns.codes import RCODES, RECORD_TYPES
from tcptui.protocols.interface import Carried, Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.stream.reassembly import ByteStream

#: Server ports: domain, mdns (IANA).
PORTS: Final = frozenset({53, 5353})
_PREFIX: Final = 2
_HEAD: Final = 12
#: Bytes of a message that are read: its head and its first question (a name has 255 bytes at most).
_READ: Final = 512
#: Messages of each direction that are read.
_MESSAGES: Final = 200_000


@dataclass(frozen=True, slots=True)
class _Message:
    carried: Carried
    number: int
    is_answer: bool
    code: int
    asked: str
    """``A example.org``; empty without a readable question."""


def dns_requests(client: ByteStream, server: ByteStream) -> Iterator[Exchange] | None:
    """See `RequestReader`.  Only connections to `PORTS` are tried: the content tells little."""
    if client.server_port not in PORTS:
        return None
    asked = [message for message in _messages(client) if not message.is_answer]
    answers = [message for message in _messages(server) if message.is_answer]
    return _paired(asked, answers) if asked or answers else None


def _paired(asked: list[_Message], answers: list[_Message]) -> Iterator[Exchange]:
    of_number: dict[int, list[_Message]] = {}
    for answer in answers:
        of_number.setdefault(answer.number, []).append(answer)
    uses = Counter(query.number for query in asked)
    found = []
    for query in asked:
        fitting = of_number.get(query.number, [])
        # A transfer of a zone (RFC 5936, 2.2) is answered by several messages.
        taken = fitting[: None if uses[query.number] == 1 else 1]
        del fitting[: len(taken)]
        found.append((query.carried.first_ns, _exchange(query, taken)))
    left = (answer for answers in of_number.values() for answer in answers)
    found += [(answer.carried.first_ns, _exchange(None, [answer])) for answer in left]
    return (exchange for _, exchange in sorted(found, key=lambda each: each[0]))


def _exchange(query: _Message | None, answers: list[_Message]) -> Exchange:
    number = answers[0].number if query is None else query.number
    answered = None
    if answers:
        first, last = answers[0].carried, answers[-1].carried
        answered = Carried(first.half, first.start, last.stop, all(each.carried.complete for each in answers))
    return Exchange(
        protocol="dns",
        operation="" if query is None else f"QUERY {query.asked}".rstrip(),
        status=RCODES.get(answers[0].code, f"RCODE{answers[0].code}") if answers else "",
        request=None if query is None else query.carried,
        response=answered,
        id=str(number),
    )


def _messages(half: ByteStream) -> Iterator[_Message]:
    """The messages from the first byte on, up to the first that cannot be read or whose length is missing."""
    at = 0
    for _ in range(_MESSAGES):
        if at >= half.length:
            return
        prefix = half.read(at, _PREFIX)
        size = int.from_bytes(prefix, "big")
        if len(prefix) < _PREFIX or size < _HEAD:
            return
        stop = at + _PREFIX + size
        data = half.read(at + _PREFIX, min(size, _READ))
        if len(data) < _HEAD:
            return
        missing = stop > half.length or bool(((half.gaps.start < stop) & (half.gaps.stop > at)).any())
        carried = Carried(half, at, min(stop, half.length), not missing)
        number, flags, questions = struct.unpack_from("!3H", data)
        yield _Message(carried, number, bool(flags >> 15), flags & 15, _question(data) if questions else "")
        at = stop


def _question(data: bytes) -> str:
    import dpkt  # imported late: most captures have no such connection

    try:
        name, offset = dpkt.dns.unpack_name(data, _HEAD)
        kind = int(struct.unpack_from("!H", data, offset)[0])
    except (dpkt.dpkt.Error, struct.error, ValueError, IndexError):
        return ""  # hostile, or cut
    return f"{RECORD_TYPES.get(kind, f'TYPE{kind}')} {name or '.'}"
