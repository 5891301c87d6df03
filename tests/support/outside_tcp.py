"""Captures of what is outside TCP, with the connections that waited for it, by times of one's own."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from tcptui.session.session import open_file
from tests.support.other_frames import arp, dns_answer, dns_query, ip, over_ethernet, udp
from tests.support.traces import write_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tcptui.session.session import Session

#: The client of all traces, its resolvers, and the server that it wants.
CLIENT, RESOLVER, OTHER_RESOLVER, SERVER = "10.0.0.1", "10.0.0.53", "10.0.0.54", "10.0.0.2"
NAME: Final = "shop.example"
A, AAAA = 1, 28

Timed = tuple[float, bytes]


def asked(
    ms: float, number: int = 7, name: str = NAME, *, kind: int = A, port: int = 40_001, server: str = RESOLVER,
    client: str = CLIENT,
) -> Timed:  # fmt: skip
    """A question."""
    return ms, udp(f"{client}:{port}", f"{server}:53", dns_query(number, name, kind))


def told(
    ms: float, addresses: Sequence[str] = (SERVER,), number: int = 7, name: str = NAME, *, code: int = 0,
    kind: int = A, port: int = 40_001, server: str = RESOLVER, client: str = CLIENT,
) -> Timed:  # fmt: skip
    """An answer."""
    message = dns_answer(number, name, addresses, code=code)
    if not addresses:
        message = message[:-4] + struct.pack("!HH", kind, 1)
    return ms, udp(f"{server}:53", f"{client}:{port}", message)


def connected(ms: float, port: int = 50_000, server: int = 2) -> list[Timed]:
    """A short healthy connection of the client."""
    lines = ("0 C S 0 0", "1 S SA 0 1", "1.1 C A 1 1", "2 C PA 1 1 100", "3 S PA 1 101 200", "4 C FA 101 201",
             "5 S FA 201 102", "5.1 C A 102 202")  # fmt: skip
    return [tcp(ms, line, port=port, server=server) for line in lines]


def tried(ms: float, port: int = 50_000, server: int = 2) -> list[Timed]:
    """SYNs that nobody answers."""
    return [tcp(ms + again, "0 C S 0 0", port=port, server=server) for again in (0, 1000, 3000)]


def tcp(ms: float, line: str, *, port: int = 50_000, server: int = 2) -> Timed:
    """A segment, ``line`` as in `traces` and that much later."""
    time_ns, datagram = write_line(f"{line} port={port} server={server}")
    return ms + time_ns / 1e6, over_ethernet(datagram)


def question(ms: float, target: str = SERVER, asker: str = CLIENT) -> Timed:
    """ARP: who has ``target``?"""
    return ms, arp(1, asker, target)


def reply(ms: float, target: str = SERVER, asker: str = CLIENT) -> Timed:
    """ARP: ``target`` is here."""
    return ms, arp(2, target, asker)


def solicitation(ms: float, target: str, asker: str) -> Timed:
    """IPv6: who has ``target``?"""
    from ipaddress import ip_address

    body = struct.pack("!BBHI", 135, 0, 0, 0) + ip_address(target).packed
    return ms, over_ethernet(ip(asker, "ff02::1:ff00:77", 58, body))


def session_of(folder: Path, packets: Sequence[Timed | list[Timed]]) -> Session:
    """The capture of ``packets``, in the order of their times."""
    flat = [one for some in packets for one in (some if isinstance(some, list) else [some])]
    path = folder / "outside.pcap"
    blocks = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)]
    for ms, frame in sorted(flat, key=lambda one: one[0]):
        seconds, ns = divmod(round(ms * 1_000_000), 10**9)
        blocks.append(struct.pack("<IIII", 1_700_000_000 + seconds, ns, len(frame), len(frame)) + frame)
    path.write_bytes(b"".join(blocks))
    return open_file(path)
