"""The plugin in a real run of pytest: what a test that failed says, and what it keeps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from tcptui.api import Capture

ROOT: Final = Path(__file__).parents[2]
TESTS: Final = f"""\
import pathlib
import pytest

STALL = {str(min(ROOT.glob("cases/120-*/*.pcap*")))!r}
FINE = {str(min(ROOT.glob("cases/01-*/*.pcap*")))!r}

@pytest.mark.parametrize("path", [STALL])
def test_troubled(open_capture, path):
    assert not open_capture(path).findings()

def test_healthy(open_capture):
    assert not open_capture(FINE).findings("note" if False else "warning")

def test_fails_for_another_reason(open_capture):
    open_capture(FINE)
    raise ValueError

def test_fails_without_a_capture():
    raise ValueError

def test_gone(open_capture, tmp_path):
    path = tmp_path / "gone.pcapng"
    path.write_bytes(pathlib.Path(STALL).read_bytes())
    with open_capture(path):
        path.unlink()
    raise ValueError

class TestOne:
    def test_same_name(self, open_capture):
        with open_capture(STALL) as capture:
            assert not capture.findings()

class TestOther:
    def test_same_name(self, open_capture):
        with open_capture(STALL) as capture:
            pass
        raise ValueError
"""


def run_tests(folder: Path, *options: str) -> str:
    (folder / "conftest.py").write_text('pytest_plugins = ["tcptui.api.pytest_plugin"]\n')
    (folder / "test_service.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "TCPTUI"))}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--basetemp", "temp", *options]
    environment = {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_troubled_connections_of_a_failed_test_are_kept(tmp_path: Path) -> None:
    said = run_tests(tmp_path, "--tcptui-keep", "kept")

    # A capture that the test closed itself is read again; two tests of one name have a file each.
    files = sorted((tmp_path / "kept").iterdir())
    assert len(files) == 3
    assert "6 failed, 1 passed" in said
    assert "<warning common-stall: " in said
    for kept in files:
        assert f"132 packets of 4 connections are in kept/{kept.name}" in said
    assert {"TestOne", "TestOther", "test_troubled"} == {
        word for word in ("TestOne", "TestOther", "test_troubled") for kept in files if f"_{word}_" in kept.name
    }
    with Capture.open(kept) as capture:
        assert capture.findings(named="common-stall")
    # A healthy capture of a test that failed is named, and nothing of it kept; no capture: no word.
    assert said.count("<Capture ") == said.count("<Capture /") > 1
    assert said.count("- tcptui -") == 5


def test_without_a_folder_they_are_in_the_tests_own(tmp_path: Path) -> None:
    run_tests(tmp_path, "-k", "troubled")

    assert list((tmp_path / "temp").glob("*/test_troubled*.pcapng"))


def test_capture_that_is_gone_is_a_line_of_the_report(tmp_path: Path) -> None:
    said = run_tests(tmp_path, "-k", "gone")

    assert "1 failed" in said
    assert "not read again: " in said
    assert "INTERNALERROR" not in said
