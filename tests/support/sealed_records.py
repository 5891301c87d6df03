"""Encrypted records of TLS 1.3 (TLS_AES_128_GCM_SHA256), and the key log that opens them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tls_bytes import CHANGE, TLS_1_3_CHOSEN, client_hello, handshake, record, server_hello

from tcptui.protocols.keylog import KeyBlocks, KeyLog
from tcptui.protocols.tls.key_schedule import expand_label, next_secret

if TYPE_CHECKING:
    from web_captures import Turn

HELLO = record(22, client_hello(), 0x0301)
#: The suite is that of the keys: tshark asks for it.
ANSWER = record(22, server_hello(TLS_1_3_CHOSEN, 0x1301))
SECRETS = {
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET": b"c" * 32, "SERVER_HANDSHAKE_TRAFFIC_SECRET": b"s" * 32,
    "CLIENT_TRAFFIC_SECRET_0": b"C" * 32, "SERVER_TRAFFIC_SECRET_0": b"S" * 32,
}  # fmt: skip


def log_text(secrets: dict[str, bytes], random: bytes = bytes(32)) -> str:
    return "".join(f"{label} {random.hex()} {secret.hex()}\n" for label, secret in secrets.items())


def log_of(secrets: dict[str, bytes], random: bytes = bytes(32)) -> KeyLog:
    return KeyLog([KeyBlocks([[log_text(secrets, random).encode()]])])


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


#: Plain bytes of one record (RFC 8446, 5.1: 16,384 at most).
RECORD = 16_000


def sealed_turns(turns: list[Turn]) -> list[Turn]:
    """``turns`` (see `web_captures`) inside TLS: a handshake, then each turn in records of its own."""
    first = turns[0][0]
    hands = {who: Sealer(SECRETS[f"{name}_HANDSHAKE_TRAFFIC_SECRET"]) for who, name in _NAMES.items()}
    speaks = {who: Sealer(SECRETS[f"{name}_TRAFFIC_SECRET_0"]) for who, name in _NAMES.items()}
    answer = ANSWER + CHANGE + hands["S"].seal(handshake(8, bytes(2)) + handshake(20, bytes(32)), 22)
    made: list[Turn] = [
        (first - 55, "C", HELLO), (first - 14, "S", answer),
        (first - 13, "C", CHANGE + hands["C"].seal(handshake(20, bytes(32)), 22)),
    ]  # fmt: skip
    for ms, who, what in turns:
        if isinstance(what, bytes):
            what = b"".join(speaks[who].seal(what[at : at + RECORD]) for at in range(0, len(what), RECORD))
        made.append((ms, who, what))
    return made


_NAMES = {"C": "CLIENT", "S": "SERVER"}
