"""Lines that few packets of MySQL have, in the header tree: attributes, session tracking, extended metadata."""

from __future__ import annotations

import struct
import subprocess
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from captures import ACK, PSH, Tape

from tcptui.cli.run.packets import line_of
from tcptui.model.fields import FIELDS
from tcptui.protocols.mysql.codes import Capability, Command
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

CLIENT, SERVER = "10.0.0.1:40000", "10.0.0.9:3306"
BASE: Final = int(
    Capability.LONG_PASSWORD | Capability.PROTOCOL_41 | Capability.SECURE_CONNECTION | Capability.PLUGIN_AUTH
    | Capability.SESSION_TRACK
)  # fmt: skip
CHANGED: Final = 0x4002
NAMES: Final = (
    *(name for name in FIELDS if name.startswith(("mysql.session_track", "mysql.query_attr", "mysql.extmeta"))),
    "mysql.caps.unused", "mysql.query",
)  # fmt: skip


def packet(number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes((number,)) + payload


def text(data: bytes) -> bytes:
    return bytes((len(data),)) + data


def greeting(known: int) -> bytes:
    low, high = known & 0xFFFF, known >> 16
    said = b"\x0a8.0.36\0" + struct.pack("<I", 7) + b"saltsalt\0" + struct.pack("<HBHHB", low, 45, 2, high, 21)
    return packet(0, said + bytes(10) + b"moresalt1234\0" + b"mysql_native_password\0")


def login(known: int) -> bytes:
    said = struct.pack("<IIB", known, 1 << 24, 45) + bytes(23) + b"ada\0" + b"\0" + b"mysql_native_password\0"
    return packet(1, said)


def tracked(*changes: tuple[int, bytes]) -> bytes:
    """OK with what changed in the session."""
    said = b"".join(bytes((kind,)) + text(data) for kind, data in changes)
    return packet(1, b"\0\0\0" + struct.pack("<HH", CHANGED, 0) + b"\0" + text(said))


def talk(known: int, *turns: tuple[int, bytes]) -> Tape:
    tape, sent = Tape(), [1001, 9001]
    tape.handshake(0, CLIENT, SERVER)
    opening = ((1, greeting(known)), (0, login(known)), (1, packet(2, b"\0\0\0\2\0\0\0")))
    for at, (side, data) in enumerate((*opening, *turns)):
        ends = (SERVER, CLIENT) if side else (CLIENT, SERVER)
        tape.tcp(50 + at, *ends, PSH | ACK, sent[side], sent[1 - side], data)
        sent[side] += len(data)
    return tape


def changes() -> Tape:
    """All but a change of the state, whose length tshark takes for its value."""
    ask = (0, packet(0, bytes((Command.QUERY,)) + b"USE shop"))
    return talk(
        BASE, ask,
        (1, tracked((0, text(b"autocommit") + text(b"ON")), (1, text(b"shop")))),
        ask, (1, tracked((3, b"\0" + text(b"3e11fa47-71ca-11e1-9e33-c80aa9429562:23")))),
        ask, (1, tracked((4, text(b"START TRANSACTION;")), (5, text(b"T_______")))),
    )  # fmt: skip


def attributes() -> Tape:
    """Only names that tshark reads to their end: it takes the values of all types for texts."""
    named = b"\2\1\0\1\xfe\0" + text(b"trace") + b"\xfe\0" + text(b"id") + text(b"abc") + text(b"7")
    return talk(BASE | Capability.QUERY_ATTRIBUTES, (0, packet(0, bytes((Command.QUERY,)) + named + b"SELECT 2")))


def opened(tape: Tape, folder: Path) -> Session:
    path = folder / "mysql.pcap"
    path.write_bytes(tape.pcap())
    return open_file(path)


def printed(session: Session) -> list[str]:
    columns = FieldPrinter(session, [FIELDS[name] for name in NAMES]).texts(
        np.arange(session.store.count, dtype=np.int32)
    )
    return [line_of(texts) for texts in zip(*columns, strict=True)]


@pytest.mark.tshark
@pytest.mark.parametrize("tape", [changes, attributes])
def test_fields_are_those_of_tshark(tape: object, tmp_path: Path) -> None:
    session = opened(tape(), tmp_path)  # type: ignore[operator]
    command = ["tshark", "-2", "-n", "-r", str(session.capture_file), "-T", "fields"]
    command += [word for name in NAMES for word in ("-e", name)]
    theirs = subprocess.run(command, check=True, capture_output=True, text=True).stdout.rstrip("\n").split("\n")

    for mine, known in zip(printed(session), theirs, strict=True):
        assert dict(zip(NAMES, mine.split("\t"), strict=True)) == dict(zip(NAMES, known.split("\t"), strict=True))
    session.close()


def test_values_of_attributes_are_not_shown(tmp_path: Path) -> None:
    session = opened(attributes(), tmp_path)
    said = dict(zip(NAMES, printed(session)[-1].split("\t"), strict=True))

    assert said["mysql.query_attr_name"] == "trace,id"
    assert said["mysql.query"] == "SELECT 2"
    session.close()
