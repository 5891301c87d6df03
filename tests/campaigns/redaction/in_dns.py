"""Carriers of DNS, of its like, and of other datagrams."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests.campaigns.redaction.carriers import each
from tests.campaigns.redaction.wire import talk, udp4

if TYPE_CHECKING:
    from tests.campaigns.redaction.secrets_drawn import Secrets


def label(*labels: bytes) -> bytes:
    return b"".join(bytes([len(one)]) + one for one in labels) + b"\0"


def question(
    name: bytes,
    kind: int = 1,
    rest: bytes = b"",
    flags: int = 0x0100,
    counts: tuple[int, int, int, int] = (1, 0, 0, 0),
    kin: int = 1,
) -> bytes:
    return struct.pack("!HHHHHH", 77, flags, *counts) + name + struct.pack("!HH", kind, kin) + rest


def record(name: bytes, kind: int, data: bytes, kin: int = 1, ttl: int = 60) -> bytes:
    return name + struct.pack("!HHIH", kind, kin, ttl, len(data)) + data


def answer(secrets: Secrets, kind: int, data: bytes, tail: bytes = b"") -> list[bytes]:
    asked = label(secrets.name(), b"com")
    return [
        udp4(question(asked, kind), (40001, 53)),
        udp4(question(asked, kind, record(b"\xc0\x0c", kind, data) + tail, 0x8180, (1, 1, 0, 0)), (53, 40001)),
    ]


def dns(message: bytes, ports: tuple[int, int] = (40001, 53)) -> list[bytes]:
    return [udp4(message, ports)]


def mixed(word: bytes) -> bytes:
    return bytes(octet ^ 0x20 if at % 2 else octet for at, octet in enumerate(word))


each(
    {
        "query": lambda s: dns(question(label(s.name(), s.name(), b"com"))),
        "query, mixed case": lambda s: dns(question(label(mixed(s.name()), b"com"))),
        "names in all sections": lambda s: dns(
            question(
                label(s.name(), b"com"),
                1,
                b"".join(
                    record(label(s.name(), b"net"), k, d)
                    for k, d in [(5, label(s.name(), b"org")), (2, label(s.name(), b"org")), (1, s.ipv4())]
                ),
                0x8180,
                (1, 1, 1, 1),
            ),
            (53, 40001),
        ),
        "A, AAAA": lambda s: answer(s, 1, s.ipv4()) + answer(s, 28, s.ipv6()),
        "TXT, SPF": lambda s: answer(s, 16, b"\x0c" + s.word()) + answer(s, 99, b"\x0c" + s.word()),
        "SRV, MX, NAPTR": lambda s: (
            answer(s, 33, b"\0\1\0\1\x01\xbb" + label(s.name(), b"com"))
            + answer(s, 15, b"\0\x0a" + label(s.name(), b"com"))
            + answer(s, 35, b"\0\1\0\1\1s\x0c" + s.word() + b"\x0c" + s.word() + label(s.name()))
        ),
        "PTR": lambda s: answer(s, 12, label(s.name(), b"com")),
        "SOA, RP, HINFO": lambda s: (
            answer(s, 6, label(s.name(), b"com") + label(s.name(), b"com") + s.octets(4) + bytes(16))
            + answer(s, 17, label(s.name()) + label(s.name()))
            + answer(s, 13, b"\x0c" + s.word() + b"\x0c" + s.word())
        ),
        "HTTPS, SVCB": lambda s: answer(
            s,
            65,
            b"\0\1"
            + label(s.name(), b"com")
            + b"\0\1\0\3\2h2"
            + b"\0\4\0\4"
            + s.ipv4()
            + b"\0\5\0\x10"
            + s.octets(16)
            + b"\0\6\0\x10"
            + s.ipv6(),
        ),
        "CAA, TLSA, SSHFP, DS, DNSKEY, RRSIG, NSEC": lambda s: (
            answer(s, 257, b"\0\5issue" + s.word())
            + answer(s, 52, b"\3\1\1" + s.octets(32))
            + answer(s, 44, b"\1\1" + s.octets(20))
            + answer(s, 43, s.octets(24))
            + answer(s, 48, s.octets(40))
            + answer(s, 46, s.octets(18) + label(s.name()) + s.octets(30))
            + answer(s, 47, label(s.name(), b"com") + b"\0\1\x40")
        ),
        "unknown type, NULL, LOC, URI, CERT, OPENPGPKEY": lambda s: [
            f for k in (65500, 10, 29, 256, 37, 61) for f in answer(s, k, s.octets(30))
        ],
        "reverse, IPv4": lambda s: dns(
            question(label(*[str(o).encode() for o in reversed(s.ipv4())], b"in-addr", b"arpa"), 12)
        ),
        "reverse, IPv6": lambda s: dns(
            question(label(*[b"%x" % n for o in reversed(s.ipv6()) for n in (o & 15, o >> 4)], b"ip6", b"arpa"), 12)
        ),
        "reverse, a part and a classless net": lambda s: dns(
            question(label(b"1", b"0/25", *[str(o).encode() for o in reversed(s.ipv4()[:3])], b"in-addr", b"arpa"), 12)
        ),
        "address in a name": lambda s: (
            dns(question(label(b"ip-" + "-".join(map(str, s.ipv4())).encode(), b"com")))
            + dns(question(label(s.ipv4().hex().encode(), b"com")))
        ),
        "blocklist": lambda s: dns(
            question(label(*[str(o).encode() for o in reversed(s.ipv4())], b"zen", b"spamhaus", b"org"))
        ),
        "client subnet": lambda s: (
            dns(
                question(
                    label(b"example", b"com"),
                    1,
                    record(b"\0", 41, b"\0\x08\0\x07\0\1\x18\0" + s.ipv4()[:3], 4096),
                    0x0100,
                    (1, 0, 0, 1),
                )
            )
            + dns(
                question(
                    label(b"example", b"com"),
                    1,
                    record(b"\0", 41, b"\0\x08\0\x14\0\2\x80\0" + s.ipv6(), 4096),
                    0x0100,
                    (1, 0, 0, 1),
                )
            )
        ),
        "EDNS cookie, NSID, unknown, EDE": lambda s: dns(
            question(
                label(b"example", b"com"),
                1,
                record(
                    b"\0",
                    41,
                    b"\0\x0a\0\x08"
                    + s.octets(8)
                    + b"\0\3\0\x0c"
                    + s.word()
                    + b"\xfd\xe9\0\x08"
                    + s.octets(8)
                    + b"\0\x0f\0\x0e\0\1"
                    + s.word(),
                    4096,
                ),
                0x0100,
                (1, 0, 0, 1),
            )
        ),
        "after the message": lambda s: dns(question(label(b"example", b"com")) + s.octets(20)),
        "counts that lie": lambda s: dns(question(label(s.name(), b"com"), counts=(9, 9, 9, 9)) + s.octets(9)),
        "between records, by pointer": lambda s: dns(question(b"\xc0\x20", 1, bytes(12) + label(s.name(), b"com"))),
        "pointer into the data of a record": lambda s: dns(
            question(
                label(b"a", b"com"),
                1,
                record(b"\xc0\x0c", 16, b"\x0d" + bytes([12]) + s.name()) + record(b"\xc0\x22", 1, bytes(4)),
                0x8180,
                (1, 2, 0, 0),
            ),
            (53, 40001),
        ),
        "labels of other kinds": lambda s: (
            dns(question(b"\x41\x10" + s.octets(16) + b"\0")) + dns(question(b"\x80" + s.octets(16) + b"\0"))
        ),
        "unknown opcode, update, class, id": lambda s: (
            dns(question(label(s.name()), 252, flags=0x7800))
            + dns(
                question(label(s.name()), 6, record(label(s.name()), 250, s.octets(20), 255, 0), 0x2800, (1, 0, 0, 1))
            )
        ),
        "mDNS": lambda s: [
            udp4(question(label(s.name(), b"_tcp", b"local"), 12), (5353, 5353)),
            udp4(
                question(b"", rest=b"")[:4]
                + b"\0\0\0\1\0\0\0\0"
                + record(label(s.name(), b"local"), 16, b"\x0c" + s.word()),
                (5353, 5353),
            ),
        ],
        "LLMNR, NetBIOS": lambda s: [
            udp4(question(label(s.name())), (40001, 5355)),
            udp4(question(label(b"".join(bytes([65 + (o >> 4), 65 + (o & 15)]) for o in s.name(16)))), (137, 137)),
        ],
        "over TCP": lambda s: talk(
            *[
                len(m).to_bytes(2) + m
                for m in (
                    question(label(s.name(), b"com")),
                    question(label(s.name(), b"com"), 1, record(b"\xc0\x0c", 1, s.ipv4()), 0x8180, (1, 1, 0, 0)),
                )
            ],
            port=53,
        ),
        "on another port": lambda s: dns(question(label(s.name(), b"com")), (40001, 5300)),
        "label of one letter and short": lambda s: dns(question(label(s.name(1), s.name(2), s.name(3), s.name(40)))),
        "punycode, service labels with secrets": lambda s: dns(
            question(label(b"xn--" + s.name(), b"_" + s.name(), b"com"))
        ),
        "DHCP": lambda s: [
            udp4(
                b"\1\1\6\0"
                + s.octets(4)
                + bytes(4)
                + s.ipv4() * 4
                + s.mac()
                + bytes(10)
                + s.word(64)
                + s.word(128)
                + b"\x63\x82\x53\x63\x35\1\1\x32\4"
                + s.ipv4()
                + b"\x0c\x0c"
                + s.name()
                + b"\x3d\7\1"
                + s.mac()
                + b"\xff"
                + s.octets(9),
                (68, 67),
            )
        ],
        "DHCPv6": lambda s: [
            udp4(
                b"\1"
                + s.octets(3)
                + b"\0\1\0\x0e\0\1\0\1"
                + s.octets(4)
                + s.mac()
                + b"\0\5\0\x18"
                + s.ipv6()
                + bytes(8),
                (546, 547),
            )
        ],
        "NTP, SNMP, syslog, SSDP, SIP": lambda s: [
            udp4(s.octets(48), (40001, 123)),
            udp4(b"\x30\x30\2\1\1\4\x0c" + s.word() + s.octets(20), (40001, 161)),
            udp4(b"<13>" + s.word(40), (40001, 514)),
            udp4(b"NOTIFY * HTTP/1.1\r\nLOCATION: http://" + s.word(), (40001, 1900)),
            udp4(b"INVITE sip:" + s.word() + b" SIP/2.0\r\nVia: " + s.word(), (5060, 5060)),
        ],
    },
    "DNS and others",
)
