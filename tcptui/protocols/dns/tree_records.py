"""What a record's data says in the header tree, by its type: a table of the lines that Wireshark has."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, NamedTuple


class Form(Enum):
    """How a value is written."""

    U8 = auto()
    U16 = auto()
    U32 = auto()
    IPV4 = auto()
    IPV6 = auto()
    NAME = auto()
    TEXT = auto()
    """A length of one byte, which has a line of its own, and so many bytes."""
    TEXTS = auto()
    """Texts up to the end."""
    BYTES = auto()
    """All that is left."""
    TIME = auto()
    """Seconds since 1970."""
    TYPE = auto()
    """The number of a record type."""


class Line(NamedTuple):
    """One value."""

    title: str
    field: str
    form: Form


def _lines(prefix: str, *said: tuple[str, str, Form]) -> tuple[Line, ...]:
    return tuple(Line(title, f"dns.{prefix}{name}", form) for title, name, form in said)


_KEY: Final = _lines(
    "dnskey.", ("Flags", "flags", Form.U16), ("Protocol", "protocol", Form.U8), ("Algorithm", "algorithm", Form.U8),
    ("Public Key", "public_key", Form.BYTES),
)  # fmt: skip
#: By record type; of others dnspython tells the text (`tcptui.protocols.dns.text`).
DATA: Final = {
    1: _lines("", ("Address", "a", Form.IPV4)),
    2: _lines("", ("Name Server", "ns", Form.NAME)),
    5: _lines("", ("CNAME", "cname", Form.NAME)),
    6: _lines(
        "soa.", ("Primary name server", "mname", Form.NAME), ("Responsible authority's mailbox", "rname", Form.NAME),
        ("Serial Number", "serial_number", Form.U32), ("Refresh Interval", "refresh_interval", Form.U32),
        ("Retry Interval", "retry_interval", Form.U32), ("Expire limit", "expire_limit", Form.U32),
        ("Minimum TTL", "minimum_ttl", Form.U32),
    ),
    12: _lines("ptr.", ("Domain Name", "domain_name", Form.NAME)),
    13: _lines("hinfo.", ("CPU", "cpu", Form.TEXT), ("OS", "os", Form.TEXT)),
    15: _lines("mx.", ("Preference", "preference", Form.U16), ("Mail Exchange", "mail_exchange", Form.NAME)),
    16: _lines("", ("TXT", "txt", Form.TEXTS)),
    28: _lines("", ("AAAA Address", "aaaa", Form.IPV6)),
    33: _lines(
        "srv.", ("Priority", "priority", Form.U16), ("Weight", "weight", Form.U16), ("Port", "port", Form.U16),
        ("Target", "target", Form.NAME),
    ),
    35: _lines(
        "naptr.", ("Order", "order", Form.U16), ("Preference", "preference", Form.U16), ("Flags", "flags", Form.TEXT),
        ("Service", "service", Form.TEXT), ("Regex", "regex", Form.TEXT), ("Replacement", "replacement", Form.NAME),
    ),
    39: _lines("", ("Dname", "dname", Form.NAME)),
    46: _lines(
        "rrsig.", ("Type Covered", "type_covered", Form.TYPE), ("Algorithm", "algorithm", Form.U8),
        ("Labels", "labels", Form.U8), ("Original TTL", "original_ttl", Form.U32),
        ("Signature Expiration", "signature_expiration", Form.TIME),
        ("Signature Inception", "signature_inception", Form.TIME), ("Key Tag", "key_tag", Form.U16),
        ("Signer's name", "signers_name", Form.NAME), ("Signature", "signature", Form.BYTES),
    ),
    48: _KEY,
    60: _KEY,
}  # fmt: skip
#: Titles of the options of EDNS, by their numbers (RFC 6891, 9), as Wireshark writes them.
OPTIONS: Final = {
    1: "LLQ - Long-lived query", 2: "UL - Update lease", 3: "NSID - Name Server Identifier",
    8: "CSUBNET - Client subnet", 9: "EDNS EXPIRE", 10: "COOKIE", 11: "EDNS TCP Keepalive", 12: "PADDING", 13: "CHAIN",
    15: "Extended DNS Error",
}  # fmt: skip
