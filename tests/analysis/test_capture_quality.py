"""What is said against a capture is about its recorder."""

from __future__ import annotations

import struct
from contextlib import closing
from typing import TYPE_CHECKING

from traces import write_line, write_trace

from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

SYN = "0 C S 0 0"


def quoting(line: str) -> bytes:
    """*Host unreachable*, with the packet of ``line`` as far as RFC 792 wants it: its IP header and eight bytes."""
    quoted = write_line(line)[1][:28]
    message = struct.pack(">BBHI", 3, 1, 0, 0) + quoted
    header = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, 20 + len(message), 0, 0, 60, 1, 0, b"\x0a\x00\x00\x09", b"\x0a\x00\x00\x01"
    )
    return header + message


def test_header_that_an_icmp_error_quotes_was_not_cut_by_the_recorder(tmp_path: Path) -> None:
    capture = write_trace(tmp_path / "trace.pcap", [SYN])
    error = quoting(SYN)
    with capture.open("ab") as out:
        out.write(struct.pack("<IIII", 1_000, 50_000_000, len(error), len(error)) + error)

    with closing(open_file(capture)) as session:
        assert session.store.count == 2
        assert session.quality.headers_cut == 0


def test_frame_that_the_recorder_cut_inside_its_header_counts(tmp_path: Path) -> None:
    capture = write_trace(tmp_path / "trace.pcap", [SYN])
    frame = write_line("40 S SA 0 1")[1]
    with capture.open("ab") as out:
        out.write(struct.pack("<IIII", 1_000, 50_000_000, 38, len(frame)) + frame[:38])

    with closing(open_file(capture)) as session:
        assert (session.quality.truncated, session.quality.headers_cut) == (1, 1)
