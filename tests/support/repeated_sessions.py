"""Captures of many connections of one client, each with the same talk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from captures import ACK, FIN, PSH, Tape
from web_captures import SERVER

from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

    from web_captures import Turn

    from tcptui.model.finding import CaptureFinding


def sessions(tmp_path: Path, each: list[Turn], *, count: int, apart_ms: float, keep_ms: float = 0) -> set[str]:
    """What is said of the capture of ``count`` connections like ``each``, one every ``apart_ms``."""
    return set(diagnosed(tmp_path, each, count=count, apart_ms=apart_ms, keep_ms=keep_ms))


def diagnosed(
    tmp_path: Path, each: list[Turn], *, count: int, apart_ms: float, keep_ms: float = 0, at_server: bool = False
) -> dict[str, CaptureFinding]:
    """The findings of the whole capture, which was made at the client, or ``at_server``."""
    segments = []
    for number in range(count):
        client = f"10.0.0.1:{40_000 + number}"
        begin = number * apart_ms
        segments.append((begin, number, client, b""))
        for ms, who, what in each:
            assert isinstance(what, bytes)
            segments.append((begin + 50 + ms, number, who, what))
        segments.append((begin + 60 + each[-1][0] + keep_ms, number, "FIN", b""))
    tape = Tape()
    numbers = [{"C": 1001, "S": 9001} for _ in range(count)]
    for ms, number, who, what in sorted(segments, key=lambda one: one[0]):
        client, seq = f"10.0.0.1:{40_000 + number}", numbers[number]
        if who == "FIN":
            tape.tcp(ms, client, SERVER, FIN | ACK, seq["C"], seq["S"])
            tape.tcp(ms + 1, SERVER, client, FIN | ACK, seq["S"], seq["C"] + 1)
            tape.tcp(ms + (41 if at_server else 2), client, SERVER, ACK, seq["C"] + 1, seq["S"] + 1)
        elif who in "CS":
            other = "S" if who == "C" else "C"
            ends = (client, SERVER) if who == "C" else (SERVER, client)
            tape.tcp(ms, *ends, PSH | ACK, seq[who], seq[other], what)
            seq[who] += len(what)
        else:
            tape.handshake(ms, client, SERVER, at_server=at_server)
    path = tmp_path / "sessions.pcap"
    path.write_bytes(tape.pcap())
    return {str(one.finding.id): one for one in open_file(path).diagnosis.findings}
