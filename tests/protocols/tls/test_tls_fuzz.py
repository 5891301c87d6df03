"""Whatever the bytes, reading ends, stays within its bounds, and gives a tree, parts and a summary."""

from __future__ import annotations

import gzip
import random
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from http_halves import Dialogue
from hypothesis import given
from hypothesis import strategies as st

from tcptui.protocols.tls.certificate import Certificate
from tcptui.protocols.tls.der import DerError
from tcptui.protocols.tls.handshake import MAX_STORED_BYTES
from tcptui.protocols.tls.message import read_message
from tcptui.protocols.tls.records import HEADER
from tcptui.protocols.tls.summary import tls_summary
from tcptui.protocols.tls.tls_stream import TlsStream
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.protocols.stream.reassembly import ByteStream

CAPTURES = Path(__file__).with_name("captures")
SEEDS: Final = ("client-cert-12", "dhe-rsa", "hello-retry-resume", "psk-12", "small-records", "resume-12-ticket")
MUTANTS: Final = 900
_BLOCK: Final = 150
LIMIT: Final = 200
#: Most lines of one message: a few for each value of lists of bounded length.
LINES_MOST: Final = 25_000


def spoken(name: str) -> tuple[bytes, bytes]:
    """What both ends of the first connection of a recording sent."""
    session = open_file(CAPTURES / f"{name}.pcap.gz")
    client, server = (direction.read(0, 1 << 20) for direction in session.application(0).directions)
    session.close()
    return client, server


def mutant(chance: random.Random, data: bytes) -> bytes:
    """``data`` with a few bytes, lengths or stretches changed; most changes lie where the structure is."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = min(int(chance.expovariate(1 / 300)), len(changed) - 1)
        match chance.randrange(6):
            case 0:
                changed[at] = chance.choice((0, 1, 2, 3, 11, 22, 23, 127, 128, 255))
            case 1:
                changed[at : at + 2] = chance.choice((b"\xff\xff", b"\0\0", b"\0\1", b"\x40\x00"))
            case 2:
                del changed[at : at + chance.randint(1, 40)]
            case 3:
                changed[at:at] = chance.randbytes(chance.randint(1, 40))
            case 4:
                changed[at:at] = changed[at : at + chance.randint(1, 2000)] * chance.randint(1, 8)
            case _:
                changed[at : at + 4] = chance.randbytes(4)
        if not changed:
            changed += b"\x16"
    return bytes(changed)


def dialogue(chance: random.Random, sides: tuple[bytes, bytes]) -> Dialogue:
    """The bytes of both sides cut into packets, some of which are lost or cut short."""
    talk = Dialogue(from_start=chance.random() < 0.8, cut=None if chance.random() < 0.8 else chance.randint(0, 900))
    left = list(sides)
    while any(left):
        side = chance.randrange(2)
        size = chance.choice((1, 7, 100, 536, 1460, 16_384))
        part, left[side] = left[side][:size], left[side][size:]
        if part:
            talk = talk.lost(side, len(part)) if chance.random() < 0.03 else talk._say(side, (part,))
    return talk


def read_all(directions: tuple[ByteStream, ByteStream]) -> int:
    """Read everything that is there, from wherever records may begin; how many messages there were."""
    stream = TlsStream(directions, (0, 0), LIMIT)
    said = stream.conversation
    found = 0
    for side in (0, 1):
        assert len(said.records[side].each) <= LIMIT
        kept = 0
        for message in said.messages[side].each:
            lines = sum(1 for _ in read_message(message, said.suite, said.version).walk())
            assert lines <= LINES_MOST
            assert message.place(0) == message.start
            kept += len(message.data)
            found += 1
        assert kept <= MAX_STORED_BYTES
        for index in range(len(said.records[side].each)):
            said.alert(side, index)
    assert isinstance(said.is_resumed, bool)
    for part in stream.parts():
        for _ in part.blocks():
            pass
    for row in directions[0].segments.rows.tolist():
        assert isinstance(tls_summary(directions[0]._read_payload(row)), str)
    return found


@pytest.mark.parametrize(
    "first", [pytest.param(first, marks=[pytest.mark.slow] if first else []) for first in range(0, MUTANTS, _BLOCK)]
)
def test_mutants_are_read_within_bounds(first: int) -> None:
    talks = [spoken(name) for name in SEEDS]
    found = 0
    for seed in range(first, first + _BLOCK):
        chance = random.Random(seed)
        one, two = chance.choice(talks)
        found += read_all(dialogue(chance, (mutant(chance, one), mutant(chance, two))).directions())

    assert found > _BLOCK


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_are_read(one: bytes, two: bytes) -> None:
    begin = b"\x16\x03\x01" + (len(one) + 4).to_bytes(2, "big") + b"\x01" + len(one).to_bytes(3, "big")
    read_all(Dialogue().client(begin + one + two).server(two).directions())


@given(st.binary(max_size=200))
def test_any_bytes_are_a_certificate_or_none(data: bytes) -> None:
    for part in _PARTS:
        with suppress(DerError):
            part(Certificate(data))


_PARTS: Final[tuple[Callable[[Certificate], object], ...]] = (
    lambda one: one.subject, lambda one: one.validity, lambda one: one.hosts, lambda one: one.key_text(),
)  # fmt: skip


@given(st.integers(0, 700), st.integers(0, 255))
def test_certificate_with_one_byte_changed_raises_nothing_else(at: int, value: int) -> None:
    data = bytearray(_certificate())
    data[at] = value
    for part in _PARTS:
        with suppress(DerError):
            part(Certificate(bytes(data)))


def _certificate() -> bytes:
    data = gzip.decompress((CAPTURES / "client-cert-12.pcap.gz").read_bytes())
    at = data.index(b"\x30\x82\x03")
    return data[at : at + 4 + int.from_bytes(data[at + 2 : at + 4], "big")]


def test_records_that_never_end_are_bounded() -> None:
    hello = b"\x16\x03\x03\x40\x00\x01\x0f\xff\xfc" + bytes(16_384 - 4)
    filler = (b"\x16\x03\x03\x40\x00" + bytes(16_384)) * 300
    stream = TlsStream(Dialogue().client(hello + filler).directions(), (0, 0), 1_000)

    assert sum(len(message.data) for message in stream.conversation.messages[0].each) <= MAX_STORED_BYTES
    assert len(stream.conversation.records[0].each) == 301
    assert stream.conversation.records[0].each[0].stop == HEADER + 16_384
