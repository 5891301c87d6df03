"""Records the case ``hello-world-loopback``: eight packets from first SYN to last ACK.

A client connects to 127.0.0.1:8079, sends "hello world" and closes; the server reads until the
client's end of stream and closes at once.  All of it happens in a network namespace of its own,
so nothing else can be in the capture and nothing is left behind.  Takes about two seconds.

    python -m cases.recorder.hello_world [FOLDER] [--hold SECONDS]

Needs root, tcpdump and util-linux.  With ``--hold 0.2`` the server waits before its close():
then the ACK of the client's FIN cannot wait for it, and there are nine packets.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

from cases.recorder.kernel_trace import StateChange, kernel_trace
from cases.recorder.pcapng import read_pcap, write_pcapng
from cases.recorder.segment import Flag, parse

ADDRESS: Final = ("127.0.0.1", 8079)
GREETING: Final = b"hello world"
PAUSE_SECONDS: Final = 0.1
"""Between the acts, so that the capture can be read by its times."""
QUIET_SECONDS: Final = 0.5
"""After the close: whatever else the kernels would send belongs into the capture."""
CASE_FOLDER: Final = Path(__file__).parents[1] / "02-hello-world-loopback"
INSIDE: Final = "TCPTUI_RECORDER_INSIDE"


def serve_once(listener: socket.socket, hold_seconds: float) -> None:
    """Accepts one connection, reads until its end of stream, then closes."""
    connection, _ = listener.accept()
    with connection:
        while connection.recv(4096):
            pass
        time.sleep(hold_seconds)


def greet() -> int:
    """Connects, says hello, closes; returns the client's port."""
    with socket.create_connection(ADDRESS, timeout=60) as connection:
        port = int(connection.getsockname()[1])
        time.sleep(PAUSE_SECONDS)
        connection.sendall(GREETING)
        time.sleep(PAUSE_SECONDS)
    return port


def record(folder: Path, hold_seconds: float) -> int:
    """Records into ``folder``; returns the number of packets.  Runs inside the namespaces."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory(prefix="tcptui-recorder-") as scratch:
        spool, mount_point = Path(scratch, "lo.pcap"), Path(scratch, "tracing")
        mount_point.mkdir()
        with kernel_trace(ADDRESS[1], mount_point) as trace:
            recorder = _start_tcpdump(spool)
            try:
                with socket.create_server(ADDRESS) as listener:
                    server = threading.Thread(target=serve_once, args=(listener, hold_seconds), daemon=True)
                    server.start()
                    client_port = greet()
                    server.join(60 + hold_seconds)
                    _await_close(spool)
                    time.sleep(QUIET_SECONDS)
            finally:
                recorder.send_signal(signal.SIGINT)
                recorder.wait(60)
            changes = trace.changes()
        link_type, snapshot, records = read_pcap(spool)
    write_pcapng(
        folder / "hello-world.pcapng",
        records,
        link_type=link_type,
        snapshot=snapshot,
        interface="lo",
        comment=f"Recorded live on the loopback interface with real sockets: the client sends {GREETING.decode()!r} to "
        f"{ADDRESS[0]}:{ADDRESS[1]} and closes; the server reads to the end and closes"
        + (f" {hold_seconds} s later." if hold_seconds else " at once.")
        + " Made by: python -m cases.recorder.hello_world",
        system=f"{platform.system()} {platform.release().split('-')[0]}",
    )
    _write_kernel_log(folder / "kernel.jsonl", changes, client_port)
    return len(records)


def _start_tcpdump(spool: Path) -> subprocess.Popen[bytes]:
    """tcpdump, once it listens."""
    words = ["tcpdump", "-i", "lo", "-n", "-U", "--immediate-mode", "--time-stamp-precision=nano", "-Z", "root"]
    recorder = subprocess.Popen([*words, "-w", str(spool), "tcp", "port", str(ADDRESS[1])], stderr=subprocess.PIPE)
    assert recorder.stderr is not None
    for line in recorder.stderr:
        if b"listening on" in line:
            return recorder
    raise RuntimeError("tcpdump did not start")


def _await_close(spool: Path) -> None:
    """Waits until tcpdump, too, has both FINs and what acknowledges the later one, for a minute at most."""
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        read = [parse(record.data) for record in read_pcap(spool)[2]]
        ends = [at for at, segment in enumerate(read) if segment is not None and segment.flags & Flag.FIN]
        if len(ends) == 2 and len(read) > ends[-1] + 1:
            return
        time.sleep(0.05)


def _write_kernel_log(path: Path, changes: list[StateChange], client_port: int) -> None:
    """One JSON object per state change of both ends; see cases/README.md.

    The server's story begins with the listening socket; the client leaves CLOSED before connect()
    has chosen a port for it, so that event has port 0.
    """
    ends = {
        (0, ADDRESS[1]): "client",
        (client_port, ADDRESS[1]): "client",
        (ADDRESS[1], 0): "server",
        (ADDRESS[1], client_port): "server",
    }
    lines = []
    for change in changes:
        end = ends.get((change.local_port, change.remote_port))
        listener_closed = change.remote_port == 0 and change.new == "CLOSED"
        if end is not None and not listener_closed:
            lines.append(json.dumps({"time_ns": change.time_ns, "end": end, "from": change.old, "to": change.new}))
    path.write_text("\n".join(lines) + "\n")


def main() -> int:
    """Moves into fresh network and mount namespaces, then records there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=CASE_FOLDER)
    parser.add_argument("--hold", type=float, default=0.0, metavar="SECONDS", help="the server waits before close()")
    arguments = parser.parse_args()
    if INSIDE not in os.environ:
        again = [sys.executable, "-m", "cases.recorder.hello_world", *sys.argv[1:]]
        namespaces = ["unshare", "--net", "--mount", "--propagation", "private", "--"]
        return subprocess.run(
            [*namespaces, *again], env={**os.environ, INSIDE: "1"}, timeout=600, check=False
        ).returncode
    packets = record(arguments.folder, arguments.hold)
    print(f"{packets} packets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
