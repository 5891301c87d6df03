"""Servers that answer in a protocol of their own a client that speaks another one, and near-twins."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import pytest
from tls_bytes import client_hello, record
from web_captures import closed, found

from tcptui.model.finding import Confidence, Severity

if TYPE_CHECKING:
    from pathlib import Path

    from web_captures import Turn

STARTUP: Final = struct.pack(">IHH", 31, 3, 0) + b"user\0ada\0database\0a\0\0"
PING: Final = b"*1\r\n$4\r\nPING\r\n"
KAFKA = bytes.fromhex("0000001d0012000300000001000870726f647563657200046a61766105332e3600")
ALERT = bytes.fromhex("15030300020250")
SETTINGS = bytes.fromhex("000006040000000000000300000064")
GOAWAY = bytes.fromhex("0000260700000000000000000000000001") + b"Did not receive HTTP/2 preface"
EMPTY_SETTINGS = bytes.fromhex("000000040000000000")
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
PROXY_1 = b"PROXY TCP4 198.51.100.7 10.0.1.20 51000 80\r\n"
PROXY_2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12)
BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.mark.finding("protocol-mismatch")
@pytest.mark.parametrize(
    ("asked", "answered", "shape", "client"),
    [
        (KAFKA, ALERT, "alert", "?"),
        (PING, ALERT, "alert", "Redis"),
        (STARTUP, ALERT, "alert", "PostgreSQL"),
        (GET, SETTINGS + GOAWAY, "http2-says", "HTTP/1"),
        (GET, EMPTY_SETTINGS + GOAWAY, "http2-says", "HTTP/1"),
        (GET, SETTINGS, "http2", "HTTP/1"),
        (record(22, client_hello(b""), 0x0301), SETTINGS, "http2", "TLS"),
        (KAFKA, SETTINGS + GOAWAY, "http2-says", "?"),
        (PROXY_1 + GET, BAD, "proxy", None),
        (PROXY_2 + GET, BAD, "proxy", None),
        (PROXY_1 + record(22, client_hello(b""), 0x0301), ALERT, "proxy", None),
    ],
)
def test_server_that_answers_in_a_protocol_of_its_own_is_told(
    tmp_path: Path, asked: bytes, answered: bytes, shape: str, client: str | None
) -> None:
    finding = found(tmp_path, closed([(0, "C", asked), (9, "S", answered)]))["protocol-mismatch"]

    assert (finding.facts["shape"], finding.facts.get("client_protocol")) == (shape, client)
    assert (finding.severity, finding.confidence) == (
        Severity.WARNING, Confidence.LIKELY if shape == "proxy" else Confidence.CERTAIN,
    )  # fmt: skip


@pytest.mark.finding("protocol-mismatch", twin=True)
@pytest.mark.parametrize(
    "turns",
    [
        [(0, "C", GET), (9, "S", ALERT)],  # tls-plain-text has it
        [(0, "C", record(22, client_hello(b""), 0x0301)), (9, "S", ALERT)],  # TLS at both ends
        [(0, "C", KAFKA), (9, "S", ALERT + ALERT)],  # more than an alert
        [(0, "C", KAFKA), (9, "S", EMPTY_SETTINGS)],  # four bytes behind their length, all 0
        [(0, "C", KAFKA), (9, "S", EMPTY_SETTINGS + bytes(20))],
        [(0, "C", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SETTINGS), (9, "S", SETTINGS)],
        [(0, "C", b"PRI * HTTP" + SETTINGS), (9, "S", SETTINGS)],  # a damaged preface is no other protocol
        [(0, "S", SETTINGS), (9, "C", GET)],  # no server of HTTP/2 speaks first
        [(0, "C", PROXY_1 + GET), (9, "S", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")],
        [(0, "C", PROXY_1 + GET), (9, "S", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")],
        [(0, "C", GET), (9, "S", BAD)],
    ],
)
def test_answers_that_both_ends_understand_are_no_mismatch(tmp_path: Path, turns: list[Turn]) -> None:
    assert "protocol-mismatch" not in found(tmp_path, closed(turns), foreseen=False)
