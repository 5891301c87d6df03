"""Bodies of ICMP messages, whole and cut, are read as tshark reads them: random ones."""

from __future__ import annotations

import random
import struct
import subprocess
import time
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from captures import CLIENT, SERVER, Tape
from seeds import SEED_VARIABLE, seed

from tcptui.model.field import Owner
from tcptui.model.fields import ROWS
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.filtering.run import is_readable
from tcptui.session.session import open_file
from tcptui.wire.checksum import internet_checksum

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.tshark

FIELDS: Final = tuple(
    field for field in ROWS
    if field.name.startswith("icmp.") and field.owner is Owner.WIRESHARK and is_readable(field)
)  # fmt: skip
MESSAGES: Final = 400
_NOW: Final = 1_700_000_000  # when the capture begins


def with_checksum(message: bytes) -> bytes:
    return message[:2] + struct.pack("!H", internet_checksum(message)) + message[4:]


def error(draw: random.Random) -> bytes:
    """The second word, a quoted datagram, and maybe extensions behind it."""
    length = draw.choice([28, 40, 100, 128, 200])
    addresses = bytes([10, 0, 0, 1, 10, 0, 0, 2])
    header = struct.pack("!BBHHHBBH8s", 0x45, 0, length, 7, 0, 64, 17, 0, addresses)
    datagram = struct.pack("!HHHH", 5000, 6000, length - 20, 0) + bytes(length - 28)
    quoted = (header + datagram).ljust(draw.choice([0, 128]), b"\0")
    extensions = b""
    if len(quoted) == 128 and draw.random() < 0.7:
        labels = b"".join(struct.pack("!HBB4s", 8, 1, 1, draw.randbytes(4)) for _ in range(draw.randint(0, 2)))
        extensions = with_checksum(b"\x20\0\0\0" + labels + draw.choice([b"", b"\0\x08\x02\x01abcd"]))
    said = draw.choice([0, 0, len(quoted) // 4])
    return bytes([0, said]) + draw.randbytes(2) + quoted + extensions


def advertisement(draw: random.Random) -> bytes:
    count = draw.randint(0, 3)
    agents = [
        b"\x10\x0a" + draw.randbytes(10), b"\x10\x06" + draw.randbytes(6), b"\0", b"\x13\x02\x18\x10",
        b"\x18\x04" + draw.randbytes(4), b"\x63\x02ab",
    ]  # fmt: skip
    routers = bytes([count, 2]) + draw.randbytes(2 + 8 * count)
    return routers + b"".join(draw.choices(agents, k=draw.randint(0, 3)))


def echo(draw: random.Random) -> bytes:
    near = struct.pack("<II", _NOW + draw.randint(-90_000, 90_000), draw.randint(0, 1_100_000))
    return draw.randbytes(4) + draw.choice([b"", b"abc", draw.randbytes(20), near + b"xx", struct.pack(">II", _NOW, 5)])


def clock(draw: random.Random) -> bytes:
    return draw.randbytes(16)


KINDS: Final[dict[int, Callable[[random.Random], bytes]]] = {
    0: echo, 8: echo, 3: error, 4: error, 5: error, 11: error, 12: error, 9: advertisement, 10: clock, 13: clock,
    14: clock, 15: clock, 17: clock, 18: clock,
}  # fmt: skip


def messages(draw: random.Random) -> Tape:
    tape = Tape()
    for number in range(MESSAGES):
        kind = draw.choice(list(KINDS))
        body = KINDS[kind](draw)
        if draw.random() < 0.1:
            body = body[: draw.randint(0, len(body))]
        code = draw.choice([0, 0, 1, 4, 16])
        tape.ip(10 * number, CLIENT, SERVER, 1, with_checksum(bytes([kind, code, 0, 0]) + body))
    return tape


@pytest.mark.parametrize("once", [None, 3751382134, 916330614])
def test_random_messages(once: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``once``: a seed that has found something, else the usual one."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    begin = seed(1) if once is None else once
    print(f"{SEED_VARIABLE}={begin}")
    path = tmp_path / "icmp.pcap"
    path.write_bytes(messages(random.Random(begin)).pcap())
    command = ["tshark", "-2", "-n", "-r", str(path), "-T", "fields", "-E", "aggregator=\x01"]
    command += [word for field in FIELDS for word in ("-e", field.name)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    theirs = [[cell.split("\x01") if cell else [] for cell in line.split("\t")] for line in shown.splitlines()]
    session = open_file(path)
    rows = np.arange(session.store.count, dtype=np.int32)

    printed = FieldPrinter(session, FIELDS).texts(rows)

    assert len(theirs) == MESSAGES
    differing = [
        (field.name, row + 1, texts[row], theirs[row][index])
        for index, (field, texts) in enumerate(zip(FIELDS, printed, strict=True))
        for row in range(MESSAGES)
        if texts[row] != theirs[row][index]
    ]
    session.close()
    assert differing == []
