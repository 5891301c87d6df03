"""Messages of PostgreSQL in the header tree of the packet that completed them, in Wireshark's terms; without secrets.

What may be a secret has a line without a field, so that no filter compares it and no column shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.protocols.headers.bits import shortened
from tcptui.protocols.headers.reassembled import add_reassembled
from tcptui.protocols.postgresql.fields import ERROR_FIELDS, error_fields
from tcptui.protocols.postgresql.message import HEADER, STATUS_NAMES, Kind
from tcptui.protocols.postgresql.statement import may_hold_secrets, without_secrets
from tcptui.protocols.postgresql.text import SAFE_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.protocols.headers.builder import Branch
    from tcptui.protocols.headers.cursor import Dissection
    from tcptui.protocols.headers.frame_place import FramePlace
    from tcptui.protocols.postgresql.message import Message
    from tcptui.protocols.postgresql.notes import Notes

#: Most messages, and most lines within one, of one packet's tree; bytes of a message that are read for it.
_MESSAGES_SHOWN: Final = 5_000
_LINES_SHOWN: Final = 2_000
_READ: Final = 1 << 20
_SHOWN_BYTES: Final = 40
_SECRET: Final = "not shown, for it may be a secret"
_UNTYPED: Final = frozenset({Kind.STARTUP, Kind.CANCEL, Kind.SSL_REQUEST, Kind.GSS_REQUEST})
_FORMATS: Final = {0: "Text", 1: "Binary"}
#: Names by Wireshark of what an authentication request asks for (55.7).
_AUTHENTICATION: Final = {
    0: "Success", 1: "Kerberos V4", 2: "Kerberos V5", 3: "Plaintext password", 4: "crypt()ed password",
    5: "MD5 password", 6: "SCM credentials", 7: "GSSAPI", 8: "GSSAPI/SSPI continue", 9: "SSPI", 10: "SASL",
    11: "SASL continue", 12: "SASL complete",
}  # fmt: skip
_SASL: Final = 10


def add_postgresql(dissection: Dissection, place: FramePlace, messages: Sequence[Message], notes: Notes) -> None:
    """Append a layer for each of ``messages``, which the packet completed."""
    is_alone = bool(messages) and place.is_reassembled_alone(messages[0].start, HEADER)
    for at, one in enumerate(messages[:_MESSAGES_SHOWN]):
        if not place.holds(one.start, one.stop):
            within = [one] if is_alone or at else messages
            shown = not any(each.kind is Kind.CREDENTIALS or notes.hides(each) for each in within)
            stop = place.last_end(one.stop, (each.stop for each in within))
            add_reassembled(dissection, place.direction, one.start, stop, bytes_shown=shown)
        if at == 0 or (at == 1 and is_alone):  # Wireshark lists what one segment holds once
            dissection.protocols.append("pgsql")
        layer = place.add(dissection.parent, "PostgreSQL", one.start, one.stop - one.start, "pgsql")
        layer.target = 0
        _Writer(layer, place, one, notes).add()
    if len(messages) > _MESSAGES_SHOWN:
        dissection.parent.concluded("More messages are not shown")


class _Ends(Exception):  # noqa: N818  (no error: how reading ends where bytes do)
    """The message's bytes end, or its lines are many."""


class _Writer:
    """Writes the lines of one message, from its first byte on."""

    def __init__(self, layer: Branch, place: FramePlace, message: Message, notes: Notes) -> None:
        self._layer, self._place, self._message = layer, place, message
        self._data = place.direction.read(message.start, min(message.stop - message.start, _READ))
        self._at = 0
        self._lines = _LINES_SHOWN
        self._notes = notes

    def add(self) -> None:
        """Append the lines."""
        message, layer = self._message, self._layer
        kind = message.kind
        title = _credentials_title(self._notes, message) if kind is Kind.CREDENTIALS else kind.title
        typed = kind not in _UNTYPED and kind is not Kind.ENCRYPTION
        self._line(layer, f"Type: {title}", 0, int(typed), "pgsql.type")
        self._at = int(typed)
        try:
            if kind is not Kind.ENCRYPTION:
                self._number(layer, "Length", 4, "pgsql.length")
            writer = _WRITERS.get(kind)
            if writer is not None:
                writer(self)
        except _Ends:
            layer.concluded("What follows is not shown")
        layer.concluded(f"Frontend: {not kind.side}", "pgsql.frontend")
        operation = self._notes.of(message)
        if operation is not None and operation.statement and kind in _TELLS_STATEMENT:
            layer.concluded(f"Statement's text: {operation.statement}")
        if not message.complete:
            layer.concluded("Not all of it was captured")

    # -- pieces ------------------------------------------------------------------------------
    def _line(self, parent: Branch, label: str, at: int, length: int, field: str = "") -> Branch:
        if not self._lines:
            raise _Ends
        self._lines -= 1
        return self._place.add(parent, label, self._message.start + at, length, field)

    def _take(self, size: int) -> bytes:
        data = self._data[self._at : self._at + size]
        if len(data) < size:
            raise _Ends
        self._at += size
        return data

    def _number(self, parent: Branch, title: str, size: int, field: str, names: dict[int, str] | None = None) -> int:
        value = int.from_bytes(self._take(size), "big")
        said = f"{names.get(value, 'Unknown')} ({value})" if names else str(value)
        self._line(parent, f"{title}: {said}", self._at - size, size, field)
        return value

    def _signed(self, parent: Branch, title: str, size: int, field: str) -> int:
        value = int.from_bytes(self._take(size), "big", signed=True)
        self._line(parent, f"{title}: {value}", self._at - size, size, field)
        return value

    def _text(
        self, parent: Branch, title: str, field: str, hide: Callable[[str], bool] = lambda _text: False
    ) -> tuple[str, Branch]:
        """A zero-terminated text, and its line."""
        begin = self._at
        end = self._data.find(b"\0", begin)
        if end < 0:
            raise _Ends
        text = self._data[begin:end].decode("utf-8", "replace")
        self._at = end + 1
        said = without_secrets(text)
        if hide(text):
            said, field = _SECRET, ""
        return text, self._line(parent, f"{title}: {said}", begin, end - begin, field if said == text else "")

    def _bytes(self, parent: Branch, title: str, length: int, field: str, *, is_secret: bool = False) -> None:
        begin = self._at
        known = self._data[begin : begin + min(length, _SHOWN_BYTES)]
        self._at += length
        if is_secret:
            self._line(parent, f"{title}: {_SECRET}", begin, length)
        else:
            self._line(parent, f"{title}: {shortened(known)}", begin, length, field)

    @property
    def _left(self) -> int:
        return self._message.stop - self._message.start - self._at

    # -- messages ----------------------------------------------------------------------------
    def startup(self) -> None:
        """Version and parameters."""
        self._number(self._layer, "Protocol major version", 2, "pgsql.version_major")
        self._number(self._layer, "Protocol minor version", 2, "pgsql.version_minor")
        while self._data[self._at : self._at + 1] not in (b"", b"\0"):
            self.parameter()

    def parameter(self) -> None:
        """A parameter's name and value."""
        name, _ = self._text(self._layer, "Parameter name", "pgsql.parameter_name")
        self._text(self._layer, "Parameter value", "pgsql.parameter_value", lambda _text: may_hold_secrets(name))

    def cancel(self) -> None:
        """Which process is to be interrupted; its key is a secret."""
        self._take(4)
        self.key_data()

    def key_data(self) -> None:
        """Which process this is; its key, with which anybody may interrupt it, is a secret."""
        self._number(self._layer, "PID", 4, "pgsql.pid")
        self._bytes(self._layer, "Key", self._left, "", is_secret=True)

    def encryption(self) -> None:
        """One byte: whether what follows is encrypted."""
        self._text_of_rest("Response")

    def credentials(self) -> None:
        """Nothing of them but the mechanism of SASL."""
        if self._notes.asked_before(self._message) == _SASL:
            self._text(self._layer, "SASL authentication mechanism", "pgsql.auth.sasl.mech")
        self._bytes(self._layer, "Credentials", self._left, "", is_secret=True)

    def authentication(self) -> None:
        """What is asked for."""
        asked = self._number(self._layer, "Authentication type", 4, "pgsql.authtype", _AUTHENTICATION)
        if asked == _SASL:
            while self._data[self._at : self._at + 1] not in (b"", b"\0"):
                self._text(self._layer, "SASL authentication mechanism", "pgsql.auth.sasl.mech")
        elif self._left:
            self._bytes(self._layer, "Data", self._left, "", is_secret=True)

    def query(self) -> None:
        """The SQL."""
        self._text(self._layer, "Query", "pgsql.query")

    def parse(self) -> None:
        """A statement's name, SQL, and types of parameters."""
        self._text(self._layer, "Statement", "pgsql.statement")
        self._text(self._layer, "Query", "pgsql.query")
        self._types()

    def types(self) -> None:
        """The types of a statement's parameters."""
        self._types()

    def _types(self) -> None:
        count = int.from_bytes(self._take(2), "big")
        branch = self._line(self._layer, f"Parameters: {count}", self._at - 2, 2 + 4 * count)
        for _ in range(count):
            self._number(branch, "Type OID", 4, "pgsql.oid.type")

    def bind(self) -> None:
        """A portal's name, its statement's, and the parameters."""
        self._text(self._layer, "Portal", "pgsql.portal")
        self._text(self._layer, "Statement", "pgsql.statement")
        self._values()
        self._formats("Result formats")

    def call(self) -> None:
        """A function, its arguments, and the format of its result."""
        self._number(self._layer, "OID", 4, "pgsql.oid")
        self._values()
        self._number(self._layer, "Format", 2, "pgsql.format", _FORMATS)

    def _values(self) -> None:
        self._formats("Parameter formats")
        count = int.from_bytes(self._take(2), "big")
        branch = self._line(self._layer, f"Parameter values: {count}", self._at - 2, 2)
        self._cells(branch, count, is_secret=self._notes.hides(self._message))

    def _formats(self, title: str) -> None:
        count = int.from_bytes(self._take(2), "big")
        branch = self._line(self._layer, f"{title}: {count}", self._at - 2, 2 + 2 * count)
        for _ in range(count):
            self._number(branch, "Format", 2, "pgsql.format", _FORMATS)

    def _cells(self, parent: Branch, count: int, *, is_secret: bool) -> None:
        for _ in range(count):
            length = self._signed(parent, "Column length", 4, "pgsql.val.length")
            if length > 0:
                self._bytes(parent, "Data", length, "pgsql.val.data", is_secret=is_secret)

    def row(self) -> None:
        """The columns of a row."""
        count = int.from_bytes(self._take(2), "big")
        branch = self._line(self._layer, f"Field count: {count}", self._at - 2, 2, "pgsql.field.count")
        self._cells(branch, count, is_secret=self._notes.hides(self._message))

    def described(self) -> None:
        """The columns that rows have."""
        count = int.from_bytes(self._take(2), "big")
        branch = self._line(self._layer, f"Field count: {count}", self._at - 2, 2, "pgsql.field.count")
        for _ in range(count):
            _, column = self._text(branch, "Column name", "pgsql.col.name")
            self._number(column, "Table OID", 4, "pgsql.oid.table")
            self._number(column, "Column index", 2, "pgsql.col.index")
            self._number(column, "Type OID", 4, "pgsql.oid.type")
            self._signed(column, "Column length", 2, "pgsql.val.length")
            self._signed(column, "Type modifier", 4, "pgsql.col.typemod")
            self._number(column, "Format", 2, "pgsql.format", _FORMATS)

    def named(self) -> None:
        """A statement or a portal, by its name."""
        which = self._take(1)
        title, field = ("Statement", "pgsql.statement") if which == b"S" else ("Portal", "pgsql.portal")
        self._text(self._layer, title, field)

    def executed(self) -> None:
        """A portal, and how many rows at most."""
        self._text(self._layer, "Portal", "pgsql.portal")
        rows = int.from_bytes(self._take(4), "big")
        said = f"{rows} rows" if rows else "all rows (0)"
        self._line(self._layer, f"Returns: {said}", self._at - 4, 4, "pgsql.returns")

    def completed(self) -> None:
        """What was done."""
        self._text(self._layer, "Tag", "pgsql.tag")

    def ready(self) -> None:
        """Whether a transaction is open."""
        status = self._take(1)
        said = f"{STATUS_NAMES.get(status, 'Unknown')} ({status[0]})"
        self._line(self._layer, f"Status: {said}", self._at - 1, 1, "pgsql.status")

    def failed(self) -> None:
        """The fields of an error or notice."""
        is_secret = self._notes.hides(self._message)
        for letter, text, at, length in error_fields(self._data[self._at :]):
            title, field = ERROR_FIELDS.get(letter, (f"Field {letter}", ""))
            said = _SECRET if is_secret and letter not in SAFE_FIELDS else without_secrets(text)
            name = f"pgsql.{field}" if field and said == text else ""
            self._line(self._layer, f"{title}: {said}", self._at + at + 1, max(length - 2, 0), name)

    def notified(self) -> None:
        """Who says what to whom listens."""
        self._number(self._layer, "PID", 4, "pgsql.pid")
        self._text(self._layer, "Condition", "pgsql.condition")
        self._text(self._layer, "Text", "pgsql.text")

    def copied(self) -> None:
        """The formats of COPY."""
        self._number(self._layer, "Format", 1, "pgsql.format", _FORMATS)
        count = int.from_bytes(self._take(2), "big")
        branch = self._line(self._layer, f"Columns: {count}", self._at - 2, 2 + 2 * count)
        for _ in range(count):
            self._number(branch, "Format", 2, "", _FORMATS)

    def data(self) -> None:
        """Data of COPY."""
        self._bytes(self._layer, "Copy data", self._left, "pgsql.copydata",
                    is_secret=self._notes.hides(self._message))  # fmt: skip

    def given_up(self) -> None:
        """Why the client sends no more data."""
        self._text(self._layer, "Error", "pgsql.error")

    def result(self) -> None:
        """What a function gives."""
        length = self._signed(self._layer, "Column length", 4, "pgsql.val.length")
        if length > 0:
            self._bytes(self._layer, "Data", length, "pgsql.val.data")

    def negotiated(self) -> None:
        """Which version the server has, and which options it does not know."""
        self._number(self._layer, "Supported minor version", 4, "pgsql.version_supported_minor")
        count = self._number(self._layer, "Number nonsupported options", 4, "pgsql.number_nonsupported_options")
        for _ in range(min(count, _LINES_SHOWN)):
            self._text(self._layer, "Nonsupported option", "pgsql.nonsupported_option")

    def _text_of_rest(self, title: str) -> None:
        text = self._data[self._at :].decode("latin-1")
        self._line(self._layer, f"{title}: {text}", self._at, len(text))


def _credentials_title(notes: Notes, message: Message) -> str:
    """Wireshark's names of what answers a request for authentication."""
    asked = notes.asked_before(message)
    if asked == _SASL:
        return "SASLInitialResponse message"
    if asked is not None and asked > _SASL:
        return "SASLResponse message"
    return "GSSResponse message" if asked in (7, 8, 9) else "Password message"


_WRITERS: Final[dict[Kind, Callable[[_Writer], None]]] = {
    Kind.STARTUP: _Writer.startup, Kind.CANCEL: _Writer.cancel, Kind.CREDENTIALS: _Writer.credentials,
    Kind.QUERY: _Writer.query, Kind.PARSE: _Writer.parse, Kind.BIND: _Writer.bind, Kind.EXECUTE: _Writer.executed,
    Kind.DESCRIBE: _Writer.named, Kind.CLOSE: _Writer.named, Kind.CALL: _Writer.call, Kind.SENT_DATA: _Writer.data,
    Kind.SENT_FAIL: _Writer.given_up, Kind.ENCRYPTION: _Writer.encryption, Kind.KEY_DATA: _Writer.key_data,
    Kind.AUTHENTICATION: _Writer.authentication, Kind.PARAMETER: _Writer.parameter, Kind.COMPLETE: _Writer.completed,
    Kind.PARAMETERS: _Writer.types, Kind.COLUMNS: _Writer.described, Kind.ROW: _Writer.row,
    Kind.ERROR: _Writer.failed, Kind.NOTICE: _Writer.failed, Kind.READY: _Writer.ready,
    Kind.NOTIFICATION: _Writer.notified, Kind.RESULT: _Writer.result, Kind.COPY_IN: _Writer.copied,
    Kind.COPY_OUT: _Writer.copied, Kind.COPY_BOTH: _Writer.copied, Kind.DATA: _Writer.data,
    Kind.VERSION: _Writer.negotiated,
}  # fmt: skip
_TELLS_STATEMENT: Final = frozenset({Kind.BIND, Kind.EXECUTE, Kind.DESCRIBE, Kind.COMPLETE, Kind.ERROR,
                                     Kind.SUSPENDED})  # fmt: skip
