"""Which answer over UDP, cut to fit, made a client ask again over TCP."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from other_frames import icmp, pcap, udp
from traces import write_trace

from tcptui.access.requests import requests_of
from tcptui.access.truncated import truncated_answers
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

TRUNCATED = 0x0200


def message(name: str, flags: int, kind: int = 16) -> bytes:
    asked = b"".join(bytes((len(label),)) + label.encode() for label in name.split(".")) + b"\0"
    return struct.pack("!6H", 7, flags, 1, 0, 0, 0) + asked + struct.pack("!2H", kind, 1)


def datagram(ms: float, payload: bytes, more: str = "") -> str:
    return f"{ms} S . 0 0 udp=1 sport=53 hex={payload.hex()} {more}"


def over_tcp(ms: float, name: str = "long.example") -> list[str]:
    """A question over TCP and its answer."""
    asked, said = (struct.pack("!H", len(data)) + data for data in (message(name, 0x0100), message(name, 0x8180)))
    steps = ["0 C S 0 0", "10 S SA 0 1", "11 C A 1 1", f"12 C PA 1 1 hex={asked.hex()}",
             f"30 S PA 1 {1 + len(asked)} hex={said.hex()}"]  # fmt: skip
    return [f"{ms + float(at)} {rest} sport=53" for at, _, rest in (step.partition(" ") for step in steps)]


def told(folder: Path, lines: list[str]) -> list[int | None]:
    session = open_file(write_trace(folder / "dns.pcap", lines))
    try:
        return [one.truncated for one in requests_of(session, 0)]
    finally:
        session.close()


CUT = message("LONG.example", 0x8180 | TRUNCATED)


def test_answer_that_was_cut_is_that_of_the_same_client_server_and_question(tmp_path: Path) -> None:
    other = message("other.example", 0x8180 | TRUNCATED)
    lines = [datagram(0, other), datagram(1, CUT), datagram(2, other), *over_tcp(50), datagram(200, CUT)]

    assert told(tmp_path, lines) == [2]


@pytest.mark.parametrize("before", [
    datagram(0, message("long.example", 0x8180)), datagram(0, message("long.example", 0x8180 | TRUNCATED, kind=1)),
    datagram(0, CUT, "client=5"), datagram(0, CUT, "server=6"), datagram(0, CUT[:20]),
    datagram(0, message("long.example", 0x0100 | TRUNCATED)),
])  # fmt: skip
def test_other_answers_say_nothing_of_the_connection(tmp_path: Path, before: str) -> None:
    assert told(tmp_path, [before, *over_tcp(50)]) == [None]


def test_answer_of_long_ago_is_none(tmp_path: Path) -> None:
    assert told(tmp_path, [datagram(0, CUT), *over_tcp(10_100)]) == [None]


def test_answer_counts_where_its_question_was_not_captured_but_not_where_an_error_quotes_it(tmp_path: Path) -> None:
    path, client, server = tmp_path / "x.pcap", "10.0.0.1", "10.0.0.53"
    answer = udp(f"{server}:53", f"{client}:40000", CUT)
    path.write_bytes(pcap([answer[:-10], icmp(client, server, 3, 3, bytes(4) + answer[14:])]))
    session = open_file(path)
    try:
        assert [(one.frame, one.client, one.operation) for one in truncated_answers(session)] == [(1, client, "QUERY")]
    finally:
        session.close()
