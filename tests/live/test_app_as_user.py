"""Installed as a wheel by root, used by somebody else through sudo: whose process is what, and what it may do.

The environment is read-only, the user's home is fresh (nothing compiled is cached) and the locale is C.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import select
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fault_table import note_proof
from live_link import INTERFACE, PORT, SERVER, Link, run
from packaging.requirements import Requirement
from tmux_terminal import ROOT, Terminal, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    pytest.mark.live,
    pytest.mark.e2e,
    pytest.mark.skipif(
        any(shutil.which(tool) is None for tool in ("sudo", "useradd", "runuser")), reason="needs sudo and useradd"
    ),
]

USER = "tcptui-e2e"
NOTHING, NET_RAW = "0" * 16, f"{1 << 13:016x}"


def interpreter() -> str:
    """A Python that every user can run: ours, or the system's."""
    for candidate in (getattr(sys, "_base_executable", sys.executable), "/usr/bin/python3"):
        command = [
            "runuser",
            "-u",
            "nobody",
            "--",
            candidate,
            "-c",
            "import sys, venv; sys.exit(sys.version_info < (3, 11))",
        ]
        if Path(candidate).exists() and subprocess.run(command, check=False, capture_output=True).returncode == 0:
            return candidate
    pytest.skip("needs a Python 3.11 that every user can run")


def requirements() -> set[str]:
    """The distributions that tcptui[fast] needs, themselves and through others."""
    found: set[str] = set()
    ahead = [("tcptui", frozenset({"fast"}))]
    while ahead:
        name, extras = ahead.pop()
        for line in metadata.requires(name) or ():
            needed = Requirement(line)
            wanted = needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras | {""})
            if wanted and needed.name not in found:
                found.add(needed.name)
                ahead.append((needed.name, frozenset(needed.extras)))
    return found


def share_requirements(folder: Path) -> None:
    """Put into an environment what tcptui needs, as pip put it into ours: the same files, where they can be."""
    for name in requirements():
        distribution = metadata.distribution(name)
        for file in distribution.files or ():
            target = folder / file
            if ".." not in file.parts:  # scripts and manuals
                target.parent.mkdir(parents=True, exist_ok=True)
                source = Path(str(distribution.locate_file(file)))
                try:
                    target.hardlink_to(source)
                except OSError:  # on another disk
                    shutil.copy2(source, target)


@pytest.fixture(scope="module")
def installed() -> Iterator[Path]:
    """The program's script in a read-only environment of root's, made from a wheel."""
    folder = Path(tempfile.mkdtemp(prefix="tcptui-e2e-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        python = folder / "env" / "bin" / "python"
        base = interpreter()
        run(base, "-m", "venv", "--without-pip", str(folder / "env"))
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
        subprocess.run([*pip, "wheel", "--no-deps", "-w", str(folder), str(ROOT)], check=True, timeout=600)
        (wheel,) = folder.glob("*.whl")
        alike = run(base, "-c", "import sys; print(*sys.version_info[:2])") == "{} {}\n".format(*sys.version_info)
        install = [*pip, "--python", str(python), "install", *(["--no-deps"] if alike else [])]
        subprocess.run([*install, f"{wheel}[fast]"], check=True, timeout=600)
        if alike:  # what is downloaded and unpacked once need not be so again
            share_requirements(next((folder / "env").glob("lib/python*/site-packages")))
        run("find", str(folder / "env"), "-type", "d", "-exec", "chmod", "a-w", "{}", "+")
        yield folder / "env" / "bin" / "tcptui"
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def user(installed: Path) -> Iterator[pwd.struct_passwd]:
    """A new user, who may run the installed program through sudo and nothing else."""
    run("useradd", "--create-home", "--shell", "/bin/sh", USER)
    grant = Path("/etc/sudoers.d") / USER
    try:
        grant.write_text(f"{USER} ALL=(root) NOPASSWD: {installed}\n")
        grant.chmod(0o440)
        yield pwd.getpwnam(USER)
    finally:
        grant.unlink(missing_ok=True)
        for left in Path("/var/tmp").glob(f"tcptui-{pwd.getpwnam(USER).pw_uid}-*.pcap"):
            left.unlink()
        subprocess.run(["userdel", "--remove", USER], check=False, capture_output=True, timeout=600)


@pytest.fixture
def as_user(link: Link, user: pwd.struct_passwd, installed: Path) -> Iterator[Callable[..., Terminal]]:
    """`as_user(LANG=…)`: a terminal in the capture's namespace, logged in as the user."""
    opened: list[Terminal] = []

    def opening(**environ: str) -> Terminal:
        terminal = Terminal(
            120, 40, {"HOME": user.pw_dir, "USER": USER, "PYTHONPATH": ""} | environ,
            prefix=(*link.inside, "runuser", "-u", USER, "--"), program=(str(installed),),
        )  # fmt: skip
        opened.append(terminal)
        terminal.run("cd")
        terminal.wait_prompt()
        return terminal

    yield opening
    for terminal in opened:
        terminal.close()


def status(pid: int) -> dict[str, list[str]]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}


def thread_status(task: Path) -> tuple[str, str, str]:
    """Permitted and effective capabilities of one thread, and whether it can ever gain any."""
    found = status(int(task.name))
    return found["CapPrm"][0], found["CapEff"][0], found["NoNewPrivs"][0]


def threads_of(pid: int) -> dict[Path, tuple[str, str, str]]:
    """`thread_status` of each thread of a process, but of those that end meanwhile."""
    found = {}
    for task in Path("/proc").glob(f"{pid}/task/*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found[task] = thread_status(task)
    return found


def owners_below(folder: Path) -> set[int]:
    """Whose the files below ``folder`` are, but of those that are removed meanwhile."""
    found = set()
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            found.add(path.lstat().st_uid)
    return found


def kinds_of(pid: int) -> dict[Path, str]:
    """`kind_of` each open descriptor of a process, but of those that it closes meanwhile."""
    found = {}
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found[descriptor.readlink()] = kind_of(descriptor)
    return found


def kind_of(descriptor: Path) -> str:
    """What an open descriptor of the capture process is."""
    name = str(descriptor.readlink())
    if name.startswith("socket:"):
        inode = name.removeprefix("socket:[").removesuffix("]")
        packets = Path(f"/proc/{descriptor.parts[2]}/net/packet").read_text().splitlines()
        return "packets" if any(line.split()[-1] == inode for line in packets) else "control"
    if name.startswith("anon_inode:[eventfd"):
        return "event"
    if name.startswith("/memfd:tcptui-complaints"):
        return "complaints"
    if name.startswith("/var/tmp/"):
        return "spool"
    return name


def test_case_opens_for_another_user_with_nothing_cached_in_a_plain_locale(
    as_user: Callable[..., Terminal], user: pwd.struct_passwd
) -> None:
    terminal = as_user(LANG="C")
    terminal.start("case", "hello-service")
    terminal.wait("10 packets  1 connection")
    terminal.wait("SYN-SENT")
    assert terminal.screen().isascii()
    terminal.press("]")
    terminal.wait("1/")
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    assert "Traceback" not in terminal.screen()
    terminal.start("report", str(next(ROOT.glob("cases/01-*/*.pcapng"))))
    terminal.wait_prompt()
    assert owners_below(Path(user.pw_dir)) == {user.pw_uid}


def test_user_without_the_right_gets_the_command_that_has_it(
    as_user: Callable[..., Terminal], installed: Path, link: Link
) -> None:
    terminal = as_user()
    terminal.start("-i", INTERFACE, "-n", "tcp")
    screen = terminal.wait("[y/N]")
    command = f"sudo {installed} -i {INTERFACE} -n tcp"
    assert command in screen.replace("\n", "")
    terminal.press("Enter")
    assert terminal.wait_prompt() == 1
    terminal.run(command)
    terminal.wait("0 packets")
    link.ask()
    terminal.wait(f"{SERVER}:{PORT}")
    terminal.leave_unsaved()
    assert terminal.wait_prompt() == 0


def test_accepted_offer_runs_that_command(as_user: Callable[..., Terminal], link: Link) -> None:
    terminal = as_user()
    terminal.start("-i", INTERFACE, "-n", "tcp")
    terminal.wait("[y/N]")
    terminal.press("y", "Enter")
    terminal.wait("0 packets")
    link.ask()
    terminal.wait(f"{SERVER}:{PORT}")
    terminal.leave_unsaved()
    assert terminal.wait_prompt() == 0


def test_screen_is_the_users_and_only_the_capture_keeps_one_right(
    as_user: Callable[..., Terminal], user: pwd.struct_passwd, link: Link, installed: Path
) -> None:
    besides = link.processes()
    terminal = as_user(LANG="C")
    besides |= link.processes()
    terminal.run(f"sudo {installed} -i {INTERFACE} -n -w kept.pcap tcp")
    terminal.wait("0 packets")
    link.ask(3)
    terminal.wait("3 connections")
    app, child = status(terminal.app_pid()), status(terminal.child_pid())
    ids = [str(user.pw_uid)] * 4
    assert (app["Uid"], child["Uid"]) == (ids, ids)
    assert (app["Gid"], child["Gid"]) == ([str(user.pw_gid)] * 4,) * 2
    assert [app[name] for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")] == [[NOTHING]] * 5
    assert [child[name] for name in ("CapEff", "CapPrm")] == [[NET_RAW]] * 2
    assert [child[name] for name in ("CapInh", "CapBnd", "CapAmb")] == [[NOTHING]] * 3
    assert (app["NoNewPrivs"], child["NoNewPrivs"]) == (["1"], ["1"])
    terminal.press("q")
    assert terminal.wait_prompt() == 0
    kept = Path(user.pw_dir) / "kept.pcap"
    assert (kept.stat().st_uid, kept.stat().st_mode & 0o777) == (user.pw_uid, 0o600)
    assert len(run("tcpdump", "-nr", str(kept)).splitlines()) > 20
    assert owners_below(Path(user.pw_dir)) == {user.pw_uid}
    link.wait_empty(besides)


def test_no_thread_of_the_screen_has_a_right_and_the_capture_has_one_socket_and_one_file(
    as_user: Callable[..., Terminal], link: Link, installed: Path
) -> None:
    terminal = as_user(LANG="C")
    terminal.run(f"sudo {installed} -i {INTERFACE} -n tcp")
    terminal.wait("0 packets")
    link.ask()
    terminal.wait("1 connection")
    app, child = terminal.app_pid(), terminal.child_pid()
    rights = threads_of(app)
    assert len(rights) > 1
    assert set(rights.values()) == {(NOTHING, NOTHING, "1")}
    descriptors = kinds_of(child)
    held = sorted(descriptors.values())
    assert set(held) <= {"/dev/null", "complaints", "control", "event", "memory", "packets", "spool"}
    assert {"control", "packets", "spool"} <= set(held)
    files = [path for path, kind in descriptors.items() if kind == "spool"]
    assert len([path for path in files if path.suffix == ".pcap"]) == 1
    terminal.leave_unsaved()
    assert terminal.wait_prompt() == 0
    note_proof(f"the running screen's {len(rights)} threads: CapPrm, CapEff, NoNewPrivs", set(rights.values()), {})
    note_proof("what the running capture process has open", held, {})


def test_capability_alone_is_enough_and_is_given_up_by_the_screen(
    link: Link, user: pwd.struct_passwd, installed: Path
) -> None:
    become = (
        "setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups",
        "--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw", "--bounding-set=-all,+net_raw", "--",
    )  # fmt: skip
    environ = {"HOME": user.pw_dir, "USER": USER, "PYTHONPATH": ""}
    terminal = Terminal(120, 40, environ, prefix=(*link.inside, *become), program=(str(installed),))
    try:
        terminal.run("cd")
        terminal.wait_prompt()
        terminal.start("-i", INTERFACE, "-n", "-w", "capability.pcap", "tcp")
        terminal.wait("0 packets")
        link.ask()
        terminal.wait("1 connection")
        app, child = status(terminal.app_pid()), status(terminal.child_pid())
        terminal.press("q")
        assert terminal.wait_prompt() == 0
    finally:
        terminal.close()
    assert [app[name] for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")] == [[NOTHING]] * 4
    assert [child[name] for name in ("CapEff", "CapPrm")] == [[NET_RAW]] * 2
    assert [child[name] for name in ("CapInh", "CapAmb")] == [[NOTHING]] * 2
    assert (app["NoNewPrivs"], child["NoNewPrivs"]) == (["1"], ["1"])
    assert (Path(user.pw_dir) / "capability.pcap").stat().st_uid == user.pw_uid
    seen = {name: (app[name], child[name]) for name in ("CapEff", "CapPrm", "CapBnd", "NoNewPrivs")}
    note_proof("started by a user with cap_net_raw alone: screen, capture process", seen, {})


@pytest.mark.parametrize("words", [("--no-screen",), ("-w", "-")], ids=["no screen", "to a pipe"])
def test_without_a_screen_no_thread_and_no_helper_can_gain_a_right(
    link: Link, user: pwd.struct_passwd, installed: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Not even where the interpreter itself has one: what it starts is the same file."""
    become = (
        "setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups",
        "--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw", "--bounding-set=-all,+net_raw", "--",
    )  # fmt: skip
    command = [*link.inside, *become, str(installed), "-i", INTERFACE, *words, "tcp"]
    environ = {**os.environ, "HOME": user.pw_dir, "PYTHONPATH": "", "XDG_CACHE_HOME": user.pw_dir, "LANG": "C.UTF-8"}
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ, cwd="/"
    ) as process:
        try:
            assert process.stdout is not None
            until(lambda: bool(link.ask()) or bool(select.select([process.stdout], [], [], 0)[0]), "output")
            assert set(threads_of(process.pid).values()) == {(NOTHING, NOTHING, "1")}
            for child in run("pgrep", "-P", str(process.pid)).split():
                assert {can_gain for _permitted, _effective, can_gain in threads_of(int(child)).values()} <= {"1"}
        finally:
            process.terminate()


def test_start_screen_through_sudo_captures(as_user: Callable[..., Terminal], link: Link, installed: Path) -> None:
    terminal = as_user()
    terminal.run(f"sudo {installed} --lang en")
    terminal.wait(re.compile(rf"{INTERFACE} +10\.79"))
    terminal.type(f"/{INTERFACE}")
    terminal.wait_gone("Cases to learn from")
    terminal.press("Enter")
    terminal.wait("0 packets  0 connections")
    link.ask()
    terminal.wait("10.79.0.2:8080")
    assert status(terminal.app_pid())["Uid"] != ["0"] * 4
    terminal.leave_unsaved()
    assert terminal.wait_prompt() == 0


def test_user_cannot_write_where_only_root_can(as_user: Callable[..., Terminal], installed: Path) -> None:
    terminal = as_user()
    terminal.run(f"sudo {installed} -i {INTERFACE} -w /etc/tcptui-kept.pcap")
    assert terminal.wait_prompt() == 1
    assert "/etc/tcptui-kept.pcap cannot be written" in terminal.screen().replace("\n", "")
    assert not os.path.lexists("/etc/tcptui-kept.pcap")
