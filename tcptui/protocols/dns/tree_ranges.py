"""Names of ranges of numbers, which filters take for no value: extended errors (RFC 8914), digests of zones (RFC 8976).

IANA, Domain Name System parameters, as Wireshark 4.0 has them.
"""

from __future__ import annotations

from typing import Final

_ERRORS: Final = (
    "Other Error", "Unsupported DNSKEY Algorithm", "Unsupported DS Digest Type", "Stale Answer", "Forged Answer",
    "DNSSEC Indeterminate", "DNSSEC Bogus", "Signature Expired", "Signature Not Yet Valid", "DNSKEY Missing",
    "RRSIGs Missing", "No Zone Key Bit Set", "NSEC Missing", "Cached Error", "Not Ready", "Blocked", "Censored",
    "Filtered", "Prohibited", "Stale NXDomain Answer", "Not Authoritative", "Not Supported", "No Reachable Authority",
    "Network Error", "Invalid Data", "Signature Expired before Valid", "Too Early",
    "Unsupported NSEC3 Iterations Value", "Unable to conform to policy", "Synthesized",
)  # fmt: skip
#: By field: first number, last number, name.
_RANGES: Final = {
    "opt.ext_error.info_code": (
        *((number, number, name) for number, name in enumerate(_ERRORS)),
        (len(_ERRORS), 49_151, "Unassigned"), (49_152, 65_535, "Reserved for Private Use"),
    ),
    "zonemd.scheme": (
        (0, 0, "Reserved"), (1, 1, "SIMPLE"), (2, 239, "Unassigned"), (240, 254, "Private Use"), (255, 255, "Reserved"),
    ),
    "zonemd.hash_algo": (
        (0, 0, "Reserved"), (1, 1, "SHA-384"), (2, 2, "SHA-512"), (3, 239, "Unassigned"), (240, 254, "Private Use"),
        (255, 255, "Reserved"),
    ),
}  # fmt: skip


def range_name(field: str, value: int) -> str:
    """What ``value`` of the field ``dns.field`` is called; empty where it has no name."""
    return next((name for first, last, name in _RANGES.get(field, ()) if first <= value <= last), "")
