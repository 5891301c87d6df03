"""The records of a zone that was transferred, in the order of its messages (RFC 5936, 2.2; RFC 1995, 4)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from tcptui.protocols.dns.codes import class_name, type_name
from tcptui.protocols.dns.message import PREFIX, RECORD, read_head, records_offset
from tcptui.protocols.dns.names import BadName, read_name
from tcptui.protocols.dns.text import text_of_name, text_of_record
from tcptui.protocols.result_set import ResultSet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.interface import Carried
    from tcptui.protocols.result_set import Row

_COLUMNS: Final = ("name", "ttl", "class", "type", "data")


def result_sets(answer: Carried, *, ended: bool) -> Iterator[ResultSet]:
    """The zone in ``answer``; ``ended``: its last record was among it."""
    yield ResultSet(_COLUMNS, lambda: _rows(answer), ended and answer.complete)


def _rows(answer: Carried) -> Iterator[Row]:
    for start, stop in answer.stretches:
        at = start
        while at < stop:
            size = int.from_bytes(answer.direction.read(at, PREFIX))
            data = answer.direction.read(at + PREFIX, size)
            yield from _records(data)
            if size > len(data):
                yield None
            at += PREFIX + size


def _records(data: bytes) -> Iterator[Row]:
    """The records of the answer section of a message; None in place of those that cannot be read."""
    head = read_head(data)
    if head is None:
        return
    try:
        at = records_offset(data, head)
        for _ in range(head.answers):
            name, at = read_name(data, at)
            kind, group, lifetime, size = RECORD.unpack_from(data, at)
            at += RECORD.size
            said = text_of_record(data, at, size, kind, group) if at + size <= len(data) else ""
            shown = (text_of_name(name), str(lifetime), class_name(group), type_name(kind), said)
            yield shown if said else None
            at += size
    except (BadName, struct.error):
        yield None
