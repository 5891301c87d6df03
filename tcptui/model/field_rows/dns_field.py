"""How a field of DNS is declared."""

from __future__ import annotations

from tcptui.model.field import Base, Field, FieldType, Text, Unit


def dns_field(name: str, kind: FieldType, doc: str, unit: Unit = Unit.NONE, *, base: Base = Base.DECIMAL) -> Field:
    """A field of DNS.  Each may repeat, because a segment may hold many messages, and a message many records."""
    text = Text.BYTES if kind is FieldType.STRING else Text.LABEL
    return Field(f"dns.{name}", kind, doc, unit=unit, repeats=True, base=base, text=text)
