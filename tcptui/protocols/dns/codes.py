"""Names of DNS record types, response codes and operations (IANA, Domain Name System parameters)."""

from __future__ import annotations

from typing import Final

RECORD_TYPES: Final = {
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 10: "NULL", 12: "PTR", 13: "HINFO", 15: "MX", 16: "TXT", 17: "RP",
    24: "SIG", 25: "KEY", 28: "AAAA", 29: "LOC", 33: "SRV", 35: "NAPTR", 37: "CERT", 39: "DNAME", 41: "OPT",
    43: "DS", 44: "SSHFP", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA",
    59: "CDS", 60: "CDNSKEY", 61: "OPENPGPKEY", 62: "CSYNC", 63: "ZONEMD", 64: "SVCB", 65: "HTTPS", 99: "SPF",
    249: "TKEY", 250: "TSIG", 251: "IXFR", 252: "AXFR", 255: "ANY", 256: "URI", 257: "CAA",
}  # fmt: skip
RCODES: Final = {
    0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN",
    7: "YXRRSET", 8: "NXRRSET", 9: "NOTAUTH", 10: "NOTZONE", 16: "BADVERS", 23: "BADCOOKIE",
}  # fmt: skip
CLASSES: Final = {1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY"}
#: Operations (OPCODE).
QUERY: Final = 0
NOTIFY: Final = 4
UPDATE: Final = 5
_OPERATIONS: Final = {QUERY: "QUERY", 1: "IQUERY", 2: "STATUS", NOTIFY: "NOTIFY", UPDATE: "UPDATE", 6: "DSO"}
#: Types of questions that ask for a whole zone, or for what has changed in it: RFC 5936, RFC 1995.
IXFR: Final = 251
TRANSFERS: Final = frozenset({IXFR, 252})


def type_name(kind: int) -> str:
    """``A``; ``TYPE65280`` of one without a name (RFC 3597, 5)."""
    return RECORD_TYPES.get(kind, f"TYPE{kind}")


def rcode_name(code: int) -> str:
    """``NOERROR``."""
    return RCODES.get(code, f"RCODE{code}")


def class_name(group: int) -> str:
    """``IN``."""
    return CLASSES.get(group, f"CLASS{group}")


def opcode_name(opcode: int) -> str:
    """``QUERY``."""
    return _OPERATIONS.get(opcode, f"OPCODE{opcode}")


_TRANSFER_BEGINS: Final = tuple(f"QUERY {type_name(kind)} " for kind in TRANSFERS)


def is_transfer(operation: str) -> bool:
    """True of a request's ``operation`` that is the transfer of a zone."""
    return operation.startswith(_TRANSFER_BEGINS)
