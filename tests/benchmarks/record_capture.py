"""Record a real capture of a wanted size between two namespaces: nginx, wrk, a little loss.

    python tests/benchmarks/record_capture.py OUT.pcap [--packets N] [--snaplen N] [--short | --single]

``--short`` makes as many connections as it can, ``--single`` one that lasts as long as the capture.

Needs root, and ip, ethtool, nft, nginx, wrk, tcpdump.  Everything happens between two
network namespaces that it makes and removes; nothing else is addressed.  Loads are bounded
in time (`LIMIT_S`) and by the packet count.
"""

from __future__ import annotations

import argparse
import enum
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT_S = 240
SERVER, CLIENT = "tcptui-bench-s", "tcptui-bench-c"
NGINX = """\
daemon off; worker_processes 1; pid {dir}/pid; error_log {dir}/error.log;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests {keep}; client_body_temp_path {dir}/b; proxy_temp_path {dir}/p;
  fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  server {{ listen 10.77.0.1:80 backlog=4096; root {dir}; }} }}
"""
NFT = (
    "table inet loss {{ chain c {{ type filter hook input priority 0; "
    "tcp {match} numgen random mod {of} < 3 drop; }}; }}"
)


class Shape(enum.Enum):
    """What kind of connections are recorded."""

    MIXED = enum.auto()
    """A hundred at a time, two hundred requests each, small and large answers."""
    SHORT = enum.auto()
    """One small request a connection: many streams."""
    SINGLE = enum.auto()
    """One connection with large answers, some of whose segments are lost."""


#: Requests that the server answers on one connection, and what is asked for.
REQUESTS = {Shape.MIXED: 200, Shape.SHORT: 1, Shape.SINGLE: 1_000_000_000}
PATHS = {Shape.MIXED: ("small", "large"), Shape.SHORT: ("small",), Shape.SINGLE: ("large",)}


def run(*words: str, namespace: str | None = None) -> None:
    """Run a command to its end, inside a namespace when given."""
    prefix = ["ip", "netns", "exec", namespace] if namespace else []
    subprocess.run([*prefix, *words], check=True, stdout=subprocess.DEVNULL)


def start(*words: str, namespace: str) -> subprocess.Popen[bytes]:
    """Start a command inside a namespace."""
    return subprocess.Popen(
        ["ip", "netns", "exec", namespace, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def prepare(shape: Shape) -> None:
    """Two namespaces and a veth pair without offload, a little loss towards the server."""
    run("ip", "netns", "add", SERVER)
    run("ip", "netns", "add", CLIENT)
    run("ip", "link", "add", "bench-s", "netns", SERVER, "type", "veth", "peer", "name", "bench-c", "netns", CLIENT)
    for namespace, device, address in ((SERVER, "bench-s", "10.77.0.1/24"), (CLIENT, "bench-c", "10.77.0.2/24")):
        run("ip", "addr", "add", address, "dev", device, namespace=namespace)
        run("ip", "link", "set", device, "up", namespace=namespace)
        run("ip", "link", "set", "lo", "up", namespace=namespace)
        run("ethtool", "-K", device, "tso", "off", "gso", "off", "gro", "off", namespace=namespace)
    run("nft", NFT.format(match="dport 80", of=1_000 if shape is not Shape.SINGLE else 100_000), namespace=SERVER)
    if shape is Shape.SINGLE:
        run("nft", NFT.format(match="sport 80", of=10_000), namespace=CLIENT)


def clean() -> None:
    """Remove what `prepare` made, whatever state it is in."""
    for namespace in (SERVER, CLIENT):
        pids = subprocess.run(
            ["ip", "netns", "pids", namespace], capture_output=True, text=True, check=False
        ).stdout.split()
        for pid in pids:
            os.kill(int(pid), signal.SIGKILL)
        subprocess.run(["ip", "netns", "del", namespace], check=False, stderr=subprocess.DEVNULL)


def record(out: Path, packets: int, snaplen: int, shape: Shape) -> None:
    """Capture on the server's side until ``packets`` are there."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "large").write_bytes(os.urandom(200_000))
        (Path(folder) / "small").write_bytes(b"x" * 100)
        Path(folder).chmod(0o755)
        config = Path(folder) / "nginx.conf"
        config.write_text(NGINX.format(dir=folder, keep=REQUESTS[shape]))
        processes = [
            start("nginx", "-c", str(config), namespace=SERVER),
            start(
                "tcpdump", "-i", "bench-s", "-w", str(out), "-s", str(snaplen), "-c", str(packets), "-B", "262144",
                "tcp port 80", namespace=SERVER,
            ),
        ]  # fmt: skip
        time.sleep(1.0)  # both must listen before the load begins
        header = ["-H", "Connection: close"] if shape is Shape.SHORT else []
        wrk = ("wrk", "-t1", f"-c{1 if shape is Shape.SINGLE else 50}", f"-d{LIMIT_S}s", *header)
        processes += [start(*wrk, f"http://10.77.0.1/{path}", namespace=CLIENT) for path in PATHS[shape]]
        try:
            processes[1].wait(timeout=LIMIT_S)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(timeout=10)


def main() -> int:
    """Parse the command line, record, clean up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--snaplen", type=int, default=262_144)
    shapes = parser.add_mutually_exclusive_group()
    for shape in (Shape.SHORT, Shape.SINGLE):
        shapes.add_argument(f"--{shape.name.lower()}", dest="shape", action="store_const", const=shape)
    parser.set_defaults(shape=Shape.MIXED)
    options = parser.parse_args()
    clean()
    try:
        prepare(options.shape)
        record(options.out, options.packets, options.snaplen, options.shape)
    finally:
        clean()
    return 0


if __name__ == "__main__":
    sys.exit(main())
