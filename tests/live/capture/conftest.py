"""Two namespaces, a capture child in one of them, and a way to wait for what a source announces."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tcptui.capture.child.client import CaptureChild, CaptureOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcptui.capture.live_source import LiveSource

DISCARD = 9
#: Only a failing test waits so long, in seconds.
DEADLINE_S = 600
CLONE_NEWNET = 0x4000_0000


def run(*words: str) -> None:
    subprocess.run(words, check=True, timeout=DEADLINE_S, capture_output=True)


class Wire:
    """Two network namespaces joined by a veth pair; packets go from 10.77.0.1 to 10.77.0.2 (interface ``right``)."""

    def __init__(self) -> None:
        self.left, self.right = (f"tcptui-{os.getpid()}-{side}" for side in ("left", "right"))

    def join(self) -> None:
        """Put the pair of interfaces up, again if it is gone."""
        veth = ("type", "veth", "peer", "name", "right", "netns", self.right)
        run("ip", "link", "add", "left", "netns", self.left, *veth)
        for namespace, name, address in ((self.left, "left", "10.77.0.1/24"), (self.right, "right", "10.77.0.2/24")):
            run("ip", "-n", namespace, "addr", "add", address, "dev", name)
            run("ip", "-n", namespace, "link", "set", name, "up")

    @contextlib.contextmanager
    def inside(self, namespace: str) -> Iterator[None]:
        """Run the body of a with statement, in this thread, in ``namespace``."""
        home, there = (os.open(path, os.O_RDONLY) for path in ("/proc/self/ns/net", f"/run/netns/{namespace}"))
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.setns(there, CLONE_NEWNET) == 0
        try:
            yield
        finally:
            assert libc.setns(home, CLONE_NEWNET) == 0
            os.close(home)
            os.close(there)

    def send(self, count: int, size: int = 100, first: int = 0) -> None:
        """Send numbered datagrams across; nobody listens, and nobody answers more than a few times a second."""
        with self.inside(self.left), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(first, first + count):
                with contextlib.suppress(ConnectionRefusedError):
                    sender.sendto(struct.pack(">I", number).ljust(size, b"."), ("10.77.0.2", DISCARD))

    def datagrams(self, **more: Any) -> CaptureOptions:
        """Capture what `send` sends, at its far end."""
        return CaptureOptions("right", f"udp port {DISCARD}", **more)

    def configure(self, *words: str) -> None:
        """Run ``ip`` at the far end."""
        run("ip", "-n", self.right, *words)

    def child(self) -> CaptureChild:
        with self.inside(self.right):
            return CaptureChild.start()


class Watched:
    """A started source whose announcements wake whoever waits for a level."""

    def __init__(self, source: LiveSource) -> None:
        self.source = source
        self._changed = threading.Condition()
        self._errors: list[str | None] = []
        """What was announced and nobody has waited for yet: the next error may follow before anybody looks."""
        source.start(self._announced)

    def _announced(self) -> None:
        with self._changed:
            self._errors.append(self.error)
            self._changed.notify_all()

    def wait(self, reached: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(reached, timeout=DEADLINE_S), self.source.status()

    def told(self, error: str | None) -> None:
        """Wait until ``error`` (None: no error) was announced, be it for a moment; it and all before count as seen."""
        with self._changed:
            assert self._changed.wait_for(lambda: error in self._errors, timeout=DEADLINE_S), self._errors
            del self._errors[: self._errors.index(error) + 1]

    def complete(self) -> None:
        self.wait(lambda: self.source.status().complete)

    def stop(self) -> None:
        """Stop the source and wait until all is there, however long `Source.stop` waits for it."""
        self.source.stop()
        self.complete()

    def packets(self, count: int) -> None:
        self.wait(lambda: (self.source.status().received or 0) >= count)

    def frames(self) -> list[bytes]:
        """The packets of the spool, which must be whole and exactly as long as announced."""
        end = self.source.status().end
        if self.source.status().complete:
            assert os.fstat(self.source.descriptor).st_size == end
        return frames(os.pread(self.source.descriptor, end, 0))

    @property
    def error(self) -> str | None:
        """The key of what ended the source early."""
        error = self.source.status().error
        return error.key.removeprefix("messages.") if error else None


def frames(capture: bytes) -> list[bytes]:
    """The packets of a pcap file, which must end with a whole record."""
    found, at = [], 24
    while at < len(capture):
        (length,) = struct.unpack_from("=I", capture, at + 8)
        assert at + 16 + length <= len(capture), "a record is cut"
        found.append(capture[at + 16 : at + 16 + length])
        at += 16 + length
    return found


@pytest.fixture(autouse=True)
def spools(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary spools go, whoever makes them; what a killed program leaves there is gone with it."""
    folder = Path(tempfile.mkdtemp(prefix="tcptui-test-", dir="/var/tmp"))
    folder.chmod(0o1777)
    monkeypatch.setenv("TMPDIR", str(folder))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def wire() -> Iterator[Wire]:
    pair = Wire()
    try:
        for namespace in (pair.left, pair.right):
            run("ip", "netns", "add", namespace)
        pair.join()
        yield pair
    finally:
        for namespace in (pair.left, pair.right):
            subprocess.run(["ip", "netns", "del", namespace], check=False, timeout=DEADLINE_S, capture_output=True)


@pytest.fixture
def child(wire: Wire) -> Iterator[CaptureChild]:
    started = wire.child()
    yield started
    started.close()


@pytest.fixture
def local_child() -> Iterator[CaptureChild]:
    started = CaptureChild.start()
    yield started
    started.close()


@pytest.fixture
def watch() -> Callable[[LiveSource], Watched]:
    return Watched


@pytest.fixture
def frames_of() -> Callable[[bytes], list[bytes]]:
    return frames
