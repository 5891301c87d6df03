"""Records the case ``offloaded-segments``: packets larger than any wire carries.

The bench's devices have no offload, on purpose.  Here two namespaces are joined by a veth pair that
keeps what the kernel gives it: segmentation offload, checksum offload.  One upload of 60 kB, captured
at the client with tcpdump.  Takes about three seconds; needs root, iproute2, tcpdump and util-linux.

    python -m cases.recorder.offload [FOLDER]
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from cases.recorder.pcapng import read_pcap, write_pcapng

PORT: Final = 8080
CLIENT, SERVER = "10.9.9.1", "10.9.9.2"
UPLOAD: Final = 60_000
QUIET_SECONDS: Final = 0.5
LINE: Final = b"the quick brown fox jumps over the lazy dog, again and again\n"
CASE_FOLDER: Final = Path(__file__).parents[1] / "102-offloaded-segments"
INSIDE: Final = "TCPTUI_RECORDER_INSIDE"


def serve(ready: int) -> None:
    """In the peer's namespace: accepts one connection, reads it to its end, closes."""
    with socket.create_server((SERVER, PORT)) as listener:
        os.write(ready, b"!")
        connection, _ = listener.accept()
        with connection:
            while connection.recv(65536):
                pass


def upload() -> None:
    """Connects, hands the kernel everything at once, closes."""
    with socket.create_connection((SERVER, PORT), timeout=5) as connection:
        connection.sendall((LINE * (UPLOAD // len(LINE) + 1))[:UPLOAD])


def record(folder: Path) -> int:
    """Records into ``folder``; returns the number of packets.  Runs inside the client's namespace."""
    reading, writing = os.pipe()
    peer = os.fork()
    if not peer:
        _unshare_network()
        os.write(writing, b"n")
        while not _has_device("peer0"):
            time.sleep(0.01)
        _run("ip", "link", "set", "peer0", "up")
        _run("ip", "address", "add", f"{SERVER}/24", "dev", "peer0")
        serve(writing)
        os._exit(0)
    try:
        os.read(reading, 1)
        _run("ip", "link", "add", "veth0", "type", "veth", "peer", "name", "peer0", "netns", str(peer))
        _run("ip", "address", "add", f"{CLIENT}/24", "dev", "veth0")
        _run("ip", "link", "set", "veth0", "up")
        os.read(reading, 1)
        with tempfile.TemporaryDirectory(prefix="tcptui-recorder-") as scratch:
            spool = Path(scratch, "veth0.pcap")
            recorder = _start_tcpdump(spool)
            upload()
            time.sleep(QUIET_SECONDS)
            recorder.send_signal(signal.SIGINT)
            recorder.wait(5)
            link_type, snapshot, records = read_pcap(spool)
    finally:
        os.kill(peer, signal.SIGKILL)
        os.waitpid(peer, 0)
    plain = folder / "client.pcapng"
    write_pcapng(
        plain,
        records,
        link_type=link_type,
        snapshot=snapshot,
        interface="veth0",
        comment=f"A client sends {UPLOAD} bytes through a veth pair that keeps segmentation offload; captured at the "
        "client's interface with tcpdump. Made by: python -m cases.recorder.offload",
        system=f"{platform.system()} {platform.release().split('-')[0]}",
    )
    plain.with_name(plain.name + ".gz").write_bytes(gzip.compress(plain.read_bytes(), compresslevel=9, mtime=0))
    plain.unlink()
    return len(records)


def _unshare_network() -> None:
    """A network namespace of its own; Python before 3.12 has no os.unshare."""
    import ctypes

    if ctypes.CDLL(None, use_errno=True).unshare(0x4000_0000):
        raise OSError(ctypes.get_errno(), "unshare")


def _has_device(name: str) -> bool:
    return subprocess.run(["ip", "link", "show", name], capture_output=True, check=False).returncode == 0


def _run(*words: str) -> None:
    subprocess.run(words, check=True, timeout=10)


def _start_tcpdump(spool: Path) -> subprocess.Popen[bytes]:
    """tcpdump, once it listens."""
    words = ["tcpdump", "-i", "veth0", "-n", "-U", "--immediate-mode", "--time-stamp-precision=nano", "-Z", "root"]
    recorder = subprocess.Popen([*words, "-w", str(spool), "tcp", "port", str(PORT)], stderr=subprocess.PIPE)
    assert recorder.stderr is not None
    for line in recorder.stderr:
        if b"listening on" in line:
            return recorder
    raise RuntimeError("tcpdump did not start")


def main() -> int:
    """Moves into fresh namespaces, then records there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=CASE_FOLDER)
    arguments = parser.parse_args()
    if INSIDE not in os.environ:
        again = [sys.executable, "-m", "cases.recorder.offload", *sys.argv[1:]]
        command = ["unshare", "--net", "--mount", "--propagation", "private", "--", *again]
        return subprocess.run(command, env={**os.environ, INSIDE: "1"}, timeout=60, check=False).returncode
    print(f"{record(arguments.folder)} packets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
