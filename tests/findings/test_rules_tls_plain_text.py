"""`tls-plain-text`: plain text to a port of TLS and the reverse, and near-twins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tls_bytes import client_hello, record, server_hello
from web_captures import GET, closed, found, response

from tcptui.model.finding import Confidence, Severity
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from web_captures import Turn

CAPTURES = Path(__file__).parents[1] / "protocols" / "tls" / "captures"
ID = "tls-plain-text"
HELLO = record(22, client_hello(), 0x0301)
NGINX = b"<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>"
MYSQL = b"\x4a\x00\x00\x00\x0a8.0.36\x00\x08\x00\x00\x00abcdefgh\x00" + bytes(40)
ANSWERS = {
    "HTTP": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.2p1\r\n",
    "SMTP": b"220 mail.example ESMTP\r\n",
    "FTP": b"220 (vsFTPd 3.0.3)\r\n",
    "POP3": b"+OK ready\r\n",
    "IMAP": b"* OK [CAPABILITY IMAP4rev1] ready\r\n",
    "MySQL": MYSQL,
    "PostgreSQL": b"E\x00\x00\x00\x55SFATAL\x00VFATAL\x00C0A000\x00Munsupported frontend protocol\x00\x00",
    "VNC": b"RFB 003.008\n",
    "Redis": b"-ERR Protocol error: unauthenticated\r\n",
    "ASCII": b"what?\r\n",
}


@pytest.mark.finding("tls-plain-text")
@pytest.mark.parametrize("protocol", ANSWERS)
@pytest.mark.parametrize("shape", ["answered", "greeted"])
def test_plain_text_and_a_hello_are_told(tmp_path: Path, protocol: str, shape: str) -> None:
    turns: list[Turn] = [(10, "C", HELLO), (40 if shape == "answered" else 0, "S", ANSWERS[protocol])]
    turns.sort(key=lambda turn: turn[0])

    finding = found(tmp_path, closed(turns))[ID]

    assert (finding.facts["shape"], finding.facts["protocol"], finding.facts["port"]) == (shape, protocol, 80)
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.CERTAIN)


REQUESTS = {"HTTP": GET, "SMTP": b"EHLO a.example\r\n", "SSH": b"SSH-2.0-OpenSSH_9.2p1\r\n", "POP3": b"CAPA\r\n"}


@pytest.mark.finding("tls-plain-text")
@pytest.mark.parametrize("protocol", REQUESTS)
def test_alert_that_answers_plain_text_is_told(tmp_path: Path, protocol: str) -> None:
    turns: list[Turn] = [(0, "C", REQUESTS[protocol]), (30, "S", record(21, b"\x02\x46"))]

    finding = found(tmp_path, closed(turns))[ID]

    assert (finding.facts["shape"], finding.facts["protocol"], finding.facts["code"]) == ("alert", protocol, 70)


@pytest.mark.parametrize("text", [NGINX, b"Client sent an HTTP request to an HTTPS server.\n"])
def test_server_that_says_so_is_quoted(tmp_path: Path, text: bytes) -> None:
    turns: list[Turn] = [(0, "C", GET), (30, "S", response(text, status="400 Bad Request"))]

    findings = found(tmp_path, closed(turns))

    assert findings[ID].facts["shape"] == "told"
    assert str(findings[ID].facts["line"]) in text.decode()


@pytest.mark.parametrize(("name", "shape"), [("plain-to-nginx", "told"), ("tls-to-plain", "answered")])
def test_recorded_mistake_is_told(name: str, shape: str) -> None:
    session = open_file(CAPTURES / f"{name}.pcap.gz")
    told = [finding.facts["shape"] for finding in session.findings(0) if str(finding.id) == ID]
    session.close()

    assert told == [shape]


SSL_2 = b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10" + bytes(37)
QUIET: dict[str, list[Turn]] = {
    "tls": [(0, "C", HELLO), (30, "S", record(22, server_hello()))],
    "refused": [(0, "C", HELLO), (30, "S", record(21, b"\x02\x28"))],
    "plain": [(0, "C", GET), (30, "S", response(b"a"))],
    "quoted": [(0, "C", GET), (30, "S", response(NGINX))],
    "other-400": [(0, "C", GET), (30, "S", response(b"no", status="400 Bad Request"))],
    "unknown-plain": [(0, "C", b"\x01\x02\x03\x04hello"), (30, "S", record(21, b"\x02\x46"))],
    "ssl-2": [(0, "C", SSL_2), (30, "S", record(21, b"\x02\x46"))],
    "unknown-answer": [(0, "C", HELLO), (30, "S", b"\x00\x01\x02\x03\x04")],
    "starttls": [
        (0, "S", b"220 mail.example ESMTP\r\n"), (30, "C", b"EHLO a\r\n"), (60, "S", b"250 STARTTLS\r\n"),
        (90, "C", b"STARTTLS\r\n"), (120, "S", b"220 go\r\n"), (150, "C", HELLO),
        (180, "S", record(22, server_hello())),
    ],
    "alert-behind-text": [(0, "C", GET), (30, "S", record(21, b"\x02\x46") + b"HTTP/1.1 200 OK\r\n\r\n")],
    "silent": [(0, "C", GET)],
}  # fmt: skip


@pytest.mark.finding("tls-plain-text", twin=True)
@pytest.mark.parametrize("name", QUIET)
def test_ends_that_speak_alike_or_unknown_are_silent(tmp_path: Path, name: str) -> None:
    assert ID not in found(tmp_path, closed(QUIET[name]))
