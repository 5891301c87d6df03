"""Captures of HTTP, event streams and WebSocket, written turn by turn: raw IPv4, nanosecond pcap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from captures import ACK, FIN, PSH, RST, Tape

from tcptui.findings.catalog import FAMILIES
from tcptui.findings.spec import Family
from tcptui.model.finding import Finding, Severity
from tcptui.protocols.websocket.conversation import accept_for
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CLIENT, SERVER = "10.0.0.1:40000", "192.0.2.10:80"
GET: Final = b"GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n"
#: Milliseconds, who speaks, and what: bytes, or how the connection ends.
Turn = tuple[float, str, bytes | str]


def record(
    tmp_path: Path,
    turns: Sequence[Turn],
    missing: Sequence[int] = (),
    after: float = 5_000,
    kept: int | None = None,
    server: str | None = None,
) -> Path:
    """A capture of these turns; ``missing``: frames that it does not have (1 is the first after the handshake).

    ``kept``: bytes kept of each packet, from the IP header on; None: all.
    """
    server = server or SERVER  # looked up now: tests set another
    tape = Tape()
    tape.handshake(0, CLIENT, server)
    seq = {"C": 1001, "S": 9001}
    last = 0.0
    for ms, who, what in turns:
        one, two = (CLIENT, server) if who == "C" else (server, CLIENT)
        other = "S" if who == "C" else "C"
        parts = [what[at : at + 1400] for at in range(0, len(what), 1400)] if isinstance(what, bytes) else [b""]
        for place, part in enumerate(parts):
            flags = {"FIN": FIN | ACK, "RST": RST | ACK}.get(str(what), PSH | ACK)
            tape.tcp(100 + ms + place * 0.1, one, two, flags, seq[who], seq[other], bytes(part))
            seq[who] += len(part) + (what == "FIN")
            if flags & RST == 0:
                tape.tcp(100 + ms + place * 0.1 + 0.05, two, one, ACK, seq[other], seq[who])
        last = ms
    if after:
        tape.tcp(100 + last + after, "10.0.0.9:1", "10.0.0.8:2", ACK, 1, 1)  # the capture went on
    for frame in sorted(missing, reverse=True):
        del tape.records[frame + 2]
    tape.records[:] = [(ns, data[:kept]) for ns, data in tape.records]
    path = tmp_path / "capture.pcap"
    path.write_bytes(tape.pcap())
    return path


def closed(turns: Sequence[Turn], first: str = "S") -> list[Turn]:
    last = turns[-1][0]
    return [*turns, (last + 50, first, "FIN"), (last + 60, "C" if first == "S" else "S", "FIN")]


def response(body: bytes, *fields: str, status: str = "200 OK", length: int | None = None) -> bytes:
    head = [f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="
ASKED: Final = (
    f"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n"
).encode()


def agreed(accept: str = "") -> bytes:
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept or accept_for(KEY)}\r\n\r\n"
    ).encode()


def from_server(first: int, payload: bytes) -> bytes:
    return bytes((first, len(payload))) + payload


def from_client(first: int, payload: bytes) -> bytes:
    return bytes((first, len(payload) | 0x80)) + b"\0\0\0\0" + payload


FAMILY: Final = FAMILIES[Family.APPLICATION]


def found(
    tmp_path: Path, turns: Sequence[Turn], missing: Sequence[int] = (), *, foreseen: bool = True
) -> dict[str, Finding]:
    """What the application family says of the one stream that ``turns`` make, by id."""
    session = open_file(record(tmp_path, turns, missing))
    known = max(int(session.severity[0]), Severity.NOTE)
    findings = {str(finding.id): finding for finding in session.findings(0) if finding.id in FAMILY}
    # What is more than a note is known before anybody opens the stream.
    assert not foreseen or all(finding.severity <= known for finding in findings.values())
    return findings
