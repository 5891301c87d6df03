"""Datagrams answered for without a tree: whole, cut, in fragments, with lengths that lie, in tunnels, and DNS."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from values_by_row import by_row

from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.expression import FieldValue
from tcptui.model.fields import FIELDS
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.plain_datagrams import DATAGRAM_FIELDS, HEADERS, datagrams_of, may_hold
from tcptui.session.filtering.rows import Rows
from tcptui.session.filtering.run import FilterRun
from tcptui.session.filtering.trees import TreeReader
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

PACKETS: Final = 500
#: Of DNS, tunnels, traceroute and nothing.
PORTS: Final = (53, 5353, 5355, 4789, 2152, 3544, 33440, 4000, 40000)
ETHERNET, RAW = 1, 101
ASKED: Final = sorted(
    DATAGRAM_FIELDS
    | {"udp.port", "ip.addr", "ipv6.addr", "eth.addr", "udp.checksum", "udp.stream", "udp.possible_traceroute"}
    | {
        "udp.length.bad",
        "udp.checksum.status",
        "ip.checksum.status",
        "eth.padding",
        "eth.trailer",
        "eth.fcs",
        "data.len",
        "icmp.type",
        "vlan.id",
        "tcp.port",
        "dns.id",
        "dns",
        "data",
        "ip",
        "ipv6",
        "udp",
        "vlan",
        "icmp",
    }
)


def network(chance: random.Random) -> tuple[int, bytes]:
    """Ethertype and packet, mostly as it ought to be."""
    payload = chance.randbytes(chance.choice((0, 1, 11, 12, 40)))
    length = 8 + len(payload) + (chance.choice((-1, 1, -8, 5000)) if chance.random() < 0.1 else 0)
    checksum = chance.choice((0, 7))
    segment = struct.pack("!HHHH", chance.choice(PORTS), chance.choice(PORTS), max(0, length), checksum) + payload
    protocol = 17 if chance.random() < 0.95 else chance.choice((1, 6, 47, 4))
    if chance.random() < 0.6:
        options = b"\x01" * chance.choice((0, 0, 0, 4))
        fragment = chance.choice((0, 0x4000, 0x4000, 0, 0x2000, 0x0010)) if chance.random() < 0.2 else 0x4000
        total = 20 + len(options) + len(segment) + (chance.choice((-20, -1, 1, 300)) if chance.random() < 0.1 else 0)
        head = struct.pack(
            "!BBHHHBBH4s4s", 0x45 + len(options) // 4, chance.randrange(256), total, chance.randrange(65536), fragment,
            chance.randrange(256), protocol, 0, chance.randbytes(4), bytes([10, 0, 0, chance.randrange(4)]),
        )  # fmt: skip
        return 0x0800, head + options + segment
    first = 6 << 28 | chance.randrange(1 << 28)
    plen = len(segment) + (chance.choice((-1, 1, -len(segment))) if chance.random() < 0.1 else 0)
    extended = chance.random() < 0.1
    extension = struct.pack("!BB6x", protocol, 0) if extended else b""
    head = struct.pack("!IHBB", first, plen + len(extension), 0 if extended else protocol, chance.randrange(256))
    return 0x86DD, head + chance.randbytes(16) + bytes(15) + b"\x01" + extension + segment


def capture(link: int) -> bytes:
    """Packets drawn at random, some in a VLAN, some cut, some padded."""
    chance = random.Random(f"datagrams {link}")
    made = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    for number in range(PACKETS):
        ethertype, packet = network(chance)
        tag = struct.pack("!HH", 0x8100, 7) if chance.random() < 0.05 else b""
        frame = packet if link == RAW else chance.randbytes(12) + tag + struct.pack("!H", ethertype) + packet
        frame += bytes(chance.choice((0, 0, 18)))
        cut = chance.randrange(14, len(frame)) if chance.random() < 0.1 else len(frame)
        made += struct.pack("<IIII", 1_700_000_000 + number, 0, cut, len(frame)) + frame[:cut]
    return made


@pytest.fixture(scope="module", params=[ETHERNET, RAW])
def session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Datagrams drawn at random."""
    path: Path = tmp_path_factory.mktemp("datagrams") / "x.pcap"
    path.write_bytes(capture(request.param))
    return open_file(path)


@pytest.fixture(scope="module")
def reader(session: Session) -> FieldReader:
    """Takes all that is asked for from each tree, and keeps it."""
    made = FieldReader(session)
    made.trees.want([*ASKED, *HEADERS])
    return made


@pytest.mark.parametrize("name", ASKED)
def test_datagrams_say_what_their_trees_say(session: Session, reader: FieldReader, name: str) -> None:
    rows, field = Rows.between(0, session.store.count), FIELDS[name]
    quick, slow = by_row(reader.read(FieldValue(field), rows)), by_row(reader.trees.read(field, rows))

    assert {row: both for row, both in enumerate(zip(quick, slow, strict=True)) if both[0] != both[1]} == {}


def test_what_no_datagram_can_have_no_tree_has(session: Session) -> None:
    rows, reader = Rows.between(0, session.store.count), FieldReader(session)
    datagrams = datagrams_of(session, rows)
    names = [name for name in FIELDS if not may_hold(datagrams, name).any()]
    assert len(names) > 150
    reader.trees.want(names)

    found = {name: reader.trees.read(FIELDS[name], rows).present()[datagrams.mask] for name in names}
    assert [name for name, having in found.items() if having.any()] == []


@pytest.mark.parametrize("name", sorted(HEADERS - {"frame"}))
def test_protocols_are_those_of_the_trees(session: Session, reader: FieldReader, name: str) -> None:
    rows = Rows.between(0, session.store.count)

    passing = FilterRun(session, compile_filter(name)).matching(0, session.store.count)
    assert passing.tolist() == [bool(one) for one in by_row(reader.trees.read(FIELDS[name], rows))]


def test_most_are_plain_and_some_are_not(session: Session) -> None:
    """Else the tests above compare trees with trees, or never with the odd."""
    mask = datagrams_of(session, Rows.between(0, session.store.count)).mask

    assert PACKETS // 4 < np.count_nonzero(mask) < PACKETS


def test_no_tree_is_built_for_ports_and_addresses(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = np.flatnonzero(datagrams_of(session, Rows.between(0, session.store.count)).mask)
    rows = Rows.of(plain.astype(np.int32))
    monkeypatch.setattr(TreeReader, "read", None)
    reader = FieldReader(session)

    for name in ("udp.port", "ip.addr", "ipv6.addr", "ip.ttl", "udp.length"):
        assert len(reader.read(FieldValue(FIELDS[name]), rows).values)
    for name in ("icmp.type", "tcp.options.mss_val"):
        assert not len(reader.read(FieldValue(FIELDS[name]), rows).values)
