"""Fields of DNS over UDP, read from the bytes of plain datagrams: no header tree is built of an ordinary message.

Ordinary is a message of unicast DNS, on port 53, whose records can all be read.  Others, and multicast DNS and LLMNR,
are left to the tree (`tcptui.protocols.dns.tree`), whose lines these are.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tcptui.dfilter import types
from tcptui.model.field import Place
from tcptui.model.fields import FIELDS
from tcptui.model.other_protocol import DNS_PORT
from tcptui.protocols.dns.codes import UPDATE
from tcptui.protocols.dns.message import HEADER, RECORD
from tcptui.protocols.dns.names import BadName, read_name, text_of
from tcptui.protocols.dns.tree_records import DATA
from tcptui.protocols.headers.udp import DNS_PORTS
from tcptui.session.filtering.header_places import values_at
from tcptui.session.filtering.occurrences import Occurrences, array_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from tcptui.session.filtering.occurrences import Mask
    from tcptui.session.filtering.plain_datagrams import Datagrams

    Flags = NDArray[np.int64]

_RESPONSE: Final = 0x8000
_SRV, _OPT = 33, 41
_IPV4, _IPV6 = 4, 16
#: More records, which trees do not show all of, are left to them.
_RECORDS_MOST: Final = 1_000
_QUESTION: Final = struct.Struct("!HH")


def _every(_flags: Flags) -> Mask | None:
    return None


def _answers(flags: Flags) -> Mask:
    having: Mask = (flags & _RESPONSE) != 0
    return having


def _authentic(flags: Flags) -> Mask:
    """Questions have the bit where it is set."""
    having: Mask = (flags & (_RESPONSE | 0x20)) != 0
    return having


def _updates(flags: Flags) -> Mask:
    having: Mask = (flags >> 11 & 15) == UPDATE
    return having


def _no_updates(flags: Flags) -> Mask:
    return ~_updates(flags)


#: Where fields are in the header, and by its flags which messages have them.
_PLACES: Final[dict[str, tuple[Place, Callable[[Flags], Mask | None]]]] = {
    "dns.id": (Place("dns", 0, 2), _every),
    "dns.flags": (Place("dns", 2, 2), _every),
    "dns.flags.response": (Place("dns", 2, 2, 0x8000), _every),
    "dns.flags.opcode": (Place("dns", 2, 2, 0x7800), _every),
    "dns.flags.authoritative": (Place("dns", 2, 2, 0x0400), _answers),
    "dns.flags.truncated": (Place("dns", 2, 2, 0x0200), _every),
    "dns.flags.recdesired": (Place("dns", 2, 2, 0x0100), _every),
    "dns.flags.recavail": (Place("dns", 2, 2, 0x0080), _answers),
    "dns.flags.z": (Place("dns", 2, 2, 0x0040), _every),
    "dns.flags.authenticated": (Place("dns", 2, 2, 0x0020), _authentic),
    "dns.flags.checkdisable": (Place("dns", 2, 2, 0x0010), _every),
    "dns.flags.rcode": (Place("dns", 2, 2, 0x000F), _answers),
    "dns.count.queries": (Place("dns", 4, 2), _no_updates),
    "dns.count.answers": (Place("dns", 6, 2), _no_updates),
    "dns.count.auth_rr": (Place("dns", 8, 2), _no_updates),
    "dns.count.zones": (Place("dns", 4, 2), _updates),
    "dns.count.prerequisites": (Place("dns", 6, 2), _updates),
    "dns.count.updates": (Place("dns", 8, 2), _updates),
    "dns.count.add_rr": (Place("dns", 10, 2), _every),
}


class _Question(NamedTuple):
    text: str
    is_root: bool
    type: int
    group: int


class _Record(NamedTuple):
    text: str
    type: int
    group: int
    lifetime: int
    data: bytes


class _Message(NamedTuple):
    questions: tuple[_Question, ...]
    records: tuple[_Record, ...]


def _of_questions(value: Callable[[_Question], Any]) -> Callable[[_Message], list[Any]]:
    return lambda message: [value(one) for one in message.questions]


def _of_records(
    value: Callable[[_Record], Any], has: Callable[[_Record], bool] = lambda _one: True
) -> Callable[[_Message], list[Any]]:
    return lambda message: [value(one) for one in message.records if has(one)]


#: What a field's values are in a message.
_VALUES: Final[dict[str, Callable[[_Message], list[Any]]]] = {
    "dns.qry.name": _of_questions(lambda one: one.text.encode()),
    "dns.qry.name.len": _of_questions(lambda one: len(one.text) if one.is_root else len(one.text.encode())),
    "dns.count.labels": _of_questions(lambda one: one.text.count(".") + 1),
    "dns.qry.type": _of_questions(lambda one: one.type),
    "dns.qry.class": _of_questions(lambda one: one.group),
    "dns.resp.name": _of_records(lambda one: one.text.encode(), lambda one: one.type != _SRV),
    "dns.resp.type": _of_records(lambda one: one.type),
    "dns.resp.class": _of_records(lambda one: one.group, lambda one: one.type != _OPT),
    "dns.resp.ttl": _of_records(lambda one: one.lifetime, lambda one: one.type != _OPT),
    "dns.resp.len": _of_records(lambda one: len(one.data)),
    "dns.a": _of_records(lambda one: int.from_bytes(one.data), lambda one: one.type == 1),
    "dns.aaaa": _of_records(lambda one: one.data, lambda one: one.type == 28),
}
#: The types of records that have a field, by its name, as far as one table tells.
_TYPES: Final[dict[str, set[int]]] = {}
for _type, _lines in DATA.items():
    for _line in _lines:
        for _name in (_line.field, *(bit.field for bit in _line.bits), *((_line.counted[1],) if _line.counted else ())):
            _TYPES.setdefault(f"dns.{_name}", set()).add(_type)
#: Layers of DNS, and the port of each.
DNS_LAYERS: Final = {"dns": DNS_PORT, "mdns": 5353, "llmnr": 5355}
#: Fields that `read_dns` reads.
DNS_FIELDS: Final = frozenset(_PLACES) | frozenset(_VALUES)


def has_dns(datagrams: Datagrams, name: str) -> Mask:
    """Mask of the plain ``datagrams`` that have the layer ``name`` of `DNS_LAYERS`: the lower port decides."""
    lower = np.minimum(*(np.where(np.isin(port, list(DNS_PORTS)), port, 1 << 16) for port in (
        datagrams.source, datagrams.target
    )))  # fmt: skip
    found: Mask = datagrams.speaks_dns & (lower == DNS_LAYERS[name])
    return found


def read_dns(datagrams: Datagrams, name: str) -> tuple[Mask, Occurrences]:
    """A mask of the plain ``datagrams`` that answer for the field ``name`` of `DNS_FIELDS`; and its values.

    The places of the values are those among all ``datagrams``.
    """
    told, kind, count = _unicast(datagrams), types.type_of(FIELDS[name]), len(datagrams.four)
    at = np.flatnonzero(told)
    if name in _PLACES:
        place, condition = _PLACES[name]
        having = condition(values_at(datagrams.data, datagrams.payload[at], Place("dns", 2, 2), kind))
        at = at if having is None else at[having]
        return told, Occurrences(kind, count, values_at(datagrams.data, datagrams.payload[at], place, kind), at)
    values: list[Any] = []
    places: list[int] = []
    read = _VALUES[name]
    for number, message in _messages(datagrams, at):
        if message is None:
            told[number] = False
            continue
        found = read(message)
        values += found
        places += [number] * len(found)
    return told, Occurrences(kind, count, array_of(kind, values), np.array(places, np.int64))


def may_say(datagrams: Datagrams, name: str) -> Mask:
    """Mask of the plain ``datagrams`` that may have the field ``name`` of DNS, which is none of `DNS_FIELDS`.

    A field of a record's data is in no message without a record of its type.
    """
    could, wanted = datagrams.speaks_dns.copy(), _TYPES.get(name)
    if wanted is None:
        return could
    for number, message in _messages(datagrams, np.flatnonzero(_unicast(datagrams))):
        could[number] = message is None or any(one.type in wanted for one in message.records)
    return could


def _unicast(datagrams: Datagrams) -> Mask:
    """Which speak DNS on its own port, and on none of its relatives'."""
    mask = datagrams.speaks_dns.copy()
    for port in DNS_PORTS - {DNS_PORT}:
        mask &= (datagrams.source != port) & (datagrams.target != port)
    return mask


def _messages(datagrams: Datagrams, at: NDArray[np.int64]) -> Iterator[tuple[int, _Message | None]]:
    """The messages of the datagrams ``at`` these places; None for one that is not ordinary."""
    block = datagrams.data.data
    for number, begin, end in zip(at.tolist(), datagrams.payload[at].tolist(), datagrams.end[at].tolist(), strict=True):
        yield number, _message(bytes(block[begin:end]))


@lru_cache(maxsize=1 << 13)
def _message(data: bytes) -> _Message | None:
    """What ``data`` says; None where not all of it can be read, or a tree may not show all."""
    _number, _flags, *counts = struct.unpack_from("!6H", data)
    if sum(counts) > _RECORDS_MOST:
        return None
    at, questions, records = HEADER, [], []
    try:
        for _ in range(counts[0]):
            labels, at = read_name(data, at)
            questions.append(_Question(text_of(labels), not labels, *_QUESTION.unpack_from(data, at)))
            at += _QUESTION.size
        for _ in range(sum(counts[1:])):
            labels, at = read_name(data, at)
            kind, group, lifetime, size = RECORD.unpack_from(data, at)
            at += RECORD.size
            record = _Record(text_of(labels), kind, group, lifetime, data[at : at + size])
            if len(record.data) < size or not _is_ordinary(record):
                return None
            records.append(record)
            at += size
    except (BadName, struct.error):
        return None
    return _Message(tuple(questions), tuple(records))


def _is_ordinary(record: _Record) -> bool:
    """Whether its data, of a type whose fields are one table's, have the length of that type."""
    if record.type == _OPT:
        return True
    return record.type in DATA and {1: _IPV4, 28: _IPV6}.get(record.type, len(record.data)) == len(record.data)
