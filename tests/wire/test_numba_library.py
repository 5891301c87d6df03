"""The compiler's program comes without stopping anybody, leaves memory, and is there again when it is asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tcptui.wire.numba_compile import compile_kernel, compiler_available, release_compiler

pytestmark = pytest.mark.skipif(
    not compiler_available() or sys.platform != "linux", reason="needs numba, the extra [fast], and Linux"
)


def _resident_kb() -> int:
    """Of the compiler's program."""
    lines = iter(Path("/proc/self/smaps").read_text().splitlines())
    for line in lines:
        if "/libllvmlite" in line and " r-xp " in line:
            return next(int(field.split()[1]) for field in lines if field.startswith("Rss:"))
    raise AssertionError("the compiler is not loaded")


def _add(left: int, right: int) -> int:
    return left + right


def test_released_compiler_takes_little_memory_and_compiles_again() -> None:
    assert compile_kernel(_add)(2, 3) == 5
    before = _resident_kb()

    release_compiler()

    assert _resident_kb() < before // 4
    assert compile_kernel(_add)(True, 3) == 4


def test_importing_the_compiler_finds_its_library_loaded() -> None:
    script = """
from pathlib import Path
from tcptui.wire.numba_compile import load_compiler
loaded = lambda: "/libllvmlite" in Path("/proc/self/maps").read_text()
before = loaded()
load_compiler()
between = loaded()
import llvmlite.binding
paths = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "/libllvmlite" in line}
print(before, between, len(paths))
"""

    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=600, check=True)

    assert told.stdout.split() == ["False", "True", "1"]
