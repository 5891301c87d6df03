"""Messages of Kafka as bytes."""

from __future__ import annotations

import struct
from typing import Final

NULL: Final = b"\xff\xff"


def text(data: str | None) -> bytes:
    """A text behind two bytes of its length."""
    return NULL if data is None else struct.pack(">h", len(data.encode())) + data.encode()


def short(number: int) -> bytes:
    """A compact number."""
    found = b""
    while number > 0x7F:
        found += bytes((number & 0x7F | 0x80,))
        number >>= 7
    return found + bytes((number,))


def compact(data: str | None) -> bytes:
    """A text behind a compact length."""
    return b"\0" if data is None else short(len(data.encode()) + 1) + data.encode()


def array(*elements: bytes) -> bytes:
    """Any number of elements."""
    return struct.pack(">i", len(elements)) + b"".join(elements)


def many(*elements: bytes) -> bytes:
    """The same in versions with compact lengths."""
    return short(len(elements) + 1) + b"".join(elements)


def numbers(form: str, *values: int) -> bytes:
    """Numbers of 1 (``b``), 2 (``h``), 4 (``i``) and 8 (``q``) bytes."""
    return struct.pack(f">{form}", *values)


def request(
    api: int, version: int, number: int, body: bytes = b"", *, client: str | None = "app", flexible: bool = False
) -> bytes:
    """A request."""
    said = numbers("hhi", api, version, number) + text(client) + b"\0" * flexible + body
    return numbers("i", len(said)) + said


def response(number: int, body: bytes = b"", *, flexible: bool = False) -> bytes:
    """A response."""
    said = numbers("i", number) + b"\0" * flexible + body
    return numbers("i", len(said)) + said


def batch(count: int = 3, codec: int = 0, payload: bytes = b"records") -> bytes:
    """A batch of records, which are none."""
    head = numbers(
        "ibihiqqqhii", 3, 2, 0x12345678, codec, count - 1, 1_600_000_000_000, 1_600_000_000_001, 77, 1, 5, count
    )
    return numbers("qi", 100, len(head + payload)) + head + payload


def ask_versions(number: int, version: int = 3) -> bytes:
    """What a client asks first."""
    if version < 3:
        return request(18, version, number)
    return request(18, version, number, compact("lib") + compact("1.0") + b"\0", flexible=True)


def versions(number: int, code: int = 0) -> bytes:
    """What answers that, of version 3, or of version 0 with an error."""
    if code:
        return response(number, numbers("h", code) + array(numbers("hhh", 18, 0, 2)))
    apis = (numbers("hhh", 0, 0, 8) + b"\0", numbers("hhh", 1, 0, 11) + b"\0")
    return response(number, numbers("h", 0) + many(*apis) + numbers("i", 0) + b"\0")


def produce(
    number: int, topic: str, *partitions: int, acks: int = -1, records: bytes = b"", client: str = "app"
) -> bytes:
    """Records for partitions of a topic."""
    data = records or batch()
    parts = array(*(numbers("ii", one, len(data)) + data for one in partitions))
    body = text(None) + numbers("hi", acks, 30_000) + array(text(topic) + parts)
    return request(0, 8, number, body, client=client)


def produced(number: int, topic: str, *codes: int, throttled: int = 0) -> bytes:
    """What answers that, with an error code of each partition."""
    parts = (numbers("ihqqq", at, code, 100, -1, 0) + array() + text(None) for at, code in enumerate(codes))
    return response(number, array(text(topic) + array(*parts)) + numbers("i", throttled))


def fetch(number: int, topic: str, *partitions: int, wait: int = 500) -> bytes:
    """Records that are asked for."""
    parts = array(*(numbers("iiqqi", one, 4, 100, -1, 1 << 20) for one in partitions))
    body = numbers("iiiib", -1, wait, 1, 50 << 20, 1) + numbers("ii", 0, -1) + array(text(topic) + parts)
    return request(1, 11, number, body + array() + text(""))


def fetched(number: int, topic: str, *codes: int, records: bytes = b"", code: int = 0) -> bytes:
    """What answers that."""
    parts = (
        numbers("ihqqq", at, one, 103, 103, 0) + numbers("ii", -1, -1) + numbers("i", len(records)) + records
        for at, one in enumerate(codes)
    )
    return response(number, numbers("ihi", 0, code, 99) + array(text(topic) + array(*parts)))


def heartbeat(number: int, group: str = "billing") -> bytes:
    """A member of a group is there."""
    return request(12, 3, number, text(group) + numbers("i", 3) + text("m-1") + text(None))


def beaten(number: int, code: int = 0) -> bytes:
    """What answers that."""
    return response(number, numbers("ih", 0, code))


def join(number: int, group: str = "billing") -> bytes:
    """A member joins a group."""
    body = text(group) + numbers("ii", 10_000, 300_000) + text("m-1") + text(None) + text("consumer")
    return request(11, 5, number, body + array(text("range") + numbers("i", 3) + b"abc"))


def joined(number: int, code: int = 0) -> bytes:
    """What answers that."""
    return response(number, numbers("ihi", 0, code, 4) + text("range") + text("m-1") + text("m-1") + array())


def login(number: int, secret: str = "s3cret") -> bytes:
    """A name and a password."""
    token = f"\0ada\0{secret}".encode()
    return request(36, 1, number, numbers("i", len(token)) + token)


def logged_in(number: int, code: int = 0) -> bytes:
    """What answers that."""
    return response(number, numbers("h", code) + text(None) + numbers("iq", 0, 0))


def handshake(number: int, version: int = 1) -> bytes:
    """How the client will authenticate."""
    return request(17, version, number, text("PLAIN"))


def hands_shaken(number: int) -> bytes:
    """What answers that."""
    return response(number, numbers("h", 0) + array(text("PLAIN")))
