"""Records, handshake messages and hellos as bytes."""

from __future__ import annotations

TLS_1_2 = 0x0303
NO_RANDOM = bytes(32)


def sized(body: bytes, size: int) -> bytes:
    """``body`` behind its length in ``size`` bytes."""
    return len(body).to_bytes(size, "big") + body


def record(kind: int, body: bytes, version: int = TLS_1_2) -> bytes:
    return bytes([kind]) + version.to_bytes(2, "big") + sized(body, 2)


def handshake(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + sized(body, 3)


def extension(kind: int, body: bytes) -> bytes:
    return kind.to_bytes(2, "big") + sized(body, 2)


def numbers(*values: int) -> bytes:
    return b"".join(value.to_bytes(2, "big") for value in values)


def server_name(name: bytes) -> bytes:
    return extension(0, sized(b"\0" + sized(name, 2), 2))


def alpn(*names: bytes) -> bytes:
    return extension(16, sized(b"".join(sized(name, 1) for name in names), 2))


def client_hello(extensions: bytes = b"", suites: tuple[int, ...] = (0x1301,), session: bytes = b"") -> bytes:
    body = numbers(TLS_1_2) + bytes(32) + sized(session, 1) + sized(numbers(*suites), 2) + b"\x01\x00"
    return handshake(1, body + sized(extensions, 2))


def server_hello(
    extensions: bytes = b"", suite: int = 0xC02F, session: bytes = b"", random: bytes = bytes(32)
) -> bytes:
    return handshake(2, numbers(TLS_1_2) + random + sized(session, 1) + numbers(suite) + b"\0" + sized(extensions, 2))


TLS_1_3_CHOSEN = extension(43, numbers(0x0304))
CHANGE = record(20, b"\x01")
