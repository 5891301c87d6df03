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


def der(tag: int, *parts: bytes) -> bytes:
    """An element of DER (X.690, 8.1)."""
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2, "big")
    return bytes([tag]) + size + body


def certificate(since: bytes, until: bytes, *hosts: bytes) -> bytes:
    """A message Certificate with one certificate, of these dates (YYMMDDHHMMSSZ) and host names; its key is empty."""
    common_name = der(0x30, der(0x31, der(0x30, der(6, b"\x55\x04\x03"), der(12, b"Issuer"))))
    algorithm = der(0x30, der(6, bytes.fromhex("2a8648ce3d040302")))
    dates = der(0x30, der(23, since), der(23, until))
    names = der(0x30, *(der(0x82, host) for host in hosts))
    extensions = der(0xA3, der(0x30, der(0x30, der(6, b"\x55\x1d\x11"), der(4, names))))
    key = der(0x30, algorithm, der(3, b"\0"))
    inner = der(0x30, der(2, b"\x01"), algorithm, common_name, dates, common_name, key, extensions)
    whole = der(0x30, inner, algorithm, der(3, b"\0"))
    return handshake(11, sized(sized(whole, 3), 3))
