"""MPTCP options (RFC 8684, RFC 6824): whole ones of every subtype, and some too short, too long or cut off.

Keys are few, so that connections meet under one token: by the same key, and by joining.
"""

from __future__ import annotations

import hashlib
import random
from typing import Final

from tests.adversary import options

KIND: Final = 30
CAPABLE, JOIN, DSS, ADD_ADDRESS, REMOVE_ADDRESS, PRIORITY, FAIL, FAST_CLOSE, RESET = range(9)
#: How often each is met; the last ones belong to nobody.
_SUBTYPES: Final = (
    (CAPABLE, JOIN, DSS, ADD_ADDRESS, REMOVE_ADDRESS, PRIORITY, FAIL, FAST_CLOSE, RESET, 9, 15),
    (6, 5, 5, 3, 2, 2, 2, 2, 2, 1, 1),
)
_KEYS: Final = tuple(bytes((number,)) * 8 for number in range(1, 8))


def option(r: random.Random, whole: bool = False) -> bytes:
    """One or two options, at times with another kind before, between or behind them; or one without a fault."""
    if whole:
        subtype = r.choices(*_SUBTYPES)[0]
        body = _body(r, subtype)
        return bytes((KIND, 2 + len(body))) + body
    text = _one(r)
    if r.random() < 0.15:
        text = r.choice((b"\x01", options.window_scale(3), b"\x08\x0a" + bytes(8))) + text
    if r.random() < 0.2:
        text += r.choice((b"\x01\x01", b"", b"\x00")) + _one(r)
    if r.random() < 0.05:
        text += r.choice((bytes((KIND, 2)), bytes((KIND, 3, 0))))  # tshark gives the frame up
    return text[: options.ROOM]


def token(key: bytes, version: int) -> bytes:
    """What a connection is called by those who join it (RFC 8684, 3.2; RFC 6824, 3.2)."""
    digest = {0: hashlib.sha1, 1: hashlib.sha256}.get(version)
    return digest(key).digest()[:4] if digest else bytes(4)


def _one(r: random.Random) -> bytes:
    subtype = r.choices(*_SUBTYPES)[0]
    body = _body(r, subtype)
    size = 2 + len(body)
    if r.random() < 0.04:
        size = max(r.choice((2, 3, 4, size - 1, size + 1, size + 8)), 2)
        body = (body + bytes(size))[: size - 2]
    return bytes((KIND, size)) + body


def _body(r: random.Random, subtype: int) -> bytes:
    """All behind the length."""
    if subtype == CAPABLE:
        version = r.choice((0, 0, 0, 1, 1, 1, 1, 2))
        keys = r.sample(_KEYS, 2)
        more = r.choice((b"", keys[0], keys[0], keys[0] + keys[1], keys[0] + keys[1], b"".join(keys) + bytes(2)))
        if r.random() < 0.2 and len(more) == 18:
            more += bytes(2)
        return bytes((version, r.choice((1, 1, 1, 0x81, 0)))) + more
    if subtype == JOIN:
        key, version = r.choice(_KEYS), r.choice((0, 1, 1, 2))
        named = token(key, version) if r.random() < 0.9 else r.randbytes(4)
        return bytes((JOIN << 4, r.randrange(3))) + r.choice((named + bytes(4), named + bytes(4), bytes(12), bytes(20)))
    if subtype == DSS:
        flags = r.choice((0x00, 0x01, 0x01, 0x03, 0x04, 0x05, 0x07, 0x0F, 0x11))
        acknowledged = (0, 4, 0, 8)[flags & 3]
        mapped = 10 + (flags >> 3 & 1) * 4 + r.choice((0, 2)) if flags & 4 else 0
        return bytes((DSS << 4, flags)) + bytes(acknowledged + mapped)
    size = {
        ADD_ADDRESS: r.choice((6, 8, 14, 16, 18, 20, 26)), REMOVE_ADDRESS: r.choice((2, 3)),
        PRIORITY: r.choice((1, 2)), FAIL: 10, FAST_CLOSE: 10, RESET: 2,
    }.get(subtype, r.choice((1, 2, 5)))  # fmt: skip
    return bytes((subtype << 4 | r.randrange(16),)) + bytes(size - 1)
