"""Messages of DNS (RFC 1035, 4): names and data are replaced, what kind of message it is stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.redact.filler import content, filler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.redact.mapping import Mapping

_HEADER: Final = 12
_POINTER: Final = 0xC0
#: Query, inverse query, status, notify, update: others are no messages.
_OPCODES: Final = frozenset({0, 1, 2, 4, 5})
_MOST_LABELS: Final = 128
#: Bytes before a name in the data of a record, by its type; its other bytes behind the name become zeros.
_NAMES: Final = {2: 0, 5: 0, 12: 0, 39: 0, 15: 2, 33: 6, 6: 0}
_ADDRESSES: Final = {1: 4, 28: 16}
_TEXT, _SOA, _OPTIONS = 16, 6, 41
#: Bytes of SOA behind its two names: serial, refresh, retry, expire, minimum.
_SOA_NUMBERS: Final = 20


class DnsKeeper:
    """Replaces messages under one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping

    def message(self, data: bytes) -> bytes:
        """``data`` replaced, of the same length; filler where it is no whole message."""
        return self._message(data) or content(data)

    def _message(self, data: bytes) -> bytes | None:
        if len(data) < _HEADER or data[2] >> 3 & 15 not in _OPCODES:
            return None
        out = bytearray(data[:_HEADER])
        counts = [int.from_bytes(data[at : at + 2]) for at in range(4, _HEADER, 2)]
        at = _HEADER
        for section, count in enumerate(counts):
            for _ in range(count):
                found = self._question(data, at) if section == 0 else self._record(data, at)
                if found is None:
                    return None
                out += found
                at += len(found)
        return bytes(out) + content(data[at:])

    def _name(self, data: bytes, at: int, end: int) -> bytes | None:
        """The name at ``at`` with its labels replaced; None where none ends before ``end``."""
        out = bytearray()
        for _ in range(_MOST_LABELS):
            if at >= end:
                return None
            size = data[at]
            if size >= _POINTER:
                return bytes(out + data[at : at + 2]) if at + 2 <= end else None
            if size >= 64 or at + 1 + size > end:
                return None
            out.append(size)
            if not size:
                return bytes(out)
            out += self._mapping.label(data[at + 1 : at + 1 + size])
            at += 1 + size
        return None

    def _question(self, data: bytes, at: int) -> bytes | None:
        name = self._name(data, at, len(data))
        if name is None or at + len(name) + 4 > len(data):
            return None
        return name + data[at + len(name) : at + len(name) + 4]

    def _record(self, data: bytes, at: int) -> bytes | None:
        name = self._name(data, at, len(data))
        if name is None:
            return None
        at += len(name)
        head = data[at : at + 10]
        if len(head) < 10:
            return None
        kind, begin = int.from_bytes(head[:2]), at + 10
        end = begin + int.from_bytes(head[8:])
        if end > len(data):
            return None
        return name + head + self._data(kind, data, begin, end)

    def _data(self, kind: int, data: bytes, begin: int, end: int) -> bytes:
        size = end - begin
        out = b""
        if kind in _ADDRESSES and size == _ADDRESSES[kind]:
            return self._mapping.address(data[begin:end])
        if kind in _NAMES:
            before = _NAMES[kind]
            out = data[begin : begin + before]
            for _ in range(2 if kind == _SOA else 1):
                name = self._name(data, begin + len(out), end)
                if name is None:
                    break
                out += name
            if kind == _SOA and size - len(out) == _SOA_NUMBERS:
                out += bytes(4) + data[end - 16 : end]
        elif kind == _TEXT:
            at = begin
            while at < end:
                length = min(data[at], end - at - 1)
                out += data[at : at + 1] + filler(length)
                at += 1 + length
        elif kind == _OPTIONS:
            at = begin
            while at + 4 <= end:
                length = min(int.from_bytes(data[at + 2 : at + 4]), end - at - 4)
                out += data[at : at + 4] + bytes(length)
                at += 4 + length
        return out[:size].ljust(size, b"\0")

    def patches(self, direction: ByteStream) -> Iterator[tuple[int, bytes]]:
        """Messages over TCP, each behind its length (RFC 1035, 4.2.2), up to the first gap."""
        at = 0
        while at + 2 <= direction.length:
            head = direction.read(at, 2)
            if len(head) < 2:
                return
            message = direction.read(at + 2, int.from_bytes(head))
            new = self._message(message) if len(message) == int.from_bytes(head) else None
            if new is None:
                return
            yield at, head + new
            at += 2 + len(message)
