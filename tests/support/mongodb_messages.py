"""Messages of MongoDB as bytes, and documents of BSON, written without a library."""

from __future__ import annotations

import struct
import zlib
from typing import Any

#: A document's values: what Python has for them, or a kind with its bytes.
Value = Any


class Raw(tuple[int, bytes]):
    """A kind, and the bytes of a value of it."""


def cstring(text: str) -> bytes:
    return text.encode() + b"\0"


def _value(value: Value) -> tuple[int, bytes]:
    if isinstance(value, Raw):
        return value[0], value[1]
    if isinstance(value, bool):
        return 8, bytes((value,))
    if isinstance(value, int):
        return (16, struct.pack("<i", value)) if abs(value) < 1 << 31 else (18, struct.pack("<q", value))
    if isinstance(value, float):
        return 1, struct.pack("<d", value)
    if isinstance(value, str):
        return 2, struct.pack("<i", len(value.encode()) + 1) + cstring(value)
    if isinstance(value, bytes):
        return 5, struct.pack("<iB", len(value), 0) + value
    if isinstance(value, dict):
        return 3, document(value)
    if isinstance(value, list):
        return 4, document({str(at): one for at, one in enumerate(value)})
    assert value is None
    return 10, b""


def document(elements: dict[str, Value]) -> bytes:
    """A document of these elements, in order."""
    said = b""
    for name, value in elements.items():
        kind, data = _value(value)
        said += bytes((kind,)) + cstring(name) + data
    return struct.pack("<i", len(said) + 5) + said + b"\0"


def long(number: int) -> Raw:
    """A number of 64 bits."""
    return Raw((18, struct.pack("<q", number)))


def message(opcode: int, body: bytes, number: int, answers: int = 0) -> bytes:
    """A message with its header."""
    return struct.pack("<iIIi", 16 + len(body), number & 0xFFFFFFFF, answers & 0xFFFFFFFF, opcode) + body


def msg(
    number: int,
    body: dict[str, Value],
    *sequences: tuple[str, list[dict[str, Value]]],
    flags: int = 0,
    answers: int = 0,
) -> bytes:
    """An OP_MSG."""
    return message(2013, msg_body(body, *sequences, flags=flags), number, answers)


def msg_body(body: dict[str, Value], *sequences: tuple[str, list[dict[str, Value]]], flags: int = 0) -> bytes:
    said = struct.pack("<I", flags) + b"\0" + document(body)
    for name, documents in sequences:
        within = cstring(name) + b"".join(map(document, documents))
        said += b"\1" + struct.pack("<i", 4 + len(within)) + within
    return said + (b"\1\2\3\4" if flags & 1 else b"")


def ask(
    number: int, command: str, about: Value, *sequences: tuple[str, list[dict[str, Value]]], **more: Value
) -> bytes:
    """A command of the database shop."""
    return msg(number, {command: about, **more, "$db": "shop"}, *sequences)


def answer(number: int, answers: int, flags: int = 0, **more: Value) -> bytes:
    """What a server answers; fine unless it says something else."""
    return msg(number, {**more, **({} if "ok" in more else {"ok": 1.0})}, flags=flags, answers=answers)


def refused(number: int, answers: int, code: int, name: str) -> bytes:
    """An error."""
    return answer(number, answers, ok=0.0, errmsg="no", code=code, codeName=name)


def batch(number: int, answers: int, cursor: int = 0, name: str = "firstBatch", *found: dict[str, Value]) -> bytes:
    """Documents of a cursor."""
    return answer(number, answers, cursor={name: list(found), "id": long(cursor), "ns": "shop.orders"})


def query(number: int, name: str, body: dict[str, Value], *, flags: int = 0) -> bytes:
    """An OP_QUERY; of a command ``name`` ends with ``.$cmd``."""
    return message(2004, struct.pack("<I", flags) + cstring(name) + struct.pack("<ii", 0, -1) + document(body), number)


def reply(number: int, answers: int, *found: dict[str, Value], flags: int = 8, cursor: int = 0) -> bytes:
    """An OP_REPLY."""
    head = struct.pack("<Iqii", flags, cursor, 0, len(found))
    return message(1, head + b"".join(map(document, found)), number, answers)


def hello(number: int, **more: Value) -> bytes:
    """What a client says first, in the old form."""
    return query(number, "admin.$cmd", {"ismaster": 1, "helloOk": True, **more})


def greeted(number: int, answers: int) -> bytes:
    """What a server answers to that."""
    return reply(number, answers, {"helloOk": True, "ismaster": True, "maxWireVersion": 21, "ok": 1.0})


def compressed(whole: bytes, how: int = 2) -> bytes:
    """A message, compressed."""
    import zstandard

    number, answers, opcode = struct.unpack_from("<IIi", whole, 4)
    body = whole[16:]
    data = {0: body, 2: zlib.compress(body), 3: zstandard.compress(body)}.get(how, body)
    return message(2012, struct.pack("<iiB", opcode, len(body), how) + data, number, answers)
