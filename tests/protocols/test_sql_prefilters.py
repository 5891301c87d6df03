"""Which connections to MySQL and PostgreSQL are read before anybody opens them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from captures import ACK, PSH, Tape

from tcptui.protocols.mysql.command_rows import MysqlRows
from tcptui.protocols.postgresql.command_rows import PostgresqlRows
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.protocols.command_rows import CommandRows


def mysql(number: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "little") + bytes((number,)) + body


def postgresql(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack(">I", len(body) + 4) + body


LOGIN = struct.pack("<IIB", 0x01BFA68D, 1 << 24, 45) + bytes(23) + b"root\0\x14" + b"x" * 20
MARIADB = LOGIN[:28] + b"\x01\x00\x00\x00" + LOGIN[32:]
STARTUP = b"\x00\x03\x00\x00user\0app\0\0"
PREPARE = postgresql(b"P", b"\0SELECT $1\0\0\0") + postgresql(b"S", b"")


@pytest.mark.parametrize(
    ("kind", "payload", "begins"),
    [
        (MysqlRows, mysql(1, LOGIN), True),
        (MysqlRows, mysql(1, MARIADB), True),
        (MysqlRows, mysql(0, b"\x03SELECT 1"), True),
        (MysqlRows, mysql(0, b"\x16SELECT ?"), True),
        (MysqlRows, mysql(0, b"\x0eping"), False),
        (MysqlRows, mysql(2, b"\x03SELECT 1"), False),
        (MysqlRows, mysql(0, b"\x03SELECT 1") + b"more", False),
        (MysqlRows, mysql(1, LOGIN[:20] + b"x" * 40), False),
        (MysqlRows, b"\x05", False),
        (PostgresqlRows, postgresql(b"", STARTUP), True),
        (PostgresqlRows, postgresql(b"Q", b"SELECT 1\0"), True),
        (PostgresqlRows, PREPARE, True),
        (PostgresqlRows, postgresql(b"", STARTUP) + b"x", False),
        (PostgresqlRows, postgresql(b"", b"\x00\x02" + STARTUP[2:]), False),
        (PostgresqlRows, postgresql(b"Q", b"SELECT 1\0")[:-1], False),
        (PostgresqlRows, postgresql(b"P", b"\0SELECT $1\0\0\0"), False),
        (PostgresqlRows, b"PUT /an/object HTTP/1.1\r\n\r\n", False),
        (PostgresqlRows, b"Q", False),
    ],
)
def test_segments_that_begin_a_command_are_found(
    kind: type[CommandRows], payload: bytes, begins: bool, tmp_path: Path
) -> None:
    tape = Tape()
    tape.tcp(0, "10.0.0.1:40000", "192.0.2.10:9999", PSH | ACK, 1, 1, payload)
    path = tmp_path / "capture.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)

    assert session._pipeline.noted.of(kind).rows.tolist() == [0] * begins
