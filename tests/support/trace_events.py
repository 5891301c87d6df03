"""Trace events and pages of ``trace_pipe_raw`` as a kernel lays them out, from its ``format`` files."""

from __future__ import annotations

import ipaddress
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tcptui.capture.kernel_trace.formats import EventFormat, parse_format

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Those of 6.18 are copies from a running kernel.  Those of 5.10 and 5.15 are written by hand, after the headers in
#: include/trace/events of these versions.
FORMATS = Path(__file__).parents[1] / "capture" / "kernel_trace" / "formats"
SOFTIRQ = 0x10
MISSED, STORED = 1 << 31, 1 << 30


def formats_of(version: str) -> dict[int, EventFormat]:
    """By number, the formats of a kernel."""
    found = [parse_format(path.read_text()) for path in sorted((FORMATS / version).glob("*.format"))]
    return {each.number: each for each in found}


def sockaddr(address: str, port: int) -> bytes:
    """As struct sockaddr_in or sockaddr_in6, in 28 bytes."""
    packed = ipaddress.ip_address(address).packed
    if len(packed) == 4:
        return struct.pack("=H", 2) + struct.pack(">H", port) + packed + bytes(20)
    return struct.pack("=H", 10) + struct.pack(">HI", port, 0) + packed + bytes(4)


def mapped(address: str) -> bytes:
    """16 bytes, of IPv4 as IPv4-mapped."""
    packed = ipaddress.ip_address(address).packed
    return packed if len(packed) == 16 else bytes(10) + b"\xff\xff" + packed


def event(
    formats: dict[int, EventFormat], name: str, ends: tuple[str, int, str, int] | None = None, **values: int
) -> bytes:
    """The event ``name`` between ``ends``, with ``values`` in its fields; those that it has not are left out."""
    layout = next(each for each in formats.values() if each.name == name)
    data = bytearray(layout.size)

    def put(field: str, value: bytes) -> None:
        if field in layout.fields:
            place = layout.fields[field]
            data[place.offset : place.offset + place.size] = value[: place.size]

    def number(field: str, value: int) -> None:
        if field in layout.fields:
            put(field, value.to_bytes(layout.fields[field].size, sys.byteorder, signed=value < 0))

    number("common_type", layout.number)
    if ends is not None:
        source, port, target, peer_port = ends
        number("sport", port)
        number("dport", peer_port)
        number("family", 2 if "." in source else 10)
        if "saddr_v6" in layout.fields:
            put("saddr_v6", mapped(source))
            put("daddr_v6", mapped(target))
            if "." in source:
                put("saddr", ipaddress.ip_address(source).packed)
                put("daddr", ipaddress.ip_address(target).packed)
        else:
            put("saddr", sockaddr(source, port))
            put("daddr", sockaddr(target, peer_port))
    for field, value in values.items():
        number(field, value)
    return bytes(data)


def reason(formats: dict[int, EventFormat], name: str, wanted: str) -> int:
    """The number that a kernel gives the reason ``wanted`` of the event ``name``."""
    layout = next(each for each in formats.values() if each.name == name)
    return next(value for value, text in layout.reasons.items() if text == wanted)


def page(begin: int, events: Sequence[tuple[int, bytes]], lost: int | None = None) -> bytes:
    """A page of ``events`` (time, bytes) from the time ``begin``; ``lost``: events before it (0: not counted)."""
    body, now = b"", begin
    for time, data in events:
        padded = data + bytes(-len(data) % 4)
        delta, now = time - now, time
        if delta >> 27:
            body += struct.pack("=II", 30 | (delta & ((1 << 27) - 1)) << 5, delta >> 27)
            delta = 0
        if len(padded) <= 28 * 4:
            body += struct.pack("=I", len(padded) // 4 | delta << 5) + padded
        else:
            body += struct.pack("=II", delta << 5, len(padded) + 4) + padded
    committed = len(body)
    tail = b""
    if lost is not None:
        committed |= MISSED | (STORED if lost else 0)
        tail = struct.pack("=Q", lost) if lost else b""
    return (struct.pack("=QQ", begin, committed) + body + tail).ljust(4096, b"\0")
