"""From the secrets of a key log to the keys of records: HKDF-Expand-Label (RFC 8446, 7.1) and the PRF (RFC 5246, 5)."""

from __future__ import annotations

import hashlib
import hmac

from tcptui.protocols.tls.suites import OLD_PRF


def expand_label(hash_name: str, secret: bytes, label: str, length: int) -> bytes:
    """HKDF-Expand-Label with an empty context."""
    full = b"tls13 " + label.encode("ascii")
    info = length.to_bytes(2, "big") + bytes((len(full),)) + full + b"\0"
    made, block, number = b"", b"", 1
    while len(made) < length:
        block = hmac.digest(secret, block + info + bytes((number,)), hash_name)
        made, number = made + block, number + 1
    return made[:length]


def next_secret(hash_name: str, secret: bytes) -> bytes:
    """The traffic secret behind a KeyUpdate (RFC 8446, 7.2)."""
    return expand_label(hash_name, secret, "traffic upd", hashlib.new(hash_name).digest_size)


def prf(hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    """The pseudorandom function of TLS 1.2, and of those before (RFC 2246, 5) for `OLD_PRF`."""
    if hash_name != OLD_PRF:
        return _p_hash(hash_name, secret, label + seed, length)
    half = (len(secret) + 1) // 2
    one = _p_hash("md5", secret[:half], label + seed, length)
    other = _p_hash("sha1", secret[len(secret) - half :], label + seed, length)
    return bytes(left ^ right for left, right in zip(one, other, strict=True))


def _p_hash(hash_name: str, secret: bytes, seed: bytes, length: int) -> bytes:
    made, step = b"", seed
    while len(made) < length:
        step = hmac.digest(secret, step, hash_name)
        made += hmac.digest(secret, step + seed, hash_name)
    return made[:length]
