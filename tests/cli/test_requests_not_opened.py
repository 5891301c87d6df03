"""`requests` says how many connections with TLS it could not read, and to whom, as text, as JSON and on the screen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from captures import ACK, FIN, PSH, Tape
from run_command import run
from sealed_records import SECRETS, log_text, sealed_turns
from tls_bytes import client_hello, record, server_name
from web_captures import GET, response

if TYPE_CHECKING:
    from pathlib import Path

    from web_captures import Turn

TALK: list[Turn] = [(160, "C", GET), (190, "S", response(b"ok"))]
PLAIN = TALK


def hello(name: bytes) -> bytes:
    return record(22, client_hello(server_name(name) if name else b""), 0x0301)


def sealed(name: bytes = b"") -> list[Turn]:
    """A request inside TLS 1.3, to ``name``."""
    (ms, who, _), *rest = sealed_turns(TALK)
    return [(ms, who, hello(name)), *rest]


def starttls() -> list[Turn]:
    """The same behind STARTTLS."""
    lines = (b"220 mail ESMTP\r\n", b"EHLO a\r\n", b"250 STARTTLS\r\n", b"STARTTLS\r\n", b"220 go on\r\n")
    return [*((at, "SC"[at % 2], line) for at, line in enumerate(lines)), *sealed(b"mail.example")]


def written(tmp_path: Path, *talks: list[Turn]) -> Path:
    """A capture with a connection for each of ``talks``."""
    tape = Tape()
    for number, talk in enumerate(talks):
        ends = {"C": f"10.0.0.1:{40000 + number}", "S": "192.0.2.10:443"}
        tape.handshake(number * 1000, ends["C"], ends["S"])
        seq = {"C": 1001, "S": 9001}
        for ms, who, what in talk:
            other = "S" if who == "C" else "C"
            data = what if isinstance(what, bytes) else b""
            flags = PSH | ACK if data else FIN | ACK
            tape.tcp(number * 1000 + 10 + ms, ends[who], ends[other], flags, seq[who], seq[other], data)
            seq[who] += len(data)
    path = tmp_path / "capture.pcap"
    path.write_bytes(tape.pcap())
    return path


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return written(tmp_path, PLAIN, sealed(b"shop.example"), sealed(b"api.example"), sealed(b"shop.example"), sealed())


@pytest.mark.parametrize(
    ("lang", "last"),
    [
        ("en", "4 connections with TLS not read, to shop.example (2), api.example and 1 other: the keys are missing"),
        ("zh", "有 4 条 TLS 连接的内容没有读到（shop.example（2 条）、api.example 等（另有 1 条））：缺少密钥"),
    ],
)
@pytest.mark.parametrize("form", [(), ("--group", "statement"), ("--workers", "2")])
def test_last_line_says_how_many_and_to_whom(capture: Path, form: tuple[str, ...], lang: str, last: str) -> None:
    code, said, told = run("requests", capture, *form, lang=lang)

    assert (code, told) == (0, "")
    assert "GET /a" in said
    assert said.splitlines()[-1].startswith(last)
    assert "--keylog FILE" in said.splitlines()[-1]


@pytest.mark.parametrize("form", [(), ("--group", "statement")])
def test_json_has_requests_alone_and_standard_error_says_so(capture: Path, form: tuple[str, ...]) -> None:
    _code, said, told = run("requests", capture, "--jsonl", *form)

    assert [json.loads(line)["protocol"] for line in said.splitlines()] == ["http"]
    assert told.startswith("tcptui: 4 connections with TLS not read, to shop.example (2), api.example and 1 other:")


def test_without_any_request_it_is_said_behind_that(tmp_path: Path) -> None:
    code, said, told = run("requests", written(tmp_path, sealed()))

    assert (code, said) == (0, "")
    assert told.splitlines()[-1] == "tcptui: 1 connection with TLS not read: the keys are missing (--keylog FILE)"


def test_connection_that_turns_to_tls_counts(tmp_path: Path) -> None:
    _code, said, told = run("requests", written(tmp_path, starttls()), "--jsonl")

    assert [json.loads(line)["operation"] for line in said.splitlines()] == ["EHLO a", "STARTTLS"]
    assert told.startswith("tcptui: 1 connection with TLS not read, to mail.example:")


def test_what_keys_open_is_not_counted(tmp_path: Path) -> None:
    log = tmp_path / "keys.log"
    log.write_text(log_text(SECRETS))
    said = run("requests", written(tmp_path, sealed(b"shop.example")), "--jsonl", "--keylog", log)[1].splitlines()

    assert [json.loads(line)["operation"] for line in said] == ["GET /a"]


@pytest.mark.parametrize(
    "talk",
    [
        PLAIN,
        sealed(b"a.example")[:1],
        sealed(b"a.example")[:3],
        [*sealed(b"a.example")[:2], (150, "C", b"\x17\x03\x03\x00\x13" + bytes(19))],
    ],
    ids=["no TLS", "a hello alone", "a handshake alone", "refused by an alert"],
)
def test_connection_without_data_in_tls_is_not_counted(tmp_path: Path, talk: list[Turn]) -> None:
    code, said, told = run("requests", written(tmp_path, talk))

    assert code == 0
    assert "TLS" not in said + told


def test_filter_counts_what_it_shows(capture: Path) -> None:
    assert (
        run("requests", capture, "-Y", "tcp.stream == 2")[2]
        .splitlines()[-1]
        .startswith("tcptui: 1 connection with TLS not read, to api.example:")
    )
    assert "TLS" not in "".join(run("requests", capture, "-Y", "http")[1:])
