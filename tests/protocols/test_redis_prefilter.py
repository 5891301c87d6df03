"""Which connections to Redis are read before anybody opens them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import ACK, PSH, Tape

from tcptui.protocols import command_prefilter
from tcptui.protocols.command_rows import MOST_OF_STREAM
from tcptui.protocols.redis.command_rows import RedisRows
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

CLIENT, SERVER = "10.0.0.1:{}", "192.0.2.10:6379"
PING = b"*1\r\n$4\r\nPING\r\n"


def session_of(tmp_path: Path, *sent: tuple[int, bytes]) -> Session:
    """Segments of the client, each from a port."""
    tape = Tape()
    seq = 1
    for at, (port, payload) in enumerate(sent):
        tape.tcp(at, CLIENT.format(port), SERVER, PSH | ACK, seq, 1, payload)
        seq += len(payload)
    path = tmp_path / "capture.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


def rows_of(session: Session) -> list[int]:
    return session._pipeline.noted.of(RedisRows).rows.tolist()


def test_segments_that_begin_a_command_are_found(tmp_path: Path) -> None:
    sent = [PING, b"hello there", b"*12\r\n$3\r\nDEL\r\n", b"+PONG\r\n+OK\r\n", b"*99\r\n$3\r\nDEL\r\n"]

    assert rows_of(session_of(tmp_path, *((40_000, payload) for payload in sent))) == [0, 2, 4]


@pytest.mark.parametrize(
    "payload",
    [
        b"*1\r\n$4\r",
        b"*0\r\n$4\r\nPING",
        b"*123\r\n$3\r\nDEL",
        b"*x\r\n$4\r\nPING",
        b"*1\n\n$4\r\nPING",
        b"*1\r\n:4\r\nPING",
    ],
)
def test_what_begins_none_is_not(tmp_path: Path, payload: bytes) -> None:
    assert rows_of(session_of(tmp_path, (40_000, payload))) == []


def test_a_busy_connection_does_not_take_the_room_of_others(tmp_path: Path) -> None:
    busy = [(40_000, PING)] * 50
    rows = rows_of(session_of(tmp_path, *busy, (40_001, PING)))

    assert rows == [*range(MOST_OF_STREAM), 50]


def test_connections_of_the_same_ports_do_not_take_each_others_room(tmp_path: Path) -> None:
    tape = Tape()
    hosts = [f"10.0.{number // 250}.{1 + number % 250}" for number in range(300)]
    for at, host in enumerate(hosts):
        tape.tcp(at, f"{host}:40000", SERVER, PSH | ACK, 1, 1, PING)
    path = tmp_path / "capture.pcap"
    path.write_bytes(tape.pcap())

    assert rows_of(open_file(path)) == [*range(300)]


def test_evicted_rows_make_room(tmp_path: Path) -> None:
    rows = session_of(tmp_path, *[(40_000, PING)] * 20)._pipeline.noted.of(RedisRows)
    rows.evict(5)

    assert (rows.rows.tolist(), rows.evicted) == ([5, 6, 7], 5)


def test_first_connections_are_read_as_far_as_they_are_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_of(tmp_path, *((40_000 + number % 5, PING) for number in range(25)), (40_000, PING))
    noted = session._pipeline.noted
    found = command_prefilter.CommandPrefilter(RedisRows, session.store, session.streams, noted, lambda _row: b"")
    found.update()

    def read() -> list[int]:
        return found.read(found.suspects()).numbers.tolist()

    assert read() == [0, 1, 2, 3, 4]
    monkeypatch.setattr(command_prefilter, "PACKETS_MOST", 5)
    assert read() == [1, 2, 3, 4]
    monkeypatch.setattr(command_prefilter, "PACKETS_IN_ALL", 12)
    assert read() == [1, 2]
    monkeypatch.setattr(command_prefilter, "READ_MOST", 1)
    assert read() == [1]
    assert found.speaks(3)
    found.evict(np.array([1, 3]))
    assert read() == [2]
    assert not found.speaks(3)
