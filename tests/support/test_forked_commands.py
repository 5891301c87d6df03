"""A command in a forked process says and ends as one that was started."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import forked_commands
import pytest
from captures import mixed
from forked_commands import AT_START, ROOT, run_program

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("words", "stdin", "changes"),
    [
        (("--version",), b"", {}),
        (("packets", "mixed.pcap", "-Y", "tcp.analysis.flags"), b"", {"LANG": "zh_CN.UTF-8"}),
        (("packets", "mixed.pcap", "-e", "frame.time"), b"", {"TZ": "Asia/Shanghai"}),
        (("report", "-", "--json"), mixed().pcap(), {}),
        (("packets", "mixed.pcap", "-Y", "no.field"), b"", {}),
        (("follow", "missing.pcap", "--stream", "0"), b"never read", {}),
    ],
)
def test_it_is_as_in_a_process_of_its_own(
    words: tuple[str, ...], stdin: bytes, changes: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "mixed.pcap").write_bytes(mixed().pcap())
    environ = {name: value for name, value in os.environ.items() if not name.startswith((*AT_START, "SUDO_"))}
    environ |= {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **changes}

    started = subprocess.run(
        [sys.executable, "-m", "tcptui", *words], env=environ, cwd=tmp_path, input=stdin, capture_output=True,
        timeout=600, check=False,
    )  # fmt: skip
    forked = run_program(words, environ, stdin=stdin, cwd=tmp_path)

    assert (forked.returncode, forked.stdout, forked.stderr) == (started.returncode, started.stdout, started.stderr)
    assert started.stdout or started.stderr


def test_what_it_reads_at_its_start_is_not_for_a_fork() -> None:
    with pytest.raises(AssertionError, match="PYTHONIOENCODING"):
        run_program(["--version"], {"PYTHONIOENCODING": "ascii"})


def test_one_that_takes_too_long_does_not_answer_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forked_commands, "DEADLINE_S", 0.001)
    forked_commands._server.cache_clear()
    with pytest.raises(TimeoutError):
        run_program(["report", "missing.pcap"], {})
    monkeypatch.undo()

    assert run_program(["--version"], {}).returncode == 0
