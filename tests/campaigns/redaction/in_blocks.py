"""Carriers of a pcapng beside its packets, and of a pcap's own header."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests.campaigns.redaction.carriers import carrier
from tests.campaigns.redaction.wire import (
    START,
    block,
    enhanced,
    interface,
    opened,
    option,
    pcap,
    pcapng,
    section,
    tcp4,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.campaigns.redaction.secrets_drawn import Secrets

END = option(0, b"")
FRAMES = opened()


def _place(name: str, **at: Callable[[Secrets], bytes]) -> None:
    carrier(f"pcapng: {name}")(lambda secrets: pcapng(FRAMES, **{place: made(secrets) for place, made in at.items()}))


_place(
    "section's comment, hardware, system, application",
    head=lambda s: b"".join(option(c, s.word()) for c in (1, 2, 3, 4)) + END,
)
_place(
    "section's unknown and custom options",
    head=lambda s: b"".join(option(c, b"\0\0\x7d\xd9" + s.word()) for c in (77, 2988, 2989, 19372, 19373, 0x8001)),
)
_place("section's options after the end", head=lambda s: END + option(1, s.word()))
_place(
    "interface's name, description, filter, system, hardware",
    device=lambda s: b"".join(
        option(c, v)
        for c, v in [
            (1, s.word()),
            (2, s.word()),
            (3, s.word()),
            (11, b"\0" + s.word()),
            (12, s.word()),
            (15, s.word()),
        ]
    ),
)
_place(
    "interface's addresses",
    device=lambda s: (
        option(4, s.ipv4() + b"\xff\xff\xff\0")
        + option(5, s.ipv6() + b"\x40")
        + option(6, s.mac())
        + option(7, b"\2" + s.octets(7))
    ),
)
_place(
    "interface's zone, speeds, FCS, IANA",
    device=lambda s: (
        option(10, s.octets(4)) + option(8, s.octets(8)) + option(16, s.octets(8)) + option(17, s.octets(8))
    ),
)
_place(
    "interface's unknown, custom, vendor",
    device=lambda s: option(99, s.octets(12)) + option(2988, b"\0\0\0\1" + s.word()) + option(0x7FFF, s.octets(8)),
)
_place("interface's options after the end", device=lambda s: END + s.octets(16))
_place("packet's comment", each=lambda s: option(1, s.word()) + END)
_place(
    "packet's hash, identity, verdict, process",
    each=lambda s: (
        option(3, b"\2" + s.octets(4))
        + option(5, s.octets(8))
        + option(7, b"\0" + s.octets(8))
        + option(0x8001, s.octets(4))
    ),
)
_place("packet's custom", each=lambda s: option(2988, b"\0\0\0\1" + s.word()) + option(2989, b"\0\0\0\1" + s.octets(9)))
_place(
    "packet's flags' upper bits", each=lambda s: option(2, b"\1" + bytes([s.octets(1)[0] & 0xFE]) + s.octets(1) + b"\0")
)
_place("packet's queue", each=lambda s: option(6, s.octets(4)))
_place(
    "names",
    tail=lambda s: block(
        4,
        struct.pack("<HH", 1, 17)
        + s.ipv4()
        + s.name()
        + b"\0"
        + bytes(3)
        + struct.pack("<HH", 2, 29)
        + s.ipv6()
        + s.name()
        + b"\0"
        + bytes(3)
        + END
        + option(2, s.name())
        + option(3, s.ipv4())
        + option(4, s.ipv6())
        + END,
    ),
)
_place(
    "statistics",
    tail=lambda s: block(5, struct.pack("<III", 0, 1, 1) + option(1, s.word()) + option(77, s.octets(8)) + END),
)
_place(
    "secrets",
    tail=lambda s: (
        block(10, struct.pack("<II", 0x544C534B, 40) + s.word(40))
        + block(10, struct.pack("<II", 0x57474B4C, 40) + s.word(40))
    ),
)
_place(
    "custom blocks",
    tail=lambda s: block(0xBAD, b"\0\0\0\1" + s.octets(20)) + block(0x40000BAD, b"\0\0\0\1" + s.octets(20)),
)
_place(
    "unknown blocks",
    tail=lambda s: (
        block(0x12345678, s.octets(40)) + block(9, struct.pack("<I", 20) + s.word(20)) + block(0x80000001, s.octets(20))
    ),
)
_place("sysdig and other blocks", tail=lambda s: b"".join(block(0x200 + n, s.octets(24)) for n in range(1, 18)))
_place(
    "packet of an interface nobody described",
    tail=lambda s: block(6, struct.pack("<IIIII", 9, 0, 0, 40, 40) + s.octets(40)),
)
_place("torn at the end", tail=lambda s: struct.pack("<II", 6, 4000) + s.octets(60))
_place(
    "second section, with comments",
    tail=lambda s: (
        section(option(1, s.word())) + interface(option(2, s.word())) + enhanced(FRAMES[0], 5, option(1, s.word()))
    ),
)
_place("zero octets and text at the end", tail=lambda s: bytes(64) + s.octets(40))


@carrier("pcapng: simple packets")
def _simple(secrets: Secrets) -> bytes:
    frame = tcp4(secrets.octets(40))
    return section() + interface() + block(3, struct.pack("<I", len(frame)) + frame)


@carrier("pcapng: old packet block, with options")
def _old(secrets: Secrets) -> bytes:
    frame = FRAMES[0] + secrets.octets(2)
    head = struct.pack("<HHIIII", 0, 7, 0, 100, len(frame), len(frame))
    return (
        section()
        + interface()
        + block(
            2, head + frame + bytes(-len(frame) % 4) + option(1, secrets.word()) + option(3, b"\2" + secrets.octets(4))
        )
    )


@carrier("pcapng: padding of packets and of options")
def _padding(secrets: Secrets) -> bytes:
    frame = tcp4(b"abc")
    packets = b"".join(
        enhanced(frame + b"z" * n, n, struct.pack("<HH", 2, 1) + b"\0" + secrets.octets(3), secrets.octets(3))
        for n in range(1, 4)
    )
    return section() + interface() + packets


@carrier("pcap: zone, accuracy, upper bits of the link, of the snaplen")
def _header(secrets: Secrets) -> bytes:
    whole = pcap(FRAMES)
    return whole[:8] + secrets.octets(8) + whole[16:]


@carrier("pcap: after the last packet")
def _after(secrets: Secrets) -> bytes:
    return pcap(FRAMES) + struct.pack("<IIII", START, 0, 400, 400) + secrets.octets(50)


@carrier("pcap: Kuznetsov's records")
def _kuznetsov(secrets: Secrets) -> bytes:
    out = struct.pack("<IHHiIII", 0xA1B2CD34, 2, 4, 0, 0, 65535, 1)
    for frame in FRAMES:
        out += struct.pack("<IIII", START, 0, len(frame), len(frame)) + secrets.octets(8) + frame
    return out
