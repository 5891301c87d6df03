"""Messages and records as zone files have them (RFC 1035, 5), made by dnspython from bytes that may be hostile."""

from __future__ import annotations

from typing import Final

import dns.exception
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

#: What dnspython raises of bytes that are none of its: a message that is cut, or hostile.
_REFUSALS: Final = (dns.exception.DNSException, ValueError, LookupError, TypeError, OverflowError, NotImplementedError)


def text_of_message(data: bytes) -> str:
    """The message ``data`` in lines, as far as it can be read."""
    try:
        message = dns.message.from_wire(data, ignore_trailing=True, one_rr_per_rrset=True, continue_on_error=True)
        return f"{message.to_text()}\n"
    except _REFUSALS:
        return ""


def text_of_name(labels: list[bytes]) -> str:
    """A name with all that is special in it escaped: ``shop.test.``."""
    return dns.name.Name([*labels, b""]).to_text()


def text_of_record(data: bytes, at: int, size: int, kind: int, group: int) -> str:
    """What the record with ``size`` bytes at ``at`` of a message says; empty where that cannot be read."""
    try:
        rdata = dns.rdata.from_wire(dns.rdataclass.RdataClass(group), dns.rdatatype.RdataType(kind), data, at, size)
        return str(rdata.to_text())
    except _REFUSALS:
        return ""
