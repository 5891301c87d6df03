"""How a field of DNS is declared."""

from __future__ import annotations

from tcptui.model.field import Field, FieldType, Unit


def dns_field(name: str, kind: FieldType, doc: str, unit: Unit = Unit.NONE) -> Field:
    """A field of DNS.  Each may repeat, because a segment may hold many messages, and a message many records."""
    return Field(f"dns.{name}", kind, doc, unit=unit, repeats=True)
