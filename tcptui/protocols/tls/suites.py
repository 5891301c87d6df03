"""What a cipher suite says of the protection of records, by its name (RFC 8446, B.4; RFC 5246, A.5, and later ones)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Final

from tcptui.protocols.tls.codes import TLS_1_2, TLS_1_3, name_of


class Mode(Enum):
    """How records are protected."""

    GCM = auto()
    CCM = auto()
    CHACHA20 = auto()
    CBC = auto()
    NULL = auto()
    """A MAC alone: the bytes are in clear (RFC 5246, 6.2.3.1)."""
    MAC = auto()
    """The same in TLS 1.3 (RFC 9150), where the MAC covers a nonce."""


class BlockCipher(Enum):
    """Ciphers of CBC, as names of suites call them."""

    AES = "AES"
    CAMELLIA = "CAMELLIA"
    TRIPLE_DES = "3DES_EDE"


@dataclass(frozen=True, slots=True)
class Suite:
    """The protection that a cipher suite gives records."""

    mode: Mode
    key: int
    """Bytes of a key."""
    prf: str
    """The hash function of the key schedule, as `hashlib` calls it."""
    tag: int = 16
    """Bytes of the tag of an AEAD, or of the MAC that stands for it."""
    block: BlockCipher = BlockCipher.AES
    mac: str = ""
    """CBC, NULL and MAC: the hash function of the MAC; empty without one."""


_NAME: Final = re.compile(
    r"TLS_(?:.*_WITH_)?(?:"
    r"(?P<aead>AES_(?P<bits>128|256)_(?P<mode>GCM|CCM)(?P<short>_8)?)|(?P<chacha>CHACHA20_POLY1305)"
    r"|(?P<null>NULL)|(?P<only>SHA256|SHA384)|(?P<block>AES|CAMELLIA|3DES_EDE)_(?:(?P<size>128|256)_)?CBC)(?:_(?P<hash>SHA384|SHA256|SHA|MD5|NULL))?"
)
_HASHES: Final = {"SHA": "sha1", "SHA256": "sha256", "SHA384": "sha384", "MD5": "md5", "NULL": ""}
#: Bytes of what they make; `hashlib` would tell, and load OpenSSL.
_SIZES: Final = {"sha256": 32, "sha384": 48}
#: The hash function of the key schedule of TLS 1.0 and 1.1 (RFC 4346, 5), which is two in one.
OLD_PRF: Final = "md5-sha1"
_TRIPLE_DES_KEY: Final = 24


@lru_cache(maxsize=64)
def suite_of(number: int, version: int) -> Suite | None:
    """The protection of cipher suite ``number``; None for one whose records are not decrypted here."""
    found = _NAME.fullmatch(name_of("tls.handshake.ciphersuite", number))
    if found is None:
        return None
    said = _HASHES.get(found["hash"] or "", "sha256")
    prf = said if version == TLS_1_3 or said == "sha384" else "sha256"
    prf = OLD_PRF if version < TLS_1_2 else prf
    if found["null"]:
        return None if version == TLS_1_3 else Suite(Mode.NULL, 0, prf, 0, mac=said)
    if found["only"]:
        size = _SIZES[said]
        return Suite(Mode.MAC, size, prf, size, mac=said) if version == TLS_1_3 else None
    if found["chacha"]:
        return Suite(Mode.CHACHA20, 32, prf)
    if found["aead"]:
        mode = Mode.GCM if found["mode"] == "GCM" else Mode.CCM
        return Suite(mode, int(found["bits"]) // 8, prf, tag=8 if found["short"] else 16)
    block = BlockCipher(found["block"])
    key = int(found["size"]) // 8 if found["size"] else _TRIPLE_DES_KEY
    return Suite(Mode.CBC, key, prf, 0, block, said)


def is_clear(number: int) -> bool:
    """Whether cipher suite ``number`` encrypts nothing."""
    suite = suite_of(number, TLS_1_2)
    return suite is not None and suite.mode is Mode.NULL
