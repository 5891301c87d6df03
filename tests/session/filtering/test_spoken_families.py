"""Trees are built for packets whose connections may have a field by what they speak, and for nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from captures import ACK, PSH, Tape
from http2_ends import PREFACE, frame
from long_talks import TALKS, taped
from noted_trees import note_trees
from running_source import RunningSource

from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.expression import FieldValue
from tcptui.model.fields import FIELDS
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.rows import Rows
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SERVER = "192.0.2.10:80"
_FIELDS = ("http", "http.request", "http.response", "tls", "http2", "mysql", "resp", "pgsql", "smtp", "websocket")


def noise() -> Tape:
    """28 segments of two silent connections; one of them is an answer from before the first byte; and a request."""
    tape = Tape()
    for port in (40001, 40002):
        client = f"10.0.0.1:{port}"
        tape.handshake(port, client, _SERVER)
        for index in range(10):
            tape.tcp(port + 50 + index, _SERVER, client, ACK, 9001 + 100 * index, 1001, bytes([1]) * 100)
    tape.tcp(50_000, _SERVER, "10.0.0.1:40001", PSH | ACK, 8900, 1001, b"HTTP/1.1 404 Not Found\r\n\r\n")
    tape.tcp(50_001, _SERVER, "10.0.0.1:40001", ACK, 10_001, 1001, bytes([1]) * 100)
    tape.clean(60_000, "10.0.0.1:40003", _SERVER, b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
    return tape


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """See `noise`."""
    path = tmp_path / "noise.pcap"
    path.write_bytes(noise().pcap())
    opened = open_file(path)
    yield opened
    opened.close()


@pytest.fixture
def dissected(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows of which trees were built, as they are."""
    return note_trees(monkeypatch, "trees", "message_trees")


@pytest.mark.parametrize("name", _FIELDS)
def test_fields_are_those_of_every_tree(session: Session, name: str) -> None:
    rows, reader = Rows.between(0, session.store.count), FieldReader(session)
    quick = reader.read(FieldValue(FIELDS[name]), rows)
    slow = reader.trees.read(FIELDS[name], rows)

    assert (quick.places.tolist(), quick.values.tolist()) == (slow.places.tolist(), slow.values.tolist())


def test_trees_are_built_of_what_speaks_and_of_what_is_in_no_stream(session: Session, dissected: list[int]) -> None:
    passing = FilterRun(session, compile_filter("http")).matching(0, session.store.count)
    found = session.store.frame[: session.store.count][passing].tolist()

    assert sorted(session.store.frame[dissected].tolist()) == found
    assert len(found) == 2


def test_silence_is_found_out_once(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    application = Session.application

    def noted(self: Session, stream: int, **how: bool) -> object:
        asked.append(stream)
        return application(self, stream, **how)

    monkeypatch.setattr(Session, "application", noted)
    reader = FieldReader(session)
    for row in range(session.store.count):
        reader.read(FieldValue(FIELDS["tls"]), Rows.between(row, row + 1))

    assert (asked.count(0), asked.count(1)) == (2, 1)  # of the first, the tree of the segment alone asks, too


async def test_while_packets_come_everything_may_speak(tmp_path: Path, dissected: list[int]) -> None:
    recorded = noise().pcap()
    source = RunningSource(recorded[:24], directory=tmp_path)
    source.give(recorded[24:], 32)
    session = Session([source])
    session.catch_up.run()
    FilterRun(session, compile_filter("http")).matching(0, session.store.count)

    assert session.progress.growing
    assert len(dissected) == 23
    session.close()


def spoken(tmp_path: Path, *names: str) -> Session:
    """A connection of each of the `TALKS` named so, one after the other."""
    tape = Tape()
    for name in names:
        port, talk = TALKS[name]
        tape.records += taped(port, talk(3)).records
    path = tmp_path / "spoken.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


@pytest.mark.parametrize(
    ("name", "speakers"),
    [
        ("http.request", {80}), ("websocket", {80}), ("http2.settings.id", {80, 8080}), ("mysql.query", {3306}),
        ("pgsql.query", {5432}), ("resp", {6379}), ("smtp.req.command", {25}), ("dns.qry.name", {53}),
        ("tls", set()),
    ],
)  # fmt: skip
def test_trees_are_built_of_connections_that_speak_a_protocol_with_the_field(
    tmp_path: Path, dissected: list[int], name: str, speakers: set[int]
) -> None:
    session = spoken(tmp_path, *TALKS)
    reader, rows = FieldReader(session), Rows.between(0, session.store.count)
    quick = reader.read(FieldValue(FIELDS[name]), rows)
    streams = {int(session.store.stream[row]) for row in dissected}
    slow = reader.trees.read(FIELDS[name], rows)

    assert {session.streams.server(stream).port for stream in streams} <= speakers
    assert (quick.places.tolist(), quick.values.tolist()) == (slow.places.tolist(), slow.values.tolist())
    session.close()


def test_what_http_turned_into_is_asked_for_both(tmp_path: Path, dissected: list[int]) -> None:
    """HTTP/2 that an upgrade began has messages of HTTP/1.1, too."""
    tape = Tape()
    tape.handshake(0, "10.0.0.1:40001", _SERVER)
    asked = (
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: \r\n\r\n"
    )
    granted = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    tape.tcp(50, "10.0.0.1:40001", _SERVER, PSH | ACK, 1001, 9001, asked)
    tape.tcp(60, _SERVER, "10.0.0.1:40001", PSH | ACK, 9001, 1001 + len(asked), granted + frame(4, 0, 0))
    tape.tcp(70, "10.0.0.1:40001", _SERVER, PSH | ACK, 1001 + len(asked), 9001 + len(granted), PREFACE + frame(4, 0, 0))
    path = tmp_path / "upgraded.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)
    found = FilterRun(session, compile_filter("http.request or http.response.code == 101"))

    assert session.store.frame[: session.store.count][found.matching(0, session.store.count)].tolist() == [4, 5]
    assert dissected
    session.close()
