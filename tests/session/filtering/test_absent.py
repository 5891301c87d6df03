"""What columns say that a packet cannot have its header tree has not, and what they tell instead it says, too."""

from __future__ import annotations

import operator
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from captures import ACK, CLIENT, FIN, RST, SERVER, SYN, Tape
from values_by_row import by_row

from tcptui.dfilter.expression import FieldValue
from tcptui.model.fields import FIELDS
from tcptui.session.filtering.absent import may_have
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.rows import Rows
from tcptui.session.filtering.trees import TreeReader
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.session.filtering.occurrences import Occurrences

#: Packets of each capture that are looked at, those at its beginning.
MOST: Final = 250
#: One in so many captures is asked.
DRAWN: Final = 5
#: The one capture with compressed headers.
COMPRESSED: Final = "PPP_TCP_compression"
#: Fields that columns tell of a plain segment.
TOLD: Final = (
    "tcp.flags.str", "tcp.connection.syn", "tcp.connection.synack", "tcp.connection.fin", "tcp.connection.rst",
    "tcp.checksum.status", "ip.checksum.status",
)  # fmt: skip


def ruled(session: Session, rows: Rows) -> list[str]:
    """The fields that some of the packets cannot have."""
    found = ((name, may_have(session, name, rows)) for name in FIELDS)
    return [name for name, could in found if could is not None and not could.all()]


def all_are_as_in_the_tree(session: Session, least: int) -> None:
    rows = Rows.between(0, min(session.store.count, MOST))
    reader, names = FieldReader(session), [*ruled(session, rows), *TOLD]
    assert len(names) >= least
    reader.trees.want([*names, "tcp.flags"])

    def differs(name: str) -> list[bool]:
        told = by_row(reader.read(FieldValue(FIELDS[name]), rows))
        return [one != other for one, other in zip(told, by_row(reader.trees.read(FIELDS[name], rows)), strict=True)]

    # A header that is compressed (RFC 1144) the engine unpacks, and no tree.
    unpacked = differs("tcp.flags")
    assert sum(unpacked) <= (COMPRESSED in session.label) * 2
    assert [name for name in names if any(map(operator.gt, differs(name), unpacked))] == [], session.label


def drawn(corpus: Path) -> list[Path]:
    return [path for path in sorted((corpus / "dev").glob("*.pcap*")) if zlib.crc32(path.name.encode()) % DRAWN == 1]


def test_what_columns_rule_out_no_tree_has(corpus: Path) -> None:
    captures = drawn(corpus)
    assert len(captures) > 10
    for path in captures:
        session = open_file(path)
        all_are_as_in_the_tree(session, len(TOLD))
        session.close()


@pytest.mark.slow
def test_what_columns_rule_out_no_tree_has_in_any_capture(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "MOST", 2_000)
    for path in sorted((corpus / "dev").glob("*.pcap*")):
        session = open_file(path)
        all_are_as_in_the_tree(session, len(TOLD))
        session.close()


@pytest.fixture
def odd(tmp_path: Path) -> Session:
    """A connection with flags, pointers and numbers that are seldom seen, padded and unpadded."""
    tape, client, server = Tape(), f"{CLIENT}:40000", f"{SERVER}:80"
    tape.tcp(0, client, server, SYN, 100, 7)
    tape.tcp(1, server, client, SYN | ACK, 500, 101)
    tape.tcp(2, client, server, ACK, 101, 501)
    tape.tcp(3, client, server, ACK, 101, 501, b"GET / HTTP/1.1\r\n\r\n")
    tape.tcp(4, client, server, 0, 121, 9)
    tape.tcp(5, server, client, FIN | ACK, 501, 121)
    tape.tcp(6, client, server, FIN | RST | ACK, 121, 502)
    path = tmp_path / "odd.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


def test_seldom_flags_are_as_in_the_tree(odd: Session) -> None:
    all_are_as_in_the_tree(odd, 100)
    rows, reader = Rows.between(0, odd.store.count), FieldReader(odd)

    def having(name: str) -> list[int]:
        return np.flatnonzero(reader.has(FieldValue(FIELDS[name]), rows)).tolist()

    assert having("tcp.connection.syn") == [0]
    assert having("tcp.connection.synack") == [1]
    assert having("tcp.connection.fin") == [5, 6]
    assert having("tcp.connection.rst") == [6]
    assert having("tcp.ack.nonzero") == [0, 4]


@pytest.mark.parametrize(
    "name",
    ["vlan.id", "vlan", "ip.fragment", "ip.opt.type", "eth.trailer", "mpls", "tcp.connection.syn", "tcp.flags.str",
     "tcp.checksum.status", "ip.checksum.status", "frame.comment", "_ws.short", "vxlan", "udp.port", "ipv6.hopopts"],
)  # fmt: skip
def test_no_tree_is_built_of_plain_segments(odd: Session, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def never(*_arguments: object, **_named: object) -> Occurrences:
        raise AssertionError(name)

    monkeypatch.setattr(TreeReader, "read", never)
    rows = Rows.between(0, odd.store.count)

    FieldReader(odd).read(FieldValue(FIELDS[name]), rows)
