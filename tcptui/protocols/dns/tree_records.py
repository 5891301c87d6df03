"""What a record's data says in the header tree, by its type: a table of the lines that Wireshark has."""

from __future__ import annotations

from typing import Final

from tcptui.protocols.dns.tree_form import Bit, Form, Line


def _lines(prefix: str, *said: tuple[str, str, Form]) -> tuple[Line, ...]:
    return tuple(Line(title, f"{prefix}{name}", form) for title, name, form in said)


def _counted(prefix: str, title: str, name: str, form: Form = Form.TEXT, length: str = "Length") -> Line:
    """A value behind its length."""
    return Line(title, f"{prefix}{name}", form, (f"{title} {length}", f"{prefix}{name}_length"))


def _text(title: str, field: str, length_title: str, length_field: str) -> Line:
    """A text behind its length, whose name is none of the usual."""
    return Line(title, field, Form.TEXT, (length_title, length_field))


def _texts(title: str, field: str) -> tuple[Line, ...]:
    return (Line(title, field, Form.TEXTS, (f"{title} Length", f"{field}.length")),)


def _bytes(title: str, field: str, form: Form, length_title: str, length_field: str) -> Line:
    return Line(title, field, form, (length_title, length_field))


_DS: Final = _lines(
    "ds.", ("Key id", "key_id", Form.HEX16), ("Algorithm", "algorithm", Form.NAMED8),
    ("Digest Type", "digest_type", Form.NAMED8), ("Digest", "digest", Form.BYTES_OR_NONE),
)  # fmt: skip
_SIGNATURE: Final = _lines(
    "rrsig.", ("Type Covered", "type_covered", Form.NAMED16), ("Algorithm", "algorithm", Form.NAMED8),
    ("Labels", "labels", Form.U8), ("Original TTL", "original_ttl", Form.LASTING),
    ("Signature Expiration", "signature_expiration", Form.TIME32),
    ("Signature Inception", "signature_inception", Form.TIME32), ("Key Tag", "key_tag", Form.U16),
    ("Signer's name", "signers_name", Form.NAME), ("Signature", "signature", Form.BYTES),
)  # fmt: skip
#: What NSEC3 and NSEC3PARAM begin with; only the former's flags have lines of their own.
_HASHED: Final = (
    Line("NSEC3 iterations", "nsec3.iterations", Form.U16),
    _bytes("Salt value", "nsec3.salt_value", Form.COUNTED8, "Salt length", "nsec3.salt_length"),
)
_ALGORITHM: Final = Line("Hash algorithm", "nsec3.algo", Form.NAMED8)
NSEC3: Final = (
    _ALGORITHM,
    Line("NSEC3 flags", "nsec3.flags", Form.U8, bits=(
        Bit(0x01, "NSEC3 Opt-out flag", "nsec3.flags.opt_out", "Additional insecure delegations forbidden",
            "Additional insecure delegations allowed"),
    )),
    *_HASHED,
)  # fmt: skip
#: By record type; others are in `tcptui.protocols.dns.tree_special`, or dnspython tells their text.
DATA: Final = {
    1: _lines("", ("Address", "a", Form.IPV4)),
    2: _lines("", ("Name Server", "ns", Form.NAME)),
    3: _lines("", ("Mail Destination", "md", Form.NAME)),
    4: _lines("", ("Mail Forwarder", "mf", Form.NAME)),
    5: _lines("", ("CNAME", "cname", Form.NAME)),
    6: _lines(
        "soa.", ("Primary name server", "mname", Form.NAME), ("Responsible authority's mailbox", "rname", Form.NAME),
        ("Serial Number", "serial_number", Form.U32), ("Refresh Interval", "refresh_interval", Form.LASTING),
        ("Retry Interval", "retry_interval", Form.LASTING), ("Expire limit", "expire_limit", Form.LASTING),
        ("Minimum TTL", "minimum_ttl", Form.LASTING),
    ),
    7: _lines("", ("MailBox Domaine", "mb", Form.NAME)),
    8: _lines("", ("Mail Group member", "mg", Form.NAME)),
    9: _lines("", ("Mail Rename domaine", "mr", Form.NAME)),
    10: _lines("", ("Null (data)", "null", Form.BYTES)),
    12: _lines("ptr.", ("Domain Name", "domain_name", Form.NAME)),
    13: (_counted("hinfo.", "CPU", "cpu"), _counted("hinfo.", "OS", "os")),
    14: _lines("minfo.", ("Responsible Mailbox", "r", Form.NAME), ("Error Mailbox", "e", Form.NAME)),
    15: _lines("mx.", ("Preference", "preference", Form.U16), ("Mail Exchange", "mail_exchange", Form.NAME)),
    16: _texts("TXT", "txt"),
    17: _lines("rp.", ("Mailbox", "mailbox", Form.NAME), ("TXT RR", "txt_rr", Form.NAME)),
    18: _lines("afsdb.", ("Subtype", "subtype", Form.U16), ("Hostname", "hostname", Form.NAME)),
    19: (_text("PSDN-Address", "x25.psdn_address", "Length", "x25.length"),),
    21: _lines("rt.", ("Preference", "subtype", Form.U16), ("Intermediate Hostname", "intermediate_host", Form.NAME)),
    22: _lines("nsap.", ("NSAP Data", "rdata", Form.BYTES)),
    23: _lines("nsap_ptr.", ("Owner", "owner", Form.NAME)),
    24: _SIGNATURE,
    26: _lines(
        "px.", ("Preference", "preference", Form.U16), ("MAP822", "map822", Form.NAME),
        ("MAPX400", "map400", Form.NAME),
    ),
    27: tuple(
        _counted("gpos.", name.title(), name, length="length") for name in ("longitude", "latitude", "altitude")
    ),
    28: _lines("", ("AAAA Address", "aaaa", Form.IPV6)),
    33: _lines(
        "srv.", ("Priority", "priority", Form.U16), ("Weight", "weight", Form.U16), ("Port", "port", Form.U16),
        ("Target", "target", Form.NAME),
    ),
    36: _lines("kx.", ("Preference", "preference", Form.U16), ("Key Exchange", "key_exchange", Form.NAME)),
    37: _lines(
        "cert.", ("Type", "type", Form.NAMED16), ("Key Tag", "key_tag", Form.HEX16),
        ("Algorithm", "algorithm", Form.NAMED8), ("Certificate (or CRL)", "certificate", Form.BYTES),
    ),
    39: _lines("", ("Dname", "dname", Form.NAME)),
    43: _DS,
    44: _lines(
        "sshfp.", ("Algorithm", "algorithm", Form.NAMED8), ("Fingerprint type", "fingerprint.type", Form.NAMED8),
        ("Fingerprint", "fingerprint", Form.BYTES),
    ),
    46: _SIGNATURE,
    49: _lines("dhcid.", ("DHCID Data", "rdata", Form.BYTES)),
    51: (_ALGORITHM, Line("NSEC3 flags", "nsec3.flags", Form.U8), *_HASHED),
    52: _lines(
        "tlsa.", ("Certificate Usage", "certificate_usage", Form.NAMED8), ("Selector", "selector", Form.NAMED8),
        ("Matching Type", "matching_type", Form.NAMED8),
        ("Certificate Association Data", "certificate_association_data", Form.BYTES),
    ),
    59: _DS,
    61: _lines("", ("OpenPGP Key", "openpgpkey", Form.LEFT_TEXT)),
    63: _lines(
        "zonemd.", ("Serial", "serial", Form.U32), ("Scheme", "scheme", Form.NAMED8),
        ("Hash Algorithm", "hash_algo", Form.NAMED8), ("Digest", "digest", Form.BYTES),
    ),
    99: _texts("SPF", "spf"),
    104: _lines("ilnp.", ("Preference", "nid.preference", Form.U16), ("NodeID", "nid", Form.BYTES8)),
    105: _lines("ilnp.", ("Preference", "l32.preference", Form.U16), ("Locator32", "l32", Form.IPV4)),
    106: _lines("ilnp.", ("Preference", "l64.preference", Form.U16), ("Locator64", "l64", Form.BYTES8)),
    107: _lines("ilnp.", ("Preference", "lp.preference", Form.U16), ("Locator FQDN", "lp", Form.NAME)),
    108: _lines("", ("EUI48 Address", "eui48", Form.ETHER)),
    249: (
        Line("Algorithm name", "tkey.algo_name", Form.NAME),
        Line("Signature Inception", "tkey.signature_inception", Form.TIME32),
        Line("Signature Expiration", "tkey.signature_expiration", Form.TIME32),
        Line("Mode", "tkey.mode", Form.NAMED16), Line("Error", "tkey.error", Form.NAMED16),
        _bytes("Key Data", "tkey.key_data", Form.COUNTED16, "Key Size", "tkey.key_size"),
        _bytes("Other Data", "tkey.other_data", Form.COUNTED16, "Other Size", "tkey.other_size"),
    ),
    250: (
        Line("Algorithm Name", "tsig.algorithm_name", Form.NAME), Line("Time Signed", "tsig.time_signed", Form.TIME48),
        Line("Fudge", "tsig.fudge", Form.U16),
        _bytes("MAC", "tsig.mac", Form.COUNTED16, "MAC Size", "tsig.mac_size"),
        Line("Original Id", "tsig.original_id", Form.U16), Line("Error", "tsig.error", Form.NAMED16),
        _bytes("Other Data", "tsig.other_data", Form.COUNTED16, "Other Len", "tsig.other_len"),
    ),
    32769: _DS,
}  # fmt: skip
#: What a parent shall copy (CSYNC).
CSYNC: Final = (
    Line("SOA", "csync.soa", Form.U32),
    Line("Flags", "csync.flags", Form.HEX16, bits=(
        Bit(0x0001, "immediate", "csync.flags.immediate", "False", "True"),
        Bit(0x0002, "soaminimum", "csync.flags.soaminimum", "False", "True"),
    )),
    Line("Type Bitmap", "csync.type_bitmap", Form.BYTES_OR_NONE),
)  # fmt: skip
#: Of NAPTR all but its name, whose length Wireshark shows, too.
NAPTR: Final = (
    Line("Order", "naptr.order", Form.U16), Line("Preference", "naptr.preference", Form.U16),
    _counted("naptr.", "Flags", "flags"), _counted("naptr.", "Service", "service"),
    _counted("naptr.", "Regex", "regex"),
)  # fmt: skip
_KEY_FLAGS: Final = (
    Bit(0x0100, "Zone Key", "dnskey.flags.zone_key", "This it not a zone key",
        "This is the zone key for specified zone"),
    Bit(0x0080, "Key Revoked", "dnskey.flags.key_revoked", "No", "Yes"),
    Bit(0x0001, "Key Signing Key", "dnskey.flags.secure_entry_point", "No", "Yes"),
    Bit(0xFE7E, "Key Signing Key", "dnskey.flags.reserved", is_hex=True),
)  # fmt: skip
#: DNSKEY and CDNSKEY up to the key.
DNSKEY: Final = (
    Line("Flags", "dnskey.flags", Form.HEX16, bits=_KEY_FLAGS), Line("Protocol", "dnskey.protocol", Form.U8),
    Line("Algorithm", "dnskey.algorithm", Form.NAMED8),
)  # fmt: skip
_IS_KEY_FOR: Final = (
    Bit(0x8000, "Key allowed for authentication", "key.flags.authentication", "Allowed", "Not Allowed"),
    Bit(0x4000, "Key allowed for confidentiality", "key.flags.confidentiality", "Allowed", "Not Allowed"),
)
_USE: Final = (
    *_IS_KEY_FOR,
    Bit(0x2000, "Key required", "key.flags.required", "Required", "Experimental or optional"),
    Bit(0x0400, "Key is associated with a user", "key.flags.associated_user", "No", "Yes"),
    Bit(0x0200, "Key is associated with the named entity", "key.flags.associated_named_entity", "No", "Yes"),
    Bit(0x0080, "Key use with IPSEC", "key.flags.ipsec", "Invalid", "Valid"),
    Bit(0x0040, "Key use with MIME security multiparts", "key.flags.mime", "Invalid", "Valid"),
    Bit(0x000F, "Signatory", "key.flags.signatory"),
)
_KEY_ENDS: Final = (Line("Protocol", "key.protocol", Form.U8), Line("Algorithm", "key.algorithm", Form.NAMED8))
#: KEY up to the key; the second where its flags say that it may be used for nothing.
KEY: Final = (Line("Flags", "key.flags", Form.HEX16, bits=_USE), *_KEY_ENDS)
NO_KEY: Final = (Line("Flags", "key.flags", Form.HEX16, bits=_IS_KEY_FOR), *_KEY_ENDS)
#: Whom a proxy forwards for, by version of IP.
FORWARDED: Final = {
    4: _lines(
        "xpf.", ("IPv4 Source", "source_ipv4", Form.IPV4), ("IPv4 Destination", "destination_ipv4", Form.IPV4),
    ),
    6: _lines(
        "xpf.", ("IPv6 Source", "source_ipv6", Form.IPV6), ("IPv6 Destination", "destination_ipv6", Form.IPV6),
    ),
}  # fmt: skip
FORWARDED_PORTS: Final = _lines("xpf.", ("Source port", "sport", Form.U16), ("Destination port", "dport", Form.U16))
