"""An address that DNS gave and that never answers, beside another of the same name that does."""

from __future__ import annotations

import random
import struct
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Protocol

import pytest

from tcptui.model.packet_view import PacketView
from tcptui.protocols.dns.answer import read_answer
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import finding_sections
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.model.finding import Finding
    from tcptui.session.session import Session


class Told(Protocol):
    session: Session


class Tell(Protocol):
    def __call__(self, lines: Sequence[str]) -> Told: ...


def message(name: str, *addresses: str, flags: int = 0x8180) -> bytes:
    """An answer: the alias of ``name`` and its addresses."""
    asked = b"".join(bytes((len(label),)) + label.encode() for label in name.split(".")) + b"\0"
    records = b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, 60, 3) + b"\x01x\0"
    for address in addresses:
        records += b"\x01x\0" + struct.pack(">HHIH", 1, 1, 60, 4) + IPv4Address(address).packed
    return struct.pack(">6H", 7, flags, 1, 1 + len(addresses), 0, 0) + asked + struct.pack(">HH", 1, 1) + records


def answered(ms: float, payload: bytes, client: int = 1, port: int = 53) -> str:
    return f"{ms} S . 0 0 udp=1 sport={port} port=5353 server=8 client={client} hex={payload.hex()}"


def silent(ms: float, server: int, port: int) -> list[str]:
    return [f"{ms + again} C S 0 0 port={port} server={server} sport=443" for again in (0, 1000, 3000)]


def served(ms: float, server: int, port: int) -> list[str]:
    steps = [(0, "C S 0 0"), (10, "S SA 0 1"), (10.1, "C A 1 1"), (11, "C PA 1 1 100"), (21, "S PA 1 101 300")]
    return [f"{ms + at} {words} port={port} server={server} sport=443" for at, words in steps]


TRIES = [line for i in range(3) for line in silent(100 + 300 * i, 9, 50_000 + i)]
WORKS = served(8_000, 2, 51_000)
BUSY = served(500, 3, 52_000)


def found(told: Tell, *lines: str) -> Finding:
    """The finding about the silent host; its words are there in both languages."""
    ordered = sorted((*TRIES, *WORKS, *BUSY, *lines), key=lambda line: float(line.split()[0]))
    findings = [one.finding for one in told(ordered).session.diagnosis.findings]
    finding = next(one for one in findings if one.id.value == "host-silent")
    for language in Language:
        assert all(line for part in finding_sections(finding, Words(language)) for line in part.lines)
    return finding


@pytest.mark.finding("host-silent")
@pytest.mark.parametrize(
    "lines",
    [
        [answered(50, message("Shop.example", "10.0.0.9", "10.0.0.2"))],
        [
            answered(50, message("shop.example", "10.0.0.9")),
            answered(7_900, message("shop.example", "10.0.0.2")),
        ],
    ],
)
def test_address_that_never_answers_while_another_of_the_name_does_is_named(told: Tell, lines: list[str]) -> None:
    finding = found(told, *lines)

    assert finding.alternatives[0] == "dns-address"
    assert (finding.facts["asked_name"], finding.facts["working_host"]) == ("shop.example", "10.0.0.2")


@pytest.mark.finding("host-silent", twin=True)
@pytest.mark.parametrize(
    "lines",
    [
        [],
        [answered(50, message("shop.example", "10.0.0.9"))],  # no other address
        [answered(50, message("shop.example", "10.0.0.9", "10.0.0.77"))],  # the other was not tried
        [answered(50, message("a.example", "10.0.0.9")), answered(60, message("b.example", "10.0.0.2"))],
        [answered(50, message("shop.example", "10.0.0.9", "10.0.0.2"), client=5)],  # somebody else asked
        [answered(7_000, message("shop.example", "10.0.0.9", "10.0.0.2"))],  # after all attempts
        [answered(50, message("shop.example", "10.0.0.9", "10.0.0.2"), port=5300)],
        [answered(50, message("shop.example", "10.0.0.9", "10.0.0.2", flags=0x0180))],  # a question
        [answered(50, message("shop.example", "10.0.0.9", "10.0.0.2", flags=0x8183))],  # no such name
    ],
)
def test_address_of_which_dns_says_nothing_is_silent_as_ever(told: Tell, lines: list[str]) -> None:
    finding = found(told, *lines)

    assert "dns-address" not in finding.alternatives
    assert "asked_name" not in finding.facts


def _view(datagram: bytes) -> PacketView:
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28, 0, 0, 64, 17, 0, b"\x0a\0\0\x08", b"\x0a\0\0\x01")
    udp = struct.pack(">HHHH", 53, 5353, 8 + len(datagram), 0)
    return PacketView(0, 1, 5, 0, 0, 0, head + udp + datagram, 101, None, None, 0, 0, 0, 0, -1, None)


def test_damaged_answers_never_raise_and_their_names_are_harmless() -> None:
    chance = random.Random(5)
    whole = message("\x1b]52;c;x\x07.example", "10.0.0.9", "10.0.0.2")
    answer = read_answer(_view(whole))

    assert answer is not None
    assert answer.name.isprintable()
    assert answer.addresses == {"10.0.0.9", "10.0.0.2"}
    for _ in range(2_000):
        mutant = bytearray(whole[: chance.randint(0, len(whole))])
        for _ in range(chance.randint(0, 4) if mutant else 0):
            mutant[chance.randrange(len(mutant))] = chance.choice((0, 1, 0x3F, 0xC0, 0xFF, chance.randrange(256)))
        made = read_answer(_view(bytes(mutant)))
        assert made is None or (made.name.isprintable() and len(made.name) <= 60)
