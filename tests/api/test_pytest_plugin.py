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

    (kept,) = (tmp_path / "kept").iterdir()
    assert "3 failed, 1 passed" in said
    assert "<warning common-stall: " in said
    assert f"132 packets of 4 connections are in kept/{kept.name}" in said
    assert kept.name.startswith("test_troubled_")
    with Capture.open(kept) as capture:
        assert capture.findings(named="common-stall")
    # A healthy capture of a test that failed is named, and nothing of it kept; no capture: no word.
    assert said.count("<Capture ") == said.count("<Capture /") > 1
    assert said.count("- tcptui -") == 2


def test_without_a_folder_they_are_in_the_tests_own(tmp_path: Path) -> None:
    run_tests(tmp_path, "-k", "troubled")

    assert list((tmp_path / "temp").glob("*/test_troubled*.pcapng"))
