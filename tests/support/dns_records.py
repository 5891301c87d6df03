"""DNS messages with a record of every type that dnspython writes or tshark 4.0 reads, and every option of EDNS."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsigkeyring
import dns.update
from captures import ACK, PSH
from datagrams import CLIENT, SERVER, Datagrams

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEY: Final = "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQ=="
_HEX: Final = "0123456789abcdef" * 4
#: Data of records as zone files have it, by type.
WRITTEN: Final = (
    ("A", "192.0.2.1"), ("A", "255.0.0.254"), ("AAAA", "2001:db8::1"), ("AAAA", "::ffff:192.0.2.7"),
    ("NS", "ns.shop.test."), ("CNAME", "www.shop.test."), ("CNAME", "."), ("DNAME", "other.test."),
    ("SOA", "ns.shop.test. host\\.master.shop.test. 2024010101 3600 600 86400 4294967295"),
    ("PTR", "a.b.c.shop.test."), ("HINFO", '"amd64" "Linux"'), ("HINFO", '"" ""'), ("MX", "10 mail.shop.test."),
    ("MX", "0 ."), ("TXT", '"one" "two words" "" "\\226\\132\\162" "a;b"'), ("SPF", '"v=spf1 -all" "more"'),
    ("AVC", '"app-name:x"'), ("NINFO", '"status"'), ("RESINFO", '"qnamemin"'), ("WALLET", '"ETH" "0x1"'),
    ("SRV", "1 2 443 www.shop.test."), ("SRV", "65535 0 0 ."),
    ("NAPTR", '10 20 "u" "E2U+sip" "!^.*$!sip:a@shop.test!" .'), ("NAPTR", '1 2 "" "" "" r.shop.test.'),
    ("CAA", '0 issue "ca.test; account=1"'), ("CAA", '128 issuewild "ca.test"'),
    ("CAA", '0 iodef "mailto:a@shop.test"'), ("CAA", '129 other "value"'), ("CAA", '0 issue ";"'),
    ("DS", f"12345 8 2 {_HEX}"), ("DS", "1 5 1 0123456789abcdef0123456789abcdef01234567"),
    ("CDS", f"12345 13 4 {_HEX}{_HEX[:32]}"), ("CDS", "0 0 0 00"), ("DLV", f"12345 8 2 {_HEX}"),
    ("DNSKEY", f"256 3 8 {_KEY}"), ("DNSKEY", f"385 3 13 {_KEY}"), ("DNSKEY", f"32768 3 1 {_KEY}"),
    ("CDNSKEY", f"257 3 15 {_KEY}"), ("CDNSKEY", "0 3 0 AA=="), ("KEY", f"512 3 5 {_KEY}"), ("KEY", "49152 0 1"),
    ("KEY", f"9930 4 3 {_KEY}"), ("RRSIG", f"A 8 3 300 20300101000000 20240101000000 12345 shop.test. {_KEY}"),
    ("RRSIG", f"TYPE65280 253 0 0 19700101000001 20380119031407 0 . {_KEY}"),
    ("SIG", f"A 5 3 300 20300101000000 20240101000000 12345 shop.test. {_KEY}"),
    ("NSEC", "b.shop.test. A NS SOA MX TXT AAAA RRSIG NSEC DNSKEY TYPE1234 CAA"), ("NSEC", ". A"),
    ("NSEC3", "1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG TYPE65280"),
    ("NSEC3", "1 0 0 - 2vptu5timamqttgl4luu9kg21e0aor3s"),
    ("NSEC3", "9 254 65535 ab 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX"), ("NSEC3PARAM", "1 0 10 aabbccdd"),
    ("NSEC3PARAM", "1 1 0 -"), ("TLSA", f"3 1 1 {_HEX}"), ("TLSA", "255 9 0 01"), ("SMIMEA", f"3 1 1 {_HEX}"),
    ("SSHFP", f"4 2 {_HEX}"), ("SSHFP", "1 1 0123456789abcdef0123456789abcdef01234567"), ("SSHFP", "99 9 ab"),
    ("CERT", f"PKIX 12345 RSASHA256 {_KEY}"), ("CERT", f"254 0 0 {_KEY}"), ("OPENPGPKEY", _KEY),
    ("CSYNC", "2024010101 3 A NS AAAA"), ("CSYNC", "0 65532"), ("SVCB", "0 svc.shop.test."),
    ("SVCB", '1 . mandatory=alpn,port alpn="h2,h3" no-default-alpn port=8443 '
     "ipv4hint=192.0.2.5,192.0.2.6 ech=AAj+DQAEAQIDBA== ipv6hint=2001:db8::5,2001:db8::6 key65333=abc"),
    ("HTTPS", '1 www.shop.test. alpn="h3" dohpath=/dns-query{?dns} key32769=xyz key9'), ("HTTPS", "65535 ."),
    ("LOC", "52 22 23.000 N 4 53 32.000 E -2.00m 1m 10000m 10m"), ("LOC", "0 0 0 S 179 59 59.999 W 42849672.95m"),
    ("RP", "admin.shop.test. text.shop.test."), ("AFSDB", "1 afs.shop.test."), ("AFSDB", "9 ."),
    ("RT", "2 relay.shop.test."), ("X25", '"311061700956"'), ("ISDN", '"150862028003217" "004"'), ("ISDN", '"15"'),
    ("GPOS", "-32.6882 116.8652 10.0"), ("PX", "10 map.shop.test. x400.shop.test."),
    ("URI", '10 1 "https://shop.test/a?b=c"'), ("KX", "10 kx.shop.test."),
    ("APL", "1:192.168.32.0/21 !1:192.168.38.0/28 2:FF00:0:0:0:0:0:0:0/8"), ("APL", "1:0.0.0.0/0 !2:2001:db8::1/128"),
    ("HIP", f"2 200100107B1A74DF365639CC39F1D578 {_KEY} rvs1.shop.test. rvs2.shop.test."), ("HIP", f"9 2001 {_KEY}"),
    ("IPSECKEY", f"10 1 2 192.0.2.38 {_KEY}"), ("IPSECKEY", f"10 2 1 2001:db8::8 {_KEY}"),
    ("IPSECKEY", f"10 0 2 . {_KEY}"), ("IPSECKEY", f"255 3 9 gate.shop.test. {_KEY}"),
    ("AMTRELAY", "10 0 1 192.0.2.9"), ("DHCID", "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="),
    ("NSAP", "0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00"), ("NSAP-PTR", "foo.shop.test."),
    ("NID", "10 0014:4fff:ff20:ee64"), ("L32", "10 10.1.2.0"), ("L64", "10 2001:0db8:1140:1000"),
    ("LP", "10 l64.shop.test."), ("EUI48", "00-00-5e-00-53-2a"), ("EUI64", "00-00-5e-ef-10-00-00-2a"),
    ("ZONEMD", f"2018031500 1 1 {_HEX}{_HEX[:32]}"), ("ZONEMD", f"1 9 240 {_HEX}"),
    ("WKS", "10.0.0.1 6 0 1 2 21 23 80"), ("WKS", "10.0.0.2 17 53 69"), ("DSYNC", "CDS NOTIFY 53 a.shop.test."),
)  # fmt: skip
#: Types that nobody writes in text, by number: their data.
RAW: Final = (
    (3, b"\2md\4test\0"), (4, b"\2mf\4test\0"), (7, b"\2mb\4test\0"), (8, b"\2mg\4test\0"), (9, b"\2mr\4test\0"),
    (10, b"\0\1anything"), (14, b"\1r\4test\0\1e\4test\0"), (30, b"\4next\4test\0\x62\x01\x80\x08"),
    (38, b"\0" + bytes(range(16))), (38, b"\x40" + bytes(range(8)) + b"\6prefix\4test\0"),
    (38, b"\x80\6prefix\4test\0"), (40, b"\1\2\3sink"),
    (249, b"\x08gss-tsig\0" + struct.pack("!IIHHH", 1_700_000_000, 1_800_000_000, 3, 0, 6) + b"keyeds\0\3oth"),
    (249, b"\x08hmac-md5\0" + struct.pack("!IIHHHH", 0, 1, 9, 17, 0, 0)),
    (32769, struct.pack("!HBB", 12345, 8, 2) + bytes(32)), (65280, b"private"),
    (65281, struct.pack("!IIII4s4s", 0x10000, 2, 900, 2, b"\x0a\0\0\1", b"\x0a\0\0\2")),
    (65282, struct.pack("!III", 0x10000, 2, 900) + b"\4wins\4test\0"),
    (29, b"\1later"), (42, b"\0\x09\x10\x82\xab\xcd"),
    (65422, b"\4\x11\xc0\0\2\1\xc0\0\2\2" + struct.pack("!HH", 4000, 53)),
    (65422, b"\6\x06" + bytes(15) + b"\1" + bytes(15) + b"\2" + struct.pack("!HH", 4001, 853)),
)  # fmt: skip
#: Options of EDNS that have no class in dnspython, by number: their data.
OPTIONS: Final = (
    (1, struct.pack("!HHHQI", 1, 1, 0, 7, 60)), (2, struct.pack("!I", 3600)), (3, b""), (3, b"ns1.shop.test"),
    (5, bytes((5, 8, 13, 15, 99))), (6, bytes((1, 2, 4))), (7, bytes((1, 2))), (8, b"\0\1\x18\0\xc0\0\2"),
    (8, b"\0\2\x38\x30" + bytes.fromhex("20010db8000000")), (8, b"\0\1\0\0"), (8, b"\0\1\x20\x20\xc0\0\2\x09"),
    (8, b"\0\x09\x10\0\xab\xcd"), (9, b""), (9, struct.pack("!I", 604_800)), (10, bytes(range(8))),
    (10, bytes(range(24))), (11, b""), (11, struct.pack("!H", 300)), (12, bytes(17)), (12, b""),
    (13, b"\4shop\4test\0"), (14, b"\x12\x34\xab\xcd"), (15, b"\0\x16"), (15, b"\0\6bad signature \xe2\x84\xa2"),
    (15, b"\xff\xfe?"), (16, b"\1"), (17, b"\2"), (18, b"\5agent\4test\0"), (65001, b"local"), (99, b"?"),
)  # fmt: skip
_SEGMENT: Final = 333
_OWNERS: Final = ("shop.test.", "_http._tcp.shop.test.", ".", "a\\.b.shop.test.")


def written(kind: str, data: str) -> tuple[int, bytes]:
    """Type and data of the record that a zone file has as ``data``."""
    made = dns.rdata.from_text("IN", kind, data)
    wire = made.to_wire()
    assert wire is not None
    return int(dns.rdatatype.from_text(kind)), wire


def records() -> list[tuple[int, bytes]]:
    """Type and data of each."""
    return [*(written(*one) for one in WRITTEN), *RAW]


def message(number: int, *records: tuple[int, bytes], owner: str = "shop.test.", group: int = 1) -> bytes:
    """An answer with these records, of one owner; its bytes are not what dnspython makes of them, but these."""
    name = dns.name.from_text(owner).to_wire()
    assert name is not None
    said = b"".join(
        (b"\xc0\x0c" if owner != "." else b"\0") + struct.pack("!HHIH", kind, group, 300, len(data)) + data
        for kind, data in records
    )
    kind = records[0][0] if records else 255
    return struct.pack("!6H", number, 0x8580, 1, len(records), 0, 0) + name + struct.pack("!HH", kind, 1) + said


def with_options(number: int, *options: tuple[int, bytes], flags: int = 0, size: int = 1232) -> bytes:
    """A question with these options of EDNS; ``flags``: extended code, version and flags."""
    said = b"".join(struct.pack("!HH", code, len(data)) + data for code, data in options)
    head = struct.pack("!6H", number, 0x0120, 1, 0, 0, 1) + b"\4shop\4test\0" + struct.pack("!HH", 1, 1)
    return head + b"\0" + struct.pack("!HHIH", 41, size, flags, len(said)) + said


def signed(number: int, algorithm: str = "hmac-sha256", error: int = 0) -> bytes:
    """A question with a signature of its client (TSIG)."""
    ring = dns.tsigkeyring.from_text({"key.shop.test.": "c2VjcmV0IHNlY3JldCBzZWNyZXQ="})
    asked = dns.message.make_query("shop.test", "SOA", id=number)
    asked.use_tsig(ring, algorithm=algorithm, tsig_error=error, other_data=bytes(6) if error else b"")
    return asked.to_wire()


def messages() -> Iterator[bytes]:
    """Each record in a message of its own, and options one by one and together."""
    number = 0
    for kind, data in records():
        number += 1
        yield message(number, (kind, data), owner=_OWNERS[0 if kind != 33 else number % 2])
    for owner in _OWNERS:
        number += 1
        yield message(number, written("A", "192.0.2.3"), written("SRV", "1 2 3 a.test."), owner=owner)
    for option in OPTIONS:
        number += 1
        yield with_options(number, option)
    yield with_options(number + 1, *OPTIONS, flags=0x0100_8000)
    yield with_options(number + 2, flags=0x0101_7FFF, size=65_535)
    for place, (algorithm, error) in enumerate((("hmac-sha256", 0), ("hmac-sha512", 18), ("hmac-sha1", 17))):
        yield signed(number + 3 + place, algorithm, error)
    yield message(number + 7)
    change = dns.update.UpdateMessage("shop.test", id=number + 8)
    change.present("a", "A")
    change.add("b", 60, "MX", "1 a.shop.test.")
    change.delete("c")
    yield change.to_wire()


def over_udp() -> Datagrams:
    """Each of `messages` in a datagram."""
    tape = Datagrams()
    for place, said in enumerate(messages()):
        ends = (SERVER, CLIENT) if said[2] & 0x80 else (CLIENT, SERVER)
        tape.dns(10 * place, *ends, said, port=10_000 + place)
    return tape


def over_tcp() -> Datagrams:
    """All that a server says of `messages`, in one connection, in segments that end anywhere."""
    tape = Datagrams()
    client, server = f"{CLIENT}:40000", f"{SERVER}:53"
    tape.handshake(0, client, server)
    asked = with_options(1)
    said = b"".join(struct.pack("!H", len(one)) + one for one in messages() if one[2] & 0x80)
    tape.tcp(50, client, server, PSH | ACK, 1001, 9001, struct.pack("!H", len(asked)) + asked)
    for begin in range(0, len(said), _SEGMENT):
        part = said[begin : begin + _SEGMENT]
        tape.tcp(60 + begin / 1_000, server, client, PSH | ACK, 9001 + begin, 1003 + len(asked), part)
    return tape
