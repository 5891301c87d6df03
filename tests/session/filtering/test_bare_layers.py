"""Layers of whose lines a filter asks for none are built without them: what is read of the others stays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from captures import ACK, SYN, Tape
from growth import Growth

from tcptui.dfilter.compile import compile_filter
from tcptui.model.fields import FIELDS
from tcptui.protocols.headers.cursor import MAY_BE_BARE
from tcptui.session.filtering import trees
from tcptui.session.filtering.rows import Rows
from tcptui.session.filtering.run import FilterRun
from tcptui.session.filtering.trees import TreeReader
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.session.filtering.occurrences import Occurrences
    from tcptui.session.session import Session

CASES = Path(__file__).parents[3] / "cases"
#: Cases by number: several protocols above TCP, datagrams, fragments and ICMP's quotes.
TRIED = ("01", "70", "107", "132", "139", "144", "150", "155", "160")
#: Packets looked at of each.
MOST = 60
#: Fields of HTTP/2 whose lines are built only where they are asked for.
LISTED = ("http2.header", "http2.request", "http2.body", "http2.data")
#: MP_CAPABLE with a key (RFC 8684, 3.1).
MP_CAPABLE = bytes([30, 12, 0x01, 0x01]) + bytes(8)


@pytest.fixture(params=TRIED)
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    (path,) = (found for found in CASES.glob(f"{request.param}-*/*.pcap*") if "offline" not in found.name)
    session = open_file(path)
    yield session
    session.close()


def read(reader: TreeReader, name: str, rows: Rows) -> Occurrences:
    return reader.read(FIELDS[name], rows, raw=True, rest=False)


def test_fields_have_the_same_bytes_whichever_layers_are_asked_for(session: Session) -> None:
    rows = Rows.between(0, min(session.store.count, MOST))
    names = sorted(name for name in FIELDS if not name.startswith(("tcptui.", "_ws.")))
    whole = TreeReader(session, lambda: False)
    whole.want(names)
    told: dict[str, list[str]] = {}
    for name in names:
        if len(read(whole, name, rows).places):
            told.setdefault(name.partition(".")[0], []).append(name)
    assert MAY_BE_BARE & told.keys()

    for asked in told.values():
        alone = TreeReader(session, lambda: False)
        alone.want(asked)
        for name in asked:
            expected, found = read(whole, name, rows), read(alone, name, rows)
            assert found.places.tolist() == expected.places.tolist(), name
            assert list(found.values) == list(expected.values), name


def passing(session: Session, text: str) -> list[bool]:
    found: list[bool] = FilterRun(session, compile_filter(text)).matching(0, session.store.count).tolist()
    return found


def test_notes_and_options_of_other_names_are_found_in_their_layers() -> None:
    tape = Tape()
    tape.tcp(0, "10.0.0.1:40000", "192.0.2.10:80", SYN, 1000, options=MP_CAPABLE)
    tape.tcp(1, "10.0.0.1:40000", "192.0.2.10:80", ACK, 1001, 9001, b"what no protocol takes")
    growth = Growth(tape)
    growth.end()

    assert passing(growth.session, "data") == [False, True]
    assert passing(growth.session, "_ws.expert.group == Sequence and not data") == [True, False]
    assert passing(growth.session, "mptcp and not data") == [True, False]


@pytest.mark.parametrize(
    ("case", "field", "count"), [("144", "mysql.field.flags.primary_key", 3), ("146", "pgsql.col.name", 8)]
)
def test_messages_of_one_segment_are_one_layer_as_tshark_has_them(case: str, field: str, count: int) -> None:
    """So a field of the second message is in layer 1, too."""
    (path,) = CASES.glob(f"{case}-*/client.pcapng")
    session = open_file(path)
    passing = {
        layer: int(FilterRun(session, compile_filter(f"{field}#{layer}")).matching(0, session.store.count).sum())
        for layer in (1, 2)
    }
    session.close()

    assert passing == {1: count, 2: 0}


@pytest.mark.parametrize("case", ["132", "135", "136"])
def test_each_line_of_a_header_list_is_the_same_alone(case: str) -> None:
    """Of long lists only the lines that are asked for are built."""
    (path,) = (found for found in CASES.glob(f"{case}-*/*.pcap*") if "offline" not in found.name)
    session = open_file(path)
    rows = Rows.between(0, min(session.store.count, MOST))
    names = sorted(name for name in FIELDS if name.startswith(LISTED))
    whole = TreeReader(session, lambda: False)
    whole.want(names)
    told = 0
    for name in names:
        alone = TreeReader(session, lambda: False)
        expected, found = read(whole, name, rows), read(alone, name, rows)
        assert found.places.tolist() == expected.places.tolist(), name
        assert list(found.values) == list(expected.values), name
        told += len(found.places) > 0
    session.close()

    assert told > 8


def test_lines_of_earlier_packets_are_not_kept_beyond_their_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "_CACHED_LINES", 10)
    (path,) = CASES.glob("135-*/*.pcap*")
    session = open_file(path)
    reader = TreeReader(session, lambda: False)
    reader.want(["http2.header.value"])
    for begin in range(0, 40, 4):
        read(reader, "http2.header.value", Rows.between(begin, begin + 4))
        kept = sum(map(len, reader._known.values()))
        assert kept <= 10 + sum(map(len, (reader._known[row] for row in range(begin, begin + 4))))
    session.close()
