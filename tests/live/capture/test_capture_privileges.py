"""What the app and its capture child may still do after root was given up, seen from the kernel."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from fault_table import note_proof

from tcptui.capture.byte_reader import wait_readable
from tcptui.capture.child.priority import STEPS_AHEAD

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not sys.platform.startswith("linux") or os.geteuid() != 0, reason="needs root on Linux"),
]

ROOT = Path(__file__).parents[3]
NOBODY = 65534
NONE: Mapping[str, str] = MappingProxyType({})

AS_SUDO_DOES = """
    import json, os, socket, sys
    from pathlib import Path
    from tcptui.capture import privileges
    from tcptui.capture.child.client import CaptureChild, CaptureOptions
    from tcptui.capture.live_source import LiveSource
    from tcptui.model.errors import CaptureDeniedError

    def fields(pid):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return {key: value.split() for key, _, value in (line.partition(":") for line in lines)}

    def refused(action, *arguments):
        try:
            action(*arguments)
        except PermissionError:
            return True
        return False

    identity = privileges.invoking_identity()
    child = CaptureChild.start(identity)
    done = privileges.drop_root(identity)
"""

#: What a process of an attacker would try, each by name; a set-uid program is tried as well.
TRIED = """
    import ctypes, subprocess
    from tcptui.capture import capabilities

    def bind(port):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", port))

    def become_root_by_program():
        if subprocess.run([os.environ["ID_OF_ROOT"], "-u"], check=True, capture_output=True).stdout != b"0\\n":
            raise PermissionError

    everything = range(41)
    TRIES = {
        "setuid(0)": lambda: os.setuid(0),
        "seteuid(0)": lambda: os.seteuid(0),
        "setresuid(0, 0, 0)": lambda: os.setresuid(0, 0, 0),
        "setresgid(0, 0, 0)": lambda: os.setresgid(0, 0, 0),
        "setgroups([0])": lambda: os.setgroups([0]),
        "capset(all)": lambda: capabilities.keep_only(*everything),
        "capset(cap_net_raw)": lambda: capabilities.keep_only(capabilities.CAP_NET_RAW),
        "socket(AF_PACKET, SOCK_RAW)": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close(),
        "socket(AF_INET, SOCK_RAW)": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 6).close(),
        "open(/etc/shadow)": lambda: open("/etc/shadow").close(),
        "bind(port 81)": lambda: bind(81),
        "chroot(/)": lambda: os.chroot("/"),
        "sethostname": lambda: socket.sethostname("owned"),
        "open(/proc/1/ns/net)": lambda: open("/proc/1/ns/net").close(),
        "run a set-uid program as root": become_root_by_program,
    }

    def tried():
        return {name: not refused(attempt) for name, attempt in TRIES.items()}
"""


def script(body: str, *arguments: str, sudo: bool = True, set_uid: Mapping[str, str] = NONE) -> subprocess.Popen[str]:
    """Run ``body`` as the app runs: started by root through sudo by nobody, or by root directly."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TMPDIR": os.environ["TMPDIR"]} | set_uid
    if sudo:
        environment |= {"SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY)}
    source = textwrap.dedent(AS_SUDO_DOES) + textwrap.dedent(TRIED) + textwrap.dedent(body)
    return subprocess.Popen(
        [sys.executable, "-c", source, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.fixture
def set_uid() -> Iterator[Mapping[str, str]]:
    """An environment that names a copy of id(1) that runs as root whoever starts it."""
    folder = Path(tempfile.mkdtemp(prefix="tcptui-test-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        program = Path(shutil.copy(shutil.which("id") or "/usr/bin/id", folder / "id"))
        program.chmod(0o4755)
        nobody = ["setpriv", f"--reuid={NOBODY}", "--clear-groups", str(program), "-u"]
        said = subprocess.run(nobody, check=True, capture_output=True, text=True).stdout
        assert said == "0\n", "without tcptui's precaution it works"
        yield {"ID_OF_ROOT": str(program)}
    finally:
        shutil.rmtree(folder)


def result(process: subprocess.Popen[str]) -> dict[str, object]:
    out, complaints = process.communicate(timeout=600)
    assert process.returncode == 0, complaints
    answer = json.loads(out)
    assert isinstance(answer, dict)
    return answer


def test_app_gives_up_root_and_its_child_keeps_one_right(tmp_path: Path, set_uid: Mapping[str, str]) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "mine").mkdir()
    os.chown(tmp_path / "mine", NOBODY, NOBODY)
    for above in tmp_path.parents[:2]:
        above.chmod(0o755)
    answer = result(
        script(
            """
            source = LiveSource(child, CaptureOptions("lo"), path=Path(sys.argv[1]))
            source.start(lambda: None)
            app, helper = fields("self"), fields(child.pid)
            priorities = [os.getpriority(os.PRIO_PROCESS, pid) for pid in (os.getpid(), child.pid)]
            gained = tried() | {
                "lower the app's nice value": not refused(os.nice, -1),
                "read the child's memory": not refused(open, f"/proc/{child.pid}/mem", "rb"),
                "take the child's socket": not refused(os.listdir, f"/proc/{child.pid}/fd"),
            }
            source.close()
            child.close()
            print(json.dumps({
                "app": [app[key] for key in ("Uid", "Gid", "CapEff", "CapPrm", "CapBnd", "NoNewPrivs")],
                "child": [helper[key] for key in ("Uid", "Gid", "CapEff", "CapPrm", "CapBnd", "CapInh", "NoNewPrivs")],
                "footing": done.footing.name, "gained": gained, "priorities": priorities,
            }))
            """,
            str(tmp_path / "mine" / "w.pcap"),
            set_uid=set_uid,
        )
    )
    nobody, nothing = [str(NOBODY)] * 4, ["0" * 16]
    file = (tmp_path / "mine" / "w.pcap").stat()

    assert answer["app"] == [nobody, nobody, nothing, nothing, nothing, ["1"]]
    assert answer["child"] == [nobody, nobody, ["0000000000002000"], ["0000000000002000"], nothing, nothing, ["1"]]
    assert answer["footing"] == "GAVE_UP_ROOT"
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert answer["priorities"] == [ours, max(ours - STEPS_AHEAD, -20)]
    gained = answer["gained"]
    assert isinstance(gained, dict)
    assert [name for name, succeeded in gained.items() if succeeded] == []
    note_proof("the app, started by root through sudo by nobody", answer["app"], gained)
    assert (file.st_uid, file.st_gid, file.st_mode & 0o777) == (NOBODY, NOBODY, 0o600)


def test_right_of_the_child_opens_raw_sockets_and_nothing_else(set_uid: Mapping[str, str]) -> None:
    process = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(
            """
            import json, os, socket
            from pathlib import Path
            from tcptui.capture import capabilities, privileges

            def refused(action, *arguments):
                try:
                    action(*arguments)
                except PermissionError:
                    return True
                return False
            """) + textwrap.dedent(TRIED) + textwrap.dedent(
            """
            privileges.give_up(privileges.invoking_identity(), keep=(capabilities.CAP_NET_RAW,))
            print(json.dumps(tried()))
            """)],
        check=True, capture_output=True, text=True, timeout=600,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY)}
        | set_uid,
    )  # fmt: skip
    gained = json.loads(process.stdout)

    assert {name for name, succeeded in gained.items() if succeeded} == {
        "capset(cap_net_raw)",
        "socket(AF_PACKET, SOCK_RAW)",
        "socket(AF_INET, SOCK_RAW)",
    }
    note_proof("what the capture child keeps", [], gained)


def test_root_itself_stays_root_without_any_right(set_uid: Mapping[str, str]) -> None:
    answer = result(
        script(
            """
            source = LiveSource(child, CaptureOptions("lo"))
            app, helper = fields("self"), fields(child.pid)
            # What file modes give uid 0 it has; nothing else.
            mine = ("open(/etc/shadow)", "setuid(0)", "seteuid(0)", "setresuid(0, 0, 0)", "setresgid(0, 0, 0)", "run ")
            gained = {name: success for name, success in tried().items() if not name.startswith(mine)}
            became = os.spawnv(os.P_WAIT, "/bin/sh", ["sh", "-c", "grep -q '^CapEff:.*[1-9a-f]' /proc/self/status"])
            source.close()
            child.close()
            print(json.dumps({
                "app": [app[key] for key in ("Uid", "CapEff", "CapPrm", "CapBnd")], "child": helper["CapEff"],
                "footing": done.footing.name, "gained": gained, "program_has_rights": became == 0,
            }))
            """,
            sudo=False,
            set_uid=set_uid,
        )
    )
    nothing = ["0" * 16]

    assert answer["app"] == [["0"] * 4, nothing, nothing, nothing]
    assert answer["child"] == ["0000000000002000"]
    assert answer["footing"] == "ROOT_WITHOUT_RIGHTS"
    gained = answer["gained"]
    assert isinstance(gained, dict)
    assert [name for name, succeeded in gained.items() if succeeded] == []
    assert not answer["program_has_rights"]
    note_proof("the app, started by root directly", answer["app"], gained)


def test_without_permission_the_message_names_the_command_that_works() -> None:
    answer = result(
        script(
            """
            child.close()
            # A program that starts now cannot have the right any more; the interpreter may be out of its
            # reach too, so the child's own refusal is asked for in a child that was there before.
            print(json.dumps({"can": privileges.can_capture(), "command": privileges.sudo_command(["-i", "eth 0"])}))
            """
        )
    )

    assert answer["can"] is False
    assert str(answer["command"]).startswith("sudo /")
    assert str(answer["command"]).endswith("-i 'eth 0'")


def test_child_without_the_right_is_denied() -> None:
    process = subprocess.run(
        ["setpriv", "--bounding-set=-all", "--inh-caps=-all", sys.executable, "-c", textwrap.dedent(
            """
            from tcptui.capture.child.client import CaptureChild, CaptureOptions
            from tcptui.capture.live_source import LiveSource
            from tcptui.model.errors import CaptureDeniedError
            child = CaptureChild.start()
            try:
                LiveSource(child, CaptureOptions("lo"))
            except CaptureDeniedError as denied:
                print(denied.key, denied.facts["command"])
            child.close()
            """)],
        check=True, capture_output=True, text=True, timeout=600, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip

    assert process.stdout.startswith("messages.capture_denied sudo /")


@pytest.mark.parametrize("sudo", [True, False])
def test_child_goes_when_the_app_is_killed(sudo: bool) -> None:
    app = script(
        """
        source = LiveSource(child, CaptureOptions("lo"))
        print(child.pid, flush=True)
        sys.stdin.read()
        """,
        sudo=sudo,
    )
    assert app.stdout is not None
    watch = os.pidfd_open(int(app.stdout.readline()))
    app.kill()
    app.communicate(timeout=600)
    try:
        assert wait_readable(watch, 600), "the child outlived the app"
    finally:
        os.close(watch)
