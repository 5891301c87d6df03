"""Names of TLS's numbers: Wireshark's value strings, and what was assigned after its version 4.0."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class ContentType(IntEnum):
    """Types of records (RFC 8446, 5.1; RFC 6520, 3)."""

    CHANGE_CIPHER_SPEC = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION_DATA = 23
    HEARTBEAT = 24


class Handshake(IntEnum):
    """Types of handshake messages that are told apart here (RFC 8446, 4; RFC 5246, 7.4)."""

    HELLO_REQUEST = 0
    CLIENT_HELLO = 1
    SERVER_HELLO = 2
    NEW_SESSION_TICKET = 4
    END_OF_EARLY_DATA = 5
    ENCRYPTED_EXTENSIONS = 8
    CERTIFICATE = 11
    SERVER_KEY_EXCHANGE = 12
    CERTIFICATE_REQUEST = 13
    SERVER_HELLO_DONE = 14
    CERTIFICATE_VERIFY = 15
    CLIENT_KEY_EXCHANGE = 16
    FINISHED = 20
    CERTIFICATE_STATUS = 22
    KEY_UPDATE = 24


class Extension(IntEnum):
    """Extensions that are read here (IANA: TLS ExtensionType Values)."""

    SERVER_NAME = 0
    MAX_FRAGMENT_LENGTH = 1
    STATUS_REQUEST = 5
    SUPPORTED_GROUPS = 10
    EC_POINT_FORMATS = 11
    SIGNATURE_ALGORITHMS = 13
    HEARTBEAT = 15
    ALPN = 16
    SIGNED_CERTIFICATE_TIMESTAMP = 18
    PADDING = 21
    ENCRYPT_THEN_MAC = 22
    EXTENDED_MASTER_SECRET = 23
    COMPRESS_CERTIFICATE = 27
    RECORD_SIZE_LIMIT = 28
    DELEGATED_CREDENTIALS = 34
    SESSION_TICKET = 35
    PRE_SHARED_KEY = 41
    EARLY_DATA = 42
    SUPPORTED_VERSIONS = 43
    COOKIE = 44
    PSK_KEY_EXCHANGE_MODES = 45
    CERTIFICATE_AUTHORITIES = 47
    POST_HANDSHAKE_AUTH = 49
    SIGNATURE_ALGORITHMS_CERT = 50
    KEY_SHARE = 51
    NEXT_PROTOCOL = 13172
    APPLICATION_SETTINGS = 17513
    RENEGOTIATION_INFO = 65281


TLS_1_1: Final = 0x0302
TLS_1_2: Final = 0x0303
TLS_1_3: Final = 0x0304
#: What a record layer of that version is called.
SHORT_VERSIONS: Final = {
    0x0300: "SSLv3", 0x0301: "TLSv1", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3",
}  # fmt: skip
#: High bytes of the numbers of drafts of TLS 1.3, and of those of one vendor.
_DRAFTS: Final = 0x7F
_FACEBOOK_DRAFTS: Final = 0xFB
#: The random value of a HelloRetryRequest (RFC 8446, 4.1.3).
HELLO_RETRY: Final = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

#: Assigned by IANA after tshark 4.0.17, by field.
_NEWER: Final = {
    "tls.handshake.extensions_supported_group": {
        0x0200: "MLKEM512", 0x0201: "MLKEM768", 0x0202: "MLKEM1024", 0x11EB: "SecP256r1MLKEM768",
        0x11EC: "X25519MLKEM768", 0x11ED: "SecP384r1MLKEM1024", 0x6399: "X25519Kyber768Draft00",
    },
    "tls.handshake.extension.type": {0xFE0D: "encrypted_client_hello", 17613: "application_settings"},
    "tls.handshake.sig_hash_alg": {0x0904: "mldsa44", 0x0905: "mldsa65", 0x0906: "mldsa87"},
}  # fmt: skip
#: Fields that share the value strings of another.
_SAME: Final = {
    "tls.handshake.extensions_key_share_group": "tls.handshake.extensions_supported_group",
    "tls.handshake.extensions_key_share_selected_group": "tls.handshake.extensions_supported_group",
    "tls.handshake.server_named_curve": "tls.handshake.extensions_supported_group",
}


def name_of(field: str, value: int) -> str:
    """What Wireshark calls ``value`` of ``field``; empty for a number without a name."""
    from tcptui.dfilter.names import value_text  # imports all fields that a filter knows

    field = _SAME.get(field, field)
    return value_text(field, value) or _NEWER.get(field, {}).get(value, "")


def named(field: str, value: int, digits: int = 0) -> str:
    """The name with its number behind, in ``digits`` hexadecimal digits; 0: decimal."""
    number = f"0x{value:0{digits}x}" if digits else str(value)
    return f"{name_of(field, value) or 'Unknown'} ({number})"


def agreed(version: int) -> int:
    """The version that a ServerHello's number stands for: drafts of TLS 1.3 had numbers of their own."""
    is_draft = version >> 8 == _DRAFTS or version >> 8 == _FACEBOOK_DRAFTS
    return TLS_1_3 if is_draft else version


def version_name(version: int) -> str:
    """``"TLS 1.2"``."""
    return name_of("tls.handshake.version", version) or f"0x{version:04x}"


def is_grease(value: int) -> bool:
    """Whether a 16-bit value is one of those that mean nothing (RFC 8701)."""
    return value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF
