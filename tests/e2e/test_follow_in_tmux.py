"""`F` pressed by a person's fingers: the bytes of a connection on a real terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from captures import ACK, CLIENT, SERVER, Tape, hostile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tmux_terminal import Terminal

pytestmark = pytest.mark.e2e

ONE, TWO = f"{CLIENT}:40001", f"{SERVER}:80"
#: The connection in the list: before it is there, the count of packets is, and no key has anything to act on.
LISTED = f"{ONE}→"


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """Packet 4 asks, packets 5 to 24 answer with two thousand lines."""
    tape = Tape()
    tape.handshake(0, ONE, TWO)
    tape.tcp(41, ONE, TWO, ACK, 1001, 9001, b"GET /lines HTTP/1.1\r\nHost: a.example\r\n\r\n")
    body = b"".join(b"this is line %04d\n" % number for number in range(2000))
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    size = -(-len(answer) // 20)
    for index in range(20):
        part = answer[index * size : (index + 1) * size]
        tape.tcp(82 + index, TWO, ONE, ACK, 9001 + index * size, 1041, part)
    path = tmp_path / "talk.pcap"
    path.write_bytes(tape.pcap())
    return path


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_stream_is_followed_searched_and_left_for_a_packet(
    open_terminal: Callable[..., Terminal], talk: Path, size: tuple[int, int]
) -> None:
    terminal = open_terminal(*size)
    terminal.start(str(talk), "-n")
    terminal.wait(LISTED)
    terminal.press("F")
    terminal.wait("▶ GET /lines HTTP/1.1")
    terminal.wait("    ◀ HTTP/1.1 200 OK")
    terminal.press("G")
    terminal.wait("this is line 1999")
    terminal.press("/")
    terminal.type("line 1234")
    terminal.press("Enter")
    terminal.wait(lambda screen: "    ◀ this is line 1234" in screen, "the line that was looked for")
    terminal.press("x")
    terminal.wait("20 6c 69 6e 65 20 31 32  33"[:20])
    terminal.press("d")
    terminal.wait("this is line 1234")
    terminal.press("t", "Enter")
    terminal.wait("Frame 17: " if size[0] > 100 else "17")
    terminal.wait_gone("◀ this is line 1234")


def test_keys_typed_in_one_piece_do_what_they_do_one_by_one(terminal: Terminal, talk: Path) -> None:
    terminal.start(str(talk))
    terminal.wait(LISTED)
    terminal.type("FG")
    terminal.wait("this is line 1999")
    terminal.type("g/line 0777\rnN")
    terminal.wait("this is line 0777")
    terminal.press("Escape", "Escape")
    terminal.wait("2 Timeline")  # before that, Escape and F could be read as one key
    terminal.type("F/line 0042\r")
    terminal.wait("this is line 0042")


def test_side_and_chinese_screen(open_terminal: Callable[..., Terminal], talk: Path) -> None:
    terminal = open_terminal(80, 24)
    terminal.start(str(talk), "--lang", "zh")
    terminal.wait(LISTED)
    terminal.press("F", "s")
    terminal.wait("只看客户端")
    terminal.wait_gone("◀ HTTP/1.1 200 OK")
    terminal.press("s")
    terminal.wait("◀ HTTP/1.1 200 OK")


def test_hostile_bytes_are_drawn_harmless(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "hostile.pcap"
    path.write_bytes(hostile().pcap())
    terminal.start(str(path))
    terminal.wait(LISTED)
    terminal.press("F")
    terminal.wait("▶ X-Evil: ␛]52;c;aGFja2Vk␇")
    terminal.wait("[/][@click=app.quit]quit[/][bold")
    terminal.press("q", "q")
    terminal.wait("<0>")
