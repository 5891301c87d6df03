"""Owners of thousands of connections, by processes in namespaces and control groups of their own.

``python -m tests.benchmarks.owner_accuracy [--seconds 20] [--workers 20] [--sockets 0]``, as root on Linux: workers,
two in each namespace with one small range of ports, so that these are used again within seconds by the other process;
half of the connections shorter than 50 ms.  The truth is what the workers write down.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Final

from tcptui.access.owners import owners_of
from tcptui.capture.child.client import CaptureChild, CaptureOptions
from tcptui.capture.live_source import LiveSource
from tcptui.capture.owners.client import OwnerChild
from tcptui.session.session import Session

_PORT: Final = 7_999
_NAME: Final = f"ob{os.getpid() % 10_000}"
_GROUPS: Final = Path("/sys/fs/cgroup/unified") if Path("/sys/fs/cgroup/unified").is_dir() else Path("/sys/fs/cgroup")
_WORKER: Final = Path(__file__).with_name("owner_worker.py")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def _serve(listener: socket.socket) -> None:
    kept: list[socket.socket] = []
    while True:
        made, _ = listener.accept()
        kept.append(made)
        if len(kept) > 500:
            kept.pop(0).close()


async def _captured(session: Session, until: threading.Event) -> None:
    running = asyncio.create_task(session.run())
    await asyncio.to_thread(until.wait)
    await asyncio.sleep(6)
    await asyncio.to_thread(session.stop)
    await running


def main() -> None:
    """Set the world up, capture, compare, and take the world down."""
    words = argparse.ArgumentParser()
    words.add_argument("--seconds", type=float, default=20)
    words.add_argument("--workers", type=int, default=20)
    words.add_argument("--sockets", type=int, default=0)
    given = words.parse_args()
    with contextlib.ExitStack() as undo, tempfile.TemporaryDirectory() as folder:
        _world(given, undo, Path(folder))


def _world(given: argparse.Namespace, undo: contextlib.ExitStack, folder: Path) -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    pids = dict[str, tuple[int, str]]()
    workers: list[subprocess.Popen[str]] = []
    (_GROUPS / _NAME).mkdir()
    undo.callback((_GROUPS / _NAME).rmdir)
    for place in range((given.workers + 1) // 2):
        name = f"{_NAME}n{place}"
        _ip("netns", "add", name)
        undo.callback(_ip, "netns", "del", name)
        _ip("link", "add", f"{_NAME}v{place}", "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("addr", "add", f"10.77.{place}.1/30", "dev", f"{_NAME}v{place}")
        _ip("link", "set", f"{_NAME}v{place}", "up")
        _ip("-n", name, "addr", "add", f"10.77.{place}.2/30", "dev", "eth0")
        _ip("-n", name, "link", "set", "eth0", "up")
        _ip("netns", "exec", name, "sysctl", "-qw", "net.ipv4.ip_local_port_range=40000 40099")
    for number in range(given.workers):
        wrote = folder / f"{number}"
        worker = subprocess.Popen(
            [
                "ip", "netns", "exec", f"{_NAME}n{number // 2}", sys.executable, "-I", str(_WORKER), str(number),
                str(given.seconds), str(wrote), str(given.sockets // given.workers),
            ],
            stdin=subprocess.PIPE, text=True,
        )  # fmt: skip
        workers.append(worker)
        undo.callback(worker.kill)
        container = f"{number:064x}"
        group = _GROUPS / _NAME / f"docker-{container}.scope"
        group.mkdir()
        (group / "cgroup.procs").write_text(str(worker.pid))
        undo.callback(_remove, group, worker)
        pids[str(number)] = (worker.pid, container[:12])
    time.sleep(2)
    listener = socket.create_server(("", _PORT), backlog=1000)
    threading.Thread(target=_serve, args=(listener,), daemon=True).start()
    capture, owners = CaptureChild.start(), OwnerChild.start()
    assert owners is not None
    undo.callback(capture.close)
    undo.callback(owners.close)
    session = Session([LiveSource(capture, CaptureOptions("any", f"tcp port {_PORT}"))])
    session.steering.judges = False
    session.find_owners(owners)
    over = threading.Event()
    threading.Thread(target=_start, args=(workers, over), daemon=True).start()
    asyncio.run(_captured(session, over))
    begun_cpu = _ticks(owners.pid)
    _say(session, folder, pids, begun_cpu, given.seconds)
    session.discard()
    session.close()


def _start(workers: list[subprocess.Popen[str]], over: threading.Event) -> None:
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    for worker in workers:
        worker.wait()
    over.set()


def _remove(group: Path, worker: subprocess.Popen[str]) -> None:
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    group.rmdir()


def _ticks(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _say(session: Session, folder: Path, pids: dict[str, tuple[int, str]], spent: float, seconds: float) -> None:
    truth = dict[tuple[str, int], list[tuple[int, int, str, float]]]()
    for name, (pid, container) in pids.items():
        for line in (folder / name).read_text().splitlines():
            host, port, at, lasts = json.loads(line)
            truth.setdefault((host, port), []).append((at, pid, container, lasts))
    streams, table, counts = session.streams, owners_of(session), Counter[str]()
    for stream in range(streams.count):
        client = streams.client(stream)
        began = int(streams.began_ns[stream])
        near = [one for one in truth.get((client.host, client.port), []) if abs(one[0] - began) < 200_000_000]
        if not near:
            counts["of nobody who wrote"] += 1
            continue
        _at, pid, container, lasts = min(near, key=lambda one: abs(one[0] - began))
        length = "short" if lasts < 0.05 else "long"
        owner, server = table.of(stream)
        if owner is None:
            counts[f"{length} unknown: {table.why_missing(stream).value}"] += 1
        elif not owner.pid:
            right = owner.container == container
            counts[f"{length} {'no process' if right else 'WRONG container'}"] += 1
        else:
            right = (owner.pid, owner.container) == (pid, container)
            counts[f"{length} {'right' if right else 'WRONG'}"] += 1
        if server is not None:
            counts[f"server {'right' if server.pid in (os.getpid(), 0) else 'WRONG'}"] += 1
    print(json.dumps({
        "connections": streams.count, "ports used again": sum(len(one) - 1 for one in truth.values()), **counts,
        "owner process, cpu seconds": spent, "share of a processor": round(spent / seconds, 4),
        "packets": session.progress.rows, "dropped": session.progress.kernel_dropped,
    }, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
