"""What the user of a machine keeps changes no result of the tests, and is not changed by them."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from run_folders import FOLDERS

from tcptui.capture.spool.named import NamedSpool
from tcptui.ui.user_files import LearningRecord, RecentFiles
from tcptui.userdirs.places import state_directory

TESTS = Path(__file__).parents[1]
CAPTURE = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1) + struct.pack("<IIII", 1, 2, 4, 4) + b"abcd"
LEFTOVERS = 3
#: What a test sees of the machine, and a file that it leaves behind.
PROBE = """
import os, pytest, sys, tempfile
from pathlib import Path
from tcptui.capture.spool.recover import find_leftovers
from tcptui.ui.user_files import LearningRecord, RecentFiles
from tcptui.userdirs.places import state_directory

@pytest.mark.parametrize("number", range(2))
def test_nothing_of_the_user_is_seen(tmp_path, number):
    state = state_directory(os.environ)
    assert find_leftovers() == ()
    assert all(entry.path.name == "left" for entry in RecentFiles(state).load())  # of the other worker
    assert LearningRecord(state).done == frozenset()
    for folder in (tempfile.gettempdir(), tmp_path, Path.home(), state, os.environ["XDG_CACHE_HOME"]):
        (Path(folder) / "left").write_text("")
    RecentFiles(state).remember(tmp_path / "left", 1.0)

def test_bytecode_is_kept():
    assert not sys.dont_write_bytecode
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ
"""


@pytest.fixture
def used_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a user with left-over captures, recent files and a learning record."""
    environ = {name: str(tmp_path / "user" / name) for name in FOLDERS}
    for name, folder in environ.items():
        Path(folder).mkdir(parents=True)
        monkeypatch.setenv(name, folder)
    for spool_folder in ("TMPDIR", "TCPTUI_SPOOL_FALLBACK"):
        monkeypatch.setenv("TMPDIR", environ[spool_folder])
        for _ in range(LEFTOVERS):
            spool = NamedSpool()
            os.write(spool.descriptor, CAPTURE)
            os.close(spool.descriptor)
    state = state_directory(environ)
    assert state is not None
    recent = tmp_path / "user" / "recent.pcap"
    recent.write_bytes(CAPTURE)
    RecentFiles(state).remember(recent, 1.0)
    LearningRecord(state).finished("zero-window")
    return environ


def run_pytest(environ: dict[str, str], folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    support = f"{TESTS.parent}{os.pathsep}{TESTS / 'support'}"
    return subprocess.run(
        command, env=clean | environ | {"PYTHONPATH": support}, cwd=folder, capture_output=True, text=True, check=False
    )


def everything_below(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_tests_in_every_worker_see_and_leave_nothing_of_the_user(used_machine: dict[str, str], tmp_path: Path) -> None:
    environ = used_machine | {"PYTHONDONTWRITEBYTECODE": "1"}
    probe = tmp_path / "probe"
    probe.mkdir()
    (probe / "test_probe.py").write_text(PROBE)
    before = everything_below(tmp_path / "user")

    ran = run_pytest(
        environ, probe, "-p", "run_folders", "-n", "2", "-c", os.devnull, "--rootdir", str(probe), str(probe)
    )

    assert ran.returncode == 0, ran.stdout
    assert everything_below(tmp_path / "user") == before
