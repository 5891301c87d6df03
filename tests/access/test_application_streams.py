"""Which streams are looked into for HTTP: all of few, of many those that were answered in HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from captures import CLIENT, SERVER, Tape
from http2_ends import PREFACE

from tcptui.access import open_capture
from tcptui.access.open_capture import application_streams
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_of_many_streams_those_with_a_response_are_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tape = Tape()
    for number in range(4):
        answer = b"HTTP/1.1 204 No Content\r\n\r\n" if number in (1, 3) else b"220 mail\r\n"
        tape.clean(200 * number, f"{CLIENT}:{40001 + number}", f"{SERVER}:80", b"GET / HTTP/1.1\r\n\r\n", answer)
    path = tmp_path / "four.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)

    few = application_streams(session)
    monkeypatch.setattr(open_capture, "_ALL_STREAMS", 3)
    many = application_streams(session)
    session.close()

    assert few == [0, 1, 2, 3]
    assert many == [1, 3]


def test_streams_that_begin_as_http2_are_among_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tape = Tape()
    for number, asked in enumerate((b"PRI * HTTP/1.1\r\n\r\n", PREFACE, b"xPRI", PREFACE[:16], PREFACE[:10])):
        tape.clean(200 * number, f"{CLIENT}:{40001 + number}", f"{SERVER}:80", asked)
    path = tmp_path / "five.pcap"
    path.write_bytes(tape.pcap())
    session = open_file(path)
    monkeypatch.setattr(open_capture, "_ALL_STREAMS", 3)
    many = application_streams(session)
    session.close()

    assert many == [1, 3]
