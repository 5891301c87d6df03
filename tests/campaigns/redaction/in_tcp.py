"""Carriers of TCP: its header, its options, and payload where no connection expects any."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests.campaigns.redaction.carriers import carrier, each
from tests.campaigns.redaction.wire import TCP, back, ethernet, ip4, opened, pcap, tcp, tcp4

if TYPE_CHECKING:
    from tests.campaigns.redaction.secrets_drawn import Secrets


def with_option(options: bytes) -> list[bytes]:
    """The option in a SYN, and in data."""
    return [*opened(options=options), tcp4(b"x" * 9, options=options)]


def _stamped(secrets: Secrets) -> list[bytes]:
    mine, other = (int.from_bytes(secrets.token(4)[:4]) for _ in "ab")

    def option(own: int, echo: int) -> bytes:
        return b"\1\1\x08\x0a" + struct.pack("!II", own & 0xFFFFFFFF, echo & 0xFFFFFFFF)

    return [
        tcp4(seq=1000, ack=0, flags=2, options=option(mine, 0)),
        back(seq=5000, ack=1001, flags=0x12, options=option(other, mine)),
        tcp4(flags=0x10, options=option(mine + 1, other)),
        tcp4(b"x" * 9, options=option(mine + 2, other)),
    ]


def _overlapping(secrets: Secrets) -> list[bytes]:
    return [*opened(), tcp4(secrets.octets(60)), tcp4(secrets.octets(60)), tcp4(secrets.octets(40), seq=1031)]


each(
    {
        "unknown": lambda s: with_option(b"\xb0\x12" + s.octets(16)),
        "experiments": lambda s: with_option(b"\xfd\x10" + s.octets(14)),
        "experiment of TFO": lambda s: with_option(b"\xfe\x0c\xf9\x89" + s.token(8)),
        "TFO cookie": lambda s: with_option(b"\x22\x0a" + s.token(8)),
        "MD5": lambda s: with_option(b"\x13\x12" + s.octets(16)),
        "AO": lambda s: with_option(b"\x1d\x10" + s.octets(14)),
        "echo, POC, CC": lambda s: with_option(
            b"\6\6" + s.octets(4) + b"\x0a\3" + s.octets(1) + b"\x0b\6" + s.octets(4)
        ),
        "alternate sum, Skeeter": lambda s: with_option(b"\x0f\x06" + s.octets(4) + b"\x10\x08" + s.octets(6)),
        "MP_CAPABLE": lambda s: with_option(b"\x1e\x14\x01\x81" + s.token(16)),
        "MP_JOIN": lambda s: with_option(b"\x1e\x0c\x10\1" + s.token(8)),
        "ADD_ADDR 4": lambda s: with_option(b"\x1e\x12\x30\1" + s.ipv4() + b"\x1f\x90" + s.token(8)),
        "ADD_ADDR 6": lambda s: with_option(b"\x1e\x16\x30\1" + s.ipv6() + b"\x1f\x90"),
        "MP_FASTCLOSE": lambda s: with_option(b"\x1e\x0c\x70\0" + s.token(8)),
        "DSS, rest": lambda s: with_option(b"\x1e\x14\x20\0" + s.octets(16)),
        "unknown subtype of MPTCP": lambda s: with_option(b"\x1e\x12\xb0" + s.octets(15)),
        "after the end": lambda s: with_option(b"\0" + s.octets(15)),
        "lengths that lie": lambda s: with_option(b"\x22\xff" + s.octets(14)),
        "MSS of wrong length": lambda s: with_option(b"\2\x08" + s.octets(6)),
        "SACK permitted with content": lambda s: with_option(b"\4\x06" + s.octets(4)),
        "window scale of wrong length": lambda s: with_option(b"\3\x06" + s.octets(4)),
        "SACK of odd length": lambda s: with_option(b"\5\x09" + s.octets(7)),
        "timestamps of wrong length": lambda s: with_option(b"\x08\x0c" + s.octets(10)),
        "timestamps": _stamped,
        "timestamp echo nobody sent": lambda s: with_option(b"\x08\x0a\0\0\0\0" + s.token(4)),
        "encryption, accurate ECN": lambda s: with_option(b"\x45\x12" + s.octets(16) + b"\xac\x0b" + s.octets(9)),
        "middlebox options": lambda s: with_option(b"\x4c\x0a\1\1" + s.octets(6) + b"\x4e\x0c" + s.octets(10)),
    },
    "TCP option",
)
each(
    {
        "SYN, with TFO": lambda s: [
            tcp4(s.octets(40), seq=1000, ack=0, flags=2, options=b"\x22\x0a" + bytes(8)),
            *opened()[1:],
        ],
        "SYN, without": lambda s: [tcp4(s.octets(40), seq=1000, ack=0, flags=2), *opened()[1:]],
        "SYN-ACK": lambda s: [opened()[0], back(s.octets(40), seq=5000, flags=0x12), opened()[2]],
        "RST": lambda s: [*opened(), back(s.octets(40), flags=0x14)],
        "FIN": lambda s: [*opened(), tcp4(s.octets(40), flags=0x19)],
        "after FIN and RST": lambda s: [
            *opened(),
            tcp4(flags=0x11),
            tcp4(s.octets(40), seq=1002),
            back(flags=4),
            tcp4(s.octets(40), seq=1042),
        ],
        "urgent": lambda s: [*opened(), tcp4(b"abc" + s.octets(1), flags=0x38, urgent=4)],
        "urgent pointer without URG": lambda s: [*opened(), tcp4(b"abcd", urgent=int.from_bytes(s.octets(2)))],
        "keep-alive": lambda s: [
            *opened(),
            tcp4(b"abcd"),
            tcp4(s.octets(1), seq=1004, flags=0x10),
            tcp4(s.octets(1), seq=1004, flags=0x10),
        ],
        "window probe": lambda s: [
            *opened(),
            tcp4(b"abcd"),
            back(ack=1005, flags=0x10),
            tcp4(s.octets(1), seq=1005, flags=0x10),
        ],
        "out of window": lambda s: [*opened(), tcp4(s.octets(40), seq=900_000_000), tcp4(s.octets(40), seq=10)],
        "overlapping": _overlapping,
        "mid-stream": lambda s: [tcp4(s.octets(40)), back(s.octets(40))],
        "no flags": lambda s: [tcp4(s.octets(40), flags=0), tcp4(s.octets(40), flags=0x3F)],
        "header shorter than twenty": lambda s: [ethernet(ip4(TCP, tcp()[:12] + b"\x40" + tcp()[13:] + s.octets(20)))],
        "ports unknown, text": lambda s: [*opened(40999), tcp4(s.word(60), ports=(40001, 40999))],
    },
    "TCP payload",
)


@carrier("TCP payload: one in ten thousand octets")
def _long(secrets: Secrets) -> bytes:
    data = secrets.octets(9000)
    return pcap([*opened(), *(tcp4(data[at : at + 1000], seq=1001 + at) for at in range(0, len(data), 1000))])
