"""Messages of memcached as bytes."""

from __future__ import annotations

from typing import Final

NOT_FOUND: Final = 1


def store(key: str, value: bytes, command: str = "set", more: str = "", flags: int = 0) -> bytes:
    """A command in text that has a value; ``more``: what stands behind its length."""
    return f"{command} {key} {flags} 0 {len(value)}{more}\r\n".encode() + value + b"\r\n"


def value(key: str, data: bytes, more: str = "", flags: int = 0) -> bytes:
    """A value that answers ``get``, without ``END``."""
    return f"VALUE {key} {flags} {len(data)}{more}\r\n".encode() + data + b"\r\n"


def found(*pairs: tuple[str, bytes]) -> bytes:
    """What answers ``get``."""
    return b"".join(value(*pair) for pair in pairs) + b"END\r\n"


def message(
    opcode: int, key: bytes = b"", data: bytes = b"", *, magic: int = 0x80, extras: bytes = b"", number: int = 0,
    status: int = 0, cas: int = 0,
) -> bytes:  # fmt: skip
    """A message of the binary protocol."""
    head = bytes((magic, opcode)) + len(key).to_bytes(2) + bytes((len(extras), 0)) + status.to_bytes(2)
    body = extras + key + data
    return head + len(body).to_bytes(4) + number.to_bytes(4) + cas.to_bytes(8) + body


def reply(
    opcode: int, data: bytes = b"", *, key: bytes = b"", extras: bytes = b"", number: int = 0, status: int = 0,
    cas: int = 0,
) -> bytes:  # fmt: skip
    """A response of the binary protocol."""
    return message(opcode, key, data, magic=0x81, extras=extras, number=number, status=status, cas=cas)
