"""Payload that Wireshark hands to a protocol that is not read here is no ``data``."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import ACK, PSH, Tape
from growth import Growth

from tcptui.dfilter.compile import compile_filter
from tcptui.protocols.headers.dissected_ports import has_tcp_dissector, has_udp_dissector
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

SCCP, S101 = bytes.fromhex("040000000000000000000000"), bytes.fromhex("fe000e010194e4ff")
HELLO = bytes.fromhex("16030100050100000100")
#: Of 42,000 frames: protocols that tshark finds by heuristics (mojito, gQUIC, H.245, WireGuard, BitTorrent), and bytes
#: that a protocol refuses, or has within its own messages.
MOST_DIFFERING = 694


def frames(session, text: str) -> set[int]:  # type: ignore[no-untyped-def]
    mask = FilterRun(session, compile_filter(text)).matching(0, session.store.count)
    return {int(session.store.frame[row]) for row in np.flatnonzero(mask)}


@pytest.mark.parametrize(
    ("port", "first", "has_data"),
    [
        (50_000, b"hello", True),
        (50_000, HELLO, False),
        (22, b"hello", False),
        (50_000, b"RFB 003.008\n", False),
        (2000, b"hello", True),
        (2000, SCCP, False),
        (9000, bytes(4), True),
        (9000, S101, False),
    ],
)
def test_data_is_what_no_protocol_takes(port: int, first: bytes, has_data: bool) -> None:
    client, server = "10.0.0.1:40000", f"192.0.2.10:{port}"
    tape = Tape()
    tape.handshake(0, client, server)
    tape.tcp(10, client, server, PSH | ACK, 1001, 9001, first)
    tape.tcp(20, client, server, PSH | ACK, 1001 + len(first), 9001, b"what follows")
    growth = Growth(tape)
    growth.end()

    assert frames(growth.session, "data") == ({4, 5} if has_data else set())
    assert frames(growth.session, "data.len > 5") == ({5} if has_data else set())


def test_keep_alive_is_handed_to_no_protocol() -> None:
    client, server = "10.0.0.1:40000", "192.0.2.10:22"
    tape = Tape()
    tape.handshake(0, client, server)
    tape.tcp(10, client, server, PSH | ACK, 1001, 9001, b"hello")
    tape.tcp(20, server, client, ACK, 9001, 1006)
    tape.tcp(60_000, client, server, ACK, 1005, 9001, b"\0")
    growth = Growth(tape)
    growth.end()

    assert frames(growth.session, "data") == {6}


def test_datagram_is_told_by_its_ports_or_its_beginning() -> None:
    assert has_udp_dissector((40_000, 53), b"")
    assert has_udp_dissector((40_000, 50_000), bytes.fromhex("000100002112a442"))
    assert not has_udp_dissector((40_000, 50_000), b"hello")
    assert not has_tcp_dissector((40_000, 50_000), ())


@pytest.mark.tshark
def test_ports_are_those_of_tshark() -> None:
    shown = subprocess.run(["tshark", "-G", "decodes"], capture_output=True, text=True, check=True).stdout
    rows = [line.split("\t") for line in shown.splitlines()]
    ports = {
        table: {int(row[1]) for row in rows if row[0] == table and row[2] != "http"}
        for table in ("tcp.port", "udp.port")
    }

    assert len(ports["tcp.port"]) > 500
    taken = (SCCP, S101)
    assert {port for port in range(1 << 16) if has_tcp_dissector((port, port), taken)} == ports["tcp.port"]
    assert {port for port in range(1 << 16) if has_udp_dissector((port, port), b"")} == ports["udp.port"]


@pytest.mark.tshark
@pytest.mark.slow
def test_frames_with_data_in_the_corpus(corpus: Path) -> None:
    differing = 0
    for path in sorted((corpus / "dev").glob("*.pcap*")):
        session = open_file(path)
        mine = frames(session, "data")
        session.close()
        command = ["tshark", "-2", "-n", "-r", str(path), "-Y", "data", "-T", "fields", "-e", "frame.number"]
        shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        differing += len(mine ^ {int(line) for line in shown.split()})

    assert differing <= MOST_DIFFERING
