"""One worker of `owner_accuracy`: imports little, for twenty of them begin at once."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Final

_PORT: Final = 7_999
_LINGER_RESET: Final = struct.pack("ii", 1, 0)


def work(number: int, seconds: float, wrote: Path, sockets: int) -> None:
    """One worker: connections until the time is over, and what they were, as lines of JSON."""
    chance = random.Random(number)
    # Many that nobody asks about: what a look-up costs must not grow with them.
    held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(sockets)]
    end = time.monotonic() + seconds
    host = f"10.77.{number // 2}.1"
    open_until: list[tuple[float, socket.socket]] = []
    with wrote.open("w") as out:
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                made = socket.create_connection((host, _PORT), 2)
                made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)  # its port is free at once
                lasts = chance.uniform(0.001, 0.049) if chance.random() < 0.5 else chance.uniform(0.3, 1.5)
                told = [made.getsockname()[0], made.getsockname()[1], time.time_ns(), lasts]
                print(json.dumps(told), file=out)
                if lasts < 0.05:
                    time.sleep(lasts)
                    made.close()
                else:
                    open_until.append((time.monotonic() + lasts, made))
            time.sleep(chance.uniform(0.02, 0.12))
            now = time.monotonic()
            for due, made in open_until:
                if due <= now:
                    made.close()
            open_until = [(due, made) for due, made in open_until if due > now]
    del held


if __name__ == "__main__":
    sys.stdin.readline()
    work(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
