"""Sends numbered frames into a wire, a few at a time; says after each handful how many it sent.

``python sender.py INTERFACE COUNT``, in the namespace of the other end; ends when standard input does.
"""

from __future__ import annotations

import select
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.campaigns.faults.numbered import frame

#: Frames at once, and the pause after them in seconds: some 5,000 packets a second.
_HANDFUL = 50
_PAUSE_S = 0.01


def main() -> None:
    """As the module says."""
    interface, count = sys.argv[1], int(sys.argv[2])
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind((interface, 0))
    for number in range(count):
        out.send(frame(number))
        if number % _HANDFUL == _HANDFUL - 1:
            print(number + 1, flush=True)
            if select.select([sys.stdin], [], [], _PAUSE_S)[0]:
                return
    time.sleep(_PAUSE_S)


if __name__ == "__main__":
    main()
