"""Filters made from what is under the cursor, as Wireshark's context menu makes them; no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.dfilter import types
from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.completion import literal
from tcptui.dfilter.errors import FilterError
from tcptui.model.field import FieldType as T
from tcptui.model.fields import FIELDS
from tcptui.model.packet_store import RowKind
from tcptui.model.verdict import Verdict, leading_verdict
from tcptui.protocols.secret_fields import may_be_secret
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.filtering.run import is_readable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.model.endpoint import Endpoint
    from tcptui.model.finding import Finding
    from tcptui.session.filtering.filtered_capture import FilteredCapture

#: Values of one field that are offered, at most.
_VALUES: Final = 6
#: Of a layer, the fields that its line in the header tree shows.
_IN_LINE_OF: Final = {
    "frame": ("frame.number", "frame.len", "frame.interface_name"),
    "eth": ("eth.src", "eth.dst", "eth.type"),
    "ip": ("ip.src", "ip.dst", "ip.proto"),
    "ipv6": ("ipv6.src", "ipv6.dst", "ipv6.nxt"),
    "tcp": ("tcp.srcport", "tcp.dstport", "tcp.len", "tcp.flags"),
}
#: Characters of a text or bytes that are compared, at most: longer ones are only looked for by their beginning.
_LONGEST: Final = 120


def connection_conditions(session: FilteredCapture, stream: int, findings: Iterable[Finding]) -> list[str]:
    """Filters by a connection: itself, what was found of it, its ends."""
    streams = session.streams
    client, server = streams.client(stream), streams.server(stream)
    found = [f'tcptui.finding == "{finding.id.value}"' for finding in findings]
    return checked([
        f"tcp.stream == {stream}",
        *found,
        f"{_address_field(server)} == {server.host} and tcp.port == {server.port}",
        f"tcp.port == {server.port}",
        f"{_address_field(client)} == {client.host}",
        f"{_address_field(server)} == {server.host}",
    ])  # fmt: skip


def packet_conditions(session: FilteredCapture, row: int) -> list[str]:
    """Filters by a packet: what is wrong with it, its flags and direction, its connection."""
    store = session.store
    stream = int(store.stream[row])
    conditions: list[str] = []
    if store.kind[row] == RowKind.ICMP_QUOTE:
        conditions.append("icmp or icmpv6")
    else:
        bits = int(store.verdict[row])
        leading = leading_verdict(bits)
        names = [verdict.field_name for verdict in Verdict if bits & verdict]
        if leading is not None:
            names = [leading.field_name, *(name for name in names if name != leading.field_name)]
        conditions += [f"tcp.analysis.{name}" for name in names]
        conditions.append(f"tcp.flags == 0x{int(store.flags[row]):04x}")
        conditions += field_conditions(session, row, "tcp.len")[:1]
    for name in ("ip.src", "ipv6.src"):
        conditions += field_conditions(session, row, name)[:1]
    if stream >= 0:
        conditions.append(f"tcp.stream == {stream}")
    conditions.append(f"frame.number == {int(store.frame[row])}")
    return checked(conditions)


def field_conditions(session: FilteredCapture, row: int, name: str, label: str = "") -> list[str]:
    """Filters by a field of a packet; of several values first the one that ``label``, the tree's line, shows.

    Of a layer, by what its line tells first.
    """
    field = FIELDS.get(name)
    if field is None or not is_readable(field):
        return []
    kind = types.type_of(field)
    if literal(kind, "00") is None:
        told = [
            condition for part in _IN_LINE_OF.get(name, ()) for condition in field_conditions(session, row, part)[:1]
        ]
        return checked([*told, name])
    rows = np.array([row], np.int32)
    values = list(dict.fromkeys(FieldReader(session).texts(field, rows)[0]))
    if may_be_secret(name):  # a filter that is written down shows what it is about
        shown = set(FieldPrinter(session, [field]).texts(rows)[0][0])
        values = [value for value in values if value in shown]
        if not values:
            return checked([name])
    values.sort(key=lambda value: value not in label)
    made = [_equals(name, kind, value) for value in values[:_VALUES]]
    return checked([*made, name]) if made else []


def _equals(name: str, kind: T, value: str) -> str:
    most = _LONGEST if kind is T.STRING else 2 * _LONGEST
    written = literal(kind, value[:most])
    if written is None:
        return name
    return f"{name} {'==' if len(value) <= most else 'contains'} {written}"


def _address_field(end: Endpoint) -> str:
    return "ipv6.addr" if ":" in end.host else "ip.addr"


def checked(conditions: Iterable[str]) -> list[str]:
    """The ``conditions`` that are filters, each once."""
    found = []
    for condition in dict.fromkeys(conditions):
        try:
            compile_filter(condition)
        except FilterError:
            continue
        found.append(condition)
    return found
