"""Where packets come from: pipes with the keyboard still at work, packed and several files, filters, bad input."""

from __future__ import annotations

import os
import re
import struct
from typing import TYPE_CHECKING

import pytest
from captures import Tape, mixed, packed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tmux_terminal import Terminal

pytestmark = pytest.mark.e2e

LOADED = "31 packets  4 connections"
CAPTURE = mixed().pcap()
FIRST_RECORD = 24


def program(terminal: Terminal) -> str:
    return " ".join(terminal.program)


def test_capture_through_a_pipe_leaves_the_keyboard_to_the_terminal(terminal: Terminal, mixed_file: Path) -> None:
    before = terminal.modes()
    terminal.run(f"cat {mixed_file} | {program(terminal)} -")
    terminal.wait(LOADED)
    terminal.wait("refused: port")  # it is listed and judged: `n` has something to go to
    terminal.press("g")
    terminal.wait("stream 0, 8 packets")
    terminal.press("n")
    terminal.wait("stream 2, 2 packets")
    terminal.type("/40004")
    terminal.wait("/40004 1 of 4")
    terminal.press("Enter")
    terminal.wait("stream 3, 8 packets")
    terminal.press("q")
    terminal.wait("Not saved")  # a pipe cannot be read twice
    terminal.leave_unsaved()
    assert terminal.wait_prompt() == 0
    assert terminal.modes() == before


def test_messages_to_a_file_do_not_blank_a_piped_screen(terminal: Terminal, mixed_file: Path, tmp_path: Path) -> None:
    terminal.run(f"cat {mixed_file} | {program(terminal)} - 2>{tmp_path}/log >{tmp_path}/out")
    terminal.wait(LOADED)
    terminal.leave_unsaved()
    assert terminal.wait_prompt() == 0
    assert "Traceback" not in (tmp_path / "log").read_text()
    assert (tmp_path / "out").read_text() == ""


def test_pipe_that_is_slow_says_it_waits_then_grows_on_the_screen(terminal: Terminal, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    tape = mixed()
    terminal.run(f"{program(terminal)} - <{pipe}")
    with pipe.open("wb", buffering=0) as writer:
        terminal.wait("waiting for capture data on standard input")
        writer.write(tape.pcap(of=slice(0, 8)))
        terminal.wait("8 packets  1 connection")
        header = FIRST_RECORD
        writer.write(tape.pcap(of=slice(8, 23))[header:])
        terminal.wait("23 packets  3 connections")
        terminal.wait("refused: port")  # it is judged: `n` has something to go to
        terminal.press("n")
        terminal.wait("refused the connection")
        writer.write(tape.pcap(of=slice(23, None))[header:])
        terminal.wait(LOADED)
        terminal.wait("10.0.0.3:40004")  # it is counted before it is listed
    terminal.press("Down")
    terminal.wait("stream 3, 8 packets")
    terminal.leave_unsaved()
    assert terminal.wait_prompt() == 0


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("-r - no such filter", "libpcap does not understand the filter"),
        ("-Y tcp.nothing -r -", "tcp.nothing"),
        ("--findings missing.toml -r -", "missing.toml"),
        ("--stop-on no-such-finding -r -", "no-such-finding"),
    ],
)
def test_what_is_wrong_with_a_command_is_told_before_the_pipe_says_anything(
    terminal: Terminal, tmp_path: Path, words: str, reason: str
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    terminal.run(f"{program(terminal)} {words} <{pipe}")
    with pipe.open("wb", buffering=0):
        assert terminal.wait_prompt() == 2
    assert reason in said(terminal)


def test_pipe_without_packets_gets_one_line(terminal: Terminal) -> None:
    terminal.run(f"true | {program(terminal)} -")
    assert terminal.wait_prompt() == 1
    assert "the stream ended before any data came" in said(terminal)


def test_quitting_ends_the_program_that_writes_the_pipe(terminal: Terminal, mixed_file: Path) -> None:
    terminal.run(f"(cat {mixed_file}; while :; do printf ''; sleep 1; done) | {program(terminal)} -")
    terminal.wait(LOADED)
    terminal.leave_unsaved()
    terminal.wait(lambda _screen: not terminal.alternate, "the shell")
    terminal.press("C-c")
    terminal.wait(re.compile(r"<(0|130)>\s*$"))


@pytest.mark.parametrize("ending", [".pcap", ".gz", ".zst"])
def test_packed_files_open_like_plain_ones(terminal: Terminal, tmp_path: Path, ending: str) -> None:
    path = packed(CAPTURE, tmp_path / f"mixed{ending}")
    terminal.start(str(path))
    terminal.wait(LOADED)
    terminal.press("q")
    assert terminal.wait_prompt() == 0


def test_several_files_are_one_capture_in_the_order_of_time(terminal: Terminal, tmp_path: Path) -> None:
    tape = mixed()
    (tmp_path / "late.pcap").write_bytes(tape.pcap(of=slice(1, None, 2)))
    packed(tape.pcap(of=slice(0, None, 2)), tmp_path / "early.pcap.gz")
    terminal.start(str(tmp_path / "late.pcap"), str(tmp_path / "early.pcap.gz"))
    terminal.wait(LOADED)
    terminal.wait("fast retransmission")
    terminal.wait("TIME-W")
    terminal.type("/40001")  # the one that is shown first may be the worst by then
    terminal.wait("/40001 1 of 4")
    terminal.press("Enter")
    terminal.wait("stream 0, 8 packets")


def test_filter_words_choose_packets_and_numbers_stay(terminal: Terminal, mixed_file: Path) -> None:
    terminal.start("-r", str(mixed_file), "tcp", "and", "port", "8443")
    terminal.wait("2 packets  1 connection")
    terminal.wait("stream 0, 2 packets")
    terminal.wait(re.compile(r"▸.? *22 "))
    terminal.type(":3")
    terminal.press("Enter")
    terminal.wait("The filter leaves out packet 3.")


def test_option_hides_times(terminal: Terminal, mixed_file: Path) -> None:
    terminal.start("-t", "-r", str(mixed_file))
    terminal.wait(LOADED)
    screen = terminal.wait("SYN-SENT")
    assert "0.000000" not in screen


def damaged(at: int, value: int) -> bytes:
    data = bytearray(CAPTURE)
    struct.pack_into("<I", data, at, value)
    return bytes(data)


SECOND_RECORD = FIRST_RECORD + 16 + struct.unpack_from("<I", CAPTURE, FIRST_RECORD + 8)[0]
#: What is in the file, the words that must be in the one line, and what the screen shows of it (None: no screen).
BAD: dict[str, tuple[bytes, str, str | None]] = {
    "no-capture": (b"just some words, longer than any header", "is not a pcap or pcapng capture", None),
    "empty": (b"", "is empty", None),
    "cut-in-the-first-record": (CAPTURE[:30], "ends in the middle of a record at byte 24", None),
    "cut": (CAPTURE[:300], "ends in the middle of a record at byte 291", "4 packets  1 connection"),
    "absurd-length": (damaged(SECOND_RECORD + 8, 0x7FFF_FFFF), "a record claims more than 262,144 bytes", "1 packet "),
    "unknown-link-type": (damaged(20, 147), "link type 147", "31 packets"),
    "block-order": (
        struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
        + struct.pack("<IIIIIII", 6, 36, 0, 0, 0, 4, 4) + b"abcd" + struct.pack("<I", 36),
        "a packet names an interface that was not described before", None,
    ),
}  # fmt: skip


def said(terminal: Terminal) -> str:
    """What stands on the screen, without its line breaks."""
    return terminal.screen().replace("\n", "")


@pytest.mark.some(4)
@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_one_line_and_what_could_be_read(
    open_terminal: Callable[..., Terminal], tmp_path: Path, name: str
) -> None:
    data, line, shown = BAD[name]
    path = tmp_path / "in.pcap"
    path.write_bytes(data)
    terminal = open_terminal(200, 40)
    terminal.start(str(path))
    if shown is not None:
        terminal.wait(shown)
        terminal.wait(line)
        terminal.press("q")
    assert terminal.wait_prompt() == (1 if shown is None else 0)
    if shown is None:
        assert line in said(terminal)


@pytest.mark.some(4)
@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["nowhere.pcap"], 1, "there is no such file"),
        (["/"], 1, "is a directory"),
        (["-"], 1, "standard input is the terminal"),
        (["-r", "FILE", "tcp", "port", "port"], 2, "libpcap does not understand the filter"),
        (["case", "nothing"], 1, "there is no case nothing"),
        (["--wrong"], 2, "there is no option --wrong"),
        (["-i"], 2, "-i needs a value"),
        (["-i", "nosuch0"], 1, "there is no interface nosuch0"),
        (["verdicts", "FILE"], 2, "--jsonl"),
        (["--lang", "fr"], 2, "there is no language fr"),
    ],
    ids=lambda value: "-".join(value).strip("-/") if isinstance(value, list) else "",
)
def test_refusal_is_one_line_with_what_to_do(
    open_terminal: Callable[..., Terminal], mixed_file: Path, words: list[str], code: int, line: str
) -> None:
    terminal = open_terminal(200, 24)
    terminal.start(*(str(mixed_file) if word == "FILE" else word for word in words))
    assert terminal.wait_prompt() == code
    assert line in said(terminal)
    assert sum("tcptui: " in text for text in terminal.screen().splitlines()) == 1


def test_capture_without_tcp_says_so_and_lists_what_it_has(terminal: Terminal, tmp_path: Path) -> None:
    tape = Tape()
    tape.ip(0, "10.0.0.1", "10.0.0.2", 17, struct.pack("!HHHH", 53, 53, 8, 0))
    path = tmp_path / "udp.pcap"
    path.write_bytes(tape.pcap())
    terminal.start(str(path))
    terminal.wait("No TCP connection: u lists the 1 other packet.")
    terminal.press("Down", "2", "3", "4", "n")
    terminal.press("u")
    terminal.wait("Not TCP: 1 packet")
    terminal.press("Enter", "Enter")
    terminal.wait("DNS, 0 bytes")
    terminal.press("Enter")
    terminal.wait("User Datagram Protocol")
    terminal.press("q")
    terminal.wait("No TCP connection")
    terminal.press("q")
    assert terminal.wait_prompt() == 0
