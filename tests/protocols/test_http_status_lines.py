"""Status lines found while a batch is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import ACK, PSH, Tape

from tcptui.protocols.http.status_lines import ResponseRows
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = "10.0.0.1:40000", "192.0.2.10:80"


def found(tmp_path: Path, *payloads: bytes) -> list[tuple[int, int]]:
    tape = Tape()
    seq = 9001
    for at, payload in enumerate(payloads):
        tape.tcp(at, TWO, ONE, PSH | ACK, seq, 1, payload)
        seq += len(payload)
    path = tmp_path / "capture.pcap"
    path.write_bytes(tape.pcap())
    responses = open_file(path)._pipeline.noted.of(ResponseRows)
    return list(zip(responses.rows.tolist(), responses.status.tolist(), strict=True))


def test_segments_that_begin_a_response_are_found_with_their_status(tmp_path: Path) -> None:
    payloads = [b"HTTP/1.1 200 OK\r\n", b"hello", b"HTTP/1.0 404 Not Found\r\n\r\n", b"HTTP/1.1 503\r\n"]

    assert found(tmp_path, *payloads) == [(0, 200), (2, 404), (3, 503)]


@pytest.mark.parametrize(
    "payload",
    [b"HTTP/1.1 20", b"HTTP/2.0 200 OK", b"HTTP/1.1-200 OK", b"HTTP/1.1 2x0 OK", b"http/1.1 200 OK", b"xHTTP/1.1 200"],
)
def test_what_is_no_status_line_is_not(tmp_path: Path, payload: bytes) -> None:
    assert found(tmp_path, payload) == []


def test_more_than_there_was_room_for_is_kept() -> None:
    rows = ResponseRows()
    rows._append(np.arange(1_000), np.full(1_000, 200))
    rows._append(np.arange(1_000, 1_500), np.full(500, 404))

    assert rows.count == 1_500
    assert rows.rows.tolist() == list(range(1_500))
    assert rows.status.tolist() == [200] * 1_000 + [404] * 500
