"""An address that DNS gave and that never answers, beside another of the same name that does."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Protocol

import pytest

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


def asking(line: str) -> str:
    """The question to an answer, a millisecond before."""
    ms, _side, rest = line.split(" ", 2)
    head, _, payload = rest.partition("hex=")
    answer = bytes.fromhex(payload)
    asked = answer[: answer.index(b"\0", 12) + 5]
    return f"{float(ms) - 1} C {head}hex={(asked[:2] + struct.pack('>5H', 0x0100, 1, 0, 0, 0) + asked[12:]).hex()}"


def silent(ms: float, server: int, port: int) -> list[str]:
    return [f"{ms + again} C S 0 0 port={port} server={server} sport=443" for again in (0, 1000, 3000)]


def served(ms: float, server: int, port: int) -> list[str]:
    steps = [(0, "C S 0 0"), (10, "S SA 0 1"), (10.1, "C A 1 1"), (11, "C PA 1 1 100"), (21, "S PA 1 101 300")]
    return [f"{ms + at} {words} port={port} server={server} sport=443" for at, words in steps]


TRIES = [line for i in range(3) for line in silent(100 + 300 * i, 9, 50_000 + i)]
WORKS = served(8_000, 2, 51_000)
BUSY = served(500, 3, 52_000)


def found(told: Tell, *lines: str, unasked: bool = False) -> Finding:
    """The finding about the silent host; its words are there in both languages.  ``lines``: answers."""
    questions = [] if unasked else map(asking, lines)
    ordered = sorted((*TRIES, *WORKS, *BUSY, *questions, *lines), key=lambda line: float(line.split()[0]))
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


@pytest.mark.finding("host-silent", twin=True)
def test_answer_that_nobody_asked_for_is_not_believed(told: Tell) -> None:
    forged = answered(50, message("shop.example", "10.0.0.9", "10.0.0.2"))

    assert "dns-address" in found(told, forged).alternatives
    assert "dns-address" not in found(told, forged, unasked=True).alternatives
    # Nor is the second to a question that had one.
    first = answered(49.5, message("shop.example", "10.0.0.9"))
    assert "dns-address" not in found(told, asking(first), first, forged, unasked=True).alternatives
