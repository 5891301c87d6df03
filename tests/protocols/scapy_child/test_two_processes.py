"""The real program: no process has both scapy (GPL-2.0-only) and `cryptography` (Apache-2.0); scapy's ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from other_frames import pcap, udp
from process_end import wait_until_gone
from pty_run import ROOT, PtyRun, environment

if TYPE_CHECKING:
    from collections.abc import Iterator

#: `cryptography`, as it were: says which process imported it.
_APACHE = """
import os
with open(os.environ["IMPORTED"], "a") as file:
    print("cryptography", os.getpid(), file=file)
__version__ = "99"
"""
#: The program, with what reading TLS imports; says which modules of scapy it asked for.
_PROGRAM = """
import os, sys
def told(event, arguments):
    if event == "import" and arguments[0].split(".")[0] == "scapy":
        with open(os.environ["IMPORTED"], "a") as file:
            print(arguments[0], os.getpid(), file=file)
sys.addaudithook(told)
import cryptography
from tcptui.__main__ import main
sys.exit(main())
"""
#: What only scapy draws.
HEADERS = "Network Time Protocol"
_WITH_APACHE = (sys.executable, "-c", _PROGRAM)
pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "times.pcap"
    asked = udp("10.0.0.1:40000", "10.0.0.2:123", b"\x23" + bytes(47))
    answer = udp("10.0.0.2:123", "10.0.0.1:40000", b"\x24\x02" + bytes(46))
    path.write_bytes(pcap([asked, answer] * 50))
    return path


@pytest.fixture
def environ(tmp_path: Path) -> dict[bytes, bytes]:
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "cryptography.py").write_text(_APACHE)
    imported = tmp_path / "imported"
    return environment(tmp_path, PYTHONPATH=f"{folder}:{ROOT}", IMPORTED=str(imported), LANG="C")


def imported(tmp_path: Path) -> set[tuple[str, int]]:
    """Modules and the processes that asked for them."""
    lines = (tmp_path / "imported").read_text().splitlines()
    return {(name, int(process)) for name, process in (line.split() for line in lines)}


def stat_of(process: int) -> list[str]:
    """State, parent, group, session, terminal … of a process (proc_pid_stat(5))."""
    return Path(f"/proc/{process}/stat").read_text("ascii", "replace").rpartition(")")[2].split()


def children(parent: int) -> Iterator[int]:
    """The processes that run scapy for ``parent``."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            of_scapy = b"scapy_child" in (entry / "cmdline").read_bytes()
            if of_scapy and stat_of(int(entry.name))[1] == str(parent):
                yield int(entry.name)
        except OSError:
            continue


@pytest.fixture
def screen(capture: Path, environ: dict[bytes, bytes]) -> Iterator[PtyRun]:
    """The program that shows the headers of an NTP packet."""
    with PtyRun((str(capture),), environ, program=_WITH_APACHE) as run:
        run.until_shown("not TCP")
        run.press(b"u")
        run.until_shown("NTP client, version 4")
        for _level in range(3):
            if not run.shows(HEADERS):
                run.press(b"\r")
        run.until_shown(HEADERS)
        yield run


def test_screen_shows_scapys_tree_with_no_process_that_has_both(screen: PtyRun, tmp_path: Path) -> None:
    (child,) = children(screen.pid)

    assert imported(tmp_path) == {("cryptography", screen.pid)}
    mapped = Path(f"/proc/{child}/maps").read_text()  # Python's own modules would bring OpenSSL, too
    assert not [name for name in ("libcrypto", "libssl", "_hashlib", "_ssl.") if name in mapped]
    assert screen.leave(b"q") == 0
    wait_until_gone(child)
    assert imported(tmp_path) == {("cryptography", screen.pid)}


@pytest.mark.parametrize(
    "words",
    [
        ("packets", "FILE", "-Y", "ntp && !_ws.malformed", "-e", "frame.number", "-e", "frame.protocols"),
        ("report", "FILE", "--json"),
    ],
)
def test_command_reads_trees_with_no_process_that_has_both(
    capture: Path, environ: dict[bytes, bytes], tmp_path: Path, words: tuple[str, ...]
) -> None:
    named = [str(capture) if word == "FILE" else word for word in words]
    done = subprocess.run([*_WITH_APACHE, *named], env=environ, capture_output=True, timeout=600, check=False)

    assert (done.returncode, done.stderr) == (0, b"")
    assert words[0] != "packets" or done.stdout.count(b"eth:ethertype:ip:udp:ntp") == 100
    (only,) = imported(tmp_path)
    assert only[0] == "cryptography"


def test_child_has_no_terminal_and_no_file_of_the_program(screen: PtyRun) -> None:
    (child,) = children(screen.pid)
    _state, _parent, group, session, terminal, *_ = stat_of(child)
    files = {str(entry.readlink()) for entry in Path(f"/proc/{child}/fd").iterdir()}

    assert (group, session, terminal) == (str(child), str(child), "0")
    assert {name.split(":")[0] for name in files} == {"/dev/null", "socket"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL, signal.SIGABRT])
def test_child_ends_with_the_program(screen: PtyRun, number: signal.Signals) -> None:
    (child,) = children(screen.pid)
    os.kill(screen.pid, number)
    screen.wait()

    wait_until_gone(child)


def test_screen_that_lost_its_child_has_another(screen: PtyRun) -> None:
    (child,) = children(screen.pid)
    os.kill(child, signal.SIGKILL)
    wait_until_gone(child)
    screen.drawn.clear()
    screen.press(b"\x1b", b"\x1b[B", b"\r")
    screen.until(HEADERS.encode())

    (other,) = children(screen.pid)
    assert other != child
    assert screen.leave(b"q") == 0
    wait_until_gone(other)


#: What OpenSSL is called in `cryptography`.
_RUST = "cryptography.hazmat.bindings._rust"
_TELLS = """
import os, sys
from tcptui.__main__ import main
try:
    code = main()
finally:
    with open(os.environ["IMPORTED"], "a") as file:
        for name in ("cryptography.hazmat.bindings._rust", "scapy"):
            if name in sys.modules:
                print(name, os.getpid(), file=file)
sys.exit(code)
"""


def test_decrypting_command_has_the_library_and_no_scapy(tmp_path: Path) -> None:
    capture = Path(__file__).parents[1] / "tls" / "captures_keys" / "web.pcapng.gz"
    told = environment(tmp_path, PYTHONPATH=str(ROOT), IMPORTED=str(tmp_path / "imported"), LANG="C")
    words = ("packets", str(capture), "-Y", "http2.headers.status && !_ws.malformed", "--count")
    done = subprocess.run(
        [sys.executable, "-c", _TELLS, *words], env=told, capture_output=True, timeout=600, check=False
    )  # fmt: skip

    assert done.stdout == b"13\n"
    assert {name for name, _ in imported(tmp_path)} == {_RUST}
