"""Captures of questions and answers without a connection: ICMP echoes, and DNS over UDP."""

from __future__ import annotations

import random
import struct
from ipaddress import ip_address
from typing import Final

from captures import START_NS, Tape
from other_frames import dns_answer, dns_query

CLIENT, OTHER, SERVER = "10.0.0.1", "10.0.0.2", "10.0.0.9"
CLIENT6, SERVER6 = "2001:db8::1", "2001:db8::9"
_ICMP, _UDP, _ICMPV6 = 1, 17, 58
_ERROR: Final = 3


def checksum(data: bytes) -> int:
    """RFC 1071."""
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Datagrams(Tape):
    """Echoes and DNS over UDP."""

    def echo(self, ms: float, source: str, target: str, kind: int, number: int, data: bytes = b"abcd") -> None:
        """An ICMP echo or its reply, of the IP version of its addresses; ``data`` of an even length."""
        six = ip_address(source).version == 6
        body = struct.pack("!BBHHH", kind, 0, 0, 77, number) + data
        ends = ip_address(source).packed + ip_address(target).packed
        pseudo = ends + struct.pack("!II", len(body), _ICMPV6) if six else b""
        body = body[:2] + checksum(pseudo + body).to_bytes(2) + body[4:]
        if six:
            header = struct.pack("!IHBB", 6 << 28, len(body), _ICMPV6, 64) + ends
            self.records.append((START_NS + round(ms * 1_000_000), header + body))
        else:
            self.ip(ms, source, target, _ICMP, body)

    def dns(self, ms: float, source: str, target: str, message: bytes, port: int = 40001) -> None:
        """A message from or to port 53 of `SERVER`."""
        ports = (53, port) if source == SERVER else (port, 53)
        self.ip(ms, source, target, _UDP, struct.pack("!HHHH", *ports, 8 + len(message), 0) + message)

    def quote(self, ms: float, sender: str, target: str, quoted: bytes) -> None:
        """A router that reports the datagram ``quoted`` as undeliverable."""
        body = struct.pack("!BBHI", _ERROR, 1, 0, 0) + quoted
        self.ip(ms, sender, target, _ICMP, body[:2] + checksum(body).to_bytes(2) + body[4:])


def echoes() -> Datagrams:
    """Requests in both versions: answered, twice, late, by a stranger, with other data, and quoted by an error."""
    tape = Datagrams()
    for number, (client, server, ask, answer) in enumerate(((CLIENT, SERVER, 8, 0), (CLIENT6, SERVER6, 128, 129))):
        at = 100 * number
        tape.echo(at, client, server, ask, 1)
        tape.echo(at + 1, server, client, answer, 1)
        tape.echo(at + 2, server, client, answer, 1)  # again: it answers nothing
        tape.echo(at + 3, client, server, ask, 2)
        tape.echo(at + 4, client, server, ask, 3, b"\xff\xf7" * 3)
        tape.echo(at + 5, server, client, answer, 3, b"\xff\xf7" * 3)
        tape.echo(at + 6, server, client, answer, 2)
        tape.echo(at + 7, client, server, ask, 4)
        tape.echo(at + 8, server, client, answer, 4, b"else")  # not what was sent
        tape.echo(at + 9, client, server, ask, 5)
        tape.echo(at + 10, client, server, ask, 5)  # sent again
        tape.echo(at + 11, server, client, answer, 5)
    tape.echo(300, CLIENT, SERVER, 8, 6)
    tape.echo(301, OTHER, CLIENT, 0, 6)
    tape.quote(302, OTHER, CLIENT, tape.records[-2][1])
    tape.echo(303, SERVER, CLIENT, 0, 6)
    return tape


def names() -> Datagrams:
    """Questions answered, asked again soon and late, answered twice, and from two ports with one number."""
    tape = Datagrams()
    ask, answer = dns_query(7, "a.example"), dns_answer(7, "a.example", ["192.0.2.1"])
    tape.dns(0, CLIENT, SERVER, ask)
    tape.dns(1_000, CLIENT, SERVER, ask)  # a retransmission
    tape.dns(1_010, SERVER, CLIENT, answer)
    tape.dns(1_020, SERVER, CLIENT, answer)
    tape.dns(2_000, CLIENT, SERVER, ask)  # the number is free again
    tape.dns(2_000.5, CLIENT, SERVER, ask, port=40002)
    tape.dns(2_030, SERVER, CLIENT, answer, port=40002)
    tape.dns(2_040, SERVER, CLIENT, answer)
    tape.dns(3_000, CLIENT, SERVER, dns_query(8, "b.example"))
    tape.dns(9_000, CLIENT, SERVER, dns_query(8, "b.example"))  # too late for the same one
    tape.dns(9_005, SERVER, CLIENT, dns_answer(8, "b.example", [], code=3))
    tape.quote(9_006, OTHER, CLIENT, tape.records[8][1])
    return tape


def drawn(seed: int) -> Datagrams:
    """Eighty messages of few numbers in any order."""
    chance, tape = random.Random(seed), Datagrams()
    for step in range(80):
        ms, number, back = step * chance.choice((1, 1, 90)), chance.randrange(3), chance.random() < 0.5
        ends = (SERVER, CLIENT) if back else (CLIENT, SERVER)
        if chance.random() < 0.5:
            tape.echo(ms, *ends, 0 if back else 8, number)
        else:
            message = dns_answer(number, "a.example", []) if back else dns_query(number, "a.example")
            tape.dns(ms, *ends, message, port=40001 + chance.randrange(2))
    tape.records.sort(key=lambda record: record[0])
    return tape
