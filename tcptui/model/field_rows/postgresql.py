"""Fields of PostgreSQL, without those that hold secrets: passwords, their digests, and the key that cancels."""

from __future__ import annotations

from typing import Final

from tcptui.model.field import Field, FieldType, Layer, Text, Unit

_BYTES: Final = Unit.BYTES


def _pgsql(name: str, kind: FieldType, doc: str, unit: Unit = Unit.NONE, *, text: Text = Text.LABEL) -> Field:
    """A field of PostgreSQL.  Each may repeat, because a segment may hold many messages."""
    return Field(f"pgsql.{name}", kind, doc, unit=unit, repeats=True, text=text)


def _text(name: str, doc: str) -> Field:
    """A text whose line is its bytes."""
    return _pgsql(name, FieldType.STRING, doc, text=Text.BYTES)


POSTGRESQL_FIELDS: Final = (
    Field(
        "pgsql", FieldType.PROTOCOL, "A message of PostgreSQL.", repeats=True, layer=Layer.LISTED | Layer.ONE_A_SEGMENT
    ),
    _pgsql("frontend", FieldType.BOOLEAN, "The client sends the message."),
    _pgsql("type", FieldType.STRING, "What the message is."),
    _pgsql("length", FieldType.UINT32, "Length of the message, without its type.", _BYTES),
    _pgsql("version_major", FieldType.UINT16, "Major version of the protocol."),
    _pgsql("version_minor", FieldType.UINT16, "Minor version of the protocol."),
    _pgsql("version_supported_minor", FieldType.UINT32, "Newest minor version that the server has."),
    _pgsql("number_nonsupported_options", FieldType.INT32, "How many options the server does not know."),
    _text("nonsupported_option", "An option that the server does not know."),
    _text("parameter_name", "Name of a setting of the session."),
    _text("parameter_value", "Value of a setting of the session."),
    _text("query", "A statement, or several; one with secrets has no value."),
    _pgsql("authtype", FieldType.UINT32, "The authentication that the server asks for."),
    _text("auth.sasl.mech", "A mechanism of SASL that the server offers."),
    _text("statement", "Name of a prepared statement."),
    _text("portal", "Name of a portal, which is a statement with its parameters."),
    _pgsql("returns", FieldType.UINT32, "At most how many rows to return; 0: all."),
    _text("tag", "What was done, and to how many rows."),
    _pgsql("status", FieldType.UINT8, "Whether a transaction is open, as a character: I none, T open, E failed."),
    _pgsql("copydata", FieldType.BYTES, "Data of COPY, or of replication."),
    _text("error", "Why the client gave up COPY."),
    _pgsql("pid", FieldType.UINT32, "Server process of a session, or of a cancel request."),
    _text("condition", "Name of the channel of a notification."),
    _text("text", "Text of a notification; severity of an error, in English."),
    _pgsql("oid.table", FieldType.UINT32, "Object identifier of a column's table; 0: no table."),
    _pgsql("oid.type", FieldType.UINT32, "Object identifier of a type."),
    _pgsql("oid", FieldType.UINT32, "Object identifier of a function."),
    _pgsql("format", FieldType.UINT16, "Whether values are text (0) or binary (1)."),
    _pgsql("field.count", FieldType.UINT16, "How many columns a row has."),
    _text("col.name", "Name of a column."),
    _pgsql("col.index", FieldType.UINT32, "Number of the column in its table; 0: no table."),
    _pgsql("val.length", FieldType.INT32, "Length of a value; -1: NULL; for a type, -1: any.", _BYTES),
    _pgsql("val.data", FieldType.BYTES, "A value; those of statements with secrets are never shown."),
    _pgsql("col.typemod", FieldType.INT32, "Modifier of a column's type; -1 none."),
    _text("severity", "Severity of an error or notice, in the server's language."),
    _text("code", "SQLSTATE of an error or notice."),
    _text("message", "Text of an error or notice."),
    _text("detail", "Detail of an error or notice."),
    _text("hint", "What an error or notice advises."),
    _text("position", "Place in the statement at which the error is, in characters from 1."),
    _text("internal_position", "The same in one of the server's own statements."),
    _text("internal_query", "One of the server's own statements that failed."),
    _text("where", "Where in functions the error occurred."),
    _text("schema_name", "Schema of the object with the error."),
    _text("table_name", "Table that the error is about."),
    _text("column_name", "Column that the error is about."),
    _text("type_name", "Type that the error is about."),
    _text("constraint_name", "Constraint that was violated."),
    _text("file", "Source file of the server that reported it."),
    _text("line", "Line in that source file."),
    _text("routine", "Function in that source file."),
)
