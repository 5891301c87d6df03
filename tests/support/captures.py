"""Small captures made in the test, so that nothing depends on a corpus: raw IPv4, nanosecond pcap."""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
START_NS: Final = 1_700_000_000_000_000_000
_RAW_IP: Final = 101
_MSS: Final = b"\x02\x04\x05\xb4"
CLIENT, SERVER = "10.0.0.1", "192.0.2.10"


@dataclass
class Tape:
    """Packets written down in the order of their times, which are milliseconds."""

    records: list[tuple[int, bytes]] = field(default_factory=list)

    def tcp(
        self, ms: float, source: str, target: str, flags: int, seq: int, ack: int = 0, payload: bytes = b"",
        *, options: bytes = b"", window: int = 64240,
    ) -> None:  # fmt: skip
        """One segment between two ``address:port``."""
        (from_host, from_port), (to_host, to_port) = (end.rsplit(":", 1) for end in (source, target))
        size = 20 + len(options)
        segment = struct.pack(
            "!HHIIHHHH", int(from_port), int(to_port), seq % 2**32, ack % 2**32, size // 4 << 12 | flags, window, 0, 0
        )
        self.ip(ms, from_host, to_host, 6, segment + options + payload)

    def ip(self, ms: float, source: str, target: str, protocol: int, body: bytes) -> None:
        """One IPv4 packet."""
        ends = ip_address(source).packed + ip_address(target).packed
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0x4000, 64, protocol, 0) + ends
        self.records.append((START_NS + round(ms * 1_000_000), header + body))

    def handshake(self, ms: float, client: str, server: str, *, at_server: bool = False) -> None:
        """Three packets, seen at the client, or ``at_server``; its next number is 1001, the server's 9001."""
        self.tcp(ms, client, server, SYN, 1000, options=_MSS)
        self.tcp(ms + (0.1 if at_server else 40), server, client, SYN | ACK, 9000, 1001, options=_MSS)
        self.tcp(ms + 40.1, client, server, ACK, 1001, 9001)

    def clean(self, ms: float, client: str, server: str, asked: bytes, answered: bytes = b"") -> None:
        """A request, perhaps an answer, a close: nothing goes wrong."""
        self.handshake(ms, client, server)
        client_end, server_end = 1001 + len(asked), 9001 + len(answered)
        self.tcp(ms + 41, client, server, PSH | ACK, 1001, 9001, asked)
        self.tcp(ms + 81, server, client, PSH | ACK if answered else ACK, 9001, client_end, answered)
        self.tcp(ms + 100, client, server, FIN | ACK, client_end, server_end)
        self.tcp(ms + 140, server, client, FIN | ACK, server_end, client_end + 1)
        self.tcp(ms + 140.1, client, server, ACK, client_end + 1, server_end + 1)

    def lossy(self, ms: float, client: str, server: str) -> None:
        """A lost segment, three duplicate ACKs, a fast retransmission: 13 packets."""
        self.handshake(ms, client, server)
        for index in (0, 2, 3, 4):
            self.tcp(ms + 50 + index, server, client, ACK, 9001 + 1000 * index, 1001, bytes(1000))
            self.tcp(ms + 50.1 + index, client, server, ACK, 1001, 10001)
        self.tcp(ms + 55, server, client, ACK, 10001, 1001, bytes(1000))
        self.tcp(ms + 55.1, client, server, ACK, 1001, 14001)

    def refused(self, ms: float, client: str, server: str) -> None:
        """A SYN answered with RST."""
        self.tcp(ms, client, server, SYN, 5000, options=_MSS)
        self.tcp(ms + 1, server, client, RST | ACK, 0, 5001, window=0)

    def pcap(self, *, of: slice = slice(None), cut: int | None = None) -> bytes:
        """The capture file, or a part of it; ``cut``: so many bytes of each packet at most."""
        blocks = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, _RAW_IP)]
        for ns, data in self.records[of]:
            held = data[:cut]
            blocks.append(struct.pack("<IIII", ns // 10**9, ns % 10**9, len(held), len(data)) + held)
        return b"".join(blocks)


def mixed() -> Tape:
    """Four connections, 31 packets: 0 clean, 1 with a fast retransmission, 2 refused, 3 clean."""
    tape = Tape()
    tape.clean(0, f"{CLIENT}:40001", f"{SERVER}:80", b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
    tape.lossy(200, f"{CLIENT}:40002", f"{SERVER}:80")
    tape.refused(500, "10.0.0.2:40003", "192.0.2.20:8443")
    tape.clean(600, "10.0.0.3:40004", f"{SERVER}:2222", b"hello")
    return tape


def many(connections: int) -> Tape:
    """So many clean connections of eight packets, one after the other; the last but one was refused instead."""
    tape = Tape()
    for number in range(connections):
        client = f"10.{number >> 14 & 255}.{number >> 7 & 127}.{number & 127}:{40000 + number % 20000}"
        if number == connections - 2:
            tape.refused(200 * number, client, f"{SERVER}:443")
        else:
            tape.clean(200 * number, client, f"{SERVER}:80", b"x")
    return tape


#: What must never reach a terminal raw: it would set the clipboard or the title, clear the screen, forge text.
HOSTILE: Final = (
    b"\x1b]52;c;aGFja2Vk\x07"  # OSC 52: the clipboard
    b"\x1b]0;owned\x07\x1b[2J\x1b[31mred"  # the title, the screen, a colour
    b"\x9b31mC1\x90dcs\x9c"  # 8-bit controls
    b"\xe2\x80\xaegnp.exe\xe2\x80\x8b\xef\xbb\xbf"  # right-to-left override, zero width, byte order mark
    b"[/][@click=app.quit]quit[/][bold"  # markup, balanced and not
)


def hostile() -> Tape:
    """One connection whose HTTP headers are hostile, and one that carries the same as mere data."""
    tape = Tape()
    asked = b"GET /index HTTP/1.1\r\nHost: a.example\r\nX-Evil: " + HOSTILE + b"\r\n\r\n"
    answered = b"HTTP/1.1 200 OK\r\nServer: " + HOSTILE + b"\r\nContent-Length: 3\r\n\r\nabc"
    tape.clean(0, f"{CLIENT}:40001", f"{SERVER}:80", asked, answered)
    tape.clean(300, f"{CLIENT}:40002", f"{SERVER}:9999", HOSTILE)
    return tape


def packed(data: bytes, path: Path) -> Path:
    """Write ``data`` as the ending of ``path`` says: plain, ``.gz`` or ``.zst``."""
    match path.suffix:
        case ".gz":
            data = gzip.compress(data, mtime=0)
        case ".zst":
            import zstandard

            data = zstandard.compress(data)
    path.write_bytes(data)
    return path
