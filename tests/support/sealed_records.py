"""Encrypted records of TLS 1.3 (TLS_AES_128_GCM_SHA256), and the key log that opens them."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tls_bytes import TLS_1_3_CHOSEN, client_hello, handshake, record, server_hello

from tcptui.protocols.keylog import KeyBlocks, KeyLog
from tcptui.protocols.tls.key_schedule import expand_label, next_secret

HELLO = record(22, client_hello(), 0x0301)
ANSWER = record(22, server_hello(TLS_1_3_CHOSEN))
SECRETS = {
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET": b"c" * 32, "SERVER_HANDSHAKE_TRAFFIC_SECRET": b"s" * 32,
    "CLIENT_TRAFFIC_SECRET_0": b"C" * 32, "SERVER_TRAFFIC_SECRET_0": b"S" * 32,
}  # fmt: skip


def log_of(secrets: dict[str, bytes], random: bytes = bytes(32)) -> KeyLog:
    lines = "".join(f"{label} {random.hex()} {secret.hex()}\n" for label, secret in secrets.items())
    return KeyLog([KeyBlocks([[lines.encode()]])])


@dataclass
class Sealer:
    """Makes the records of one direction."""

    secret: bytes
    number: int = 0
    update: bytes = field(default=handshake(24, b"\0"), repr=False)

    def seal(self, data: bytes, kind: int = 23, padding: int = 0) -> bytes:
        key, iv = expand_label("sha256", self.secret, "key", 16), expand_label("sha256", self.secret, "iv", 12)
        nonce = (int.from_bytes(iv, "big") ^ self.number).to_bytes(12, "big")
        self.number += 1
        plain = data + bytes([kind]) + bytes(padding)
        header = b"\x17\x03\x03" + (len(plain) + 16).to_bytes(2, "big")
        return header + AESGCM(key).encrypt(nonce, plain, header)

    def change(self) -> bytes:
        sealed = self.seal(self.update, 22)
        self.secret, self.number = next_secret("sha256", self.secret), 0
        return sealed
