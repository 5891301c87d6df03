"""Machine code of kernels is kept, loaded without numba, and never taken where it is not what was asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from foreign_owner import give_away

from tcptui.userdirs.directory import Directory, open_directory
from tcptui.wire import object_code
from tcptui.wire.numba_compile import compiler_available
from tcptui.wire.object_code import CompiledKernel, ObjectCode, compile_kernel, kinds_of

pytestmark = pytest.mark.skipif(not compiler_available(), reason="needs numba, the extra [fast]")

#: What a process that finds the code in the cache has imported, and that it is code for the same.
LOADS = """\
import sys
from tcptui.analysis.analyzer import kernel_is_cached
from tcptui.analysis.compile_ahead import compile_all
cached = kernel_is_cached()
compile_all()
print(cached, "numba" in sys.modules)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Directory]:
    """An open folder for code, which is ``tmp_path``."""
    with open_directory(tmp_path, strict=True) as opened:
        yield opened


def _mixed(many: Any, flag: bool, rows: Any, out: Any, factor: int) -> tuple[int, int]:
    """Something of every kind of argument."""
    total = 0
    for i in range(len(many)):
        total += many[i] * factor
    for row in range(rows.shape[0]):
        for column in range(rows.shape[1]):
            out[row] += rows[row, column] if flag else -rows[row, column]
    return total, len(out)


def _given(flag: bool) -> tuple[Any, ...]:
    return np.array([200, 100], np.uint8), flag, np.arange(6).reshape(2, 3), np.zeros(2, np.int64), 1 << 40


@pytest.mark.parametrize("flag", [False, True])
def test_compiled_and_loaded_code_does_what_the_source_does(tmp_path: Path, folder: Directory, flag: bool) -> None:
    plain = _given(flag)
    expected = _mixed(plain[0].tolist(), *plain[1:])
    for kernel in (CompiledKernel(_mixed, folder), CompiledKernel(_mixed, folder), CompiledKernel(_mixed, None)):
        given = _given(flag)
        assert kernel(*given) == expected
        assert given[3].tolist() == plain[3].tolist()
        assert kernel.kept == (kernel._folder is not None)
    assert len(list(tmp_path.iterdir())) == 1


def test_code_that_was_kept_is_not_made_again(
    tmp_path: Path, folder: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    CompiledKernel(_mixed, folder)(*_given(True))
    monkeypatch.setattr(object_code, "compile_kernel", lambda *_: pytest.fail("compiled again"))
    assert CompiledKernel(_mixed, folder)(*_given(True)) == (300 << 40, 2)


@pytest.mark.parametrize("change", ["one bit", "shorter", "empty"])
def test_damaged_code_is_not_run_but_made_again(tmp_path: Path, folder: Directory, change: str) -> None:
    CompiledKernel(_mixed, folder)(*_given(True))
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 4
    path.write_bytes({"one bit": bytes(flipped), "shorter": whole[:-40], "empty": b""}[change])
    assert ObjectCode.unpacked(path.read_bytes()) is None
    assert CompiledKernel(_mixed, folder)(*_given(True)) == (300 << 40, 2)
    assert ObjectCode.unpacked(path.read_bytes()) is not None


def test_code_of_another_version_of_the_program_is_not_run(
    tmp_path: Path, folder: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    CompiledKernel(_mixed, folder)(*_given(True))
    (path,) = tmp_path.iterdir()
    monkeypatch.setattr(object_code, "FORMAT", object_code.FORMAT + 1)
    assert ObjectCode.unpacked(path.read_bytes()) is None
    assert CompiledKernel(_mixed, folder)(*_given(True)) == (300 << 40, 2)


def test_folder_that_nothing_can_be_written_to_does_no_harm(tmp_path: Path, folder: Directory) -> None:
    with folder.inner("gone", make=True) as gone:
        (tmp_path / "gone").rmdir()
        kernel = CompiledKernel(_mixed, gone)
        assert kernel(*_given(True)) == (300 << 40, 2)
        assert not kernel.kept


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_code_that_others_can_write_is_not_run_but_made_again(tmp_path: Path, folder: Directory, mode: int) -> None:
    CompiledKernel(_mixed, folder)(*_given(True))
    (path,) = tmp_path.iterdir()
    path.write_bytes(ObjectCode(kinds_of(_given(True)), 2, b"not even code").packed())
    path.chmod(mode)

    assert CompiledKernel(_mixed, folder)(*_given(True)) == (300 << 40, 2)
    assert path.stat().st_mode & 0o777 == 0o600


def test_code_of_somebody_else_is_not_run_but_made_again(
    tmp_path: Path, folder: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    CompiledKernel(_mixed, folder)(*_given(True))
    (path,) = tmp_path.iterdir()
    path.write_bytes(ObjectCode(kinds_of(_given(True)), 2, b"not even code").packed())
    give_away(monkeypatch, path)

    assert CompiledKernel(_mixed, folder)(*_given(True)) == (300 << 40, 2)


def test_numba_that_has_been_rebuilt_is_used_as_it_offers_itself(
    tmp_path: Path, folder: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def moved(*_: object) -> ObjectCode:
        raise AttributeError("no such place")

    monkeypatch.setattr(object_code, "compile_kernel", moved)
    kernel = CompiledKernel(_mixed, folder)
    assert kernel(*_given(True)) == (300 << 40, 2)
    assert not kernel.kept


@pytest.mark.parametrize("argument", [2.5, "1", np.zeros(2), np.arange(8)[::2], np.arange(6).reshape(2, 3).T])
def test_what_a_kernel_cannot_take_is_refused(argument: object) -> None:
    with pytest.raises(TypeError, match="a kernel"):
        kinds_of((argument,))


def test_kernel_that_does_not_return_integers_is_refused() -> None:
    def half(number: int) -> float:
        return number / 2

    with pytest.raises(TypeError, match="half returns float64"):
        compile_kernel(half, ("int",))


def test_process_that_finds_the_code_does_not_import_numba(tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_OPT": "0"}

    def told() -> list[str]:
        command = [sys.executable, "-c", LOADS]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()

    assert told() == ["False", "True"]
    assert told() == ["True", "False"]
