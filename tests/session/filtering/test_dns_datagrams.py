"""Fields of DNS over UDP without a tree: every record, drawn messages, changed and cut, on all ports of its kind."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING, Final

import dns_records
import numpy as np
import pytest
from datagrams import CLIENT, SERVER, Datagrams
from values_by_row import by_row

from tcptui.dfilter.expression import FieldValue
from tcptui.model.fields import FIELDS
from tcptui.session.datagrams import CONVERSATION_FIELDS, PAIRED
from tcptui.session.filtering.dns_datagrams import DNS_FIELDS, DNS_LAYERS
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.rows import Rows
from tcptui.session.filtering.trees import TreeReader
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.session.filtering.occurrences import Occurrences

ASKED: Final = sorted(
    {name for name in FIELDS if name.startswith("dns.")} | {*CONVERSATION_FIELDS} | {*PAIRED} | {*DNS_LAYERS}
)
MESSAGES: Final = 400
_UDP: Final = 17


def name(chance: random.Random) -> bytes:
    labels = [chance.choice((b"a", b"www", b"example", "b\u00fccher".encode(), b"x" * 63, b"\xff")) for _ in range(4)]
    written = b"".join(bytes([len(one)]) + one for one in labels[: chance.randrange(5)])
    return written + chance.choice((b"\0", b"\0", b"\0", b"\xc0\x0c", b"\xc0\x00", b"\x80"))


def record(chance: random.Random) -> bytes:
    kind, data = chance.choice((
        (1, b"\n\0\0\7"), (1, b"\n\0\0"), (28, bytes(range(16))), (28, b""), (5, b"\3www\xc0\x0c"), (2, b"\xc0\x0c"),
        (6, b"\xc0\x0c\xc0\x0c" + bytes(20)), (12, b"\1a\0"), (15, b"\0\5\xc0\x0c"), (16, b"\3abc\1d"), (33, bytes(7)),
        (41, b""), (41, b"\0\x0a\0\x08abcdefgh"), (65, b"\0\1\0"), (48, b"\1\0\3\5key"), (999, b"what"),
        (46, bytes(30)),
    ))  # fmt: skip
    size = len(data) + (chance.choice((-1, 1, 500)) if chance.random() < 0.03 else 0)
    return name(chance) + struct.pack("!HHIH", kind, chance.choice((1, 1, 255, 0x8001)), 300, max(0, size)) + data


def message(chance: random.Random) -> bytes:
    counts = [chance.choice((1, 1, 1, 0, 2)), *(chance.choice((0, 0, 1, 3)) for _ in range(3))]
    flags = chance.choice((0x0100, 0x8180, 0x8583, 0x2800, 0xA800, 0x0120, chance.randrange(1 << 16)))
    made = struct.pack("!HH", chance.randrange(8), flags) + struct.pack("!4H", *counts)
    made += b"".join(name(chance) + struct.pack("!HH", chance.choice((1, 28, 255)), 1) for _ in range(counts[0]))
    made += b"".join(record(chance) for _ in range(sum(counts[1:])))
    if chance.random() < 0.1:
        made = made[: chance.randrange(12, len(made) + 1)]
    return made + bytes(chance.choice((0, 0, 0, 3)))


def drawn(seed: int) -> Datagrams:
    """Messages drawn at random, most on port 53, a few between relatives' ports."""
    chance, tape = random.Random(seed), Datagrams()
    for number in range(MESSAGES):
        ports = [chance.choice((53, 53, 53, 53, 53, 53, 5353, 5355)), chance.choice((40000, 40001, 53, 5353))]
        chance.shuffle(ports)
        ends = chance.choice(((CLIENT, SERVER), (SERVER, CLIENT)))
        said = message(chance)
        tape.ip(7 * number, *ends, _UDP, struct.pack("!HHHH", *ports, 8 + len(said), 0) + said)
    return tape


def opened(tape: Datagrams, folder: Path) -> Session:
    path = folder / "dns.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


@pytest.fixture(params=["every record", 1, 2, 3])
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Session:
    return opened(drawn(request.param) if isinstance(request.param, int) else dns_records.over_udp(), tmp_path)


def test_fields_are_as_in_the_tree(session: Session) -> None:
    rows, reader = Rows.between(0, session.store.count), FieldReader(session)
    slowly = FieldReader(session).trees
    for trees in (reader.trees, slowly):
        trees.want(ASKED)
    differing = [
        one for one in ASKED
        if by_row(reader.read(FieldValue(FIELDS[one]), rows)) != by_row(slowly.read(FIELDS[one], rows))
    ]  # fmt: skip

    assert differing == []
    for layer in DNS_LAYERS:
        having = reader.has(FieldValue(FIELDS[layer]), rows)
        assert np.array_equal(having, slowly.read(FIELDS[layer], rows).present())


def test_no_tree_is_built_of_ordinary_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tape = Datagrams()
    tape.dns(0, CLIENT, SERVER, struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + b"\1a\0\0\1\0\1")
    answer = struct.pack("!6H", 7, 0x8180, 1, 1, 0, 1) + b"\1a\0\0\1\0\1"
    answer += (
        b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + b"\n\1\2\3" + b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)
    )
    tape.dns(5, SERVER, CLIENT, answer)
    session = opened(tape, tmp_path)
    rows, reader = Rows.between(0, 2), FieldReader(session)

    def never(*_arguments: object, **_named: object) -> Occurrences:
        raise AssertionError

    monkeypatch.setattr(TreeReader, "read", never)
    monkeypatch.setattr(session.reader, "packet", never)

    def values(one: str) -> list[list[object]]:
        return by_row(reader.read(FieldValue(FIELDS[one]), rows))

    for one in (*DNS_FIELDS, "dns.cname", "dns.txt"):
        values(one)
    assert values("dns.qry.name") == [[b"a"], [b"a"]]
    assert values("dns.a") == [[], [0x0A010203]]
    assert values("dns.resp.type") == [[], [1, 41]]
    assert values("dns.flags.rcode") == [[], [0]]
    assert values("dns.time") == [[], [5_000_000]]
    assert values("dns.response_in") == [[2], []]
    assert values("udp.stream") == [[0], [0]]
