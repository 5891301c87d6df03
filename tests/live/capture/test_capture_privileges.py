"""What the app and its capture child may still do after root was given up, seen from the kernel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tcptui.capture.readiness import wait_readable

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not sys.platform.startswith("linux") or os.geteuid() != 0, reason="needs root on Linux"),
]

ROOT = Path(__file__).parents[3]
NOBODY = 65534

AS_SUDO_DOES = """
    import json, os, socket, sys
    from pathlib import Path
    from tcptui.capture import privileges
    from tcptui.capture.live import CaptureChild, CaptureOptions, LiveSource
    from tcptui.errors import CaptureDeniedError

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


def script(body: str, *arguments: str, sudo: bool = True) -> subprocess.Popen[str]:
    """Run ``body`` as the app runs: started by root through sudo by nobody, or by root directly."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TMPDIR": "/var/tmp"}
    if sudo:
        environment |= {"SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY)}
    source = textwrap.dedent(AS_SUDO_DOES) + textwrap.dedent(body)
    return subprocess.Popen(
        [sys.executable, "-c", source, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def result(process: subprocess.Popen[str]) -> dict[str, object]:
    out, complaints = process.communicate(timeout=30)
    assert process.returncode == 0, complaints
    answer = json.loads(out)
    assert isinstance(answer, dict)
    return answer


def test_app_gives_up_root_and_its_child_keeps_one_right(tmp_path: Path) -> None:
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
            regained = [not refused(os.setuid, 0), not refused(os.setresuid, 0, 0, 0), not refused(os.setgid, 0)]
            raw = not refused(socket.socket, socket.AF_PACKET, socket.SOCK_RAW, 0)
            shadow = not refused(open, "/etc/shadow")
            source.close()
            child.close()
            print(json.dumps({
                "app": [app[key] for key in ("Uid", "Gid", "CapEff", "CapPrm", "CapBnd", "NoNewPrivs")],
                "child": [helper[key] for key in ("Uid", "Gid", "CapEff", "CapPrm", "CapBnd", "CapInh", "NoNewPrivs")],
                "footing": done.footing.name, "gained": [*regained, raw, shadow],
            }))
            """,
            str(tmp_path / "mine" / "w.pcap"),
        )
    )
    nobody, nothing = [str(NOBODY)] * 4, ["0" * 16]
    file = (tmp_path / "mine" / "w.pcap").stat()

    assert answer["app"] == [nobody, nobody, nothing, nothing, nothing, ["1"]]
    assert answer["child"] == [nobody, nobody, ["0000000000002000"], ["0000000000002000"], nothing, nothing, ["1"]]
    assert answer["footing"] == "GAVE_UP_ROOT"
    assert answer["gained"] == [False] * 5
    assert (file.st_uid, file.st_gid, file.st_mode & 0o777) == (NOBODY, NOBODY, 0o600)


def test_root_itself_stays_root_without_any_right() -> None:
    answer = result(
        script(
            """
            source = LiveSource(child, CaptureOptions("lo"))
            app, helper = fields("self"), fields(child.pid)
            raw = not refused(socket.socket, socket.AF_PACKET, socket.SOCK_RAW, 0)
            became = os.spawnv(os.P_WAIT, "/bin/sh", ["sh", "-c", "grep -q '^CapEff:.*[1-9a-f]' /proc/self/status"])
            source.close()
            child.close()
            print(json.dumps({
                "app": [app[key] for key in ("Uid", "CapEff", "CapPrm", "CapBnd")], "child": helper["CapEff"],
                "footing": done.footing.name, "raw": raw, "program_has_rights": became == 0,
            }))
            """,
            sudo=False,
        )
    )
    nothing = ["0" * 16]

    assert answer["app"] == [["0"] * 4, nothing, nothing, nothing]
    assert answer["child"] == ["0000000000002000"]
    assert answer["footing"] == "ROOT_WITHOUT_RIGHTS"
    assert not answer["raw"]
    assert not answer["program_has_rights"]


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
            from tcptui.capture.live import CaptureChild, CaptureOptions, LiveSource
            from tcptui.errors import CaptureDeniedError
            child = CaptureChild.start()
            try:
                LiveSource(child, CaptureOptions("lo"))
            except CaptureDeniedError as denied:
                print(denied.key, denied.facts["command"])
            child.close()
            """)],
        check=True, capture_output=True, text=True, timeout=30, env=os.environ | {"PYTHONPATH": str(ROOT)},
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
    app.communicate(timeout=10)
    try:
        assert wait_readable(watch, 5), "the child outlived the app"
    finally:
        os.close(watch)
