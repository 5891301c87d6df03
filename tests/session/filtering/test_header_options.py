"""Options found without a tree: in any order, repeated, of wrong lengths, cut and padded."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import ACK, CLIENT, SERVER, SYN, Tape
from values_by_row import by_row

from tcptui.dfilter.expression import FieldValue
from tcptui.model.fields import FIELDS
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.header_options import OPTION_FIELDS, options_of
from tcptui.session.filtering.rows import Rows
from tcptui.session.filtering.trees import TreeReader
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

PACKETS = 600
SYNS = 200


def options(chance: random.Random) -> bytes:
    """Some options, mostly as they ought to be, padded to whole words."""
    made = b""
    while len(made) < chance.choice((0, 4, 12, 20, 34)):
        kind = chance.choice((1, 1, 2, 3, 4, 5, 8, 8, 30, 34, 254, 77))
        size = {2: 4, 3: 3, 4: 2, 5: chance.choice((10, 18, 26)), 8: 10}.get(kind, chance.randrange(2, 9))
        if chance.random() < 0.06:
            size = chance.randrange(0, 30)
        made += bytes([1]) if kind == 1 else bytes([kind, size]) + chance.randbytes(max(0, size - 2))
    made = made[: chance.randrange(30, 41)]
    return made + bytes([chance.choice((0, 1))]) * (-len(made) % 4)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Segments with options, drawn at random."""
    chance, tape = random.Random("options"), Tape()
    for number in range(PACKETS):
        flags, seq = (SYN, 1001) if number < SYNS else (ACK, 1002)
        client, server = f"{CLIENT}:{40000 + number % SYNS}", f"{SERVER}:80"
        tape.tcp(number, client, server, flags, seq, 0, b"", options=options(chance))
    path: Path = tmp_path_factory.mktemp("options") / "x.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


@pytest.fixture(scope="module")
def reader(session: Session) -> FieldReader:
    """Takes all options from each tree, and keeps them."""
    made = FieldReader(session)
    made.trees.want(OPTION_FIELDS)
    return made


@pytest.mark.parametrize("name", sorted(OPTION_FIELDS))
def test_options_are_as_in_the_tree(session: Session, reader: FieldReader, name: str) -> None:
    rows, field = Rows.between(0, session.store.count), FIELDS[name]

    assert by_row(reader.read(FieldValue(field), rows)) == by_row(reader.trees.read(field, rows))


def test_what_needs_a_tree_is_seldom_and_occurs(session: Session) -> None:
    """Else the test above compares trees with trees, or never with the odd."""
    found = options_of(session, Rows.between(0, session.store.count))

    assert PACKETS // 10 < np.count_nonzero(found.regular) < PACKETS


def test_no_tree_is_built_for_a_value(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    regular = np.flatnonzero(options_of(session, Rows.between(0, session.store.count)).regular)
    rows = Rows.of(regular.astype(np.int32))
    monkeypatch.setattr(TreeReader, "read", None)
    reader = FieldReader(session)

    assert len(reader.read(FieldValue(FIELDS["tcp.options.timestamp.tsval"]), rows).values)
    assert not len(reader.read(FieldValue(FIELDS["tcp.options.mptcp.version"]), rows).values)
