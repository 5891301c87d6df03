"""A connection of which the round trips of one side are hundreds of times as long as those of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from captures import ACK, CLIENT, SERVER, Tape

if TYPE_CHECKING:
    from pathlib import Path


def recorded_at_client(folder: Path) -> Path:
    """40 times both ways: the client's data are acknowledged after 30 to 36 ms, the server's after 60 µs."""
    tape, client, server = Tape(), f"{CLIENT}:40000", f"{SERVER}:80"
    tape.handshake(0, client, server)
    for number in range(40):
        at, asked, told = 100 + 50 * number, 1001 + 100 * number, 9001 + 200 * number
        tape.tcp(at, client, server, ACK, asked, told, bytes(100))
        tape.tcp(at + 30 + number % 7, server, client, ACK, told, asked + 100, bytes(200))
        tape.tcp(at + 30.06 + number % 7, client, server, ACK, asked + 100, told + 200)
    path = folder / "client.pcap"
    path.write_bytes(tape.pcap())
    return path
