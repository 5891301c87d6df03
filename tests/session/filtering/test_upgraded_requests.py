"""A request that went on as HTTP/2: its links are tshark's, whatever was read before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from captures import ACK, PSH, Tape
from http2_ends import PREFACE, frame

from tcptui.model.fields import FIELDS
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

LINKS: Final = ("http.response_in", "http.request_in", "http.request_number", "http.response_number")


def test_answer_to_an_upgrade_stays_the_one_that_switched(tmp_path: Path) -> None:
    tape, client, server = Tape(), "10.0.0.1:40000", "192.0.2.10:80"
    tape.handshake(0, client, server)
    settings, reply = frame(4, 0, 0), frame(1, 5, 1, b"\x88")
    asked = b"GET /old HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    seq = {client: 1001, server: 9001}
    for number, (one, other, said) in enumerate([
        (client, server, asked + b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"),
        (server, client, b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
        (client, server, PREFACE + settings), (server, client, settings + reply),
    ]):  # fmt: skip
        tape.tcp(50 + 10 * number, one, other, PSH | ACK, seq[one], seq[other], said)
        seq[one] += len(said)
    path = tmp_path / "upgrade.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)
    rows = np.array([3, 4], np.int32)
    fields = [FIELDS[name] for name in LINKS]
    answers = [FieldPrinter(session, fields).texts(rows) for _ in range(2)]
    session.close()

    assert answers[0] == [[["5"], []], [[], ["4"]], [["1"], []], [[], ["1"]]]
    assert answers[1] == answers[0]
