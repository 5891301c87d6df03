"""`x` in a real terminal: the list, the preview, a file written where it was told, and nothing hostile on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from captures import CLIENT, HOSTILE, SERVER, Tape
from tmux_terminal import until

if TYPE_CHECKING:
    from pathlib import Path

    from tmux_terminal import Terminal

pytestmark = pytest.mark.e2e

BODY = b"first line\n" + HOSTILE + b"\n"


@pytest.fixture
def carrying(tmp_path: Path) -> Path:
    tape = Tape()
    name = b'attachment; filename="../' + HOSTILE.replace(b'"', b"") + b'.txt"'
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Disposition: " + name
    answer += b"\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
    ask = b"GET /notes HTTP/1.1\r\nHost: h.example\r\n\r\n"
    tape.clean(0, f"{CLIENT}:40001", f"{SERVER}:80", ask, answer)
    path = tmp_path / "carrying.pcap"
    path.write_bytes(tape.pcap())
    return path


def test_file_is_seen_written_and_left_for_its_packet(terminal: Terminal, carrying: Path, tmp_path: Path) -> None:
    terminal.run(f"{' '.join(terminal.program)} --lang en {carrying}")
    terminal.wait("stream 0, 8 packets")  # before it is listed, there is nothing to look into
    terminal.press("x")
    terminal.wait("first line")
    terminal.press("w")
    terminal.wait("writes ")
    terminal.press("C-u")
    terminal.type(str(tmp_path / "out"))
    terminal.wait("/out")
    terminal.press("Enter")
    until(lambda: (tmp_path / "out").is_dir() and any((tmp_path / "out").glob("*.txt")), "the file")
    terminal.wait_gone("Enter write ")
    (written,) = (tmp_path / "out").iterdir()
    terminal.press("Enter")
    terminal.wait("2 Timeline")
    terminal.press("q")
    assert terminal.wait_prompt() == 0

    assert written.read_bytes() == BODY
    assert written.name.isprintable()
    assert written.name.endswith(".txt")
