"""What few packets have: attributes of a query, changes in the session, what MariaDB adds to a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.mysql.tree_lines import Lines

_ATTRIBUTES_MOST: Final = 256
#: Entries of a column's extended description, by their kind (MariaDB, protocol of result sets).
_DESCRIBED: Final = {0: ("Extended metadata type", "extmeta.type"), 1: ("Extended metadata format", "extmeta.format")}
#: Changes in the session: title, field, title of the length that has a line (SESSION_TRACK_*).
_STATE, _GTIDS = 2, 3
_CHANGES: Final = {
    1: ("Schema change", "schema", "Schema change length"), 3: ("GTIDs", "gtids", "GTIDs length"),
    4: ("Transaction characteristics", "transaction_characteristics", "Transaction characteristics length"),
    5: ("Transaction state", "transaction_state", "Transaction state length"),
}  # fmt: skip


def add_query_attributes(parent: Branch, lines: Lines) -> None:
    """The names of a query's attributes; their values, which may be secret, are not shown.

    Wireshark takes the types for numbers whose first byte is the highest.
    """
    begin = lines.at
    group = lines.line(parent, "Query Attributes", begin, 0, "query_attrs")
    count = lines.encoded(group, "Count", "query_attrs_count")
    lines.fields.encoded()
    if not count:
        return
    lines.raw(group, (count + 7) // 8, "Unused", "unused")
    says = "True" if lines.fields.number(1) else "False"
    field = "query_attrs_send_types_to_server"
    lines.line(group, f"Send types to server: {says}", lines.at - 1, 1, field)
    for _ in range(min(count, _ATTRIBUTES_MOST)):
        kind = int.from_bytes(lines.fields.take(2))
        lines.line(group, f"Attribute Name Type: 0x{kind:04x}", lines.at - 2, 2, "query_attr_name_type")
        lines.text(group, "Attribute Name", "query_attr_name")


def add_extended_metadata(layer: Branch, lines: Lines) -> None:
    """What MariaDB adds to the description of a column."""
    data, stop = lines.sized(
        layer, "Extended metadata data", "extmeta_data", "Extended metadata length", "extmeta.length"
    )
    while lines.at < stop:
        entry = lines.line(data, "Extended metadata", lines.at, 0, "extmeta")
        kind = lines.encoded(entry, "Extended metadata key", "extmeta.key")
        if kind not in _DESCRIBED:
            lines.fields.take(max(stop - lines.at, 0))
            return
        lines.text(entry, *_DESCRIBED[kind])


def add_session_track(layer: Branch, lines: Lines) -> None:
    """What changed in the session."""
    data, _stop = lines.sized(
        layer,
        "Session tracking data",
        "session_track.data",
        "Session tracking data length",
        "session_track.data.length",
    )
    while lines.left > 1:
        line = lines.line(data, "Session Track", lines.at, 0, "session_track")
        kind = lines.number(line, 1, "Session tracking type", "session_track.type")
        length = lines.encoded(line, "Session tracking length", "session_track.length")
        stop = lines.at + length
        if kind == 0:
            for what in ("Name", "Value"):
                field = "session_track.sysvar"
                _counted(line, lines, f"System variable change {what}", f"{field}.{what.lower()}",
                         "System variable change Length", f"{field}.length")  # fmt: skip
        elif kind == _STATE:
            lines.text(line, "State change", "session_track.state_change")
        elif kind in _CHANGES:
            title, name, counted = _CHANGES[kind]
            if kind == _GTIDS:
                lines.number(line, 1, "GTIDs encoding", "session_track.gtids.encoding")
            _counted(line, lines, title, f"session_track.{name}", counted, f"session_track.{name}.length")
        lines.fields.take(max(stop - lines.at, 0))


def _counted(line: Branch, lines: Lines, title: str, field: str, length_title: str, length_field: str) -> None:
    """A text behind its length, which has a line of its own."""
    size = lines.encoded(line, length_title, length_field)
    lines.plain(line, size, title, field)
