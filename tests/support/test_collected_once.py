"""One worker goes on alone and the others once it is through; files are rewritten or not."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from _pytest.assertion.rewrite import PYC_TAIL
from collected_once import are_rewritten, first_alone

if TYPE_CHECKING:
    from pathlib import Path


def test_others_go_on_together_once_the_first_is_through(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    inside: list[str] = []
    together = threading.Barrier(2, timeout=600)

    def another(name: str) -> None:
        with first_alone(lock):
            inside.append(name)
            together.wait()

    others = [threading.Thread(target=another, args=(name,)) for name in "bc"]
    with first_alone(lock):
        for other in others:
            other.start()
        assert not inside
        inside.append("a")
    for other in others:
        other.join()
    assert inside[0] == "a"
    assert sorted(inside) == ["a", "b", "c"]
    with first_alone(lock), first_alone(lock):  # whoever comes later waits for nobody
        pass


def test_files_are_rewritten_when_bytecode_of_this_pytest_is_newer_than_most(tmp_path: Path) -> None:
    files = [tmp_path / f"test_{number}.py" for number in range(20)]
    (tmp_path / "__pycache__").mkdir()
    for path in files:
        path.touch()
    assert not are_rewritten(files)
    for path in files[:19]:
        (tmp_path / "__pycache__" / f"{path.stem}{PYC_TAIL}").touch()
    assert are_rewritten(files)
    for path in files[:3]:
        stamp = path.stat().st_mtime + 60
        os.utime(path, (stamp, stamp))
    assert not are_rewritten(files)
