"""What passes over loopback, recorded to its last packet by tcpdump."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: A datagram that nobody reads: what passed before it has been written once it stands in the file.
_LAST: Final = b"nothing follows in this recording"
_PORT: Final = 9
#: The kernel hands packets over in blocks: one that is full at once, one that is not up to two seconds later.
_WAIT_S: Final = 600


@contextmanager
def recorded(path: Path, kib: int = 262_144, *, what: str = "tcp") -> Iterator[None]:
    """All of ``what`` (a capture filter) over loopback meanwhile is in ``path`` behind it.

    The kernel keeps ``kib`` that tcpdump has not read yet.

    To end tcpdump earlier loses what the kernel has not handed over, which is the end of it.  Raises RuntimeError where
    packets were lost.
    """
    dump = ["tcpdump", "-i", "lo", "-U", "-s", "0", "-B", str(kib), "-w", str(path), "-Z", "root",
            f"{what} or udp dst port {_PORT}"]  # fmt: skip
    with subprocess.Popen(dump, stderr=subprocess.PIPE, text=True) as recorder:
        assert recorder.stderr is not None
        recorder.stderr.readline()  # it listens
        try:
            yield
            begin = path.stat().st_size
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(_LAST, ("127.0.0.1", _PORT))
            wait_until_last(path, begin)
        finally:
            recorder.send_signal(signal.SIGINT)
            said = recorder.communicate(timeout=600)[1]
    if re.search("^0 packets dropped by kernel", said, re.MULTILINE) is None:
        raise RuntimeError(said)


def wait_until_last(path: Path, begin: int) -> None:
    """Wait for the last datagram behind the first ``begin`` bytes; servers may still close connections after it."""
    end = time.monotonic() + _WAIT_S
    while time.monotonic() < end:
        with path.open("rb") as file:
            file.seek(begin)
            new = file.read()
        if _LAST in new:
            return
        begin += max(len(new) - len(_LAST), 0)
        time.sleep(0.02)
    message = f"{path} has no end after {_WAIT_S} s"
    raise RuntimeError(message)
