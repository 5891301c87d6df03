"""Packets of MQTT as bytes."""

from __future__ import annotations

from typing import Final

PINGREQ: Final = b"\xc0\0"
PINGRESP: Final = b"\xd0\0"
DISCONNECT: Final = b"\xe0\0"
ACCEPTED: Final = b"\x20\2\0\0"


def variable(number: int) -> bytes:
    """A number of variable length."""
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    return bytes((*made, number))


def text(data: str | bytes) -> bytes:
    """A text behind its length."""
    data = data.encode() if isinstance(data, str) else data
    return len(data).to_bytes(2) + data


def packet(first: int, *body: bytes) -> bytes:
    """A packet: type and flags, length, body."""
    joined = b"".join(body)
    return bytes((first,)) + variable(len(joined)) + joined


def properties(*some: bytes) -> bytes:
    """Properties of 5.0 behind their length."""
    joined = b"".join(some)
    return variable(len(joined)) + joined


def connect(
    client: str = "ada", version: int = 4, *, keep_alive: int = 60, flags: int = 2, more: bytes = b"",
    said: bytes | None = None,
) -> bytes:  # fmt: skip
    """CONNECT; ``said``: its properties, ``more``: will, user name, password."""
    name = text("MQIsdp" if version == 3 else "MQTT")
    said = (said or properties()) if version == 5 else b""
    return packet(0x10, name, bytes((version, flags)), keep_alive.to_bytes(2), said, text(client), more)


def login(user: str, password: str, version: int = 4) -> bytes:
    """CONNECT with user name and password."""
    return connect(version=version, flags=0xC2, more=text(user) + text(password))


def publish(
    topic: str | bytes, data: bytes = b"21.5", *, number: int = 0, qos: int = -1, said: bytes | None = None,
    again: int = 0,
) -> bytes:  # fmt: skip
    """PUBLISH; ``said``: properties of 5.0."""
    qos = (1 if number else 0) if qos < 0 else qos
    return packet(0x30 | again << 3 | qos << 1, text(topic), number.to_bytes(2) if qos else b"", said or b"", data)


def acknowledgment(first: int, number: int, *more: bytes) -> bytes:
    """PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK: what has an identifier."""
    return packet(first, number.to_bytes(2), *more)


def puback(number: int, *more: bytes) -> bytes:
    """PUBACK."""
    return acknowledgment(0x40, number, *more)


def subscribe(number: int, *filters: str, said: bytes = b"", options: int = 1) -> bytes:
    """SUBSCRIBE."""
    return packet(0x82, number.to_bytes(2), said, *(text(one) + bytes((options,)) for one in filters))
