"""Records the case ``neighbour-silent``: a router asks for a host that is not there, and tells the client so.

A client tries twice to reach TCP port 443 of an address behind a router.  Nobody has that address: the router's
questions for it (ARP) are not answered, and the client gets ICMP errors.  Two captures, one of ICMP alone at the
client, and one of everything on the router's other side.  All of it happens in network namespaces of its own, so
nothing else can be in a capture and nothing is left behind.  Takes about nine seconds.

    python -m cases.recorder.neighbour_silent [FOLDER]

Needs root, tcpdump, iproute2 and util-linux.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cases.recorder.pcapng import read_pcap, write_pcapng

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CASE_FOLDER: Final = Path(__file__).parents[1] / "165-neighbour-silent"
INSIDE: Final = "TCPTUI_RECORDER_INSIDE"
CLIENT, ROUTER_NEAR, ROUTER_FAR, NOBODY = "10.9.3.1", "10.9.3.254", "10.9.4.254", "10.9.4.77"
TRIES: Final = 2
PAUSE_SECONDS: Final = 0.5
#: Outlives the recording; the kernel ends it with this program.
_LIFE: Final = "600"
_CONNECT: Final = f"import socket; s = socket.socket(); s.settimeout(8); s.connect_ex(('{NOBODY}', 443))"


def run(*words: str) -> None:
    """One command, which must succeed."""
    subprocess.run(words, check=True, timeout=600)


@contextmanager
def namespace() -> Iterator[tuple[str, ...]]:
    """A network namespace that a process keeps alive; the words that enter it."""
    keeper = subprocess.Popen(["unshare", "--net", "--kill-child", "--", "sleep", _LIFE])
    try:
        own = Path("/proc/self/ns/net").readlink()
        while Path(f"/proc/{keeper.pid}/ns/net").readlink() == own:  # else words would run in this namespace
            time.sleep(0.01)
        yield "nsenter", "-t", str(keeper.pid), "-n", "--"
    finally:
        keeper.kill()
        keeper.wait(60)


@contextmanager
def captured(spool: Path, interface: str, inside: Sequence[str], *words: str) -> Iterator[None]:
    """tcpdump from when it listens until the end."""
    options = ["-i", interface, "-n", "-U", "--immediate-mode", "--time-stamp-precision=nano", "-Z", "root"]
    recorder = subprocess.Popen([*inside, "tcpdump", *options, "-w", str(spool), *words], stderr=subprocess.PIPE)
    assert recorder.stderr is not None
    if not any(b"listening on" in line for line in recorder.stderr):
        raise RuntimeError("tcpdump did not start")
    try:
        yield
    finally:
        recorder.send_signal(signal.SIGINT)
        recorder.wait(60)


def record(folder: Path) -> list[int]:
    """Records into ``folder``; returns the numbers of packets.  Runs inside the router's namespace."""
    with ExitStack() as stack:
        client, lan = stack.enter_context(namespace()), stack.enter_context(namespace())
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tcptui-recorder-")))
        for name, inside, own in (("near", client, ROUTER_NEAR), ("far", lan, ROUTER_FAR)):
            run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", inside[2])
            for words in ((), inside):
                run(*words, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
            run("ip", "addr", "add", f"{own}/24", "dev", name)
            run("ip", "link", "set", name, "up")
            run(*inside, "ip", "link", "set", "eth0", "up")
        run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        run(*client, "ip", "addr", "add", f"{CLIENT}/24", "dev", "eth0")
        run(*client, "ip", "route", "add", "default", "via", ROUTER_NEAR)
        spools = {"client": scratch / "client.pcap", "router": scratch / "router.pcap"}
        with captured(spools["client"], "eth0", client, "icmp"), captured(spools["router"], "far", ()):
            for _ in range(TRIES):
                before = spools["client"].stat().st_size
                run(*client, sys.executable, "-c", _CONNECT)
                while spools["client"].stat().st_size == before:  # until tcpdump has read what ended it
                    time.sleep(0.01)
                time.sleep(PAUSE_SECONDS)
        return [_keep(folder / f"{name}.pcapng", spool) for name, spool in spools.items()]


def _keep(path: Path, spool: Path) -> int:
    link_type, snapshot, records = read_pcap(spool)
    write_pcapng(
        path,
        records,
        link_type=link_type,
        snapshot=snapshot,
        interface=path.stem,
        comment=f"Recorded live between network namespaces: {CLIENT} tries TCP port 443 of {NOBODY}, behind a router, "
        "and nobody has that address. Made by: python -m cases.recorder.neighbour_silent",
        system=f"{platform.system()} {platform.release().split('-')[0]}",
    )
    return len(records)


def main() -> int:
    """Moves into fresh network and mount namespaces, then records there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=CASE_FOLDER)
    arguments = parser.parse_args()
    if INSIDE not in os.environ:
        again = [sys.executable, "-m", "cases.recorder.neighbour_silent", *sys.argv[1:]]
        namespaces = ["unshare", "--net", "--mount", "--propagation", "private", "--"]
        return subprocess.run(
            [*namespaces, *again], env={**os.environ, INSIDE: "1"}, timeout=600, check=False
        ).returncode
    print(" and ".join(map(str, record(arguments.folder))), "packets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
