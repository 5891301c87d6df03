"""``tcptui -- CMD``: its connections and no others, as whom it runs, its exit status, and what is left afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from live_link import Link

from tcptui.capture.program.scope import PREFIX, own_group

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not sys.platform.startswith("linux") or os.geteuid() != 0, reason="needs root on Linux"),
]

#: Connects COUNT times to a server of its own, half of them by a child that ends at once; says what it was.
CLIENT: Final = """
import json, os, socket, sys, threading
listener = socket.create_server(("127.0.0.1", 0), backlog=256)
def serve():
    while True:
        accepted, _peer = listener.accept()
        accepted.sendall(b"x")
        accepted.close()
threading.Thread(target=serve, daemon=True).start()
def connect(count):
    ports = []
    for _ in range(count):
        with socket.create_connection(listener.getsockname()) as one:
            ports.append(one.getsockname()[1])
            one.recv(1)
    return ports
count = int(sys.argv[1]) // 2
ports = connect(count)
reading, writing = os.pipe()
if os.fork() == 0:
    os.write(writing, json.dumps(connect(count)).encode())
    os._exit(0)
os.wait()
ports += json.loads(os.read(reading, 1 << 16))
status = open("/proc/self/status").read().splitlines()
print(json.dumps({
    "ports": sorted(ports), "uid": os.getresuid(), "groups": os.getgroups(), "environment": dict(os.environ),
    "status": dict(line.split(":\\t", 1) for line in status if ":\\t" in line),
    "open": [os.readlink(f"/proc/self/fd/{name}") for name in "3456789" if os.path.exists(f"/proc/self/fd/{name}")],
}), file=sys.stderr)
"""
#: Connects to itself until it is killed.
OTHER: Final = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
print("ready", flush=True)
while True:
    with socket.create_connection(listener.getsockname()):
        listener.accept()[0].close()
"""


@contextmanager
def others(link: Link) -> Iterator[None]:
    """Inside, another program makes connections, too."""
    with subprocess.Popen([*link.inside, sys.executable, "-c", OTHER], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        try:
            yield
        finally:
            other.kill()


def run(link: Link, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        # `ip netns exec` would hide the control groups behind a /sys of its own.
        ["nsenter", f"--net=/run/netns/{link.server}", sys.executable, "-m", "tcptui", *words],
        check=False, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **environ},
    )  # fmt: skip


def python_of_nobody() -> str:
    """An interpreter that every user can run."""
    for candidate in (getattr(sys, "_base_executable", sys.executable), "/usr/bin/python3"):
        done = subprocess.run(["runuser", "-u", "nobody", "--", candidate, "-c", ""], check=False, capture_output=True)
        if not done.returncode:
            return str(candidate)
    raise AssertionError("no interpreter that another user can run")


def last_json(text: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(next(line for line in text.splitlines() if line.startswith("{")))
    return told


def test_all_of_its_connections_and_no_others_are_reported(link: Link, tmp_path: Path) -> None:
    with others(link):
        done = run(link, "--json", "-w", str(tmp_path / "out.pcapng"), "--", sys.executable, "-c", CLIENT, "60")
    assert done.returncode == 0, done.stderr
    truth = last_json(done.stderr)
    connections = json.loads(done.stdout)["streams"]
    assert sorted(one["client"]["port"] for one in connections) == truth["ports"]
    assert "of other programs left out" in done.stderr
    assert (tmp_path / "out.pcapng").stat().st_size > 60 * 500
    assert not list(own_group().glob(f"{PREFIX}*"))
    assert "OPENBLAS_NUM_THREADS" not in truth["environment"] or "OPENBLAS_NUM_THREADS" in os.environ


def test_under_sudo_it_is_the_callers_and_has_nothing_of_ours(link: Link) -> None:
    environ = {"SUDO_UID": "65534", "SUDO_GID": "65534", "SUDO_USER": "nobody", "SUDO_COMMAND": "x"}
    done = run(link, "--json", "--", python_of_nobody(), "-c", CLIENT, "4", **environ)
    assert done.returncode == 0, done.stderr
    truth = last_json(done.stderr)
    assert truth["uid"] == [65534] * 3
    assert 0 not in truth["groups"]
    none = f"{0:016x}"
    assert [truth["status"][name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")] == [none] * 4
    assert truth["status"]["NoNewPrivs"] == "0"  # as before: sudo works for it
    assert not [name for name in truth["environment"] if name.startswith("SUDO_")]
    assert all("socket" in one or "pipe" in one for one in truth["open"])  # its own
    assert len(json.loads(done.stdout)["streams"]) == 4


def test_the_exit_status_is_the_programs(link: Link) -> None:
    script = "kill -TERM $$"
    assert run(link, "--", "sh", "-c", script).returncode == 128 + 15
    missing = run(link, "--", "/nonexistent/program")
    assert (missing.returncode, missing.stdout) == (127, "")
    assert "cannot be run" in missing.stderr
