"""Segments in every wrapping there is: their IP headers, read without a tree."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from encapsulations import write_cases
from values_by_row import by_row

from tcptui.dfilter.expression import FieldValue
from tcptui.model.fields import FIELDS
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.rows import Rows
from tcptui.session.filtering.trees import TreeReader
from tcptui.session.filtering.tunnelled import TUNNELLED_FIELDS, TUNNELLED_PROTOCOLS, tunnelled
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

ASKED: Final = sorted(TUNNELLED_FIELDS | {"ip.addr", "ipv6.addr", "udp.port"})


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small connection in each of the wrappings."""
    path: Path = tmp_path_factory.mktemp("tunnelled") / "x.pcapng"
    write_cases(path)
    return path


@pytest.fixture(scope="module")
def session(capture: Path) -> Session:
    return open_file(capture)


@pytest.fixture(scope="module")
def rows(session: Session) -> Rows:
    """The segments that are not plain."""
    found = np.flatnonzero(tunnelled(session, Rows.between(0, session.store.count)).mask)
    assert len(found) > session.store.count // 2
    return Rows.of(found.astype(np.int32))


@pytest.fixture(scope="module")
def trees(session: Session) -> TreeReader:
    """Reads every field that is asked about from one tree of each packet."""
    reader = FieldReader(session).trees
    reader.want([*ASKED, *TUNNELLED_PROTOCOLS])
    return reader


@pytest.mark.parametrize("name", ASKED)
def test_headers_of_tunnels_are_those_of_the_tree(session: Session, trees: TreeReader, rows: Rows, name: str) -> None:
    """Of a few link types no tree is built, and none of UDP-Lite: there it has no header of the kind at all."""
    field = FIELDS[name]
    quick, slow = by_row(FieldReader(session).read(FieldValue(field), rows)), by_row(trees.read(field, rows))
    kinds = ("udp",) if name.startswith("udp.") else ("ip", "ipv6")
    of_tree = [by_row(trees.read(FIELDS[kind], rows)) for kind in kinds]
    has_tree = [any(found) for found in zip(*of_tree, strict=True)]

    assert has_tree.count(True) > len(rows) * (0.1 if kinds == ("udp",) else 0.9)
    assert [one for one, known in zip(quick, has_tree, strict=True) if known] == [
        one for one, known in zip(slow, has_tree, strict=True) if known
    ]


@pytest.mark.parametrize("name", sorted(TUNNELLED_PROTOCOLS))
def test_protocols_are_those_of_the_tree(session: Session, trees: TreeReader, rows: Rows, name: str) -> None:
    value = FieldValue(FIELDS[name])
    told = [bool(one) for one in by_row(trees.read(value.field, rows))]
    quick = FieldReader(session).has(value, rows).tolist()

    assert all(mine or not tree for mine, tree in zip(quick, told, strict=True))


def test_no_tree_is_built_of_a_tunnel(session: Session, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TreeReader, "read", None)
    reader = FieldReader(session)
    addresses = reader.read(FieldValue(FIELDS["ip.addr"]), rows)

    assert len(addresses.values) > 2 * len(rows), "an outer header and an inner one"
    assert reader.has(FieldValue(FIELDS["tcp"]), rows).all()


@pytest.mark.tshark
def test_headers_of_tunnels_are_those_of_tshark(capture: Path, session: Session, rows: Rows) -> None:
    command = [
        "tshark",
        "-2",
        "-n",
        "-r",
        str(capture),
        "-T",
        "fields",
        *(word for name in ASKED for word in ("-e", name)),
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    reader, numbers = FieldReader(session), rows.numbers
    differ = [
        (name, int(number) + 1, mine, theirs)
        for place, name in enumerate(ASKED)
        for number, mine in zip(numbers, map(",".join, reader.texts(FIELDS[name], numbers)), strict=True)
        if mine != (theirs := said[number].split("\t")[place])
    ]

    assert differ == []
