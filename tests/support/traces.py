"""TCP traces as short lines, written as real captures.

A line is ``"MS SENDER FLAGS SEQ ACK [LENGTH] [name=value …]"``: milliseconds, C or S, letters of
SFRPAEWN (E, W and N: ECE, CWR and AE, once NS; ``.`` for none), relative numbers, payload bytes.  Names: ``id`` (IP
packet number), ``ts`` (value,echo), ``win``, ``sack`` (left:right, repeated with ``+``), ``sackok`` (SACK permitted),
``scale`` (window scale), ``opt`` (any options, in hexadecimal, a multiple of 4 bytes), ``ttl``, ``tos``, ``port`` (the
client's), ``client`` and ``server`` (the last number of their addresses, 1 and 2), ``v`` (6: IPv6), ``udp`` (1: a
datagram), ``sport`` (the server's port), ``sum``
(``good`` or ``bad``: the TCP checksum, else 0), ``keep`` (bytes of the frame that were captured),
``forgot`` (the same, and the record says that the frame had no more), ``text`` (the payload, _ for
blanks, ~ for line ends; no LENGTH then), ``hex`` (the payload in hexadecimal; no LENGTH then),
``zeros`` (so many zero bytes as payload; no LENGTH then).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tcptui.model.tcp_flags import TcpFlag
from tcptui.wire.checksum import tcp_checksum

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LETTERS = {"S": TcpFlag.SYN, "F": TcpFlag.FIN, "R": TcpFlag.RST, "P": TcpFlag.PSH, "A": TcpFlag.ACK, ".": TcpFlag(0)}
LETTERS |= {"E": TcpFlag.ECE, "W": TcpFlag.CWR, "N": TcpFlag.AE}
ISN = {"C": 1_000, "S": 9_000}
_TEXT = str.maketrans({"_": " ", "~": "\r\n"})
HOST = {"C": (b"\x0a\x00\x00\x01", 40_000), "S": (b"\x0a\x00\x00\x02", 80)}


def _options(fields: dict[str, str], other: str, *, syn: bool) -> bytes:
    packed = b"\x02\x04\x05\xb4" if syn else b""
    packed += bytes.fromhex(fields.get("opt", ""))
    if "sackok" in fields:
        packed += b"\x04\x02\x01\x01"
    if "scale" in fields:
        packed += struct.pack(">BBBB", 1, 3, 3, int(fields["scale"]))
    if "ts" in fields:
        value, echo = fields["ts"].split(",")
        packed += struct.pack(">BBBBII", 1, 1, 8, 10, int(value), int(echo))
    if "sack" in fields:
        blocks = [tuple(map(int, block.split(":"))) for block in fields["sack"].split("+")]
        packed += struct.pack(">BBBB", 1, 1, 5, 2 + 8 * len(blocks))
        edges = (((edge + ISN[other]) & 0xFFFF_FFFF for edge in block) for block in blocks)
        packed += b"".join(struct.pack(">II", *block) for block in edges)
    return packed


def write_line(line: str) -> tuple[int, bytes]:
    """Time in nanoseconds and raw IPv4 bytes of one trace line."""
    words = [word for word in line.split() if "=" not in word]
    fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
    ms, sender, letters, seq, ack = words[:5]
    other = "S" if sender == "C" else "C"
    payload = b"x" * int(words[5]) if len(words) > 5 else fields.get("text", "").translate(_TEXT).encode()
    payload = payload or bytes.fromhex(fields.get("hex", "")) or bytes(int(fields.get("zeros", "0")))
    flags = sum(LETTERS[letter] for letter in letters)
    options = _options(fields, other, syn=bool(flags & TcpFlag.SYN))
    raw_ack = (int(ack) + ISN[other]) & 0xFFFF_FFFF if flags & TcpFlag.ACK else 0
    header = (20 + len(options)) // 4 << 12 | flags
    ports = {end: int(fields.get(name, HOST[end][1])) for end, name in (("C", "port"), ("S", "sport"))}
    hosts = {"C": int(fields.get("client", "1")), "S": int(fields.get("server", "2"))}
    address = {end: HOST[end][0][:3] + bytes((hosts[end],)) for end in "CS"}
    source, target, sport, dport = address[sender], address[other], ports[sender], ports[other]
    raw_seq = (int(seq) + ISN[sender]) & 0xFFFF_FFFF
    tcp = struct.pack(">HHIIHHHH", sport, dport, raw_seq, raw_ack, header, int(fields.get("win", "5000")), 0, 0)
    if "sum" in fields:
        right = tcp_checksum(source, target, tcp + options + payload)
        tcp = tcp[:16] + (right ^ (fields["sum"] == "bad")).to_bytes(2, "big") + tcp[18:]
    size = 20 + len(tcp) + len(options) + len(payload)
    tos, number, ttl = (int(fields.get(name, default)) for name, default in (("tos", "0"), ("id", "0"), ("ttl", "64")))
    if "udp" in fields:
        datagram = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 0, 0, 64, 17, 0, source, target)
        return int(float(ms) * 1_000_000), head + datagram
    if fields.get("v") == "6":
        ipv6 = [b"\xfd" + bytes(14) + end[-1:] for end in (source, target)]
        return int(float(ms) * 1_000_000), struct.pack(
            ">IHBB16s16s", 6 << 28 | tos << 20, size - 20, 6, ttl, *ipv6
        ) + tcp + options + payload
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, tos, size, number, 0, ttl, 6, 0, source, target)
    return int(float(ms) * 1_000_000), ip + tcp + options + payload


def _kept(line: str) -> int | None:
    """How many bytes of the frame were captured; None: all."""
    return next((int(word.removeprefix("keep=")) for word in line.split() if word.startswith("keep=")), None)


def _recorded(line: str, frame: bytes) -> bytes:
    """What the file takes for the whole frame."""
    cut = next((int(word.removeprefix("forgot=")) for word in line.split() if word.startswith("forgot=")), None)
    return frame[:cut]


def write_trace(capture: Path, lines: Sequence[str]) -> Path:
    """A raw IP, nanosecond pcap with ``lines``; its first second is 1,000 s after the epoch."""
    with capture.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 101))
        for line in lines:
            time_ns, whole = write_line(line)
            frame = _recorded(line, whole)
            seconds, rest = divmod(time_ns, 1_000_000_000)
            kept = frame[: _kept(line)]
            out.write(struct.pack("<IIII", 1_000 + seconds, rest, len(kept), len(frame)) + kept)
    return capture
