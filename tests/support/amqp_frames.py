"""Frames of AMQP 0-9-1 as bytes."""

from __future__ import annotations

from typing import Final

PROTOCOL: Final = b"AMQP\0\0\x09\1"


def short(data: str | bytes) -> bytes:
    """A text behind one byte of its length."""
    data = data.encode() if isinstance(data, str) else data
    return bytes((len(data),)) + data


def long(data: str | bytes) -> bytes:
    """A text behind four bytes of its length."""
    data = data.encode() if isinstance(data, str) else data
    return len(data).to_bytes(4) + data


def frame(kind: int, channel: int, body: bytes = b"") -> bytes:
    """A frame."""
    return bytes((kind,)) + channel.to_bytes(2) + long(body) + b"\xce"


def method(channel: int, ids: tuple[int, int], *arguments: bytes) -> bytes:
    """A frame with a method."""
    return frame(1, channel, ids[0].to_bytes(2) + ids[1].to_bytes(2) + b"".join(arguments))


def table(*entries: bytes) -> bytes:
    """A table."""
    return long(b"".join(entries))


def entry(name: str, data: bytes) -> bytes:
    """An entry of a table: ``data`` begins with the letter of its type."""
    return short(name) + data


def content(channel: int, data: bytes, flags: int = 0, *properties: bytes, most: int = 100_000) -> bytes:
    """A header and the frames of a body, each with at most ``most`` bytes."""
    head = b"\0\x3c\0\0" + len(data).to_bytes(8) + flags.to_bytes(2) + b"".join(properties)
    bodies = (frame(3, channel, data[at : at + most]) for at in range(0, len(data), most))
    return frame(2, channel, head) + b"".join(bodies)


def publish(channel: int, exchange: str, key: str, data: bytes = b"21.5", *, most: int = 100_000) -> bytes:
    """A message."""
    return method(channel, (60, 40), b"\0\0", short(exchange), short(key), b"\0") + content(channel, data, most=most)


def ack(channel: int, tag: int, *, multiple: bool = False) -> bytes:
    """A confirm."""
    return method(channel, (60, 80), tag.to_bytes(8), bytes((multiple,)))


def declare(channel: int, queue: str, bits: int = 0) -> bytes:
    """A queue that is asked for."""
    return method(channel, (50, 10), b"\0\0", short(queue), bytes((bits,)), table())


def declared(channel: int, queue: str) -> bytes:
    """What answers that."""
    return method(channel, (50, 11), short(queue), bytes(8))


def close(channel: int, code: int, words: str, ids: tuple[int, int] = (0, 0)) -> bytes:
    """The channel is closed; channel 0: the connection."""
    said = code.to_bytes(2) + short(words) + ids[0].to_bytes(2) + ids[1].to_bytes(2)
    return method(channel, (20, 40) if channel else (10, 50), said)


def login(password: str = "s3cret") -> bytes:
    """What a client says of itself, with a password."""
    said = table(entry("product", b"S" + long("pika")))
    return method(0, (10, 11), said, short("PLAIN"), long(f"\0ada\0{password}"), short("en_US"))


START: Final = method(
    0, (10, 10), b"\0\x09", table(entry("product", b"S" + long("RabbitMQ"))), long("PLAIN"), long("en_US")
)
TUNE: Final = method(0, (10, 30), b"\7\xff\0\2\0\0\0\x3c")
TUNE_OK: Final = method(0, (10, 31), b"\7\xff\0\2\0\0\0\x3c")
OPEN: Final = method(0, (10, 40), short("/"), b"\0\0")
OPEN_OK: Final = method(0, (10, 41), b"\0")
CHANNEL: Final = method(1, (20, 10), b"\0")
CHANNEL_OK: Final = method(1, (20, 11), bytes(4))
CONFIRM: Final = method(1, (85, 10), b"\0")
CONFIRM_OK: Final = method(1, (85, 11))
HEARTBEAT: Final = frame(8, 0)
