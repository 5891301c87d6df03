"""Records whose data is no mere row of values: what follows depends on what was read, or repeats."""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final

from tcptui.protocols.dns.names import read_name, text_of
from tcptui.protocols.dns.tree_form import Bit, Form, Line, write_values
from tcptui.protocols.dns.tree_lines import Ends, name_of
from tcptui.protocols.dns.tree_records import CSYNC, DNSKEY, FORWARDED, FORWARDED_PORTS, KEY, NAPTR, NO_KEY, NSEC3
from tcptui.protocols.dns.tree_service import write_service

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.dns.tree_lines import MessageLines
    from tcptui.protocols.headers.builder import Branch

    Write = Callable[[MessageLines, Branch, int], None]

_RSA_MD5: Final = 1
_NO_USE: Final = 0xC000
#: Bytes of a key's record before the key.
_KEY_AT: Final = 4
#: Bytes of a record of CSYNC before its bitmap.
_BITMAP_OF_COPIED: Final = 6
_BASE32: Final = "0123456789abcdefghijklmnopqrstuv"


def _next_name(title: str, field: str) -> Write:
    def write(out: MessageLines, parent: Branch, at: int) -> None:
        _line, at = out.name(parent, title, field, at)
        _type_bitmap(out, parent, at)

    return write


def _old_next_name(out: MessageLines, parent: Branch, at: int) -> None:
    """NXT (RFC 2535, 5.2): one bitmap of the lowest types."""
    _line, at = out.name(parent, "Next Domain Name", "nxt.next_domain_name", at)
    _types(out, parent, at, out.stop - at, 0)


def _type_bitmap(out: MessageLines, parent: Branch, at: int) -> None:
    """RFC 4034, 4.1.2."""
    while at < out.stop:
        window, size = out.number(at, 1), out.number(at + 1, 1)
        at += 2
        _types(out, parent, at, size, window << 8)
        at += size


def _copied(out: MessageLines, parent: Branch, at: int) -> None:
    """CSYNC (RFC 7477, 2.1.1)."""
    write_values(out, parent, CSYNC, at)
    _type_bitmap(out, parent, at + _BITMAP_OF_COPIED)


def _types(out: MessageLines, parent: Branch, at: int, size: int, first: int) -> None:
    for place, byte in enumerate(out.raw(at, size)):
        for bit in range(8):
            if byte & 0x80 >> bit:
                out.budget.take_value()
                kind = first + 8 * place + bit
                name = name_of("resp.type", kind)
                told = f"{name} ({kind})" if name == "Unknown" else name
                out.line(parent, f"RR type in bit map: {told}", at + place, 1, "resp.type")


def _hashed_next_name(out: MessageLines, parent: Branch, at: int) -> None:
    """NSEC3 (RFC 5155, 3.2)."""
    at = write_values(out, parent, NSEC3, at)
    size = out.counted(parent, "Hash length", "nsec3.hash_length", at)
    out.text(parent, "Next hashed owner", "nsec3.hash_value", at + 1, size, _base32(out.raw(at + 1, size)))
    _type_bitmap(out, parent, at + 1 + size)


def _base32(data: bytes) -> str:
    """With the digits of RFC 4648, 7, without padding."""
    bits = int.from_bytes(data) << (-8 * len(data)) % 5
    count = -(-8 * len(data) // 5)
    return "".join(_BASE32[bits >> 5 * (count - 1 - place) & 31] for place in range(count))


def _rewriting(out: MessageLines, parent: Branch, at: int) -> None:
    """NAPTR (RFC 3403, 4)."""
    at = write_values(out, parent, NAPTR, at)
    labels, behind = read_name(out.data, at)
    out.raw(at, behind - at)
    parent.concluded(f"Replacement Length: {len(text_of(labels).encode())}", "dns.naptr.replacement_length")
    out.labels(parent, "Replacement", "naptr.replacement", at, labels, behind)


def _authorities(out: MessageLines, parent: Branch, at: int) -> None:
    """CAA (RFC 8659, 4.1)."""
    is_critical = Bit(0x80, "Issuer Critical", "caa.flags.issuer_critical", "Not critical", "Critical")
    at = write_values(out, parent, (Line("CAA Flags", "caa.flags", Form.HEX8, bits=(is_critical,)),), at)
    size = out.number(at, 1)
    behind = at + 1 + size
    tag = out.raw(at + 1, size).decode("ascii", "replace")
    title, name = _AUTHORITIES.get(tag.lower(), ("Unknown tag", "unknown"))
    line = out.ascii(parent, title, f"caa.{name}", behind, out.stop - behind)
    out.cover(line, at, out.stop)
    out.counted(line, "Tag length", "caa.tag_length", at)
    out.ascii(line, "Tag", "caa.tag", at + 1, size)
    out.ascii(line, "Value", "caa.value", behind, out.stop - behind)


_AUTHORITIES: Final = {
    "issue": ("Issue", "issue"), "issuewild": ("Issue Wildcard", "issuewild"), "iodef": ("Report URL", "iodef"),
}  # fmt: skip


def _zone_key(out: MessageLines, parent: Branch, at: int) -> None:
    """DNSKEY (RFC 4034, 2.1)."""
    behind = write_values(out, parent, DNSKEY, at)
    _key(out, parent, "dnskey", "Key id", at, behind)


def _old_key(out: MessageLines, parent: Branch, at: int) -> None:
    """KEY (RFC 2535, 3.1)."""
    is_none = out.number(at, 2) & _NO_USE == _NO_USE
    behind = write_values(out, parent, NO_KEY if is_none else KEY, at)
    _key(out, parent, "key", "Key ID", at, behind)


def _key(out: MessageLines, parent: Branch, field: str, title: str, begin: int, at: int) -> None:
    tag = key_tag(out.raw(begin, out.stop - begin))
    if tag is not None:
        parent.concluded(f"{title}: {tag}", f"dns.{field}.key_id")
    if at < out.stop:
        out.bytes(parent, "Public Key", f"{field}.public_key", at, out.stop - at)


def key_tag(record: bytes) -> int | None:
    """By what signatures name the key whose data is ``record`` (RFC 4034, appendix B); None where it is too short."""
    if len(record) < _KEY_AT:
        return None
    if record[_KEY_AT - 1] == _RSA_MD5:
        return int.from_bytes(record[-3:-1])
    total = 256 * sum(record[::2]) + sum(record[1::2])
    return total + (total >> 16) & 0xFFFF


def _old_address(out: MessageLines, parent: Branch, at: int) -> None:
    """A6 (RFC 2874, 3.1)."""
    bits = out.counted(parent, "Prefix len", "a6.prefix_len", at)
    if bits > 128:
        raise Ends
    size = -(-(128 - bits) // 8)
    suffix = out.raw(at + 1, size)
    if size:
        address = IPv6Address(bytes(16 - size) + suffix)
        out.line(parent, f"Address Suffix: {address}", at + 1, size, "a6.address_suffix")
    if bits:
        out.name(parent, "Prefix name", "a6.prefix_name", at + 1 + size)


def _services(out: MessageLines, parent: Branch, at: int) -> None:
    """WKS (RFC 1035, 3.4.2)."""
    out.ipv4(parent, "Address", "wks.address", at)
    out.named(parent, "Protocol", "wks.protocol", at + 4)
    for place, byte in enumerate(out.raw(at + 5, out.stop - at - 5)):
        if byte:
            out.budget.take_value()
            ports = ", ".join(str(8 * place + bit) for bit in range(8) if byte & 0x80 >> bit)
            out.line(parent, f"Bits: 0x{byte:02x} ({ports})", at + 5 + place, 1, "wks.bits")


def _subscriber(out: MessageLines, parent: Branch, at: int) -> None:
    """ISDN (RFC 1183, 3.2): a number, perhaps one within it."""
    for title, name in (("ISDN Address", "idsn"), ("Sub Address", "idsn.sa")):
        if at < out.stop:
            line = Line(title, f"{name}.address", Form.TEXT, ("Length", f"{name}.length"))
            at = write_values(out, parent, (line,), at)


def _location(out: MessageLines, parent: Branch, at: int) -> None:
    """LOC (RFC 1876, 2)."""
    version = out.counted(parent, "Version", "loc.version", at)
    if version:
        out.bytes(parent, "Unknown data", "loc.unknown_data", at, out.stop - at)
        return
    sizes = (("Size", "size"), ("Horizontal Precision", "horizontal_precision"),
             ("Vertical Precision", "vertical_precision"))  # fmt: skip
    for place, (title, name) in enumerate(sizes, 1):
        size = out.number(at + place, 1)
        told = f"{title}: {size} ({(size >> 4) * 10.0 ** (size & 15) / 100:g} m)"
        out.line(parent, told, at + place, 1, f"loc.{name}")
    for place, title, ends in ((4, "Latitude", "SN"), (8, "Longitude", "WE")):
        value = out.number(at + place, 4)
        told = f"{title}: {value} ({_angle(value - (1 << 31), ends)})"
        out.line(parent, told, at + place, 4, f"loc.{title.lower()}")
    value = out.number(at + 12, 4)
    out.line(parent, f"Altitude: {value} ({(value - 10_000_000) / 100:g} m)", at + 12, 4, "loc.altitude")


def _angle(thousandths: int, ends: str) -> str:
    """An angle of so many thousandths of a second."""
    seconds, rest = divmod(abs(thousandths), 1_000)
    minutes, seconds = divmod(seconds, 60)
    degrees, minutes = divmod(minutes, 60)
    return f"{degrees} deg {minutes} min {seconds}.{rest:03d} sec {ends[thousandths >= 0]}"


def _prefixes(out: MessageLines, parent: Branch, at: int) -> None:
    """APL (RFC 3123, 4)."""
    while at < out.stop:
        out.budget.take_value()
        family = out.named(parent, "Address Family", "apl.address_family", at, 2)
        out.counted(parent, "Prefix Length", "apl.coded_prefix", at + 2)
        head = out.number(at + 3, 1)
        is_not = "Yes (!)" if head & 0x80 else "No (0)"
        size = head & 0x7F
        out.bits(parent, head, 0x80, f"Negation Flag: {is_not}", "apl.negation", at + 3, 1)
        out.bits(parent, head, 0x7F, f"Address Length: {size}", "apl.afdlength", at + 3, 1)
        write_prefix(out, parent, "Address", "apl.afdpart.{}", ("ipv4", "ipv6", "data"), family, at + 4, size)
        at += 4 + size


def write_prefix(
    out: MessageLines, parent: Branch, title: str, field: str, names: tuple[str, str, str], family: int, at: int,
    size: int,
) -> None:  # fmt: skip
    """The first ``size`` bytes of an address; ``names``: what stands in ``field`` for IPv4, IPv6 and others."""
    if family == 1 and size <= 4:
        out.ipv4(parent, title, field.format(names[0]), at, size)
    elif family == 2 and size <= 16:
        out.ipv6(parent, title, field.format(names[1]), at, size)
    else:
        out.bytes(parent, title, field.format(names[2]), at, size)


def _identity(out: MessageLines, parent: Branch, at: int) -> None:
    """HIP (RFC 8005, 5)."""
    size = out.counted(parent, "HIT length", "hip.hit.length", at)
    out.named(parent, "HIT length", "hip.hit.pk.algo", at + 1)
    key_size = out.counted(parent, "PK length", "hip.pk.length", at + 2, 2)
    out.bytes(parent, "Host Identity Tag", "hip.hit", at + 4, size)
    out.bytes(parent, "HIP Public Key", "hip.pk", at + 4 + size, key_size)
    at += 4 + size + key_size
    while at < out.stop:
        out.budget.take_value()
        _line, at = out.name(parent, "Rendezvous Server", "hip.rendezvous_server", at)


def _gateway(out: MessageLines, parent: Branch, at: int) -> None:
    """IPSECKEY (RFC 4025, 2.1)."""
    out.counted(parent, "Gateway Precedence", "ipseckey.gateway_precedence", at)
    kind = out.named(parent, "Gateway Type", "ipseckey.gateway_type", at + 1)
    out.named(parent, "Gateway Algorithm", "ipseckey.gateway_algorithm", at + 2)
    at = write_values(out, parent, _GATEWAYS.get(kind, ()), at + 3)
    if at < out.stop:
        out.bytes(parent, "Public Key", "ipseckey.public_key", at, out.stop - at)


_GATEWAYS: Final = {
    1: (Line("IPv4 Gateway", "ipseckey.gateway_ipv4", Form.IPV4),),
    2: (Line("IPv6 Gateway", "ipseckey.gateway_ipv6", Form.IPV6),),
    3: (Line("DNS Gateway", "ipseckey.gateway_dns", Form.NAME),),
}


def _forwarded(out: MessageLines, parent: Branch, at: int) -> None:
    """XPF (draft-bellis-dnsop-xpf)."""
    version = out.number(at, 1) & 15
    out.line(parent, f"IP Version: {name_of('xpf.ip_version', version)} ({version})", at, 1, "xpf.ip_version")
    out.named(parent, "Protocol", "xpf.protocol", at + 1)
    ends = FORWARDED.get(version)
    if ends is not None:
        write_values(out, parent, (*ends, *FORWARDED_PORTS), at + 2)


def _wins(out: MessageLines, parent: Branch, at: int) -> None:
    at = _wins_begin(out, parent, "wins", at)
    count = out.counted(parent, "Number of WINS servers", "wins.nb_wins_servers", at, 4)
    for place in range(count):
        out.budget.take_value()
        out.ipv4(parent, "WINS Server Address", "wins.wins_server", at + 4 + 4 * place)


def _wins_backwards(out: MessageLines, parent: Branch, at: int) -> None:
    at = _wins_begin(out, parent, "winsr", at)
    out.name(parent, "Name Result Domain", "winsr.name_result_domain", at)


def _wins_begin(out: MessageLines, parent: Branch, field: str, at: int) -> int:
    flags = out.number(at, 4)
    out.bits(parent, flags, 1, f"Local Flag: {bool(flags & 1)}", f"{field}.local_flag", at, 4)
    out.counted(parent, "Lookup timeout", f"{field}.lookup_timeout", at + 4, 4)
    out.counted(parent, "Cache timeout", f"{field}.cache_timeout", at + 8, 4)
    return at + 12


#: By record type: appends what stands from an offset on, up to the end.  Raises `BadName` and `Ends`.
SPECIAL: Final[dict[int, Write]] = {
    11: _services, 20: _subscriber, 25: _old_key, 29: _location, 30: _old_next_name, 35: _rewriting, 38: _old_address,
    42: _prefixes, 45: _gateway, 47: _next_name("Next Domain Name", "nsec.next_domain_name"), 48: _zone_key,
    50: _hashed_next_name, 55: _identity, 60: _zone_key, 62: _copied, 64: write_service, 65: write_service,
    257: _authorities, 65281: _wins, 65282: _wins_backwards, 65422: _forwarded,
}  # fmt: skip
