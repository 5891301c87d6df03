"""Blocks of pcapng (draft-ietf-opsawg-pcapng), written as told; ``order`` is ``<`` or ``>``."""

from __future__ import annotations

import struct


def option(order: str, code: int, value: bytes) -> bytes:
    """One pcapng option, padded."""
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(order: str, kind: int, body: bytes) -> bytes:
    """One pcapng block, padded."""
    body += bytes(-len(body) % 4)
    size = len(body) + 12
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def section(order: str) -> bytes:
    """A section header of unknown length."""
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(
    order: str, link: int, snaplen: int = 0, resolution: int | None = None, offset: int | None = None
) -> bytes:
    """An interface description."""
    options = b"" if resolution is None else option(order, 9, bytes((resolution,)))
    options += b"" if offset is None else option(order, 14, struct.pack(order + "q", offset))
    return block(order, 1, struct.pack(order + "HHI", link, 0, snaplen) + options + (bytes(4) if options else b""))


def enhanced(order: str, index: int, ticks: int, frame: bytes, wire: int | None = None) -> bytes:
    """A packet with its time in ticks of its interface."""
    size = len(frame)
    head = struct.pack(order + "IIIII", index, ticks >> 32, ticks & 0xFFFFFFFF, size, size if wire is None else wire)
    return block(order, 6, head + frame)


def simple(order: str, frame: bytes, wire: int | None = None) -> bytes:
    """A packet of the first interface, without a time."""
    return block(order, 3, struct.pack(order + "I", len(frame) if wire is None else wire) + frame)


def obsolete(order: str, index: int, ticks: int, frame: bytes) -> bytes:
    """A packet as older programs wrote it."""
    head = struct.pack(order + "HHIIII", index, 7, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
    return block(order, 2, head + frame)
