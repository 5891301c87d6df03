"""Opens protected records: AEADs (RFC 8446, 5.2; RFC 5246, 6.2.3.3; RFC 5288; RFC 6655; RFC 7905), CBC (RFC 5246,
6.2.3.2; RFC 7366), and MACs alone (RFC 5246, 6.2.3.1; RFC 9150).

This is the one module that imports `cryptography`, which is optional, and only when records are to be opened.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final, Protocol

from tcptui.protocols.tls.codes import TLS_1_1
from tcptui.protocols.tls.key_schedule import expand_label, prf
from tcptui.protocols.tls.suites import BlockCipher, Mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm

    from tcptui.protocols.tls.suites import Suite

_IV: Final = 12
_SALT: Final = 4
_EXPLICIT: Final = 8
#: In front of the fragment in what a MAC, or an AEAD until TLS 1.2, is computed over: number, type, version, length.
_TYPE_AND_VERSION: Final = 3


def has_library() -> bool:
    """Whether `cryptography` can be imported."""
    try:
        from cryptography.hazmat.primitives.ciphers import aead  # noqa: F401
    except ImportError:
        return False
    return True


class Protection(Protocol):
    """The keys of one direction, from one change of keys to the next."""

    head: int
    """Bytes of a fragment in front of those that stand for plain bytes."""
    overhead: int
    """Bytes by which a fragment is longer than what it protects, at least."""
    chained: int
    """Bytes in front of a record that are needed to open it."""

    def open(self, number: int, header: bytes, fragment: bytes, before: bytes = b"", /) -> bytes | None:
        """The plain bytes of the record with this sequence number; None where they are not authentic.

        ``header``: the record's own; ``before``: the `chained` bytes in front of it.
        """
        ...


class _Aead(Protocol):
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


def _aead(suite: Suite, key: bytes) -> _Aead:
    from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

    if suite.mode is Mode.CHACHA20:
        return ChaCha20Poly1305(key)
    return AESGCM(key) if suite.mode is Mode.GCM else AESCCM(key, tag_length=suite.tag)


class _NumberedNonce:
    """AEADs whose nonce is an initialization vector and the sequence number."""

    chained = 0

    def __init__(self, suite: Suite, key: bytes, iv: bytes, *, bare: bool) -> None:
        """``bare``: only the record's header is authenticated with it, as in TLS 1.3."""
        from cryptography.exceptions import InvalidTag

        self._wrong, self._bare = InvalidTag, bare
        self._decrypt = _aead(suite, key).decrypt
        self._iv = int.from_bytes(iv, "big")
        self.head, self.overhead = 0, suite.tag + bare
        self._tag = suite.tag

    def open(self, number: int, header: bytes, fragment: bytes, _before: bytes = b"", /) -> bytes | None:
        """See `Protection`."""
        if len(fragment) < self._tag:
            return None
        also = header
        if not self._bare:
            length = (len(fragment) - self._tag).to_bytes(2, "big")
            also = number.to_bytes(8, "big") + header[:_TYPE_AND_VERSION] + length
        try:
            return self._decrypt((self._iv ^ number).to_bytes(_IV, "big"), fragment, also)
        except self._wrong:
            return None


class _ExplicitNonce:
    """AES-GCM and AES-CCM until TLS 1.2, whose fragments begin with a part of the nonce."""

    chained = 0

    def __init__(self, suite: Suite, key: bytes, salt: bytes) -> None:
        from cryptography.exceptions import InvalidTag

        self._wrong, self._salt, self._tag = InvalidTag, salt, suite.tag
        self._decrypt = _aead(suite, key).decrypt
        self.head, self.overhead = _EXPLICIT, _EXPLICIT + suite.tag

    def open(self, number: int, header: bytes, fragment: bytes, _before: bytes = b"", /) -> bytes | None:
        """See `Protection`."""
        length = len(fragment) - self.overhead
        if length < 0:
            return None
        also = number.to_bytes(8, "big") + header[:_TYPE_AND_VERSION] + length.to_bytes(2, "big")
        try:
            return self._decrypt(self._salt + fragment[:_EXPLICIT], fragment[_EXPLICIT:], also)
        except self._wrong:
            return None


class _Cbc:
    """Block ciphers in CBC mode with a MAC, of the plain bytes or of the encrypted ones (encrypt-then-MAC)."""

    def __init__(
        self, suite: Suite, key: bytes, mac_key: bytes, iv: bytes, *, explicit: bool, mac_last: bool
    ) -> None:  # fmt: skip
        """``explicit``: each fragment begins with its own initialization vector, as since TLS 1.1."""
        self._decrypt = _cbc(suite.block, key)
        self._mac_key, self._hash = mac_key, suite.mac
        self._mac = hashlib.new(suite.mac).digest_size
        self._block, self._iv = len(iv), iv
        self._mac_last = mac_last
        self.head = self._block if explicit else 0
        self.overhead = self.head + self._mac + 1
        # The block before, which is that in front of the MAC of the record before.
        self.chained = 0 if explicit else self._block + mac_last * self._mac

    def open(self, number: int, header: bytes, fragment: bytes, before: bytes = b"", /) -> bytes | None:
        """See `Protection`."""
        sealed = fragment
        if self._mac_last:
            sealed, mac = fragment[: -self._mac], fragment[-self._mac :]
            if not hmac.compare_digest(mac, self._sum(number, header, sealed)):
                return None
        iv = sealed[: self.head] if self.head else before[: self._block] if number else self._iv
        body = sealed[self.head :]
        if len(iv) != self._block or not body or len(body) % self._block:
            return None
        plain = self._decrypt(iv, body)
        padding = plain[-1] + 1
        end = len(plain) - padding
        if end < (0 if self._mac_last else self._mac) or plain[end:] != bytes((padding - 1,)) * padding:
            return None
        if self._mac_last:
            return plain[:end]
        data, mac = plain[: end - self._mac], plain[end - self._mac : end]
        return data if hmac.compare_digest(mac, self._sum(number, header, data)) else None

    def _sum(self, number: int, header: bytes, data: bytes) -> bytes:
        head = number.to_bytes(8, "big") + header[:_TYPE_AND_VERSION] + len(data).to_bytes(2, "big")
        return hmac.digest(self._mac_key, head + data, self._hash)


class _IntegrityOnly:
    """Suites of TLS 1.3 that encrypt nothing (RFC 9150, 5): the bytes, and a MAC of nonce, header and bytes."""

    chained = 0
    head = 0

    def __init__(self, suite: Suite, key: bytes, iv: bytes) -> None:
        self._key, self._hash, self._tag = key, suite.mac, suite.tag
        self._iv, self._nonce = int.from_bytes(iv, "big"), len(iv)
        self.overhead = suite.tag + 1

    def open(self, number: int, header: bytes, fragment: bytes, _before: bytes = b"", /) -> bytes | None:
        """See `Protection`."""
        said, mac = fragment[: -self._tag], fragment[-self._tag :]
        nonce = (self._iv ^ number).to_bytes(self._nonce, "big")
        expected = hmac.digest(self._key, nonce + header + said, self._hash)
        return said if hmac.compare_digest(mac, expected) else None


class _Clear:
    """Suites that encrypt nothing: the bytes, and a MAC behind them that only who has the keys can check."""

    chained = 0
    head = 0

    def __init__(self, suite: Suite) -> None:
        self.overhead = hashlib.new(suite.mac).digest_size if suite.mac else 0

    def open(self, _number: int, _header: bytes, fragment: bytes, _before: bytes = b"", /) -> bytes | None:
        """See `Protection`."""
        stop = len(fragment) - self.overhead
        return fragment[:stop] if stop >= 0 else None


def clear_protection(suite: Suite) -> Protection:
    """That of either direction where nothing is encrypted."""
    return _Clear(suite)


def _cbc(block: BlockCipher, key: bytes) -> Callable[[bytes, bytes], bytes]:
    from cryptography.hazmat.decrepit.ciphers import algorithms as old
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    made: dict[BlockCipher, Callable[[bytes], BlockCipherAlgorithm]] = {
        BlockCipher.AES: algorithms.AES,
        BlockCipher.CAMELLIA: old.Camellia,
        BlockCipher.TRIPLE_DES: old.TripleDES,
    }
    cipher = made[block](key)

    def decrypt(iv: bytes, data: bytes) -> bytes:
        decryptor = Cipher(cipher, modes.CBC(iv)).decryptor()
        return decryptor.update(data) + decryptor.finalize()

    return decrypt


def traffic_protection(suite: Suite, secret: bytes) -> Protection:
    """The protection that a traffic secret of TLS 1.3 gives (RFC 8446, 7.3)."""
    key = expand_label(suite.prf, secret, "key", suite.key)
    if suite.mode is Mode.MAC:  # whose nonce is as long as its key (RFC 9150, 6)
        return _IntegrityOnly(suite, key, expand_label(suite.prf, secret, "iv", suite.key))
    return _NumberedNonce(suite, key, expand_label(suite.prf, secret, "iv", _IV), bare=True)


def session_protections(
    suite: Suite, version: int, master: bytes, randoms: tuple[bytes, bytes], *, mac_last: bool
) -> tuple[Protection, Protection]:
    """The protections of client and server until TLS 1.2 (RFC 5246, 6.3); ``randoms``: the values of both."""
    client_random, server_random = randoms
    is_cbc, explicit = suite.mode is Mode.CBC, version >= TLS_1_1
    block = (8 if suite.block is BlockCipher.TRIPLE_DES else 16) if is_cbc else 0
    mac = hashlib.new(suite.mac).digest_size if is_cbc else 0
    iv = block if is_cbc else _IV if suite.mode is Mode.CHACHA20 else _SALT
    sizes = (mac, mac, suite.key, suite.key, iv, iv)
    made = prf(suite.prf, master, b"key expansion", server_random + client_random, sum(sizes))
    parts, at = [], 0
    for size in sizes:
        parts.append(made[at : at + size])
        at += size

    def protection(side: int) -> Protection:
        mac_key, key, one_iv = parts[side], parts[2 + side], parts[4 + side]
        if is_cbc:
            return _Cbc(suite, key, mac_key, one_iv, explicit=explicit, mac_last=mac_last)
        if suite.mode is Mode.CHACHA20:
            return _NumberedNonce(suite, key, one_iv, bare=False)
        return _ExplicitNonce(suite, key, one_iv)

    return protection(0), protection(1)
