"""Values of fields as ``tshark -T fields`` prints them: where that is not the value, but a line of the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.dfilter import types
from tcptui.model.field import FieldType as T
from tcptui.protocols.headers.frame import date_text
from tcptui.session.filtering.field_values import FieldReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.model.field import Field
    from tcptui.model.packet_store import I32
    from tcptui.session.session import Session

#: Protocols whose line in Wireshark's tree is a text of its own; of others the name is printed.
_DESCRIBED: Final = frozenset({"frame", "eth", "vlan", "sll", "ip", "ipv6", "tcp", "udp", "data-text-lines"})


class FieldPrinter:
    """Prints the fields ``fields`` of packets of a session, reading each packet once."""

    def __init__(self, session: Session, fields: Sequence[Field]) -> None:
        self._session = session
        self._fields = fields
        self._reader = FieldReader(session)
        self._reader.trees.want(field.name for field in fields)
        self._described = frozenset(field.name for field in fields) & _DESCRIBED

    def texts(self, rows: I32) -> list[list[list[str]]]:
        """For each field and each of ``rows`` (ascending) the values."""
        lines = self._lines(rows) if self._described else []
        columns = []
        for field in self._fields:
            if field.name in self._described:
                columns.append([found.get(field.name, []) for found in lines])
                continue
            columns.append(self._plain(field, rows))
        return columns

    def _plain(self, field: Field, rows: I32) -> list[list[str]]:
        kind = types.type_of(field)
        if kind is T.ABSOLUTE_TIME:
            found = self._reader.occurrences(field, rows)
            texts: list[list[str]] = [[] for _ in range(len(rows))]
            for place, time_ns in zip(found.places.tolist(), found.values.tolist(), strict=True):
                texts[place].append(date_text(time_ns, None))
            return texts
        texts = self._reader.texts(field, rows)
        if kind is T.NONE:  # that it is there is all there is to print
            return [["1"] * len(values) for values in texts]
        if kind is T.PROTOCOL:
            return [[field.name] * len(values) for values in texts]
        return texts

    def _lines(self, rows: I32) -> list[dict[str, list[str]]]:
        """The lines of the described fields in the header tree of each of ``rows``."""
        found: dict[int, dict[str, list[str]]] = {row: {} for row in rows.tolist()}
        for packet, _, tree in self._reader.trees.trees(found):
            for node in tree.walk():
                if node.field in self._described:
                    found[packet.row].setdefault(node.field, []).append(node.label)
        return list(found.values())
