"""What the process that looks for owners may still do: read /proc of others, ask about namespaces, and nothing else."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from fault_table import note_proof
from live_link import Link, run
from tmux_terminal import until

from tcptui.capture.owners.client import OwnerChild
from tcptui.capture.owners.messages import Process, Question
from tcptui.capture.privileges import Identity

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not sys.platform.startswith("linux") or os.geteuid() != 0, reason="needs root on Linux"),
]

ROOT = Path(__file__).parents[3]
NOBODY = Identity(65534, 65534, (65534,), "nobody", None)
#: CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE, as /proc/PID/status has them.
TWO = f"{1 << 2 | 1 << 19:016x}"

FROM_INSIDE = """
    import ctypes, json, os, socket
    from tcptui.capture import capabilities
    from tcptui.capture.owners.main import KEPT
    from tcptui.capture.privileges import Identity, give_up

    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    give_up(Identity(65534, 65534, (65534,), "nobody", None), keep=KEPT)
    libc = ctypes.CDLL(None, use_errno=True)

    def enter():
        if libc.setns(home, 0x40000000):
            raise PermissionError

    def raw():
        socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close()

    def mount():
        if libc.mount(b"none", b"/mnt", b"tmpfs", 0, None):
            raise PermissionError

    def write_to_root():
        with open("/etc/tcptui-test", "w"):
            pass

    tries = {
        "setuid(0)": lambda: os.setuid(0), "setns": enter, "raw socket": raw, "mount": mount,
        "a file of root's": write_to_root, "kill init": lambda: os.kill(1, 0),
        "capset(cap_net_raw)": lambda: capabilities.keep_only(capabilities.CAP_NET_RAW),
        "capset(cap_sys_admin)": lambda: capabilities.keep_only(21),
    }
    gained = []
    for name, attempt in tries.items():
        try:
            attempt()
        except PermissionError:
            continue
        gained.append(name)
    print(json.dumps({"gained": gained, "reads": len(os.listdir("/proc/1/fd")) > 0}))
"""


def test_of_roots_rights_two_are_kept_and_no_way_back_into_a_namespace() -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FROM_INSIDE)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    told = json.loads(done.stdout)
    assert told["gained"] == []
    assert told["reads"]
    note_proof("what the process of owners keeps", [], told["gained"])


def test_process_as_started_has_these_two_only_and_ends_with_the_program() -> None:
    child = OwnerChild.start(NOBODY)
    assert child is not None
    assert child.ask([]) is not None
    lines = Path(f"/proc/{child.pid}/status").read_text().splitlines()
    status = {key: value.split() for key, _, value in (line.partition(":") for line in lines)}
    assert [status[name] for name in ("CapEff", "CapPrm")] == [[TWO]] * 2
    assert [status[name] for name in ("CapInh", "CapBnd", "CapAmb")] == [["0" * 16]] * 3
    assert (status["Uid"], status["NoNewPrivs"], status["Threads"]) == (["65534"] * 4, ["1"], ["1"])
    child.close()
    assert not Path(f"/proc/{child.pid}").exists()


#: Connects to itself, says its ports, and ends with its input.
CONNECTED = """
    import socket, sys
    server = socket.create_server(("127.0.0.1", 0)); client = socket.create_connection(server.getsockname())
    accepted = server.accept()
    print(client.getsockname()[1], client.getpeername()[1], flush=True); sys.stdin.readline()
"""


def start_in(inside: tuple[str, ...]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*inside, sys.executable, "-c", textwrap.dedent(CONNECTED)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def process_of(child: OwnerChild, there: subprocess.Popen[str]) -> Process:
    """The process that has the client's socket, once it is found."""
    assert there.stdout is not None
    local, peer = map(int, there.stdout.readline().split())
    loopback = socket.inet_aton("127.0.0.1")
    while True:
        said = child.ask([Question(loopback, local, loopback, peer)])
        assert said is not None
        if said.sightings[0] and (process := said.sightings[0][0].process):
            return process


@pytest.mark.parametrize("late", [False, True], ids=["before", "afterwards"])
def test_socket_in_another_namespace_has_its_process_whenever_that_began(link: Link, *, late: bool) -> None:
    child = OwnerChild.start(NOBODY) if late else None
    with start_in(tuple(link.inside)) as there:
        child = child or OwnerChild.start(NOBODY)
        assert child is not None
        process = process_of(child, there)
        child.close()
        there.communicate("\n")
    assert process.program.startswith("python")


def test_namespace_ends_with_its_last_process_though_its_sockets_are_looked_at(link: Link) -> None:
    """As a container's does, with its interfaces and addresses: a socket of ours in there would keep it."""
    name, inside = f"tcptui-own-{os.getpid()}", ("ip", "netns", "exec", f"tcptui-own-{os.getpid()}")
    run("ip", "netns", "add", name)
    try:
        run("ip", "-n", link.server, "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", name)
        run(*inside, "ip", "link", "set", "lo", "up")
        child = OwnerChild.start(NOBODY)
        assert child is not None
        with start_in(inside) as there:
            process_of(child, there)
            there.communicate("\n")
    finally:
        run("ip", "netns", "del", name)
    until(lambda: "near" not in run("ip", "-n", link.server, "-br", "link"), "the namespace to end")
    assert child.ask([]) is not None
    child.close()
