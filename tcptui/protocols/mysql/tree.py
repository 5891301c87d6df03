"""Packets in the header tree of the frame that completed them, in Wireshark's terms; without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.dfilter.names import value_text
from tcptui.protocols.headers.reassembled import add_reassembled
from tcptui.protocols.mysql import codes
from tcptui.protocols.mysql.asked import SQL_READ, sql_at
from tcptui.protocols.mysql.codes import Capability, Command
from tcptui.protocols.mysql.fields import ShortError
from tcptui.protocols.mysql.result_rows import (
    UnknownValueError,
    binary_value,
    column_name,
    definitions,
    is_text,
    kinds_of,
    take_nulls,
)  # fmt: skip
from tcptui.protocols.mysql.runs import Role
from tcptui.protocols.mysql.tree_lines import Lines
from tcptui.protocols.mysql.tree_login import STATUS, add_greeting, add_login
from tcptui.protocols.sql_secrets import sql_without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.mysql.conversation import Conversation
    from tcptui.protocols.mysql.packets import Packet
    from tcptui.protocols.mysql.runs import Run
    from tcptui.protocols.mysql.tree_lines import Bits

#: Packets of one frame that are shown, cells of all of them, and columns of one row.
_PACKETS_SHOWN: Final = 2_000
_CELLS_SHOWN: Final = 8_000
_FLAGS: Final[Bits] = (
    ("field.flags.not_null", "Not null"), ("field.flags.primary_key", "Primary key"),
    ("field.flags.unique_key", "Unique key"), ("field.flags.multiple_key", "Multiple key"),
    ("field.flags.blob", "Blob"), ("field.flags.unsigned", "Unsigned"), ("field.flags.zero_fill", "Zero fill"),
    ("", ""), ("field.flags.enum", "Enum"), ("field.flags.auto_increment", "Auto increment"),
    ("field.flags.timestamp", "Timestamp"), ("field.flags.set", "Set"),
)  # fmt: skip
_NAMES: Final = (
    ("Catalog", "field.catalog"), ("Database", "field.db"), ("Table", "field.table"),
    ("Original table", "field.org_table"), ("Name", "field.name"), ("Original name", "field.org_name"),
)  # fmt: skip
_TITLES: Final = {
    Role.OK: "response OK", Role.ERR: "response ERROR", Role.EOF: "response EOF", Role.COLUMN_COUNT: "column count",
    Role.COLUMN: "field packet", Role.FIELD: "response to SHOW FIELDS",
    Role.PARAMETER: "parameters in response to PREPARE", Role.ROW: "row packet", Role.BINARY_ROW: "row packet",
    Role.PREPARED: "response to PREPARE", Role.AUTH_SWITCH: "authentication switch request",
    Role.EVENT: "binlog event", Role.FILE_WANTED: "request for a local file", Role.FILE: "local file",
    Role.PROGRESS: "progress", Role.UNASKED: "response ERROR", Role.TEXT: "statistics",
}  # fmt: skip
#: Bytes of a packet's length.
_LENGTH: Final = 3
#: Roles whose bytes may be a secret.
_SECRET: Final = frozenset({Role.LOGIN, Role.AUTH, Role.AUTH_MORE, Role.COMMAND})

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


def add_mysql(
    dissection: Dissection, place: FramePlace, shown: Sequence[tuple[Run, Packet]], conversation: Conversation
) -> None:
    """Append a layer for each of the packets ``shown``, which the frame completed."""
    writer = _Writer(place, conversation)
    is_alone = bool(shown) and place.is_reassembled_alone(shown[0][1].start, _LENGTH)
    for at, (run, packet) in enumerate(shown[:_PACKETS_SHOWN]):
        stop = min(packet.stop, place.direction.length)
        if not place.holds(packet.start, stop):
            secret = run.role in _SECRET or run.is_secret
            add_reassembled(dissection, place.direction, packet.start, stop, bytes_shown=not secret)
        if at == 0 or (at == 1 and is_alone):  # Wireshark lists what one segment holds once
            dissection.protocols.append("mysql")
        title = _TITLES.get(run.role, "")
        text = f"MySQL Protocol - {title}" if title else "MySQL Protocol"
        layer = place.add(dissection.parent, text, packet.start, stop - packet.start, "mysql")
        layer.target = 0
        writer.add(layer, run, packet)
    if len(shown) > _PACKETS_SHOWN:
        dissection.parent.concluded(f"{len(shown) - _PACKETS_SHOWN} more packets of MySQL")


class _Writer:
    def __init__(self, place: FramePlace, conversation: Conversation) -> None:
        self._place, self._said = place, conversation
        self._cells = _CELLS_SHOWN
        self._known = conversation.capabilities or 0
        self._draw: dict[Role, Callable[[Branch, Lines, Run], None]] = {
            Role.GREETING: lambda layer, lines, _: add_greeting(layer, lines, is_mariadb=conversation.is_mariadb),
            Role.LOGIN: self._login, Role.TLS_REQUEST: self._login,
            Role.AUTH_SWITCH: self._auth_switch, Role.AUTH: self._auth, Role.AUTH_MORE: self._auth_more,
            Role.OK: self._ok, Role.ERR: self._error, Role.UNASKED: self._error, Role.EOF: self._eof,
            Role.COLUMN_COUNT: self._count, Role.COLUMN: self._column, Role.PARAMETER: self._column,
            Role.FIELD: self._column, Role.ROW: self._row, Role.BINARY_ROW: self._binary_row,
            Role.PREPARED: self._prepared, Role.EVENT: self._event,
            Role.TEXT: lambda layer, lines, _: self._rest(layer, lines, "Message", "message"),
            Role.FILE_WANTED: self._file_wanted,
        }  # fmt: skip

    def add(self, layer: Branch, run: Run, packet: Packet) -> None:
        """The lines of one packet."""
        part = min(packet.length, 0xFF_FFFF)
        self._place.add(layer, f"Packet Length: {part}", packet.start, 3, "mysql.packet_length")
        self._place.add(layer, f"Packet Number: {packet.number}", packet.start + 3, 1, "mysql.packet_number")
        if packet.parts > 1:
            layer.concluded(f"In {packet.parts} packets, {packet.length} bytes of payload")
        lines = Lines(self._place, packet)
        try:
            if run.role is Role.COMMAND:
                self._command(layer, lines, packet)
            elif run.role in self._draw:
                self._draw[run.role](layer, lines, run)
            else:
                lines.line(layer, f"Payload: {packet.length} bytes", 0, packet.length)
        except UnknownValueError:
            layer.concluded("The rest is no row of these columns")
        except ShortError:
            if packet.stop > self._place.direction.length or lines.at + lines.left < packet.length:
                layer.concluded("Not all of it was captured, or is shown")

    def _response(self, layer: Branch, lines: Lines) -> int:
        return lines.number(layer, 1, "Response Code", "response_code", 2)

    def _status(self, layer: Branch, lines: Lines) -> int:
        return lines.bits(layer, "Server Status", "server_status", STATUS)

    def _rest(self, layer: Branch, lines: Lines, title: str, field: str) -> None:
        if lines.left:
            lines.plain(layer, lines.left, title, field)

    # -- login -------------------------------------------------------------------------------
    def _login(self, layer: Branch, lines: Lines, run: Run) -> None:
        is_request = run.role is Role.TLS_REQUEST
        add_login(layer, lines, is_mariadb=self._said.is_mariadb, is_tls_request=is_request)

    def _auth_switch(self, layer: Branch, lines: Lines, _: Run) -> None:
        self._response(layer, lines)
        lines.line(layer, f"EOF marker: {codes.EOF}", 0, 1, "eof")
        if lines.left:
            lines.line_text(layer, "Auth Method Name", "auth_switch_request.name")
        if lines.left:
            lines.raw(layer, lines.left, "Auth Method Data", "auth_switch_request.data")

    def _auth(self, layer: Branch, lines: Lines, _: Run) -> None:
        lines.hidden(layer, lines.length, "Auth Method Data", "auth_switch_response.data")

    def _auth_more(self, layer: Branch, lines: Lines, _: Run) -> None:
        lines.hidden(layer, lines.length, "More of the authentication", "")

    # -- commands ----------------------------------------------------------------------------
    def _command(self, layer: Branch, lines: Lines, packet: Packet) -> None:
        command = packet.kind
        name = value_text("mysql.command", command) or Command(command).name
        parent = lines.line(layer, f"Request Command {name}", 0, packet.length, "request")
        lines.number(parent, 1, "Command", "command")
        if command in (Command.QUERY, Command.STMT_PREPARE):
            begin = sql_at(packet, self._known)
            if command == Command.QUERY and self._known & Capability.QUERY_ATTRIBUTES:
                _add_query_attributes(parent, lines)
            lines.fields.take(begin - lines.at)
            self._sql(parent, lines, packet)
        elif command in (Command.INIT_DB, Command.CREATE_DB, Command.DROP_DB):
            self._rest(parent, lines, "Schema", "schema")
        elif command in codes.ABOUT_STATEMENT:
            lines.number(parent, 4, "Statement ID", "stmt_id")
            self._about_statement(parent, lines, command)
        elif command == Command.FIELD_LIST:
            lines.line_text(parent, "Table Name", "table_name")
        elif command == Command.CHANGE_USER:
            lines.line_text(parent, "Username", "user")
            lines.hidden(parent, lines.left, "Password, and what follows", "passwd")
        elif command == Command.BINLOG_DUMP:
            lines.number(parent, 4, "Binlog Position", "binlog.position")
            lines.number(parent, 2, "Binlog Flags", "binlog.flags", 4)
            lines.number(parent, 4, "Binlog server id", "binlog.server_id", 8)
            self._rest(parent, lines, "Binlog file name", "binlog.file_name")
        elif command == Command.REGISTER_SLAVE:
            lines.number(parent, 4, "Binlog server id", "binlog.server_id", 8)
            lines.hidden(parent, lines.left, "Host, user and password", "")

    def _sql(self, parent: Branch, lines: Lines, packet: Packet) -> None:
        begin, length = lines.at, packet.length - lines.at
        text = packet.body(SQL_READ)[begin:].decode("utf-8", "replace")
        shown = sql_without_secrets(text)
        if shown is text:
            lines.line(parent, f"Statement: {text}", begin, length, "query")
        else:
            line = parent.add(f"Statement: {shown}", None, 0, "mysql.query")
            line.whole = shown.encode

    def _about_statement(self, parent: Branch, lines: Lines, command: int) -> None:
        if command == Command.STMT_EXECUTE:
            lines.number(parent, 1, "Flags", "exec_flags")
            lines.number(parent, 4, "Iterations (unused)", "exec_iter")
            if lines.left:
                lines.hidden(parent, lines.left, "Values of parameters", "")
        elif command == Command.STMT_FETCH:
            lines.number(parent, 4, "Rows to fetch", "num_rows")
        elif command == Command.STMT_SEND_LONG_DATA:
            lines.number(parent, 2, "Parameter", "param")
            lines.hidden(parent, max(lines.length - lines.at, 0), "Value of a parameter", "")

    # -- answers -----------------------------------------------------------------------------
    def _ok(self, layer: Branch, lines: Lines, _: Run) -> None:
        if self._response(layer, lines) == codes.EOF:
            lines.line(layer, f"EOF marker: {codes.EOF}", 0, 1, "eof")
        lines.encoded(layer, "Affected Rows", "affected_rows")
        begin = lines.at
        number = lines.fields.encoded()
        if number:
            lines.line(layer, f"Last INSERT ID: {number}", begin, lines.at - begin, "insert_id")
        status = self._status(layer, lines)
        lines.number(layer, 2, "Warnings", "warnings")
        if not lines.left:
            return
        size = lines.fields.encoded()
        if size:
            lines.plain(layer, size, "Message", "message")
        if self._known & Capability.SESSION_TRACK and status & codes.Status.STATE_CHANGED and lines.left:
            _add_session_track(layer, lines)

    def _error(self, layer: Branch, lines: Lines, _: Run) -> None:
        self._response(layer, lines)
        lines.number(layer, 2, "Error Code", "error_code")
        if lines.next_byte == ord("#"):
            lines.fields.take(1)
            lines.plain(layer, 5, "SQL state", "sqlstate")
        self._rest(layer, lines, "Error message", "error.message")

    def _eof(self, layer: Branch, lines: Lines, _: Run) -> None:
        self._response(layer, lines)
        lines.line(layer, f"EOF marker: {codes.EOF}", 0, 1, "eof")
        if lines.left:
            lines.number(layer, 2, "Warnings", "warnings")
            self._status(layer, lines)

    def _count(self, layer: Branch, lines: Lines, _: Run) -> None:
        lines.encoded(layer, "Number of fields", "num_fields")
        if lines.left:
            lines.number(layer, 1, "send metadata", "metadata_follows")

    def _column(self, layer: Branch, lines: Lines, run: Run) -> None:
        for title, field in _NAMES:
            lines.text(layer, title, field)
        if self._known & Capability.MARIADB_EXTENDED_METADATA:
            _add_extended_metadata(layer, lines)
        lines.fields.encoded()
        lines.number(layer, 2, "Charset number", "field.charsetnr")
        lines.number(layer, 4, "Length", "field.length")
        lines.number(layer, 1, "Type", "field.type")
        lines.bits(layer, "Flags", "field.flags", _FLAGS)
        lines.number(layer, 1, "Decimals", "field.decimals")
        lines.fields.take(2)
        if run.role is Role.FIELD and lines.left:
            lines.text(layer, "Default", "field.default")

    def _row(self, layer: Branch, lines: Lines, run: Run) -> None:
        if run.is_secret:
            lines.hidden(layer, lines.length, "Values", "")
            return
        while lines.at < lines.length:
            if not self._cells:
                layer.concluded("More cells are not shown")
                return
            self._cells -= 1
            lines.text(layer, "text", "row.text")

    def _binary_row(self, layer: Branch, lines: Lines, run: Run) -> None:
        """Values by the types of their columns, which only those tell; Wireshark has no field of them."""
        if run.is_secret:
            lines.hidden(layer, lines.length, "Values", "")
            return
        columns = definitions(run.columns)
        kinds = kinds_of(columns)
        if not kinds:
            lines.line(layer, f"Payload: {lines.length} bytes", 0, lines.length)
            return
        lines.fields.take(1)
        nulls = take_nulls(lines.fields, len(kinds))
        for at, (column, kind) in enumerate(zip(columns, kinds, strict=True)):
            if not self._cells:
                layer.concluded("More cells are not shown")
                return
            self._cells -= 1
            begin, name = lines.at, column_name(column)
            if nulls >> at & 1:
                layer.concluded(f"{name}: NULL")
            elif is_text(kind[0]):
                lines.text(layer, name, "")
            else:
                cell = binary_value(lines.fields, *kind)
                lines.line(layer, f"{name}: {cell if isinstance(cell, str) else 'NULL'}", begin, lines.at - begin)

    def _prepared(self, layer: Branch, lines: Lines, _: Run) -> None:
        self._response(layer, lines)
        lines.number(layer, 4, "Statement ID", "stmt_id")
        lines.number(layer, 2, "Number of fields", "num_fields")
        lines.number(layer, 2, "Number of parameter", "num_params")
        lines.fields.take(1)
        lines.number(layer, 2, "Warnings", "warnings")

    def _event(self, layer: Branch, lines: Lines, _: Run) -> None:
        self._response(layer, lines)
        lines.moment(layer, "Timestamp", "binlog.event_header.timestamp")
        lines.number(layer, 1, "Binlog Event Type", "binlog.event_header.event_type")
        lines.number(layer, 4, "Server ID", "binlog.event_header.server_id")
        lines.number(layer, 4, "Event Size", "binlog.event_header.event_size")
        lines.number(layer, 4, "Binlog Position", "binlog.event_header.log_position")
        lines.number(layer, 2, "Binlog Event Flags", "binlog.event_header.flags", 4)

    def _file_wanted(self, layer: Branch, lines: Lines, _: Run) -> None:
        lines.fields.take(1)
        if lines.left:
            lines.plain(layer, lines.left, "File of the client's that the server asks for", "")


def _add_query_attributes(parent: Branch, lines: Lines) -> None:
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


def _add_extended_metadata(layer: Branch, lines: Lines) -> None:
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


def _add_session_track(layer: Branch, lines: Lines) -> None:
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
