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
from live_link import Link

from tcptui.capture.owners.client import OwnerChild
from tcptui.capture.owners.messages import Question
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
    from tcptui.capture.owners.namespaces import enter, open_everywhere
    from tcptui.capture.privileges import Identity, give_up

    kernels = open_everywhere()
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    kept = [os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd") if int(name) != home
            and os.path.lexists(f"/proc/self/fd/{name}")]
    give_up(Identity(65534, 65534, (65534,), "nobody", None), keep=KEPT)
    libc = ctypes.CDLL(None, use_errno=True)

    def raw():
        socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close()

    def mount():
        if libc.mount(b"none", b"/mnt", b"tmpfs", 0, None):
            raise PermissionError

    def write_to_root():
        with open("/etc/tcptui-test", "w"):
            pass

    tries = {
        "setuid(0)": lambda: os.setuid(0), "setns": lambda: enter(home), "raw socket": raw, "mount": mount,
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
    print(json.dumps({"gained": gained, "namespaces": [one for one in kept if one.startswith("net:")],
                      "reads": len(os.listdir("/proc/1/fd")) > 0, "kernels": len(kernels)}))
"""


def test_of_roots_rights_two_are_kept_and_no_way_back_into_a_namespace() -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FROM_INSIDE)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    told = json.loads(done.stdout)
    assert (told["gained"], told["namespaces"]) == ([], [])
    assert told["reads"]
    assert told["kernels"] >= 1
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


def test_socket_in_another_namespace_has_its_process(link: Link) -> None:
    program = """
        import socket, sys
        server = socket.create_server(("127.0.0.1", 0)); client = socket.create_connection(server.getsockname())
        print(client.getsockname()[1], client.getpeername()[1], flush=True); sys.stdin.readline()
    """
    with subprocess.Popen(
        [*link.inside, sys.executable, "-c", textwrap.dedent(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True,
    ) as there:  # fmt: skip
        assert there.stdout is not None
        local, peer = map(int, there.stdout.readline().split())
        child = OwnerChild.start(NOBODY)
        assert child is not None
        loopback = socket.inet_aton("127.0.0.1")
        while True:
            said = child.ask([Question(loopback, local, loopback, peer)])
            assert said is not None
            if said.sightings[0] and (process := said.sightings[0][0].process):
                break
        child.close()
        there.communicate("\n")
    assert process.program.startswith("python")
