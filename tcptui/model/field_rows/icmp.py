"""Fields of ICMP and ICMPv6, errors and echoes."""

from __future__ import annotations

from typing import Final

from tcptui.model.field import Base, Field, FieldType, Layer, Unit


def _common(name: str, title: str) -> tuple[Field, ...]:
    """Fields that ICMP and ICMPv6 share.  All may repeat, because an ICMP error may quote an ICMP message."""
    return (
        Field(name, FieldType.PROTOCOL, f"An {title} message.", repeats=True, layer=Layer.LISTED | Layer.WITH_REST),
        Field(f"{name}.type", FieldType.UINT8, "Kind of the message.", repeats=True),
        Field(f"{name}.code", FieldType.UINT8, "The message's code: its meaning within the type.", repeats=True),
        Field(f"{name}.checksum", FieldType.UINT16, "Checksum of the message.", repeats=True, base=Base.HEXADECIMAL),
        Field(f"{name}.checksum.status", FieldType.UINT8, "Whether the message's checksum is right.", repeats=True),
    )


ICMP_FIELDS: Final = (
    *_common("icmp", "ICMP"),
    Field("icmp.checksum_bad", FieldType.NONE, "The message's checksum is wrong."),
    Field("icmp.ident", FieldType.UINT16, "Identifier of an echo, read big-endian.", repeats=True),
    Field("icmp.ident_le", FieldType.UINT16, "Identifier of an echo, read little-endian.", repeats=True),
    Field("icmp.seq", FieldType.UINT16, "Sequence number of an echo, read big-endian.", repeats=True),
    Field("icmp.seq_le", FieldType.UINT16, "Sequence number of an echo, read little-endian.", repeats=True),
    Field("icmp.unused", FieldType.BYTES, "Bytes that the kind of message does not use.", repeats=True),
    Field("icmp.mtu", FieldType.UINT16, "Largest packet that the next hop accepts.", unit=Unit.BYTES, repeats=True),
    Field("icmp.redir_gw", FieldType.IPV4, "The router to use from now on.", repeats=True),
    Field("icmp.pointer", FieldType.UINT32, "Which byte of the quoted packet is wrong.", repeats=True),
    *_common("icmpv6", "ICMPv6"),
    Field("icmpv6.checksum_bad.expert", FieldType.NONE, "The message's checksum is wrong."),
    Field("icmpv6.echo.identifier", FieldType.UINT16, "Identifier of an echo.", repeats=True, base=Base.HEXADECIMAL),
    Field("icmpv6.echo.sequence_number", FieldType.UINT16, "Sequence number of an echo.", repeats=True),
    Field("icmpv6.mtu", FieldType.UINT32, "Largest packet that the next hop accepts.", unit=Unit.BYTES, repeats=True),
    Field("icmpv6.pointer", FieldType.UINT32, "Which byte of the quoted packet is wrong.", repeats=True),
    Field("icmpv6.reserved", FieldType.BYTES, "Bytes that the kind of message does not use.", repeats=True),
)
