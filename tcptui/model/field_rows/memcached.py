"""Fields of memcached, without those that hold values."""

from __future__ import annotations

from typing import Final

from tcptui.model.field import Base, Field, FieldType, Layer, Unit

_BYTES: Final = Unit.BYTES


def _memcache(
    name: str, kind: FieldType, doc: str, unit: Unit = Unit.NONE, *, base: Base = Base.DECIMAL
) -> Field:  # fmt: skip
    """A field of memcached.  Each may repeat, because a segment may hold many messages."""
    return Field(f"memcache.{name}", kind, doc, unit=unit, repeats=True, base=base)


MEMCACHED_FIELDS: Final = (
    Field("memcache", FieldType.PROTOCOL, "A command of memcached, or a response.", repeats=True, layer=Layer.LISTED),
    _memcache("magic", FieldType.UINT8, "First byte of the binary protocol: 128 request, 129 response."),
    _memcache("opcode", FieldType.UINT8, "Command of the binary protocol."),
    _memcache("extras.length", FieldType.UINT8, "Length of the extras.", _BYTES),
    _memcache("key.length", FieldType.UINT16, "Length of the key.", _BYTES),
    _memcache("value.length", FieldType.UINT32, "Length of the value, which is never shown.", _BYTES),
    _memcache("data_type", FieldType.UINT8, "Type of the value: always 0."),
    _memcache("reserved", FieldType.UINT16, "Reserved in requests."),
    _memcache("status", FieldType.UINT16, "Status of the response; 0 no error."),
    _memcache("total_body_length", FieldType.UINT32, "Length of the message after its header.", _BYTES),
    _memcache("opaque", FieldType.UINT32, "Number that the client chose, which the response repeats."),
    _memcache("cas", FieldType.UINT64, "Version of the value, which changes with it."),
    _memcache("extras", FieldType.NONE, "What a command has in front of key and value."),
    _memcache("extras.flags", FieldType.UINT32, "Flags that clients keep with the value.", base=Base.HEXADECIMAL),
    _memcache("extras.expiration", FieldType.UINT32, "When the value expires.", Unit.SECONDS),
    _memcache("extras.delta", FieldType.UINT64, "How much is added, or taken away."),
    _memcache("extras.initial", FieldType.UINT64, "What a counter begins with."),
    _memcache("extras.unknown", FieldType.BYTES, "Extras of a command that has none, or of an unknown one."),
    _memcache("key", FieldType.STRING, "A key, without what may be secret in it."),
    _memcache("command", FieldType.STRING, "Command of the text protocol."),
    _memcache("subcommand", FieldType.STRING, "What statistics are about."),
    _memcache("flags", FieldType.UINT16, "Flags that clients keep with the value."),
    _memcache("expiration", FieldType.UINT32, "When the value expires.", Unit.SECONDS),
    _memcache("noreply", FieldType.STRING, "The client wants no response."),
    _memcache("response", FieldType.STRING, "What the server responds; of an error with its words."),
    _memcache("version", FieldType.STRING, "Version of the server."),
    _memcache("slabclass", FieldType.UINT32, "Class of values of a size that statistics are about."),
    _memcache("name", FieldType.STRING, "Name of a statistic."),
    _memcache("name_value", FieldType.STRING, "Value of a statistic."),
    _memcache("extras.notexpected", FieldType.NONE, "There are extras that the command does not have."),
    _memcache("extras.missing", FieldType.NONE, "Extras are missing."),
    _memcache("key.notexpected", FieldType.NONE, "There is a key that the command does not have."),
    _memcache("key.missing", FieldType.NONE, "The key is missing."),
    _memcache("value.invalid", FieldType.NONE, "The counter is not 8 bytes long."),
    _memcache("value.notexpected", FieldType.NONE, "There is a value that the command does not have."),
    _memcache("value.missing", FieldType.NONE, "The value is missing."),
    _memcache("opcode.unknown", FieldType.NONE, "Wireshark does not know the command."),
    _memcache("status.response", FieldType.NONE, "The response is an error."),
    _memcache("reserved.expert", FieldType.NONE, "What is reserved is not 0."),
)
