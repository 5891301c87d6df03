"""How fast records of TLS 1.3 are opened: one direction of a connection, by the size of its records.

    python tests/benchmarks/tls_speed.py [--runs 3]

*opened*: for the first time, to learn which record holds which plain bytes; *read*: again, for whoever reads them.
Megabytes of plain bytes a second of processor time, and records a second, medians.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

sys.path.append(str(Path(__file__).parents[1] / "support"))

from http_halves import Dialogue
from sealed_records import ANSWER, HELLO, SECRETS, Sealer, log_of
from tls_bytes import CHANGE, handshake

from tcptui.protocols.tls.key_schedule import expand_label
from tcptui.protocols.tls.parse import parse_tls

#: Plain bytes of a record, and of all of them.
SIZES: Final = ((16_000, 64 << 20), (1_000, 32 << 20), (100, 8 << 20))
_SEGMENT: Final = 1_448
_READ: Final = 65_536


def talk(size: int, total: int) -> Dialogue:
    """A server sends ``total`` bytes in records of ``size``."""
    secret = SECRETS["SERVER_TRAFFIC_SECRET_0"]
    server, client = (Sealer(SECRETS[f"{side}_HANDSHAKE_TRAFFIC_SECRET"]) for side in ("SERVER", "CLIENT"))
    flight = server.seal(handshake(8, bytes(2)) + handshake(20, bytes(32)), 22)
    made = Dialogue().client(HELLO).server(ANSWER + CHANGE + flight)
    made.client(CHANGE + client.seal(handshake(20, bytes(32)), 22))
    cipher = AESGCM(expand_label("sha256", secret, "key", 16))
    nonce = int.from_bytes(expand_label("sha256", secret, "iv", 12))
    body, sealed = bytes(size) + b"\x17", bytearray()
    header = b"\x17\x03\x03" + (len(body) + 16).to_bytes(2)
    for number in range(total // size):
        sealed += header + cipher.encrypt((nonce ^ number).to_bytes(12), body, header)
    return made.server(*(bytes(sealed[at : at + _SEGMENT]) for at in range(0, len(sealed), _SEGMENT)))


def measured(said: Dialogue) -> tuple[float, float, int]:
    """Seconds for opening and for reading, and the bytes read."""
    directions = said.directions()
    for direction in directions:
        direction.keys = log_of(SECRETS)
    began = time.process_time()
    stream = parse_tls(*directions, 1_000)
    assert stream is not None
    assert stream.plain is not None
    opened, at = time.process_time(), 0
    while data := stream.plain[1].read(at, _READ):
        at += len(data)
    return opened - began, time.process_time() - opened, at


def main() -> None:
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    print("| bytes of a record | opened MB/s | records/s | read MB/s |\n|---|---|---|---|")
    for size, total in SIZES:
        said = talk(size, total)
        opened, read, held = (
            statistics.median(column) for column in zip(*(measured(said) for _ in range(runs)), strict=True)
        )
        print(f"| {size:,} | {held / opened / 1e6:.0f} | {held / size / opened:,.0f} | {held / read / 1e6:.0f} |")


if __name__ == "__main__":
    main()
